// SPDX-License-Identifier: Apache-2.0
#include "table.h"

#include <string.h>

#include "text.h"

enum { GAP = 2, NARROWEST = 16, FEWEST_COLUMNS = 2 };

static const char **grow(struct table *table, const char **cells, size_t capacity)
{
    const char **grown = arena_alloc(table->arena, capacity * table->column_count * sizeof *grown);
    if (table->row_count > 0)
        memcpy(grown, cells, table->row_count * table->column_count * sizeof *grown);
    return grown;
}

void table_add_toned_row(struct table *table, const char *const cells[], const char *const begins[])
{
    if (table->row_count == table->row_capacity) {
        table->row_capacity = table->row_capacity == 0 ? 32 : 2 * table->row_capacity;
        table->cells = grow(table, table->cells, table->row_capacity);
        table->begins = grow(table, table->begins, table->row_capacity);
    }
    size_t first = table->row_count * table->column_count;
    for (size_t at = 0; at < table->column_count; at++) {
        table->cells[first + at] = cells[at];
        table->begins[first + at] = begins == NULL ? NULL : begins[at];
    }
    table->row_count++;
}

void table_add_row(struct table *table, const char *const cells[])
{
    table_add_toned_row(table, cells, NULL);
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

static void print_cells(const struct table *table, FILE *out, const char *const cells[], const char *const begins[],
                        const size_t widths[], size_t count, const char *plain)
{
    size_t last = 0; // nothing is padded after the last text of a line
    for (size_t at = 0; at < count; at++)
        if (*cells[at] != '\0')
            last = at;
    for (size_t at = 0; at <= last; at++) {
        const char *cell = text_cut(table->arena, cells[at], widths[at]);
        size_t padding = widths[at] - text_width(cell);
        const char *begin = begins == NULL || begins[at] == NULL ? "" : begins[at];
        const char *end = *begin == '\0' ? "" : plain;
        if (table->is_right[at])
            fprintf(out, "%*s%s%s%s", (int)padding, "", begin, cell, end);
        else
            fprintf(out, "%s%s%s%*s", begin, cell, end, at == last ? 0 : (int)padding, "");
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
    print_cells(table, out, table->headings, NULL, widths, count, plain);
    fprintf(out, "%s\n", plain);
    for (size_t row = 0; row < table->row_count; row++) {
        fputs(indent, out);
        size_t first = row * table->column_count;
        print_cells(table, out, table->cells + first, table->begins + first, widths, count, plain);
        fputc('\n', out);
    }
    return count;
}
