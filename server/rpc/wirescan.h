// SPDX-License-Identifier: Apache-2.0
// Looks over protobuf bytes (https://protobuf.dev/programming-guides/encoding/) before protobuf-c unpacks them, for
// what protobuf-c 1.4 does not look at: UTF-8, NUL inside strings, depth, and how much memory the message would take.
#ifndef KAM_RPC_WIRESCAN_H
#define KAM_RPC_WIRESCAN_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

// Messages inside messages: the request itself is the first.
enum { RPC_WIRESCAN_DEPTH_MAX = 32 };

// INVALID_ARGUMENT with the path of the field: bytes that are not protobuf, groups, a known field with another wire
// type, a string that is not UTF-8 or contains NUL, too deep. RESOURCE_EXHAUSTED: the unpacked message would take more
// than decoded_max_bytes (an estimate from above).
enum status rpc_wirescan_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t length,
                               size_t decoded_max_bytes, struct error *error) __attribute__((warn_unused_result));

// Well-formed UTF-8 (RFC 3629) without NUL.
bool rpc_wirescan_is_text(const uint8_t *bytes, size_t length);

#endif
