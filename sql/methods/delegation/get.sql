-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.DelegationService/GetDelegation
-- kind: read
-- roles: rep, manager
-- into: .
select {{delegation_columns}}
 where d.id = :id;
