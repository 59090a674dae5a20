// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_base
// The frame decoder, fed the same bytes whole and in pieces: both must see the same messages. The first byte says how
// long the pieces are.
#include <stdint.h>
#include <stdlib.h>

#include "base/require.h"
#include "rpc/framing.h"

enum { LIMIT_BYTES = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

struct digest {
    uint64_t hash;
    size_t messages;
    enum rpc_framing_result last;
};

static void add(struct digest *digest, const uint8_t *bytes, size_t length)
{
    digest->messages++;
    for (size_t at = 0; at < length; at++)
        digest->hash = (digest->hash ^ bytes[at]) * UINT64_C(1099511628211);
    digest->hash = (digest->hash ^ length) * UINT64_C(1099511628211);
}

static struct digest decode(const uint8_t *bytes, size_t length, size_t piece)
{
    struct rpc_framing framing;
    rpc_framing_init(&framing, LIMIT_BYTES);
    struct digest digest = {.hash = UINT64_C(14695981039346656037), .last = RPC_FRAMING_MORE};
    while (length > 0) {
        size_t part = length < piece ? length : piece;
        size_t taken = 0;
        enum rpc_framing_result result = rpc_framing_feed(&framing, bytes, part, &taken);
        REQUIRE(taken <= part);
        REQUIRE(framing.capacity <= LIMIT_BYTES && framing.received <= framing.capacity);
        if (result == RPC_FRAMING_MESSAGE) {
            size_t message_length = 0;
            uint8_t *message = rpc_framing_take(&framing, &message_length);
            REQUIRE(rpc_framing_is_at_boundary(&framing));
            add(&digest, message, message_length);
            free(message);
        } else if (result != RPC_FRAMING_MORE) {
            digest.last = result;
            break;
        } else {
            REQUIRE(taken == part);
        }
        bytes += taken;
        length -= taken;
    }
    rpc_framing_finish(&framing);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length == 0)
        return 0;
    size_t piece = 1 + (size_t)bytes[0] % 32;
    struct digest whole = decode(bytes + 1, length - 1, SIZE_MAX);
    struct digest pieces = decode(bytes + 1, length - 1, piece);
    REQUIRE(whole.hash == pieces.hash && whole.messages == pieces.messages && whole.last == pieces.last);
    return 0;
}
