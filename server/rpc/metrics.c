// SPDX-License-Identifier: Apache-2.0
// Counters and their text form: see metrics.h.
#include "rpc/metrics.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "rpc/internal.h"

enum { STATUSES = STATUS_UNAUTHENTICATED + 1, BUCKETS = 14 };

static const uint64_t BUCKET_US[BUCKETS] = {500,    1000,   2500,   5000,    10000,   25000,   50000,
                                            100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

struct method_counters {
    atomic_uint_fast64_t by_status[STATUSES];
    atomic_uint_fast64_t buckets[BUCKETS + 1]; // the last: longer than all
    atomic_uint_fast64_t total_us;
};

struct rpc_metrics {
    const struct rpc_method *const *methods;
    size_t method_count;
    struct method_counters counters[]; // one more than methods: calls that reached none
};

struct rpc_metrics *rpc_metrics_create(const struct rpc_method *const *methods, size_t method_count)
{
    struct rpc_metrics *metrics = calloc(1, sizeof *metrics + (method_count + 1) * sizeof(struct method_counters));
    REQUIRE(metrics != NULL);
    metrics->methods = methods;
    metrics->method_count = method_count;
    return metrics;
}

void rpc_metrics_destroy(struct rpc_metrics *metrics)
{
    free(metrics);
}

static void add(atomic_uint_fast64_t *counter, uint64_t amount)
{
    // One thread writes, others read: no locked instruction is needed.
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + amount, memory_order_relaxed);
}

static size_t find_index(const struct rpc_metrics *metrics, const struct rpc_method *method)
{
    size_t low = 0, high = metrics->method_count;
    while (method != NULL && low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(metrics->methods[middle]->path, method->path);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return metrics->method_count;
}

void rpc_metrics_count(struct rpc_metrics *metrics, const struct rpc_method *method, enum status status,
                       uint64_t total_us)
{
    struct method_counters *counters = &metrics->counters[find_index(metrics, method)];
    size_t bucket = 0;
    while (bucket < BUCKETS && total_us > BUCKET_US[bucket])
        bucket++;
    add(&counters->by_status[status], 1);
    add(&counters->buckets[bucket], 1);
    add(&counters->total_us, total_us);
}

// One method's figures over all workers.
struct sums {
    uint64_t by_status[STATUSES];
    uint64_t buckets[BUCKETS + 1];
    uint64_t total_us, calls;
};

static uint64_t get(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void sum_up(struct rpc_server *const *servers, size_t count, size_t index, struct sums *sums_r)
{
    *sums_r = (struct sums){0};
    for (size_t at = 0; at < count; at++) {
        const struct method_counters *counters = &servers[at]->metrics->counters[index];
        for (size_t status = 0; status < STATUSES; status++)
            sums_r->by_status[status] += get(&counters->by_status[status]);
        for (size_t bucket = 0; bucket <= BUCKETS; bucket++) {
            sums_r->buckets[bucket] += get(&counters->buckets[bucket]);
            sums_r->calls += get(&counters->buckets[bucket]);
        }
        sums_r->total_us += get(&counters->total_us);
    }
}

static const char *path_of(const struct rpc_metrics *metrics, size_t index)
{
    return index < metrics->method_count ? metrics->methods[index]->path : "unknown";
}

static void write_calls(struct rpc_server *const *servers, size_t count, FILE *out)
{
    const struct rpc_metrics *metrics = servers[0]->metrics;
    fputs("# HELP kam_calls_total Calls ended, by method and status.\n# TYPE kam_calls_total counter\n", out);
    struct sums sums;
    for (size_t index = 0; index <= metrics->method_count; index++) {
        sum_up(servers, count, index, &sums);
        for (size_t status = 0; status < STATUSES; status++) {
            if (sums.by_status[status] > 0)
                fprintf(out, "kam_calls_total{method=\"%s\",status=\"%s\"} %llu\n", path_of(metrics, index),
                        status_name((enum status)status), (unsigned long long)sums.by_status[status]);
        }
    }
    fputs("# HELP kam_call_seconds Time from the headers of a call to its end.\n# TYPE kam_call_seconds histogram\n",
          out);
    for (size_t index = 0; index <= metrics->method_count; index++) {
        sum_up(servers, count, index, &sums);
        uint64_t below = 0;
        for (size_t bucket = 0; bucket < BUCKETS && sums.calls > 0; bucket++) {
            below += sums.buckets[bucket];
            fprintf(out, "kam_call_seconds_bucket{method=\"%s\",le=\"%g\"} %llu\n", path_of(metrics, index),
                    (double)BUCKET_US[bucket] / 1e6, (unsigned long long)below);
        }
        if (sums.calls > 0)
            fprintf(
                out,
                "kam_call_seconds_bucket{method=\"%s\",le=\"+Inf\"} %llu\nkam_call_seconds_sum{method=\"%s\"} %.6f\n"
                "kam_call_seconds_count{method=\"%s\"} %llu\n",
                path_of(metrics, index), (unsigned long long)sums.calls, path_of(metrics, index),
                (double)sums.total_us / 1e6, path_of(metrics, index), (unsigned long long)sums.calls);
    }
}

static void write_one(FILE *out, const char *name, const char *kind, const char *help, uint64_t value)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", name, help, name, kind, name, (unsigned long long)value);
}

void rpc_metrics_write(struct rpc_server *const *servers, size_t count, FILE *out)
{
    REQUIRE(count > 0);
    write_calls(servers, count, out);
    struct net_figures sum = {0};
    for (size_t at = 0; at < count; at++) {
        struct net_figures figures;
        net_server_figures(servers[at]->net, &figures);
        sum.connections += figures.connections;
        sum.streams += figures.streams;
        sum.accepted += figures.accepted;
        sum.refused += figures.refused;
        sum.handshake_failures += figures.handshake_failures;
        sum.floods += figures.floods;
        sum.timeouts += figures.timeouts;
        sum.received_bytes += figures.received_bytes;
        sum.sent_bytes += figures.sent_bytes;
    }
    write_one(out, "kam_connections", "gauge", "Open client connections.", sum.connections);
    write_one(out, "kam_streams", "gauge", "Calls being served.", sum.streams);
    write_one(out, "kam_connections_accepted_total", "counter", "Connections accepted.", sum.accepted);
    write_one(out, "kam_connections_refused_total", "counter", "Connections refused by a limit.", sum.refused);
    write_one(out, "kam_handshake_failures_total", "counter", "TLS handshakes that failed.", sum.handshake_failures);
    write_one(out, "kam_floods_total", "counter", "Connections closed because the peer flooded.", sum.floods);
    write_one(out, "kam_timeouts_total", "counter", "Connections and streams ended for lack of progress.",
              sum.timeouts);
    write_one(out, "kam_received_bytes_total", "counter", "Bytes received, TLS included.", sum.received_bytes);
    write_one(out, "kam_sent_bytes_total", "counter", "Bytes sent, TLS included.", sum.sent_bytes);
}
