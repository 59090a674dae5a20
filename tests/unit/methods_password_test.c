// SPDX-License-Identifier: Apache-2.0
// links: kam_methods PkgConfig::SODIUM PkgConfig::UV
// Passwords on the thread pool: right, wrong, nobody's; abandoned ones; too many.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>
#include <uv.h>

#include "methods/password.h"

enum { MANY = 200 };

struct seen {
    unsigned count;
    bool is_right;
    char hash[PASSWORD_HASH_BYTES];
};

static uv_loop_t loop;

static int open_loop(void **state)
{
    (void)state;
    return uv_loop_init(&loop);
}

static int close_loop(void **state)
{
    (void)state;
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static void on_done(void *owner, bool is_right, const char *hash)
{
    struct seen *seen = owner;
    seen->count++;
    seen->is_right = is_right;
    if (hash != NULL)
        memcpy(seen->hash, hash, strlen(hash) + 1);
}

static struct seen verify(const char *password, const char *hash)
{
    struct seen seen = {0};
    assert_non_null(password_start_verify(&loop, password, hash, &seen, on_done));
    assert_int_equal(seen.count, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(seen.count, 1);
    return seen;
}

static void test_a_hash_is_that_of_its_password_only(void **state)
{
    (void)state;
    struct seen seen = {0};
    assert_non_null(password_start_hash(&loop, "正确的密码 1", &seen, on_done));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(seen.count, 1);
    assert_memory_equal(seen.hash, "$argon2id$", 10);
    assert_true(verify("正确的密码 1", seen.hash).is_right);
    assert_false(verify("正确的密码 2", seen.hash).is_right);
    assert_false(verify("", seen.hash).is_right);
    char at_once[PASSWORD_HASH_BYTES];
    password_hash_now("another password", at_once);
    assert_true(verify("another password", at_once).is_right);
}

static void test_nobody_has_a_password(void **state)
{
    (void)state;
    assert_false(verify("anything", NULL).is_right);
    assert_false(verify("", NULL).is_right);
    assert_false(verify("anything", "").is_right);
    assert_false(verify("anything", "no hash").is_right);
    char long_hash[1000];
    memset(long_hash, 'x', sizeof long_hash - 1);
    long_hash[sizeof long_hash - 1] = '\0';
    assert_false(verify("anything", long_hash).is_right);
}

static void test_an_abandoned_job_is_silent(void **state)
{
    (void)state;
    struct seen seen = {0};
    password_abandon(password_start_verify(&loop, "anything", NULL, &seen, on_done));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(seen.count, 0);
}

static void test_too_many_are_refused_and_room_comes_back(void **state)
{
    (void)state;
    struct seen seen = {0};
    unsigned started = 0;
    for (int at = 0; at < MANY; at++)
        started += password_start_verify(&loop, "anything", NULL, &seen, on_done) != NULL;
    assert_true(started > 0 && started < MANY);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(seen.count, started);
    assert_false(verify("anything", NULL).is_right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_hash_is_that_of_its_password_only, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_nobody_has_a_password, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_an_abandoned_job_is_silent, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_too_many_are_refused_and_room_comes_back, open_loop, close_loop),
    };
    if (sodium_init() < 0)
        return 1;
    password_set_cost(crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
