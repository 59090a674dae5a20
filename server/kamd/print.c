// SPDX-License-Identifier: Apache-2.0
// Aligned tables, with wide characters counted as two: see print.h.
#include "kamd/print.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/require.h"
#include "kamd/command.h"
#include "kamd/operator.h"

enum { GAP = 2 };

static int measure(const char *text)
{
    int width = 0;
    const uint8_t *at = (const uint8_t *)text;
    while (*at != '\0') {
        utf8proc_int32_t character;
        utf8proc_ssize_t length = utf8proc_iterate(at, -1, &character);
        if (length <= 0) {
            length = 1;
            character = '?';
        }
        width += utf8proc_charwidth(character);
        at += length;
    }
    return width;
}

// Control characters have no business in a name, but a terminal would obey them.
static void print_cell(const char *text, int width)
{
    for (const char *at = text; *at != '\0'; at++)
        putchar((unsigned char)*at < 0x20 || *at == 0x7F ? '?' : *at);
    printf("%*s", width - measure(text), "");
}

static const char *cell(const struct db_rows *rows, size_t row, size_t column)
{
    const char *value = db_rows_value(rows, row, column);
    return value != NULL ? value : "";
}

static void print_table(const struct db_rows *rows, const char *const *headings)
{
    int widths[PRINT_COLUMNS_MAX];
    size_t columns = 0;
    for (; headings[columns] != NULL; columns++) {
        REQUIRE(columns < PRINT_COLUMNS_MAX);
        widths[columns] = measure(headings[columns]);
        for (size_t row = 0; row < db_rows_count(rows); row++)
            if (measure(cell(rows, row, columns)) > widths[columns])
                widths[columns] = measure(cell(rows, row, columns));
        widths[columns] += GAP;
    }
    for (size_t column = 0; column < columns; column++)
        print_cell(headings[column], widths[column]);
    putchar('\n');
    for (size_t row = 0; row < db_rows_count(rows); row++) {
        for (size_t column = 0; column < columns; column++)
            print_cell(cell(rows, row, column), widths[column]);
        putchar('\n');
    }
}

int print_query(const struct options *options, const char *sql, const char *const *headings)
{
    struct error error;
    struct operator* operator= NULL;
    struct db_rows *rows = NULL;
    enum status status = operator_open(options, &operator, & error);
    if (status == STATUS_OK)
        status = db_direct_query(operator_direct(operator), sql, NULL, 0, &rows, &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    print_table(rows, headings);
    db_rows_destroy(rows);
    return EXIT_OK;
}
