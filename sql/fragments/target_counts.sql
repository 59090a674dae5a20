-- SPDX-License-Identifier: Apache-2.0
count(*)::int as entries, count(*) filter (where y.progress = 'untouched')::int as untouched, count(*) filter (where y.progress = 'contacted')::int as contacted,
                    count(*) filter (where y.progress = 'developing')::int as developing, count(*) filter (where y.progress = 'won')::int as won
