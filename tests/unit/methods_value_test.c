// SPDX-License-Identifier: Apache-2.0
// links: kam_test_support kam_methods
// Request fields to parameters, columns to response fields: every type goes through a real PostgreSQL, is understood by
// it as meant, and comes back the same.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/history.pb-c.h"
#include "methods/bind.h"
#include "methods/fill.h"
#include "methods/value.h"
#include "support/calls.h"

static const char ID[] = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";

static struct test_postgres postgres;
static char conninfo[160];
static uv_loop_t loop;
static struct db_pool *pool;
static struct arena *arena;

static int start_cluster(void **state)
{
    (void)state;
    test_postgres_start(&postgres);
    calls_prepare_database(&postgres, conninfo);
    uv_loop_init(&loop);
    pool = calls_open_pool(&loop, conninfo, 1, 1);
    return 0;
}

static int remove_cluster(void **state)
{
    (void)state;
    calls_close_pool(&loop, pool);
    test_postgres_remove(&postgres);
    return uv_loop_close(&loop);
}

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

// ---- one value there and back ----

struct trip {
    uint32_t oid;
    struct fill_column column;
    ProtobufCMessage *filled;
    bool is_done;
    bool is_filled;
    bool is_null;
    char text[256]; // as PostgreSQL reads it
};

static void on_done(void *owner, const struct db_outcome *outcome)
{
    struct trip *trip = owner;
    trip->is_done = true;
    if (outcome->code != STATUS_OK)
        fail_msg("%s", outcome->error->message);
    int length = 0;
    const void *bytes = db_result_value(outcome->results[0], 0, 0, &length);
    trip->is_null = bytes == NULL;
    trip->is_filled = fill_value(&trip->column, trip->filled, bytes, length, arena);
    bytes = db_result_value(outcome->results[0], 0, 1, &length);
    snprintf(trip->text, sizeof trip->text, "%.*s", bytes == NULL ? 0 : length, (const char *)bytes);
}

static unsigned trip_count;

// Binds the path of the message, sends it through PostgreSQL, and fills it into a new message of the same type.
static struct trip make_trip(const ProtobufCMessage *message, const char *path, uint32_t oid)
{
    const struct table_parameter parameter = {.source = TABLE_FIELD, .name = path};
    const struct table_column column = {.name = path, .type = oid};
    struct trip trip = {.oid = oid, .filled = path_new_message(message->descriptor, arena)};
    struct bind_parameter bound;
    assert_true(bind_resolve(message->descriptor, &parameter, oid, &bound));
    // No column fills a mask.
    if (oid != VALUE_TEXT_ARRAY || path_end(&bound.path)->type != PROTOBUF_C_TYPE_MESSAGE)
        assert_true(fill_resolve(message->descriptor, &column, &trip.column));
    else
        trip.column.page_key = 1;
    struct bind_values values = {.request = message};
    char name[32];
    snprintf(name, sizeof name, "trip_%u", trip_count++);
    const struct db_statement statement = {.name = name,
                                           .sql = "select $1, $1::text",
                                           .parameter_types = &trip.oid,
                                           .parameter_count = 1,
                                           .place = "test"};
    struct db_batch *batch = db_batch_create(DB_BATCH_READ, &trip, on_done);
    struct db_parameter *parameters = arena_alloc(db_batch_arena(batch), sizeof *parameters);
    parameters[0] = bind_value(&bound, &values, db_batch_arena(batch));
    db_batch_add(batch, &statement, parameters);
    db_pool_submit(pool, batch);
    while (!trip.is_done)
        uv_run(&loop, UV_RUN_ONCE);
    return trip;
}

static void assert_same(const ProtobufCMessage *left, const ProtobufCMessage *right)
{
    size_t length = protobuf_c_message_get_packed_size(left);
    assert_int_equal(length, protobuf_c_message_get_packed_size(right));
    uint8_t *packed = arena_alloc(arena, 2 * length);
    protobuf_c_message_pack(left, packed);
    protobuf_c_message_pack(right, packed + length);
    assert_memory_equal(packed, packed + length, length);
}

// message holds nothing but what the path leads to.
static void assert_trip(const ProtobufCMessage *message, const char *path, uint32_t oid, const char *text)
{
    struct trip trip = make_trip(message, path, oid);
    assert_true(trip.is_filled);
    assert_string_equal(trip.text, text);
    assert_same(trip.filled, message);
}

static void assert_null_trip(const ProtobufCMessage *message, const char *path, uint32_t oid)
{
    struct trip trip = make_trip(message, path, oid);
    assert_true(trip.is_null);
    assert_int_equal(protobuf_c_message_get_packed_size(trip.filled), 0);
}

static void test_text(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_trip(&account.base, "name", VALUE_TEXT, "");
    account.name = (char *)"滨江化工 \"'\\";
    assert_trip(&account.base, "name", VALUE_TEXT, account.name);
}

static void test_uuid(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_null_trip(&account.base, "id", VALUE_UUID);
    account.id = (char *)ID;
    assert_trip(&account.base, "id", VALUE_UUID, ID);
}

static void test_enums(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_null_trip(&account.base, "ownership", VALUE_TEXT);
    account.ownership = KAM__V1__OWNERSHIP__OWNERSHIP_JOINT_VENTURE;
    assert_trip(&account.base, "ownership", VALUE_TEXT, "joint_venture");
}

static void test_numbers(void **state)
{
    (void)state;
    Kam__V1__ListAccountsRequest request = KAM__V1__LIST_ACCOUNTS_REQUEST__INIT;
    static const int32_t SMALL[] = {0, 1, -1, INT32_MAX, INT32_MIN};
    for (size_t at = 0; at < sizeof SMALL / sizeof *SMALL; at++) {
        char text[32];
        snprintf(text, sizeof text, "%d", SMALL[at]);
        request.page_size = SMALL[at];
        assert_trip(&request.base, "page_size", VALUE_INT4, text);
    }
    Kam__V1__Change change = KAM__V1__CHANGE__INIT;
    static const int64_t LARGE[] = {0, 1, -1, INT64_MAX, INT64_MIN};
    for (size_t at = 0; at < sizeof LARGE / sizeof *LARGE; at++) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)LARGE[at]);
        change.version = LARGE[at];
        assert_trip(&change.base, "version", VALUE_INT8, text);
    }
}

static void test_bool(void **state)
{
    (void)state;
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    assert_trip(&position.base, "is_insider", VALUE_BOOL, "false");
    position.is_insider = 1;
    assert_trip(&position.base, "is_insider", VALUE_BOOL, "true");
}

static void test_oneof(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_null_trip(&account.base, "employees", VALUE_INT4);
    account.optional_employees_case = KAM__V1__ACCOUNT__OPTIONAL_EMPLOYEES_EMPLOYEES;
    account.employees = 0;
    assert_trip(&account.base, "employees", VALUE_INT4, "0");
}

static void test_timestamps(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *text;
    } CASES[] = {
        {0, 0, "1970-01-01 00:00:00+00"},
        {946684800, 0, "2000-01-01 00:00:00+00"},
        {1709210096, 789012000, "2024-02-29 12:34:56.789012+00"},
        {-1, 999999000, "1969-12-31 23:59:59.999999+00"},
        {-62135596800, 0, "0001-01-01 00:00:00+00"},
        {253402300799, 999999000, "9999-12-31 23:59:59.999999+00"},
    };
    Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
    assert_null_trip(&activity.base, "time", VALUE_TIMESTAMPTZ);
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    activity.time = &time;
    for (size_t at = 0; at < sizeof CASES / sizeof *CASES; at++) {
        time.seconds = CASES[at].seconds;
        time.nanos = CASES[at].nanos;
        assert_trip(&activity.base, "time", VALUE_TIMESTAMPTZ, CASES[at].text);
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const struct {
        int32_t year, month, day;
        const char *text;
    } CASES[] = {
        {2000, 1, 1, "2000-01-01"},  {1970, 1, 1, "1970-01-01"},   {2024, 2, 29, "2024-02-29"},
        {1900, 3, 1, "1900-03-01"},  {1, 1, 1, "0001-01-01"},      {9999, 12, 31, "9999-12-31"},
        {1600, 2, 29, "1600-02-29"}, {1999, 12, 31, "1999-12-31"},
    };
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_null_trip(&account.base, "founded_on", VALUE_DATE);
    Google__Type__Date date = GOOGLE__TYPE__DATE__INIT;
    account.founded_on = &date;
    for (size_t at = 0; at < sizeof CASES / sizeof *CASES; at++) {
        date.year = CASES[at].year;
        date.month = CASES[at].month;
        date.day = CASES[at].day;
        assert_trip(&account.base, "founded_on", VALUE_DATE, CASES[at].text);
    }
}

static void test_every_day_of_400_years_is_itself(void **state)
{
    (void)state;
    int64_t first = 0, last = 0;
    assert_true(value_days_from_date(1800, 1, 1, &first));
    assert_true(value_days_from_date(2200, 12, 31, &last));
    for (int64_t day = first; day <= last; day++) {
        int32_t year, month, day_of_month;
        int64_t again = 0;
        value_date_from_days(day, &year, &month, &day_of_month);
        assert_true(value_days_from_date(year, month, day_of_month, &again));
        assert_int_equal(again, day);
    }
}

static void test_nested(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_null_trip(&account.base, "registered_capital.minor_units", VALUE_INT8);
    Kam__V1__Money money = KAM__V1__MONEY__INIT;
    account.registered_capital = &money;
    money.minor_units = -1234;
    assert_trip(&account.base, "registered_capital.minor_units", VALUE_INT8, "-1234");
}

static void test_lists_of_scalars(void **state)
{
    (void)state;
    Kam__V1__Contact contact = KAM__V1__CONTACT__INIT;
    assert_trip(&contact.base, "phones", VALUE_TEXT_ARRAY, "{}");
    char *phones[] = {(char *)"+86 1", (char *)"a,b\"c", (char *)"{}"};
    contact.phones = phones;
    contact.n_phones = 3;
    assert_trip(&contact.base, "phones", VALUE_TEXT_ARRAY, "{\"+86 1\",\"a,b\\\"c\",\"{}\"}");
    Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
    char *ids[] = {(char *)ID, (char *)ID};
    activity.user_ids = ids;
    activity.n_user_ids = 2;
    assert_trip(&activity.base, "user_ids", VALUE_UUID_ARRAY,
                "{0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b,0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b}");
    Kam__V1__Position position = KAM__V1__POSITION__INIT;
    Kam__V1__BuyingRole roles[] = {KAM__V1__BUYING_ROLE__BUYING_ROLE_DECIDER,
                                   KAM__V1__BUYING_ROLE__BUYING_ROLE_TECHNICAL_EXPERT};
    position.buying_roles = roles;
    position.n_buying_roles = 2;
    assert_trip(&position.base, "buying_roles", VALUE_TEXT_ARRAY, "{decider,technical_expert}");
}

static void test_fields_of_each_element(void **state)
{
    (void)state;
    Kam__V1__Contact contact = KAM__V1__CONTACT__INIT;
    assert_trip(&contact.base, "positions[].title", VALUE_TEXT_ARRAY, "{}");
    Kam__V1__Position first = KAM__V1__POSITION__INIT, second = KAM__V1__POSITION__INIT;
    Kam__V1__Position *positions[] = {&first, &second};
    contact.positions = positions;
    contact.n_positions = 2;
    assert_trip(&contact.base, "positions[].account_id", VALUE_UUID_ARRAY, "{NULL,NULL}");
    first.title = (char *)"采购总监";
    assert_trip(&contact.base, "positions[].title", VALUE_TEXT_ARRAY, "{采购总监,\"\"}");
    first.title = (char *)"";
    second.optional_level_case = KAM__V1__POSITION__OPTIONAL_LEVEL_LEVEL;
    second.level = 2;
    assert_trip(&contact.base, "positions[].level", VALUE_INT4_ARRAY, "{NULL,2}");
    second.optional_level_case = KAM__V1__POSITION__OPTIONAL_LEVEL__NOT_SET;
    Google__Type__Date date = GOOGLE__TYPE__DATE__INIT;
    date.year = 2024;
    date.month = date.day = 5;
    second.since = &date;
    assert_trip(&contact.base, "positions[].since", VALUE_DATE_ARRAY, "{NULL,2024-05-05}");
}

static void test_lists_inside_lists(void **state)
{
    (void)state;
    Kam__V1__Contact contact = KAM__V1__CONTACT__INIT;
    Kam__V1__Position first = KAM__V1__POSITION__INIT, second = KAM__V1__POSITION__INIT;
    Kam__V1__Position *positions[] = {&first, &second};
    contact.positions = positions;
    contact.n_positions = 2;
    Kam__V1__BuyingRole roles[] = {KAM__V1__BUYING_ROLE__BUYING_ROLE_DECIDER, KAM__V1__BUYING_ROLE__BUYING_ROLE_USER};
    second.buying_roles = roles;
    second.n_buying_roles = 2;
    assert_trip(&contact.base, "positions[].buying_roles", VALUE_TEXT_ARRAY, "{\"\",\"decider,user\"}");
}

static void test_masks(void **state)
{
    (void)state;
    Kam__V1__UpdateAccountRequest request = KAM__V1__UPDATE_ACCOUNT_REQUEST__INIT;
    Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
    assert_true(make_trip(&request.base, "update_mask", VALUE_TEXT_ARRAY).is_null);
    request.update_mask = &mask;
    assert_string_equal(make_trip(&request.base, "update_mask", VALUE_TEXT_ARRAY).text, "{}");
    char *paths[] = {(char *)"name", (char *)"phone"};
    mask.paths = paths;
    mask.n_paths = 2;
    assert_string_equal(make_trip(&request.base, "update_mask", VALUE_TEXT_ARRAY).text, "{name,phone}");
}

// ---- what does not fit ----

static bool fill(ProtobufCMessage *message, const char *path, uint32_t oid, const void *bytes, int length)
{
    const struct table_column column = {.name = path, .type = oid};
    struct fill_column resolved;
    assert_true(fill_resolve(message->descriptor, &column, &resolved));
    return fill_value(&resolved, message, bytes, length, arena);
}

static void test_values_out_of_range_are_refused(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    Kam__V1__ListAccountsRequest request = KAM__V1__LIST_ACCOUNTS_REQUEST__INIT;
    assert_false(fill(&account.base, "ownership", VALUE_TEXT, "unheard_of", 10));
    assert_false(fill(&account.base, "version", VALUE_INT8, "1234567", 7));
    assert_false(fill(&account.base, "id", VALUE_UUID, "1234567", 7));
    assert_false(fill(&account.base, "create_time", VALUE_TIMESTAMPTZ, "1234", 4));
    assert_false(fill(&request.base, "page_size", VALUE_INT8, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8));
    assert_false(fill(&account.base, "name", VALUE_INT4, "1234", 4));
    assert_false(fill(&account.base, "name", VALUE_TIMESTAMPTZ, "12345678", 8));
}

static void test_infinity_leaves_unset(void **state)
{
    (void)state;
    Kam__V1__Account account = KAM__V1__ACCOUNT__INIT;
    assert_true(fill(&account.base, "create_time", VALUE_TIMESTAMPTZ, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8));
    assert_true(fill(&account.base, "founded_on", VALUE_DATE, "\x80\0\0\0", 4));
    assert_null(account.create_time);
    assert_null(account.founded_on);
}

static void test_damaged_arrays_are_refused(void **state)
{
    (void)state;
    Kam__V1__Contact contact = KAM__V1__CONTACT__INIT;
    // One dimension, no NULLs, text, 1 element, lower bound 1, 2 bytes.
    static const char RIGHT[] = "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\2ab";
    int length = (int)sizeof RIGHT - 1;
    assert_true(fill(&contact.base, "phones", VALUE_TEXT_ARRAY, RIGHT, length));
    assert_int_equal(contact.n_phones, 1);
    assert_string_equal(contact.phones[0], "ab");
    for (int cut = 0; cut < length; cut++)
        assert_false(fill(&contact.base, "phones", VALUE_TEXT_ARRAY, RIGHT, cut));
    for (int at = 0; at < length; at++) {
        char damaged[sizeof RIGHT];
        memcpy(damaged, RIGHT, sizeof RIGHT);
        damaged[at] = (char)0xFF;
        // Accepted or refused, but never read past its end (which the sanitizer would see).
        (void)fill(&contact.base, "phones", VALUE_TEXT_ARRAY, damaged, length);
    }
}

static void test_arrays_of_one_list_have_one_length(void **state)
{
    (void)state;
    Kam__V1__Contact contact = KAM__V1__CONTACT__INIT;
    static const char ONE[] = "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\1\0\0\0\1\0\0\0\1a";
    static const char TWO[] = "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\2\0\0\0\1\0\0\0\1a\0\0\0\1b";
    assert_true(fill(&contact.base, "positions[].title", VALUE_TEXT_ARRAY, ONE, sizeof ONE - 1));
    assert_true(fill(&contact.base, "positions[].department", VALUE_TEXT_ARRAY, ONE, sizeof ONE - 1));
    assert_false(fill(&contact.base, "positions[].account_name", VALUE_TEXT_ARRAY, TWO, sizeof TWO - 1));
    assert_int_equal(contact.n_positions, 1);
    assert_string_equal(contact.positions[0]->department, "a");
}

static void test_paths_that_lead_nowhere(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"",
                                        ".",
                                        "nonsense",
                                        "name.",
                                        "name.x",
                                        "members.user_id",
                                        "members[]",
                                        "id[].x",
                                        "registered_capital",
                                        "registered_capital[].minor_units",
                                        "members[].nonsense",
                                        "[]."};
    struct path path;
    for (size_t at = 0; at < sizeof PATHS / sizeof *PATHS; at++)
        if (strcmp(PATHS[at], "registered_capital") != 0)
            assert_false(path_resolve(&kam__v1__account__descriptor, PATHS[at], &path));
    assert_true(path_resolve(&kam__v1__account__descriptor, "registered_capital", &path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_uuid, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_enums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bool, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_oneof, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_timestamps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_day_of_400_years_is_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nested, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists_of_scalars, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fields_of_each_element, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lists_inside_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_masks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_values_out_of_range_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_infinity_leaves_unset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_damaged_arrays_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_arrays_of_one_list_have_one_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_paths_that_lead_nowhere, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, start_cluster, remove_cluster);
}
