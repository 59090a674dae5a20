// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// vCards as telephones, Outlook and strangers write them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vcard_read.h"

static struct arena *arena;
static const struct vcard_remark *remarks;

static int make_arena(void **state)
{
    (void)state;
    arena = arena_create(1 << 27);
    return 0;
}

static int drop_arena(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct csv_table read_good(const char *text)
{
    struct csv_table table;
    const char *wrong = vcard_read(arena, text, strlen(text), NULL, &table, &remarks);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    return table;
}

// The texts of a row's columns of a field, joined.
static const char *get(const struct csv_table *table, size_t row, const char *field)
{
    const char *all = "";
    for (size_t at = 0; at < table->header.count; at++)
        if (strcmp(csv_cell(&table->header, at), field) == 0 && *csv_cell(&table->rows[row], at) != '\0')
            all = arena_printf(arena, "%s%s%s", all, *all == '\0' ? "" : "|", csv_cell(&table->rows[row], at));
    return all;
}

static void test_versions(void **state)
{
    (void)state;
    struct csv_table table = read_good(
        "\xef\xbb\xbf"
        "begin:vcard\r\nversion:3.0\r\nN:张;伟;;;\r\nFN:张伟\r\nNICKNAME:David,老\\,张\r\n"
        "ORG:华北机床\\; 公司;技术部;一\r\nTITLE:总工\r\n 程师\r\nitem1.TEL;TYPE=CELL:138 0013\r\n\t 8000\r\n"
        "item1.X-ABLabel:mobile\r\nTEL;TYPE=\"work,fax\":010-1\r\nEMAIL;X=\"a:b;c\":z@example.com\r\n"
        "X-WECHAT:zw\r\nIMPP;X-SERVICE-TYPE=QQ:x-apple:77\r\nBDAY:1980-01-02\r\nNOTE:eins\\nzwei\r\nNOTE:drei\r\n"
        "PHOTO;ENCODING=b:AAAA\r\n BBBB\r\nEND:VCARD\r\n\r\n"
        "BEGIN:VCARD\nVERSION:4.0\nFN:Ann Lee\nTEL;VALUE=uri:tel:+49-30-1;ext=12\nEMAIL:mailto:a@example.com\n"
        "IMPP:xmpp:ann@example.com\nEND:VCARD\n"
        "BEGIN:VCARD\nVERSION:2.1\nN:Lee;Bob;J.\nORG:A\\;B;\nTEL;CELL:1234567\nTITLE;QUOTED-PRINTABLE:a=3D=\nb\n"
        "NOTE:C:\\new\nLABEL:x\nEND:VCARD");
    assert_int_equal(table.row_count, 3);
    assert_int_equal(table.rows[1].line, 23);
    assert_string_equal(get(&table, 0, "name"), "张伟");
    assert_string_equal(get(&table, 0, "other-name"), "David|老,张");
    assert_string_equal(get(&table, 0, "account"), "华北机床; 公司");
    assert_string_equal(get(&table, 0, "department"), "技术部 / 一");
    assert_string_equal(get(&table, 0, "title"), "总工程师");
    assert_string_equal(get(&table, 0, "phone"), "138 0013 8000");
    assert_string_equal(get(&table, 0, "email"), "z@example.com");
    assert_string_equal(get(&table, 0, "messaging-id"), "wechat:zw|qq:77");
    assert_string_equal(get(&table, 0, "note"), "eins\nzwei\ndrei");
    assert_string_equal(remarks[0].left_out, "TEL;TYPE=FAX, BDAY, PHOTO");
    assert_null(remarks[0].wrong);
    assert_string_equal(get(&table, 1, "name"), "Ann Lee");
    assert_string_equal(get(&table, 1, "phone"), "+49-30-1 x12");
    assert_string_equal(get(&table, 1, "email"), "a@example.com");
    assert_string_equal(get(&table, 1, "messaging-id"), "xmpp:ann@example.com");
    assert_string_equal(get(&table, 2, "name"), "Bob J. Lee");
    assert_string_equal(get(&table, 2, "account"), "A;B");
    assert_string_equal(get(&table, 2, "title"), "a=b");
    assert_string_equal(get(&table, 2, "note"), "C:\\new");
    assert_string_equal(remarks[2].left_out, "LABEL");
}

static void test_charsets(void **state)
{
    (void)state;
    struct csv_table table =
        read_good("BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D5=C5;=CE=\r\n=B0;;;\r\n"
                  "ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=8D=8E=E5=\r\n=8C=97\r\n"
                  "NOTE;ENCODING=QUOTED-PRINTABLE:=0D=0A=XY=4=\r\nEND:VCARD\r\n"
                  "BEGIN:VCARD\r\nFN;CHARSET=UTF-8;QUOTED-PRINTABLE:=FF=FE=31\r\nEND:VCARD\r\n"
                  "BEGIN:VCARD\r\nFN;CHARSET=UNICODELITTLE//X;QUOTED-PRINTABLE:=31\r\nEND:VCARD\r\n"
                  "BEGIN:VCARD\r\nFN;QUOTED-PRINTABLE:a=00b\r\nEND:VCARD\r\n");
    assert_string_equal(get(&table, 0, "name"), "张伟");
    assert_string_equal(get(&table, 0, "account"), "华北");
    assert_string_equal(get(&table, 0, "note"), "=XY=4=");
    assert_null(remarks[0].wrong);
    for (size_t at = 1; at < 4; at++)
        assert_non_null(remarks[at].wrong);
    table = read_good("BEGIN:VCARD\nFN:\xd5\xc5\xce\xb0\nEND:VCARD\n"); // GBK without a word
    assert_string_equal(get(&table, 0, "name"), "张伟");
}

static void test_hostile(void **state)
{
    (void)state;
    struct csv_table table = read_good(
        "BEGIN:VCARD\nF\n N\n ;\n X=\n \"a\n :b\"\n :A\n n\n n\nAGENT:\nBEGIN:VCARD\nFN:inner\nEND:VCARD\nbase64\n"
        "TITLE:x\nBEGIN:VCARD\nFN:second\nEND:VCARD \nBEGIN:VCARD\nFN;QUOTED-PRINTABLE:=\nEND:VCARD\n"
        "BEGIN:VCARD\nFN:last");
    assert_int_equal(table.row_count, 4);
    assert_string_equal(get(&table, 0, "name"), "Ann");
    assert_string_equal(remarks[0].wrong, "has no END:VCARD");
    assert_string_equal(get(&table, 1, "name"), "second");
    assert_null(remarks[1].wrong);
    assert_string_equal(get(&table, 2, "name"), "=");
    assert_string_equal(remarks[3].wrong, "has no END:VCARD");
    static const char *const bad[] = {"", "FN:x\n", "BEGIN:VCALENDAR\n", "BEGIN:VCARD\nEND:VCARD\nEND:VCARD\n"};
    for (size_t at = 0; at < sizeof bad / sizeof bad[0]; at++)
        assert_non_null(vcard_read(arena, bad[at], strlen(bad[at]), NULL, &table, &remarks));
    assert_non_null(vcard_read(arena, "BEGIN:VCARD\0", 12, NULL, &table, &remarks));
}

static void test_sizes(void **state)
{
    (void)state;
    enum { BYTES = 300000 };
    static const char *const names[] = {"FN:", "PHOTO:"};
    for (size_t at = 0; at < 2; at++) {
        char *text = malloc(BYTES), *to = text;
        assert_non_null(text);
        to = stpcpy(stpcpy(to, "BEGIN:VCARD\n"), names[at]);
        for (int line = 0; line < 1000; line++)
            to = stpcpy(to, "0123456789012345678901234567890123456789012345678901234567890123456789\n ");
        stpcpy(to, "\nEND:VCARD\n");
        read_good(text);
        assert_int_equal(remarks[0].wrong != NULL, at == 0);
        free(text);
    }
    const char *card = "BEGIN:VCARD\n";
    for (int at = 0; at < 50; at++)
        card = arena_printf(arena, "%sTEL:12345%02d\nX-%d:y\nNOTE:%0300d\n", card, at, at, at);
    struct csv_table table = read_good(arena_printf(arena, "%sEND:VCARD\n", card));
    assert_int_equal(table.header.count, 2 + 1 + 11); // one number more than a contact may have
    assert_int_equal(strlen(get(&table, 0, "note")), 8192);
    assert_true(strlen(remarks[0].left_out) <= 200);
    assert_true(vcard_is_file("a.VCF", "", 0));
    assert_true(vcard_is_file("a.txt", "\xef\xbb\xbf\r\nBegin:VCard\n", 17));
    assert_false(vcard_is_file("a.csv", "BEGIN:", 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_charsets),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
