-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/RestoreContact
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.restore_contact(:record.id, :version);
-- answer:
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :record.id;
