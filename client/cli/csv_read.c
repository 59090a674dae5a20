// SPDX-License-Identifier: Apache-2.0
#include "csv_read.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "language.h"
#include "text.h"

enum { FIRST_ROWS = 64 };

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
    if (reader->count == CSV_MOST_COLUMNS) {
        reader->wrong = reader->wrong == NULL ? arena_printf(reader->arena, _("line %zu has more than %d columns"),
                                                             reader->row_line, CSV_MOST_COLUMNS)
                                              : reader->wrong;
        return;
    }
    reader->cells[reader->count++] = arena_copy(reader->arena, text, length);
}

static void keep_row(struct reader *reader, const struct csv_row *row)
{
    struct csv_table *table = reader->table;
    if (table->header.cells == NULL) {
        table->header = *row;
        return;
    }
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

// The mark that the header has most of; commas where it has none.
static unsigned char find_delimiter(const char *text, size_t length)
{
    static const unsigned char marks[] = {',', ';', '\t'};
    size_t counts[3] = {0}, best = 0;
    bool is_quoted = false;
    for (size_t at = 0; at < length && (is_quoted || (text[at] != '\n' && text[at] != '\r')); at++) {
        is_quoted = text[at] == '"' ? !is_quoted : is_quoted;
        for (size_t mark = 0; mark < sizeof marks && !is_quoted; mark++)
            counts[mark] += (unsigned char)text[at] == marks[mark];
    }
    for (size_t mark = 1; mark < sizeof marks; mark++)
        best = counts[mark] > counts[best] ? mark : best;
    return marks[best];
}

static const char *parse(struct reader *reader, const char *text, size_t length)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        abort();
    csv_set_delim(&parser, find_delimiter(text, length));
    // Line by line, so that rows know where they begin. libcsv keeps what a quoted line break leaves open.
    for (size_t at = 0; at < length && reader->wrong == NULL;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t size = end == NULL ? length - at : (size_t)(end - text) - at + 1;
        size_t spaces = 0;
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

// Every byte of the encodings we meet becomes at most three bytes of UTF-8.
static const char *convert(struct arena *arena, const char *encoding, const char **text, size_t *length)
{
    iconv_t converter = iconv_open("UTF-8", encoding);
    if (converter == (iconv_t)-1)
        return arena_printf(arena, _("there is no encoding called '%s'; try GBK or UTF-8"), encoding);
    size_t room = 4 * *length + 16, left = room, rest = *length;
    char *converted = malloc(room);
    if (converted == NULL)
        abort();
    char *in = (char *)(uintptr_t)*text, *out = converted;
    bool is_done = iconv(converter, &in, &rest, &out, &left) != (size_t)-1 &&
                   iconv(converter, NULL, NULL, &out, &left) != (size_t)-1;
    iconv_close(converter);
    size_t lines = 1;
    for (const char *at = *text; at < in; at++)
        lines += *at == '\n';
    *length = room - left;
    *text = arena_copy(arena, converted, *length);
    free(converted);
    return is_done ? NULL : arena_printf(arena, _("line %zu is not %s"), lines, encoding);
}

const char *csv_read(struct arena *arena, const char *bytes, size_t length, const char *encoding,
                     struct csv_table *table_r)
{
    struct reader reader = {.arena = arena, .table = table_r, .line = 1, .row_line = 1};
    *table_r = (struct csv_table){0};
    if (length > CSV_MOST_BYTES)
        return arena_printf(arena, _("the file is larger than %d MiB: split it"), CSV_MOST_BYTES / 1024 / 1024);
    const char *wrong = encoding == NULL ? NULL : convert(arena, encoding, &bytes, &length);
    if (wrong != NULL)
        return wrong;
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3, length -= 3;
    if (!text_is_utf8(bytes, length))
        return _("the file is not UTF-8; Chinese spreadsheets often write GBK: try --encoding GBK");
    if (memchr(bytes, '\0', length) != NULL)
        return _("the file holds a NUL byte: it is not CSV (a spreadsheet saved as XLSX?)");
    wrong = parse(&reader, bytes, length);
    if (wrong == NULL && table_r->header.cells == NULL)
        wrong = _("the file is empty");
    return wrong;
}

const char *csv_cell(const struct csv_row *row, size_t column)
{
    return column < row->count ? row->cells[column] : "";
}
