// SPDX-License-Identifier: Apache-2.0
// CSV files as spreadsheets write them: RFC 4180 in any encoding; commas, semicolons or tabs, found from the first
// lines; headings of one row or more.
#ifndef KAM_CLI_CSV_READ_H
#define KAM_CLI_CSV_READ_H

#include <stddef.h>

#include "base/arena.h"

// A cell of a spreadsheet holds 32,767 characters at most.
enum {
    CSV_MOST_COLUMNS = 200,
    CSV_MOST_ROWS = 1000000,
    CSV_MOST_CELL_BYTES = 128 * 1024,
    CSV_MOST_BYTES = 128 * 1024 * 1024,
};

struct csv_row {
    size_t line; // in the file, from 1, where the row begins
    size_t count;
    const char **cells;
};

struct csv_table {
    struct csv_row *rows; // rows without any text are left out
    size_t row_count;
    size_t row_capacity;
    const char *encoding;    // the one that was used
    struct csv_row header;   // one text per column; after csv_take_heading()
    struct csv_row *heading; // the rows it was made of
    size_t heading_rows;
};

// Takes the bytes of a file apart. encoding: a name that iconv knows, NULL to find out (csv_decode.h). NULL when it
// went well, else what is wrong with the file (with the line where it is known), in the user's language. Cells have no
// spaces around them. There is one row at least.
const char *csv_read(struct arena *arena, const char *bytes, size_t length, const char *encoding,
                     struct csv_table *table_r);

// The heading that `count` rows from `first` on make: the texts of a column joined by slashes, where an empty cell
// above another continues the one to its left (merged cells).
struct csv_row csv_join_heading(struct arena *arena, const struct csv_table *table, size_t first, size_t count);

// Makes it the table's header; only the rows below it stay.
void csv_take_heading(struct arena *arena, struct csv_table *table, size_t first, size_t count);

// The cell of a column, "" where the row is too short.
const char *csv_cell(const struct csv_row *row, size_t column);

#endif
