// SPDX-License-Identifier: Apache-2.0
#include "csv_read.h"

#include <csv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "csv_decode.h"
#include "language.h"

enum { FIRST_ROWS = 64, LINES_LOOKED_AT = 30, CELL_GROWTH = 1 << 16, MOST_MEMORY_BYTES = 1 << 29 };

struct reader {
    struct arena *arena;
    struct csv_table *table;
    const char *cells[CSV_MOST_COLUMNS];
    size_t count;
    size_t line, row_line;
    bool is_in_row; // a quoted line break is open
    const char *wrong;
};

static void on_field(void *bytes, size_t length, void *data)
{
    struct reader *reader = data;
    const char *text = bytes == NULL ? "" : bytes;
    while (length > 0 && (*text == ' ' || *text == '\t'))
        text++, length--;
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (reader->wrong != NULL)
        return;
    if (reader->count == CSV_MOST_COLUMNS)
        reader->wrong =
            arena_printf(reader->arena, _("line %zu has more than %d columns"), reader->row_line, CSV_MOST_COLUMNS);
    else if (length > CSV_MOST_CELL_BYTES)
        reader->wrong = arena_printf(reader->arena, _("line %zu, column %zu: the cell is larger than %d KiB"),
                                     reader->row_line, reader->count + 1, CSV_MOST_CELL_BYTES / 1024);
    else if (arena_used_bytes(reader->arena) > MOST_MEMORY_BYTES)
        reader->wrong =
            arena_printf(reader->arena, _("line %zu: the file has too many cells: split it"), reader->row_line);
    else
        reader->cells[reader->count++] = length == 0 ? "" : arena_copy(reader->arena, text, length);
}

static void keep_row(struct reader *reader, const struct csv_row *row)
{
    struct csv_table *table = reader->table;
    if (table->row_count == CSV_MOST_ROWS) {
        reader->wrong = arena_printf(reader->arena, _("the file has more than %d rows: split it"), CSV_MOST_ROWS);
        return;
    }
    if (table->row_count == table->row_capacity) {
        table->row_capacity = table->row_capacity == 0 ? FIRST_ROWS : 2 * table->row_capacity;
        struct csv_row *grown = arena_alloc(reader->arena, table->row_capacity * sizeof *grown);
        if (table->row_count > 0)
            memcpy(grown, table->rows, table->row_count * sizeof *grown);
        table->rows = grown;
    }
    table->rows[table->row_count++] = *row;
}

static void on_row(int end, void *data)
{
    (void)end;
    struct reader *reader = data;
    bool has_text = false;
    for (size_t at = 0; at < reader->count; at++)
        has_text = has_text || *reader->cells[at] != '\0';
    if (has_text && reader->wrong == NULL) {
        struct csv_row row = {.line = reader->row_line, .count = reader->count};
        row.cells = arena_alloc(reader->arena, (reader->count + 1) * sizeof *row.cells);
        memcpy(row.cells, reader->cells, reader->count * sizeof *row.cells);
        keep_row(reader, &row);
    }
    reader->count = 0;
    reader->is_in_row = false;
    reader->row_line = reader->line + 1;
}

// How many of a mark the lines have: the mark that most lines have as often as most others is the delimiter, as titles
// stand above tables and commas in numbers. Commas where no line has any.
static unsigned char find_delimiter(const char *text, size_t length)
{
    static const unsigned char marks[] = {',', ';', '\t'};
    size_t best_mark = 0, best_score = 0;
    for (size_t mark = 0; mark < sizeof marks; mark++) {
        size_t counts[LINES_LOOKED_AT] = {0}, line = 0, score = 0;
        bool is_quoted = false;
        for (size_t at = 0; at < length && line < LINES_LOOKED_AT; at++) {
            is_quoted = text[at] == '"' ? !is_quoted : is_quoted;
            counts[line] += !is_quoted && (unsigned char)text[at] == marks[mark];
            line += !is_quoted && text[at] == '\n';
        }
        for (size_t at = 0; at < LINES_LOOKED_AT; at++) {
            size_t alike = 0;
            for (size_t other = 0; other < LINES_LOOKED_AT && counts[at] > 0; other++)
                alike += counts[other] == counts[at];
            score = alike > 0 && alike * 1000 + counts[at] > score ? alike * 1000 + counts[at] : score;
        }
        if (score > best_score) {
            best_score = score;
            best_mark = mark;
        }
    }
    return marks[best_mark];
}

// Bytes of the first line with its end: LF, CR LF, or CR alone.
static size_t line_size(const char *text, size_t length)
{
    size_t at = 0;
    while (at < length && text[at] != '\n' && !(text[at] == '\r' && (at + 1 == length || text[at + 1] != '\n')))
        at++;
    return at < length ? at + 1 : length;
}

static const char *parse(struct reader *reader, const char *text, size_t length)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        abort();
    csv_set_delim(&parser, find_delimiter(text, length));
    csv_set_blk_size(&parser, CELL_GROWTH); // or a large cell is copied for every 128 bytes of it
    // Line by line, so that rows know where they begin. libcsv keeps what a quoted line break leaves open.
    for (size_t at = 0; at < length && reader->wrong == NULL;) {
        size_t size = line_size(text + at, length - at), spaces = 0;
        while (spaces < size && strchr(" \t\r\n", text[at + spaces]) != NULL)
            spaces++;
        reader->is_in_row = reader->is_in_row || spaces < size;
        if (csv_parse(&parser, text + at, size, on_field, on_row, reader) != size)
            reader->wrong = arena_printf(reader->arena,
                                         _("line %zu: quotes must stand around a whole cell, and be doubled inside it"),
                                         reader->line);
        at += size;
        if (!reader->is_in_row)
            reader->row_line = reader->line + 1;
        reader->line++;
    }
    if (reader->wrong == NULL && csv_fini(&parser, on_field, on_row, reader) != 0)
        reader->wrong =
            arena_printf(reader->arena, _("the quotes that open in line %zu never close"), reader->row_line);
    csv_free(&parser);
    return reader->wrong;
}

const char *csv_read(struct arena *arena, const char *bytes, size_t length, const char *encoding,
                     struct csv_table *table_r)
{
    struct reader reader = {.arena = arena, .table = table_r, .line = 1, .row_line = 1};
    *table_r = (struct csv_table){0};
    if (length > CSV_MOST_BYTES)
        return arena_printf(arena, _("the file is larger than %d MiB: split it"), CSV_MOST_BYTES / 1024 / 1024);
    const char *wrong = csv_decode(arena, encoding, &bytes, &length, &table_r->encoding);
    if (wrong == NULL)
        wrong = parse(&reader, bytes, length);
    if (wrong == NULL && table_r->row_count == 0)
        wrong = _("the file is empty");
    return wrong;
}

// The last text at or before the column: a merged cell has its text in the first of its columns.
static const char *merged_cell(const struct csv_row *row, size_t column)
{
    for (size_t at = column + 1; at > 0; at--)
        if (*csv_cell(row, at - 1) != '\0')
            return csv_cell(row, at - 1);
    return "";
}

struct csv_row csv_join_heading(struct arena *arena, const struct csv_table *table, size_t first, size_t count)
{
    struct csv_row heading = {.line = table->rows[first].line};
    for (size_t row = 0; row < count; row++)
        heading.count = table->rows[first + row].count > heading.count ? table->rows[first + row].count : heading.count;
    heading.cells = arena_alloc(arena, (heading.count + 1) * sizeof *heading.cells);
    for (size_t column = 0; column < heading.count; column++) {
        const char *joined = "";
        for (size_t row = 0; row < count; row++) {
            const char *text = csv_cell(&table->rows[first + row], column);
            bool has_below = false;
            for (size_t below = row + 1; below < count; below++)
                has_below = has_below || *csv_cell(&table->rows[first + below], column) != '\0';
            if (*text == '\0' && has_below)
                text = merged_cell(&table->rows[first + row], column);
            if (*text != '\0')
                joined = *joined == '\0' ? text : arena_printf(arena, "%s/%s", joined, text);
        }
        heading.cells[column] = joined;
    }
    return heading;
}

void csv_take_heading(struct arena *arena, struct csv_table *table, size_t first, size_t count)
{
    table->header = csv_join_heading(arena, table, first, count);
    table->heading = table->rows + first;
    table->heading_rows = count;
    table->rows += first + count;
    table->row_count -= first + count;
}

const char *csv_cell(const struct csv_row *row, size_t column)
{
    return column < row->count ? row->cells[column] : "";
}
