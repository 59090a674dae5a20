// SPDX-License-Identifier: Apache-2.0
// What the database needs done now and then: old request outcomes and ended sessions go, partitions for the months
// ahead come, and so do the visits that recurring plans want in the next two weeks.
#ifndef KAM_KAMD_HOUSEKEEPING_H
#define KAM_KAMD_HOUSEKEEPING_H

#include <uv.h>

#include "db/pool.h"

struct housekeeping;

// Soon after the start, then every hour, through the pool of kam_auth. Several kamd on one database do it at the same
// time harmlessly.
struct housekeeping *housekeeping_start(uv_loop_t *loop, struct db_pool *pool);

// Before the pool closes; frees itself when the loop has closed its timer. NULL is allowed.
void housekeeping_stop(struct housekeeping *housekeeping);

#endif
