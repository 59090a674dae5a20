-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/GetContact
-- kind: read
-- roles: rep, manager
-- into: .
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :id;
-- into: ties
select {{tie_columns}}
 where t.id in (select x.id from contact_tie x where x.from_contact_id = :id union select x.id from contact_tie x where x.to_contact_id = :id)
 order by t.create_time desc, t.id
 limit 200;
-- roles: service
-- into: .
select {{contact_service_columns}}
 where c.id = :id;
