-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/RetireBrand
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.retire_brand(:record.id, :version, :reason);
-- answer:
select {{brand_columns}}
 where b.id = :record.id;
