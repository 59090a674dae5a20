-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.IdeaService/GetIdea
-- kind: read
-- roles: rep, manager
-- into: .
select {{idea_columns}}
 where i.id = :id;
