-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.AccountService/FindDuplicateAccounts
-- kind: read
-- roles: rep, manager
-- into: matches
select id, code, name, owner_name, team_name, similarity, is_retired from kam.find_duplicates(:name, :registration_number);
