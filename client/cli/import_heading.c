// SPDX-License-Identifier: Apache-2.0
// Where the heading of the table is: registers have titles above it, and headings of two rows with merged cells.
#include <stdlib.h>
#include <string.h>

#include "import.h"

enum { ROWS_LOOKED_AT = 12, MOST_HEADING_ROWS = 5 };

// How many different fields the heading would give.
static size_t count_fields(struct import *import, size_t first, size_t count)
{
    struct csv_row heading = csv_join_heading(import->app->arena, &import->table, first, count);
    struct import_target found[CSV_MOST_COLUMNS];
    size_t fields = 0;
    for (size_t column = 0; column < heading.count; column++) {
        import_guess_target(import, heading.cells[column], &found[fields]);
        bool is_new = found[fields].name != NULL;
        for (size_t before = 0; before < fields && is_new; before++)
            is_new = strcmp(found[before].name, found[fields].name) != 0;
        fields += is_new;
    }
    return fields;
}

// With a mapping: how many of its columns the heading has.
static size_t count_mapped(struct import *import, size_t first, size_t count)
{
    struct arena *arena = import->app->arena;
    struct csv_row heading = csv_join_heading(arena, &import->table, first, count);
    size_t found = 0;
    for (size_t at = 0; at < import->mapping.column_count; at++)
        for (size_t column = 0; column < heading.count; column++)
            if (strcmp(import_fold_heading(arena, heading.cells[column]),
                       import_fold_heading(arena, import->mapping.columns[at].value)) == 0) {
                found++;
                break;
            }
    return found;
}

static size_t score(struct import *import, size_t first, size_t count)
{
    return import->mapping.has_columns ? count_mapped(import, first, count) : count_fields(import, first, count);
}

// A line over the whole table fills one cell, at most two.
static bool is_title(const struct csv_table *table, size_t row)
{
    size_t filled = 0, widest = 0;
    for (size_t at = 0; at < table->row_count && at < ROWS_LOOKED_AT; at++)
        widest = table->rows[at].count > widest ? table->rows[at].count : widest;
    for (size_t at = 0; at < table->rows[row].count; at++)
        filled += *table->rows[row].cells[at] != '\0';
    return widest > 2 && filled <= (widest > 4 ? 2 : 1);
}

// Totals at the end, and headings repeated on every printed page.
static bool is_no_record(const struct import *import, const struct csv_row *row)
{
    static const char *const totals[] = {"合计", "总计", "小计", "共计", "total", "grand total", "subtotal"};
    const char *first = "";
    bool is_heading = false;
    for (size_t at = 0; at < row->count && *first == '\0'; at++)
        first = row->cells[at];
    for (size_t line = 0; line < import->table.heading_rows && !is_heading; line++) {
        is_heading = true;
        for (size_t at = 0; at < row->count; at++)
            is_heading = is_heading && strcmp(row->cells[at], csv_cell(&import->table.heading[line], at)) == 0;
    }
    for (size_t at = 0; at < sizeof totals / sizeof totals[0]; at++)
        if (strcasecmp(first, totals[at]) == 0)
            return true;
    return is_heading;
}

static void say_skipped(struct import *import, const struct csv_row *row)
{
    const char *first = "";
    for (size_t at = 0; at < row->count && *first == '\0'; at++)
        first = row->cells[at];
    if (!import->app->settings.json)
        fprintf(stderr, _("kam: line %zu is no row of the table and is skipped: %s\n"), row->line,
                app_clean(import->app, first));
}

static void drop_no_records(struct import *import)
{
    struct csv_table *table = &import->table;
    size_t kept = 0;
    for (size_t at = 0; at < table->row_count; at++)
        if (is_no_record(import, &table->rows[at]))
            say_skipped(import, &table->rows[at]);
        else
            table->rows[kept++] = table->rows[at];
    table->row_count = kept;
}

enum exit_code import_find_heading(struct import *import)
{
    struct csv_table *table = &import->table;
    const char *wanted = invocation_flag(import->invocation, "heading-rows");
    size_t rows = import->mapping.heading_rows;
    if (wanted != NULL) {
        char *end;
        rows = strtoul(wanted, &end, 10);
        if (*end != '\0' || rows < 1 || rows > MOST_HEADING_ROWS)
            return app_refuse(import->app, EXIT_USAGE, _("--heading-rows %s: must be a number from 1 to %d"), wanted,
                              MOST_HEADING_ROWS);
    }
    size_t best_first = 0, best_count = rows == 0 ? 1 : rows, best = 0;
    for (size_t first = 0; first < table->row_count && first < ROWS_LOOKED_AT; first++)
        for (size_t count = rows == 0 ? 1 : rows; count <= (rows == 0 ? 2 : rows) && first + count <= table->row_count;
             count++) {
            size_t here = score(import, first, count);
            if (here > best) {
                best = here;
                best_first = first;
                best_count = count;
            }
        }
    while (best == 0 && best_first + best_count < table->row_count && is_title(table, best_first))
        best_first++;
    for (size_t at = 0; at < best_first; at++)
        say_skipped(import, &table->rows[at]);
    csv_take_heading(import->app->arena, table, best_first, best_count);
    drop_no_records(import);
    return EXIT_OK;
}
