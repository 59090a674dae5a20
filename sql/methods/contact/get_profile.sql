-- SPDX-License-Identifier: Apache-2.0
-- A contact without a profile has an empty one of version 0.
-- method: kam.v1.ContactService/GetContactProfile
-- kind: read
-- roles: rep, manager
-- into: .
select {{profile_columns}}
 where c.id = :contact_id;
