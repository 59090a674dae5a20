// SPDX-License-Identifier: Apache-2.0
// Bytes of a peer into a message, safely: scanned first (wirescan.h), then unpacked into an arena under a ceiling.
#ifndef KAM_RPC_DECODE_H
#define KAM_RPC_DECODE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

// INVALID_ARGUMENT with the field's path, or RESOURCE_EXHAUSTED when more than decoded_max_bytes would be needed. The
// message lives in the arena and may point to nothing outside it.
enum status rpc_decode(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t length,
                       struct arena *arena, size_t decoded_max_bytes, ProtobufCMessage **message_r, struct error *error)
    __attribute__((warn_unused_result));

#endif
