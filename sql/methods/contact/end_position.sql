-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/EndPosition
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.end_position(:record.id, :version, :ended_on);
-- answer:
select {{position_columns}}
 where p.id = :record.id;
