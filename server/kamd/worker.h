// SPDX-License-Identifier: Apache-2.0
// One thread of kamd: a loop with a listening socket, a gRPC server and a pool of database connections per role.
// Workers share nothing but constants, the certificate and the process's limits.
#ifndef KAM_KAMD_WORKER_H
#define KAM_KAMD_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "db/pool.h"
#include "methods/table.h"
#include "methods/watch.h"
#include "rpc/server.h"

struct net_tls;
struct peers;
struct worker;

// Borrowed for the workers' life, except the socket, which the worker takes over.
struct worker_options {
    unsigned index; // from 0; the first one does the housekeeping
    int listening_socket;
    struct net_tls *tls;
    struct peers *peers; // is told of what is committed
    const struct rpc_limits *limits;
    const char *conninfo; // of the login role
    unsigned workers;
    unsigned db_connections; // of the whole process
    unsigned db_queue_length;
    unsigned db_write_depth;
    unsigned db_shared_reads;
};

struct worker *worker_start(const struct worker_options *options);

// Stops accepting and lets running calls finish for at most grace_ms. Returns at once; worker_join() waits for the end.
// Any thread.
void worker_drain(struct worker *worker, uint64_t grace_ms);
void worker_join(struct worker *worker);

// Something was committed elsewhere. Any thread, until worker_join() has returned.
void worker_wake(struct worker *worker);

struct worker_figures {
    bool is_serving; // the database answers
    struct db_pool_figures pools[TABLE_ROLE_COUNT];
    struct watch_figures watches;
};

// Asks the worker's thread. False when it does not answer within a second, or is ending. Any thread but the worker's.
bool worker_get_figures(struct worker *worker, struct worker_figures *figures_r);

// For rpc_metrics_write(). Valid until worker_join().
struct rpc_server *worker_server(const struct worker *worker);

#endif
