// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// A file from its bytes to the requests: encoding, heading, columns, and the cleaning of every cell. The first byte
// chooses what is imported, and whether its heading is looked for.
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "import.h"
#include "kam/v1/import.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ROWS = 200 };

static const struct {
    const char *kind;
    const struct import_synonym *synonyms;
    const ProtobufCMessageDescriptor *row;
} kinds[] = {
    {"account", import_account_synonyms, &kam__v1__import_account__descriptor},
    {"contact", import_contact_synonyms, &kam__v1__import_contact__descriptor},
    {"activity", import_activity_synonyms, &kam__v1__import_activity__descriptor},
    {"opportunity", import_opportunity_synonyms, &kam__v1__import_opportunity__descriptor},
};

static void fill_row(struct import *import, const struct csv_row *source, const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t part = 0; part < 2; part++) {
        struct import_row row = {.source = source, .part = part, .part_count = 2, .detail = "", .changes = ""};
        row.request = kam_message_new(descriptor);
        bool is_good = import_fill(import, &row);
        REQUIRE(is_good == (row.outcome != IMPORT_FAILED));
        REQUIRE(is_good == (*row.detail == '\0'));
        // What was taken can be sent.
        size_t length = protobuf_c_message_get_packed_size(row.request);
        uint8_t *packed = arena_alloc(import->app->arena, length + 1);
        REQUIRE(protobuf_c_message_pack(row.request, packed) == length);
        kam_message_free(row.request);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    static const struct command hidden_fields = {.hidden = "owner_id parent_id positions"};
    size_t kind = data[0] >= 192 ? 3 : data[0] % 3;
    struct app app = {.arena = arena_create((size_t)1 << 30), .settings.json = true, .now = 1700000000};
    struct invocation invocation = {0};
    struct import import = {
        .app = &app, .invocation = &invocation, .kind = kinds[kind].kind, .synonyms = kinds[kind].synonyms};
    import.mapping.date_order = (enum clean_date_order)(data[0] / 3 % 4);
    if (csv_read(app.arena, (const char *)data + 1, size - 1, NULL, &import.table) == NULL) {
        options_of_message(app.arena, &hidden_fields, kinds[kind].row, &import.options, &import.option_count);
        import_gather_names(&import);
        REQUIRE(import_find_heading(&import) == EXIT_OK);
        REQUIRE(import.table.header.count > 0);
        REQUIRE(import_map_columns(&import) == EXIT_OK);
        for (size_t at = 0; at < import.table.row_count && at < MOST_ROWS; at++)
            fill_row(&import, &import.table.rows[at], kinds[kind].row);
    }
    arena_destroy(app.arena);
    return 0;
}
