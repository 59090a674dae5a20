// SPDX-License-Identifier: Apache-2.0
// links: kam_kamd kam_base
// The settings of kamd: sources, precedence, ranges, secrets.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kamd/options.h"

struct input {
    char *words[8];
    int count;
    int rest;
    struct error error;
    struct options options;
};

static enum status load(struct input *input, const char *words)
{
    static char copy[512];
    snprintf(copy, sizeof copy, "%s", words);
    input->count = 0;
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        input->words[input->count++] = word;
    return options_load(input->count, input->words, &input->options, &input->rest, &input->error);
}

static int clear(void **state)
{
    (void)state;
    for (int id = 0; id < OPTION_COUNT; id++) {
        char name[64] = "KAM_";
        for (const char *at = OPTIONS[id].name; *at != '\0'; at++)
            sprintf(name + strlen(name), "%c", *at == '-' ? '_' : *at - 'a' + 'A');
        unsetenv(name);
    }
    setenv("HOME", "/home/somebody", 1);
    return 0;
}

static char *write_file(const char *text)
{
    static char path[] = "/tmp/options_test_XXXXXX";
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    return path;
}

static void test_defaults(void **state)
{
    (void)state;
    struct input input;
    assert_int_equal(load(&input, ""), STATUS_OK);
    assert_int_equal(options_number(&input.options, OPTION_PORT), 7443);
    assert_int_equal(options_number(&input.options, OPTION_IDLE_TIMEOUT), 3600 * 1000);
    assert_int_equal(options_number(&input.options, OPTION_MAX_METADATA), 8192);
    assert_true(options_number(&input.options, OPTION_WORKERS) >= 1);
    assert_false(options_is_given(&input.options, OPTION_PORT));
    options_finish(&input.options);
}

static void test_every_default_passes_its_own_check(void **state)
{
    (void)state;
    for (int id = 0; id < OPTION_COUNT; id++) {
        assert_non_null(OPTIONS[id].name);
        assert_non_null(OPTIONS[id].help);
        assert_non_null(OPTIONS[id].argument);
    }
}

static void test_flag_over_environment_over_file(void **state)
{
    (void)state;
    char *path = write_file("# a comment\nport = 1001\nworkers=3   # why\n\n  drain-time =  5s\n");
    char words[256];
    struct input input;
    setenv("KAM_WORKERS", "2", 1);
    snprintf(words, sizeof words, "--config %s --port=1003", path);
    setenv("KAM_PORT", "1002", 1);
    assert_int_equal(load(&input, words), STATUS_OK);
    assert_int_equal(options_number(&input.options, OPTION_PORT), 1003);
    assert_string_equal(input.options.values[OPTION_PORT].place, "--port");
    assert_int_equal(options_number(&input.options, OPTION_WORKERS), 2);
    assert_string_equal(input.options.values[OPTION_WORKERS].place, "KAM_WORKERS");
    assert_int_equal(options_number(&input.options, OPTION_DRAIN_TIME), 5000);
    assert_non_null(strstr(input.options.values[OPTION_DRAIN_TIME].place, ":5"));
    options_finish(&input.options);
    unlink(path);
}

static void test_words_of_the_command_are_left(void **state)
{
    (void)state;
    struct input input;
    assert_int_equal(load(&input, "--role rep --port 5 wang.min"), STATUS_OK);
    assert_int_equal(input.rest, 3);
    assert_string_equal(input.words[0], "--role");
    assert_string_equal(input.words[2], "wang.min");
    options_finish(&input.options);
}

static void assert_refused(const char *words, const char *hint)
{
    struct input input;
    assert_int_equal(load(&input, words), STATUS_INVALID_ARGUMENT);
    if (strstr(input.error.message, hint) == NULL)
        fail_msg("\"%s\" does not name \"%s\"", input.error.message, hint);
}

static void test_bad_values_are_named(void **state)
{
    (void)state;
    assert_refused("--port 65536", "0 to 65535");
    assert_refused("--port -1", "--port");
    assert_refused("--port 12x", "12x");
    assert_refused("--port", "needs a value");
    assert_refused("--port=", "--port");
    assert_refused("--drain-time 5", "a time such as 30s");
    assert_refused("--drain-time 99999999999999999999s", "0ms to 1h");
    assert_refused("--max-message 1TiB", "64KiB to 64MiB");
    assert_refused("--log-level loud", "debug|info|warning|error");
    assert_refused("--metrics nine", "ADDRESS:PORT");
    assert_refused("--metrics 127.0.0.1:70000", "ADDRESS:PORT");
    assert_refused("--certificate a.pem", "together");
    assert_refused("--workers 4 --db-connections 31", "4 workers");
    assert_refused("--config /nowhere/at/all", "/nowhere/at/all");
    assert_refused("--database-file /nowhere/at/all", "/nowhere/at/all");
    assert_refused("--database x --database-file /dev/null", "one of the two");
}

static void test_bad_files_are_named_with_the_line(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"port = 1\nprot = 2\n", "port = 1\nport\n", "\nport = many\n",
                                        "\nconfig = /a\n"};
    for (size_t at = 0; at < sizeof TEXTS / sizeof TEXTS[0]; at++) {
        char *path = write_file(TEXTS[at]);
        char words[256];
        snprintf(words, sizeof words, "--config %s", path);
        assert_refused(words, ":2: ");
        unlink(path);
    }
}

static void test_secret_by_file(void **state)
{
    (void)state;
    char *path = write_file("postgresql://kamd:secret@db/kam \nsecond line\n");
    char words[256];
    struct input input;
    snprintf(words, sizeof words, "--database-file %s", path);
    assert_int_equal(load(&input, words), STATUS_OK);
    assert_string_equal(options_text(&input.options, OPTION_DATABASE), "postgresql://kamd:secret@db/kam");
    char *shown = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&shown, &length);
    options_print(&input.options, out);
    fclose(out);
    assert_null(strstr(shown, "secret"));
    assert_non_null(strstr(shown, "postgresql://kamd:***@db/kam"));
    free(shown);
    options_finish(&input.options);
    unlink(path);
}

static void test_printed_settings_can_be_read_again(void **state)
{
    (void)state;
    struct input input;
    assert_int_equal(load(&input, "--port 1 --metrics off --data /a/b --workers 2"), STATUS_OK);
    char *shown = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&shown, &length);
    options_print(&input.options, out);
    fclose(out);
    options_finish(&input.options);
    char *path = write_file(shown);
    char words[256];
    snprintf(words, sizeof words, "--config %s", path);
    assert_int_equal(load(&input, words), STATUS_OK);
    assert_int_equal(options_number(&input.options, OPTION_PORT), 1);
    assert_string_equal(options_text(&input.options, OPTION_DATA), "/a/b");
    assert_string_equal(options_text(&input.options, OPTION_METRICS), "off");
    options_finish(&input.options);
    unlink(path);
    free(shown);
}

static void test_passwords_are_masked(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"postgresql://u:p@h/d", "postgresql://u:***@h/d"},
        {"postgresql://u:pa/ss@word@h/d?x=1", "postgresql://u:***@h/d?x=1"},
        {"postgresql://h/d?user=u&password=abc&x=1", "postgresql://h/d?user=u&password=***&x=1"},
        {"host=h password=abc user=u", "host=h password=*** user=u"},
        {"host=h password = 'a b\\'c' user=u", "host=h password = '***' user=u"},
        {"postgresql://u@h/d", "postgresql://u@h/d"},
        {"", ""},
    };
    struct arena *arena = arena_create(65536);
    for (size_t at = 0; at < sizeof CASES / sizeof CASES[0]; at++)
        assert_string_equal(options_mask_url(arena, CASES[at][0]), CASES[at][1]);
    arena_destroy(arena);
}

static void test_endpoints(void **state)
{
    (void)state;
    char address[32];
    uint16_t port;
    assert_true(options_split_endpoint("[::1]:99", address, sizeof address, &port));
    assert_string_equal(address, "::1");
    assert_int_equal(port, 99);
    assert_false(options_split_endpoint(":99", address, sizeof address, &port));
    assert_false(options_split_endpoint("a", address, sizeof address, &port));
    assert_false(options_split_endpoint("a:", address, sizeof address, &port));
    assert_false(options_split_endpoint("a-very-long-address-that-does-not-fit:1", address, sizeof address, &port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, clear),
        cmocka_unit_test_setup(test_every_default_passes_its_own_check, clear),
        cmocka_unit_test_setup(test_flag_over_environment_over_file, clear),
        cmocka_unit_test_setup(test_words_of_the_command_are_left, clear),
        cmocka_unit_test_setup(test_bad_values_are_named, clear),
        cmocka_unit_test_setup(test_bad_files_are_named_with_the_line, clear),
        cmocka_unit_test_setup(test_secret_by_file, clear),
        cmocka_unit_test_setup(test_printed_settings_can_be_read_again, clear),
        cmocka_unit_test_setup(test_passwords_are_masked, clear),
        cmocka_unit_test_setup(test_endpoints, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
