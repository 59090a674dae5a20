-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountService/ListTerritoryConflicts
-- kind: read
-- roles: rep, manager
-- into: conflicts
select id, code, name, owner_name, team_name, channel_position, relation, territories from kam.territory_conflicts(:account_id);
