// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support
// Abandoned batches: the database stops working on them, and nobody else is hit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/calls.h"

enum { OID_INT4 = 23, OID_TEXT = 25 };

static const uint32_t ONE_NUMBER[] = {OID_INT4};
static const uint32_t ONE_TEXT[] = {OID_TEXT};

static const struct db_statement GET = {.name = "get",
                                        .sql = "select name from item where id = $1",
                                        .parameter_types = ONE_NUMBER,
                                        .parameter_count = 1,
                                        .place = "test:get"};
static const struct db_statement UPDATE = {.name = "update",
                                           .sql = "update item set name = name where id = $1 returning name",
                                           .parameter_types = ONE_NUMBER,
                                           .parameter_count = 1,
                                           .place = "test:update"};
static const struct db_statement SET_IDENTITY = {.name = "set_identity",
                                                 .sql = "select set_config('kam.user_id', $1, true)",
                                                 .parameter_types = ONE_TEXT,
                                                 .parameter_count = 1,
                                                 .place = "test:set_identity"};
static const struct db_statement GET_IDENTITY = {.name = "get_identity",
                                                 .sql = "select coalesce(current_setting('kam.user_id', true), '')",
                                                 .place = "test:get_identity"};
static const struct db_statement SLEEP = {
    .name = "sleep", .sql = "select 'slept' from pg_sleep(3600)", .place = "test:sleep"};
static const struct db_statement NAP = {
    .name = "nap", .sql = "select 'napped' from pg_sleep(0.001)", .place = "test:nap"};

static const char WORKING[] = "select count(*) from pg_stat_activity where usename = 'kam_login' and state <> 'idle'";
static const char SLEEPING[] = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";

static struct test_postgres postgres;
static char conninfo[160];
static uv_loop_t loop;
static struct db_pool *pool;

static int start_cluster(void **state)
{
    (void)state;
    test_postgres_start(&postgres);
    calls_prepare_database(&postgres, conninfo);
    return 0;
}

static int remove_cluster(void **state)
{
    (void)state;
    test_postgres_remove(&postgres);
    return 0;
}

static int open_pool(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    pool = calls_open_pool(&loop, conninfo, 1, 8);
    return 0;
}

static int close_pool(void **state)
{
    (void)state;
    calls_close_pool(&loop, pool);
    return uv_loop_close(&loop);
}

static void begin_and_submit(struct call *call, enum db_batch_kind kind, const struct db_statement *statement)
{
    call_begin(call, kind);
    if (statement->parameter_count == 1)
        call_add_number(call, statement, 1);
    else
        call_add(call, statement);
    call_submit(pool, call);
}

// The loop must turn while the test waits for PostgreSQL.
static void wait_for(const char *sql, long wanted)
{
    for (int i = 0; i < 1000; i++) {
        if (test_postgres_number(&postgres, sql) == wanted)
            return;
        calls_run_for(&loop, 20);
    }
    fail_msg("%s never gave %ld", sql, wanted);
}

static void a_running_batch_is_cancelled_in_the_database(void **state)
{
    (void)state;
    for (enum db_batch_kind kind = DB_BATCH_READ; kind <= DB_BATCH_WRITE; kind++) {
        struct call call;
        begin_and_submit(&call, kind, &SLEEP);
        wait_for(SLEEPING, 1);
        db_batch_abandon(call.batch);
        wait_for(WORKING, 0);
        assert_int_equal(call.done_count, 0);
        struct call next;
        begin_and_submit(&next, kind, &GET);
        calls_wait(&loop, &next, 1);
        assert_int_equal(next.code, STATUS_OK);
    }
}

static void a_batch_abandoned_before_the_server_began_is_cancelled_too(void **state)
{
    (void)state;
    struct call warm;
    begin_and_submit(&warm, DB_BATCH_WRITE, &GET);
    calls_wait(&loop, &warm, 1);
    for (int i = 0; i < 20; i++) {
        struct call call;
        begin_and_submit(&call, DB_BATCH_WRITE, &SLEEP);
        uv_run(&loop, UV_RUN_NOWAIT); // sent just now: the request may overtake it
        db_batch_abandon(call.batch);
        struct call next;
        begin_and_submit(&next, DB_BATCH_WRITE, &GET);
        calls_wait(&loop, &next, 1);
        assert_int_equal(next.code, STATUS_OK);
    }
    wait_for(WORKING, 0);
}

static void a_waiting_batch_is_dropped(void **state)
{
    (void)state;
    struct call calls[3];
    for (int i = 0; i < 3; i++)
        begin_and_submit(&calls[i], DB_BATCH_READ, &GET);
    db_batch_abandon(calls[1].batch);
    calls_wait(&loop, &calls[0], 1);
    calls_wait(&loop, &calls[2], 1);
    assert_int_equal(calls[1].done_count, 0);
}

static void identity_ends_with_a_cancelled_batch(void **state)
{
    (void)state;
    for (enum db_batch_kind kind = DB_BATCH_READ; kind <= DB_BATCH_WRITE; kind++) {
        struct call call;
        call_begin(&call, kind);
        call_add_text(&call, &SET_IDENTITY, "anna");
        call_add(&call, &SLEEP);
        call_submit(pool, &call);
        wait_for(SLEEPING, 1);
        struct call behind; // another user's, already sent where it is a write
        begin_and_submit(&behind, kind, &GET_IDENTITY);
        calls_run_for(&loop, 20);
        db_batch_abandon(call.batch);
        calls_wait(&loop, &behind, 1);
        assert_int_equal(behind.code, STATUS_OK);
        assert_string_equal(behind.texts[0], "");
    }
}

static void a_read_that_shares_its_sync_is_not_cancelled(void **state)
{
    (void)state;
    static const struct db_statement SHORT = {
        .name = "short", .sql = "select 'short' from pg_sleep(0.5)", .place = "test:short"};
    struct call calls[2];
    begin_and_submit(&calls[0], DB_BATCH_READ, &SHORT);
    begin_and_submit(&calls[1], DB_BATCH_READ, &GET);
    wait_for(SLEEPING, 1);
    db_batch_abandon(calls[0].batch);
    calls_wait(&loop, &calls[1], 1);
    assert_int_equal(calls[1].code, STATUS_OK);
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_int_equal(figures.cancels, 0);
    assert_int_equal(figures.retries, 0);
}

static void a_write_abandoned_behind_another_is_cancelled_when_it_runs(void **state)
{
    (void)state;
    struct call first, second, third;
    begin_and_submit(&first, DB_BATCH_WRITE, &GET);
    calls_wait(&loop, &first, 1);
    begin_and_submit(&first, DB_BATCH_WRITE, &NAP);
    begin_and_submit(&second, DB_BATCH_WRITE, &SLEEP);
    begin_and_submit(&third, DB_BATCH_WRITE, &GET);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(first.done_count, 0);
    db_batch_abandon(second.batch);
    calls_wait(&loop, &first, 1);
    assert_string_equal(first.texts[0], "napped");
    calls_wait(&loop, &third, 1);
    assert_int_equal(third.code, STATUS_OK);
    wait_for(WORKING, 0);
}

// Cancel requests that come too late hit the neighbours behind; these must not notice.
static void a_late_cancel_does_not_hurt_the_neighbour(void **state)
{
    (void)state;
    enum { ROUNDS = 60, NEIGHBOURS = 6 };
    for (int round = 0; round < ROUNDS; round++) {
        struct call target, neighbours[NEIGHBOURS];
        begin_and_submit(&target, DB_BATCH_WRITE, round % 2 ? &NAP : &UPDATE);
        for (int i = 0; i < NEIGHBOURS; i++)
            begin_and_submit(&neighbours[i], DB_BATCH_WRITE, i % 2 ? &NAP : &UPDATE);
        uv_run(&loop, UV_RUN_NOWAIT);
        if (target.done_count == 0)
            db_batch_abandon(target.batch);
        calls_wait(&loop, neighbours, NEIGHBOURS);
        for (int i = 0; i < NEIGHBOURS; i++) {
            assert_int_equal(neighbours[i].code, STATUS_OK);
            assert_int_equal(neighbours[i].done_count, 1);
        }
    }
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_true(figures.cancels > 0);
    wait_for(WORKING, 0);
}

// Another session's pg_cancel_backend() stands for the late cancel that cannot be timed.
static void a_cancel_nobody_asked_for_is_repeated(void **state)
{
    (void)state;
    static const struct db_statement WAIT_FOR_LOCK = {.name = "wait_for_lock",
                                                      .sql =
                                                          "update item set name = 'mine' where id = 5 returning name",
                                                      .place = "test:wait_for_lock"};
    struct db_pool *locker = calls_open_pool(&loop, conninfo, 1, 1);
    struct call lock, call;
    static const struct db_statement HOLD = {
        .name = "hold",
        .sql = "with u as (update item set name = 'held' where id = 5 returning 1) select pg_sleep(0.5)::text from u",
        .place = "test:hold"};
    call_begin(&lock, DB_BATCH_WRITE);
    call_add(&lock, &HOLD);
    call_submit(locker, &lock);
    wait_for(SLEEPING, 1);
    begin_and_submit(&call, DB_BATCH_WRITE, &WAIT_FOR_LOCK);
    wait_for("select count(*) from pg_stat_activity where wait_event_type = 'Lock'", 1);
    test_postgres_exec(&postgres, "select pg_cancel_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'");
    calls_wait(&loop, &call, 1);
    calls_wait(&loop, &lock, 1);
    assert_int_equal(call.code, STATUS_OK);
    assert_string_equal(call.texts[0], "mine");
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_int_equal(figures.retries, 1);
    calls_close_one_pool(&loop, locker);
}

static void many_waiting_for_a_lock_leave_nothing_behind(void **state)
{
    (void)state;
    enum { CALLS = 200 };
    struct db_pool *wide = calls_open_pool(&loop, conninfo, 8, 4);
    static const struct db_statement LOCK = {
        .name = "lock", .sql = "select 'locked' from item where id = 1 for update", .place = "test:lock"};
    static const struct db_statement HOLD_ROW = {
        .name = "hold_row",
        .sql = "with u as (update item set name = name where id = 1 returning 1) select pg_sleep(3600)::text from u",
        .place = "test:hold_row"};
    struct call holder;
    begin_and_submit(&holder, DB_BATCH_WRITE, &HOLD_ROW);
    wait_for(SLEEPING, 1);
    static struct call calls[CALLS];
    for (int i = 0; i < CALLS; i++) {
        call_begin(&calls[i], i % 2 ? DB_BATCH_WRITE : DB_BATCH_READ);
        call_add(&calls[i], &LOCK);
        call_submit(wide, &calls[i]);
    }
    for (int i = 0; i < CALLS; i++) {
        if (i % 7 == 0)
            calls_run_for(&loop, 2);
        if (i % 10 != 9)
            db_batch_abandon(calls[i].batch);
    }
    db_batch_abandon(holder.batch);
    for (int i = 9; i < CALLS; i += 10) {
        calls_wait(&loop, &calls[i], 1);
        assert_int_equal(calls[i].code, STATUS_OK);
        assert_string_equal(calls[i].texts[0], "locked");
    }
    wait_for(WORKING, 0);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(calls[i].done_count, i % 10 == 9 ? 1 : 0);
    calls_close_one_pool(&loop, wide);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, open_pool, close_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_running_batch_is_cancelled_in_the_database),
        TEST(a_batch_abandoned_before_the_server_began_is_cancelled_too),
        TEST(a_waiting_batch_is_dropped),
        TEST(identity_ends_with_a_cancelled_batch),
        TEST(a_read_that_shares_its_sync_is_not_cancelled),
        TEST(a_write_abandoned_behind_another_is_cancelled_when_it_runs),
        TEST(a_late_cancel_does_not_hurt_the_neighbour),
        TEST(a_cancel_nobody_asked_for_is_repeated),
        TEST(many_waiting_for_a_lock_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
