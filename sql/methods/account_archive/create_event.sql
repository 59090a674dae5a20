-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/CreateAccountEvent
-- kind: write
-- record: event.id
-- roles: rep, manager
-- do:
select kam.require(:event.description <> '', 3, 'FIELD_REQUIRED', 'An event needs a description.', '{"violations": [{"field": "event.description", "description": "must be set"}]}');
-- do:
insert into account_event (id, account_id, happened_on, description)
select :record.id, a.id, coalesce(:event.happened_on, kam.today()), :event.description
  from account a
 where a.id = :event.account_id;
-- answer:
select {{event_columns}}
 where x.id = :record.id;
