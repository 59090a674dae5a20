// SPDX-License-Identifier: Apache-2.0
// The text forms of gRPC's header fields (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). Pure
// functions.
#ifndef KAM_RPC_HEADERS_H
#define KAM_RPC_HEADERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

// "100m" and the like: at most 8 digits and a unit of H M S m u n. Rounded up to whole milliseconds. False: not of that
// form.
bool rpc_timeout_parse(const char *text, uint64_t *milliseconds_r);

// "application/grpc", "application/grpc+proto", each with parameters or without.
bool rpc_content_type_is_grpc(const char *text);

// Percent-encoding as grpc-message has it: bytes outside 0x20..0x7E, and '%' itself.
char *rpc_percent_encode(struct arena *arena, const char *text);

// Base64 of RFC 4648; encoded without padding, as gRPC asks, decoded with or without. NULL: not base64 (decoded values
// end with a NUL byte that does not count).
char *rpc_base64_encode(struct arena *arena, const void *bytes, size_t length);
uint8_t *rpc_base64_decode(struct arena *arena, const char *text, size_t *length_r);

#endif
