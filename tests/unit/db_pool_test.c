// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support
// The pool against a real PostgreSQL: order, sharing, isolation, errors, sizes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "support/calls.h"

enum { OID_INT4 = 23, OID_TEXT = 25 };

static const uint32_t ONE_NUMBER[] = {OID_INT4};
static const uint32_t ONE_TEXT[] = {OID_TEXT};

#define STATEMENT(name_, sql_)                                                                                         \
    {                                                                                                                  \
        .name = (name_), .sql = (sql_), .place = "test:" name_                                                         \
    }
#define STATEMENT_1(name_, types_, sql_)                                                                               \
    {                                                                                                                  \
        .name = (name_), .sql = (sql_), .parameter_types = (types_), .parameter_count = 1, .place = "test:" name_      \
    }

static const struct db_statement GET = STATEMENT_1("get", ONE_NUMBER, "select name from item where id = $1");
static const struct db_statement DIVIDE = STATEMENT_1("divide", ONE_NUMBER, "select (100 / $1)::text");
static const struct db_statement SET_IDENTITY =
    STATEMENT_1("set_identity", ONE_TEXT, "select set_config('kam.user_id', $1, true)");
static const struct db_statement GET_IDENTITY =
    STATEMENT("get_identity", "select coalesce(current_setting('kam.user_id', true), '')");
static const struct db_statement GET_ROLE = STATEMENT("get_role", "select current_user::text");
static const struct db_statement INSERT =
    STATEMENT_1("insert", ONE_NUMBER, "insert into item (id, name) values ($1, 'new ' || $1) returning name");
static const struct db_statement REPEAT = STATEMENT_1("repeat", ONE_TEXT, "select $1");

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

static void run_one(struct call *call)
{
    call_submit(pool, call);
    calls_wait(&loop, call, 1);
}

static void results_come_in_the_order_of_the_statements(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, DB_BATCH_READ);
    call_add_number(&call, &GET, 7);
    call_add_number(&call, &GET, 1000);
    call_add(&call, &GET_ROLE);
    call_add_number(&call, &GET, 9);
    call_submit(pool, &call);
    assert_int_equal(call.done_count, 0); // never inside submit
    calls_wait(&loop, &call, 1);
    assert_int_equal(call.code, STATUS_OK);
    assert_int_equal(call.result_count, 4);
    assert_string_equal(call.texts[0], "item 7");
    assert_int_equal(call.rows[1], 0);
    assert_string_equal(call.texts[2], "kam_rep");
    assert_string_equal(call.texts[3], "item 9");
}

static void reads_that_wait_together_share_a_sync(void **state)
{
    (void)state;
    struct call calls[64];
    for (int i = 0; i < 64; i++) {
        call_begin(&calls[i], DB_BATCH_READ);
        call_add_number(&calls[i], &GET, i + 1);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, 64);
    for (int i = 0; i < 64; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "item %d", i + 1);
        assert_string_equal(calls[i].texts[0], wanted);
        assert_int_equal(calls[i].done_count, 1);
    }
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_int_equal(figures.syncs, 4);
    assert_int_equal(figures.batches, 64);
}

static void a_failing_read_does_not_harm_those_it_shares_a_sync_with(void **state)
{
    (void)state;
    struct call calls[10];
    for (int i = 0; i < 10; i++) {
        call_begin(&calls[i], DB_BATCH_READ);
        call_add_number(&calls[i], i == 4 || i == 7 ? &DIVIDE : &GET, i == 4 || i == 7 ? 0 : i);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, 10);
    for (int i = 0; i < 10; i++) {
        if (i == 4 || i == 7) {
            assert_int_equal(calls[i].code, STATUS_INVALID_ARGUMENT);
            assert_string_equal(calls[i].sqlstate, "22012");
        } else {
            assert_int_equal(calls[i].code, STATUS_OK);
        }
    }
}

static void a_read_that_fails_alone_is_not_repeated(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, DB_BATCH_READ);
    call_add_number(&call, &GET, 3);
    call_add_number(&call, &DIVIDE, 0);
    call_add_number(&call, &GET, 4);
    run_one(&call);
    assert_int_equal(call.code, STATUS_INVALID_ARGUMENT);
    assert_int_equal(call.result_count, 1);
    assert_string_equal(call.texts[0], "item 3");
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_int_equal(figures.retries, 0);
}

static void assert_no_identity(enum db_batch_kind kind)
{
    struct call call;
    call_begin(&call, kind);
    call_add(&call, &GET_IDENTITY);
    run_one(&call);
    assert_int_equal(call.code, STATUS_OK);
    assert_string_equal(call.texts[0], "");
}

static void identity_ends_with_its_batch(void **state)
{
    (void)state;
    for (enum db_batch_kind kind = DB_BATCH_READ; kind <= DB_BATCH_WRITE; kind++) {
        struct call call;
        call_begin(&call, kind);
        call_add_text(&call, &SET_IDENTITY, "anna");
        call_add(&call, &GET_IDENTITY);
        run_one(&call);
        assert_string_equal(call.texts[1], "anna");
        assert_no_identity(kind);
    }
}

static void identity_ends_with_a_batch_that_fails(void **state)
{
    (void)state;
    for (enum db_batch_kind kind = DB_BATCH_READ; kind <= DB_BATCH_WRITE; kind++) {
        struct call call;
        call_begin(&call, kind);
        call_add_text(&call, &SET_IDENTITY, "anna");
        call_add_number(&call, &DIVIDE, 0);
        run_one(&call);
        assert_int_equal(call.code, STATUS_INVALID_ARGUMENT);
        assert_no_identity(kind);
    }
}

static void each_call_of_a_shared_sync_has_its_own_identity_also_when_repeated(void **state)
{
    (void)state;
    struct call calls[12];
    char names[12][8];
    for (int i = 0; i < 12; i++) {
        snprintf(names[i], sizeof names[i], "user%d", i);
        call_begin(&calls[i], DB_BATCH_READ);
        call_add_text(&calls[i], &SET_IDENTITY, names[i]);
        call_add(&calls[i], &GET_IDENTITY);
        if (i == 5)
            call_add_number(&calls[i], &DIVIDE, 0);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, 12);
    for (int i = 0; i < 12; i++) {
        assert_int_equal(calls[i].code, i == 5 ? STATUS_INVALID_ARGUMENT : STATUS_OK);
        assert_string_equal(calls[i].texts[1], names[i]);
    }
    assert_no_identity(DB_BATCH_READ);
}

static void writes_pipelined_behind_each_other_do_not_share_identity(void **state)
{
    (void)state;
    struct call calls[20];
    for (int i = 0; i < 20; i++) {
        call_begin(&calls[i], DB_BATCH_WRITE);
        if (i % 2 == 0)
            call_add_text(&calls[i], &SET_IDENTITY, "anna");
        call_add(&calls[i], &GET_IDENTITY);
        if (i % 4 == 0)
            call_add_number(&calls[i], &DIVIDE, 0);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, 20);
    for (int i = 1; i < 20; i += 2)
        assert_string_equal(calls[i].texts[0], "");
}

static void a_statement_whose_parse_was_skipped_is_prepared_later(void **state)
{
    (void)state;
    static const struct db_statement LATER = STATEMENT("later", "select 'later'");
    struct call calls[6];
    for (int i = 0; i < 6; i++) {
        call_begin(&calls[i], DB_BATCH_WRITE);
        if (i == 0)
            call_add_number(&calls[i], &DIVIDE, 0);
        call_add(&calls[i], &LATER);
        call_submit(pool, &calls[i]); // 1 to 5 count on the Parse of 0, which never happens
    }
    calls_wait(&loop, calls, 6);
    assert_int_equal(calls[0].code, STATUS_INVALID_ARGUMENT);
    for (int i = 1; i < 6; i++) {
        assert_int_equal(calls[i].code, STATUS_OK);
        assert_string_equal(calls[i].texts[0], "later");
    }
}

static void a_statement_parsed_before_its_batch_failed_stays_prepared(void **state)
{
    (void)state;
    static const struct db_statement EARLIER = STATEMENT("earlier", "select 'earlier'");
    for (int i = 0; i < 3; i++) {
        struct call call;
        call_begin(&call, DB_BATCH_WRITE);
        call_add(&call, &EARLIER);
        call_add_number(&call, &DIVIDE, i == 0 ? 0 : 1);
        run_one(&call);
        assert_int_equal(call.code, i == 0 ? STATUS_INVALID_ARGUMENT : STATUS_OK);
    }
    struct db_pool_figures figures;
    db_pool_get_figures(pool, &figures);
    assert_int_equal(figures.retries, 0);
}

static void a_statement_that_cannot_be_parsed_is_internal_until_it_can(void **state)
{
    (void)state;
    static const struct db_statement LIST_THINGS = STATEMENT("things", "select name from thing");
    struct call calls[4];
    for (int i = 0; i < 4; i++) {
        call_begin(&calls[i], DB_BATCH_WRITE);
        call_add(&calls[i], &LIST_THINGS);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(calls[i].code, STATUS_INTERNAL);
        assert_string_equal(calls[i].sqlstate, "42P01");
        assert_string_equal(calls[i].message, "internal error");
    }
    test_postgres_exec(
        &postgres, "create table thing (name text); insert into thing values ('a'); grant select on thing to kam_rep");
    struct call call;
    call_begin(&call, DB_BATCH_WRITE);
    call_add(&call, &LIST_THINGS);
    run_one(&call);
    assert_string_equal(call.texts[0], "a");
}

static void a_migration_under_prepared_statements_is_not_noticed(void **state)
{
    (void)state;
    static const struct db_statement STAR = STATEMENT("star", "select * from star");
    test_postgres_exec(&postgres,
                       "create table star (a text); insert into star values ('x'); grant select on star to kam_rep");
    for (int i = 0; i < 2; i++) {
        struct call calls[3];
        for (int k = 0; k < 3; k++) {
            call_begin(&calls[k], DB_BATCH_READ);
            call_add(&calls[k], &STAR);
            call_submit(pool, &calls[k]);
        }
        calls_wait(&loop, calls, 3);
        for (int k = 0; k < 3; k++)
            assert_int_equal(calls[k].code, STATUS_OK);
        if (i == 0)
            test_postgres_exec(&postgres, "alter table star add b text");
    }
}

static void errors_are_translated(void **state)
{
    (void)state;
    test_postgres_exec(
        &postgres, "create function refuse(state text) returns text language plpgsql as $$ begin"
                   " raise exception using errcode = state, message = 'stage 订单 is closed', hint = 'STAGE_CLOSED',"
                   " detail = '{\"stage\":\"won\"}'; end $$;");
    static const struct db_statement REFUSE = STATEMENT_1("refuse", ONE_TEXT, "select refuse($1)");
    static const struct {
        const char *sqlstate;
        enum status code;
    } CASES[] = {{"KA003", STATUS_INVALID_ARGUMENT},    {"KA005", STATUS_NOT_FOUND},
                 {"KA006", STATUS_ALREADY_EXISTS},      {"KA007", STATUS_PERMISSION_DENIED},
                 {"KA009", STATUS_FAILED_PRECONDITION}, {"KA010", STATUS_ABORTED},
                 {"KA016", STATUS_UNAUTHENTICATED},     {"KA100", STATUS_ABORTED}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct call call;
        call_begin(&call, DB_BATCH_WRITE);
        call_add_text(&call, &REFUSE, CASES[i].sqlstate);
        run_one(&call);
        assert_int_equal(call.code, CASES[i].code);
        assert_string_equal(call.sqlstate, CASES[i].sqlstate);
        assert_string_equal(call.reason, "STAGE_CLOSED");
        assert_string_equal(call.message, "stage 订单 is closed");
        assert_string_equal(call.detail, "{\"stage\":\"won\"}");
    }
    struct call call;
    call_begin(&call, DB_BATCH_WRITE);
    call_add_number(&call, &INSERT, 1);
    run_one(&call);
    assert_int_equal(call.code, STATUS_ALREADY_EXISTS);
    assert_string_equal(call.constraint, "item_pkey");
    assert_string_equal(call.reason, "ITEM_PKEY");
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, DB_BATCH_WRITE);
    call_add_number(&call, &INSERT, 500);
    call_add_number(&call, &DIVIDE, 0);
    run_one(&call);
    assert_int_equal(call.code, STATUS_INVALID_ARGUMENT);
    assert_int_equal(test_postgres_number(&postgres, "select count(*) from item where id = 500"), 0);
}

static void a_constraint_that_fails_at_commit_is_an_error(void **state)
{
    (void)state;
    test_postgres_exec(&postgres, "create table child (item int constraint child_item references item deferrable"
                                  " initially deferred); grant insert on child to kam_rep");
    static const struct db_statement ADD_CHILD =
        STATEMENT_1("add_child", ONE_NUMBER, "insert into child values ($1) returning 'inserted'");
    struct call calls[3];
    for (int i = 0; i < 3; i++) {
        call_begin(&calls[i], DB_BATCH_WRITE);
        call_add_number(&calls[i], &ADD_CHILD, i == 1 ? 100000 : 1);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, 3);
    assert_int_equal(calls[0].code, STATUS_OK);
    assert_int_equal(calls[1].code, STATUS_FAILED_PRECONDITION);
    assert_string_equal(calls[1].reason, "CHILD_ITEM");
    assert_int_equal(calls[1].result_count, 1);
    assert_int_equal(calls[2].code, STATUS_OK);
    assert_int_equal(test_postgres_number(&postgres, "select count(*) from child"), 2);
}

static void a_statement_that_opens_a_transaction_costs_the_connection(void **state)
{
    (void)state;
    static const struct db_statement BEGIN = STATEMENT("begin", "begin");
    struct call call;
    call_begin(&call, DB_BATCH_READ);
    call_add_text(&call, &SET_IDENTITY, "anna");
    call_add(&call, &BEGIN);
    run_one(&call);
    assert_no_identity(DB_BATCH_READ);
}

static void large_results_and_parameters_pass(void **state)
{
    (void)state;
    static const struct db_statement MANY =
        STATEMENT_1("many", ONE_NUMBER, "select repeat('x', 1000) from generate_series(1, $1)");
    enum { PARAMETER_BYTES = 4 * 1024 * 1024 };
    struct call calls[2];
    call_begin(&calls[0], DB_BATCH_READ);
    call_add_number(&calls[0], &MANY, 20000);
    call_begin(&calls[1], DB_BATCH_WRITE);
    struct arena *arena = db_batch_arena(calls[1].batch);
    char *text = arena_alloc(arena, PARAMETER_BYTES);
    memset(text, 'y', PARAMETER_BYTES);
    struct db_parameter *parameter = arena_alloc(arena, sizeof *parameter);
    *parameter = (struct db_parameter){.bytes = text, .length = PARAMETER_BYTES};
    for (int i = 0; i < 4; i++)
        db_batch_add(calls[1].batch, &REPEAT, parameter);
    call_submit(pool, &calls[0]);
    call_submit(pool, &calls[1]);
    calls_wait(&loop, calls, 2);
    assert_int_equal(calls[0].bytes, 20000 * 1000);
    assert_int_equal(calls[1].bytes, 4 * PARAMETER_BYTES);
}

static void many_parameters_and_nulls_pass(void **state)
{
    (void)state;
    static uint32_t types[DB_PARAMETERS_MAX];
    static char sql[4096] = "select 'sum '";
    for (int i = 0; i < DB_PARAMETERS_MAX; i++) {
        types[i] = OID_TEXT;
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), " || coalesce($%d, '')", i + 1);
    }
    static struct db_statement CONCAT = {
        .name = "concat", .sql = sql, .parameter_types = types, .parameter_count = DB_PARAMETERS_MAX, .place = "test"};
    struct db_parameter parameters[DB_PARAMETERS_MAX] = {0};
    parameters[0] = (struct db_parameter){.bytes = "a", .length = 1};
    parameters[DB_PARAMETERS_MAX - 1] = (struct db_parameter){.bytes = "z", .length = 1};
    struct call call;
    call_begin(&call, DB_BATCH_READ);
    db_batch_add(call.batch, &CONCAT, parameters);
    run_one(&call);
    assert_string_equal(call.texts[0], "sum az");
}

static void a_full_queue_refuses_with_a_retry_time(void **state)
{
    (void)state;
    enum { CALLS = 1010 };
    static struct call calls[CALLS];
    for (int i = 0; i < CALLS; i++) {
        call_begin(&calls[i], DB_BATCH_READ);
        call_add_number(&calls[i], &GET, 1);
        call_submit(pool, &calls[i]);
    }
    calls_wait(&loop, calls, CALLS);
    for (int i = 0; i < CALLS; i++) {
        assert_int_equal(calls[i].done_count, 1);
        assert_int_equal(calls[i].code, i < 1000 ? STATUS_OK : STATUS_RESOURCE_EXHAUSTED);
    }
    assert_true(calls[1005].retry_after_ms > 0);
}

static void on_pool_closed(void *data)
{
    *(bool *)data = true;
}

static void closing_answers_everything(void **state)
{
    (void)state;
    struct db_pool *other = calls_open_pool(&loop, conninfo, 2, 8);
    struct call calls[200];
    for (int i = 0; i < 200; i++) {
        call_begin(&calls[i], i % 2 ? DB_BATCH_READ : DB_BATCH_WRITE);
        call_add_number(&calls[i], &GET, 1);
        call_submit(other, &calls[i]);
    }
    while (calls[0].done_count == 0)
        uv_run(&loop, UV_RUN_ONCE);
    bool is_closed = false;
    db_pool_close(other, on_pool_closed, &is_closed);
    calls_wait(&loop, calls, 200);
    while (!is_closed)
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 200; i++) {
        assert_int_equal(calls[i].done_count, 1);
        assert_true(calls[i].code == STATUS_OK || calls[i].code == STATUS_UNAVAILABLE);
    }
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, open_pool, close_pool)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(results_come_in_the_order_of_the_statements),
        TEST(reads_that_wait_together_share_a_sync),
        TEST(a_failing_read_does_not_harm_those_it_shares_a_sync_with),
        TEST(a_read_that_fails_alone_is_not_repeated),
        TEST(identity_ends_with_its_batch),
        TEST(identity_ends_with_a_batch_that_fails),
        TEST(each_call_of_a_shared_sync_has_its_own_identity_also_when_repeated),
        TEST(writes_pipelined_behind_each_other_do_not_share_identity),
        TEST(a_statement_whose_parse_was_skipped_is_prepared_later),
        TEST(a_statement_parsed_before_its_batch_failed_stays_prepared),
        TEST(a_statement_that_cannot_be_parsed_is_internal_until_it_can),
        TEST(a_migration_under_prepared_statements_is_not_noticed),
        TEST(errors_are_translated),
        TEST(a_failed_write_leaves_nothing_behind),
        TEST(a_constraint_that_fails_at_commit_is_an_error),
        TEST(a_statement_that_opens_a_transaction_costs_the_connection),
        TEST(large_results_and_parameters_pass),
        TEST(many_parameters_and_nulls_pass),
        TEST(a_full_queue_refuses_with_a_retry_time),
        TEST(closing_answers_everything),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
