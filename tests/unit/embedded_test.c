// SPDX-License-Identifier: Apache-2.0
// links: kam_kamd
// The embedded PostgreSQL: made, started, killed, joined, stopped. Started as root, the program becomes the user the
// server would.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "db/direct.h"
#include "kamd/embedded.h"
#include "kamd/embedded_host.h"
#include "kamd/system.h"

enum { WAIT_STEP_US = 20 * 1000, WAIT_STEPS = 3000 };

static char directory[PATH_MAX];
static char data_directory[PATH_MAX + 32];
static uv_loop_t loop;

// What the loop reported.
struct seen {
    bool is_ready;
    bool is_stopped;
    enum status code;
    char message[512];
};

static void on_ready(void *data, const struct error *error)
{
    struct seen *seen = data;
    seen->is_ready = true;
    seen->code = error == NULL ? STATUS_OK : error->code;
    snprintf(seen->message, sizeof seen->message, "%s", error == NULL ? "" : error->message);
}

static void on_stopped(void *data)
{
    ((struct seen *)data)->is_stopped = true;
}

static struct embedded *start(struct seen *seen)
{
    struct embedded_options options = {.directory = directory, .max_connections = 20};
    memset(seen, 0, sizeof *seen);
    struct embedded *embedded = embedded_start(&loop, &options, on_ready, seen);
    while (!seen->is_ready)
        uv_run(&loop, UV_RUN_ONCE);
    return embedded;
}

static void stop(struct embedded *embedded, struct seen *seen)
{
    embedded_stop(embedded, on_stopped, seen);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(seen->is_stopped);
}

static long number(const char *conninfo, const char *sql)
{
    struct db_direct *direct = NULL;
    struct db_rows *rows = NULL;
    struct error error;
    if (db_direct_open(conninfo, &direct, &error) != STATUS_OK)
        return -1;
    long value = -1;
    if (db_direct_query(direct, sql, NULL, 0, &rows, &error) == STATUS_OK)
        value = strtol(db_rows_value(rows, 0, 0), NULL, 10);
    else
        fprintf(stderr, "%s\n", error.message);
    db_rows_destroy(rows);
    db_direct_close(direct);
    return value;
}

static pid_t postmaster(void)
{
    struct embedded_postmaster found;
    return embedded_host_find_postmaster(data_directory, &found) ? found.process : 0;
}

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/kam-embedded-XXXXXX");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(data_directory, sizeof data_directory, "%s/postgresql/data", directory);
    return uv_loop_init(&loop);
}

// Making a cluster takes seconds, so most tests get a copy of one that was made before.
static char made[PATH_MAX];

static void copy_made_directory(void)
{
    char command[3 * PATH_MAX];
    snprintf(command, sizeof command, "cp -a '%s/.' '%s'", made, directory);
    assert_int_equal(system(command), 0);
}

static int make_directory_with_cluster(void **state)
{
    if (make_directory(state) != 0)
        return -1;
    copy_made_directory();
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    struct error error;
    pid_t left = postmaster();
    if (left > 0)
        kill(left, SIGQUIT);
    return uv_loop_close(&loop) != 0 || embedded_host_remove_tree(directory, &error) != STATUS_OK;
}

static void it_is_made_once_and_kept(void **state)
{
    (void)state;
    struct seen seen;
    struct embedded *embedded = start(&seen);
    assert_string_equal(seen.message, "");
    const char *owner = embedded_owner_conninfo(embedded);
    assert_int_equal(number(owner, "select count(*) from pg_roles where rolname = 'kam_login' and not rolinherit"
                                   " and not rolsuper and not rolbypassrls and rolcanlogin"),
                     1);
    assert_int_equal(number(owner, "select (pg_encoding_to_char(encoding) = 'UTF8')::int from pg_database"
                                   " where datname = 'kam'"),
                     1);
    assert_int_equal(number(owner, "select (current_setting('fsync') || current_setting('data_checksums')"
                                   " || current_setting('listen_addresses') = 'onon')::int"),
                     1);
    assert_int_equal(number(owner, "select current_setting('max_connections')::int"), 30);
    assert_int_equal(number(embedded_login_conninfo(embedded), "select 5"), 5);
    struct db_direct *direct = NULL;
    struct error error;
    assert_int_equal(db_direct_open(owner, &direct, &error), STATUS_OK);
    assert_int_equal(db_direct_exec(direct, "create schema kam; create table kam.kept as select 7 as n", &error),
                     STATUS_OK);
    db_direct_close(direct);
    char socket_directory[PATH_MAX + 32];
    struct stat info;
    snprintf(socket_directory, sizeof socket_directory, "%s/postgresql/run", directory);
    assert_int_equal(stat(socket_directory, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    stop(embedded, &seen);
    assert_int_equal(postmaster(), 0);
    embedded = start(&seen);
    assert_int_equal(number(embedded_owner_conninfo(embedded), "select n from kam.kept"), 7);
    stop(embedded, &seen);
}

static void a_server_that_dies_is_started_again(void **state)
{
    (void)state;
    struct seen seen;
    struct embedded *embedded = start(&seen);
    assert_int_equal(seen.code, STATUS_OK);
    pid_t first = postmaster();
    assert_true(first > 0);
    kill(first, SIGKILL);
    for (int i = 0; i < WAIT_STEPS && number(embedded_login_conninfo(embedded), "select 1") != 1; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        usleep(WAIT_STEP_US);
    }
    assert_int_equal(number(embedded_login_conninfo(embedded), "select 1"), 1);
    assert_true(postmaster() > 0 && postmaster() != first);
    stop(embedded, &seen);
    assert_int_equal(postmaster(), 0);
}

// Runs the server in a process of its own that never stops it; returns that process when it serves.
static pid_t start_elsewhere(void)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct seen seen;
        uv_loop_t own;
        uv_loop_init(&own);
        struct embedded_options options = {.directory = directory, .max_connections = 20};
        memset(&seen, 0, sizeof seen);
        embedded_start(&own, &options, on_ready, &seen);
        while (!seen.is_ready)
            uv_run(&own, UV_RUN_ONCE);
        if (write(ready[1], seen.code == STATUS_OK ? "y" : "n", 1) != 1)
            _exit(1);
        uv_run(&own, UV_RUN_DEFAULT);
        _exit(0);
    }
    close(ready[1]);
    char answer = 'n';
    assert_int_equal(read(ready[0], &answer, 1), 1);
    close(ready[0]);
    assert_int_equal(answer, 'y');
    return child;
}

static void what_a_killed_kamd_left_is_stopped(void **state)
{
    (void)state;
    pid_t other = start_elsewhere();
    pid_t orphan = postmaster();
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    assert_int_equal(postmaster(), orphan);
    struct seen seen;
    struct embedded *embedded = start(&seen);
    assert_int_equal(seen.code, STATUS_OK);
    assert_true(postmaster() > 0 && postmaster() != orphan);
    assert_int_equal(number(embedded_login_conninfo(embedded), "select 1"), 1);
    stop(embedded, &seen);
}

static void a_process_number_in_use_by_another_program_does_not_matter(void **state)
{
    (void)state;
    struct seen seen;
    struct embedded *embedded = start(&seen);
    stop(embedded, &seen);
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/postmaster.pid", data_directory);
    pid_t stranger = fork();
    if (stranger == 0) {
        pause();
        _exit(0);
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%ld\n%s\n1\n5432\n/nonexistent\n\n", (long)stranger, data_directory);
    fclose(file);
    embedded = start(&seen);
    assert_string_equal(seen.message, "");
    stop(embedded, &seen);
    kill(stranger, SIGKILL);
    waitpid(stranger, NULL, 0);
}

static void an_operator_command_starts_it_and_stops_it(void **state)
{
    (void)state;
    struct embedded_options options = {.directory = directory, .max_connections = 20};
    struct embedded *embedded = NULL;
    struct error error;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(embedded_open(&options, &embedded, &error), STATUS_OK);
        assert_int_equal(number(embedded_owner_conninfo(embedded), "select 3"), 3);
        embedded_close(embedded);
        assert_int_equal(postmaster(), 0);
    }
}

static void an_operator_command_joins_a_running_one(void **state)
{
    (void)state;
    struct seen seen;
    struct embedded *embedded = start(&seen);
    struct embedded_options options = {.directory = directory, .max_connections = 20};
    struct embedded *joined = NULL;
    struct error error;
    pid_t before = postmaster();
    assert_int_equal(embedded_open(&options, &joined, &error), STATUS_OK);
    assert_string_equal(embedded_owner_conninfo(joined), embedded_owner_conninfo(embedded));
    assert_int_equal(number(embedded_owner_conninfo(joined), "select 4"), 4);
    embedded_close(joined);
    assert_int_equal(postmaster(), before);
    stop(embedded, &seen);
}

static void two_operator_commands_do_not_disturb_each_other(void **state)
{
    (void)state;
    enum { COMMANDS = 4 };
    pid_t children[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        struct embedded_options options = {.directory = directory, .max_connections = 20};
        struct embedded *embedded = NULL;
        struct error error;
        if (embedded_open(&options, &embedded, &error) != STATUS_OK) {
            fprintf(stderr, "%s\n", error.message);
            _exit(1);
        }
        long slept = number(embedded_owner_conninfo(embedded), "select 9 from pg_sleep(0.3)");
        embedded_close(embedded);
        _exit(slept == 9 ? 0 : 2);
    }
    for (int i = 0; i < COMMANDS; i++) {
        int result = -1;
        waitpid(children[i], &result, 0);
        assert_int_equal(result, 0);
    }
    assert_int_equal(postmaster(), 0);
}

static void another_major_version_is_refused(void **state)
{
    (void)state;
    struct seen seen;
    stop(start(&seen), &seen);
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/PG_VERSION", data_directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("9\n", file);
    fclose(file);
    struct embedded *embedded = start(&seen);
    assert_int_equal(seen.code, STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(seen.message, "PostgreSQL 9"));
    stop(embedded, &seen);
}

static void a_start_that_fails_says_why(void **state)
{
    (void)state;
    struct seen seen;
    stop(start(&seen), &seen);
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/postgresql.auto.conf", data_directory);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs("shared_buffers = 'nonsense'\n", file);
    fclose(file);
    struct embedded *embedded = start(&seen);
    assert_int_equal(seen.code, STATUS_UNAVAILABLE);
    assert_non_null(strstr(seen.message, "shared_buffers"));
    stop(embedded, &seen);
}

static void a_long_path_gets_a_short_socket(void **state)
{
    (void)state;
    char outer[PATH_MAX];
    snprintf(outer, sizeof outer, "%s", directory);
    for (int i = 0; i < 5; i++) {
        strcat(directory, "/a_directory_with_a_long_name");
        assert_int_equal(mkdir(directory, 0700), 0);
    }
    copy_made_directory();
    struct seen seen;
    struct embedded *embedded = start(&seen);
    assert_string_equal(seen.message, "");
    assert_int_equal(number(embedded_login_conninfo(embedded), "select 1"), 1);
    assert_null(strstr(embedded_login_conninfo(embedded), "long_name"));
    stop(embedded, &seen);
    snprintf(directory, sizeof directory, "%s", outer);
}

static void stopping_while_it_starts_is_possible(void **state)
{
    (void)state;
    struct embedded_options options = {.directory = directory, .max_connections = 20};
    for (int i = 0; i < 6; i++) {
        struct seen seen = {0};
        struct embedded *embedded = embedded_start(&loop, &options, on_ready, &seen);
        for (int turns = 0; turns < i && !seen.is_ready; turns++)
            uv_run(&loop, UV_RUN_ONCE);
        stop(embedded, &seen);
        assert_int_equal(postmaster(), 0);
    }
}

static int make_cluster(void **state)
{
    (void)state;
    snprintf(made, sizeof made, "/tmp/kam-embedded-made-XXXXXX");
    if (mkdtemp(made) == NULL)
        return -1;
    struct embedded_options options = {.directory = made, .max_connections = 20};
    struct embedded *embedded = NULL;
    struct error error;
    if (embedded_open(&options, &embedded, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    embedded_close(embedded);
    // The copies need not survive a power cut.
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/postgresql/data/postgresql.auto.conf", made);
    FILE *file = fopen(path, "a");
    if (file == NULL)
        return -1;
    fputs("fsync = off\n", file);
    return fclose(file);
}

static int remove_cluster(void **state)
{
    (void)state;
    struct error error;
    return embedded_host_remove_tree(made, &error) == STATUS_OK ? 0 : -1;
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_directory_with_cluster, remove_directory)

int main(void)
{
    struct error error;
    char home[] = "/tmp/kam-embedded-home-XXXXXX";
    if (mkdtemp(home) == NULL || system_enter("", home, &error) != STATUS_OK) {
        fprintf(stderr, "cannot become an unprivileged user\n");
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_made_once_and_kept, make_directory, remove_directory),
        TEST(a_server_that_dies_is_started_again),
        TEST(what_a_killed_kamd_left_is_stopped),
        TEST(a_process_number_in_use_by_another_program_does_not_matter),
        TEST(an_operator_command_starts_it_and_stops_it),
        TEST(an_operator_command_joins_a_running_one),
        TEST(two_operator_commands_do_not_disturb_each_other),
        TEST(another_major_version_is_refused),
        TEST(a_start_that_fails_says_why),
        TEST(a_long_path_gets_a_short_socket),
        TEST(stopping_while_it_starts_is_possible),
    };
    int failed = cmocka_run_group_tests(tests, make_cluster, remove_cluster);
    rmdir(home);
    return failed;
}
