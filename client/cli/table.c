// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

#include "text.h"

enum { GAP = 2, NARROWEST = 12, FEWEST_COLUMNS = 2 };

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

static size_t line_width(const size_t widths[], size_t count)
{
    size_t total = 0;
    for (size_t at = 0; at < count; at++)
        total += widths[at] + (at > 0 ? GAP : 0);
    return total;
}

// Takes from the widest text until the first `count` columns fit. False when they do not.
static bool fit(const struct table *table, size_t widths[], size_t count, size_t room, size_t narrowest)
{
    for (size_t total = line_width(widths, count); total > room; total--) {
        size_t widest = count;
        for (size_t at = 0; at < count; at++)
            if (!table->is_firm[at] && widths[at] > narrowest && (widest == count || widths[at] > widths[widest]))
                widest = at;
        if (widest == count)
            return false;
        widths[widest]--;
    }
    return true;
}

// How many columns have room, and how wide each is.
static size_t lay_out(const struct table *table, size_t widths[], size_t room)
{
    size_t natural[TABLE_MOST_COLUMNS];
    memcpy(natural, widths, table->column_count * sizeof *widths);
    for (size_t count = table->column_count; count >= FEWEST_COLUMNS; count--) {
        memcpy(widths, natural, count * sizeof *widths);
        if (fit(table, widths, count, room, NARROWEST))
            return count;
    }
    size_t count = table->column_count < FEWEST_COLUMNS ? table->column_count : FEWEST_COLUMNS;
    fit(table, widths, count, room, 1);
    return count;
}

static void print_cells(const struct table *table, FILE *out, const char *const cells[], const size_t widths[],
                        size_t count)
{
    size_t last = 0; // nothing is padded after the last text of a line
    for (size_t at = 0; at < count; at++)
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

size_t table_print(const struct table *table, FILE *out, size_t width, const char *bold, const char *plain,
                   const char *indent)
{
    if (table->column_count == 0) // rows in which no field is set
        return 0;
    size_t widths[TABLE_MOST_COLUMNS];
    for (size_t at = 0; at < table->column_count; at++) {
        widths[at] = text_width(table->headings[at]);
        for (size_t row = 0; row < table->row_count; row++) {
            size_t cell = text_width(table->cells[row * table->column_count + at]);
            widths[at] = cell > widths[at] ? cell : widths[at];
        }
    }
    size_t count = table->column_count;
    if (width > 0)
        count = lay_out(table, widths, width > strlen(indent) ? width - strlen(indent) : 0);
    fprintf(out, "%s%s", indent, bold);
    print_cells(table, out, table->headings, widths, count);
    fprintf(out, "%s\n", plain);
    for (size_t row = 0; row < table->row_count; row++) {
        fputs(indent, out);
        print_cells(table, out, table->cells + row * table->column_count, widths, count);
        fputc('\n', out);
    }
    return count;
}
