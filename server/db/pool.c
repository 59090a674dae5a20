// SPDX-License-Identifier: Apache-2.0
// The pool's policy: which batch goes where, what happens to one that comes back, when to connect again. See pool.h.
//
// Reads and writes have a lane each: a list of waiting batches and connections of their own. A batch waits, is sent,
// comes back, and is then sent again or done; settle() is the door through which everything that comes back goes. Done
// batches rest in a list until deliver(), so that on_done may submit, abandon or close whatever it likes.
#include "db/pool.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "db/batch.h"
#include "db/connection.h"
#include "db/failure.h"
#include "db/list.h"
#include "db/sqlstate.h"

enum {
    BACKOFF_LEAST_MS = 100,
    BACKOFF_MOST_MS = 5000,
    CONFLICT_RETRIES = 3,  // deadlocks and serialization failures
    ACCIDENT_RETRIES = 10, // somebody else's cancel, a Parse that was skipped
    LOSSES_MAX = 3,        // connections that may break under one read
    QUEUE_FULL_RETRY_MS = 200,
};

struct lane {
    struct db_pool *pool;
    enum db_batch_kind kind;
    unsigned connections_max;
    unsigned depth; // groups in flight per connection
    unsigned share; // batches per group
    struct list waiting;
    unsigned waiting_count;
    struct list opening;
    struct list open;
    unsigned opening_count;
    unsigned open_count;
    unsigned failures;   // connections that failed or broke since the last one that served; for the back-off
    bool could_not_open; // the last attempt to open one failed
    uint64_t next_attempt_ms;
    bool was_lost; // the next connection opened is a reconnect
    uv_timer_t retry_timer;
};

struct db_pool {
    uv_loop_t *loop;
    struct db_pool_options options;
    struct lane lanes[2]; // by enum db_batch_kind
    struct list done;
    struct connection_figures counted;
    uint64_t batches, reconnects, retries;
    // "Later in this turn of the loop", so that batches arriving in one turn go out together. Idle for what comes from
    // timers, check for what comes from polling; an active idle handle also keeps the loop from sleeping.
    uv_idle_t before_poll;
    uv_check_t after_poll;
    bool is_scheduled;
    bool is_delivering;
    bool is_closing;
    unsigned open_handles;
    void (*on_closed)(void *data);
    void *on_closed_data;
};

static const struct connection_events CONNECTION_EVENTS;

static struct db_batch *batch_of_node(struct list *node)
{
    return LIST_OBJECT(node, struct db_batch, node);
}

// ---- later in this turn ----

static void on_later(struct db_pool *pool);

static void on_before_poll(uv_idle_t *handle)
{
    on_later(handle->data);
}

static void on_after_poll(uv_check_t *handle)
{
    on_later(handle->data);
}

static void schedule(struct db_pool *pool)
{
    if (pool->is_scheduled)
        return;
    pool->is_scheduled = true;
    uv_idle_start(&pool->before_poll, on_before_poll);
    uv_check_start(&pool->after_poll, on_after_poll);
}

// ---- done batches ----

static void put_done(struct db_pool *pool, struct db_batch *batch)
{
    batch->state = BATCH_DONE;
    batch->finished_ns = uv_hrtime();
    list_append(&pool->done, &batch->node);
    schedule(pool);
}

static void put_unavailable(struct db_pool *pool, struct db_batch *batch, const char *message, int retry_after_ms)
{
    struct error *error = batch_fail(batch, STATUS_UNAVAILABLE, "DATABASE_UNAVAILABLE", message);
    error->retry_after_ms = retry_after_ms;
    put_done(pool, batch);
}

static void deliver(struct db_pool *pool)
{
    if (pool->is_delivering)
        return;
    pool->is_delivering = true;
    while (!list_is_empty(&pool->done)) {
        struct db_batch *batch = batch_of_node(pool->done.next);
        list_remove(&batch->node);
        batch_deliver(batch);
    }
    pool->is_delivering = false;
}

// ---- waiting batches ----

static void put_waiting(struct lane *lane, struct db_batch *batch, bool is_again)
{
    batch->state = BATCH_WAITING;
    if (is_again)
        list_prepend(&lane->waiting, &batch->node);
    else
        list_append(&lane->waiting, &batch->node);
    lane->waiting_count++;
    schedule(lane->pool);
}

static struct db_batch *take_waiting(struct lane *lane)
{
    struct db_batch *batch = batch_of_node(lane->waiting.next);
    list_remove(&batch->node);
    lane->waiting_count--;
    return batch;
}

static int retry_after_ms(const struct lane *lane)
{
    uint64_t now_ms = uv_now(lane->pool->loop);
    uint64_t left_ms = lane->next_attempt_ms > now_ms ? lane->next_attempt_ms - now_ms : 0;
    return (int)left_ms + BACKOFF_LEAST_MS;
}

// PostgreSQL is known to be away: a connection could not be made, and there is no other.
static bool is_down(const struct lane *lane)
{
    return lane->could_not_open && lane->open_count == 0;
}

static void fail_waiting(struct lane *lane, const char *message)
{
    while (lane->waiting_count > 0)
        put_unavailable(lane->pool, take_waiting(lane), message, retry_after_ms(lane));
}

// ---- connections ----

static void open_connection(struct lane *lane)
{
    struct db_pool *pool = lane->pool;
    struct connection *connection = connection_open(pool->loop, pool->options.conninfo, pool->options.role,
                                                    &CONNECTION_EVENTS, lane, &pool->counted);
    list_append(&lane->opening, connection_node(connection));
    lane->opening_count++;
}

static void on_retry_timer(uv_timer_t *timer)
{
    struct lane *lane = timer->data;
    if (lane->opening_count == 0 && lane->open_count == 0)
        open_connection(lane);
}

static void back_off(struct lane *lane)
{
    unsigned doublings = lane->failures < 6 ? lane->failures : 6;
    uint64_t longest_ms = (uint64_t)BACKOFF_LEAST_MS << doublings;
    if (longest_ms > BACKOFF_MOST_MS)
        longest_ms = BACKOFF_MOST_MS;
    uint64_t delay_ms = longest_ms / 2 + randombytes_uniform((uint32_t)(longest_ms / 2 + 1));
    lane->failures++;
    lane->next_attempt_ms = uv_now(lane->pool->loop) + delay_ms;
    if (lane->open_count > 0)
        return;
    int result = uv_timer_start(&lane->retry_timer, on_retry_timer, delay_ms, 0);
    REQUIRE(result == 0);
}

static void on_open(void *owner, struct connection *connection)
{
    struct lane *lane = owner;
    list_remove(connection_node(connection));
    list_append(&lane->open, connection_node(connection));
    lane->opening_count--;
    lane->open_count++;
    if (lane->could_not_open)
        LOG(LOG_INFO, "connected to the database again", LOG_TEXT("role", lane->pool->options.role));
    if (lane->could_not_open || lane->was_lost)
        lane->pool->reconnects++;
    lane->could_not_open = false;
    lane->was_lost = false;
    uv_timer_stop(&lane->retry_timer);
    schedule(lane->pool);
}

static void finish_closing_if_empty(struct db_pool *pool);

// Returns whether it had been open.
static bool forget_connection(struct lane *lane, struct connection *connection)
{
    for (struct list *node = lane->open.next; node != &lane->open; node = node->next) {
        if (connection_of_node(node) != connection)
            continue;
        list_remove(node);
        lane->open_count--;
        return true;
    }
    list_remove(connection_node(connection));
    lane->opening_count--;
    return false;
}

static void on_connection_closed(void *owner, struct connection *connection, const struct error *error)
{
    struct lane *lane = owner;
    struct db_pool *pool = lane->pool;
    bool was_useful = connection_was_useful(connection);
    bool was_open = forget_connection(lane, connection);
    schedule(pool);
    if (pool->is_closing) {
        finish_closing_if_empty(pool);
        return;
    }
    if (error == NULL) // retired; the next batch opens another
        return;
    if (!was_open) {
        // Only the first failure of an outage is worth a warning.
        LOG(lane->could_not_open ? LOG_DEBUG : LOG_WARNING, "cannot connect to the database",
            LOG_TEXT("role", pool->options.role), LOG_TEXT("error", error->message));
        lane->could_not_open = true;
        back_off(lane);
        return;
    }
    LOG(LOG_WARNING, "lost a connection to the database", LOG_TEXT("role", pool->options.role),
        LOG_TEXT("error", error->message));
    lane->was_lost = true;
    lane->could_not_open = false; // failing to grow said nothing about PostgreSQL being away
    if (!was_useful)
        back_off(lane);
    else if (lane->open_count == 0 && lane->opening_count == 0)
        open_connection(lane); // so that health says the truth, and serving resumes by itself
}

// ---- what comes back ----

static void send_again(struct db_batch *batch)
{
    struct db_pool *pool = batch->pool;
    batch_reset(batch);
    batch->is_alone = true;
    pool->retries++;
    put_waiting(&pool->lanes[batch->kind], batch, true);
}

static void settle_lost(struct db_batch *batch)
{
    struct db_pool *pool = batch->pool;
    struct lane *lane = &pool->lanes[batch->kind];
    if (batch->kind == DB_BATCH_READ && !pool->is_closing && ++batch->losses < LOSSES_MAX) {
        send_again(batch);
        return;
    }
    batch_reset(batch);
    batch->is_uncertain = batch->kind == DB_BATCH_WRITE;
    put_unavailable(pool, batch,
                    batch->is_uncertain
                        ? "the connection to the database broke; the change may or may not have been made"
                        : "the connection to the database broke; try again",
                    retry_after_ms(lane));
}

// Whether a batch that failed all by itself deserves another try.
static bool may_try_again(struct db_batch *batch, struct connection *connection)
{
    const char *sqlstate = batch_sqlstate(batch);
    bool was_cancelled = strcmp(sqlstate, "57014") == 0;  // meant for the batch before: nobody abandoned this one
    bool was_unprepared = strcmp(sqlstate, "26000") == 0; // the Parse it counted on was skipped
    bool is_stale = failure_is_stale_plan(batch->failure);
    if (is_stale)
        connection_retire(connection);
    unsigned most = sqlstate_is_conflict(sqlstate)                ? CONFLICT_RETRIES
                    : was_cancelled || was_unprepared || is_stale ? ACCIDENT_RETRIES
                                                                  : 0;
    return batch->retries++ < most;
}

// Every batch that was sent comes through here once per sending.
static void on_returned(void *owner, struct connection *connection, struct db_batch *batch, enum batch_fate fate)
{
    struct lane *lane = owner;
    const struct db_pool_options *options = &lane->pool->options;
    bool may_be_done = fate == BATCH_COMPLETE || fate == BATCH_LOST;
    if (lane->kind == DB_BATCH_WRITE && may_be_done && options->on_write != NULL)
        options->on_write(options->on_write_data);
    if (batch->is_abandoned) {
        db_batch_destroy(batch);
        return;
    }
    switch (fate) {
    case BATCH_COMPLETE:
        lane->failures = 0;
        batch->code = STATUS_OK;
        put_done(lane->pool, batch);
        return;
    case BATCH_LOST:
        settle_lost(batch);
        return;
    case BATCH_ABORTED:
        send_again(batch);
        return;
    case BATCH_FAILED:
        break;
    }
    if (may_try_again(batch, connection) || !batch->is_alone) {
        send_again(batch);
        return;
    }
    batch_fail_by_database(batch);
    put_done(lane->pool, batch);
}

static void on_room(void *owner, struct connection *connection)
{
    (void)connection;
    struct lane *lane = owner;
    schedule(lane->pool);
}

static const struct connection_events CONNECTION_EVENTS = {
    .on_open = on_open,
    .on_returned = on_returned,
    .on_room = on_room,
    .on_closed = on_connection_closed,
};

// ---- dispatching ----

static struct connection *least_loaded(const struct lane *lane)
{
    struct connection *best = NULL;
    for (struct list *node = lane->open.next; node != &lane->open; node = node->next) {
        struct connection *connection = connection_of_node(node);
        if (!connection_has_room(connection) || connection_load(connection) >= lane->depth)
            continue;
        if (best == NULL || connection_load(connection) < connection_load(best))
            best = connection;
        if (connection_load(best) == 0)
            break;
    }
    return best;
}

// An idle connection first, then a new one, and only then behind what another one runs: it may run long.
static struct connection *choose_connection(struct lane *lane)
{
    struct connection *connection = least_loaded(lane);
    if (connection != NULL && connection_load(connection) == 0)
        return connection;
    if (lane->opening_count > 0)
        return NULL;
    bool may_grow = lane->open_count < lane->connections_max;
    if (may_grow && lane->next_attempt_ms <= uv_now(lane->pool->loop)) {
        open_connection(lane);
        return NULL;
    }
    return connection;
}

static void send_group(struct lane *lane, struct connection *connection)
{
    struct list batches;
    list_init(&batches);
    unsigned count = 0;
    bool is_alone = false;
    while (lane->waiting_count > 0 && count < lane->share && !is_alone) {
        is_alone = batch_of_node(lane->waiting.next)->is_alone;
        if (is_alone && count > 0)
            break;
        struct db_batch *batch = take_waiting(lane);
        batch->state = BATCH_SENT;
        list_append(&batches, &batch->node);
        count++;
    }
    if (count == 1)
        batch_of_node(batches.next)->is_alone = true;
    connection_send(connection, &batches);
}

static void dispatch(struct lane *lane)
{
    if (is_down(lane)) {
        fail_waiting(lane, "the database is not available; try again");
        return;
    }
    while (lane->waiting_count > 0) {
        struct connection *connection = choose_connection(lane);
        if (connection == NULL)
            return;
        send_group(lane, connection);
    }
}

static void on_later(struct db_pool *pool)
{
    pool->is_scheduled = false;
    uv_idle_stop(&pool->before_poll);
    uv_check_stop(&pool->after_poll);
    // First the answers: what their owners submit now goes out in the same turn.
    deliver(pool);
    if (!pool->is_closing) {
        dispatch(&pool->lanes[DB_BATCH_READ]);
        dispatch(&pool->lanes[DB_BATCH_WRITE]);
    }
    if (!list_is_empty(&pool->done))
        schedule(pool);
    if (pool->is_closing)
        finish_closing_if_empty(pool);
}

// ---- the owner's side ----

static void lane_init(struct lane *lane, struct db_pool *pool, enum db_batch_kind kind)
{
    const struct db_pool_options *options = &pool->options;
    bool is_read = kind == DB_BATCH_READ;
    *lane = (struct lane){
        .pool = pool,
        .kind = kind,
        .connections_max = is_read ? options->read_connections : options->write_connections,
        .depth = is_read ? 2 : options->write_depth,
        .share = is_read ? options->shared_reads : 1,
    };
    REQUIRE(lane->connections_max > 0 && lane->depth > 0 && lane->share > 0);
    list_init(&lane->waiting);
    list_init(&lane->opening);
    list_init(&lane->open);
    lane->retry_timer.data = lane;
    int result = uv_timer_init(pool->loop, &lane->retry_timer);
    REQUIRE(result == 0);
}

struct db_pool *db_pool_create(uv_loop_t *loop, const struct db_pool_options *options)
{
    struct db_pool *pool = malloc(sizeof *pool);
    REQUIRE(pool != NULL);
    *pool = (struct db_pool){.loop = loop, .options = *options, .open_handles = 4};
    list_init(&pool->done);
    lane_init(&pool->lanes[DB_BATCH_READ], pool, DB_BATCH_READ);
    lane_init(&pool->lanes[DB_BATCH_WRITE], pool, DB_BATCH_WRITE);
    pool->before_poll.data = pool;
    pool->after_poll.data = pool;
    int result = uv_idle_init(loop, &pool->before_poll);
    REQUIRE(result == 0);
    result = uv_check_init(loop, &pool->after_poll);
    REQUIRE(result == 0);
    return pool;
}

static void on_handle_closed(uv_handle_t *handle)
{
    // A timer's data is its lane, so the pool comes from there.
    struct db_pool *pool = handle->type == UV_TIMER ? ((struct lane *)handle->data)->pool : handle->data;
    if (--pool->open_handles > 0)
        return;
    void (*on_closed)(void *data) = pool->on_closed;
    void *data = pool->on_closed_data;
    free(pool);
    on_closed(data);
}

static void finish_closing_if_empty(struct db_pool *pool)
{
    for (size_t i = 0; i < 2; i++)
        if (pool->lanes[i].open_count + pool->lanes[i].opening_count > 0)
            return;
    if (pool->is_scheduled || pool->is_delivering || !list_is_empty(&pool->done) ||
        uv_is_closing((uv_handle_t *)&pool->before_poll))
        return;
    for (size_t i = 0; i < 2; i++)
        uv_close((uv_handle_t *)&pool->lanes[i].retry_timer, on_handle_closed);
    uv_close((uv_handle_t *)&pool->before_poll, on_handle_closed);
    uv_close((uv_handle_t *)&pool->after_poll, on_handle_closed);
}

void db_pool_close(struct db_pool *pool, void (*on_closed)(void *data), void *data)
{
    REQUIRE(!pool->is_closing);
    pool->is_closing = true;
    pool->on_closed = on_closed;
    pool->on_closed_data = data;
    for (size_t i = 0; i < 2; i++) {
        struct lane *lane = &pool->lanes[i];
        uv_timer_stop(&lane->retry_timer);
        fail_waiting(lane, "the server is shutting down");
        for (struct list *node = lane->opening.next; node != &lane->opening; node = node->next)
            connection_close(connection_of_node(node));
        for (struct list *node = lane->open.next; node != &lane->open; node = node->next)
            connection_close(connection_of_node(node));
    }
    schedule(pool);
}

bool db_pool_is_serving(const struct db_pool *pool)
{
    bool was_asked = false;
    for (size_t i = 0; i < 2; i++) {
        const struct lane *lane = &pool->lanes[i];
        if (lane->open_count > 0)
            return true;
        was_asked |= lane->could_not_open || lane->was_lost;
    }
    return !was_asked;
}

void db_pool_get_figures(const struct db_pool *pool, struct db_pool_figures *figures_r)
{
    *figures_r = (struct db_pool_figures){.batches = pool->batches,
                                          .syncs = pool->counted.syncs,
                                          .reconnects = pool->reconnects,
                                          .cancels = pool->counted.cancels,
                                          .retries = pool->retries};
    for (size_t i = 0; i < 2; i++) {
        const struct lane *lane = &pool->lanes[i];
        figures_r->connections += lane->open_count;
        figures_r->waiting += lane->waiting_count;
        for (struct list *node = lane->open.next; node != &lane->open; node = node->next)
            figures_r->busy += connection_load(connection_of_node(node)) > 0;
    }
}

void db_pool_submit(struct db_pool *pool, struct db_batch *batch)
{
    REQUIRE(batch->state == BATCH_NEW && batch->step_count > 0);
    struct lane *lane = &pool->lanes[batch->kind];
    batch->pool = pool;
    batch->submitted_ns = uv_hrtime();
    pool->batches++;
    if (pool->is_closing) {
        put_unavailable(pool, batch, "the server is shutting down", 0);
        return;
    }
    if (lane->waiting_count >= pool->options.queue_length) {
        struct error *error =
            batch_fail(batch, STATUS_RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many calls are waiting; try again");
        error->retry_after_ms = QUEUE_FULL_RETRY_MS;
        put_done(pool, batch);
        return;
    }
    put_waiting(lane, batch, false);
}

void db_batch_abandon(struct db_batch *batch)
{
    REQUIRE(batch->state != BATCH_NEW);
    switch (batch->state) {
    case BATCH_NEW:
    case BATCH_DELIVERING: // on_done runs: it is freed right after
        return;
    case BATCH_WAITING:
        list_remove(&batch->node);
        batch->pool->lanes[batch->kind].waiting_count--;
        db_batch_destroy(batch);
        return;
    case BATCH_DONE:
        list_remove(&batch->node);
        db_batch_destroy(batch);
        return;
    case BATCH_SENT:
        batch->is_abandoned = true;
        connection_note_abandoned(batch->connection);
        return;
    }
}
