// SPDX-License-Identifier: Apache-2.0
// Length-prefixed messages out of a byte stream, wherever DATA frames cut it:
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Length-Prefixed-Message).
#ifndef KAM_RPC_FRAMING_H
#define KAM_RPC_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RPC_FRAMING_PREFIX_BYTES = 5 };

enum rpc_framing_result {
    RPC_FRAMING_MORE,       // all input was taken, no message is complete
    RPC_FRAMING_MESSAGE,    // a message is complete: bytes and length of the decoder; take it before feeding on
    RPC_FRAMING_COMPRESSED, // the flag is set
    RPC_FRAMING_BAD_FLAG,   // neither 0 nor 1
    RPC_FRAMING_TOO_LARGE,  // the prefix announces more than the limit: nothing was allocated for it
};

struct rpc_framing {
    size_t limit_bytes;
    uint8_t prefix[RPC_FRAMING_PREFIX_BYTES];
    size_t prefix_length;
    size_t length; // of the message, once the prefix is complete
    size_t received;
    size_t capacity;
    uint8_t *bytes; // grows with what arrives, not with what is announced
};

void rpc_framing_init(struct rpc_framing *framing, size_t limit_bytes);
void rpc_framing_finish(struct rpc_framing *framing);

// Takes input up to the end of a message. *taken_r says how much. After a refusal nothing more may be fed.
enum rpc_framing_result rpc_framing_feed(struct rpc_framing *framing, const uint8_t *input, size_t length,
                                         size_t *taken_r);

// Gives the complete message away (to free(); NULL when it is empty) and begins with the next one.
uint8_t *rpc_framing_take(struct rpc_framing *framing, size_t *length_r);

// True between messages: the stream may end here.
bool rpc_framing_is_at_boundary(const struct rpc_framing *framing);

// Writes the prefix of an uncompressed message.
void rpc_framing_put_prefix(size_t length, uint8_t prefix_r[RPC_FRAMING_PREFIX_BYTES]);

#endif
