// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// The vCard reader of imports.
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "text.h"
#include "vcard_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create((size_t)1 << 30);
    struct csv_table table;
    const struct vcard_remark *remarks;
    if (vcard_read(arena, (const char *)data, size, NULL, &table, &remarks) == NULL) {
        size_t line = 0;
        REQUIRE(table.row_count > 0 && table.header.count >= 2);
        for (size_t at = 0; at < table.row_count; at++) {
            REQUIRE(table.rows[at].line > line && table.rows[at].count == table.header.count);
            line = table.rows[at].line;
            REQUIRE(text_is_utf8(remarks[at].left_out, strlen(remarks[at].left_out)));
            for (size_t cell = 0; cell < table.rows[at].count; cell++)
                REQUIRE(text_is_utf8(csv_cell(&table.rows[at], cell), strlen(csv_cell(&table.rows[at], cell))));
        }
    }
    arena_destroy(arena);
    return 0;
}
