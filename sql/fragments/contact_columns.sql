-- SPDX-License-Identifier: Apache-2.0
c.id, c.name, c.other_names, c.phones, c.emails, c.messaging_ids, c.note, c.create_time, c.update_time, ce.name as updated_by, c.retire_time, c.erase_time, c.version,
       p.ids as "positions[].id", p.contact_ids as "positions[].contact_id", p.contact_names as "positions[].contact_name",
       p.account_ids as "positions[].account_id", p.account_names as "positions[].account_name", p.titles as "positions[].title",
       p.departments as "positions[].department", p.levels as "positions[].level", p.reports_to_ids as "positions[].reports_to_id",
       p.reports_to_names as "positions[].reports_to_name", p.buying_roles as "positions[].buying_roles", p.stances as "positions[].stance",
       p.insiders as "positions[].is_insider", p.influences as "positions[].influence", p.relationships as "positions[].relationship",
       p.sinces as "positions[].since", p.ends as "positions[].ended_on", p.update_times as "positions[].update_time",
       p.updaters as "positions[].updated_by", p.versions as "positions[].version", p.counterpart_ids as "positions[].counterpart_id",
       p.counterpart_names as "positions[].counterpart_name", p.trusts as "positions[].trust", p.commitments as "positions[].commitment",
       p.switching_costs as "positions[].switching_cost"
