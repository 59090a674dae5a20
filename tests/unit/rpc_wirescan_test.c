// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_test_proto kam_base
// The scan before unpacking: what it lets through protobuf-c can unpack, what it refuses is named.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/decode.h"
#include "rpc/wirescan.h"
#include "test.pb-c.h"

enum { CEILING = 1 << 20 };

static enum status check(const void *bytes, size_t length, struct error *error)
{
    *error = (struct error){0};
    return rpc_wirescan_check(&grpc__testing__nested__descriptor, bytes, length, CEILING, error);
}

#define CHECK(text, error) check((text), sizeof(text) - 1, (error))

static void test_good(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check(NULL, 0, &error), STATUS_OK);
    assert_int_equal(CHECK("\x12\x03"
                           "abc",
                           &error),
                     STATUS_OK);
    assert_int_equal(CHECK("\x0a\x05\x12\x03"
                           "abc",
                           &error),
                     STATUS_OK);
    assert_int_equal(CHECK("\x22\x03\x01\x02\x03", &error), STATUS_OK); // packed
    assert_int_equal(CHECK("\x20\x01\x20\x02", &error), STATUS_OK);     // the same, not packed
    assert_int_equal(CHECK("\x42\x08\x01\0\0\0\x02\0\0\0", &error), STATUS_OK);
    assert_int_equal(CHECK("\xfa\x3f\x03xyz\xf8\x3f\x07", &error), STATUS_OK); // unknown fields
    assert_int_equal(CHECK("\x2a\x06\x0a\x01k\x12\x01v", &error), STATUS_OK);  // a map entry
    assert_int_equal(CHECK("\x32\x01w\x38\x05", &error), STATUS_OK); // both members of a oneof: the last counts
}

static void expect_malformed(const void *bytes, size_t length, const char *field)
{
    struct error error;
    assert_int_equal(check(bytes, length, &error), STATUS_INVALID_ARGUMENT);
    if (field == NULL) {
        assert_int_equal(error.violation_count, 0);
        assert_string_equal(error.reason, "MESSAGE_MALFORMED");
    } else {
        assert_int_equal(error.violation_count, 1);
        assert_string_equal(error.violations[0].field, field);
    }
}

#define EXPECT_MALFORMED(text, field) expect_malformed((text), sizeof(text) - 1, (field))

static void test_malformed(void **state)
{
    (void)state;
    EXPECT_MALFORMED("\x80", NULL);                     // a tag that does not end
    EXPECT_MALFORMED("\x02\x00", NULL);                 // field number 0
    EXPECT_MALFORMED("\xff\xff\xff\xff\xff\x01", NULL); // a tag of six bytes
    EXPECT_MALFORMED("\xf8\xff\xff\xff\x7f\x00", NULL); // a tag of more than 32 bits
    EXPECT_MALFORMED("\x12", NULL);                     // no length
    EXPECT_MALFORMED("\x12\x05"
                     "ab",
                     NULL);                             // length behind the end
    EXPECT_MALFORMED("\x12\xff\xff\xff\xff\x0f", NULL); // 4 GiB
    EXPECT_MALFORMED("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", NULL);
    EXPECT_MALFORMED("\x38", NULL); // no number
    EXPECT_MALFORMED("\x38\x80\x80", NULL);
    EXPECT_MALFORMED("\x38\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", NULL); // eleven bytes
    EXPECT_MALFORMED("\xfd\x3f\x01\x02", NULL);                                 // fixed32 cut
    EXPECT_MALFORMED("\xf9\x3f\x01\x02\x03\x04", NULL);                         // fixed64 cut
    EXPECT_MALFORMED("\x0b\x0c", NULL);                                         // group
    EXPECT_MALFORMED("\x0c", NULL);
    EXPECT_MALFORMED("\x0e", NULL); // wire types 6 and 7
    EXPECT_MALFORMED("\x0f", NULL);
    EXPECT_MALFORMED("\x10\x01", "text"); // a number where text belongs
    EXPECT_MALFORMED("\x3a\x01"
                     "a",
                     "amount");                  // bytes where a number belongs
    EXPECT_MALFORMED("\x22\x01\x80", "numbers"); // packed list cut
    EXPECT_MALFORMED("\x42\x05\x01\x02\x03\x04\x05", "codes");
    EXPECT_MALFORMED("\x0a\x02\x12\x05", "child"); // cut inside the inner message
}

static void test_text(void **state)
{
    (void)state;
    EXPECT_MALFORMED("\x12\x02\xff\xfe", "text");
    EXPECT_MALFORMED("\x12\x03"
                     "a\0b",
                     "text");
    EXPECT_MALFORMED("\x0a\x05\x0a\x03\x12\x01\xff", "child.child.text");
    EXPECT_MALFORMED("\x2a\x06\x0a\x01k\x12\x01\xff", "labels.value");
    EXPECT_MALFORMED("\x4a\x01x\x4a\x01\x80", "texts");
}

static void test_utf8(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"", "abc", "é", "张伟", "😈", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"};
    for (size_t at = 0; at < sizeof GOOD / sizeof *GOOD; at++)
        assert_true(rpc_wirescan_is_text((const uint8_t *)GOOD[at], strlen(GOOD[at])));
    static const char *const BAD[] = {
        "\x80",         "\xc0\xaf",     "\xc1\xbf",         "\xc3",         "\xe0\x9f\xbf",     "\xe4\xb8",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",         "a\xc3z",       "\xe4\xb8\x41"};
    for (size_t at = 0; at < sizeof BAD / sizeof *BAD; at++)
        assert_false(rpc_wirescan_is_text((const uint8_t *)BAD[at], strlen(BAD[at])));
    assert_false(rpc_wirescan_is_text((const uint8_t *)"\0", 1));
}

// Wraps an empty message into levels - 1 others.
static size_t nest(unsigned levels, uint8_t *bytes, size_t capacity)
{
    size_t begin = capacity;
    for (unsigned level = 1; level < levels; level++) {
        size_t inner = capacity - begin;
        assert_true(inner < 128);
        bytes[--begin] = (uint8_t)inner;
        bytes[--begin] = 0x0a;
    }
    memmove(bytes, bytes + begin, capacity - begin);
    return capacity - begin;
}

static void test_depth(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct error error;
    size_t length = nest(RPC_WIRESCAN_DEPTH_MAX, bytes, sizeof bytes);
    assert_int_equal(check(bytes, length, &error), STATUS_OK);
    length = nest(RPC_WIRESCAN_DEPTH_MAX + 1, bytes, sizeof bytes);
    assert_int_equal(check(bytes, length, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 1);
}

// The estimate is never below what unpacking takes: with exactly the estimated ceiling the arena is large enough.
static void test_estimate(void **state)
{
    (void)state;
    enum { ELEMENTS = 3000 };
    static const char *const PATTERNS[] = {"\x1a\x00", "\x20\x01", "\x4a\x00", "\x12\x00", "\x2a\x00", "\xf8\x3f\x01"};
    for (size_t pattern = 0; pattern < sizeof PATTERNS / sizeof *PATTERNS; pattern++) {
        size_t step = pattern == 5 ? 3 : 2;
        uint8_t bytes[ELEMENTS * 3];
        for (size_t at = 0; at < ELEMENTS; at++)
            memcpy(bytes + at * step, PATTERNS[pattern], step);
        struct error error;
        size_t low = 0, high = (size_t)1 << 24;
        while (low + 1 < high) {
            size_t middle = (low + high) / 2;
            enum status status =
                rpc_wirescan_check(&grpc__testing__nested__descriptor, bytes, ELEMENTS * step, middle, &error);
            if (status == STATUS_OK)
                high = middle;
            else
                low = middle;
        }
        struct arena *arena = arena_create((size_t)1 << 25);
        ProtobufCMessage *message = NULL;
        assert_int_equal(
            rpc_decode(&grpc__testing__nested__descriptor, bytes, ELEMENTS * step, arena, high, &message, &error),
            STATUS_OK);
        assert_int_equal(
            rpc_decode(&grpc__testing__nested__descriptor, bytes, ELEMENTS * step, arena, low, &message, &error),
            STATUS_RESOURCE_EXHAUSTED);
        arena_destroy(arena);
    }
}

static void test_decoded_message_is_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_create(CEILING);
    struct error error;
    ProtobufCMessage *message = NULL;
    static const uint8_t BYTES[] = "\x12\x06\xe5\xbc\xa0\xe4\xbc\x9f\x22\x02\x01\x02\x38\x09";
    assert_int_equal(
        rpc_decode(&grpc__testing__nested__descriptor, BYTES, sizeof BYTES - 1, arena, CEILING, &message, &error),
        STATUS_OK);
    const Grpc__Testing__Nested *nested = (const Grpc__Testing__Nested *)message;
    assert_string_equal(nested->text, "张伟");
    assert_int_equal(nested->n_numbers, 2);
    assert_int_equal(nested->choice_case, GRPC__TESTING__NESTED__CHOICE_AMOUNT);
    assert_int_equal(nested->amount, -5);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_decoded_message_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
