// SPDX-License-Identifier: Apache-2.0
// google.rpc.Status for the trailer grpc-status-details-bin (https://google.aip.dev/193).
#ifndef KAM_RPC_DETAILS_H
#define KAM_RPC_DETAILS_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

// Clients refuse metadata of more than 8 KiB in all; this is what the encoded details and the encoded message may take
// of it.
enum { RPC_DETAILS_ENCODED_BYTES = 7600, RPC_DETAILS_BYTES = 6 * 1024 };

// Packs a google.rpc.Status: ErrorInfo with the reason and domain "kam.v1", BadRequest from the violations, RetryInfo
// from retry_after_ms, then the extra messages (extra_count of them, each becomes an Any of its own type, but the
// metadata of a google.rpc.ErrorInfo goes into ours). The result lives in the arena. What is too large is cut: first
// the tails of descriptions, then extra messages from the last on (of a PreconditionFailure its violations from the last
// on, with their values, before it goes as a whole), then violations from the last on; ErrorInfo.metadata then has
// "details" = "cut", and "preconditions_total", how many there were, where some of those are left out.
void *rpc_details_pack(const struct error *error, struct arena *arena, const ProtobufCMessage *const *extra,
                       size_t extra_count, size_t *length_r);

#endif
