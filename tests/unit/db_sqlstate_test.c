// SPDX-License-Identifier: Apache-2.0
// links: kam_db
// SQLSTATE to status.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "db/sqlstate.h"

static void codes_have_their_status(void **state)
{
    (void)state;
    static const struct {
        const char *sqlstate;
        enum status code;
    } CASES[] = {
        {"", STATUS_UNAVAILABLE},
        {"08006", STATUS_UNAVAILABLE},
        {"57P01", STATUS_UNAVAILABLE},
        {"57P02", STATUS_UNAVAILABLE},
        {"57P03", STATUS_UNAVAILABLE},
        {"23505", STATUS_ALREADY_EXISTS},
        {"22P02", STATUS_INVALID_ARGUMENT},
        {"23503", STATUS_FAILED_PRECONDITION},
        {"23514", STATUS_INVALID_ARGUMENT},
        {"23502", STATUS_INVALID_ARGUMENT},
        {"42501", STATUS_PERMISSION_DENIED},
        {"40001", STATUS_ABORTED},
        {"40P01", STATUS_ABORTED},
        {"53300", STATUS_RESOURCE_EXHAUSTED},
        {"55P03", STATUS_ABORTED},
        {"57014", STATUS_CANCELLED},
        {"KA005", STATUS_NOT_FOUND},
        {"KA016", STATUS_UNAUTHENTICATED},
        {"KA100", STATUS_ABORTED},
        {"42P01", STATUS_INTERNAL},
        {"XX000", STATUS_INTERNAL},
        {"KA999", STATUS_INTERNAL},
        {"P0001", STATUS_INTERNAL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_int_equal(sqlstate_find(CASES[i].sqlstate).code, CASES[i].code);
}

static void only_our_own_class_speaks_to_the_client(void **state)
{
    (void)state;
    assert_true(sqlstate_find("KA009").has_own_message);
    assert_false(sqlstate_find("23505").has_own_message);
    assert_false(sqlstate_find("42P01").has_own_message);
}

static void conflicts_are_serialization_failures_and_deadlocks(void **state)
{
    (void)state;
    assert_true(sqlstate_is_conflict("40001"));
    assert_true(sqlstate_is_conflict("40P01"));
    assert_false(sqlstate_is_conflict("55P03"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_their_status),
        cmocka_unit_test(only_our_own_class_speaks_to_the_client),
        cmocka_unit_test(conflicts_are_serialization_failures_and_deadlocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
