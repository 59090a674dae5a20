-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/GetContact
-- kind: read
-- roles: rep, manager
-- into: .
select {{contact_columns}}
  from contact c
  {{contact_positions}}
 where c.id = :id;
-- roles: service
-- into: .
select {{contact_service_columns}}
 where c.id = :id;
