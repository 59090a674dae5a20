// SPDX-License-Identifier: Apache-2.0
// The methods of the contract, ready to be served: what kamd puts between its gRPC server and its database pools.
#ifndef KAM_METHODS_METHODS_H
#define KAM_METHODS_METHODS_H

#include <stddef.h>
#include <uv.h>

#include "db/pool.h"
#include "methods/table.h"
#include "rpc/call.h"

struct methods;
struct watch_figures;

// One per worker; it is the context for rpc_server_create(). The pools (one per role, entered as kam_<role>) are
// borrowed; owner is what methods_owner() gives back.
struct methods *methods_create(uv_loop_t *loop, struct db_pool *const pools[TABLE_ROLE_COUNT], void *owner);
void *methods_owner(const struct methods *methods);

// Something was committed, here or by another process: streams that wait for it look. Loop thread.
void methods_wake(struct methods *methods);

// See watch.h. Loop thread.
void methods_get_watch_figures(const struct methods *methods, struct watch_figures *figures_r);

// When the server has drained: closes what it has on the loop.
void methods_stop(struct methods *methods);

// After the server was destroyed and the loop has run out.
void methods_destroy(struct methods *methods);

// Every method that has a statement or a handler, constant for the life of the process. Any thread. Ends the process
// when the tables and the contract do not fit each other, which sql/compile.py rules out.
const struct rpc_method *methods_rpc_table(size_t *count_r);

#endif
