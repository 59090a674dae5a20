// SPDX-License-Identifier: Apache-2.0
// links: kam_cli kam_client
// A pipeline's YAML file: what is wrong with it has a place in it, and what is right is written as a file that says the
// same.
#include <stdint.h>
#include <string.h>

#include "base/require.h"
#include "kam.h"
#include "pipeline_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_BYTES = 64 * 1024 };

// Answers of the server have no next, and no two stages of one key.
static bool is_as_answered(const Kam__V1__Pipeline *pipeline)
{
    for (size_t at = 0; at < pipeline->n_stages; at++) {
        if (*pipeline->stages[at]->next != '\0')
            return false;
        for (size_t other = 0; other < at; other++)
            if (strcmp(pipeline->stages[other]->key, pipeline->stages[at]->key) == 0)
                return false;
    }
    return true;
}

static size_t pack(struct arena *arena, const Kam__V1__Pipeline *pipeline, uint8_t **packed_r)
{
    size_t length = protobuf_c_message_get_packed_size(&pipeline->base);
    *packed_r = arena_alloc(arena, length + 1);
    REQUIRE(protobuf_c_message_pack(&pipeline->base, *packed_r) == length);
    return length;
}

static void read_again(struct arena *arena, const Kam__V1__Pipeline *pipeline)
{
    static const Kam__V1__ListCriterionKindsResponse no_kinds = KAM__V1__LIST_CRITERION_KINDS_RESPONSE__INIT;
    const char *text = pipeline_file_write(arena, pipeline, &no_kinds);
    Kam__V1__Pipeline *again = (Kam__V1__Pipeline *)kam_message_new(&kam__v1__pipeline__descriptor);
    struct pipeline_file file;
    REQUIRE(pipeline_file_read(arena, text, strlen(text), 1700000000, again, &file));
    uint8_t *first, *second;
    size_t length = pack(arena, pipeline, &first);
    REQUIRE(pack(arena, again, &second) == length && memcmp(first, second, length) == 0);
    kam_message_free(&again->base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > MOST_BYTES)
        return 0;
    struct arena *arena = arena_create((size_t)1 << 30);
    Kam__V1__Pipeline *pipeline = (Kam__V1__Pipeline *)kam_message_new(&kam__v1__pipeline__descriptor);
    struct pipeline_file file;
    bool is_right = pipeline_file_read(arena, (const char *)data, size, 1700000000, pipeline, &file);
    REQUIRE(is_right == (file.mistake_count == 0));
    for (size_t at = 0; at < file.mistake_count; at++)
        REQUIRE(file.mistakes[at].line > 0 && file.mistakes[at].line <= size + 1 && file.mistakes[at].column > 0 &&
                *file.mistakes[at].text != '\0');
    const char *rest;
    for (size_t at = 0; at < file.place_count; at++)
        REQUIRE(pipeline_file_find(&file, file.places[at].field, &rest) != NULL && *rest == '\0');
    if (is_right && is_as_answered(pipeline))
        read_again(arena, pipeline);
    kam_message_free(&pipeline->base);
    arena_destroy(arena);
    return 0;
}
