// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_proto kam_base
// Error details: what goes in, and what is cut where they are too large.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "rpc/details.h"
#include "rpc/headers.h"
#include "rpc/wirescan.h"

static Google__Rpc__Status *pack_and_unpack(const struct error *error, struct arena *arena,
                                            const ProtobufCMessage *const *extra, size_t extra_count)
{
    size_t length = 0;
    const uint8_t *packed = rpc_details_pack(error, arena, extra, extra_count, &length);
    assert_true(length <= RPC_DETAILS_BYTES);
    size_t on_the_wire =
        strlen(rpc_base64_encode(arena, packed, length)) + strlen(rpc_percent_encode(arena, error->message));
    assert_true(on_the_wire <= RPC_DETAILS_ENCODED_BYTES);
    struct error scanned;
    assert_int_equal(rpc_wirescan_check(&google__rpc__status__descriptor, packed, length, 1 << 20, &scanned),
                     STATUS_OK);
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, length, packed);
    assert_non_null(status);
    return status;
}

static Google__Rpc__ErrorInfo *unpack_info(const Google__Rpc__Status *status)
{
    assert_string_equal(status->details[0]->type_url, "type.googleapis.com/google.rpc.ErrorInfo");
    return google__rpc__error_info__unpack(NULL, status->details[0]->value.len, status->details[0]->value.data);
}

static void test_everything(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 22);
    struct error error = {0};
    error_add_violation(&error, "account.phone", "TOO_SHORT", "must have {count} digits",
                        ERROR_VALUES(ERROR_NUMBER("count", 7)));
    error.retry_after_ms = 2500;
    Google__Rpc__Status *status = pack_and_unpack(&error, arena, NULL, 0);
    assert_int_equal(status->code, 3);
    assert_string_equal(status->message, "account.phone: must have 7 digits");
    assert_int_equal(status->n_details, 3);
    Google__Rpc__ErrorInfo *info = unpack_info(status);
    assert_string_equal(info->reason, "INVALID_FIELD");
    assert_string_equal(info->domain, "kam.v1");
    assert_int_equal(info->n_metadata, 1);
    assert_string_equal(info->metadata[0]->key, "violations_0_count");
    assert_string_equal(info->metadata[0]->value, "7");
    google__rpc__error_info__free_unpacked(info, NULL);
    Google__Rpc__RetryInfo *retry =
        google__rpc__retry_info__unpack(NULL, status->details[2]->value.len, status->details[2]->value.data);
    assert_int_equal(retry->retry_delay->seconds, 2);
    assert_int_equal(retry->retry_delay->nanos, 500000000);
    google__rpc__retry_info__free_unpacked(retry, NULL);
    google__rpc__status__free_unpacked(status, NULL);
    arena_destroy(arena);
}

static void test_plain_error(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1 << 22);
    struct error error;
    error_set(&error, STATUS_NOT_FOUND, "ACCOUNT_UNKNOWN", "no account %s", "K-000001");
    Google__Rpc__Status *status = pack_and_unpack(&error, arena, NULL, 0);
    assert_int_equal(status->n_details, 1);
    google__rpc__status__free_unpacked(status, NULL);
    arena_destroy(arena);
}

// The worst that struct error can hold, with more and more extra messages: always under the limit, never empty, and it
// says so.
static void test_limit(void **state)
{
    (void)state;
    enum { EXTRA_MAX = 40 };
    char name[401];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    Google__Rpc__ResourceInfo infos[EXTRA_MAX];
    const ProtobufCMessage *extra[EXTRA_MAX];
    for (size_t at = 0; at < EXTRA_MAX; at++) {
        google__rpc__resource_info__init(&infos[at]);
        infos[at].resource_name = name;
        extra[at] = &infos[at].base;
    }
    for (size_t count = 0; count <= EXTRA_MAX; count++) {
        struct arena *arena = arena_create(1 << 22);
        struct error error = {0};
        for (int at = 0; at < ERROR_VIOLATIONS_MAX; at++)
            error_add_violation(
                &error, "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十", "X",
                "很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长很长",
                NULL);
        memset(error.message, 0, sizeof error.message);
        for (int at = 0; at < 170; at++)
            memcpy(error.message + at * 3, "很", 3);
        Google__Rpc__Status *status = pack_and_unpack(&error, arena, extra, count);
        Google__Rpc__ErrorInfo *info = unpack_info(status);
        bool is_cut = status->n_details < count + 2;
        if (is_cut)
            assert_int_equal(info->n_metadata, 1);
        assert_true(status->n_details >= 2);
        google__rpc__error_info__free_unpacked(info, NULL);
        google__rpc__status__free_unpacked(status, NULL);
        arena_destroy(arena);
    }
}

static size_t count_of(const Google__Rpc__ErrorInfo *info, const char *start)
{
    size_t count = 0;
    for (size_t at = 0; at < info->n_metadata; at++)
        count += strncmp(info->metadata[at]->key, start, strlen(start)) == 0;
    return count;
}

// Of many preconditions as many stay as there is room for, with their values, and how many there were is said.
static void test_many_preconditions_are_cut(void **state)
{
    (void)state;
    enum { MOST = 300 };
    size_t kept_before = MOST;
    for (size_t count = 1; count <= MOST; count = count * 3 / 2 + 1) {
        struct arena *arena = arena_create(1 << 26);
        Google__Rpc__PreconditionFailure failure = GOOGLE__RPC__PRECONDITION_FAILURE__INIT;
        Google__Rpc__ErrorInfo values = GOOGLE__RPC__ERROR_INFO__INIT;
        failure.violations = arena_alloc(arena, count * sizeof *failure.violations);
        values.metadata = arena_alloc(arena, (count + 1) * sizeof *values.metadata);
        for (size_t at = 0; at <= count; at++) {
            Google__Rpc__ErrorInfo__MetadataEntry *entry = arena_alloc(arena, sizeof *entry);
            google__rpc__error_info__metadata_entry__init(entry);
            entry->key = at == count ? arena_strdup(arena, "count") : arena_printf(arena, "preconditions_%zu_name", at);
            entry->value = arena_printf(arena, "The account archive is complete %zu", at);
            values.metadata[values.n_metadata++] = entry;
        }
        for (size_t at = 0; at < count; at++) {
            Google__Rpc__PreconditionFailure__Violation *one = arena_alloc(arena, sizeof *one);
            google__rpc__precondition_failure__violation__init(one);
            one->type = arena_strdup(arena, "UNMET");
            one->subject = arena_printf(arena, "criterion%zu", at);
            one->description = arena_strdup(arena, "{name} is missing, and somebody has to see to it that it is there");
            failure.violations[failure.n_violations++] = one;
        }
        struct error error;
        error_set(&error, STATUS_FAILED_PRECONDITION, "UNMET_CRITERIA", "%zu criteria are not met", count);
        const ProtobufCMessage *extra[] = {&values.base, &failure.base};
        Google__Rpc__Status *status = pack_and_unpack(&error, arena, extra, 2);
        Google__Rpc__ErrorInfo *info = unpack_info(status);
        assert_int_equal(status->n_details, 2);
        Google__Rpc__PreconditionFailure *kept = google__rpc__precondition_failure__unpack(
            NULL, status->details[1]->value.len, status->details[1]->value.data);
        bool is_cut = kept->n_violations < count;
        assert_true(kept->n_violations >= (count < 20 ? count : 20));
        assert_string_equal(kept->violations[kept->n_violations - 1]->subject,
                            arena_printf(arena, "criterion%zu", kept->n_violations - 1));
        assert_int_equal(count_of(info, "preconditions_"), kept->n_violations + (is_cut ? 1 : 0));
        assert_int_equal(count_of(info, "preconditions_total"), is_cut ? 1 : 0);
        assert_int_equal(count_of(info, "count"), 1);
        assert_int_equal(count_of(info, "details"), is_cut ? 1 : 0);
        assert_int_equal(failure.n_violations, count); // what is not ours stays as it was
        for (size_t at = 0; at < info->n_metadata; at++)
            if (strcmp(info->metadata[at]->key, "preconditions_total") == 0)
                assert_string_equal(info->metadata[at]->value, arena_printf(arena, "%zu", count));
        if (is_cut && kept_before < MOST)
            assert_true(kept->n_violations + kept_before / 8 + 1 >= kept_before);
        kept_before = is_cut ? kept->n_violations : kept_before;
        google__rpc__precondition_failure__free_unpacked(kept, NULL);
        google__rpc__error_info__free_unpacked(info, NULL);
        google__rpc__status__free_unpacked(status, NULL);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_plain_error),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_many_preconditions_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
