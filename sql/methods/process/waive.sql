-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/WaiveCriterion
-- kind: write
-- record: id
-- roles: manager
-- do:
select kam.waive_criterion(:record.id, :opportunity_id, :criterion_key, :requested_by_id, :reason);
-- answer:
select {{waiver_columns}}
 where x.id = :record.id;
