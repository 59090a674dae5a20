// SPDX-License-Identifier: Apache-2.0
// CSV files as spreadsheets write them: RFC 4180, UTF-8 with or without a byte order mark, or another encoding that is
// named; commas, semicolons or tabs, found from the header.
#ifndef KAM_CLI_CSV_READ_H
#define KAM_CLI_CSV_READ_H

#include <stddef.h>

#include "base/arena.h"

enum { CSV_MOST_COLUMNS = 200, CSV_MOST_ROWS = 1000000, CSV_MOST_BYTES = 128 * 1024 * 1024 };

struct csv_row {
    size_t line; // in the file, from 1, where the row begins
    size_t count;
    const char **cells;
};

struct csv_table {
    struct csv_row header;
    struct csv_row *rows; // rows without any text are left out
    size_t row_count;
    size_t row_capacity;
};

// Takes the bytes of a file apart. encoding: a name that iconv knows, NULL for UTF-8. NULL when it went well, else what
// is wrong with the file (with the line where it is known), in the user's language. Cells have no spaces around them.
const char *csv_read(struct arena *arena, const char *bytes, size_t length, const char *encoding,
                     struct csv_table *table_r);

// The cell of a column, "" where the row is too short.
const char *csv_cell(const struct csv_row *row, size_t column);

#endif
