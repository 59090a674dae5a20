// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support
// PostgreSQL goes away and comes back: what was acknowledged stays, what is unknown says so, and serving resumes by
// itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/calls.h"

enum { OID_INT4 = 23 };

static const uint32_t ONE_NUMBER[] = {OID_INT4};

static const struct db_statement GET = {.name = "get",
                                        .sql = "select name from item where id = $1",
                                        .parameter_types = ONE_NUMBER,
                                        .parameter_count = 1,
                                        .place = "test:get"};
static const struct db_statement INSERT = {.name = "insert",
                                           .sql = "insert into item (id, name) values ($1, 'new') returning name",
                                           .parameter_types = ONE_NUMBER,
                                           .parameter_count = 1,
                                           .place = "test:insert"};
static const struct db_statement SLEEP = {
    .name = "sleep", .sql = "select 'slept' from pg_sleep(2)", .place = "test:sleep"};
static const struct db_statement LONG_SLEEP = {
    .name = "long_sleep", .sql = "select 'slept' from pg_sleep(3600)", .place = "test:long_sleep"};
static const struct db_statement LOCK_TWO = {
    .name = "lock_two",
    .sql = "select lock_two($1)::text",
    .parameter_types = ONE_NUMBER,
    .parameter_count = 1,
    .place = "test:lock_two",
};

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
    pool = calls_open_pool(&loop, conninfo, 2, 4);
    return 0;
}

static int close_pool(void **state)
{
    (void)state;
    calls_close_pool(&loop, pool);
    return uv_loop_close(&loop);
}

static void begin_and_submit(struct call *call, enum db_batch_kind kind, const struct db_statement *statement,
                             int32_t number)
{
    call_begin(call, kind);
    if (statement->parameter_count == 1)
        call_add_number(call, statement, number);
    else
        call_add(call, statement);
    call_submit(pool, call);
}

static void wait_for(const char *sql, long wanted)
{
    for (int i = 0; i < 1000; i++) {
        if (test_postgres_number(&postgres, sql) == wanted)
            return;
        calls_run_for(&loop, 20);
    }
    fail_msg("%s never gave %ld", sql, wanted);
}

static const char SLEEPING[] = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";

static void terminate_sleeping(void)
{
    test_postgres_exec(&postgres,
                       "select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep'");
}

static void a_write_under_a_broken_connection_is_uncertain(void **state)
{
    (void)state;
    struct call call, behind;
    begin_and_submit(&call, DB_BATCH_WRITE, &LONG_SLEEP, 0);
    wait_for(SLEEPING, 1);
    terminate_sleeping();
    calls_wait(&loop, &call, 1);
    assert_int_equal(call.code, STATUS_UNAVAILABLE);
    assert_true(call.is_uncertain);
    assert_true(call.retry_after_ms > 0);
    begin_and_submit(&behind, DB_BATCH_WRITE, &GET, 1);
    calls_wait(&loop, &behind, 1);
    assert_int_equal(behind.code, STATUS_OK);
}

static void a_read_under_a_broken_connection_is_repeated(void **state)
{
    (void)state;
    struct call call;
    begin_and_submit(&call, DB_BATCH_READ, &SLEEP, 0);
    wait_for(SLEEPING, 1);
    terminate_sleeping();
    calls_wait(&loop, &call, 1);
    assert_int_equal(call.code, STATUS_OK);
    assert_string_equal(call.texts[0], "slept");
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_int_equal(figures.reconnects, 1);
}

static void a_read_that_breaks_every_connection_is_given_up(void **state)
{
    (void)state;
    static const struct db_statement SUICIDE = {
        .name = "suicide", .sql = "select die()::text", .place = "test:suicide"};
    test_postgres_exec(&postgres, "create function die() returns boolean language sql security definer as"
                                  " 'select pg_terminate_backend(pg_backend_pid())'");
    struct call calls[4];
    for (int i = 0; i < 4; i++)
        begin_and_submit(&calls[i], DB_BATCH_READ, i == 2 ? &SUICIDE : &GET, 1);
    calls_wait(&loop, calls, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(calls[i].code, i == 2 ? STATUS_UNAVAILABLE : STATUS_OK);
        assert_false(calls[i].is_uncertain);
    }
}

static void without_a_server_calls_fail_at_once_with_a_retry_time(void **state)
{
    (void)state;
    struct db_pool *regular = pool;
    pool = calls_open_pool(&loop, "host=/nonexistent user=nobody dbname=none", 2, 4);
    assert_true(db_pool_is_serving(pool)); // nothing was asked for yet
    for (int i = 0; i < 3; i++) {
        struct call calls[2];
        begin_and_submit(&calls[0], DB_BATCH_READ, &GET, 1);
        begin_and_submit(&calls[1], DB_BATCH_WRITE, &GET, 1);
        assert_int_equal(calls[0].done_count, 0);
        calls_wait(&loop, calls, 2);
        for (int k = 0; k < 2; k++) {
            assert_int_equal(calls[k].code, STATUS_UNAVAILABLE);
            assert_string_equal(calls[k].reason, "DATABASE_UNAVAILABLE");
            assert_true(calls[k].retry_after_ms > 0);
            assert_false(calls[k].is_uncertain);
        }
    }
    assert_false(db_pool_is_serving(pool));
    calls_close_one_pool(&loop, pool);
    pool = regular;
}

static void the_next_host_is_tried(void **state)
{
    (void)state;
    char two_hosts[224];
    snprintf(two_hosts, sizeof two_hosts,
             "host=/nonexistent,%s user=kam_login dbname=postgres target_session_attrs=read-write", postgres.directory);
    struct db_pool *regular = pool;
    pool = calls_open_pool(&loop, two_hosts, 1, 1);
    struct call call;
    begin_and_submit(&call, DB_BATCH_READ, &GET, 1);
    calls_wait(&loop, &call, 1);
    assert_int_equal(call.code, STATUS_OK);
    calls_close_one_pool(&loop, pool);
    pool = regular;
}

static void a_role_that_may_not_be_entered_is_unavailable(void **state)
{
    (void)state;
    struct db_pool *regular = pool;
    struct db_pool_options options = {.conninfo = conninfo,
                                      .role = "kam \"nobody\"",
                                      .read_connections = 1,
                                      .write_connections = 1,
                                      .write_depth = 1,
                                      .shared_reads = 1,
                                      .queue_length = 10};
    pool = db_pool_create(&loop, &options);
    struct call call;
    begin_and_submit(&call, DB_BATCH_READ, &GET, 1);
    calls_wait(&loop, &call, 1);
    assert_int_equal(call.code, STATUS_UNAVAILABLE);
    calls_close_one_pool(&loop, pool);
    pool = regular;
}

static void deadlocks_are_resolved_by_repeating(void **state)
{
    (void)state;
    test_postgres_exec(&postgres, "create function lock_two(first int) returns int language plpgsql as $$ begin"
                                  " perform 1 from item where id = first for update; perform pg_sleep(0.1);"
                                  " perform 1 from item where id = 3 - first for update; return first; end $$;"
                                  "grant select on item to kam_rep;");
    struct call calls[2];
    for (int i = 0; i < 2; i++)
        begin_and_submit(&calls[i], DB_BATCH_WRITE, &GET, 1);
    calls_wait(&loop, calls, 2);
    for (int i = 0; i < 2; i++)
        begin_and_submit(&calls[i], DB_BATCH_WRITE, &LOCK_TWO, i + 1);
    calls_wait(&loop, calls, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(calls[i].code, STATUS_OK);
}

static void killed_under_load_it_serves_again_and_forgets_nothing_acknowledged(void **state)
{
    (void)state;
    enum { CALLS = 4000, IN_FLIGHT = 50, KILL_AT = 700, RESTART_AT = 1500 };
    static struct call calls[CALLS];
    int submitted = 0;
    int done = 0;
    int unavailable = 0;
    bool is_killed = false;
    bool is_restarted = false;
    memset(calls, 0, sizeof calls);
    while (done < CALLS) {
        for (; submitted < CALLS && submitted < done + IN_FLIGHT; submitted++)
            begin_and_submit(&calls[submitted], submitted % 4 == 0 ? DB_BATCH_READ : DB_BATCH_WRITE,
                             submitted % 4 == 0 ? &GET : &INSERT, 1000 + submitted);
        calls_wait(&loop, &calls[done], 1);
        unavailable += calls[done].code == STATUS_UNAVAILABLE;
        done++;
        if (done == KILL_AT && !is_killed) {
            test_postgres_kill(&postgres);
            is_killed = true;
        }
        if (done == RESTART_AT && !is_restarted) {
            assert_false(db_pool_is_serving(pool));
            test_postgres_restart(&postgres);
            is_restarted = true;
        }
        if (is_restarted && calls[done - 1].code == STATUS_UNAVAILABLE)
            calls_run_for(&loop, 20); // as a client that backs off
    }
    assert_true(is_restarted && unavailable > 0);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(calls[i].done_count, 1);
        assert_true(calls[i].code == STATUS_OK || calls[i].code == STATUS_UNAVAILABLE);
        if (calls[i].is_uncertain)
            assert_int_equal(calls[i].code, STATUS_UNAVAILABLE);
        if (i % 4 == 0)
            continue;
        char sql[96];
        if (calls[i].code == STATUS_UNAVAILABLE && calls[i].is_uncertain)
            continue;
        snprintf(sql, sizeof sql, "select count(*) from item where id = %d", 1000 + i);
        if (i > KILL_AT - 100 && i < RESTART_AT + 100)
            assert_int_equal(test_postgres_number(&postgres, sql), calls[i].code == STATUS_OK ? 1 : 0);
    }
    assert_int_equal(calls[CALLS - 1].code, STATUS_OK);
    assert_true(db_pool_is_serving(pool));
}

static void it_reconnects_without_being_asked(void **state)
{
    (void)state;
    struct call call;
    begin_and_submit(&call, DB_BATCH_READ, &GET, 1);
    calls_wait(&loop, &call, 1);
    test_postgres_kill(&postgres);
    for (int i = 0; i < 1000 && db_pool_is_serving(pool); i++)
        calls_run_for(&loop, 10);
    assert_false(db_pool_is_serving(pool));
    calls_run_for(&loop, 300);
    test_postgres_restart(&postgres);
    for (int i = 0; i < 1000 && !db_pool_is_serving(pool); i++)
        calls_run_for(&loop, 10);
    assert_true(db_pool_is_serving(pool));
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, open_pool, close_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_write_under_a_broken_connection_is_uncertain),
        TEST(a_read_under_a_broken_connection_is_repeated),
        TEST(a_read_that_breaks_every_connection_is_given_up),
        TEST(without_a_server_calls_fail_at_once_with_a_retry_time),
        TEST(the_next_host_is_tried),
        TEST(a_role_that_may_not_be_entered_is_unavailable),
        TEST(deadlocks_are_resolved_by_repeating),
        TEST(killed_under_load_it_serves_again_and_forgets_nothing_acknowledged),
        TEST(it_reconnects_without_being_asked),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
