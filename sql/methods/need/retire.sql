-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.NeedService/RetireNeed
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.retire_need(:record.id, :version, :reason);
-- answer:
select {{need_columns}}
 where n.id = :record.id;
