// SPDX-License-Identifier: Apache-2.0
// A worker's thread: see worker.h. Order of the end: the server drains, then the pools close, then the timers, then the
// loop is empty.
#include "kamd/worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/require.h"
#include "contract.h"
#include "kamd/budget.h"
#include "kamd/housekeeping.h"
#include "kamd/peers.h"
#include "methods/methods.h"

enum { FIGURES_TIMEOUT_NS = 1000000000, PROBE_EVERY_MS = 1000, HANDLES = 2 };

static const char *const ROLE_NAMES[TABLE_ROLE_COUNT] = {[TABLE_ROLE_REP] = "kam_rep",
                                                         [TABLE_ROLE_MANAGER] = "kam_manager",
                                                         [TABLE_ROLE_SERVICE] = "kam_service",
                                                         [TABLE_ROLE_AUTH] = "kam_auth"};

struct worker {
    struct worker_options options;
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t probe_timer;
    struct methods *methods;
    struct rpc_server *server;
    struct db_pool *pools[TABLE_ROLE_COUNT];
    unsigned open_pools;
    struct housekeeping *housekeeping;
    struct db_batch *probe; // on its way
    unsigned missed_probes;
    bool is_serving;

    // What other threads ask for.
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool is_started;
    bool is_ending;
    bool wants_look;
    bool wants_drain;
    uint64_t grace_ms;
    bool wants_figures;
    struct worker_figures figures;
};

// ---- health: the database is asked once a second, so that the answer is true also when nobody calls ----

static const struct db_statement PROBE = {.name = "kamd_probe", .sql = "select 1", .place = "server/kamd/worker.c"};

static void set_serving(struct worker *worker, bool is_serving)
{
    if (worker->is_serving == is_serving)
        return;
    worker->is_serving = is_serving;
    if (is_serving)
        LOG(LOG_INFO, "the database answers", LOG_NUMBER("worker", worker->options.index));
    else
        LOG(LOG_WARNING, "the database does not answer", LOG_NUMBER("worker", worker->options.index));
    rpc_health_set(worker->server, "", is_serving);
    for (size_t at = 0; at < contract_service_count; at++)
        if (strncmp(contract_services[at], "kam.", 4) == 0)
            rpc_health_set(worker->server, contract_services[at], is_serving);
}

static void on_probe_done(void *data, const struct db_outcome *outcome)
{
    struct worker *worker = data;
    worker->probe = NULL;
    worker->missed_probes = 0;
    set_serving(worker, outcome->code == STATUS_OK);
}

static void on_probe_timer(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    // Slow is not away: only the third silent second counts.
    if (worker->probe != NULL) {
        if (++worker->missed_probes >= 3)
            set_serving(worker, false);
        return;
    }
    worker->probe = db_batch_create(DB_BATCH_READ, worker, on_probe_done);
    db_batch_add(worker->probe, &PROBE, NULL);
    db_pool_submit(worker->pools[TABLE_ROLE_AUTH], worker->probe);
}

// ---- the end ----

static void on_pool_closed(void *data)
{
    struct worker *worker = data;
    if (--worker->open_pools > 0)
        return;
    uv_close((uv_handle_t *)&worker->probe_timer, NULL);
    uv_close((uv_handle_t *)&worker->wake, NULL);
}

static void on_drained(void *context)
{
    struct worker *worker = methods_owner(context);
    pthread_mutex_lock(&worker->mutex);
    worker->is_ending = true;
    pthread_cond_broadcast(&worker->answered);
    pthread_mutex_unlock(&worker->mutex);
    if (worker->probe != NULL)
        db_batch_abandon(worker->probe);
    worker->probe = NULL;
    uv_timer_stop(&worker->probe_timer);
    housekeeping_stop(worker->housekeeping);
    methods_stop(worker->methods);
    for (int role = 0; role < TABLE_ROLE_COUNT; role++)
        db_pool_close(worker->pools[role], on_pool_closed, worker);
}

// ---- what other threads ask for ----

static void fill_figures(struct worker *worker)
{
    worker->figures.is_serving = worker->is_serving;
    for (int role = 0; role < TABLE_ROLE_COUNT; role++)
        db_pool_get_figures(worker->pools[role], &worker->figures.pools[role]);
    methods_get_watch_figures(worker->methods, &worker->figures.watches);
}

static void on_wake(uv_async_t *handle)
{
    struct worker *worker = handle->data;
    bool begins_to_drain = false, looks = false;
    pthread_mutex_lock(&worker->mutex);
    if (worker->wants_figures && !worker->is_ending) {
        fill_figures(worker);
        worker->wants_figures = false;
        pthread_cond_broadcast(&worker->answered);
    }
    looks = worker->wants_look && !worker->is_ending;
    worker->wants_look = false;
    if (worker->wants_drain) {
        worker->wants_drain = false;
        begins_to_drain = true;
    }
    pthread_mutex_unlock(&worker->mutex);
    if (looks)
        methods_wake(worker->methods);
    if (begins_to_drain)
        rpc_server_drain(worker->server, worker->grace_ms, on_drained);
}

void worker_drain(struct worker *worker, uint64_t grace_ms)
{
    pthread_mutex_lock(&worker->mutex);
    worker->wants_drain = true;
    worker->grace_ms = grace_ms;
    pthread_mutex_unlock(&worker->mutex);
    uv_async_send(&worker->wake);
}

void worker_wake(struct worker *worker)
{
    pthread_mutex_lock(&worker->mutex);
    bool is_first = !worker->wants_look && !worker->is_ending;
    worker->wants_look = true;
    // Under the mutex, because the handle is closed only after is_ending was set.
    if (is_first)
        uv_async_send(&worker->wake);
    pthread_mutex_unlock(&worker->mutex);
}

bool worker_get_figures(struct worker *worker, struct worker_figures *figures_r)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += FIGURES_TIMEOUT_NS / 1000000000;
    pthread_mutex_lock(&worker->mutex);
    bool is_answered = !worker->is_ending;
    if (is_answered) {
        worker->wants_figures = true;
        // Under the mutex, because the handle is closed only after is_ending was set.
        uv_async_send(&worker->wake);
    }
    while (is_answered && worker->wants_figures)
        is_answered = !worker->is_ending && pthread_cond_timedwait(&worker->answered, &worker->mutex, &until) == 0;
    if (is_answered)
        *figures_r = worker->figures;
    pthread_mutex_unlock(&worker->mutex);
    return is_answered;
}

struct rpc_server *worker_server(const struct worker *worker)
{
    return worker->server;
}

// ---- the beginning ----

// A write was committed, or may have been: those who watch here look, and so do the others.
static void on_write(void *data)
{
    struct worker *worker = data;
    if (worker->is_ending)
        return;
    methods_wake(worker->methods);
    peers_tell(worker->options.peers, worker->options.index);
}

static void open_pools(struct worker *worker)
{
    for (int role = 0; role < TABLE_ROLE_COUNT; role++) {
        struct budget_share share =
            budget_divide(worker->options.db_connections, worker->options.workers, (enum table_role)role);
        struct db_pool_options options = {
            .conninfo = worker->options.conninfo,
            .role = ROLE_NAMES[role],
            .read_connections = share.read_connections,
            .write_connections = share.write_connections,
            .write_depth = worker->options.db_write_depth,
            .shared_reads = worker->options.db_shared_reads,
            .queue_length = worker->options.db_queue_length,
            .on_write = on_write,
            .on_write_data = worker,
        };
        worker->pools[role] = db_pool_create(&worker->loop, &options);
        worker->open_pools++;
    }
}

static void *run(void *data)
{
    struct worker *worker = data;
    struct error error;
    open_pools(worker);
    worker->methods = methods_create(&worker->loop, worker->pools, worker);
    size_t method_count;
    const struct rpc_method *methods = methods_rpc_table(&method_count);
    worker->server = rpc_server_create(&worker->loop, worker->options.tls, worker->options.limits, methods,
                                       method_count, worker->methods);
    worker->is_serving = true;
    if (worker->options.index == 0)
        worker->housekeeping = housekeeping_start(&worker->loop, worker->pools[TABLE_ROLE_AUTH]);
    uv_timer_start(&worker->probe_timer, on_probe_timer, PROBE_EVERY_MS, PROBE_EVERY_MS);
    // A socket that was bound and listened on cannot be refused for a reason that the caller could act on.
    enum status status = rpc_server_listen(worker->server, worker->options.listening_socket, &error);
    if (status != STATUS_OK)
        LOG(LOG_ERROR, "cannot accept connections", LOG_TEXT("error", error.message));
    REQUIRE(status == STATUS_OK);

    pthread_mutex_lock(&worker->mutex);
    worker->is_started = true;
    pthread_cond_broadcast(&worker->answered);
    pthread_mutex_unlock(&worker->mutex);
    uv_run(&worker->loop, UV_RUN_DEFAULT);

    rpc_server_destroy(worker->server);
    methods_destroy(worker->methods);
    return NULL;
}

struct worker *worker_start(const struct worker_options *options)
{
    struct worker *worker = calloc(1, sizeof *worker);
    REQUIRE(worker != NULL);
    worker->options = *options;
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&worker->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    REQUIRE(uv_loop_init(&worker->loop) == 0);
    REQUIRE(uv_async_init(&worker->loop, &worker->wake, on_wake) == 0);
    REQUIRE(uv_timer_init(&worker->loop, &worker->probe_timer) == 0);
    worker->wake.data = worker;
    worker->probe_timer.data = worker;
    REQUIRE(pthread_create(&worker->thread, NULL, run, worker) == 0);
    pthread_mutex_lock(&worker->mutex);
    while (!worker->is_started)
        pthread_cond_wait(&worker->answered, &worker->mutex);
    pthread_mutex_unlock(&worker->mutex);
    return worker;
}

void worker_join(struct worker *worker)
{
    REQUIRE(pthread_join(worker->thread, NULL) == 0);
    REQUIRE(uv_loop_close(&worker->loop) == 0);
    pthread_cond_destroy(&worker->answered);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}
