// SPDX-License-Identifier: Apache-2.0
// The gRPC server of one worker: a table of methods behind a TLS 1.3 listener, on one libuv loop. The process must
// ignore SIGPIPE.
#ifndef KAM_RPC_SERVER_H
#define KAM_RPC_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "rpc/call.h"

struct rpc_server;
struct net_tls;           // certificate, key and TLS settings, shared by workers and replaced on reload: net/tls.h
struct rpc_limits {       // 0 in a member means its default; rpc_limits_default() fills them all
    uint32_t connections; // whole process
    uint32_t connections_per_address; // whole process
    uint32_t streams_per_connection;
    size_t metadata_bytes;    // request headers in all, 8 KiB
    size_t message_bytes;     // one request message, 4 MiB
    size_t decoded_bytes;     // one request message after decoding
    size_t send_buffer_bytes; // low-water mark of rpc_call_send()
    uint64_t handshake_ms;    // from accept to the first HTTP/2 frame
    uint64_t request_ms;      // from headers to the whole request: time without progress
    uint64_t idle_ms;         // a connection without streams; 0 default, UINT64_MAX never
    uint64_t keepalive_ms;    // PING after this silence
    uint64_t keepalive_timeout_ms;
};

void rpc_limits_default(struct rpc_limits *limits_r);

// methods (borrowed for the server's life, sorted or not) are looked up by path; context is what
// rpc_call_worker_context() returns.
struct rpc_server *rpc_server_create(uv_loop_t *loop, struct net_tls *tls, const struct rpc_limits *limits,
                                     const struct rpc_method *methods, size_t method_count, void *context);

// Takes over a bound, listening socket (made by net_listen_sockets(), one per worker with SO_REUSEPORT).
enum status rpc_server_listen(struct rpc_server *server, int listening_socket, struct error *error)
    __attribute__((warn_unused_result));

// Stops accepting, sends GOAWAY, lets running calls finish for at most grace_ms, then closes. on_drained fires once,
// after the last connection is gone. Calls still running then end with UNAVAILABLE.
void rpc_server_drain(struct rpc_server *server, uint64_t grace_ms, void (*on_drained)(void *context));

// Sets what grpc.health.v1 answers for a service, "" being the server as a whole, and tells those who watch it. Every
// service of the method table is serving until told otherwise; all are not once the server drains.
void rpc_health_set(struct rpc_server *server, const char *service, bool is_serving);

// After on_drained only.
void rpc_server_destroy(struct rpc_server *server);

#endif
