// SPDX-License-Identifier: Apache-2.0
// links: kam_methods PkgConfig::SODIUM
// Page tokens: they come back as they went, and nothing else is taken for one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>
#include <string.h>

#include "kam/v1/account.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "methods/page.h"
#include "methods/value.h"

enum { BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static struct arena *arena;
static const uint8_t HASH[PAGE_HASH_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void test_round_trip_of_every_type(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {VALUE_TEXT, VALUE_UUID,   VALUE_INT2, VALUE_INT4,
                                     VALUE_INT8, VALUE_FLOAT8, VALUE_BOOL, VALUE_DATE};
    const char zeros[16] = {0};
    const struct db_parameter keys[] = {{"滨江", 6}, {zeros, 16}, {zeros, 2}, {zeros, 4},
                                        {zeros, 8},  {zeros, 8},  {zeros, 1}, {zeros, 4}};
    const char *token = page_write_token(HASH, keys, 8, arena);
    struct db_parameter read[8];
    struct error error;
    assert_int_equal(page_read_token(token, HASH, TYPES, 8, arena, read, &error), STATUS_OK);
    for (size_t at = 0; at < 8; at++) {
        assert_int_equal(read[at].length, keys[at].length);
        assert_memory_equal(read[at].bytes, keys[at].bytes, (size_t)keys[at].length);
    }
}

static void test_null_and_empty_are_told_apart(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {VALUE_TEXT, VALUE_TEXT};
    const struct db_parameter keys[] = {{NULL, 0}, {"", 0}};
    struct db_parameter read[2];
    struct error error;
    assert_int_equal(page_read_token(page_write_token(HASH, keys, 2, arena), HASH, TYPES, 2, arena, read, &error),
                     STATUS_OK);
    assert_null(read[0].bytes);
    assert_non_null(read[1].bytes);
    assert_int_equal(read[1].length, 0);
}

static void test_no_token_is_the_first_page(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {VALUE_TEXT};
    struct db_parameter read[1] = {{"left over", 9}};
    struct error error;
    assert_int_equal(page_read_token("", HASH, TYPES, 1, arena, read, &error), STATUS_OK);
    assert_null(read[0].bytes);
}

static void assert_refused(const void *bytes, size_t length, const uint32_t *types, size_t count, const char *part)
{
    size_t size = sodium_base64_encoded_len(length, BASE64);
    char *token = arena_alloc(arena, size);
    sodium_bin2base64(token, size, bytes, length, BASE64);
    struct db_parameter read[8];
    struct error error;
    assert_int_equal(page_read_token(token, HASH, types, count, arena, read, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.violation_count, 1);
    assert_string_equal(error.violations[0].field, "page_token");
    assert_non_null(strstr(error.violations[0].description, part));
}

static void test_what_is_no_base64_is_refused(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {VALUE_TEXT};
    static const char *const TOKENS[] = {"!", "====",          "AQIDBAUGBwg=", "AQID BAUGBwg",
                                         "a", "AQIDBAUGBwh\n", "令牌",         "AQ+/"};
    for (size_t at = 0; at < sizeof TOKENS / sizeof *TOKENS; at++) {
        struct db_parameter read[1];
        struct error error;
        assert_int_equal(page_read_token(TOKENS[at], HASH, TYPES, 1, arena, read, &error), STATUS_INVALID_ARGUMENT);
        assert_string_equal(error.violations[0].field, "page_token");
    }
}

static void test_hostile_tokens_are_refused(void **state)
{
    (void)state;
    static const uint32_t TEXT[] = {VALUE_TEXT};
    static const uint32_t UUID[] = {VALUE_UUID};
    static const uint32_t TIME[] = {VALUE_TIMESTAMPTZ};
    static const uint32_t DATE[] = {VALUE_DATE};
#define TOKEN(...)                                                                                                     \
    ((const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, __VA_ARGS__}),                                                          \
        sizeof((const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, __VA_ARGS__})
    assert_refused(HASH, 7, TEXT, 1, "is no page token");
    assert_refused((const uint8_t[]){8, 7, 6, 5, 4, 3, 2, 1, 0, 0}, 10, TEXT, 1, "another request");
    assert_refused(HASH, 8, TEXT, 1, "damaged");
    assert_refused(TOKEN(0), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 5, 'a'), TEXT, 1, "damaged");
    assert_refused(TOKEN(0xFF, 0xFE, 'a'), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 1, 'a', 'b'), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 1, 0), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 1, 0xFF), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 2, 0xC0, 0x80), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 3, 0xED, 0xA0, 0x80), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 4, 0xF4, 0x90, 0x80, 0x80), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 2, 0xE4, 0xBD), TEXT, 1, "damaged");
    assert_refused(TOKEN(0, 1, 'a'), UUID, 1, "damaged");
    assert_refused(TOKEN(0, 8, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), TIME, 1, "damaged");
    assert_refused(TOKEN(0, 8, 0x80, 0, 0, 0, 0, 0, 0, 0), TIME, 1, "damaged");
    assert_refused(TOKEN(0, 4, 0x7F, 0xFF, 0xFF, 0xFF), DATE, 1, "damaged");
    assert_refused(TOKEN(0, 4, 0x80, 0, 0, 0), DATE, 1, "damaged");
}

static void test_every_cut_of_a_token_is_refused(void **state)
{
    (void)state;
    static const uint32_t TYPES[] = {VALUE_TEXT, VALUE_INT8};
    const char zeros[8] = {0};
    const struct db_parameter keys[] = {{"name", 4}, {zeros, 8}};
    char *token = arena_strdup(arena, page_write_token(HASH, keys, 2, arena));
    for (size_t length = strlen(token) - 1; length > 0; length--) {
        token[length] = '\0';
        struct db_parameter read[2];
        struct error error;
        assert_int_equal(page_read_token(token, HASH, TYPES, 2, arena, read, &error), STATUS_INVALID_ARGUMENT);
    }
}

static void test_hash_leaves_out_the_page_fields_only(void **state)
{
    (void)state;
    struct page_fields fields;
    assert_true(page_find_fields(&kam__v1__list_accounts_request__descriptor,
                                 &kam__v1__list_accounts_response__descriptor, &fields));
    assert_false(page_find_fields(&kam__v1__get_account_request__descriptor, &kam__v1__account__descriptor, &fields));
    Kam__V1__ListAccountsRequest request = KAM__V1__LIST_ACCOUNTS_REQUEST__INIT;
    uint8_t first[PAGE_HASH_BYTES], second[PAGE_HASH_BYTES];
    page_hash_request(&fields, &request.base, first);
    request.page_size = 7;
    request.page_token = (char *)"AAAA";
    page_hash_request(&fields, &request.base, second);
    assert_memory_equal(first, second, PAGE_HASH_BYTES);
    assert_int_equal(request.page_size, 7);
    assert_string_equal(request.page_token, "AAAA");
    request.industry = (char *)"化工";
    page_hash_request(&fields, &request.base, second);
    assert_memory_not_equal(first, second, PAGE_HASH_BYTES);
}

static void test_hash_tells_methods_apart(void **state)
{
    (void)state;
    struct page_fields accounts, contacts;
    assert_true(page_find_fields(&kam__v1__list_accounts_request__descriptor,
                                 &kam__v1__list_accounts_response__descriptor, &accounts));
    assert_true(page_find_fields(&kam__v1__list_contacts_request__descriptor,
                                 &kam__v1__list_contacts_response__descriptor, &contacts));
    Kam__V1__ListAccountsRequest of_accounts = KAM__V1__LIST_ACCOUNTS_REQUEST__INIT;
    Kam__V1__ListContactsRequest of_contacts = KAM__V1__LIST_CONTACTS_REQUEST__INIT;
    uint8_t first[PAGE_HASH_BYTES], second[PAGE_HASH_BYTES];
    page_hash_request(&accounts, &of_accounts.base, first);
    page_hash_request(&contacts, &of_contacts.base, second);
    assert_memory_not_equal(first, second, PAGE_HASH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip_of_every_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_null_and_empty_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_token_is_the_first_page, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_base64_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hostile_tokens_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_cut_of_a_token_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hash_leaves_out_the_page_fields_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hash_tells_methods_apart, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
