-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/GetGift
-- kind: read
-- roles: rep, manager
-- into: .
select {{gift_columns}}
 where g.id = :id;
