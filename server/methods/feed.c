// SPDX-License-Identifier: Apache-2.0
// The feed of one worker: see feed.h. A poll is one batch on the pool of kam_auth; at most one is on its way.
#include "methods/feed.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "methods/bind.h"
#include "methods/table.h"
#include "methods/value.h"

enum {
    BUCKETS = 1024,     // of followers by user
    GAP_MS = 10,        // between polls: what is committed meanwhile goes together
    SOON_LEAST_MS = 10, // while entries wait for an older transaction to end
    SOON_MOST_MS = 500, // which may take long
    RETRY_MS = 500,     // after a poll that failed
    SAFETY_MS = 15000,  // when nobody wakes us
    SAFETY_JITTER_MS = 3000,
};

// Columns of the statement "news".
enum { COLUMN_EPOCH, COLUMN_XID, COLUMN_SEQUENCE, COLUMN_IS_END, COLUMN_IS_FOR_ALL, COLUMN_USERS, COLUMN_LAG };

struct feed {
    uv_loop_t *loop;
    struct db_pool *auth;
    const struct table_statement *statement;
    struct db_batch *poll; // on its way
    bool is_woken;         // since the poll on its way was sent
    bool has_failed;       // the last one
    uint64_t polled_ms;
    uint64_t soon_ms; // 0: nothing waits
    uv_timer_t timer;
    struct feed_place head;
    uint8_t epoch[UUID_BYTES];
    bool has_epoch;
    size_t follower_count;
    struct feed_figures figures;
    struct list followers[BUCKETS];
};

static void send_poll(struct feed *feed);

// ---- followers ----

static struct list *bucket_of(struct feed *feed, const uint8_t user_id[UUID_BYTES])
{
    // The last bytes of a version 7 UUID are random.
    unsigned hash = (unsigned)user_id[UUID_BYTES - 1] << 8 | user_id[UUID_BYTES - 2];
    return &feed->followers[hash % BUCKETS];
}

bool feed_follow(struct feed *feed, struct feed_follower *follower, const struct feed_place *at)
{
    REQUIRE(!follower->is_following);
    follower->is_following = true;
    list_append(bucket_of(feed, follower->user_id), &follower->of_user);
    if (feed->follower_count++ == 0) {
        feed->head = *at;
        feed->has_epoch = false;
        feed_wake(feed);
    }
    return feed_place_compare(at, &feed->head) >= 0;
}

void feed_unfollow(struct feed *feed, struct feed_follower *follower)
{
    if (!follower->is_following)
        return;
    follower->is_following = false;
    list_remove(&follower->of_user);
    if (--feed->follower_count > 0)
        return;
    uv_timer_stop(&feed->timer);
    if (feed->poll != NULL)
        db_batch_abandon(feed->poll);
    feed->poll = NULL;
    feed->figures.lag_ms = 0;
    feed->soon_ms = 0;
}

const struct feed_place *feed_head(const struct feed *feed)
{
    REQUIRE(feed->follower_count > 0);
    return &feed->head;
}

// Followers of one bucket, those of one user or (NULL) all. A follower may leave when it is told, but no other one
// does.
static void tell_bucket(struct list *bucket, const uint8_t *user_id, const struct feed_place *from)
{
    struct list *next;
    for (struct list *node = bucket->next; node != bucket; node = next) {
        next = node->next;
        struct feed_follower *follower = LIST_OBJECT(node, struct feed_follower, of_user);
        if (user_id == NULL || memcmp(follower->user_id, user_id, UUID_BYTES) == 0)
            follower->on_news(follower, from);
    }
}

static void tell_all(struct feed *feed, const struct feed_place *from)
{
    for (size_t at = 0; at < BUCKETS; at++)
        tell_bucket(&feed->followers[at], NULL, from);
}

// users is a uuid[] in binary form (array_send() in src/backend/utils/adt/arrayfuncs.c): dimensions, flags, type, then
// for the only dimension its length and first index, then for each element its length and bytes.
static void tell_users(struct feed *feed, const uint8_t *users, int length, const struct feed_place *from)
{
    enum { HEADER_BYTES = 20, LENGTH_BYTES = 4, ELEMENT_BYTES = LENGTH_BYTES + UUID_BYTES };
    if (users == NULL || length < HEADER_BYTES)
        return;
    int32_t count = value_get_int32(users + 12);
    REQUIRE(value_get_int32(users) == 1 && count >= 0 && length == HEADER_BYTES + count * ELEMENT_BYTES);
    const uint8_t *user_id = users + HEADER_BYTES + LENGTH_BYTES;
    for (int32_t at = 0; at < count; at++, user_id += ELEMENT_BYTES)
        tell_bucket(bucket_of(feed, user_id), user_id, from);
}

// ---- when to look ----

static void on_timer(uv_timer_t *timer)
{
    send_poll(timer->data);
}

static void look_in(struct feed *feed, uint64_t delay_ms)
{
    REQUIRE(uv_timer_start(&feed->timer, on_timer, delay_ms, 0) == 0);
}

static void plan_next(struct feed *feed, bool is_end)
{
    if (!is_end)
        look_in(feed, 0);
    else if (feed->is_woken)
        look_in(feed, GAP_MS);
    else if (feed->has_failed)
        look_in(feed, RETRY_MS + randombytes_uniform(RETRY_MS));
    else if (feed->soon_ms > 0)
        look_in(feed, feed->soon_ms);
    else
        look_in(feed, SAFETY_MS - SAFETY_JITTER_MS + randombytes_uniform(2 * SAFETY_JITTER_MS));
}

void feed_wake(struct feed *feed)
{
    if (feed->follower_count == 0)
        return;
    feed->is_woken = true;
    feed->soon_ms = 0;
    if (feed->poll != NULL)
        return;
    uint64_t since_ms = uv_now(feed->loop) - feed->polled_ms;
    look_in(feed, since_ms >= GAP_MS ? 0 : GAP_MS - since_ms);
}

// ---- looking ----

static int64_t number_of(const struct db_result *result, size_t column)
{
    int length = 0;
    const void *bytes = db_result_value(result, 0, column, &length);
    return bytes == NULL || length != 8 ? 0 : value_get_int64(bytes);
}

static bool is_true(const struct db_result *result, size_t column)
{
    int length = 0;
    const uint8_t *bytes = db_result_value(result, 0, column, &length);
    return bytes != NULL && length == 1 && *bytes != 0;
}

// True when the log is another one than at the last look.
static bool take_epoch(struct feed *feed, const struct db_result *result)
{
    int length = 0;
    const void *epoch = db_result_value(result, 0, COLUMN_EPOCH, &length);
    REQUIRE(epoch != NULL && length == UUID_BYTES);
    bool is_other = feed->has_epoch && memcmp(feed->epoch, epoch, UUID_BYTES) != 0;
    memcpy(feed->epoch, epoch, UUID_BYTES);
    feed->has_epoch = true;
    return is_other;
}

static void note_lag(struct feed *feed, const struct db_result *result)
{
    int length = 0;
    if (db_result_value(result, 0, COLUMN_LAG, &length) == NULL) {
        feed->soon_ms = 0;
        feed->figures.lag_ms = 0;
        return;
    }
    feed->figures.lag_ms = (uint64_t)number_of(result, COLUMN_LAG);
    feed->soon_ms = feed->soon_ms == 0 ? SOON_LEAST_MS : 2 * feed->soon_ms;
    if (feed->soon_ms > SOON_MOST_MS)
        feed->soon_ms = SOON_MOST_MS;
}

static void on_poll_done(void *owner, const struct db_outcome *outcome)
{
    struct feed *feed = owner;
    feed->poll = NULL;
    bool had_failed = feed->has_failed;
    feed->has_failed = outcome->code != STATUS_OK;
    if (feed->has_failed) {
        LOG(had_failed ? LOG_DEBUG : LOG_WARNING, "cannot read the change log; it will be tried again",
            LOG_TEXT("error", outcome->error->message), LOG_TEXT("sqlstate", outcome->sqlstate));
        feed->is_woken = false;
        plan_next(feed, true);
        return;
    }
    const struct db_result *result = outcome->results[0];
    REQUIRE(db_result_row_count(result) == 1);
    struct feed_place from = feed->head;
    feed->head =
        (struct feed_place){.xid = number_of(result, COLUMN_XID), .sequence = number_of(result, COLUMN_SEQUENCE)};
    note_lag(feed, result);
    // Before anybody is told, because the last one may leave.
    plan_next(feed, is_true(result, COLUMN_IS_END));
    int length = 0;
    const void *users = db_result_value(result, 0, COLUMN_USERS, &length);
    if (take_epoch(feed, result) || is_true(result, COLUMN_IS_FOR_ALL))
        tell_all(feed, &from);
    else
        tell_users(feed, users, length, &from);
}

static void send_poll(struct feed *feed)
{
    REQUIRE(feed->poll == NULL && feed->follower_count > 0);
    feed->is_woken = false;
    feed->polled_ms = uv_now(feed->loop);
    feed->figures.polls++;
    feed->poll = db_batch_create(DB_BATCH_READ, feed, on_poll_done);
    struct arena *arena = db_batch_arena(feed->poll);
    const int64_t numbers[] = {feed->head.xid, feed->head.sequence};
    struct db_parameter *parameters = arena_alloc(arena, 2 * sizeof *parameters);
    for (size_t at = 0; at < 2; at++) {
        void *bytes = arena_alloc(arena, sizeof(int64_t));
        value_put_int64(bytes, numbers[at]);
        parameters[at] = (struct db_parameter){.bytes = bytes, .length = sizeof(int64_t)};
    }
    db_batch_add(feed->poll, &feed->statement->statement, parameters);
    db_pool_submit(feed->auth, feed->poll);
}

// ---- life ----

struct feed *feed_create(uv_loop_t *loop, struct db_pool *auth, const struct table_statement *news)
{
    struct feed *feed = calloc(1, sizeof *feed);
    REQUIRE(feed != NULL);
    REQUIRE(news->statement.parameter_count == 2 && strcmp(news->parameters[0].name, "after_xid") == 0);
    feed->loop = loop;
    feed->auth = auth;
    feed->statement = news;
    for (size_t at = 0; at < BUCKETS; at++)
        list_init(&feed->followers[at]);
    REQUIRE(uv_timer_init(loop, &feed->timer) == 0);
    feed->timer.data = feed;
    return feed;
}

void feed_stop(struct feed *feed)
{
    REQUIRE(feed->follower_count == 0 && feed->poll == NULL);
    uv_close((uv_handle_t *)&feed->timer, NULL);
}

void feed_destroy(struct feed *feed)
{
    free(feed);
}

void feed_get_figures(const struct feed *feed, struct feed_figures *figures_r)
{
    *figures_r = feed->figures;
}
