// SPDX-License-Identifier: Apache-2.0
// Divides the connections to PostgreSQL: see budget.h.
#include "kamd/budget.h"

#include "base/require.h"

// Most users are reps, and logging in is rare. Reads share transactions, writes wait for the disk one by one: they get
// more.
enum { WEIGHT_SUM = 16, READ_PART = 4 };
static const unsigned WEIGHTS[TABLE_ROLE_COUNT] = {
    [TABLE_ROLE_REP] = 9, [TABLE_ROLE_MANAGER] = 3, [TABLE_ROLE_SERVICE] = 2, [TABLE_ROLE_AUTH] = 2};

struct budget_share budget_divide(unsigned connections, unsigned workers, enum table_role role)
{
    REQUIRE(workers > 0 && connections / workers >= BUDGET_CONNECTIONS_PER_WORKER_MIN);
    unsigned spare = connections / workers - BUDGET_CONNECTIONS_PER_WORKER_MIN;
    unsigned extra = spare * WEIGHTS[role] / WEIGHT_SUM;
    return (struct budget_share){.read_connections = 1 + extra / READ_PART,
                                 .write_connections = 1 + extra - extra / READ_PART};
}
