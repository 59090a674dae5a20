-- SPDX-License-Identifier: Apache-2.0
-- The rows are made and written by import_contacts(), as the caller.
-- method: kam.v1.ImportService/ImportContacts
-- kind: write
-- roles: rep, manager
-- do:
select kam.begin_import();
-- answer:
select;
-- into: results
select {{import_results}}
  from kam.import_contacts(:dry_run, array(
           select jsonb_populate_record(null::contact, jsonb_build_object(
                      'id', r.id, 'name', r.name, 'other_names', string_to_array(r.other_names, E'\n'), 'phones', string_to_array(r.phones, E'\n'),
                      'emails', string_to_array(r.emails, E'\n'), 'messaging_ids', string_to_array(r.messaging_ids, E'\n'), 'note', r.note))
             from unnest(:rows[].contact.id, :rows[].contact.name, :rows[].contact.other_names, :rows[].contact.phones, :rows[].contact.emails,
                         :rows[].contact.messaging_ids, :rows[].contact.note)
                  with ordinality r (id, name, other_names, phones, emails, messaging_ids, note, number)
            order by r.number), array(
           select jsonb_populate_record(null::kam.position, to_jsonb(p) || jsonb_build_object('buying_roles', string_to_array(p.roles, ',')))
             from unnest(:rows[].title, :rows[].department, :rows[].buying_roles, :rows[].stance, :rows[].is_insider, :rows[].influence, :rows[].since)
                  with ordinality p (title, department, roles, stance, is_insider, influence, since, number)
            order by p.number), :rows[].account) x
  {{import_matches}};
