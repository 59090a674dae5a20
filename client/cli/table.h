// SPDX-License-Identifier: Apache-2.0
// Aligned tables.
#ifndef KAM_CLI_TABLE_H
#define KAM_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

enum { TABLE_MOST_COLUMNS = 128 };

struct table {
    struct arena *arena;
    size_t column_count;
    const char *headings[TABLE_MOST_COLUMNS];
    bool is_right[TABLE_MOST_COLUMNS]; // numbers
    bool is_firm[TABLE_MOST_COLUMNS];  // worth nothing when cut: codes, times, telephone numbers
    const char **cells;                // row by row, clean texts
    const char **begins;               // of each cell: what puts it into its tone, NULL for none
    size_t row_count, row_capacity;
};

// Adds a row of column_count clean texts; the pointers are kept. begins: the sequence that each cell is shown in
// (app_tone()), NULL for none.
void table_add_row(struct table *table, const char *const cells[]);
void table_add_toned_row(struct table *table, const char *const cells[], const char *const begins[]);

// Prints headings and rows. width: columns of the terminal; 0 cuts nothing. To fit, texts are cut, the widest first;
// when that does not do, the last columns are left out. bold and plain are put around the headings; indent is put
// before each line. Returns how many columns were printed.
size_t table_print(const struct table *table, FILE *out, size_t width, const char *bold, const char *plain,
                   const char *indent);

#endif
