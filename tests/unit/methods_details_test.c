// SPDX-License-Identifier: Apache-2.0
// links: kam_methods PkgConfig::SODIUM
// What goes along with an error, both sides of a conflict, values as text, session tokens.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "google/type/date.pb-c.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/common.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "methods/conflict.h"
#include "methods/details.h"
#include "methods/path.h"
#include "methods/text.h"
#include "methods/token.h"
#include "rpc/details.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(16 * 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

// ---- details ----

static struct details read_details(const char *json)
{
    struct error error;
    struct details details;
    error_set(&error, STATUS_ALREADY_EXISTS, "ACCOUNT_DUPLICATE", "looks like another");
    error.detail_json = json;
    details_read(&error, arena, &details);
    assert_int_equal(details.error.code, STATUS_ALREADY_EXISTS);
    assert_string_equal(details.error.reason, "ACCOUNT_DUPLICATE");
    assert_string_equal(details.error.message, "looks like another");
    return details;
}

static void test_all_kinds_of_details(void **state)
{
    (void)state;
    struct details details = read_details(
        "{\"metadata\": {\"limit\": \"5\", \"count\": 7},"
        " \"violations\": [{\"field\": \"account.name\", \"description\": \"looks the same\", \"reason\": \"SAME\", "
        "\"values\": {\"n\": 4}}],"
        " \"preconditions\": [{\"type\": \"CRITERION\", \"subject\": \"budget\", \"description\": \"ask for it\", "
        "\"values\": {\"days\": 3}}],"
        " \"resources\": [{\"type\": \"Account\", \"name\": \"K-000001 滨江\", \"owner\": \"Nora\", \"description\": "
        "\"same number\"},"
        "                 {\"name\": \"K-000002\"}]}");
    assert_int_equal(details.error.violation_count, 1);
    assert_string_equal(details.error.violations[0].field, "account.name");
    assert_int_equal(details.extra_count, 4);
    const Google__Rpc__ErrorInfo *info = (const Google__Rpc__ErrorInfo *)details.extra[0];
    assert_int_equal(info->n_metadata, 3);
    assert_string_equal(info->metadata[2]->key, "preconditions_0_days");
    assert_string_equal(details.error.violations[0].reason, "SAME");
    const char *at = details.error.violations[0].values, *name, *text;
    assert_true(error_next_value(&at, &name, &text));
    assert_string_equal(text, "4");
    assert_string_equal(info->metadata[1]->value, "7");
    const Google__Rpc__PreconditionFailure *failure = (const Google__Rpc__PreconditionFailure *)details.extra[1];
    assert_string_equal(failure->violations[0]->subject, "budget");
    const Google__Rpc__ResourceInfo *resource = (const Google__Rpc__ResourceInfo *)details.extra[2];
    assert_string_equal(resource->resource_name, "K-000001 滨江");
    resource = (const Google__Rpc__ResourceInfo *)details.extra[3];
    assert_string_equal(resource->owner, "");
}

static void test_details_of_another_shape_are_left_out(void **state)
{
    (void)state;
    static const char *const JSON[] = {
        "",
        "null",
        "[]",
        "{",
        "\"text\"",
        "{\"metadata\": []}",
        "{\"metadata\": {}}",
        "{\"violations\": {\"field\": 1}}",
        "{\"violations\": [1, null, {\"field\": 1, \"description\": 2}]}",
        "{\"preconditions\": \"x\"}",
        "{\"resources\": 5}",
    };
    for (size_t at = 0; at < sizeof JSON / sizeof *JSON; at++) {
        struct details details = read_details(JSON[at]);
        assert_int_equal(details.extra_count, 0);
        assert_int_equal(details.error.violation_count, 0);
    }
    assert_int_equal(read_details(NULL).extra_count, 0);
}

static void test_many_resources_have_a_limit(void **state)
{
    (void)state;
    char *json = arena_alloc(arena, 100 * 20 + 100);
    char *to = stpcpy(json, "{\"resources\": [{}");
    for (int at = 0; at < 100; at++)
        to = stpcpy(to, ",{\"name\": \"x\"}");
    stpcpy(to, "]}");
    assert_int_equal(read_details(json).extra_count, DETAILS_EXTRA_MAX);
}

static void test_metadata_goes_into_the_error_info(void **state)
{
    (void)state;
    struct details details =
        read_details("{\"metadata\": {\"limit\": \"5\"}, \"resources\": [{\"name\": \"K-000001\"}]}");
    size_t length = 0;
    const uint8_t *packed = rpc_details_pack(&details.error, arena, details.extra, details.extra_count, &length);
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, length, packed);
    assert_non_null(status);
    assert_int_equal(status->n_details, 2);
    assert_string_equal(status->details[0]->type_url, "type.googleapis.com/google.rpc.ErrorInfo");
    Google__Rpc__ErrorInfo *info =
        google__rpc__error_info__unpack(NULL, status->details[0]->value.len, status->details[0]->value.data);
    assert_string_equal(info->reason, "ACCOUNT_DUPLICATE");
    assert_int_equal(info->n_metadata, 1);
    assert_string_equal(info->metadata[0]->key, "limit");
    google__rpc__error_info__free_unpacked(info, NULL);
    google__rpc__status__free_unpacked(status, NULL);
}

// ---- conflicts ----

static void test_conflict_names_the_fields_that_differ(void **state)
{
    (void)state;
    Kam__V1__Account current = KAM__V1__ACCOUNT__INIT, yours = KAM__V1__ACCOUNT__INIT;
    Kam__V1__Money money = KAM__V1__MONEY__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.seconds = 1709210096;
    money.currency_code = (char *)"CNY";
    money.minor_units = 100;
    current.version = 7;
    current.phone = (char *)"+1 1";
    current.region = (char *)"南京";
    current.updated_by = (char *)"somebody";
    current.update_time = &time;
    yours.phone = (char *)"+1 2";
    yours.region = (char *)"南京";
    yours.industry = (char *)"not in the mask";
    yours.registered_capital = &money;
    char *paths[] = {(char *)"phone", (char *)"region", (char *)"registered_capital"};
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    mask.paths = paths;
    mask.n_paths = 3;
    const Kam__V1__Conflict *conflict =
        (const Kam__V1__Conflict *)conflict_make(&current.base, &yours.base, &mask, arena);
    assert_int_equal(conflict->current_version, 7);
    assert_string_equal(conflict->updated_by, "somebody");
    assert_int_equal(conflict->update_time->seconds, time.seconds);
    assert_int_equal(conflict->n_fields, 2);
    assert_string_equal(conflict->fields[0]->field, "phone");
    assert_string_equal(conflict->fields[0]->yours, "+1 2");
    assert_string_equal(conflict->fields[0]->theirs, "+1 1");
    assert_string_equal(conflict->fields[1]->yours, "{\"currencyCode\":\"CNY\",\"minorUnits\":\"100\"}");
    assert_string_equal(conflict->fields[1]->theirs, "");
    assert_string_equal(conflict->current->type_url, "type.googleapis.com/kam.v1.Account");
}

static void test_a_large_record_is_left_out(void **state)
{
    (void)state;
    Kam__V1__Account current = KAM__V1__ACCOUNT__INIT, yours = KAM__V1__ACCOUNT__INIT;
    char *note = arena_alloc(arena, 8001);
    for (size_t at = 0; at + 3 <= 8000; at += 3)
        memcpy(note + at, "滨", 3);
    current.note = note;
    char *paths[] = {(char *)"note"};
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    mask.paths = paths;
    mask.n_paths = 1;
    const Kam__V1__Conflict *conflict =
        (const Kam__V1__Conflict *)conflict_make(&current.base, &yours.base, &mask, arena);
    assert_null(conflict->current);
    assert_true(strlen(conflict->fields[0]->theirs) < 500);
    assert_true(strlen(conflict->fields[0]->theirs) % 3 == 0); // cut between characters
}

// ---- values as text ----

static const char *text_of(const ProtobufCMessage *message, const char *name)
{
    return text_of_field(message, protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name), arena);
}

static void test_values_as_text(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_string_equal(text_of(&account.base, "name"), "");
    assert_string_equal(text_of(&account.base, "employees"), "");
    assert_string_equal(text_of(&account.base, "founded_on"), "");
    account.optional_employees_case = KAM__V1__ACCOUNT__OPTIONAL_EMPLOYEES_EMPLOYEES;
    assert_string_equal(text_of(&account.base, "employees"), "0");
    account.version = -5;
    assert_string_equal(text_of(&account.base, "version"), "-5");
    account.ownership = KAM__V1__OWNERSHIP__OWNERSHIP_STATE;
    assert_string_equal(text_of(&account.base, "ownership"), "OWNERSHIP_STATE");
    Google__Type__Date date = GOOGLE__TYPE__DATE__INIT;
    date.year = 33;
    date.month = 2;
    date.day = 1;
    account.founded_on = &date;
    assert_string_equal(text_of(&account.base, "founded_on"), "0033-02-01");
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    account.create_time = &time;
    time.seconds = -1;
    time.nanos = 500000000;
    assert_string_equal(text_of(&account.base, "create_time"), "1969-12-31T23:59:59.500Z");
    time.seconds = 1709210096;
    time.nanos = 789012000;
    assert_string_equal(text_of(&account.base, "create_time"), "2024-02-29T12:34:56.789012Z");
    char *names[] = {(char *)"甲", (char *)"\"b\""};
    account.other_names = names;
    account.n_other_names = 2;
    assert_string_equal(text_of(&account.base, "other_names"), "[\"甲\",\"\\\"b\\\"\"]");
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    position.is_insider = 1;
    assert_string_equal(text_of(&position.base, "is_insider"), "true");
    Kam__V1__BuyingRole roles[] = {KAM__V1__BUYING_ROLE__BUYING_ROLE_USER};
    position.buying_roles = roles;
    position.n_buying_roles = 1;
    assert_string_equal(text_of(&position.base, "buying_roles"), "[\"BUYING_ROLE_USER\"]");
}

// ---- tokens ----

static void test_tokens(void **state)
{
    (void)state;
    static const char *const ROLES[] = {"rep", "manager", "service"};
    for (size_t at = 0; at < 3; at++) {
        char token[TOKEN_TEXT_BYTES], authorization[TOKEN_TEXT_BYTES + 8] = "Bearer ";
        uint8_t made[TOKEN_HASH_BYTES], read[TOKEN_HASH_BYTES];
        enum table_role role = TABLE_ROLE_COUNT;
        struct error error;
        token_make(token_role_from_name(ROLES[at]), token, made);
        strcat(authorization, token);
        assert_int_equal(token_read(authorization, &role, read, &error), STATUS_OK);
        assert_int_equal(role, at);
        assert_memory_equal(made, read, TOKEN_HASH_BYTES);
    }
    assert_int_equal(token_role_from_name("owner"), TABLE_ROLE_COUNT);
}

static void test_what_is_no_token(void **state)
{
    (void)state;
    static const char *const VALUES[] = {
        "",
        "Bearer",
        "Bearer ",
        "Basic bm9yYTpub3Jh",
        "Bearer kam1",
        "Bearer kam1.r.",
        "Bearer kam1.a.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer kam1..AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer kam2.r.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer kam1.r.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+",
        "Bearer kam1.r.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "Bearer kam1.r-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    uint8_t hash[TOKEN_HASH_BYTES];
    enum table_role role;
    struct error error;
    for (size_t at = 0; at < sizeof VALUES / sizeof *VALUES; at++) {
        assert_int_equal(token_read(VALUES[at], &role, hash, &error), STATUS_UNAUTHENTICATED);
        assert_string_equal(error.reason, "NO_SESSION");
    }
    assert_int_equal(token_read(NULL, &role, hash, &error), STATUS_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_kinds_of_details, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_details_of_another_shape_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_resources_have_a_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_metadata_goes_into_the_error_info, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_conflict_names_the_fields_that_differ, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_large_record_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_as_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_token, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
