// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// CSV as spreadsheets write it, and as nobody should.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv_read.h"

static struct arena *arena;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_create(1 << 26);
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct csv_table read_good(const char *text, const char *encoding)
{
    struct csv_table table;
    const char *wrong = csv_read(arena, text, strlen(text), encoding, &table);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    csv_take_heading(arena, &table, 0, 1);
    return table;
}

static const char *read_bad(const char *text, size_t length, const char *encoding)
{
    struct csv_table table;
    const char *wrong = csv_read(arena, text, length, encoding, &table);
    assert_non_null(wrong);
    return wrong;
}

static void test_plain(void **state)
{
    (void)state;
    struct csv_table table =
        read_good("\xef\xbb\xbfname, phone \r\nAcme,\"1,2\"\r\n\r\n\"two\nlines\",\"say \"\"hi\"\"\"\nlast", NULL);
    assert_int_equal(table.header.count, 2);
    assert_string_equal(csv_cell(&table.header, 0), "name");
    assert_string_equal(csv_cell(&table.header, 1), "phone");
    assert_int_equal(table.row_count, 3);
    assert_string_equal(csv_cell(&table.rows[0], 1), "1,2");
    assert_int_equal(table.rows[0].line, 2);
    assert_string_equal(csv_cell(&table.rows[1], 0), "two\nlines");
    assert_string_equal(csv_cell(&table.rows[1], 1), "say \"hi\"");
    assert_int_equal(table.rows[1].line, 4);
    assert_string_equal(csv_cell(&table.rows[2], 0), "last");
    assert_int_equal(table.rows[2].line, 6);
    assert_string_equal(csv_cell(&table.rows[2], 7), "");
}

static void test_line_ends(void **state)
{
    (void)state;
    struct csv_table table = read_good("name,phone\rAcme,1\r\rZenith,\"2\r3\"\rlast,4", NULL);
    assert_int_equal(table.row_count, 3);
    assert_string_equal(csv_cell(&table.rows[0], 0), "Acme");
    assert_int_equal(table.rows[0].line, 2);
    assert_string_equal(csv_cell(&table.rows[1], 1), "2\r3");
    assert_int_equal(table.rows[1].line, 4);
    assert_int_equal(table.rows[2].line, 6);
}

static void test_delimiters(void **state)
{
    (void)state;
    assert_string_equal(csv_cell(&read_good("a;b\n1,5;2\n", NULL).rows[0], 0), "1,5");
    assert_string_equal(csv_cell(&read_good("a\tb\n1\t2\n", NULL).rows[0], 1), "2");
    assert_int_equal(read_good("a,,\n,,\n1,2,3\n", NULL).row_count, 1);
}

static void test_encodings(void **state)
{
    (void)state;
    struct csv_table table = read_good("\xbf\xcd\xbb\xa7,\xd0\xd0\xd2\xb5\n\xbb\xaa\xb1\xb1,\xbb\xfa\xb4\xb2\n", "GBK");
    assert_string_equal(csv_cell(&table.header, 0), "客户");
    assert_string_equal(csv_cell(&table.rows[0], 1), "机床");
    table = read_good("\xbf\xcd\xbb\xa7\n\xbb\xaa\xb1\xb1\n", NULL);
    assert_string_equal(table.encoding, "GB18030");
    assert_string_equal(csv_cell(&table.header, 0), "客户");
    assert_non_null(strstr(read_bad("M\xfcller,caf\xe9\n", 12, NULL), "--encoding"));
    static const char wide[] = "\xff\xfe\x0d\x4e\x09\x00\x1a\x4e\x0a\x00\x31\x00\x09\x00\x32\x00\x0a";
    assert_null(csv_read(arena, wide, sizeof wide, NULL, &table));
    assert_string_equal(table.rows[0].cells[0], "不");
    assert_string_equal(table.rows[1].cells[1], "2");
    assert_non_null(strstr(read_bad("a\nb\xff\xff\n", 6, "GBK"), "2"));
    assert_non_null(strstr(read_bad("a\n", 2, "klingon"), "klingon"));
}

static void test_refusals(void **state)
{
    (void)state;
    read_bad("", 0, NULL);
    read_bad("\n\n", 2, NULL);
    read_bad("a\0b\n", 4, NULL);
    read_bad("PK\x03\x04\0\0", 6, NULL);
    assert_non_null(strstr(read_bad("a,b\n1,\"x\"y\n", 11, NULL), "2"));
    assert_non_null(strstr(read_bad("a,b\n1,2\n3,\"open\n\n", 17, NULL), "3"));
    char wide[1000];
    memset(wide, ',', sizeof wide);
    assert_non_null(strstr(read_bad(wide, sizeof wide, NULL), "200"));
    // A cell of the largest size, and one more byte in the third column of the second line.
    enum { LARGEST = CSV_MOST_CELL_BYTES };
    char *text = calloc(1, LARGEST + 100);
    assert_non_null(text);
    memcpy(text, "a,b,c\n1,2,\"", 11);
    memset(text + 11, 'x', LARGEST);
    memcpy(text + 11 + LARGEST, "\"\n", 3);
    assert_int_equal(strlen(read_good(text, NULL).rows[0].cells[2]), LARGEST);
    memcpy(text + 11 + LARGEST, "x\"\n", 4);
    assert_non_null(strstr(read_bad(text, strlen(text), NULL), "line 2, column 3"));
    free(text);
}

static void test_many_rows(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    char *text = malloc(ROWS * 8 + 8);
    size_t used = 0;
    assert_non_null(text);
    for (int at = 0; at <= ROWS; at++)
        used += (size_t)(memcpy(text + used, "abc,d\n", 6) != NULL) * 6;
    struct csv_table table;
    assert_null(csv_read(arena, text, used, NULL, &table));
    assert_int_equal(table.row_count, ROWS + 1);
    assert_int_equal(table.rows[ROWS].line, ROWS + 1);
    free(text);
}

static void test_headings(void **state)
{
    (void)state;
    struct csv_table table;
    static const char text[] = "客户登记表,,,\n名称,联系,,备注\n,电话,地址,\nA,1,2,3\n";
    assert_null(csv_read(arena, text, strlen(text), NULL, &table));
    csv_take_heading(arena, &table, 1, 2);
    static const char *const wanted[] = {"名称", "联系/电话", "联系/地址", "备注"};
    for (size_t at = 0; at < 4; at++)
        assert_string_equal(csv_cell(&table.header, at), wanted[at]);
    assert_int_equal(table.row_count, 1);
    assert_int_equal(table.rows[0].line, 4);
    assert_string_equal(csv_cell(&table.heading[1], 2), "地址");
    // Titles without marks, and commas in the numbers of a file of tabs.
    assert_null(csv_read(arena, "title\na\tb\n1,2\t3,4\n5\t6\n", 22, NULL, &table));
    assert_string_equal(csv_cell(&table.rows[2], 1), "3,4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),     cmocka_unit_test(test_line_ends), cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_refusals),  cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_headings),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
