-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.RhythmService/GetRhythm
-- kind: read
-- roles: rep, manager
-- into: .
select {{rhythm_columns}}
 where h.number = :number or :number = 0
 order by h.number desc
 limit 1;
