-- SPDX-License-Identifier: Apache-2.0
h.id, h.number, h.reason, u.name as created_by, h.create_time, r.ids as "rules[].id", r.kinds as "rules[].kind", r.applies as "rules[].applies_to",
       r.from_days as "rules[].from_days", r.to_days as "rules[].to_days", r.follow_up_kinds as "rules[].follow_up_kind",
       r.subjects as "rules[].follow_up_subject", r.repeats as "rules[].repeat_days"
  from rhythm h
  left join app_user u on u.id = h.created_by
  left join lateral (select array_agg(x.id order by x.kind, x.applies_to desc) as ids, array_agg(x.kind order by x.kind, x.applies_to desc) as kinds,
                            array_agg(x.applies_to order by x.kind, x.applies_to desc) as applies,
                            array_agg(x.from_days order by x.kind, x.applies_to desc) as from_days, array_agg(x.to_days order by x.kind, x.applies_to desc) as to_days,
                            array_agg(x.follow_up_kind order by x.kind, x.applies_to desc) as follow_up_kinds,
                            array_agg(x.follow_up_subject order by x.kind, x.applies_to desc) as subjects,
                            array_agg(x.repeat_days order by x.kind, x.applies_to desc) as repeats
                       from rhythm_rule x where x.rhythm_id = h.id) r on true
