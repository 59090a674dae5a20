// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support
// The same scenario again and again, each time with the next message of the server spoiled: turned into an error, or
// the connection cut before or inside it. Whatever happens: every batch ends exactly once, nothing is stuck, and what
// was acknowledged is there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/calls.h"
#include "support/proxy.h"

enum { OID_INT4 = 23, OID_TEXT = 25, READS = 6, WRITES = 4, CALLS = READS + WRITES, ABANDONED = 3 };

static const uint32_t ONE_NUMBER[] = {OID_INT4};
static const uint32_t ONE_TEXT[] = {OID_TEXT};

static const struct db_statement SET_IDENTITY = {.name = "set_identity",
                                                 .sql = "select set_config('kam.user_id', $1, true)",
                                                 .parameter_types = ONE_TEXT,
                                                 .parameter_count = 1,
                                                 .place = "test:set_identity"};
static const struct db_statement GET_IDENTITY = {.name = "get_identity",
                                                 .sql = "select coalesce(current_setting('kam.user_id', true), '')",
                                                 .place = "test:get_identity"};
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

static struct test_postgres postgres;
static struct test_proxy *proxy;
static char conninfo[160];
static int32_t next_id = 1000;

static int start_cluster(void **state)
{
    (void)state;
    char direct_conninfo[160];
    test_postgres_start(&postgres);
    calls_prepare_database(&postgres, direct_conninfo);
    proxy = test_proxy_start(&postgres, "kam_login", conninfo);
    return 0;
}

static int remove_cluster(void **state)
{
    (void)state;
    test_proxy_stop(proxy);
    test_postgres_remove(&postgres);
    return 0;
}

static void check_read(const struct call *call, const char *user)
{
    if (call->code == STATUS_OK) {
        assert_int_equal(call->result_count, 3);
        assert_string_equal(call->texts[1], user);
        assert_string_equal(call->texts[2], "item 5");
    } else {
        assert_true(call->code == STATUS_UNAVAILABLE || call->code == STATUS_INTERNAL);
    }
}

// Whether the row is there must fit the answer; a spoiled answer is the only excuse.
static void check_write(const struct call *call, int32_t id)
{
    char sql[96];
    snprintf(sql, sizeof sql, "select count(*) from item where id = %d", (int)id);
    if (call->code == STATUS_OK)
        assert_int_equal(test_postgres_number(&postgres, sql), 1);
    else if (call->code == STATUS_UNAVAILABLE && !call->is_uncertain)
        assert_int_equal(test_postgres_number(&postgres, sql), 0);
    else
        assert_true(call->code == STATUS_INTERNAL || call->code == STATUS_UNAVAILABLE);
}

// Returns whether the fault happened before the scenario was over.
static bool run_scenario(enum test_proxy_fault fault, long count)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct db_pool *pool = calls_open_pool(&loop, conninfo, 2, 4);
    struct call calls[CALLS];
    char users[CALLS][8];
    int32_t first_id = next_id;
    next_id += CALLS;
    test_proxy_arm(proxy, fault, count);
    for (int i = 0; i < CALLS; i++) {
        bool is_read = i < READS;
        snprintf(users[i], sizeof users[i], "user%d", i);
        call_begin(&calls[i], is_read ? DB_BATCH_READ : DB_BATCH_WRITE);
        call_add_text(&calls[i], &SET_IDENTITY, users[i]);
        call_add(&calls[i], &GET_IDENTITY);
        call_add_number(&calls[i], is_read ? &GET : &INSERT, is_read ? 5 : first_id + i);
        call_submit(pool, &calls[i]);
        if (i % 3 == 2)
            uv_run(&loop, UV_RUN_NOWAIT);
    }
    if (calls[ABANDONED].done_count == 0)
        db_batch_abandon(calls[ABANDONED].batch);
    for (int i = 0; i < CALLS; i++)
        if (i != ABANDONED)
            calls_wait(&loop, &calls[i], 1);
    bool has_fired = test_proxy_has_fired(proxy);
    test_proxy_arm(proxy, TEST_PROXY_NONE, 0);
    for (int i = 0; i < CALLS; i++) {
        if (i == ABANDONED)
            continue;
        assert_int_equal(calls[i].done_count, 1);
        if (i < READS)
            check_read(&calls[i], users[i]);
        else
            check_write(&calls[i], first_id + i);
    }
    // It serves on, and without anybody's identity.
    struct call last;
    for (int attempt = 0; attempt < 100; attempt++) {
        call_begin(&last, attempt % 2 ? DB_BATCH_WRITE : DB_BATCH_READ);
        call_add(&last, &GET_IDENTITY);
        call_submit(pool, &last);
        calls_wait(&loop, &last, 1);
        if (last.code == STATUS_OK)
            break;
        calls_run_for(&loop, 20);
    }
    assert_int_equal(last.code, STATUS_OK);
    assert_string_equal(last.texts[0], "");
    calls_close_pool(&loop, pool);
    assert_int_equal(uv_loop_close(&loop), 0);
    return has_fired;
}

static void torture(enum test_proxy_fault fault)
{
    enum { COUNT_MAX = 2000 };
    long count = 0;
    while (run_scenario(fault, count) && count < COUNT_MAX)
        count++;
    assert_true(count > 30 && count < COUNT_MAX);
}

static void any_message_may_become_an_error(void **state)
{
    (void)state;
    torture(TEST_PROXY_ERROR);
}

static void the_connection_may_break_before_any_message(void **state)
{
    (void)state;
    torture(TEST_PROXY_CUT);
}

static void the_connection_may_break_inside_any_message(void **state)
{
    (void)state;
    torture(TEST_PROXY_CUT_INSIDE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_message_may_become_an_error),
        cmocka_unit_test(the_connection_may_break_before_any_message),
        cmocka_unit_test(the_connection_may_break_inside_any_message),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
