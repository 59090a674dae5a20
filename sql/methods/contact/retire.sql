-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/RetireContact
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.retire_contact(:record.id, :version, :reason);
-- answer:
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :record.id;
