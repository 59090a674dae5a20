// SPDX-License-Identifier: Apache-2.0
// Judges a peer by useful versus useless work: frames that carry no call (PING, SETTINGS, resets, empty DATA, ...) fill
// a bucket, calls and their data empty it, and so does time.
#ifndef KAM_NET_FLOOD_H
#define KAM_NET_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

enum {
    NET_FLOOD_CAPACITY = 1000,
    NET_FLOOD_PER_SECOND = 50,
    NET_FLOOD_FRAME = 1, // a frame without payload for a call
    NET_FLOOD_RESET = 4, // a call begun and thrown away (CVE-2023-44487), or a frame refused as invalid
};

struct net_flood {
    uint32_t level;
    uint64_t emptied_ms;
};

// Adds the cost of a useless frame. True when the bucket overflowed: the peer floods.
bool net_flood_add(struct net_flood *flood, uint64_t now_ms, uint32_t cost);

// A useful frame: takes its worth out of the bucket.
void net_flood_credit(struct net_flood *flood, uint32_t worth);

#endif
