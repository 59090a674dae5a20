// SPDX-License-Identifier: Apache-2.0
// links: kam_methods PkgConfig::SODIUM
// Places in the change log, their cursors, and how many streams a user may have.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "methods/feed_cursor.h"
#include "methods/value.h"
#include "methods/watch_limit.h"

enum { BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING, CURSOR_BYTES = 32 };

static const char *make_cursor(const void *bytes, size_t length, char text_r[100])
{
    return sodium_bin2base64(text_r, 100, bytes, length, BASE64);
}

static void test_cursors_come_back_as_they_went(void **state)
{
    (void)state;
    static const int64_t NUMBERS[] = {0, 1, 4711, INT64_MAX};
    for (size_t at = 0; at < sizeof NUMBERS / sizeof *NUMBERS; at++) {
        uint8_t bytes[CURSOR_BYTES];
        char text[100];
        struct feed_cursor cursor;
        for (size_t byte = 0; byte < UUID_BYTES; byte++)
            bytes[byte] = (uint8_t)(byte * 17);
        value_put_int64(bytes + 16, NUMBERS[at]);
        value_put_int64(bytes + 24, INT64_MAX - NUMBERS[at]);
        assert_true(feed_cursor_read(make_cursor(bytes, sizeof bytes, text), &cursor));
        assert_memory_equal(cursor.epoch, bytes, UUID_BYTES);
        assert_true(cursor.place.xid == NUMBERS[at]);
        assert_true(cursor.place.sequence == INT64_MAX - NUMBERS[at]);
    }
}

static void test_nothing_else_is_taken_for_one(void **state)
{
    (void)state;
    uint8_t bytes[CURSOR_BYTES + 1] = {0};
    char text[100];
    struct feed_cursor cursor = {.place = {7, 8}};
    for (size_t length = 0; length <= sizeof bytes; length++)
        assert_int_equal(feed_cursor_read(make_cursor(bytes, length, text), &cursor), length == CURSOR_BYTES);
    cursor.place = (struct feed_place){7, 8};
    for (size_t at = 16; at < CURSOR_BYTES; at += 8) {
        memset(bytes, 0, sizeof bytes);
        bytes[at] = 0x80; // a negative number
        assert_false(feed_cursor_read(make_cursor(bytes, CURSOR_BYTES, text), &cursor));
    }
    memset(bytes, 0xFF, sizeof bytes);
    assert_false(feed_cursor_read(make_cursor(bytes, CURSOR_BYTES, text), &cursor));
    memset(bytes, 0, sizeof bytes);
    make_cursor(bytes, CURSOR_BYTES, text);
    for (const char *wrong = "=+/ \n*"; *wrong != '\0'; wrong++) {
        char damaged[100];
        memcpy(damaged, text, sizeof damaged);
        damaged[20] = *wrong;
        assert_false(feed_cursor_read(damaged, &cursor));
    }
    // Untouched by what it refused.
    assert_true(cursor.place.xid == 7 && cursor.place.sequence == 8);
}

static void test_order(void **state)
{
    (void)state;
    static const struct feed_place SORTED[] = {{0, 0}, {0, 9}, {1, 0}, {1, 1}, {2, 0}, {INT64_MAX, 0}};
    size_t count = sizeof SORTED / sizeof *SORTED;
    for (size_t one = 0; one < count; one++)
        for (size_t other = 0; other < count; other++) {
            int order = feed_place_compare(&SORTED[one], &SORTED[other]);
            assert_int_equal(order < 0, one < other);
            assert_int_equal(order > 0, one > other);
            struct feed_place later = feed_place_later(&SORTED[one], &SORTED[other]);
            assert_int_equal(feed_place_compare(&later, &SORTED[one > other ? one : other]), 0);
        }
}

static void test_streams_of_a_user(void **state)
{
    (void)state;
    // Of one bucket, so that lists in it are walked.
    uint8_t users[3][UUID_BYTES] = {{1}, {2}, {3}};
    for (size_t round = 0; round < 2; round++) {
        for (unsigned at = 0; at < WATCH_LIMIT_PER_USER; at++)
            for (size_t user = 0; user < 3; user++)
                assert_true(watch_limit_enter(users[user]));
        assert_false(watch_limit_enter(users[1]));
        watch_limit_leave(users[1]);
        assert_true(watch_limit_enter(users[1]));
        assert_false(watch_limit_enter(users[1]));
        for (unsigned at = 0; at < WATCH_LIMIT_PER_USER; at++)
            for (size_t user = 0; user < 3; user++)
                watch_limit_leave(users[(user + 1) % 3]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursors_come_back_as_they_went),
        cmocka_unit_test(test_nothing_else_is_taken_for_one),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_streams_of_a_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
