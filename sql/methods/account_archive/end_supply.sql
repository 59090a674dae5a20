-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/EndSupply
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.end_supply(:record.id, :version, :ended_on);
-- answer:
select {{supply_columns}}
 where s.id = :record.id;
