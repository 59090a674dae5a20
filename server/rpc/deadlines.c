// SPDX-License-Identifier: Apache-2.0
// Deadline heap: see deadlines.h.
#include "rpc/deadlines.h"

#include <stdlib.h>

#include "base/require.h"

static void put(struct rpc_deadlines *heap, size_t index, struct rpc_deadline *deadline)
{
    heap->entries[index] = deadline;
    deadline->index = index;
}

static void rise(struct rpc_deadlines *heap, size_t index, struct rpc_deadline *deadline)
{
    while (index > 1 && heap->entries[index / 2]->at_ms > deadline->at_ms) {
        put(heap, index, heap->entries[index / 2]);
        index /= 2;
    }
    put(heap, index, deadline);
}

static void sink(struct rpc_deadlines *heap, size_t index, struct rpc_deadline *deadline)
{
    for (;;) {
        size_t child = index * 2;
        if (child < heap->count && heap->entries[child + 1]->at_ms < heap->entries[child]->at_ms)
            child++;
        if (child > heap->count || heap->entries[child]->at_ms >= deadline->at_ms)
            break;
        put(heap, index, heap->entries[child]);
        index = child;
    }
    put(heap, index, deadline);
}

void rpc_deadlines_finish(struct rpc_deadlines *heap)
{
    free(heap->entries);
    *heap = (struct rpc_deadlines){0};
}

void rpc_deadlines_add(struct rpc_deadlines *heap, struct rpc_deadline *deadline)
{
    if (heap->count + 2 > heap->capacity) {
        size_t capacity = heap->capacity == 0 ? 64 : heap->capacity * 2;
        struct rpc_deadline **entries = realloc(heap->entries, capacity * sizeof *entries);
        REQUIRE(entries != NULL);
        heap->entries = entries;
        heap->capacity = capacity;
    }
    heap->count++;
    rise(heap, heap->count, deadline);
}

void rpc_deadlines_remove(struct rpc_deadlines *heap, struct rpc_deadline *deadline)
{
    size_t index = deadline->index;
    if (index == 0)
        return;
    deadline->index = 0;
    struct rpc_deadline *last = heap->entries[heap->count--];
    if (last == deadline)
        return;
    if (index > 1 && heap->entries[index / 2]->at_ms > last->at_ms)
        rise(heap, index, last);
    else
        sink(heap, index, last);
}

struct rpc_deadline *rpc_deadlines_first(const struct rpc_deadlines *heap)
{
    return heap->count == 0 ? NULL : heap->entries[1];
}
