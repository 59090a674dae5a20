-- SPDX-License-Identifier: Apache-2.0
k.completeness, k.missing,
case when cardinality(a.territories) > 0 then (select count(*)::int from kam.territory_conflicts(a.id)) end as territory_conflict_count
