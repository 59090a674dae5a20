// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support
// Two that listen on one channel: each hears the other and not itself, many wishes to tell become few, and a connection
// that is lost is made again, with a look at what was missed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <uv.h>

#include "db/listen.h"
#include "support/calls.h"
#include "support/postgres.h"

enum { PATIENCE_TURNS = 6000, TURN_MS = 10 };

struct ear {
    struct db_listen *listen;
    unsigned heard;
};

static struct test_postgres postgres;
static char conninfo[160];
static uv_loop_t loop;
static struct ear ears[2];

static void on_heard(void *data)
{
    struct ear *ear = data;
    ear->heard++;
}

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

static bool are_up(bool wanted)
{
    return db_listen_is_up(ears[0].listen) == wanted && db_listen_is_up(ears[1].listen) == wanted;
}

static void wait_up(bool wanted)
{
    for (int turn = 0; turn < PATIENCE_TURNS && !are_up(wanted); turn++)
        calls_run_for(&loop, TURN_MS);
    assert_true(are_up(wanted));
}

static void wait_heard(const struct ear *ear, unsigned least)
{
    for (int turn = 0; turn < PATIENCE_TURNS && ear->heard < least; turn++)
        calls_run_for(&loop, TURN_MS);
    assert_true(ear->heard >= least);
}

static int open_both(void **state)
{
    (void)state;
    uv_loop_init(&loop);
    for (size_t at = 0; at < 2; at++) {
        const struct db_listen_options options = {
            .conninfo = conninfo, .channel = "kam_test", .on_heard = on_heard, .data = &ears[at]};
        ears[at].listen = db_listen_open(&loop, &options);
        ears[at].heard = 0;
    }
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    db_listen_close(ears[0].listen);
    db_listen_close(ears[1].listen);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void test_each_hears_the_other(void **state)
{
    (void)state;
    wait_up(true);
    // What may have been said before.
    assert_int_equal(ears[0].heard, 1);
    assert_int_equal(ears[1].heard, 1);
    db_listen_notify(ears[0].listen);
    wait_heard(&ears[1], 2);
    assert_int_equal(ears[0].heard, 1);
    db_listen_notify(ears[1].listen);
    wait_heard(&ears[0], 2);
    assert_int_equal(ears[1].heard, 2);
}

static void test_many_wishes_become_few(void **state)
{
    (void)state;
    wait_up(true);
    for (int wish = 0; wish < 1000; wish++)
        db_listen_notify(ears[0].listen);
    wait_heard(&ears[1], 2);
    calls_run_for(&loop, 200);
    assert_true(ears[1].heard <= 4);
}

static void test_it_comes_back(void **state)
{
    (void)state;
    wait_up(true);
    test_postgres_kill(&postgres);
    wait_up(false);
    // Lost, and no harm.
    db_listen_notify(ears[0].listen);
    calls_run_for(&loop, 300);
    test_postgres_restart(&postgres);
    wait_up(true);
    wait_heard(&ears[0], 2);
    wait_heard(&ears[1], 2);
    unsigned before = ears[1].heard;
    db_listen_notify(ears[0].listen);
    wait_heard(&ears[1], before + 1);
}

static void test_closed_while_it_connects(void **state)
{
    (void)state;
    calls_run_for(&loop, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_hears_the_other, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_many_wishes_become_few, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_it_comes_back, open_both, close_both),
        cmocka_unit_test_setup_teardown(test_closed_while_it_connects, open_both, close_both),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
