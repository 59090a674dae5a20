// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// What reaches a terminal: widths, cutting, escaping, tables; times and amounts as people write them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "message.h"
#include "table.h"
#include "text.h"
#include "value.h"
#include "when.h"

static struct arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_create(1 << 24);
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("Acme"), 4);
    assert_int_equal(text_width("华北机床"), 8);
    assert_int_equal(text_width("e\u0301le\u0300ve"), 5);                          // combining accents
    assert_int_equal(text_width("\U0001F600"), 2);                                 // emoji
    assert_int_equal(text_width("\U0001F468\u200D\U0001F469\u200D\U0001F467"), 2); // a family, joined
    assert_int_equal(text_width("\uFF21"), 2);                                     // full-width A
    assert_int_equal(text_width("\uAC00"), 2);                                     // Hangul
}

static void test_cuts(void **state)
{
    (void)state;
    assert_string_equal(text_cut(arena, "Acme", 4), "Acme");
    assert_string_equal(text_cut(arena, "Acme", 3), "Ac\u2026");
    assert_string_equal(text_cut(arena, "华北机床", 8), "华北机床");
    assert_string_equal(text_cut(arena, "华北机床", 7), "华北机\u2026");
    assert_string_equal(text_cut(arena, "华北机床", 6), "华北\u2026"); // half a character is none
    assert_string_equal(text_cut(arena, "e\u0301e\u0301e\u0301", 2), "e\u0301\u2026");
    assert_string_equal(text_cut(arena, "Acme", 1), "\u2026");
    assert_string_equal(text_cut(arena, "Acme", 0), "");
}

static void test_nothing_commands_the_terminal(void **state)
{
    (void)state;
    assert_string_equal(text_clean(arena, "a\033[31mb\007\b\177", false), "a\\x1b[31mb\\x07\\x08\\x7f");
    assert_string_equal(text_clean(arena,
                                   "a\xc2\x9b"
                                   "31m",
                                   false),
                        "a\\x9b31m"); // CSI as one C1 character
    assert_string_equal(text_clean(arena, "a\xff\xc3", false), "a\\xff\\xc3");
    assert_string_equal(text_clean(arena, "safe\u202Etxt.exe", false), "safe\\u202etxt.exe");
    assert_string_equal(text_clean(arena, "one\ntwo\tthree\r\nfour", false), "one two three four");
    assert_string_equal(text_clean(arena, "one\ntwo\r\nthree\rfour", true), "one\ntwo\nthree\\x0dfour");
    assert_string_equal(text_clean(arena, "华北 \U0001F468\u200D\U0001F469", false), "华北 \U0001F468\u200D\U0001F469");
}

static void test_lines(void **state)
{
    (void)state;
    assert_int_equal(text_fit_line("one two three", 8), 8);
    assert_int_equal(text_fit_line("one\ntwo", 80), 3);
    assert_int_equal(text_fit_line("abcdefgh", 3), 3);
    assert_int_equal(text_fit_line("华北机床", 5), 6);   // two characters of three bytes
    assert_int_equal(text_fit_line("华北，机床", 5), 3); // no line begins with a comma
    assert_int_equal(text_fit_line("，，，，", 4), 6);
    assert_int_equal(text_fit_line("", 5), 0);
}

static void check_table(size_t width, const char *wanted)
{
    struct table table = {
        .arena = arena, .column_count = 3, .headings = {"Code", "Name", "N"}, .is_right = {false, false, true}};
    table_add_row(&table, (const char *const[]){"K-1", "华北机床股份有限公司", "12"});
    table_add_row(&table, (const char *const[]){"K-22", "Acme", ""});
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    table_print(&table, out, width, "", "", "");
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_tables(void **state)
{
    (void)state;
    check_table(0, "Code  Name                   N\nK-1   华北机床股份有限公司  12\nK-22  Acme\n");
    check_table(26, "Code  Name               N\nK-1   华北机床股份有…   12\nK-22  Acme\n");
}

static void test_what_is_worth_nothing_when_cut_stays_whole(void **state)
{
    (void)state;
    struct table table = {.arena = arena,
                          .column_count = 4,
                          .headings = {"Code", "Name", "Phone", "Note"},
                          .is_firm = {true, false, true, false}};
    table_add_row(&table, (const char *const[]){"K-000001", "Acme Corporation of the North", "+86 10 5555 0100",
                                                "a note of some length"});
    static const struct {
        size_t width, shown;
        const char *wanted;
    } cases[] = {
        {0, 4, "K-000001  Acme Corporation of the North  +86 10 5555 0100  a note of some length\n"},
        {64, 4, "K-000001  Acme Corporation…  +86 10 5555 0100  a note of some l…\n"},
        {50, 3, "K-000001  Acme Corporation of t…  +86 10 5555 0100\n"},
        {30, 2, "K-000001  Acme Corporation of…\n"},
        {12, 2, "K-000001  A…\n"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        char *text;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        size_t shown = table_print(&table, out, cases[at].width, "", "", "");
        fclose(out);
        assert_int_equal(shown, cases[at].shown);
        assert_string_equal(strchr(text, '\n') + 1, cases[at].wanted);
        free(text);
    }
}

static void test_names_are_compared_folded(void **state)
{
    (void)state;
    assert_string_equal(text_fold(arena, "ＡＣＭＥ Café"), text_fold(arena, "acme CAFE\u0301"));
    assert_string_not_equal(text_fold(arena, "氯碱"), text_fold(arena, "氯"));
}

static void test_distances(void **state)
{
    (void)state;
    assert_int_equal(text_distance("acount", "account", 9), 1);
    assert_int_equal(text_distance("lsit", "list", 9), 1);
    assert_int_equal(text_distance("", "list", 9), 4);
    assert_int_equal(text_distance("same", "same", 9), 0);
    assert_int_equal(text_distance("abcdef", "uvwxyz", 3), 3);
}

static const time_t noon = 1795262400; // 2026-11-21 12:00 UTC, a Saturday

static void check_time(const char *text, const char *wanted)
{
    int64_t seconds;
    int32_t nanos;
    if (!when_parse_time(text, noon, &seconds, &nanos))
        fail_msg("'%s' is no time", text);
    time_t instant = (time_t)seconds;
    struct tm local;
    char shown[40];
    localtime_r(&instant, &local);
    strftime(shown, sizeof shown, "%Y-%m-%d %H:%M", &local);
    assert_string_equal(shown, wanted);
}

static void test_times(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    check_time("now", "2026-11-21 20:00");
    check_time("today", "2026-11-21 09:00");
    check_time("tomorrow 9:30", "2026-11-22 09:30");
    check_time("Yesterday 14:00", "2026-11-20 14:00");
    check_time("14:30", "2026-11-21 14:30");
    check_time("monday 10:00", "2026-11-23 10:00");
    check_time("sat", "2026-11-28 09:00"); // the next one
    check_time("in 3 days", "2026-11-24 09:00");
    check_time("in 2 days 14:00", "2026-11-23 14:00");
    check_time("in 2 hours", "2026-11-21 22:00");
    check_time("2026-12-24 18:00", "2026-12-24 18:00");
    check_time("2026-12-24T18:00", "2026-12-24 18:00");
    check_time("2026-12-24T18:00:00Z", "2026-12-25 02:00");
    check_time("明天 9:00", "2026-11-22 09:00");
    check_time("+3d", "2026-11-24 09:00");
    check_time("+2d 14:00", "2026-11-23 14:00");
    check_time("+2h", "2026-11-21 22:00");
    check_time("-30min", "2026-11-21 19:30");
    check_time("2 days ago", "2026-11-19 09:00");
    check_time("周一 10:00", "2026-11-23 10:00");
    check_time("3天后", "2026-11-24 09:00");
    check_time("2小时后", "2026-11-21 22:00");
    static const char *const wrong[] = {
        "",   "soon", "25:00", "tomorrow at nine", "2026-02-30", "in days",  "in 3", "9", "+d",
        "+3", "3d",   "++3d",  "in 3 dayss",       "in +3 days", "+999999d", "周八"};
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++)
        assert_false(when_parse_time(wrong[at], noon, &(int64_t){0}, &(int32_t){0}));
    int year, month, day;
    assert_true(when_parse_date("1998", noon, &year, &month, &day) && year == 1998 && month == 1 && day == 1);
    assert_true(when_parse_date("1998/5/1", noon, &year, &month, &day) && month == 5 && day == 1);
    assert_true(when_parse_date("1998年5月1日", noon, &year, &month, &day) && month == 5 && day == 1);
    assert_false(when_parse_date("1998-5-1 12:00", noon, &year, &month, &day));
    assert_false(when_parse_date("31.12.1998", noon, &year, &month, &day));
}

static void check_date(const char *text, const char *wanted)
{
    int year, month, day;
    char shown[40];
    if (!when_parse_date(text, noon, &year, &month, &day))
        fail_msg("'%s' is no date", text);
    snprintf(shown, sizeof shown, "%04d-%02d-%02d", year, month, day);
    assert_string_equal(shown, wanted);
}

// Noon is on a Saturday.
static void test_relative_dates(void **state)
{
    (void)state;
    setenv("TZ", "Asia/Shanghai", 1);
    tzset();
    check_date("yesterday", "2026-11-20");
    check_date("tomorrow", "2026-11-22");
    check_date("后天", "2026-11-23");
    check_date("in 3 days", "2026-11-24");
    check_date("in 1 day", "2026-11-22");
    check_date(" In 2 weeks ", "2026-12-05");
    check_date("in 2 months", "2027-01-21");
    check_date("in 12 months", "2027-11-21");
    check_date("11 months ago", "2025-12-21");
    check_date("3个月前", "2026-08-21");
    check_date("+3d", "2026-11-24");
    check_date("+2w", "2026-12-05");
    check_date("-1w", "2026-11-14");
    check_date("+40 days", "2026-12-31");
    check_date("3 days ago", "2026-11-18");
    check_date("friday", "2026-11-27");
    check_date("saturday", "2026-11-28"); // the next one
    check_date("周五", "2026-11-27");
    check_date("星期日", "2026-11-22");
    check_date("下周一", "2026-11-23");
    check_date("下周日", "2026-11-29");
    check_date("3天后", "2026-11-24");
    check_date("2 周后", "2026-12-05");
    check_date("2个月后", "2027-01-21");
    check_date("10天前", "2026-11-11");
    struct tm end = {.tm_year = 126, .tm_mon = 0, .tm_mday = 31, .tm_hour = 12};
    int year, month, day;
    assert_true(when_parse_date("in 1 month", mktime(&end), &year, &month, &day) && month == 2 && day == 28);
    assert_true(when_parse_date("2 months ago", mktime(&end), &year, &month, &day) && year == 2025 && month == 11 &&
                day == 30);
    static const char *const wrong[] = {"in 3 hours", "+2h",     "+3d 14:00", "+3",        "3",    "3 days",
                                        "in a week",  "someday", "+99999d",   "3天",       "下周", "周八",
                                        "下周五下午", "fri 9",   "-",         "in -3 days"};
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++)
        if (when_parse_date(wrong[at], noon, &(int){0}, &(int){0}, &(int){0}))
            fail_msg("'%s' was taken for a date", wrong[at]);
}

static void test_money(void **state)
{
    (void)state;
    char currency[4];
    int64_t units;
    assert_true(value_parse_money("CNY 5000000.00", currency, &units) && units == 500000000);
    assert_true(value_parse_money("5,000,000 cny", currency, &units) && units == 500000000);
    assert_string_equal(currency, "CNY");
    assert_true(value_parse_money("EUR-12.3", currency, &units) && units == -1230);
    assert_true(value_parse_money("JPY 1200", currency, &units) && units == 1200);
    assert_false(value_parse_money("JPY 1200.5", currency, &units));
    assert_true(value_parse_money("KWD 1.234", currency, &units) && units == 1234);
    static const char *const wrong[] = {
        "", "5000", "CNY", "CNY x", "CNY 1.2.3", "CNY 1.234", "CNY 99999999999999999999", "12 CNYX", "CNY .", "C 12"};
    for (size_t at = 0; at < sizeof wrong / sizeof wrong[0]; at++)
        if (value_parse_money(wrong[at], currency, &units))
            fail_msg("'%s' was taken for money", wrong[at]);
    assert_string_equal(value_format_percent(arena, 1250, true), "12.5 %");
    assert_string_equal(value_format_percent(arena, -5, false), "-0.05");
    assert_string_equal(value_format_percent(arena, INT64_MIN, true), "-92233720368547758.08 %");
    assert_string_equal(value_format_percent(arena, 10000, true), "100 %");
    assert_string_equal(value_format_money(arena, "CNY", 123456789, true), "CNY 1,234,567.89");
    assert_string_equal(value_format_money(arena, "CNY", -5, true), "CNY -0.05");
    assert_string_equal(value_format_money(arena, "JPY", INT64_MIN, false), "JPY -9223372036854775808");
}

static const char *parse_into(ProtobufCMessage *message, const char *name, const char *text)
{
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, name);
    const struct contract_message *contract = contract_find_message(message->descriptor);
    return value_parse(arena, message, field, &contract->fields[field - message->descriptor->fields], text, noon);
}

static void test_values(void **state)
{
    (void)state;
    ProtobufCMessage *account = kam_message_new(&kam__v1__account__descriptor),
                     *activity = kam_message_new(&kam__v1__activity__descriptor);
    assert_null(parse_into(account, "status", "active"));
    assert_int_equal(message_integer(account, "status"), KAM__V1__ACCOUNT_STATUS__ACCOUNT_STATUS_ACTIVE);
    assert_null(parse_into(activity, "kind", "Technical-Exchange"));
    assert_null(parse_into(activity, "kind", "technical_exchange"));
    assert_null(parse_into(activity, "kind", "technical exchange"));
    assert_non_null(strstr(parse_into(activity, "kind", "party"), "site-visit"));
    assert_non_null(parse_into(activity, "kind", "unspecified"));
    assert_non_null(parse_into(account, "name", "two\nlines"));
    assert_null(parse_into(account, "note", "two\nlines"));
    assert_non_null(parse_into(account, "name", "\xff"));
    assert_non_null(parse_into(account, "employees", "-1"));
    assert_non_null(parse_into(account, "employees", "12.5"));
    assert_null(parse_into(account, "employees", "12"));
    for (int at = 0; at < 10; at++)
        assert_null(parse_into(account, "other_names", "x"));
    assert_non_null(parse_into(account, "other_names", "x")); // at most ten
    kam_message_free(account);
    kam_message_free(activity);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_nothing_commands_the_terminal),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_what_is_worth_nothing_when_cut_stays_whole),
        cmocka_unit_test(test_names_are_compared_folded),
        cmocka_unit_test(test_distances),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_relative_dates),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
