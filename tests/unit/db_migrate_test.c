// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support
// Migrations against a real PostgreSQL, and the splitting of scripts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"
#include "db/script.h"
#include "support/postgres.h"

static struct test_postgres postgres;
static char conninfo[256];
static struct db_direct *direct;

static int start_cluster(void **state)
{
    (void)state;
    test_postgres_start(&postgres);
    test_postgres_exec(&postgres, "create role owner login createrole");
    return 0;
}

static int remove_cluster(void **state)
{
    (void)state;
    test_postgres_remove(&postgres);
    return 0;
}

static int open_database(void **state)
{
    (void)state;
    struct error error;
    test_postgres_exec(&postgres, "create database kam owner owner");
    snprintf(conninfo, sizeof conninfo, "host=%s user=owner dbname=kam", postgres.directory);
    return db_direct_open(conninfo, &direct, &error) == STATUS_OK ? 0 : -1;
}

static int drop_database(void **state)
{
    (void)state;
    db_direct_close(direct);
    test_postgres_exec(&postgres, "drop database kam with (force)");
    return 0;
}

static const struct db_migration FIRST = {
    .number = 1, .name = "first", .sql = "create table kam.a (id int); create table kam.b (id int)", .checksum = "c1"};
static const struct db_migration SECOND = {
    .number = 2, .name = "second", .sql = "alter table kam.a add name text", .checksum = "c2"};
static const struct db_migration INDEX = {
    .number = 3,
    .name = "index",
    .sql = "-- no-transaction\ndrop index concurrently if exists kam.a_name;\n"
           "create index concurrently a_name on kam.a (name); -- done\n",
    .checksum = "c3",
    .no_transaction = true,
};

static void count_applied(void *data, const struct db_migration *migration)
{
    (void)migration;
    ++*(int *)data;
}

static enum status migrate(const struct db_migration *migrations, size_t count, size_t *applied_r, struct error *error)
{
    struct db_migrate_options options = {.migrations = migrations, .count = count, .lock_patience_ms = 30000};
    return db_migrate(direct, &options, applied_r, error);
}

static long number(const char *sql)
{
    struct db_rows *rows = NULL;
    struct error error;
    assert_int_equal(db_direct_query(direct, sql, NULL, 0, &rows, &error), STATUS_OK);
    long value = strtol(db_rows_value(rows, 0, 0), NULL, 10);
    db_rows_destroy(rows);
    return value;
}

static void what_is_missing_is_applied_once(void **state)
{
    (void)state;
    const struct db_migration all[] = {FIRST, SECOND, INDEX};
    struct error error;
    size_t applied = 99;
    size_t missing = 99;
    int called = 0;
    struct db_migrate_options options = {
        .migrations = all, .count = 3, .on_applied = count_applied, .data = &called, .lock_patience_ms = 1000};
    assert_int_equal(db_migrate_check(direct, &options, &missing, &error), STATUS_OK);
    assert_int_equal(missing, 3);
    assert_int_equal(migrate(all, 1, &applied, &error), STATUS_OK);
    assert_int_equal(applied, 1);
    assert_int_equal(db_migrate_check(direct, &options, &missing, &error), STATUS_OK);
    assert_int_equal(missing, 2);
    assert_int_equal(db_migrate(direct, &options, &applied, &error), STATUS_OK);
    assert_int_equal(applied, 2);
    assert_int_equal(called, 2);
    assert_int_equal(db_migrate(direct, &options, &applied, &error), STATUS_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(number("select count(*) from kam.schema_migration where checksum = 'c' || number"), 3);
    assert_int_equal(number("select count(*) from pg_index where indexrelid = 'kam.a_name'::regclass and indisvalid"),
                     1);
}

static void a_failing_migration_leaves_nothing_of_itself(void **state)
{
    (void)state;
    const struct db_migration broken = {
        .number = 2, .name = "broken", .sql = "create table kam.c (id int);\n\nselect nonsense;", .checksum = "x"};
    const struct db_migration all[] = {FIRST, broken};
    struct error error;
    size_t applied = 99;
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_INTERNAL);
    assert_non_null(strstr(error.message, "migration 0002_broken: line 3: "));
    assert_int_equal(applied, 99);
    assert_int_equal(number("select count(*) from kam.schema_migration"), 1);
    assert_int_equal(number("select count(*) from pg_class where relname = 'c'"), 0);
    const struct db_migration commits = {.number = 2, .name = "commits", .sql = "commit", .checksum = "x"};
    const struct db_migration others[] = {FIRST, commits};
    assert_int_equal(migrate(others, 2, &applied, &error), STATUS_INTERNAL);
    assert_string_equal(error.reason, "MIGRATION_INVALID");
    const struct db_migration good[] = {FIRST, SECOND};
    assert_int_equal(migrate(good, 2, &applied, &error), STATUS_OK);
    assert_int_equal(applied, 1);
}

static void a_changed_or_missing_migration_is_refused(void **state)
{
    (void)state;
    struct error error;
    size_t applied;
    const struct db_migration all[] = {FIRST, SECOND};
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_OK);
    struct db_migration changed[] = {FIRST, SECOND};
    changed[0].checksum = "other";
    assert_int_equal(migrate(changed, 2, &applied, &error), STATUS_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "MIGRATION_CHANGED");
    assert_non_null(strstr(error.message, "0001_first"));
    assert_int_equal(db_direct_exec(direct, "delete from kam.schema_migration where number = 1", &error), STATUS_OK);
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "MIGRATION_ORDER");
}

static void a_newer_schema_is_tolerated_until_it_needs_a_newer_server(void **state)
{
    (void)state;
    struct error error;
    size_t applied;
    const struct db_migration all[] = {FIRST, SECOND, INDEX};
    assert_int_equal(migrate(all, 3, &applied, &error), STATUS_OK);
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(db_direct_exec(direct, "update kam.schema_requirement set min_server_migration = 3", &error),
                     STATUS_OK);
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_FAILED_PRECONDITION);
    assert_string_equal(error.reason, "SERVER_TOO_OLD");
    assert_int_equal(migrate(all, 3, &applied, &error), STATUS_OK);
}

static void *migrate_in_thread(void *data)
{
    static const struct db_migration SLOW = {
        .number = 1, .name = "slow", .sql = "create table kam.slow (id int); select pg_sleep(0.2)", .checksum = "s"};
    struct db_direct *own = NULL;
    struct error error;
    size_t *applied = data;
    struct db_migrate_options options = {.migrations = &SLOW, .count = 1, .lock_patience_ms = 30000};
    if (db_direct_open(conninfo, &own, &error) != STATUS_OK || db_migrate(own, &options, applied, &error) != STATUS_OK)
        *applied = 99;
    db_direct_close(own);
    return NULL;
}

static void several_at_once_apply_it_once(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t applied[THREADS];
    size_t sum = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, &applied[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += applied[i];
    }
    assert_int_equal(sum, 1);
}

static void a_held_lock_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    struct db_direct *holder = NULL;
    struct error error;
    size_t applied;
    assert_int_equal(db_direct_open(conninfo, &holder, &error), STATUS_OK);
    assert_int_equal(db_direct_exec(holder, "select pg_advisory_lock(460362, 1835624306)", &error), STATUS_OK);
    struct db_migrate_options options = {.migrations = &FIRST, .count = 1, .lock_patience_ms = 250};
    assert_int_equal(db_migrate(direct, &options, &applied, &error), STATUS_UNAVAILABLE);
    assert_string_equal(error.reason, "MIGRATION_RUNNING");
    db_direct_close(holder);
}

static const struct db_migration BOTH_TABLES = {
    .number = 3,
    .name = "both",
    .sql = "alter table kam.a add column x int; alter table kam.b add column x int",
    .checksum = "c3",
};

static void *migrate_both(void *data)
{
    const struct db_migration all[] = {FIRST, SECOND, BOTH_TABLES};
    struct db_direct *own = NULL;
    struct error error;
    struct db_migrate_options options = {.migrations = all, .count = 3, .lock_patience_ms = 30000};
    if (db_direct_open(conninfo, &own, &error) != STATUS_OK || db_migrate(own, &options, data, &error) != STATUS_OK)
        *(size_t *)data = 99;
    db_direct_close(own);
    return NULL;
}

// A server that reads b and then a, and a migration that locks a and then b, wait for each other.
static void those_who_work_do_not_pay_for_a_migration(void **state)
{
    (void)state;
    const struct db_migration all[] = {FIRST, SECOND};
    struct db_direct *server = NULL;
    struct error error;
    size_t applied = 99;
    pthread_t thread;
    test_postgres_exec(&postgres, "alter database kam set deadlock_timeout = '1s'"); // as it comes
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_OK);
    assert_int_equal(db_direct_open(conninfo, &server, &error), STATUS_OK);
    assert_int_equal(db_direct_exec(server, "begin; select from kam.b", &error), STATUS_OK);
    assert_int_equal(pthread_create(&thread, NULL, migrate_both, &applied), 0);
    while (number("select count(*) from pg_locks where relation = 'kam.b'::regclass and not granted") == 0)
        continue;
    assert_int_equal(db_direct_exec(server, "select from kam.a; commit", &error), STATUS_OK);
    pthread_join(thread, NULL);
    assert_int_equal(applied, 1);
    db_direct_close(server);
}

static void a_table_in_use_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    const struct db_migration all[] = {FIRST, SECOND, BOTH_TABLES};
    struct db_direct *server = NULL;
    struct error error;
    size_t applied = 99;
    assert_int_equal(migrate(all, 2, &applied, &error), STATUS_OK);
    assert_int_equal(db_direct_open(conninfo, &server, &error), STATUS_OK);
    assert_int_equal(db_direct_exec(server, "begin; select from kam.b", &error), STATUS_OK);
    struct db_migrate_options options = {.migrations = all, .count = 3, .lock_patience_ms = 600};
    assert_int_equal(db_migrate(direct, &options, &applied, &error), STATUS_ABORTED);
    assert_non_null(strstr(error.message, "migration 0003_both: "));
    assert_int_equal(number("select count(*) from kam.schema_migration"), 2);
    db_direct_close(server);
}

static void direct_connections_tell_what_is_wrong(void **state)
{
    (void)state;
    struct db_direct *other = NULL;
    struct error error;
    assert_int_equal(db_direct_open("host=/nonexistent", &other, &error), STATUS_UNAVAILABLE);
    assert_null(other);
    assert_non_null(strstr(error.message, "/nonexistent"));
    assert_int_equal(
        db_direct_exec(direct, "create table t (id int primary key); insert into t values (1), (1)", &error),
        STATUS_ALREADY_EXISTS);
    assert_non_null(strstr(error.message, "23505"));
    const char *parameters[] = {"a", NULL};
    struct db_rows *rows = NULL;
    assert_int_equal(db_direct_query(direct, "select $1::text, $2::text", parameters, 2, &rows, &error), STATUS_OK);
    assert_int_equal(db_rows_column_count(rows), 2);
    assert_string_equal(db_rows_value(rows, 0, 0), "a");
    assert_null(db_rows_value(rows, 0, 1));
    db_rows_destroy(rows);
}

static void scripts_are_split_where_statements_end(void **state)
{
    (void)state;
    static const char *const STATEMENTS[] = {
        "select ';' as \"a;b\";",
        " -- one; two\n /* three; /* four; */ */ select e'\\';', $1;",
        "\ncreate function f() returns text language sql as $body$ select ';$$'; $body$;",
        "\ndo $$ begin; end $$;",
        "select é$x$;",
        "select 'last'",
    };
    char script[512] = "";
    for (size_t i = 0; i < sizeof STATEMENTS / sizeof *STATEMENTS; i++)
        strcat(script, STATEMENTS[i]);
    const char *rest = script;
    for (size_t i = 0; i < sizeof STATEMENTS / sizeof *STATEMENTS; i++) {
        size_t length = script_first_statement(rest);
        assert_int_equal(length, strlen(STATEMENTS[i]));
        rest += length;
    }
    assert_int_equal(script_first_statement(rest), 0);
    assert_int_equal(script_first_statement(" ; -- nothing\n;"), 0);
    assert_int_equal(script_first_statement("'open"), 5);
    assert_int_equal(script_first_statement("/* open"), 0);
    assert_int_equal(script_first_statement("$a$ open"), 8);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, open_database, drop_database)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_missing_is_applied_once),
        TEST(a_failing_migration_leaves_nothing_of_itself),
        TEST(a_changed_or_missing_migration_is_refused),
        TEST(a_newer_schema_is_tolerated_until_it_needs_a_newer_server),
        TEST(several_at_once_apply_it_once),
        TEST(a_held_lock_is_not_waited_for_for_ever),
        TEST(those_who_work_do_not_pay_for_a_migration),
        TEST(a_table_in_use_is_not_waited_for_for_ever),
        TEST(direct_connections_tell_what_is_wrong),
        cmocka_unit_test(scripts_are_split_where_statements_end),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
