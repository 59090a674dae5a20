// SPDX-License-Identifier: Apache-2.0
// One HTTP/2 request and its answer (RFC 9113), as the room above sees it. Loop thread of its server only. Nothing here
// calls a handler; what is sent goes out when the loop turn ends.
#ifndef KAM_NET_STREAM_H
#define KAM_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct net_stream;

// A header field. Names are lower case; values end with a NUL byte that does not count.
struct net_header {
    const char *name;
    const char *value;
    size_t value_length;
    const struct net_header *next; // set by net/ in received lists only
};

// Bytes on their way to the client. The caller fills bytes[0..length).
struct net_chunk {
    struct net_chunk *next;
    size_t length;
    size_t sent;
    uint8_t bytes[];
};

// Lives until the handler's on_close has returned.
struct arena *net_stream_arena(struct net_stream *stream);
void net_stream_set_user(struct net_stream *stream, void *user);
void *net_stream_user(const struct net_stream *stream);
void *net_stream_server_context(const struct net_stream *stream);

// One of the request's header fields, pseudo-headers (":path") included; NULL when absent.
const struct net_header *net_stream_header(const struct net_stream *stream, const char *name);
// True when the headers passed limits.header_bytes: the list then ends where the limit was reached.
bool net_stream_headers_are_cut(const struct net_stream *stream);
const char *net_stream_peer(const struct net_stream *stream);

// Request bytes were dealt with: lets the client send as many more. Every byte given to on_data is to be consumed once;
// those that were not are when the stream closes.
void net_stream_consume(struct net_stream *stream, size_t length);

// Counts memory that the room above holds for this stream, until it is released or the stream closes. False: its
// connection would hold more than limits.held_bytes; nothing is counted then.
bool net_stream_hold(struct net_stream *stream, size_t length);
void net_stream_release(struct net_stream *stream, size_t length);

// Response headers, ":status" first. is_last: nothing follows (a trailers-only answer).
void net_stream_send_headers(struct net_stream *stream, const struct net_header *headers, size_t count, bool is_last);

// A chunk with room for length bytes; given to net_stream_send_chunk(), which takes it over.
struct net_chunk *net_chunk_create(size_t length);

// False: at least limits.send_buffer_bytes wait for the client; on_drain comes when it is less.
bool net_stream_send_chunk(struct net_stream *stream, struct net_chunk *chunk);

// Ends the response, after all chunks. The fields are copied.
void net_stream_send_trailers(struct net_stream *stream, const struct net_header *trailers, size_t count);

// Drops chunks of which nothing was sent yet. False when the first one is sent in part: the response can then only be
// reset.
bool net_stream_drop_chunks(struct net_stream *stream);

// Ends the stream at once: RST_STREAM with CANCEL.
void net_stream_cancel(struct net_stream *stream);

#endif
