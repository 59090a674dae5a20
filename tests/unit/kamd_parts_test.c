// SPDX-License-Identifier: Apache-2.0
// links: kam_kamd kam_base
// Small parts of kamd: flags of commands, the division of connections, files and the lock of the data directory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kamd/arguments.h"
#include "kamd/budget.h"
#include "kamd/process_metrics.h"
#include "kamd/system.h"

static const struct argument TABLE[] = {
    {.name = "role", .value_name = "ROLE", .is_required = true, .help = ""},
    {.name = "quiet", .help = ""},
    {.value_name = "LOGIN", .is_required = true, .help = ""},
    {.value_name = "MORE", .help = ""},
};
enum { TABLE_COUNT = sizeof TABLE / sizeof TABLE[0] };

static enum status parse(const char *line, const char **values, struct error *error)
{
    static char copy[128];
    char *words[16];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        words[count++] = word;
    return arguments_parse(TABLE, TABLE_COUNT, count, words, values, error);
}

static void test_arguments(void **state)
{
    (void)state;
    const char *values[TABLE_COUNT];
    struct error error;
    assert_int_equal(parse("--role=rep ann --quiet bob", values, &error), STATUS_OK);
    assert_string_equal(values[0], "rep");
    assert_string_equal(values[1], "yes");
    assert_string_equal(values[2], "ann");
    assert_string_equal(values[3], "bob");
    assert_int_equal(parse("ann --role rep", values, &error), STATUS_OK);
    assert_null(values[1]);
    assert_null(values[3]);
}

static void test_bad_arguments_are_named(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"ann", "--role is missing"},          {"--role rep", "LOGIN is missing"},
        {"--role", "needs a value"},           {"--rol x ann", "no flag --rol"},
        {"--role x a b c", "too many: \"c\""}, {"--quiet=1 --role x a", "takes no value"},
    };
    const char *values[TABLE_COUNT];
    struct error error;
    for (size_t at = 0; at < sizeof CASES / sizeof CASES[0]; at++) {
        assert_int_equal(parse(CASES[at][0], values, &error), STATUS_INVALID_ARGUMENT);
        if (strstr(error.message, CASES[at][1]) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", error.message, CASES[at][1]);
    }
}

static void test_budget_is_kept(void **state)
{
    (void)state;
    for (unsigned workers = 1; workers <= 16; workers++)
        for (unsigned connections = workers * BUDGET_CONNECTIONS_PER_WORKER_MIN; connections < 300; connections++) {
            unsigned sum = 0;
            for (int role = 0; role < TABLE_ROLE_COUNT; role++) {
                struct budget_share share = budget_divide(connections, workers, (enum table_role)role);
                assert_true(share.read_connections >= 1 && share.write_connections >= 1);
                sum += workers * (share.read_connections + share.write_connections);
            }
            assert_true(sum <= connections);
        }
}

static void test_budget_favours_reps(void **state)
{
    (void)state;
    struct budget_share rep = budget_divide(80, 2, TABLE_ROLE_REP);
    struct budget_share auth = budget_divide(80, 2, TABLE_ROLE_AUTH);
    assert_true(rep.write_connections > 2 * auth.write_connections);
    assert_true(rep.write_connections > rep.read_connections);
}

static char *make_folder(void)
{
    static char folder[] = "/tmp/kamd_parts_XXXXXX";
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void test_lock_excludes_another_process(void **state)
{
    (void)state;
    struct error error;
    char *folder = make_folder();
    char path[128];
    char wanted[64];
    snprintf(path, sizeof path, "%s/kamd.lock", folder);
    snprintf(wanted, sizeof wanted, "(process %ld)", (long)getpid());
    assert_int_equal(system_lock(folder, &error), STATUS_OK);
    // flock() belongs to the open file, so a second opening in this process is another one, too.
    assert_int_equal(system_lock(folder, &error), STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(error.message, wanted));
    assert_string_equal(error.reason, "DATA_DIRECTORY_IN_USE");
    unlink(path);
    rmdir(folder);
}

static void test_files_are_replaced_whole(void **state)
{
    (void)state;
    struct error error;
    char *folder = make_folder();
    char path[128];
    char text[64] = "";
    snprintf(path, sizeof path, "%s/deep/er/file", folder);
    assert_int_equal(system_make_directory_of(path, &error), STATUS_OK);
    assert_int_equal(system_write_file(path, "one\n", &error), STATUS_OK);
    assert_int_equal(system_write_file(path, "two\n", &error), STATUS_OK);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "two\n");
    assert_int_equal(system_write_file("/nowhere/at/all", "", &error), STATUS_FAILED_PRECONDITION);
    unlink(path);
    snprintf(path, sizeof path, "%s/deep/er", folder);
    rmdir(path);
    snprintf(path, sizeof path, "%s/deep", folder);
    rmdir(path);
    assert_int_equal(rmdir(folder), 0);
}

static void test_process_figures_are_plausible(void **state)
{
    (void)state;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    process_metrics_write(out);
    fclose(out);
    const char *start = strstr(text, "\nprocess_start_time_seconds ");
    const char *resident = strstr(text, "\nprocess_resident_memory_bytes ");
    const char *files = strstr(text, "\nprocess_open_fds ");
    assert_true(start != NULL && resident != NULL && files != NULL);
    double age = (double)time(NULL) - strtod(strchr(start, ' '), NULL);
    assert_true(age > -5 && age < 3600);
    assert_true(strtod(strchr(resident, ' '), NULL) > 100000);
    assert_true(strtod(strchr(files, ' '), NULL) >= 1);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_bad_arguments_are_named),
        cmocka_unit_test(test_budget_is_kept),
        cmocka_unit_test(test_budget_favours_reps),
        cmocka_unit_test(test_lock_excludes_another_process),
        cmocka_unit_test(test_files_are_replaced_whole),
        cmocka_unit_test(test_process_figures_are_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
