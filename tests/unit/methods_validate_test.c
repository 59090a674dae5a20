// SPDX-License-Identifier: Apache-2.0
// links: kam_methods
// Requests against the contract's rules: every kind of slip is named with its field and what would be right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/opportunity.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "methods/validate.h"

static const char ID[] = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

static struct arena *arena;
static struct validate_cache cache;
static struct error error;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(1024 * 1024);
    cache = (struct validate_cache){.arena = arena};
    error = (struct error){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static enum status validate(ProtobufCMessage *request, const struct validate_mask *mask)
{
    return validate_request(validate_compile(&cache, request->descriptor), request, mask, &error);
}

static void assert_valid(ProtobufCMessage *request)
{
    if (validate(request, NULL) != STATUS_OK)
        fail_msg("%s", error.message);
}

static const struct error_violation *find_violation(const char *field)
{
    for (size_t at = 0; at < error.violation_count; at++)
        if (strcmp(error.violations[at].field, field) == 0)
            return &error.violations[at];
    return NULL;
}

static void assert_violation(const char *field, const char *part)
{
    const struct error_violation *violation = find_violation(field);
    if (violation == NULL)
        fail_msg("no violation of %s; the error is %s", field, error.message);
    else if (strstr(violation->description, part) == NULL)
        fail_msg("%s says '%s', not '%s'", field, violation->description, part);
}

static void assert_wrong(ProtobufCMessage *request, const char *field, const char *part)
{
    assert_int_equal(validate(request, NULL), STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "INVALID_FIELD");
    assert_violation(field, part);
}

// ---- required ----

static void test_required(void **state)
{
    (void)state;
    Kam__V1__RetireAccountRequest request = KAM__V1__RETIRE_ACCOUNT_REQUEST__INIT;
    assert_wrong(&request.base, "id", "must be set");
    assert_int_equal(error.violation_count, 3);
    assert_violation("version", "must be set");
    assert_violation("reason", "must be set");
    request.id = (char *)ID;
    request.version = 3;
    request.reason = (char *)"  \n ";
    assert_wrong(&request.base, "reason", "must be set");
    request.reason = (char *)"closed";
    assert_valid(&request.base);
}

static void test_required_message(void **state)
{
    (void)state;
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    assert_wrong(&request.base, "account", "must be set");
}

// ---- forms ----

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        enum contract_format format;
        const char *text;
        bool is_right;
    } CASES[] = {
        {CONTRACT_FORMAT_TEXT, "张伟 & Söhne", true},
        {CONTRACT_FORMAT_TEXT, "two\nlines", false},
        {CONTRACT_FORMAT_TEXT, "tab\there", false},
        {CONTRACT_FORMAT_TEXT, "bell\a", false},
        {CONTRACT_FORMAT_TEXT, "next\xC2\x85line", false},
        {CONTRACT_FORMAT_TEXT, "para\xE2\x80\xA9graph", false},
        {CONTRACT_FORMAT_TEXT, "delete\x7F", false},
        {CONTRACT_FORMAT_LONG_TEXT, "two\r\nlines\tand a tab", true},
        {CONTRACT_FORMAT_LONG_TEXT, "escape\x1B[31m", false},
        {CONTRACT_FORMAT_UUID, ID, true},
        {CONTRACT_FORMAT_UUID, "0190A1B2-C3D4-7E5F-8A9B-0C1D2E3F4A5B", true},
        {CONTRACT_FORMAT_UUID, "0190a1b2c3d47e5f8a9b0c1d2e3f4a5b", false},
        {CONTRACT_FORMAT_UUID, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5", false},
        {CONTRACT_FORMAT_UUID, "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5g", false},
        {CONTRACT_FORMAT_EMAIL, "wei.zhang@例子.cn", true},
        {CONTRACT_FORMAT_EMAIL, "name@", false},
        {CONTRACT_FORMAT_EMAIL, "@domain", false},
        {CONTRACT_FORMAT_EMAIL, "a@b@c", false},
        {CONTRACT_FORMAT_EMAIL, "a b@c", false},
        {CONTRACT_FORMAT_URL, "https://example.com/路径?x=1", true},
        {CONTRACT_FORMAT_URL, "HTTP://EXAMPLE.COM", true},
        {CONTRACT_FORMAT_URL, "example.com", false},
        {CONTRACT_FORMAT_URL, "javascript:alert(1)", false},
        {CONTRACT_FORMAT_URL, "https://", false},
        {CONTRACT_FORMAT_URL, "https:///path", false},
        {CONTRACT_FORMAT_URL, "https://a b", false},
        {CONTRACT_FORMAT_PHONE, "+86 (25) 5550-1000 x12/13#4.5", true},
        {CONTRACT_FORMAT_PHONE, "+-()", false},
        {CONTRACT_FORMAT_PHONE, "call me", false},
        {CONTRACT_FORMAT_LOGIN, "nora.nilsen-2_x", true},
        {CONTRACT_FORMAT_LOGIN, "n", false},
        {CONTRACT_FORMAT_LOGIN, "2nora", false},
        {CONTRACT_FORMAT_LOGIN, "Nora", false},
        {CONTRACT_FORMAT_LOGIN, "a234567890123456789012345678901234567890", true},
        {CONTRACT_FORMAT_LOGIN, "a2345678901234567890123456789012345678901", false},
        {CONTRACT_FORMAT_PASSWORD, "0123456789", true},
        {CONTRACT_FORMAT_PASSWORD, "012345678", false},
        {CONTRACT_FORMAT_CURRENCY, "CNY", true},
        {CONTRACT_FORMAT_CURRENCY, "cny", false},
        {CONTRACT_FORMAT_CURRENCY, "CNYX", false},
        {CONTRACT_FORMAT_CURRENCY, "C1Y", false},
    };
    for (size_t at = 0; at < sizeof CASES / sizeof *CASES; at++) {
        const char *advice = format_check(CASES[at].format, CASES[at].text);
        if ((advice == NULL) != CASES[at].is_right)
            fail_msg("form %d of '%s': %s", CASES[at].format, CASES[at].text, advice == NULL ? "accepted" : advice);
    }
}

static void test_forms_reach_nested_and_repeated_fields(void **state)
{
    (void)state;
    Kam__V1__Contact contact = KAM__V1__CONTACT__INIT;
    Kam__V1__CreateContactRequest request = KAM__V1__CREATE_CONTACT_REQUEST__INIT;
    request.contact = &contact;
    char *emails[] = {(char *)"a@b", (char *)"nonsense", (char *)""};
    contact.emails = emails;
    contact.n_emails = 3;
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    Kam__V1__Position *positions[] = {&position};
    contact.positions = positions;
    contact.n_positions = 1;
    assert_wrong(&request.base, "contact.emails[1]", "e-mail");
    assert_violation("contact.emails[2]", "must not be empty");
    assert_violation("contact.positions[0].account_id", "must be set");
    assert_null(find_violation("contact.emails[0]"));
}

// ---- sizes and numbers ----

static void test_lengths(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    request.account = &account;
    char name[202];
    memset(name, 'n', sizeof name);
    name[200] = '\0';
    account.name = name;
    assert_valid(&request.base);
    name[200] = 'n';
    name[201] = '\0';
    assert_wrong(&request.base, "account.name", "at most 200 bytes, has 201");
}

static void test_too_many_items(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    request.account = &account;
    char *names[11];
    for (size_t at = 0; at < 11; at++)
        names[at] = (char *)"alias";
    account.other_names = names;
    account.n_other_names = 10;
    assert_valid(&request.base);
    account.n_other_names = 11;
    assert_wrong(&request.base, "account.other_names", "at most 10 items, has 11");
}

static void test_amounts_and_years_have_bounds(void **state)
{
    (void)state;
    Kam__V1__Opportunity opportunity = KAM__V1__OPPORTUNITY__INIT;
    Kam__V1__Money amount = KAM__V1__MONEY__INIT;
    Google__Type__Date date = GOOGLE__TYPE__DATE__INIT;
    Kam__V1__CreateOpportunityRequest request = KAM__V1__CREATE_OPPORTUNITY_REQUEST__INIT;
    request.opportunity = &opportunity;
    opportunity.account_id = (char *)ID;
    opportunity.name = (char *)"Pumps";
    opportunity.amount = &amount;
    opportunity.purchase_on = &date;
    amount.currency_code = (char *)"CNY";
    date.month = date.day = 1;
    date.year = 1990;
    assert_valid(&request.base);
    date.year = 2199;
    amount.minor_units = 1000000000000000;
    assert_valid(&request.base);
    amount.minor_units = -1;
    assert_wrong(&request.base, "opportunity.amount", "must be 0 to 1000000000000000 in the smallest unit");
    assert_string_equal(find_violation("opportunity.amount")->reason, "AMOUNT_OUT_OF_RANGE");
    amount.minor_units = 1000000000000001;
    assert_wrong(&request.base, "opportunity.amount", "got 1000000000000001");
    amount.minor_units = 5;
    date.year = 2200;
    assert_wrong(&request.base, "opportunity.purchase_on", "must lie in the years 1990 to 2199, got 2200");
    assert_string_equal(find_violation("opportunity.purchase_on")->reason, "DATE_OUT_OF_RANGE");
    date.year = 1989;
    assert_wrong(&request.base, "opportunity.purchase_on", "got 1989");
    date.year = 10000;
    assert_wrong(&request.base, "opportunity.purchase_on", "year must be 1 to 9999, got 10000");
}

static void test_numbers(void **state)
{
    (void)state;
    Kam__V1__RecordRelationshipRequest request = KAM__V1__RECORD_RELATIONSHIP_REQUEST__INIT;
    request.position_id = (char *)ID;
    request.level = 9;
    assert_wrong(&request.base, "level", "must be 1 to 5, got 9");
    const struct error_violation *violation = find_violation("level");
    const char *at = violation->values, *name, *text;
    assert_string_equal(violation->reason, "OUT_OF_RANGE");
    assert_true(error_next_value(&at, &name, &text));
    assert_string_equal(name, "min");
    assert_string_equal(text, "1");
    assert_true(error_next_value(&at, &name, &text));
    assert_true(error_next_value(&at, &name, &text));
    assert_string_equal(name, "actual");
    assert_string_equal(text, "9");
    assert_false(error_next_value(&at, &name, &text));
    request.level = -1;
    assert_wrong(&request.base, "level", "must be 1 to 5, got -1");
    request.level = 5;
    assert_valid(&request.base);
    Kam__V1__RetireAccountRequest retire = KAM__V1__RETIRE_ACCOUNT_REQUEST__INIT;
    retire.id = (char *)ID;
    retire.reason = (char *)"closed";
    retire.version = -7;
    assert_wrong(&retire.base, "version", "must be at least 1, got -7");
}

static void test_a_oneof_that_is_set_to_zero_is_checked(void **state)
{
    (void)state;
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    Kam__V1__AddPositionRequest request = KAM__V1__ADD_POSITION_REQUEST__INIT;
    request.position = &position;
    position.account_id = (char *)ID;
    assert_valid(&request.base);
    position.optional_level_case = KAM__V1__POSITION__OPTIONAL_LEVEL_LEVEL;
    position.level = 0;
    assert_wrong(&request.base, "position.level", "must be 1 to 20, got 0");
}

static void test_unknown_enum_names_the_known(void **state)
{
    (void)state;
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    Kam__V1__AddPositionRequest request = KAM__V1__ADD_POSITION_REQUEST__INIT;
    request.position = &position;
    position.account_id = (char *)ID;
    position.stance = (Kam__V1__Stance)99;
    assert_wrong(&request.base, "position.stance", "STANCE_ALLY, STANCE_NEUTRAL");
    assert_violation("position.stance", "99 is no Stance");
    position.stance = KAM__V1__STANCE__STANCE_UNSPECIFIED;
    Kam__V1__BuyingRole roles[] = {KAM__V1__BUYING_ROLE__BUYING_ROLE_USER,
                                   KAM__V1__BUYING_ROLE__BUYING_ROLE_UNSPECIFIED, (Kam__V1__BuyingRole)-1};
    position.buying_roles = roles;
    position.n_buying_roles = 3;
    assert_wrong(&request.base, "position.buying_roles[1]", "must not be empty");
    assert_violation("position.buying_roles[2]", "-1 is no BuyingRole");
}

static void test_a_long_list_of_names_ends_between_them(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    request.account = &account;
    account.source = (Kam__V1__AccountSource)77;
    assert_wrong(&request.base, "account.source", "77 is no AccountSource; there is ACCOUNT_SOURCE_PEER_REFERRAL, ");
    const struct error_violation *violation = find_violation("account.source");
    assert_string_equal(violation->description + strlen(violation->description) - 5, ", ...");
}

static void test_money_needs_its_currency(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    Kam__V1__Money money = KAM__V1__MONEY__INIT;
    request.account = &account;
    account.registered_capital = &money;
    money.minor_units = 100;
    assert_wrong(&request.base, "account.registered_capital.currency_code", "must be set");
    money.currency_code = (char *)"cny";
    assert_wrong(&request.base, "account.registered_capital.currency_code", "ISO 4217");
}

// ---- times ----

static void test_timestamps(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *part; // NULL: right
    } CASES[] = {
        {0, 0, NULL},
        {-62135596800, 0, NULL},
        {253402300799, 999999999, NULL},
        {-62135596801, 0, "years 1 to 9999"},
        {253402300800, 0, "years 1 to 9999"},
        {INT64_MAX, 0, "years 1 to 9999"},
        {INT64_MIN, 0, "years 1 to 9999"},
        {0, -1, "nanos must be 0 to 999999999, got -1"},
        {0, 1000000000, "got 1000000000"},
    };
    Kam__V1__ListActivitiesRequest request = KAM__V1__LIST_ACTIVITIES_REQUEST__INIT;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    request.from_time = &time;
    for (size_t at = 0; at < sizeof CASES / sizeof *CASES; at++) {
        time.seconds = CASES[at].seconds;
        time.nanos = CASES[at].nanos;
        if (CASES[at].part == NULL)
            assert_valid(&request.base);
        else
            assert_wrong(&request.base, "from_time", CASES[at].part);
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        int32_t year, month, day;
        const char *part;
    } CASES[] = {
        {2024, 2, 29, NULL},           {1, 1, 1, NULL},
        {9999, 12, 31, NULL},          {2023, 2, 29, "there is no 2023-02-29"},
        {1900, 2, 29, "there is no"},  {2000, 2, 29, NULL},
        {2024, 4, 31, "there is no"},  {0, 1, 1, "year must be 1 to 9999, got 0"},
        {10000, 1, 1, "year must be"}, {2024, 0, 1, "month must be 1 to 12"},
        {2024, 13, 1, "got 13"},       {2024, 1, 0, "day must be 1 to 31"},
        {2024, 1, 32, "got 32"},       {INT32_MIN, INT32_MIN, INT32_MIN, "year must be"},
        {2024, INT32_MAX, 1, "month"}, {2024, 1, INT32_MAX, "day"},
    };
    Kam__V1__EndPositionRequest request = KAM__V1__END_POSITION_REQUEST__INIT;
    Google__Type__Date date = GOOGLE__TYPE__DATE__INIT;
    request.id = (char *)ID;
    request.version = 1;
    request.ended_on = &date;
    for (size_t at = 0; at < sizeof CASES / sizeof *CASES; at++) {
        date.year = CASES[at].year;
        date.month = CASES[at].month;
        date.day = CASES[at].day;
        if (CASES[at].part == NULL)
            assert_valid(&request.base);
        else
            assert_wrong(&request.base, "ended_on", CASES[at].part);
    }
}

// ---- output-only ----

static void test_output_only_fields_are_cleared(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__AccountMember member = KAM__V1__ACCOUNT_MEMBER__INIT;
    Kam__V1__AccountMember *members[] = {&member};
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    time.nanos = -5; // not looked at
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    request.account = &account;
    account.code = (char *)"K-000001";
    account.members = members;
    account.n_members = 1;
    account.create_time = &time;
    assert_valid(&request.base);
    assert_string_equal(account.code, "");
    assert_int_equal(account.n_members, 0);
    assert_null(account.create_time);
}

static void test_output_only_oneof_is_cleared(void **state)
{
    (void)state;
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    Kam__V1__AddPositionRequest request = KAM__V1__ADD_POSITION_REQUEST__INIT;
    request.position = &position;
    position.account_id = (char *)ID;
    position.optional_relationship_case = KAM__V1__POSITION__OPTIONAL_RELATIONSHIP_RELATIONSHIP;
    position.relationship = 5;
    assert_valid(&request.base);
    assert_int_equal(position.optional_relationship_case, 0);
}

// ---- masks ----

static const char *const MASK_PATHS[] = {"subject", "kind", "place"};
static const struct validate_mask MASK = {.resource = "activity", .id = "id", .paths = MASK_PATHS, .path_count = 3};

static enum status validate_update(Kam__V1__Activity *activity, const char *const *paths, size_t count)
{
    Kam__V1__UpdateActivityRequest request = KAM__V1__UPDATE_ACTIVITY_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    mask.paths = (char **)paths;
    mask.n_paths = count;
    request.activity = activity;
    request.update_mask = &mask;
    return validate(&request.base, &MASK);
}

static void test_mask_makes_required_what_it_names(void **state)
{
    (void)state;
    Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
    static const char *const PLACE[] = {"place"};
    assert_int_equal(validate_update(&activity, PLACE, 1), STATUS_INVALID_ARGUMENT);
    assert_violation("activity.id", "must be set");
    assert_int_equal(error.violation_count, 1);
    activity.id = (char *)ID;
    assert_int_equal(validate_update(&activity, PLACE, 1), STATUS_OK);
    static const char *const SUBJECT[] = {"subject", "kind"};
    assert_int_equal(validate_update(&activity, SUBJECT, 2), STATUS_INVALID_ARGUMENT);
    assert_violation("activity.subject", "must be set");
    assert_violation("activity.kind", "must be set");
}

static void test_names_can_be_seen(void **state)
{
    (void)state;
    static const char *const BLANK[] = {
        " ",      "\t\r\n", "\u00a0\u3000", "\u200b", "\u200d\ufeff", "\u2060\u202e",
        "\u00ad", "\u3164", "\ufe0f",       "\u2800", "\u115f\u1160", "\x1f\x7f",
    };
    static const char *const SUBJECT[] = {"subject"};
    for (size_t at = 0; at < sizeof BLANK / sizeof *BLANK; at++) {
        Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
        account.name = (char *)BLANK[at];
        Kam__V1__CreateAccountRequest create = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
        create.account = &account;
        assert_wrong(&create.base, "account.name", "must hold a character that can be seen");
        Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
        activity.id = (char *)ID;
        activity.subject = (char *)BLANK[at];
        assert_int_equal(validate_update(&activity, SUBJECT, 1), STATUS_INVALID_ARGUMENT);
        assert_violation("activity.subject", "must be set");
    }
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__CreateAccountRequest create = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    create.account = &account;
    static const char *const SEEN[] = {"\u200b\u534e", " a", "\u3000\u534e\u3000", "-"};
    for (size_t at = 0; at < sizeof SEEN / sizeof *SEEN; at++) {
        account.name = (char *)SEEN[at];
        assert_valid(&create.base);
    }
}

static void test_hostile_masks(void **state)
{
    (void)state;
    Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
    activity.id = (char *)ID;
    assert_int_equal(validate_update(&activity, NULL, 0), STATUS_INVALID_ARGUMENT);
    assert_violation("update_mask", "at least one field");
    static const char *const STAR[] = {"*"};
    assert_int_equal(validate_update(&activity, STAR, 1), STATUS_INVALID_ARGUMENT);
    assert_violation("update_mask", "'*' cannot be changed here; these can: subject, kind, place");
    static const char *const TWICE[] = {"place", "place"};
    assert_int_equal(validate_update(&activity, TWICE, 2), STATUS_INVALID_ARGUMENT);
    assert_violation("update_mask", "named twice");
    static const char *const VERSION[] = {"version"};
    assert_int_equal(validate_update(&activity, VERSION, 1), STATUS_INVALID_ARGUMENT);
    static const char *const CHINESE[] = {"客户客户客户客户客户客户客户客户客户客户客户客户客户客户客户"};
    assert_int_equal(validate_update(&activity, CHINESE, 1), STATUS_INVALID_ARGUMENT);
    assert_violation("update_mask", "'客户客户客户客户客户客户客' cannot");
    const char *many[1000];
    for (size_t at = 0; at < 1000; at++)
        many[at] = "owner_id; drop table account";
    assert_int_equal(validate_update(&activity, many, 1000), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, ERROR_VIOLATIONS_MAX);
    char *long_path = arena_alloc(arena, 100000);
    memset(long_path, 'x', 99999);
    const char *const LONG[] = {long_path};
    assert_int_equal(validate_update(&activity, LONG, 1), STATUS_INVALID_ARGUMENT);
}

static void test_missing_mask(void **state)
{
    (void)state;
    Kam__V1__UpdateActivityRequest request = KAM__V1__UPDATE_ACTIVITY_REQUEST__INIT;
    assert_int_equal(validate(&request.base, &MASK), STATUS_INVALID_ARGUMENT);
    assert_violation("activity", "must be set");
    assert_violation("update_mask", "must be set");
}

static void test_all_violations_are_collected_up_to_the_limit(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__CreateAccountRequest request = KAM__V1__CREATE_ACCOUNT_REQUEST__INIT;
    request.account = &account;
    char *bad = (char *)"\x01";
    account.name = account.registration_number = account.registered_address = account.delivery_address = account.phone =
        account.website = account.legal_representative = account.industry = account.region = account.bank = bad;
    assert_int_equal(validate(&request.base, NULL), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, ERROR_VIOLATIONS_MAX);
    assert_violation("...", "more fields are wrong");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_required, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_required_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_formats, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forms_reach_nested_and_repeated_fields, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lengths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_amounts_and_years_have_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_oneof_that_is_set_to_zero_is_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_enum_names_the_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_long_list_of_names_ends_between_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_money_needs_its_currency, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timestamps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_output_only_fields_are_cleared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_output_only_oneof_is_cleared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mask_makes_required_what_it_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names_can_be_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_masks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_mask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_violations_are_collected_up_to_the_limit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
