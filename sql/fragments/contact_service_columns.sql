-- SPDX-License-Identifier: Apache-2.0
c.id, c.name, c.phones, c.emails, p.account_ids as "positions[].account_id", p.account_names as "positions[].account_name", p.titles as "positions[].title"
  from contact c
  left join lateral (select array_agg(x.account_id order by x.id) as account_ids, array_agg(a.name order by x.id) as account_names,
                            array_agg(x.title order by x.id) as titles
                       from position x join account a on a.id = x.account_id
                      where x.contact_id = c.id) p on true
