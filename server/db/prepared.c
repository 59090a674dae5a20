// SPDX-License-Identifier: Apache-2.0
// Open addressing over the statements' addresses: see prepared.h.
#include "db/prepared.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/require.h"

enum { FIRST_CAPACITY = 64 };

void prepared_finish(struct prepared *prepared)
{
    free(prepared->entries);
    *prepared = (struct prepared){0};
}

// The entry of the statement, or the free one where it would go.
static struct prepared_entry *find(const struct prepared *prepared, const struct db_statement *statement)
{
    uint64_t hash = (uint64_t)(uintptr_t)statement * UINT64_C(0x9E3779B97F4A7C15);
    size_t mask = prepared->capacity - 1;
    size_t i = (size_t)(hash >> 32) & mask;
    while (prepared->entries[i].statement != NULL && prepared->entries[i].statement != statement)
        i = (i + 1) & mask;
    return &prepared->entries[i];
}

enum prepared_state prepared_get(const struct prepared *prepared, const struct db_statement *statement)
{
    if (prepared->capacity == 0)
        return PREPARED_NOT;
    const struct prepared_entry *entry = find(prepared, statement);
    return entry->statement == NULL ? PREPARED_NOT : entry->state;
}

static void grow(struct prepared *prepared)
{
    struct prepared larger = {.capacity = prepared->capacity == 0 ? FIRST_CAPACITY : 2 * prepared->capacity,
                              .count = prepared->count};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    REQUIRE(larger.entries != NULL);
    for (size_t i = 0; i < prepared->capacity; i++)
        if (prepared->entries[i].statement != NULL)
            *find(&larger, prepared->entries[i].statement) = prepared->entries[i];
    free(prepared->entries);
    *prepared = larger;
}

void prepared_set(struct prepared *prepared, const struct db_statement *statement, enum prepared_state state)
{
    if (2 * (prepared->count + 1) > prepared->capacity)
        grow(prepared);
    struct prepared_entry *entry = find(prepared, statement);
    if (entry->statement == NULL)
        prepared->count++;
    *entry = (struct prepared_entry){.statement = statement, .state = state};
}
