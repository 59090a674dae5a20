-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/EraseContact
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.erase_contact(:record.id, :version, :reason);
-- answer:
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :record.id;
