-- SPDX-License-Identifier: Apache-2.0
-- The rows are made and written by import_activities(), as the caller.
-- method: kam.v1.ImportService/ImportActivities
-- kind: write
-- roles: rep, manager
-- do:
select kam.begin_import();
-- answer:
select;
-- into: results
select {{import_results}}
  from kam.import_activities(:dry_run, array(
           select jsonb_populate_record(null::activity, to_jsonb(r) || jsonb_build_object('state', case when r.is_planned then 'planned' else 'done' end))
             from unnest(:rows[].id, :rows[].kind, :rows[].subject, :rows[].time, :rows[].is_planned, :rows[].duration_minutes, :rows[].place,
                         :rows[].cost.currency_code, :rows[].cost.minor_units, :rows[].description, :rows[].customer_reaction, :rows[].result)
                  with ordinality r (id, kind, subject, time, is_planned, duration_minutes, place, cost_currency_code, cost_minor_units, description,
                                     customer_reaction, result, number)
            order by r.number), :rows[].account, :rows[].owner, :rows[].contacts) x
  {{import_matches}};
