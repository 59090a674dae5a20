// SPDX-License-Identifier: Apache-2.0
// Message framing: see framing.h.
#include "rpc/framing.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { FIRST_CAPACITY_BYTES = 16 * 1024 };

void rpc_framing_init(struct rpc_framing *framing, size_t limit_bytes)
{
    *framing = (struct rpc_framing){.limit_bytes = limit_bytes};
}

void rpc_framing_finish(struct rpc_framing *framing)
{
    free(framing->bytes);
    framing->bytes = NULL;
}

static size_t take_prefix(struct rpc_framing *framing, const uint8_t *input, size_t length)
{
    size_t part = RPC_FRAMING_PREFIX_BYTES - framing->prefix_length;
    if (part > length)
        part = length;
    if (part > 0)
        memcpy(framing->prefix + framing->prefix_length, input, part);
    framing->prefix_length += part;
    if (framing->prefix_length == RPC_FRAMING_PREFIX_BYTES)
        framing->length = (size_t)framing->prefix[1] << 24 | (size_t)framing->prefix[2] << 16 |
                          (size_t)framing->prefix[3] << 8 | (size_t)framing->prefix[4];
    return part;
}

static void make_room(struct rpc_framing *framing, size_t wanted)
{
    if (wanted <= framing->capacity)
        return;
    size_t capacity = framing->capacity == 0 ? FIRST_CAPACITY_BYTES : framing->capacity;
    while (capacity < wanted)
        capacity *= 2;
    if (capacity > framing->length)
        capacity = framing->length;
    uint8_t *bytes = realloc(framing->bytes, capacity);
    REQUIRE(bytes != NULL);
    framing->bytes = bytes;
    framing->capacity = capacity;
}

enum rpc_framing_result rpc_framing_feed(struct rpc_framing *framing, const uint8_t *input, size_t length,
                                         size_t *taken_r)
{
    size_t taken = 0;
    if (framing->prefix_length < RPC_FRAMING_PREFIX_BYTES)
        taken = take_prefix(framing, input, length);
    *taken_r = taken;
    if (framing->prefix_length > 0 && framing->prefix[0] != 0)
        return framing->prefix[0] == 1 ? RPC_FRAMING_COMPRESSED : RPC_FRAMING_BAD_FLAG;
    if (framing->prefix_length < RPC_FRAMING_PREFIX_BYTES)
        return RPC_FRAMING_MORE;
    if (framing->length > framing->limit_bytes)
        return RPC_FRAMING_TOO_LARGE;
    size_t part = framing->length - framing->received;
    if (part > length - taken)
        part = length - taken;
    if (part > 0) {
        make_room(framing, framing->received + part);
        memcpy(framing->bytes + framing->received, input + taken, part);
        framing->received += part;
        *taken_r = taken + part;
    }
    return framing->received == framing->length ? RPC_FRAMING_MESSAGE : RPC_FRAMING_MORE;
}

uint8_t *rpc_framing_take(struct rpc_framing *framing, size_t *length_r)
{
    uint8_t *bytes = framing->bytes;
    *length_r = framing->length;
    rpc_framing_init(framing, framing->limit_bytes);
    return bytes;
}

bool rpc_framing_is_at_boundary(const struct rpc_framing *framing)
{
    return framing->prefix_length == 0;
}

void rpc_framing_put_prefix(size_t length, uint8_t prefix_r[RPC_FRAMING_PREFIX_BYTES])
{
    prefix_r[0] = 0;
    for (int at = 1; at < RPC_FRAMING_PREFIX_BYTES; at++)
        prefix_r[at] = (uint8_t)(length >> (8 * (RPC_FRAMING_PREFIX_BYTES - 1 - at)));
}
