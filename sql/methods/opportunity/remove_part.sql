-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.OpportunityService/RemoveOpportunityPart
-- kind: write
-- record: id
-- roles: rep, manager
-- do:
select kam.remove_opportunity_part(:record.id);
