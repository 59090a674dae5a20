// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// What people put into the cells of a spreadsheet.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "import_clean.h"

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

static const char *moment(const char *text, enum clean_date_order order)
{
    struct clean_moment one;
    static char shown[64];
    if (clean_moment(arena, clean_form(arena, text), order, &one) != NULL)
        return "refused";
    int length = snprintf(shown, sizeof shown, "%04d-%02d-%02d", one.year, one.month, one.day);
    if (one.has_clock)
        snprintf(shown + length, sizeof shown - (size_t)length, " %02d:%02d:%02d", one.hour, one.minute, one.second);
    return shown;
}

static void test_dates(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"2009.05", "2009-05-01"},
        {"2009.5.1", "2009-05-01"},
        {"2009.5.", "2009-05-01"},
        {"2009年5月", "2009-05-01"},
        {"2009年5月1日", "2009-05-01"},
        {"２００９年５月３１号", "2009-05-31"},
        {"2009年", "2009-01-01"},
        {"09年5月3日", "2009-05-03"},
        {"98年", "1998-01-01"},
        {"2009/5/1", "2009-05-01"},
        {"2009／5／1", "2009-05-01"},
        {"2009-05-01", "2009-05-01"},
        {"20090501", "2009-05-01"},
        {"200905", "2009-05-01"},
        {"2009", "2009-01-01"},
        {"39934", "2009-05-01"},
        {"39934.5", "2009-05-01 12:00:00"},
        {"5/2009", "2009-05-01"},
        {"31/5/2009", "2009-05-31"},
        {"5/31/2009", "2009-05-31"},
        {"5/5/2009", "2009-05-05"},
        {"4/5/2009", "refused"},
        {"2009/5/1 14:30", "2009-05-01 14:30:00"},
        {"2009/5/1 0:00:00", "2009-05-01 00:00:00"},
        {"2009-05-01T14:30:05.123", "2009-05-01 14:30:05"},
        {"2009年5月1日 下午2点30分", "2009-05-01 14:30:00"},
        {"2009/5/1 2:30 PM", "2009-05-01 14:30:00"},
        {"2009-02-30", "refused"},
        {"2009.13", "refused"},
        {"2009年13月", "refused"},
        {"2009/5/1 25:00", "refused"},
        {"yesteryear", "refused"},
        {"", "refused"},
        {"99999", "refused"},
        {"123456789012", "refused"},
        {"2009-05-01x", "refused"},
        {"98.5.1", "refused"},
        {"0001-01-01", "refused"},
        {"31/5/0009", "refused"},
        {"0098-05-01", "refused"},
        {"31/5/09", "2009-05-31"},
        {"31/5/00", "2000-05-31"},
        {"00年5月", "2000-05-01"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++)
        if (strcmp(moment(cases[at][0], CLEAN_ORDER_UNKNOWN), cases[at][1]) != 0)
            fail_msg("%s: %s, not %s", cases[at][0], moment(cases[at][0], CLEAN_ORDER_UNKNOWN), cases[at][1]);
    assert_string_equal(moment("4/5/2009", CLEAN_ORDER_DMY), "2009-05-04");
    assert_string_equal(moment("4/5/2009", CLEAN_ORDER_MDY), "2009-04-05");
    assert_string_equal(moment("98.5.1", CLEAN_ORDER_YMD), "1998-05-01");
}

static void test_no_dates(void **state)
{
    (void)state;
    static const char *const nothing[] = {"0001-01-01",
                                          "0001-01-01 00:00:00",
                                          "0001-01-01T00:00:00+08:00",
                                          "0001/1/1",
                                          "1/1/0001",
                                          "1/1/0001 12:00:00 AM",
                                          "01.01.0001",
                                          "0001年1月1日",
                                          "0000-00-00",
                                          "0000-00-00 00:00:00",
                                          "０００１－０１－０１"};
    static const char *const others[] = {"",         "0001",       "2001-01-01", "0001-01-02", "01-01-01",
                                         "1-1-1",    "0001-01",    "0-0-0",      "no date",    "0001-01-01x",
                                         "00010101", "1900-01-01", "0001-01-011"};
    for (size_t at = 0; at < sizeof nothing / sizeof nothing[0]; at++)
        if (!clean_is_no_date(clean_form(arena, nothing[at])))
            fail_msg("%s is a date", nothing[at]);
    for (size_t at = 0; at < sizeof others / sizeof others[0]; at++)
        if (clean_is_no_date(clean_form(arena, others[at])))
            fail_msg("%s is no date", others[at]);
}

static void test_amounts(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1.5亿", " 150000000"},
        {"3000万", " 30000000"},
        {"3000万元", "CNY 30000000"},
        {"￥1,200.50", "CNY 1200.5"},
        {"12,000元", "CNY 12000"},
        {"１２，０００元", "CNY 12000"},
        {"500 万美元", "USD 5000000"},
        {"$1,000,000", "USD 1000000"},
        {"CNY 12.34", "CNY 12.34"},
        {"12.34 EUR", "EUR 12.34"},
        {"约300万", " 3000000"},
        {"人民币壹万", "refused"},
        {"100-200万", "refused"},
        {"1,20", "refused"},
        {"1.2.3", "refused"},
        {"-5", " -5"},
        {"0.00012亿", " 12000"},
        {"1.23456万", " 12345.6"},
        {"99999999999999999999", "refused"},
        {"￥5美元", "refused"},
        {"亿", "refused"},
        {"", "refused"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        char currency[4], shown[80] = "refused";
        const char *amount;
        if (clean_amount(arena, clean_form(arena, cases[at][0]), 1, currency, &amount) == NULL)
            snprintf(shown, sizeof shown, "%s %s", currency, amount);
        if (strcmp(shown, cases[at][1]) != 0)
            fail_msg("%s: %s, not %s", cases[at][0], shown, cases[at][1]);
    }
    char currency[4];
    const char *amount;
    assert_null(clean_amount(arena, "1.5", 10000, currency, &amount));
    assert_string_equal(amount, "15000.0");
}

static void test_counts(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1,200人", "1200"}, {"约500", "500"}, {"５００", "500"}, {"1.2万", "12000"}, {"500+", "500"},
        {"100-200", ""},     {"1.5", ""},      {"几百人", ""},    {"3.0", "3"},       {"120 分钟", "120"}};
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        const char *count = "";
        if (clean_count(arena, clean_form(arena, cases[at][0]), &count) != NULL)
            count = "";
        if (strcmp(count, cases[at][1]) != 0)
            fail_msg("%s: %s, not %s", cases[at][0], count, cases[at][1]);
    }
}

static void test_phones(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"电话：０５７１－１２３４５６７", "0571-1234567"},
                                           {"13800000000.0", "13800000000"},
                                           {"'13800000000", "13800000000"},
                                           {"0571-8888转801", "0571-8888x801"},
                                           {"（010）8888 8888", "(010)8888 8888"},
                                           {"1.39E+10", ""}};
    for (size_t at = 0; at < sizeof cases / sizeof cases[0]; at++) {
        const char *phone = "";
        if (clean_phone(arena, clean_form(arena, cases[at][0]), &phone) != NULL)
            phone = "";
        if (strcmp(phone, cases[at][1]) != 0)
            fail_msg("%s: %s, not %s", cases[at][0], phone, cases[at][1]);
    }
}

static void test_texts(void **state)
{
    (void)state;
    assert_string_equal(clean_text(arena, "　ＡＢＣ１２３（中国）　\xe2\x80\x8b"), "ABC123（中国）");
    assert_string_equal(clean_text(arena, "a\xc2\xa0 b\r\n"), "a  b");
    assert_string_equal(clean_text(arena, "\xff"), "\xff");
    assert_true(clean_is_placeholder("无") && clean_is_placeholder("n/a") && clean_is_placeholder("—"));
    assert_false(clean_is_placeholder("无锡") || clean_is_placeholder(""));
    const char *const *parts;
    size_t count;
    clean_split(arena, "张三、李四 ／王五；", true, &parts, &count);
    assert_int_equal(count, 3);
    assert_string_equal(parts[1], "李四");
    assert_string_equal(parts[2], "王五");
    clean_split(arena, "Smith, John", false, &parts, &count);
    assert_int_equal(count, 1);
    clean_split(arena, "、、", true, &parts, &count);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),  cmocka_unit_test(test_no_dates), cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_counts), cmocka_unit_test(test_phones),   cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
