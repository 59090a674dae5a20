// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_base
// The text forms of header fields.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/headers.h"

static void test_timeouts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t milliseconds;
    } GOOD[] = {{"1H", 3600000},
                {"2M", 120000},
                {"3S", 3000},
                {"4m", 4},
                {"1000u", 1},
                {"1001u", 2},
                {"1u", 1},
                {"1n", 1},
                {"1000000n", 1},
                {"1000001n", 2},
                {"0S", 0},
                {"0n", 0},
                {"99999999m", 99999999},
                {"00000001S", 1000},
                {"99999999H", UINT64_C(359999996400000)}};
    for (size_t at = 0; at < sizeof GOOD / sizeof *GOOD; at++) {
        uint64_t milliseconds = 12345;
        assert_true(rpc_timeout_parse(GOOD[at].text, &milliseconds));
        assert_int_equal(milliseconds, GOOD[at].milliseconds);
    }
    static const char *const BAD[] = {"",    "S",   "1",   "1s",   "123456789S",
                                      "-1S", "+1S", "1.S", " 1S",  "1S ",
                                      "1SS", "1 S", "1h",  "0x1S", "100000000000000000000S"};
    for (size_t at = 0; at < sizeof BAD / sizeof *BAD; at++) {
        uint64_t milliseconds = 12345;
        assert_false(rpc_timeout_parse(BAD[at], &milliseconds));
        assert_int_equal(milliseconds, 12345);
    }
}

static void test_content_types(void **state)
{
    (void)state;
    assert_true(rpc_content_type_is_grpc("application/grpc"));
    assert_true(rpc_content_type_is_grpc("application/grpc+proto"));
    assert_true(rpc_content_type_is_grpc("application/grpc; charset=utf-8"));
    assert_true(rpc_content_type_is_grpc("application/grpc+proto;x=y"));
    assert_false(rpc_content_type_is_grpc(""));
    assert_false(rpc_content_type_is_grpc("application/grp"));
    assert_false(rpc_content_type_is_grpc("application/grpc-web"));
    assert_false(rpc_content_type_is_grpc("application/grpc+json"));
    assert_false(rpc_content_type_is_grpc("application/grpc+protobuf"));
    assert_false(rpc_content_type_is_grpc("text/plain"));
}

static void test_percent_encoding(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 16);
    assert_string_equal(rpc_percent_encode(arena, ""), "");
    assert_string_equal(rpc_percent_encode(arena, "plain text ~"), "plain text ~");
    assert_string_equal(rpc_percent_encode(arena, "100%"), "100%25");
    assert_string_equal(rpc_percent_encode(arena, "\t\r\n\x7F"), "%09%0D%0A%7F");
    assert_string_equal(rpc_percent_encode(arena, "é☺"), "%C3%A9%E2%98%BA");
    arena_destroy(arena);
}

static void test_base64_examples(void **state)
{
    (void)state;
    // RFC 4648, section 10.
    static const char *const PAIRS[][2] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},         {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
    struct arena *arena = arena_create(1 << 16);
    for (size_t at = 0; at < sizeof PAIRS / sizeof *PAIRS; at++) {
        assert_string_equal(rpc_base64_encode(arena, PAIRS[at][0], strlen(PAIRS[at][0])), PAIRS[at][1]);
        size_t length = 99;
        assert_string_equal((char *)rpc_base64_decode(arena, PAIRS[at][1], &length), PAIRS[at][0]);
        assert_int_equal(length, strlen(PAIRS[at][0]));
    }
    size_t length = 0;
    assert_string_equal((char *)rpc_base64_decode(arena, "Zg==", &length), "f");
    assert_string_equal((char *)rpc_base64_decode(arena, "Zm8=", &length), "fo");
    static const char *const BAD[] = {
        "A", "Zg=", "Zg===", "Z===", "Zm9v=", "Zm9v==", "Z g", "Zm9vY", "Zm-v", "=", "=="};
    for (size_t at = 0; at < sizeof BAD / sizeof *BAD; at++)
        assert_null(rpc_base64_decode(arena, BAD[at], &length));
    arena_destroy(arena);
}

static void test_base64_round_trip(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 22);
    uint8_t bytes[300];
    for (size_t length = 0; length < sizeof bytes; length++) {
        bytes[length] = (uint8_t)(length * 37);
        size_t decoded_length = 0;
        const uint8_t *decoded = rpc_base64_decode(arena, rpc_base64_encode(arena, bytes, length), &decoded_length);
        assert_int_equal(decoded_length, length);
        assert_memory_equal(decoded, bytes, length);
        assert_int_equal(decoded[length], 0);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timeouts),          cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_percent_encoding),  cmocka_unit_test(test_base64_examples),
        cmocka_unit_test(test_base64_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
