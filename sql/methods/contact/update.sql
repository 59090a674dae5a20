-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/UpdateContact
-- kind: write
-- record: contact.id
-- roles: rep, manager
-- do:
update contact set @set(contact: name, other_names, phones, emails, messaging_ids, note)
 where id = :record.id and version = :contact.version;
-- answer:
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :record.id;
