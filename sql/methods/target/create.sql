-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.TargetService/CreateTargetList
-- kind: write
-- record: list.id
-- roles: manager
-- do:
select kam.require(:list.name <> '', 3, 'FIELD_REQUIRED', 'A target list needs a name.', '{"violations": [{"field": "list.name", "description": "must be set"}]}'),
       kam.require(:list.starts_on is not null, 3, 'FIELD_REQUIRED', 'A target list needs a first day.',
                   '{"violations": [{"field": "list.starts_on", "description": "must be set"}]}'),
       kam.require(:list.ends_on is not null, 3, 'FIELD_REQUIRED', 'A target list needs a last day.',
                   '{"violations": [{"field": "list.ends_on", "description": "must be set"}]}');
-- do:
insert into target_list (id, name, note, starts_on, ends_on) values (:record.id, :list.name, :list.note, :list.starts_on, :list.ends_on);
-- answer:
select {{target_list_columns}}
  from target_list l
  {{target_list_people}}
 cross join lateral (
    select {{target_counts}}
      from (select {{target_progress}} as progress
              from {{target_entries}}) y) n
 where l.id = :record.id;
