// SPDX-License-Identifier: Apache-2.0
// Adds up what watches: see watch_metrics.h.
#include "kamd/watch_metrics.h"

#include <inttypes.h>

#include "kamd/peers.h"
#include "kamd/worker.h"

static void write_one(FILE *out, const char *name, const char *type, const char *help, uint64_t value)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name, type, name, value);
}

void watch_metrics_write(struct worker *const *workers, size_t count, const struct peers *peers, FILE *out)
{
    struct watch_figures sum = {0};
    for (size_t at = 0; at < count; at++) {
        struct worker_figures figures;
        if (!worker_get_figures(workers[at], &figures))
            continue;
        sum.streams += figures.watches.streams;
        sum.polls += figures.watches.polls;
        sum.reads += figures.watches.reads;
        sum.changes += figures.watches.changes;
        if (figures.watches.lag_ms > sum.lag_ms)
            sum.lag_ms = figures.watches.lag_ms;
    }
    write_one(out, "kamd_watches", "gauge", "Streams that watch.", sum.streams);
    write_one(out, "kamd_watch_polls_total", "counter", "Looks at the change log for all streams of a worker.",
              sum.polls);
    write_one(out, "kamd_watch_reads_total", "counter", "Pages of the change log read for one stream.", sum.reads);
    write_one(out, "kamd_watch_changes_total", "counter", "Changes told to streams.", sum.changes);
    fprintf(out,
            "# HELP kamd_watch_lag_seconds How long changes have waited for an older transaction to end.\n"
            "# TYPE kamd_watch_lag_seconds gauge\nkamd_watch_lag_seconds %.3f\n",
            (double)sum.lag_ms / 1000);
    write_one(out, "kamd_watch_listening", "gauge", "1 while other kamd of the database can wake this one.",
              peers_is_listening(peers));
}
