-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/AddPosition
-- kind: write
-- record: position.id
-- roles: rep, manager
-- do:
select kam.require(:position.contact_id is not null, 3, 'FIELD_REQUIRED', 'A position needs a contact.',
                   '{"violations": [{"field": "position.contact_id", "description": "must be set"}]}');
-- do:
insert into position (id, contact_id, account_id, title, department, level, reports_to_id, buying_roles, stance, is_insider, influence, since,
                      counterpart_id, trust, commitment, switching_cost)
select :record.id, c.id, a.id, :position.title, :position.department, :position.level, :position.reports_to_id, :position.buying_roles, :position.stance,
       :position.is_insider, :position.influence, :position.since, :position.counterpart_id, :position.trust, :position.commitment, :position.switching_cost
  from contact c, account a
 where c.id = :position.contact_id and a.id = :position.account_id;
-- answer:
select {{position_columns}}
 where p.id = :record.id;
