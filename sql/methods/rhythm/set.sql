-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RhythmService/SetRhythm
-- kind: write
-- record: rhythm.id
-- roles: manager
-- do:
select kam.set_rhythm(:record.id, :replaces, :rhythm.reason, :rhythm.rules[].kind, :rhythm.rules[].applies_to, :rhythm.rules[].from_days,
                      :rhythm.rules[].to_days, :rhythm.rules[].follow_up_kind, :rhythm.rules[].follow_up_subject, :rhythm.rules[].repeat_days);
-- answer:
select {{rhythm_columns}}
 where h.id = :record.id;
