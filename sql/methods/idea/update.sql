-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.IdeaService/UpdateIdea
-- kind: write
-- record: idea.id
-- roles: rep, manager
-- do:
update idea
   set state = case when 'state' = any (:update_mask) then coalesce(:idea.state, 'open') else state end @mask(state),
       @set(idea: subject, impact, confidence, ease, note)
 where id = :record.id and version = :idea.version;
-- answer:
select {{idea_columns}}
 where i.id = :record.id;
