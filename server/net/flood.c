// SPDX-License-Identifier: Apache-2.0
// The flood bucket: see flood.h.
#include "net/flood.h"

bool net_flood_add(struct net_flood *flood, uint64_t now_ms, uint32_t cost)
{
    if (flood->level == 0)
        flood->emptied_ms = now_ms;
    uint64_t leaked = (now_ms - flood->emptied_ms) * NET_FLOOD_PER_SECOND / 1000;
    if (leaked > 0) {
        flood->level = leaked >= flood->level ? 0 : flood->level - (uint32_t)leaked;
        flood->emptied_ms = now_ms;
    }
    flood->level += cost;
    return flood->level > NET_FLOOD_CAPACITY;
}

void net_flood_credit(struct net_flood *flood, uint32_t worth)
{
    flood->level = worth >= flood->level ? 0 : flood->level - worth;
}
