-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/CreateContact
-- kind: write
-- record: contact.id
-- roles: rep, manager
-- do:
select kam.require(:contact.name <> '', 3, 'FIELD_REQUIRED', 'A contact needs a name.', '{"violations": [{"field": "contact.name", "description": "must be set"}]}'),
       kam.require(cardinality(:contact.positions[].account_id) > 0 and array_position(:contact.positions[].account_id, null) is null, 3, 'FIELD_REQUIRED',
                   'A contact needs a position at an account.', '{"violations": [{"field": "contact.positions", "description": "must name an account"}]}'),
       kam.require((select count(*) from account where id = any (:contact.positions[].account_id))
                   = (select count(distinct i) from unnest(:contact.positions[].account_id) i), 5, 'ACCOUNT_NOT_FOUND',
                   'There is no such account within your reach.');
-- do:
insert into contact (id, name, other_names, phones, emails, messaging_ids, note)
values (:record.id, :contact.name, :contact.other_names, :contact.phones, :contact.emails, :contact.messaging_ids, :contact.note);
-- do:
insert into position (id, contact_id, account_id, title, department, level, reports_to_id, buying_roles, stance, is_insider, influence, since,
                      counterpart_id, trust, commitment, switching_cost)
select coalesce(p.id, kam.uuid7()), :record.id, p.account_id, p.title, p.department, p.level, p.reports_to_id, string_to_array(p.buying_roles, ','), p.stance,
       p.is_insider, p.influence, p.since, p.counterpart_id, p.trust, p.commitment, p.switching_cost
  from unnest(:contact.positions[].id, :contact.positions[].account_id, :contact.positions[].title, :contact.positions[].department,
              :contact.positions[].level, :contact.positions[].reports_to_id, :contact.positions[].buying_roles, :contact.positions[].stance,
              :contact.positions[].is_insider, :contact.positions[].influence, :contact.positions[].since, :contact.positions[].counterpart_id,
              :contact.positions[].trust, :contact.positions[].commitment, :contact.positions[].switching_cost)
       p (id, account_id, title, department, level, reports_to_id, buying_roles, stance, is_insider, influence, since, counterpart_id, trust, commitment,
          switching_cost);
-- answer:
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :record.id;
