-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.DelegationService/EndDelegation
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.end_delegation(:record.id, :version, :reason);
-- answer:
select {{delegation_columns}}
 where d.id = :record.id;
