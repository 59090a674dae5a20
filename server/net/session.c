// SPDX-License-Identifier: Apache-2.0
// HTTP/2 frames of one connection become streams and handler callbacks. Nothing here closes a connection: it only says
// that it must.
#include <string.h>

#include "base/require.h"
#include "net/internal.h"

enum { STREAM_WINDOW_BYTES = 256 * 1024, CONNECTION_WINDOW_BYTES = 1024 * 1024 };

// What may come without a frame that means anything: header blocks, and, up to a connection's window, DATA that was on
// its way when its stream was closed. Only a flood of ignored frames is longer.
enum { PARTIAL_MAX_BYTES = CONNECTION_WINDOW_BYTES + 128 * 1024 };

// Queued answers to PING and SETTINGS before the peer counts as flooding, should it get past the flood bucket; SETTINGS
// entries in a frame; CONTINUATION frames after one HEADERS.
enum { OUTBOUND_ACK_MAX = 1000, SETTINGS_MAX = 32, CONTINUATIONS_MAX = 8, RESET_BURST = 1000, RESETS_PER_SECOND = 50 };

static uint64_t now_ms(const struct net_connection *connection)
{
    return uv_now(connection->server->loop);
}

// The value a callback of nghttp2 returns after a useless frame.
static int charge(struct net_connection *connection, uint32_t cost)
{
    return net_flood_add(&connection->flood, now_ms(connection), cost) ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *header, void *user)
{
    (void)session;
    struct net_connection *connection = user;
    connection->partial_bytes = 0;
    connection->partial_ms = 0;
    switch (header->type) {
    case NGHTTP2_DATA:
        return 0;
    case NGHTTP2_HEADERS:
        connection->partial_ms = now_ms(connection);
        return 0;
    case NGHTTP2_SETTINGS:
    case NGHTTP2_GOAWAY:
        connection->partial_ms = now_ms(connection);
        return charge(connection, NET_FLOOD_FRAME);
    default:
        return charge(connection, NET_FLOOD_FRAME);
    }
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct net_connection *connection = user;
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    struct net_stream *stream = net_stream_create(connection, frame->hd.stream_id);
    return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, stream);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *user)
{
    (void)flags;
    (void)user;
    struct net_stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    // Trailers of requests mean nothing in gRPC.
    if (stream == NULL || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    return net_stream_add_header(stream, name, name_length, value, value_length) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static void end_request(struct net_stream *stream)
{
    stream->is_remote_ended = true;
    stream->connection->server->handler->on_end(stream);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct net_connection *connection = user;
    struct net_stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    connection->has_frame = true;
    connection->partial_bytes = 0;
    connection->partial_ms = 0;
    bool is_end = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    switch (frame->hd.type) {
    case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0)
            connection->has_ping = false;
        return 0;
    case NGHTTP2_RST_STREAM:
        return stream != NULL && !stream->is_local_ended ? charge(connection, NET_FLOOD_RESET) : 0;
    case NGHTTP2_HEADERS:
        if (stream == NULL)
            return 0;
        if (!stream->is_started) {
            stream->is_started = true;
            stream->progress_ms = now_ms(connection);
            connection->server->handler->on_request(stream);
        }
        if (is_end)
            end_request(stream);
        return 0;
    case NGHTTP2_DATA:
        if (is_end && stream != NULL)
            end_request(stream);
        return !is_end && frame->hd.length <= frame->data.padlen ? charge(connection, NET_FLOOD_FRAME) : 0;
    default:
        return 0;
    }
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int code, void *user)
{
    (void)session;
    (void)frame;
    (void)code;
    struct net_connection *connection = user;
    connection->partial_ms = 0;
    return charge(connection, NET_FLOOD_RESET);
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t length, void *user)
{
    (void)flags;
    struct net_connection *connection = user;
    struct net_stream *stream = nghttp2_session_get_stream_user_data(session, id);
    connection->partial_bytes = 0;
    if (stream == NULL)
        return nghttp2_session_consume_connection(session, length);
    net_flood_credit(&connection->flood, 1 + (uint32_t)(length / 1024));
    stream->unconsumed_bytes += length;
    stream->progress_bytes += length;
    connection->server->handler->on_data(stream, bytes, length);
    return 0;
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
    struct net_connection *connection = user;
    if (frame->hd.type == NGHTTP2_DATA)
        net_flood_credit(&connection->flood, 1 + (uint32_t)(frame->hd.length / 1024));
    if (frame->hd.type != NGHTTP2_HEADERS || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        return 0;
    struct net_stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    // RFC 9113, 8.1: the response is complete, the rest of the request is not wanted.
    if (stream != NULL && !stream->is_remote_ended)
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error_code, void *user)
{
    (void)error_code;
    (void)user;
    struct net_stream *stream = nghttp2_session_get_stream_user_data(session, id);
    if (stream != NULL) {
        nghttp2_session_set_stream_user_data(session, id, NULL);
        net_stream_destroy(stream);
    }
    return 0;
}

void net_session_setup(struct net_server *server)
{
    REQUIRE(nghttp2_session_callbacks_new(&server->callbacks) == 0 && nghttp2_option_new(&server->options) == 0);
    nghttp2_session_callbacks_set_on_begin_frame_callback(server->callbacks, on_begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(server->callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(server->callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(server->callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(server->callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(server->callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(server->callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(server->callbacks, on_stream_close);
    nghttp2_option_set_no_auto_window_update(server->options, 1);
    nghttp2_option_set_no_closed_streams(server->options, 1);
    nghttp2_option_set_max_outbound_ack(server->options, OUTBOUND_ACK_MAX);
    nghttp2_option_set_max_settings(server->options, SETTINGS_MAX);
#if KAM_HAVE_NGHTTP2_RESET_RATE_LIMIT
    nghttp2_option_set_stream_reset_rate_limit(server->options, RESET_BURST, RESETS_PER_SECOND);
#endif
#if KAM_HAVE_NGHTTP2_MAX_CONTINUATIONS
    nghttp2_option_set_max_continuations(server->options, CONTINUATIONS_MAX);
#endif
}

void net_session_teardown(struct net_server *server)
{
    nghttp2_session_callbacks_del(server->callbacks);
    nghttp2_option_del(server->options);
}

bool net_session_open(struct net_connection *connection)
{
    struct net_server *server = connection->server;
    if (nghttp2_session_server_new2(&connection->session, server->callbacks, connection, server->options) != 0)
        return false;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, server->limits.streams_per_connection},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)server->limits.header_bytes},
        // No tree of priorities to keep for the peer (RFC 9218, 2.1).
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    return nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof *settings) == 0 &&
           nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW_BYTES) ==
               0;
}

void net_session_terminate(struct net_connection *connection, uint32_t error_code)
{
    connection->is_terminated = true;
    REQUIRE(nghttp2_session_terminate_session(connection->session, error_code) == 0);
    net_server_mark_dirty(connection->server, connection);
}

static bool is_continuation_flood(ssize_t code)
{
#if KAM_HAVE_NGHTTP2_MAX_CONTINUATIONS
    return code == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS;
#else
    (void)code;
    return false;
#endif
}

bool net_session_receive(struct net_connection *connection, const uint8_t *bytes, size_t length)
{
    struct net_server *server = connection->server;
    if (connection->is_terminated)
        return true;
    connection->partial_bytes += length;
    ssize_t used = nghttp2_session_mem_recv(connection->session, bytes, length);
    net_server_mark_dirty(server, connection);
    if (used == NGHTTP2_ERR_CALLBACK_FAILURE || used == NGHTTP2_ERR_FLOODED || is_continuation_flood(used) ||
        connection->partial_bytes > PARTIAL_MAX_BYTES) {
        net_count(&server->counters.floods, 1);
        net_session_terminate(connection, NGHTTP2_ENHANCE_YOUR_CALM);
    } else if (used == NGHTTP2_ERR_BAD_CLIENT_MAGIC) {
        net_session_terminate(connection, NGHTTP2_PROTOCOL_ERROR);
    } else if (used < 0) {
        return false;
    }
    return true;
}
