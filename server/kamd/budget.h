// SPDX-License-Identifier: Apache-2.0
// How many connections to PostgreSQL each pool may open: one budget for the process, divided over workers and roles.
#ifndef KAM_KAMD_BUDGET_H
#define KAM_KAMD_BUDGET_H

#include "methods/table.h"

enum { BUDGET_CONNECTIONS_PER_WORKER_MIN = 2 * TABLE_ROLE_COUNT };

struct budget_share {
    unsigned read_connections;
    unsigned write_connections;
};

// The share of one role on one of the workers; connections is the budget of the whole process, at least the minimum for
// each worker. Every pool gets one connection of each kind; the shares of all pools add up to no more than the budget.
struct budget_share budget_divide(unsigned connections, unsigned workers, enum table_role role);

#endif
