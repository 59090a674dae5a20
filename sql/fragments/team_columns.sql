-- SPDX-License-Identifier: Apache-2.0
t.id, t.name, t.parent_id, p.path, p.depth, t.create_time, t.update_time, t.retire_time, t.version
  from team t
  cross join lateral (select string_agg(above.name, ' / ' order by c.depth desc) as path, string_agg(above.name, chr(1) order by c.depth desc) as sort_key,
                             max(c.depth) as depth
                        from team_closure c join team above on above.id = c.ancestor_id
                       where c.descendant_id = t.id) p
