// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// The CSV reader of imports. The first byte chooses the encoding.
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "csv_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *arena = arena_create((size_t)1 << 30);
    struct csv_table table;
    const char *wrong = csv_read(arena, (const char *)data + 1, size - 1, data[0] % 4 == 1 ? "GBK" : NULL, &table);
    if (wrong == NULL) {
        REQUIRE(table.row_count > 0);
        csv_take_heading(arena, &table, 0, table.row_count > 1 && data[0] >= 128 ? 2 : 1);
        size_t line = table.header.line;
        for (size_t at = 0; at < table.row_count; at++) {
            REQUIRE(table.rows[at].line >= line);
            line = table.rows[at].line;
            for (size_t cell = 0; cell <= table.rows[at].count; cell++)
                REQUIRE(strlen(csv_cell(&table.rows[at], cell)) < size * 4);
        }
    }
    arena_destroy(arena);
    return 0;
}
