// SPDX-License-Identifier: Apache-2.0
// links: kam_base PkgConfig::SODIUM
// The base library: arenas, errors, UUIDs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/uuid.h"

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 20);
    for (size_t size = 0; size < 3000; size += 7) {
        unsigned char *memory = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(memory[at], 0);
        memset(memory, 0xAA, size);
    }
    arena_destroy(arena);
}

static void arena_stops_at_its_ceiling(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1000);
    assert_non_null(arena_try_alloc(arena, 900));
    assert_null(arena_try_alloc(arena, 200));
    assert_null(arena_try_alloc(arena, SIZE_MAX));
    assert_null(arena_try_alloc(arena, SIZE_MAX - 8));
    assert_non_null(arena_try_alloc(arena, 50));
    assert_true(arena_used_bytes(arena) <= 1000);
    arena_destroy(arena);
}

static char order[8];

static void note(void *data)
{
    strcat(order, data);
}

static void arena_runs_deferred_functions_last_first(void **state)
{
    (void)state;
    order[0] = '\0';
    struct arena *arena = arena_create(4096);
    arena_defer(arena, note, "a");
    arena_defer(arena, note, "b");
    arena_defer(arena, note, "c");
    arena_destroy(arena);
    assert_string_equal(order, "cba");
    arena_destroy(NULL);
}

static void arena_formats_text(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4096);
    assert_string_equal(arena_printf(arena, "%s-%d", "客户", 7), "客户-7");
    assert_string_equal(arena_strdup(arena, ""), "");
    assert_memory_equal(arena_copy(arena, "a\0b", 3), "a\0b", 4);
    arena_destroy(arena);
}

static void error_cuts_text_between_characters(void **state)
{
    (void)state;
    char text[700];
    for (size_t at = 0; at + 3 < sizeof text; at += 3)
        memcpy(text + at, "户", 4);
    for (size_t skip = 0; skip < 3; skip++) {
        struct error error;
        char shifted[710] = "ab";
        snprintf(shifted + skip, sizeof shifted - skip, "%s", text);
        assert_int_equal(error_set(&error, STATUS_NOT_FOUND, "X", "%s", shifted), STATUS_NOT_FOUND);
        size_t length = strlen(error.message);
        assert_true(length >= sizeof error.message - 4);
        assert_int_equal((length - skip) % 3, 0);
    }
}

static void error_puts_values_into_their_places(void **state)
{
    (void)state;
    struct error error;
    const char *at, *name, *text;
    assert_int_equal(error_refuse(&error, STATUS_ABORTED, "X", "{who} has {count} of {most}, {who}; {",
                                  ERROR_VALUES(ERROR_TEXT("who", "客户 {count}"), ERROR_NUMBER("count", -7))),
                     STATUS_ABORTED);
    assert_string_equal(error.message, "客户 {count} has -7 of {most}, 客户 {count}; {");
    at = error.values;
    assert_true(error_next_value(&at, &name, &text));
    assert_string_equal(name, "who");
    assert_true(error_next_value(&at, &name, &text));
    assert_string_equal(text, "-7");
    assert_false(error_next_value(&at, &name, &text));
    // What has no room is left out whole, and its place stays.
    char large[ERROR_VALUES_BYTES + 1];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    error_refuse(&error, STATUS_ABORTED, "X", "{a}{b}", ERROR_VALUES(ERROR_TEXT("a", large), ERROR_TEXT("b", "kept")));
    assert_string_equal(error.message, "{a}kept");
    for (size_t size = 0; size < ERROR_VALUES_BYTES; size++) {
        char values[ERROR_VALUES_BYTES] = {0};
        large[size] = '\0';
        bool is_kept = error_keep_value(values, "a", large);
        assert_int_equal(is_kept, size + 4 <= ERROR_VALUES_BYTES);
        at = values;
        assert_int_equal(error_next_value(&at, &name, &text), is_kept);
        large[size] = 'x';
    }
    // A filled text is cut between characters as well.
    char long_text[600];
    memset(long_text, 'x', sizeof long_text);
    memcpy(long_text + 500, "{a}{a}", 7);
    error_refuse(&error, STATUS_ABORTED, "X", long_text, ERROR_VALUES(ERROR_TEXT("a", "客户客户")));
    assert_int_equal(strlen(error.message), 509);
}

static void error_keeps_the_first_violations_and_says_so(void **state)
{
    (void)state;
    struct error error = {0};
    for (int at = 0; at < ERROR_VIOLATIONS_MAX + 3; at++)
        assert_int_equal(
            error_add_violation(&error, "account.phone", "WRONG", "wrong {at}", ERROR_VALUES(ERROR_NUMBER("at", at))),
            STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.code, STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "INVALID_FIELD");
    assert_string_equal(error.message, "account.phone: wrong 0");
    assert_int_equal(error.violation_count, ERROR_VIOLATIONS_MAX);
    assert_string_equal(error.violations[1].description, "wrong 1");
    assert_string_equal(error.violations[ERROR_VIOLATIONS_MAX - 1].field, "...");
}

static void status_names_follow_the_specification(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_OK), "OK");
    assert_string_equal(status_name(STATUS_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(status_name((enum status)99), "UNKNOWN");
}

static void uuid_round_trips_and_orders_by_time(void **state)
{
    (void)state;
    uint8_t first[UUID_BYTES], second[UUID_BYTES], parsed[UUID_BYTES];
    char text[UUID_TEXT_BYTES];
    uuid_make(first);
    uuid_make(second);
    assert_true(memcmp(first, second, 6) <= 0);
    assert_memory_not_equal(first, second, UUID_BYTES);
    uuid_format(first, text);
    assert_int_equal(strlen(text), 36);
    assert_int_equal(text[14], '7');
    assert_non_null(strchr("89ab", text[19]));
    assert_true(uuid_parse(text, parsed));
    assert_memory_equal(first, parsed, UUID_BYTES);
}

static void uuid_refuses_other_forms(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "",
        "0190a6e0-7b7c-7def-8123-4567890abcd",
        "0190a6e0-7b7c-7def-8123-4567890abcdef",
        "0190a6e07b7c7def81234567890abcde",
        "0190a6e0-7b7c-7def-8123-4567890abcdg",
        "{190a6e0-7b7c-7def-8123-4567890abcd}",
        "0190a6e0_7b7c-7def-8123-4567890abcde",
    };
    uint8_t parsed[UUID_BYTES] = {42};
    for (size_t at = 0; at < sizeof WRONG / sizeof *WRONG; at++) {
        assert_false(uuid_parse(WRONG[at], parsed));
        assert_int_equal(parsed[0], 42);
    }
    assert_true(uuid_parse("0190A6E0-7B7C-7DEF-8123-4567890ABCDE", parsed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_stops_at_its_ceiling),
        cmocka_unit_test(arena_runs_deferred_functions_last_first),
        cmocka_unit_test(arena_formats_text),
        cmocka_unit_test(error_cuts_text_between_characters),
        cmocka_unit_test(error_puts_values_into_their_places),
        cmocka_unit_test(error_keeps_the_first_violations_and_says_so),
        cmocka_unit_test(status_names_follow_the_specification),
        cmocka_unit_test(uuid_round_trips_and_orders_by_time),
        cmocka_unit_test(uuid_refuses_other_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
