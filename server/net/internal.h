// SPDX-License-Identifier: Apache-2.0
// Inside net/ only: what server, connection, session and stream know of each other.
//
// server.c owns the listener, the list of connections and the shared buffers; connection.c moves bytes between socket,
// TLS and session; session.c turns frames into streams; stream.c is a stream's own part. A connection is torn down only
// by connection.c and never inside a callback of nghttp2.
#ifndef KAM_NET_INTERNAL_H
#define KAM_NET_INTERNAL_H

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "net/admission.h"
#include "net/flood.h"
#include "net/server.h"

enum {
    NET_READ_BYTES = 64 * 1024,
    NET_PLAIN_BYTES = 32 * 1024,
    NET_CIPHER_BYTES = 96 * 1024,
    NET_PEER_BYTES = 48,
};

enum net_connection_state {
    NET_HANDSHAKE, // TLS
    NET_OPEN,      // HTTP/2
    NET_LINGERING, // everything said; waits for the peer to read it and close
    NET_CLOSING,   // uv_close() called
};

enum net_drain_state { NET_SERVING, NET_NOTICE_SENT, NET_FINAL_GOAWAY };

struct net_stream {
    struct net_connection *connection;
    struct net_stream *next, *previous;
    struct arena *arena;
    void *user;
    int32_t id;
    bool is_started; // on_request was called
    bool is_cut;
    bool is_remote_ended;
    bool has_headers;    // response headers submitted
    bool has_trailers;   // trailers known
    bool is_local_ended; // the last frame was handed to nghttp2
    bool is_deferred;    // the data source told nghttp2 that it is empty
    bool wants_drain;
    struct net_header *first_header, *last_header;
    size_t header_bytes;
    const struct net_header *trailers;
    size_t trailer_count;
    struct net_chunk *first_chunk, *last_chunk;
    size_t queued_bytes;
    size_t unconsumed_bytes;
    size_t held_bytes;
    uint64_t progress_ms;
    size_t progress_bytes;
};

struct net_connection {
    uv_tcp_t tcp;
    struct net_server *server;
    struct net_connection *next, *previous;
    struct net_connection *next_dirty;
    bool is_dirty;
    bool is_reading;
    bool has_frame;     // the first frame of the peer arrived
    bool is_terminated; // GOAWAY with an error is on its way: input is ignored
    bool has_ping;      // our PING is not answered yet
    bool is_admitted;
    enum net_connection_state state;
    enum net_drain_state drain_state;
    SSL *tls;
    nghttp2_session *session;
    struct net_stream *streams;
    uint32_t stream_count;
    uint32_t drain_count; // streams that want on_drain
    size_t held_bytes;
    const uint8_t *input; // ciphertext of the read being handled
    size_t input_length;
    size_t pending_bytes; // written to libuv, not to the kernel
    size_t linger_bytes;
    size_t partial_bytes; // received since a frame began or was complete: CONTINUATION shows nothing else
    uint64_t partial_ms;  // when the frame began that is not complete; 0 without one
    uint64_t state_ms;    // when the state, or being idle, began
    uint64_t received_ms;
    uint64_t ping_ms;
    uint64_t pending_ms; // when the waiting write last made progress
    struct net_flood flood;
    struct net_peer_key key;
    char peer[NET_PEER_BYTES];
};

struct net_counters {
    atomic_uint_fast64_t connections, streams;
    atomic_uint_fast64_t accepted, refused, handshake_failures, floods, timeouts;
    atomic_uint_fast64_t received_bytes, sent_bytes;
};

struct net_server {
    uv_loop_t *loop;
    struct net_tls *tls;
    struct net_limits limits;
    const struct net_handler *handler;
    void *context;
    uv_tcp_t *listener; // NULL while not listening
    uv_prepare_t flush; // before the loop sleeps: everything written in this turn goes out
    uv_idle_t again;    // keeps the loop turning while some output had to wait for its turn
    uv_timer_t tick;
    unsigned open_handles;
    bool is_draining, is_flushing;
    uint64_t drain_limit_ms;
    void (*on_drained)(void *context);
    struct net_connection *connections;
    uint32_t connection_count;
    struct net_connection *dirty;
    nghttp2_option *options;
    nghttp2_session_callbacks *callbacks;
    struct net_counters counters;
    // Shared by all connections: each use begins and ends within one callback of the loop.
    size_t cipher_length;
    uint8_t read_bytes[NET_READ_BYTES];
    uint8_t plain_bytes[NET_PLAIN_BYTES];
    uint8_t cipher_bytes[NET_CIPHER_BYTES];
};

static inline void net_count(atomic_uint_fast64_t *counter, uint64_t amount)
{
    // One writer per counter: a plain sum, published for readers in other threads.
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + amount, memory_order_relaxed);
}

// server.c
void net_server_mark_dirty(struct net_server *server, struct net_connection *connection);
void net_server_remove(struct net_server *server, struct net_connection *connection);

// connection.c
void net_connection_accept(struct net_server *server);
void net_connection_flush(struct net_connection *connection);
void net_connection_check(struct net_connection *connection, uint64_t now_ms);
void net_connection_drain(struct net_connection *connection);
void net_connection_close(struct net_connection *connection);

// session.c
void net_session_setup(struct net_server *server);
void net_session_teardown(struct net_server *server);
bool net_session_open(struct net_connection *connection);
// False: the connection is beyond repair and closes without another word.
bool net_session_receive(struct net_connection *connection, const uint8_t *bytes, size_t length);
// GOAWAY with an error code; the connection closes when it is out.
void net_session_terminate(struct net_connection *connection, uint32_t error_code);

// stream.c
struct net_stream *net_stream_create(struct net_connection *connection, int32_t id);
void net_stream_destroy(struct net_stream *stream);
bool net_stream_add_header(struct net_stream *stream, const uint8_t *name, size_t name_length, const uint8_t *value,
                           size_t value_length);
void net_stream_give_drain(struct net_stream *stream);
void net_stream_check(struct net_stream *stream, uint64_t now_ms);

#endif
