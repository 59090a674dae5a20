-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.DelegationService/CreateDelegation
-- kind: write
-- record: delegation.id
-- roles: manager
-- do:
select kam.create_delegation(:record.id, :delegation.to_user_id, :delegation.starts_on, :delegation.ends_on, :delegation.reason);
-- answer:
select {{delegation_columns}}
 where d.id = :record.id;
