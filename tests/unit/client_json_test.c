// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// protobuf's JSON mapping: every type there and back, and hostile input.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contract.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/rpc/error_details.pb-c.h"
#include "json.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/common.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "message.h"

static ProtobufCMessage *parse(const char *json, const ProtobufCMessageDescriptor *descriptor)
{
    struct kam_error error = {0};
    ProtobufCMessage *message = kam_json_parse(json, strlen(json), descriptor, &error);
    if (message == NULL)
        fail_msg("%s: %s", json, error.message);
    return message;
}

// What comes out is what went in.
static void check_round_trip(const char *json, const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = parse(json, descriptor);
    char *text = kam_json_format(message, 0);
    assert_string_equal(text, json);
    free(text);
    kam_message_free(message);
}

static void check_refused(const char *json, const ProtobufCMessageDescriptor *descriptor, const char *path)
{
    struct kam_error error = {0};
    ProtobufCMessage *message = kam_json_parse(json, strlen(json), descriptor, &error);
    assert_null(message);
    assert_int_equal(error.code, KAM_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "BAD_JSON");
    if (path != NULL) {
        assert_int_equal(error.violation_count, 1);
        assert_string_equal(error.violations[0].field, path);
    }
    kam_error_clear(&error);
}

static void test_round_trips(void **state)
{
    (void)state;
    check_round_trip("{}", &kam__v1__account__descriptor);
    check_round_trip("{\"id\":\"x\",\"name\":\"华北 "
                     "\\\"机床\\\"\",\"otherNames\":[\"a\",\"b\"],\"foundedOn\":{\"year\":1998,\"month\":5,\"day\":1},"
                     "\"ownership\":\"OWNERSHIP_STATE\",\"registeredCapital\":{\"currencyCode\":\"CNY\",\"minorUnits\":"
                     "\"-9223372036854775808\"},"
                     "\"employees\":0,\"createTime\":\"2026-11-21T06:30:00.500Z\",\"version\":\"9223372036854775807\"}",
                     &kam__v1__account__descriptor);
    check_round_trip("{\"account\":{\"name\":\"x\"},\"updateMask\":\"name,foundedOn\"}",
                     &kam__v1__update_account_request__descriptor);
    check_round_trip("{\"buyingRoles\":[\"BUYING_ROLE_DECIDER\",\"BUYING_ROLE_USER\"],\"isInsider\":true}",
                     &kam__v1__position__descriptor);
    check_round_trip("{\"retryDelay\":\"1.500000000s\"}", &google__rpc__retry_info__descriptor);
    check_round_trip("{\"retryDelay\":\"-3s\"}", &google__rpc__retry_info__descriptor);
    check_round_trip("{\"reason\":\"R\",\"metadata\":{\"a\":\"1\",\"b\":\"\"}}", &google__rpc__error_info__descriptor);
    check_round_trip("{\"current\":{\"@type\":\"type.googleapis.com/kam.v1.Money\",\"currencyCode\":\"CNY\"}}",
                     &kam__v1__conflict__descriptor);
    check_round_trip("{\"current\":{\"@type\":\"type.googleapis.com/google.protobuf.Duration\",\"value\":\"2s\"}}",
                     &kam__v1__conflict__descriptor);
    check_round_trip("{\"identifierValue\":\"x\",\"positiveIntValue\":\"18446744073709551615\",\"doubleValue\":0.25,"
                     "\"stringValue\":\"AP/+\"}",
                     &google__protobuf__uninterpreted_option__descriptor);
}

static void test_spellings(void **state)
{
    (void)state;
    Kam__V1__Account *account = (Kam__V1__Account *)parse(
        "{\"founded_on\": \"1998-05-01\", \"version\": 7, \"employees\": \"12\", \"ownership\": 2, "
        "\"note\": null, \"registered_capital\": {\"minor_units\": 5.0}}",
        &kam__v1__account__descriptor);
    assert_int_equal(account->founded_on->day, 1);
    assert_int_equal(account->version, 7);
    assert_int_equal(account->employees, 12);
    assert_int_equal(account->ownership, KAM__V1__OWNERSHIP__OWNERSHIP_PRIVATE);
    assert_int_equal(account->registered_capital->minor_units, 5);
    kam_message_free(&account->base);
}

static void test_refusals_name_the_path(void **state)
{
    (void)state;
    const ProtobufCMessageDescriptor *account = &kam__v1__account__descriptor;
    check_refused("", account, NULL);
    check_refused("{", account, NULL);
    check_refused("[]", account, "(the document)");
    check_refused("{\"name\": 5}", account, "name");
    check_refused("{\"nmae\": \"x\"}", account, "nmae");
    check_refused("{\"name\": \"x\", \"name\": \"y\"}", account, NULL);
    check_refused("{\"founded_on\": \"1998-05-01\", \"foundedOn\": \"1998-05-01\"}", account, "founded_on");
    check_refused("{\"otherNames\": \"x\"}", account, "other_names");
    check_refused("{\"otherNames\": [\"x\", 5]}", account, "other_names[1]");
    check_refused("{\"registeredCapital\": {\"minorUnits\": \"12x\"}}", account, "registered_capital.minor_units");
    check_refused("{\"registeredCapital\": {\"minorUnits\": 1.5}}", account, "registered_capital.minor_units");
    check_refused("{\"registeredCapital\": {\"minorUnits\": \"9223372036854775808\"}}", account,
                  "registered_capital.minor_units");
    check_refused("{\"employees\": 3000000000}", account, "employees");
    check_refused("{\"employees\": \"\"}", account, "employees");
    check_refused("{\"ownership\": \"OWNERSHIP_MINE\"}", account, "ownership");
    check_refused("{\"createTime\": \"yesterday\"}", account, "create_time");
    check_refused("{\"createTime\": \"2026-02-30T00:00:00Z\"}", account, "create_time");
    check_refused("{\"foundedOn\": \"1998-13-01\"}", account, "founded_on");
    check_refused("{\"isInsider\": \"yes\"}", &kam__v1__position__descriptor, "is_insider");
    check_refused("{\"updateMask\": \"name,found__on\"}", &kam__v1__update_account_request__descriptor, "update_mask");
    check_refused("{\"updateMask\": \"a,,b\"}", &kam__v1__update_account_request__descriptor, "update_mask");
    check_refused("{\"current\": {\"value\": \"x\"}}", &kam__v1__conflict__descriptor, "current");
    check_refused("{\"current\": {\"@type\": \"x/no.such.Type\"}}", &kam__v1__conflict__descriptor, "current");
    check_refused("{\"name\": \"a\\u0000b\"}", account, NULL);
    check_refused("{\"name\": \"\xff\"}", account, NULL);
    check_refused("{\"stringValue\": \"***\"}", &google__protobuf__uninterpreted_option__descriptor, "string_value");
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    char *json = malloc(400000);
    size_t used = 0;
    assert_non_null(json);
    for (int at = 0; at < 3000; at++)
        used += (size_t)sprintf(json + used, "{\"current\":{\"@type\":\"x/kam.v1.Conflict\",\"current\":");
    check_refused(json, &kam__v1__conflict__descriptor, NULL);
    used = 0;
    for (int at = 0; at < 40; at++)
        used += (size_t)sprintf(json + used, "{\"current\":{\"@type\":\"x/kam.v1.Conflict\",\"current\":{\"@type\":\"x/"
                                             "kam.v1.Conflict\",\"current\":null}");
    check_refused(json, &kam__v1__conflict__descriptor, NULL);
    free(json);
}

static void test_hostile_messages_become_json(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    account.name = (char *)(uintptr_t) "a\xff\x1b[2Jb";
    account.ownership = (Kam__V1__Ownership)4711;
    char *text = kam_json_format(&account.base, 0);
    assert_string_equal(text, "{\"name\":\"a\xef\xbf\xbd\\u001B[2Jb\",\"ownership\":4711}");
    free(text);
}

static void test_times(void **state)
{
    (void)state;
    static const char *const texts[] = {"1970-01-01T00:00:00Z",           "0001-01-01T00:00:00Z",
                                        "9999-12-31T23:59:59.999999999Z", "2024-02-29T12:00:00.120Z",
                                        "1969-12-31T23:59:59Z",           "1900-03-01T00:00:00Z"};
    for (size_t at = 0; at < sizeof texts / sizeof texts[0]; at++) {
        int64_t seconds;
        int32_t nanos;
        char text[JSON_TIMESTAMP_BYTES];
        assert_true(json_parse_timestamp(texts[at], &seconds, &nanos));
        json_format_timestamp(seconds, nanos, text);
        assert_string_equal(text, texts[at]);
    }
    int64_t seconds;
    int32_t nanos;
    assert_true(json_parse_timestamp("2026-11-21T14:30:00+08:00", &seconds, &nanos));
    assert_int_equal(seconds, 1795242600);
    assert_false(json_parse_timestamp("2026-11-21T14:30:00", &seconds, &nanos));
    assert_false(json_parse_timestamp("2026-11-21T24:00:00Z", &seconds, &nanos));
    assert_false(json_parse_timestamp("2026-11-21T14:30:00.Z", &seconds, &nanos));
    for (size_t at = 0; at < 3; at++)
        json_format_timestamp((const int64_t[]){INT64_MIN, INT64_MIN / 2, INT64_MAX}[at], 0,
                              (char[JSON_TIMESTAMP_BYTES]){0});
}

static void test_every_message_round_trips_empty(void **state)
{
    (void)state;
    for (size_t at = 0; at < contract_message_count; at++) {
        ProtobufCMessage *message = kam_message_new(contract_messages[at].descriptor);
        char *text = kam_json_format(message, 2);
        struct kam_error error = {0};
        ProtobufCMessage *again = kam_json_parse(text, strlen(text), contract_messages[at].descriptor, &error);
        bool is_any = contract_messages[at].descriptor == &google__protobuf__any__descriptor;
        if (again == NULL && !is_any)
            fail_msg("%s: %s", contract_messages[at].descriptor->name, error.message);
        kam_error_clear(&error);
        kam_message_free(again);
        kam_message_free(message);
        free(text);
    }
}

static void test_uuids(void **state)
{
    (void)state;
    char text[KAM_UUID_TEXT_BYTES], other[KAM_UUID_TEXT_BYTES];
    // RFC 9562, appendix A.4.
    assert_true(kam_uuid_of_name("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com", text));
    assert_string_equal(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    assert_false(kam_uuid_of_name("no uuid", "x", text));
    kam_uuid_make(text);
    kam_uuid_make(other);
    assert_string_not_equal(text, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_refusals_name_the_path),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_hostile_messages_become_json),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_every_message_round_trips_empty),
        cmocka_unit_test(test_uuids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
