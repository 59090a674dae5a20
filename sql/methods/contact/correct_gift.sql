-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/CorrectGift
-- kind: write
-- record: gift.id
-- roles: rep, manager
-- do:
update contact_gift set @set(gift: given_on, what, value, given_by_id, activity_id)
 where id = :record.id and version = :gift.version;
-- answer:
select {{gift_columns}}
 where g.id = :record.id;
