// SPDX-License-Identifier: Apache-2.0
// Counters of a worker's server, added up over the workers by whoever reads them, in the text format of Prometheus
// (https://prometheus.io/docs/instrumenting/exposition_formats/).
#ifndef KAM_RPC_METRICS_H
#define KAM_RPC_METRICS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "rpc/call.h"

struct rpc_metrics;
struct rpc_server;

// methods is borrowed and sorted by path.
struct rpc_metrics *rpc_metrics_create(const struct rpc_method *const *methods, size_t method_count);
void rpc_metrics_destroy(struct rpc_metrics *metrics);

// One call has ended. method NULL: it reached none. Loop thread of the server.
void rpc_metrics_count(struct rpc_metrics *metrics, const struct rpc_method *method, enum status status,
                       uint64_t total_us);

// Writes all counters of servers that were given the same method table. Any thread, as long as the servers live.
void rpc_metrics_write(struct rpc_server *const *servers, size_t count, FILE *out);

#endif
