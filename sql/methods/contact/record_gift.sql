-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/RecordGift
-- kind: write
-- record: gift.id
-- roles: rep, manager
-- do:
insert into contact_gift (id, contact_id, given_on, what, value_currency_code, value_minor_units, given_by_id, activity_id)
select :record.id, c.id, coalesce(:gift.given_on, kam.today()), :gift.what, :gift.value.currency_code, :gift.value.minor_units,
       coalesce(:gift.given_by_id, kam.caller_id()), :gift.activity_id
  from contact c
 where c.id = :gift.contact_id;
-- answer:
select {{gift_columns}}
 where g.id = :record.id;
