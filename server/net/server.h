// SPDX-License-Identifier: Apache-2.0
// HTTP/2 over TLS 1.3 on one libuv loop: accepts connections, guards them, hands requests to a handler.
//
// Loop thread only, but for net_server_figures(). Callbacks never fire inside the function that caused them. The
// process must ignore SIGPIPE: libuv writes to sockets whose peer may be gone.
#ifndef KAM_NET_SERVER_H
#define KAM_NET_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "net/stream.h"

struct net_server;
struct net_tls;

// All members must be set.
struct net_limits {
    uint32_t connections;             // whole process
    uint32_t connections_per_address; // whole process
    uint32_t streams_per_connection;
    size_t header_bytes;      // one request's header fields: names and values, and 32 bytes for each (RFC 9113, 6.5.2)
    size_t arena_bytes;       // ceiling of a stream's arena
    size_t held_bytes;        // of one connection, see net_stream_hold()
    size_t send_buffer_bytes; // low-water mark of net_stream_send_chunk()
    uint64_t handshake_ms;    // from accept to the end of the first HTTP/2 frame
    uint64_t request_ms;      // without progress: of a request, of a frame, of a write
    uint64_t idle_ms;         // without streams; UINT64_MAX never
    uint64_t keepalive_ms;    // PING after this silence
    uint64_t keepalive_timeout_ms;
};

// All members must be set. on_close fires exactly once for every on_request, last; the others as often as it needs.
struct net_handler {
    void (*on_request)(struct net_stream *stream); // headers are complete
    void (*on_data)(struct net_stream *stream, const uint8_t *bytes, size_t length);
    void (*on_end)(struct net_stream *stream);   // the client's last byte was given
    void (*on_drain)(struct net_stream *stream); // see net_stream_send_chunk()
    void (*on_stall)(struct net_stream *stream); // the request makes no progress; repeats after request_ms
    void (*on_close)(struct net_stream *stream); // the stream is gone after this, finished or broken
};

// tls and handler are borrowed for the server's life.
struct net_server *net_server_create(uv_loop_t *loop, struct net_tls *tls, const struct net_limits *limits,
                                     const struct net_handler *handler, void *context);

// Takes over a bound, listening socket; on failure it is closed.
enum status net_server_listen(struct net_server *server, int listening_socket, struct error *error)
    __attribute__((warn_unused_result));

// Stops accepting, sends GOAWAY, closes connections as their streams end and all that are left after limit_ms.
// on_drained fires once, when nothing of the server is left on the loop.
void net_server_drain(struct net_server *server, uint64_t limit_ms, void (*on_drained)(void *context));

// After on_drained only.
void net_server_destroy(struct net_server *server);

// Since the start, except the first two. Any thread.
struct net_figures {
    uint64_t connections, streams;
    uint64_t accepted, refused, handshake_failures, floods, timeouts;
    uint64_t received_bytes, sent_bytes; // on the wire, TLS included
};
void net_server_figures(const struct net_server *server, struct net_figures *figures_r);

#endif
