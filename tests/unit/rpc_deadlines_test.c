// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_base
// The deadline heap against a plain search.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rpc/deadlines.h"

enum { COUNT = 300, ROUNDS = 20000 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static const struct rpc_deadline *earliest(const struct rpc_deadline *deadlines)
{
    const struct rpc_deadline *found = NULL;
    for (size_t at = 0; at < COUNT; at++) {
        if (deadlines[at].index != 0 && (found == NULL || deadlines[at].at_ms < found->at_ms))
            found = &deadlines[at];
    }
    return found;
}

static void test_first_is_always_the_earliest(void **state)
{
    (void)state;
    struct rpc_deadlines heap = {0};
    struct rpc_deadline deadlines[COUNT] = {0};
    uint32_t seed = 7;
    for (int round = 0; round < ROUNDS; round++) {
        struct rpc_deadline *one = &deadlines[next_random(&seed) % COUNT];
        if (one->index != 0) {
            rpc_deadlines_remove(&heap, one);
        } else {
            one->at_ms = next_random(&seed) % 1000;
            rpc_deadlines_add(&heap, one);
        }
        const struct rpc_deadline *expected = earliest(deadlines);
        const struct rpc_deadline *first = rpc_deadlines_first(&heap);
        assert_int_equal(expected == NULL, first == NULL);
        if (expected != NULL)
            assert_int_equal(first->at_ms, expected->at_ms);
    }
    rpc_deadlines_finish(&heap);
}

static void test_removing_what_is_not_there(void **state)
{
    (void)state;
    struct rpc_deadlines heap = {0};
    struct rpc_deadline deadline = {.at_ms = 5};
    rpc_deadlines_remove(&heap, &deadline);
    rpc_deadlines_add(&heap, &deadline);
    rpc_deadlines_remove(&heap, &deadline);
    rpc_deadlines_remove(&heap, &deadline);
    assert_null(rpc_deadlines_first(&heap));
    rpc_deadlines_finish(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_is_always_the_earliest),
        cmocka_unit_test(test_removing_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
