// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

#include "text.h"

enum { GAP = 2, NARROWEST = 6 };

void table_add_row(struct table *table, const char *const cells[])
{
    if (table->row_count == table->row_capacity) {
        table->row_capacity = table->row_capacity == 0 ? 32 : 2 * table->row_capacity;
        const char **grown = arena_alloc(table->arena, table->row_capacity * table->column_count * sizeof *grown);
        if (table->row_count > 0)
            memcpy(grown, table->cells, table->row_count * table->column_count * sizeof *grown);
        table->cells = grown;
    }
    memcpy(table->cells + table->row_count * table->column_count, cells, table->column_count * sizeof *cells);
    table->row_count++;
}

// Takes from the widest column until the row fits, but leaves every column readable.
static void fit(size_t widths[], size_t count, size_t room)
{
    for (;;) {
        size_t total = 0, widest = 0;
        for (size_t at = 0; at < count; at++) {
            total += widths[at] + (at > 0 ? GAP : 0);
            widest = widths[at] > widths[widest] ? at : widest;
        }
        if (total <= room || widths[widest] <= NARROWEST)
            return;
        widths[widest]--;
    }
}

static void print_cells(const struct table *table, FILE *out, const char *const cells[], const size_t widths[])
{
    size_t last = 0; // nothing is padded after the last text of a line
    for (size_t at = 0; at < table->column_count; at++)
        if (*cells[at] != '\0')
            last = at;
    for (size_t at = 0; at <= last; at++) {
        const char *cell = text_cut(table->arena, cells[at], widths[at]);
        size_t padding = widths[at] - text_width(cell);
        if (table->is_right[at])
            fprintf(out, "%*s%s", (int)padding, "", cell);
        else
            fprintf(out, "%s%*s", cell, at == last ? 0 : (int)padding, "");
        if (at != last)
            fprintf(out, "%*s", GAP, "");
    }
}

void table_print(const struct table *table, FILE *out, size_t width, const char *bold, const char *plain,
                 const char *indent)
{
    size_t widths[TABLE_MOST_COLUMNS];
    for (size_t at = 0; at < table->column_count; at++) {
        widths[at] = text_width(table->headings[at]);
        for (size_t row = 0; row < table->row_count; row++) {
            size_t cell = text_width(table->cells[row * table->column_count + at]);
            widths[at] = cell > widths[at] ? cell : widths[at];
        }
    }
    if (width > 0)
        fit(widths, table->column_count, width > strlen(indent) ? width - strlen(indent) : 0);
    fprintf(out, "%s%s", indent, bold);
    print_cells(table, out, table->headings, widths);
    fprintf(out, "%s\n", plain);
    for (size_t row = 0; row < table->row_count; row++) {
        fputs(indent, out);
        print_cells(table, out, table->cells + row * table->column_count, widths);
        fputc('\n', out);
    }
}
