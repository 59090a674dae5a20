// SPDX-License-Identifier: Apache-2.0
// links: kam_net kam_base
// Connection counting and the flood bucket.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/admission.h"
#include "net/flood.h"

static struct net_peer_key key_of(const char *text)
{
    struct sockaddr_storage storage = {0};
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
        memcpy(&storage, &v4, sizeof v4);
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
        memcpy(&storage, &v6, sizeof v6);
    }
    struct net_peer_key key;
    net_peer_key_make((const struct sockaddr *)&storage, &key);
    return key;
}

static void expect_same(const char *one, const char *other, int is_same)
{
    struct net_peer_key left = key_of(one), right = key_of(other);
    assert_int_equal(memcmp(&left, &right, sizeof left) == 0, is_same);
}

static void test_keys(void **state)
{
    (void)state;
    expect_same("10.0.0.1", "10.0.0.1", 1);
    expect_same("10.0.0.1", "10.0.0.2", 0);
    expect_same("::ffff:10.0.0.1", "10.0.0.1", 1);
    expect_same("2001:db8::1", "2001:db8::ffff:1", 1);
    expect_same("2001:db8::1", "2001:db8:0:1::1", 0);
}

static void test_limits(void **state)
{
    (void)state;
    struct net_peer_key one = key_of("10.0.0.1"), other = key_of("10.0.0.2");
    assert_true(net_admission_enter(&one, 3, 2));
    assert_true(net_admission_enter(&one, 3, 2));
    assert_false(net_admission_enter(&one, 3, 2));
    assert_true(net_admission_enter(&other, 3, 2));
    assert_false(net_admission_enter(&other, 3, 2));
    net_admission_leave(&one);
    assert_true(net_admission_enter(&other, 3, 2));
    net_admission_leave(&one);
    net_admission_leave(&other);
    net_admission_leave(&other);
    assert_true(net_admission_enter(&one, 1, 1));
    net_admission_leave(&one);
    assert_false(net_admission_enter(&one, 0, 1));
    assert_false(net_admission_enter(&one, 1, 0));
}

static void test_many_addresses(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    for (int round = 0; round < 2; round++) {
        for (uint32_t at = 0; at < COUNT; at++) {
            struct net_peer_key key = {{4, (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at}};
            assert_true(net_admission_enter(&key, COUNT, 1));
            assert_false(net_admission_enter(&key, COUNT + 1, 1));
        }
        for (uint32_t at = 0; at < COUNT; at++) {
            struct net_peer_key key = {{4, (uint8_t)(at >> 16), (uint8_t)(at >> 8), (uint8_t)at}};
            net_admission_leave(&key);
        }
    }
}

static void test_flood(void **state)
{
    (void)state;
    struct net_flood flood = {0};
    for (int at = 0; at < NET_FLOOD_CAPACITY; at++)
        assert_false(net_flood_add(&flood, 5000, 1));
    assert_true(net_flood_add(&flood, 5000, 1));
}

static void test_flood_leaks_with_time(void **state)
{
    (void)state;
    struct net_flood flood = {0};
    // A ping in 100 ms for a day is no flood.
    for (uint64_t now = 0; now < UINT64_C(86400000); now += 100)
        assert_false(net_flood_add(&flood, now, NET_FLOOD_FRAME));
    // Nor is a burst once in a minute.
    for (uint64_t now = 86400000; now < UINT64_C(90000000); now += 60000) {
        for (int at = 0; at < 900; at++)
            assert_false(net_flood_add(&flood, now, NET_FLOOD_FRAME));
    }
}

static void test_useful_frames_earn(void **state)
{
    (void)state;
    struct net_flood flood = {0};
    for (int at = 0; at < 100000; at++) {
        assert_false(net_flood_add(&flood, 5000, NET_FLOOD_FRAME));
        net_flood_credit(&flood, 1);
    }
    net_flood_credit(&flood, 1000);
    // Credit is not saved up.
    for (int at = 0; at < NET_FLOOD_CAPACITY; at++)
        assert_false(net_flood_add(&flood, 5000, NET_FLOOD_FRAME));
    assert_true(net_flood_add(&flood, 5000, NET_FLOOD_FRAME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_many_addresses),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_flood_leaks_with_time),
        cmocka_unit_test(test_useful_frames_earn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
