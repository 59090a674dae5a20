-- SPDX-License-Identifier: Apache-2.0
-- The rows are made and written by import_opportunities(), as the caller.
-- method: kam.v1.ImportService/ImportOpportunities
-- kind: write
-- roles: rep, manager
-- do:
select kam.begin_import();
-- answer:
select;
-- into: results
select {{import_results}}
  from kam.import_opportunities(:dry_run, array(
           select jsonb_populate_record(null::opportunity, to_jsonb(r))
             from unnest(:rows[].id, :rows[].name, :rows[].amount.currency_code, :rows[].amount.minor_units, :rows[].purchase_on, :rows[].lost_reason,
                         :rows[].lost_to, :rows[].note)
                  with ordinality r (id, name, amount_currency_code, amount_minor_units, purchase_on, lost_reason, lost_to, note, number)
            order by r.number), :rows[].account, :rows[].owner, :rows[].pipeline, :rows[].stage, :rows[].product, :rows[].begun_on, :rows[].closed_on) x
  {{import_matches}};
