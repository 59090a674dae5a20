-- SPDX-License-Identifier: Apache-2.0
-- method: kam.v1.ContactService/UpdateContactProfile
-- kind: write
-- record: profile.contact_id
-- roles: rep, manager
-- do:
insert into contact_profile (contact_id, home_town, birthday, hobbies, temperament, family, education, career, motives)
select c.id,
       case when 'home_town' = any (:update_mask) then :profile.home_town else '' end,
       case when 'birthday' = any (:update_mask) then :profile.birthday end,
       case when 'hobbies' = any (:update_mask) then :profile.hobbies else '' end,
       case when 'temperament' = any (:update_mask) then :profile.temperament else '' end,
       case when 'family' = any (:update_mask) then :profile.family else '' end,
       case when 'education' = any (:update_mask) then :profile.education else '' end,
       case when 'career' = any (:update_mask) then :profile.career else '' end,
       case when 'motives' = any (:update_mask) then :profile.motives else '' end
  from contact c
 where c.id = :record.id and :profile.version = 0 and not exists (select from contact_profile p where p.contact_id = c.id);
-- do:
update contact_profile set @set(profile: home_town, birthday, hobbies, temperament, family, education, career, motives)
 where contact_id = :record.id and version = :profile.version;
-- answer:
select {{profile_columns}}
 where c.id = :record.id;
