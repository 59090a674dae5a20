// SPDX-License-Identifier: Apache-2.0
// Adds up the pools of the workers: see pool_metrics.h.
#include "kamd/pool_metrics.h"

#include <inttypes.h>

static const char *const ROLES[TABLE_ROLE_COUNT] = {[TABLE_ROLE_REP] = "rep",
                                                    [TABLE_ROLE_MANAGER] = "manager",
                                                    [TABLE_ROLE_SERVICE] = "service",
                                                    [TABLE_ROLE_AUTH] = "auth"};

struct sums {
    uint64_t connections, busy, waiting, batches, syncs, reconnects, cancels, retries;
};

struct metric {
    const char *name;
    const char *type;
    const char *help;
    size_t offset;
};

static const struct metric METRICS[] = {
    {"kamd_db_connections", "gauge", "Open connections to PostgreSQL.", offsetof(struct sums, connections)},
    {"kamd_db_connections_busy", "gauge", "Connections with a batch on its way.", offsetof(struct sums, busy)},
    {"kamd_db_batches_waiting", "gauge", "Batches that wait for a connection.", offsetof(struct sums, waiting)},
    {"kamd_db_batches_total", "counter", "Batches done.", offsetof(struct sums, batches)},
    {"kamd_db_syncs_total", "counter", "Round trips; reads may share one.", offsetof(struct sums, syncs)},
    {"kamd_db_reconnects_total", "counter", "Connections made again after one was lost.",
     offsetof(struct sums, reconnects)},
    {"kamd_db_cancels_total", "counter", "Running batches that were cancelled.", offsetof(struct sums, cancels)},
    {"kamd_db_retries_total", "counter", "Batches that were run again.", offsetof(struct sums, retries)},
};

static void add(struct sums *sums, const struct db_pool_figures *figures)
{
    sums->connections += figures->connections;
    sums->busy += figures->busy;
    sums->waiting += figures->waiting;
    sums->batches += figures->batches;
    sums->syncs += figures->syncs;
    sums->reconnects += figures->reconnects;
    sums->cancels += figures->cancels;
    sums->retries += figures->retries;
}

void pool_metrics_write(struct worker *const *workers, size_t count, FILE *out)
{
    struct sums sums[TABLE_ROLE_COUNT] = {{0}};
    unsigned serving = 0;
    for (size_t at = 0; at < count; at++) {
        struct worker_figures figures;
        if (!worker_get_figures(workers[at], &figures))
            continue;
        serving += figures.is_serving;
        for (int role = 0; role < TABLE_ROLE_COUNT; role++)
            add(&sums[role], &figures.pools[role]);
    }
    fprintf(out,
            "# HELP kamd_workers_serving Workers whose database answers.\n# TYPE kamd_workers_serving gauge\n"
            "kamd_workers_serving %u\n",
            serving);
    for (size_t at = 0; at < sizeof METRICS / sizeof METRICS[0]; at++) {
        const struct metric *metric = &METRICS[at];
        fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, metric->type);
        for (int role = 0; role < TABLE_ROLE_COUNT; role++) {
            const char *sum = (const char *)&sums[role] + metric->offset;
            fprintf(out, "%s{role=\"%s\"} %" PRIu64 "\n", metric->name, ROLES[role],
                    *(const uint64_t *)(const void *)sum);
        }
    }
}
