-- SPDX-License-Identifier: Apache-2.0
cross join lateral (
         select array_agg(d.id) as ids, array_agg(d.code) as codes, array_agg(d.name) as names, array_agg(d.owner_name) as owners,
                array_agg(d.team_name) as teams, array_agg(d.similarity) as similarities, array_agg(d.is_retired) as are_retired
           from jsonb_to_recordset(coalesce(x.matches, '[]')) d (id uuid, code text, name text, owner_name text, team_name text, similarity int,
                                                                 is_retired boolean)) m
