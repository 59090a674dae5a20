// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_base
// Message framing, cut everywhere.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc/framing.h"

// Three messages: "abc", "", and 20,000 bytes, which is more than the first buffer.
static size_t make_stream(uint8_t **stream_r)
{
    static const size_t LENGTHS[] = {3, 0, 20000};
    uint8_t *stream = malloc(3 * RPC_FRAMING_PREFIX_BYTES + 20003);
    assert_non_null(stream);
    size_t used = 0;
    for (size_t at = 0; at < 3; at++) {
        rpc_framing_put_prefix(LENGTHS[at], stream + used);
        used += RPC_FRAMING_PREFIX_BYTES;
        for (size_t byte = 0; byte < LENGTHS[at]; byte++)
            stream[used++] = (uint8_t)('a' + byte % 26);
    }
    *stream_r = stream;
    return used;
}

// Feeds all of the input; returns how many messages came, and adds their lengths.
static size_t feed_all(struct rpc_framing *framing, const uint8_t *input, size_t length, size_t *sum)
{
    size_t messages = 0;
    while (length > 0) {
        size_t taken = 0;
        enum rpc_framing_result result = rpc_framing_feed(framing, input, length, &taken);
        assert_true(result == RPC_FRAMING_MORE || result == RPC_FRAMING_MESSAGE);
        assert_true(taken > 0);
        input += taken;
        length -= taken;
        if (result == RPC_FRAMING_MESSAGE) {
            size_t message_length = 0;
            uint8_t *bytes = rpc_framing_take(framing, &message_length);
            for (size_t at = 0; at < message_length; at++)
                assert_int_equal(bytes[at], 'a' + at % 26);
            free(bytes);
            *sum += message_length;
            messages++;
        }
    }
    return messages;
}

static void test_split_at_every_byte(void **state)
{
    (void)state;
    uint8_t *stream;
    size_t length = make_stream(&stream);
    for (size_t at = 0; at <= length; at += at < 40 || at > length - 40 ? 1 : 997) {
        struct rpc_framing framing;
        rpc_framing_init(&framing, 1 << 20);
        size_t sum = 0;
        size_t messages = feed_all(&framing, stream, at, &sum) + feed_all(&framing, stream + at, length - at, &sum);
        assert_int_equal(messages, 3);
        assert_int_equal(sum, 20003);
        assert_true(rpc_framing_is_at_boundary(&framing));
        rpc_framing_finish(&framing);
    }
    free(stream);
}

static void test_one_byte_at_a_time(void **state)
{
    (void)state;
    uint8_t *stream;
    size_t length = make_stream(&stream);
    struct rpc_framing framing;
    rpc_framing_init(&framing, 1 << 20);
    size_t sum = 0, messages = 0;
    for (size_t at = 0; at < length; at++) {
        messages += feed_all(&framing, stream + at, 1, &sum);
        if (at == 2)
            assert_false(rpc_framing_is_at_boundary(&framing));
    }
    assert_int_equal(messages, 3);
    assert_int_equal(sum, 20003);
    rpc_framing_finish(&framing);
    free(stream);
}

static enum rpc_framing_result feed_one(size_t limit, const uint8_t *input, size_t length, size_t *capacity_r)
{
    struct rpc_framing framing;
    rpc_framing_init(&framing, limit);
    size_t taken = 0;
    enum rpc_framing_result result = rpc_framing_feed(&framing, input, length, &taken);
    *capacity_r = framing.capacity;
    rpc_framing_finish(&framing);
    return result;
}

static void test_announced_length_allocates_nothing(void **state)
{
    (void)state;
    size_t capacity = 1;
    const uint8_t four_gigabytes[] = {0, 0xFF, 0xFF, 0xFF, 0xFF, 'x'};
    assert_int_equal(feed_one(1000, four_gigabytes, sizeof four_gigabytes, &capacity), RPC_FRAMING_TOO_LARGE);
    assert_int_equal(capacity, 0);
    const uint8_t at_limit[] = {0, 0, 0, 3, 0xE8};
    assert_int_equal(feed_one(1000, at_limit, sizeof at_limit, &capacity), RPC_FRAMING_MORE);
    assert_int_equal(capacity, 0);
    const uint8_t over_limit[] = {0, 0, 0, 3, 0xE9};
    assert_int_equal(feed_one(1000, over_limit, sizeof over_limit, &capacity), RPC_FRAMING_TOO_LARGE);
    const uint8_t large_just_begun[] = {0, 0, 0x40, 0, 0, 'x'};
    assert_int_equal(feed_one(1 << 23, large_just_begun, sizeof large_just_begun, &capacity), RPC_FRAMING_MORE);
    assert_true(capacity <= 16 * 1024);
}

static void test_flags(void **state)
{
    (void)state;
    size_t capacity;
    const uint8_t compressed[] = {1, 0, 0, 0, 0};
    assert_int_equal(feed_one(1000, compressed, sizeof compressed, &capacity), RPC_FRAMING_COMPRESSED);
    assert_int_equal(feed_one(1000, compressed, 1, &capacity), RPC_FRAMING_COMPRESSED);
    for (int flag = 2; flag < 256; flag++) {
        const uint8_t bad[] = {(uint8_t)flag, 0, 0, 0, 0};
        assert_int_equal(feed_one(1000, bad, sizeof bad, &capacity), RPC_FRAMING_BAD_FLAG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_at_every_byte),
        cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_announced_length_allocates_nothing),
        cmocka_unit_test(test_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
