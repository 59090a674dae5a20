-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountArchiveService/UpdateAccountEvent
-- kind: write
-- record: event.id
-- roles: rep, manager
-- do:
update account_event
   set happened_on = case when 'happened_on' = any (:update_mask) then coalesce(:event.happened_on, happened_on) else happened_on end @mask(happened_on),
       @set(event: description)
 where id = :record.id and version = :event.version;
-- answer:
select {{event_columns}}
 where x.id = :record.id;
