-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.CheckService/ListAccountChecks
-- kind: read
-- roles: rep, manager
-- into: checks
select c.kind, c.state, c.known, c.total, c.gaps, c.is_provisional
  from kam.account_checks(:account_id) c;
