// SPDX-License-Identifier: Apache-2.0
// The calls that have a deadline, as a binary heap: the earliest is at the top.
#ifndef KAM_RPC_DEADLINES_H
#define KAM_RPC_DEADLINES_H

#include <stddef.h>
#include <stdint.h>

// Embedded in what has a deadline. index is the heap's; 0 means not in a heap.
struct rpc_deadline {
    uint64_t at_ms;
    size_t index;
};

struct rpc_deadlines {
    struct rpc_deadline **entries; // entries[0] is unused
    size_t count;
    size_t capacity;
};

void rpc_deadlines_finish(struct rpc_deadlines *heap);
void rpc_deadlines_add(struct rpc_deadlines *heap, struct rpc_deadline *deadline);
// Does nothing for one that is not in the heap.
void rpc_deadlines_remove(struct rpc_deadlines *heap, struct rpc_deadline *deadline);
struct rpc_deadline *rpc_deadlines_first(const struct rpc_deadlines *heap); // NULL when empty

#endif
