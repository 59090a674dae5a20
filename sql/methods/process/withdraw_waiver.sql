-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ProcessService/WithdrawWaiver
-- kind: write
-- record: opportunity_id
-- roles: manager
-- do:
select kam.withdraw_waiver(:record.id, :criterion_key, :reason);
-- answer:
select {{waiver_columns}}
 where x.opportunity_id = :record.id and x.criterion_key = :criterion_key
 order by x.withdrawn_time desc nulls last, x.id desc
 limit 1;
