// SPDX-License-Identifier: Apache-2.0
// Watch: a stream rests until the feed has news for its user, then reads on, page by page, as its caller. A stream is
// in one state at a time:
//
//   RESTING   told everything up to where the log ended when it read last; the feed wakes it
//   DUE       waits for its turn to read: only so many read at once, so that other calls have their share of the
//   database READING   its page is on its way FULL      the client takes it slowly; it reads on when the client has
//   caught up, from where it is OVER      ended, and gone when its call closes
//
// A stream that begins in the past reads until it has caught up; only then it follows the feed. Every so often each
// stream reads although nothing concerns it: that finds sessions that ended, and gives clients a cursor that is not
// old.
#include "methods/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "kam/v1/watch.pb-c.h"
#include "methods/engine.h"
#include "methods/feed.h"
#include "methods/value.h"
#include "methods/watch_limit.h"

enum {
    READS_MAX = 32,        // on their way at once, on one worker
    PAUSE_MS = 500,        // when the database is away or overloaded
    SWEEP_MS = 1000,       // every so often a part of the streams is looked after,
    SWEEPS_PER_ROUND = 15, // so that each has its turn in so many times
    CURSOR_AGE_MS = 60000, // a client whose cursor is older is given a new one
};

enum watch_state { RESTING, DUE, READING, FULL, OVER };

struct watches {
    uv_loop_t *loop;
    struct feed *feed;
    struct list due;
    struct list all; // least recently swept first
    size_t count;
    size_t sweep_credit;
    unsigned reading;
    bool is_paused;
    uv_timer_t pause;
    uv_timer_t sweep;
    uint64_t reads, changes;
};

// In the arena of its call.
struct watch {
    struct feed_follower follower;
    struct list of_all;
    struct list of_due;
    struct watches *watches;
    struct method_call *call;
    enum watch_state state;
    bool has_news;  // that its page may not have
    bool has_begun; // its first message was sent
    bool is_counted;
    bool has_cursor;
    struct feed_cursor cursor; // where it is
    uint64_t told_ms;          // when the client was given a cursor last
};

static void pump(struct watches *watches);

static struct watch *watch_of(struct method_call *call)
{
    return call->handler_state;
}

// ---- states ----

static void put_due(struct watch *watch)
{
    watch->state = DUE;
    list_append(&watch->watches->due, &watch->of_due);
}

static void put_over(struct watch *watch)
{
    struct watches *watches = watch->watches;
    if (watch->state == OVER)
        return;
    if (watch->state == READING) {
        watches->reading--;
        db_batch_abandon(watch->call->batch);
        watch->call->batch = NULL;
    }
    watch->state = OVER;
    list_remove(&watch->of_due);
    list_remove(&watch->of_all);
    feed_unfollow(watches->feed, &watch->follower);
    if (watch->is_counted)
        watch_limit_leave(watch->follower.user_id);
    if (--watches->count == 0)
        uv_timer_stop(&watches->sweep);
}

static void end(struct watch *watch, const struct error *error)
{
    put_over(watch);
    call_fail_as(watch->call, error);
}

static void fail(struct watch *watch, enum status code, const char *reason, const char *text)
{
    struct error error;
    error_set(&error, code, reason, "%s", text);
    end(watch, &error);
}

// Nothing in the log before `from` concerns a stream that rests.
static void wake_from(struct watch *watch, const struct feed_place *from)
{
    watch->cursor.place = feed_place_later(&watch->cursor.place, from);
    put_due(watch);
}

static void on_news(struct feed_follower *follower, const struct feed_place *from)
{
    struct watch *watch = LIST_OBJECT(follower, struct watch, follower);
    if (watch->state == RESTING) {
        wake_from(watch, from);
        pump(watch->watches);
    } else {
        watch->has_news = true;
    }
}

// ---- pages ----

// What comes after a page was sent.
static void go_on(struct watch *watch, bool is_current, bool has_room)
{
    struct feed *feed = watch->watches->feed;
    bool has_missed = false;
    if (is_current && !watch->follower.is_following)
        has_missed = !feed_follow(feed, &watch->follower, &watch->cursor.place);
    bool has_more = !is_current || has_missed || watch->has_news;
    watch->has_news = false;
    if (!has_room)
        watch->state = FULL;
    else if (has_more)
        put_due(watch);
    else
        watch->state = RESTING;
}

static bool take_user(struct watch *watch, const struct db_result *result)
{
    struct method_call *call = watch->call;
    if (watch->has_begun) {
        if (db_result_row_count(result) > 0)
            return true;
        fail(watch, STATUS_UNAUTHENTICATED, "NO_SESSION",
             "you are not logged in, or your session has ended; log in again");
        return false;
    }
    if (!call_take_user(call, result)) {
        put_over(watch);
        return false;
    }
    int length = 0;
    const void *user_id = db_result_value(result, 0, 0, &length);
    REQUIRE(user_id != NULL && length == UUID_BYTES);
    memcpy(watch->follower.user_id, user_id, UUID_BYTES);
    watch->is_counted = watch_limit_enter(watch->follower.user_id);
    if (watch->is_counted)
        return true;
    struct error error;
    error_refuse(&error, STATUS_RESOURCE_EXHAUSTED, "TOO_MANY_WATCHES",
                 "you are watching {limit} times already; end one of them first",
                 ERROR_VALUES(ERROR_NUMBER("limit", WATCH_LIMIT_PER_USER)));
    end(watch, &error);
    return false;
}

static void take_page(struct watch *watch, const struct method_statement *statement, const struct db_result *result,
                      struct arena *arena)
{
    struct method_call *call = watch->call;
    if (db_result_row_count(result) == 0) {
        fail(watch, STATUS_FAILED_PRECONDITION, "FEED_EPOCH",
             "the server was restored since: read anew what you keep, then watch without a cursor");
        return;
    }
    ProtobufCMessage *message = path_new_message(&kam__v1__watch_response__descriptor, arena);
    if (!call_fill_row(call, statement, result, 0, message, arena)) {
        put_over(watch);
        return;
    }
    const Kam__V1__WatchResponse *page = (const Kam__V1__WatchResponse *)message;
    REQUIRE(feed_cursor_read(page->cursor, &watch->cursor));
    watch->has_cursor = true;
    watch->watches->changes += page->n_changes;
    uint64_t now_ms = uv_now(watch->watches->loop);
    bool has_room = true;
    if (!watch->has_begun || page->n_changes > 0 || !page->is_current || now_ms - watch->told_ms >= CURSOR_AGE_MS) {
        watch->has_begun = true;
        watch->told_ms = now_ms;
        has_room = rpc_call_send(call->rpc, message);
    }
    go_on(watch, page->is_current, has_room);
}

static void on_pause_over(uv_timer_t *timer)
{
    struct watches *watches = timer->data;
    watches->is_paused = false;
    pump(watches);
}

// A stream outlives a restart of the database.
static void take_failure(struct watch *watch, const struct db_outcome *outcome)
{
    struct watches *watches = watch->watches;
    bool will_pass = outcome->code == STATUS_UNAVAILABLE || outcome->code == STATUS_RESOURCE_EXHAUSTED;
    if (!watch->has_begun || !will_pass) {
        end(watch, outcome->error);
        return;
    }
    put_due(watch);
    watches->is_paused = true;
    REQUIRE(uv_timer_start(&watches->pause, on_pause_over, PAUSE_MS, 0) == 0);
}

static void on_page(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    struct watch *watch = watch_of(call);
    const struct method_statement *statement = method_find_statement(call->variant, "page");
    call->batch = NULL;
    rpc_call_note_database_us(call->rpc, outcome->queue_us, outcome->database_us);
    watch->watches->reading--;
    watch->state = RESTING;
    if (outcome->code != STATUS_OK) {
        take_failure(watch, outcome);
    } else if (take_user(watch, outcome->results[0])) {
        struct arena *arena = arena_create(SIZE_MAX);
        take_page(watch, statement, outcome->results[1], arena);
        arena_destroy(arena);
    }
    pump(watch->watches);
}

static void read_page(struct watch *watch)
{
    struct method_call *call = watch->call;
    struct feed_place place = watch->cursor.place;
    uint8_t xid[8], sequence[8];
    value_put_int64(xid, place.xid);
    value_put_int64(sequence, place.sequence);
    struct bind_argument arguments[] = {handler_bytes("epoch", watch->cursor.epoch, UUID_BYTES),
                                        handler_bytes("after_xid", xid, sizeof xid),
                                        handler_bytes("after_sequence", sequence, sizeof sequence)};
    for (size_t at = 0; at < 3 && !watch->has_cursor; at++)
        arguments[at].value = (struct db_parameter){0};
    struct db_batch *batch = db_batch_create(DB_BATCH_READ, call, on_page);
    call_add_begin_read(call, batch);
    handler_add(call, batch, "page", arguments, 3);
    watch->state = READING;
    watch->watches->reading++;
    watch->watches->reads++;
    call_submit(call, call->role, batch);
}

// Has those who wait read, as many as may.
static void pump(struct watches *watches)
{
    while (!watches->is_paused && watches->reading < READS_MAX && !list_is_empty(&watches->due)) {
        struct watch *watch = LIST_OBJECT(watches->due.next, struct watch, of_due);
        list_remove(&watch->of_due);
        read_page(watch);
    }
}

// ---- looking after all, in turn ----

static void on_sweep(uv_timer_t *timer)
{
    struct watches *watches = timer->data;
    watches->sweep_credit += watches->count;
    for (; watches->sweep_credit >= SWEEPS_PER_ROUND; watches->sweep_credit -= SWEEPS_PER_ROUND) {
        struct watch *watch = LIST_OBJECT(watches->all.next, struct watch, of_all);
        list_remove(&watch->of_all);
        list_append(&watches->all, &watch->of_all);
        if (watch->state == RESTING)
            wake_from(watch, feed_head(watches->feed));
    }
    pump(watches);
}

// ---- the call ----

static struct handler_end begin(struct method_call *call)
{
    struct watches *watches = call->methods->watches;
    const Kam__V1__WatchRequest *request = (const Kam__V1__WatchRequest *)call->request;
    struct watch *watch = arena_alloc(rpc_call_arena(call->rpc), sizeof *watch);
    watch->has_cursor = request->cursor[0] != '\0';
    if (watch->has_cursor && !feed_cursor_read(request->cursor, &watch->cursor)) {
        struct error error = {0};
        error_add_violation(&error, "cursor", "BAD_CURSOR", "must be one that Watch gave, unchanged", NULL);
        return handler_fail(call, &error);
    }
    watch->watches = watches;
    watch->call = call;
    watch->follower.on_news = on_news;
    list_init(&watch->follower.of_user);
    list_init(&watch->of_due);
    list_append(&watches->all, &watch->of_all);
    call->handler_state = watch;
    if (watches->count++ == 0)
        REQUIRE(uv_timer_start(&watches->sweep, on_sweep, SWEEP_MS, SWEEP_MS) == 0);
    put_due(watch);
    pump(watches);
    return handler_await_events(call);
}

static struct watch *watch_of_rpc(struct rpc_call *rpc)
{
    struct method_call *call = rpc_call_state(rpc);
    return call == NULL ? NULL : watch_of(call);
}

static void on_drain(struct rpc_call *rpc)
{
    struct watch *watch = watch_of_rpc(rpc);
    if (watch == NULL || watch->state != FULL)
        return;
    put_due(watch);
    pump(watch->watches);
}

static void on_shutdown(struct rpc_call *rpc)
{
    struct watch *watch = watch_of_rpc(rpc);
    if (watch != NULL && watch->state != OVER)
        fail(watch, STATUS_UNAVAILABLE, "SHUTTING_DOWN", "the server is shutting down");
}

static void on_close(struct rpc_call *rpc)
{
    struct watch *watch = watch_of_rpc(rpc);
    if (watch != NULL)
        put_over(watch);
    engine_close(rpc);
}

static const struct rpc_handler RPC_HANDLER = {
    .on_message = handler_on_message,
    .on_drain = on_drain,
    .on_close = on_close,
    .on_shutdown = on_shutdown,
};

const struct method_handler WATCH_HANDLER = {
    .name = "watch",
    .has_session = true,
    .rpc = &RPC_HANDLER,
    .start = begin,
};

// ---- of a worker ----

static const struct table_statement *find_news(void)
{
    size_t count = 0;
    const struct rpc_method *methods = methods_rpc_table(&count);
    for (size_t at = 0; at < count; at++) {
        const struct method *method = methods[at].data;
        if (method->handler == &WATCH_HANDLER)
            return method_find_statement(method->variants[TABLE_ROLE_AUTH], "news")->table;
    }
    require_failed("the method Watch", __FILE__, __LINE__);
}

struct watches *watches_create(uv_loop_t *loop, struct db_pool *auth)
{
    struct watches *watches = calloc(1, sizeof *watches);
    REQUIRE(watches != NULL);
    watches->loop = loop;
    watches->feed = feed_create(loop, auth, find_news());
    list_init(&watches->due);
    list_init(&watches->all);
    REQUIRE(uv_timer_init(loop, &watches->pause) == 0 && uv_timer_init(loop, &watches->sweep) == 0);
    watches->pause.data = watches;
    watches->sweep.data = watches;
    return watches;
}

void watches_stop(struct watches *watches)
{
    REQUIRE(watches->count == 0);
    feed_stop(watches->feed);
    uv_close((uv_handle_t *)&watches->pause, NULL);
    uv_close((uv_handle_t *)&watches->sweep, NULL);
}

void watches_destroy(struct watches *watches)
{
    feed_destroy(watches->feed);
    free(watches);
}

void watches_wake(struct watches *watches)
{
    feed_wake(watches->feed);
}

void watches_get_figures(const struct watches *watches, struct watch_figures *figures_r)
{
    struct feed_figures feed;
    feed_get_figures(watches->feed, &feed);
    *figures_r = (struct watch_figures){.streams = watches->count,
                                        .polls = feed.polls,
                                        .reads = watches->reads,
                                        .changes = watches->changes,
                                        .lag_ms = feed.lag_ms};
}
