// SPDX-License-Identifier: Apache-2.0
// The default limits: see server.h.
#include "rpc/server.h"

void rpc_limits_default(struct rpc_limits *limits_r)
{
    *limits_r = (struct rpc_limits){
        .connections = 10000,
        .connections_per_address = 512,
        .streams_per_connection = 128,
        .metadata_bytes = (size_t)8 * 1024,
        .message_bytes = (size_t)4 * 1024 * 1024,
        .decoded_bytes = (size_t)32 * 1024 * 1024,
        .send_buffer_bytes = (size_t)64 * 1024,
        .handshake_ms = 10000,
        .request_ms = 30000,
        .idle_ms = 3600000,
        .keepalive_ms = 120000,
        .keepalive_timeout_ms = 20000,
    };
}
