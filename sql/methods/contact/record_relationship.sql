-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/RecordRelationship
-- kind: write
-- record: position_id
-- roles: rep, manager
-- do:
select kam.record_relationship(:record.id, :level, :changed_on, :activity_id, :note);
-- answer:
select {{position_columns}}
 where p.id = :record.id;
