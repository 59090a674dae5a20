// SPDX-License-Identifier: Apache-2.0
// One TCP connection: a byte pump socket <-> TLS <-> HTTP/2 session. The three buffers of the way are the worker's; a
// connection itself holds bytes only where the kernel takes no more or a TLS record is incomplete.
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "net/internal.h"
#include "net/tls_session.h"

enum {
    ROUND_BYTES = 64 * 1024,        // what one connection may send before the others get their turn
    PENDING_MAX_BYTES = 512 * 1024, // only answers of TLS itself can add up to this
    LINGER_MS = 1000,
    LINGER_BYTES = 1024 * 1024,
    FINAL_GOAWAY_MS = 1000,
};

struct waiting_write {
    uv_write_t request;
    struct net_connection *connection;
    size_t length;
    uint8_t bytes[];
};

static uint64_t now_ms(const struct net_connection *connection)
{
    return uv_now(connection->server->loop);
}

static void on_closed(uv_handle_t *handle)
{
    struct net_connection *connection = handle->data;
    net_server_remove(connection->server, connection);
    free(connection);
}

// Everything above TLS ends here: handlers see their streams close.
static void end_session(struct net_connection *connection)
{
    nghttp2_session *session = connection->session;
    connection->session = NULL;
    while (connection->streams != NULL)
        net_stream_destroy(connection->streams);
    nghttp2_session_del(session);
}

void net_connection_close(struct net_connection *connection)
{
    if (connection->state == NET_CLOSING)
        return;
    connection->state = NET_CLOSING;
    end_session(connection);
    SSL_free(connection->tls);
    connection->tls = NULL;
    if (connection->is_admitted)
        net_admission_leave(&connection->key);
    uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer);

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer_r)
{
    (void)suggested;
    struct net_connection *connection = handle->data;
    *buffer_r = uv_buf_init((char *)connection->server->read_bytes, NET_READ_BYTES);
}

static void set_reading(struct net_connection *connection, bool is_reading)
{
    if (connection->is_reading == is_reading || connection->state == NET_CLOSING)
        return;
    connection->is_reading = is_reading;
    if (!is_reading)
        uv_read_stop((uv_stream_t *)&connection->tcp);
    else if (uv_read_start((uv_stream_t *)&connection->tcp, on_allocate, on_read) != 0)
        net_connection_close(connection);
}

static void on_written(uv_write_t *request, int code)
{
    struct waiting_write *write = (struct waiting_write *)request;
    struct net_connection *connection = write->connection;
    connection->pending_bytes -= write->length;
    connection->pending_ms = now_ms(connection);
    free(write);
    if (connection->state == NET_CLOSING)
        return;
    if (code != 0) {
        net_connection_close(connection);
    } else if (connection->pending_bytes == 0) {
        set_reading(connection, true);
        net_server_mark_dirty(connection->server, connection);
    }
}

static void queue_write(struct net_connection *connection, const uint8_t *bytes, size_t length)
{
    struct waiting_write *write = malloc(sizeof *write + length);
    REQUIRE(write != NULL);
    write->connection = connection;
    write->length = length;
    memcpy(write->bytes, bytes, length);
    if (connection->pending_bytes == 0)
        connection->pending_ms = now_ms(connection);
    connection->pending_bytes += length;
    uv_buf_t buffer = uv_buf_init((char *)write->bytes, (unsigned)length);
    int code = uv_write(&write->request, (uv_stream_t *)&connection->tcp, &buffer, 1, on_written);
    if (code != 0) {
        connection->pending_bytes -= length;
        free(write);
    }
}

// Sends the worker's ciphertext buffer, which holds bytes of this connection only.
static void send_cipher(struct net_connection *connection)
{
    struct net_server *server = connection->server;
    uint8_t *bytes = server->cipher_bytes;
    size_t length = server->cipher_length;
    server->cipher_length = 0;
    if (length == 0 || connection->state == NET_CLOSING)
        return;
    net_count(&server->counters.sent_bytes, length);
    if (connection->pending_bytes == 0) {
        uv_buf_t buffer = uv_buf_init((char *)bytes, (unsigned)length);
        int written = uv_try_write((uv_stream_t *)&connection->tcp, &buffer, 1);
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    // A broken socket is reported by the write that waits, after this callback has returned.
    if (length > 0)
        queue_write(connection, bytes, length);
}

static size_t take_cipher(void *data, void *bytes_r, size_t capacity)
{
    struct net_connection *connection = data;
    size_t part = connection->input_length < capacity ? connection->input_length : capacity;
    if (part > 0) {
        memcpy(bytes_r, connection->input, part);
        connection->input += part;
        connection->input_length -= part;
    }
    return part;
}

static void put_cipher(void *data, const void *bytes, size_t length)
{
    struct net_connection *connection = data;
    struct net_server *server = connection->server;
    while (length > 0) {
        if (server->cipher_length == NET_CIPHER_BYTES)
            send_cipher(connection);
        size_t part = NET_CIPHER_BYTES - server->cipher_length;
        if (part > length)
            part = length;
        memcpy(server->cipher_bytes + server->cipher_length, bytes, part);
        server->cipher_length += part;
        bytes = (const uint8_t *)bytes + part;
        length -= part;
    }
}

static const struct net_tls_transport TRANSPORT = {.take = take_cipher, .put = put_cipher};

static void on_shutdown(uv_shutdown_t *request, int code)
{
    (void)code;
    free(request);
}

// Closing a socket with unread input makes the kernel throw away what the peer has not read yet: so the last words go
// out, then a FIN, and input is read and dropped until the peer closes or a second has passed.
static void linger(struct net_connection *connection)
{
    if (connection->state >= NET_LINGERING)
        return;
    connection->state = NET_LINGERING;
    connection->state_ms = now_ms(connection);
    end_session(connection);
    if (SSL_is_init_finished(connection->tls) == 1)
        SSL_shutdown(connection->tls);
    ERR_clear_error();
    send_cipher(connection);
    uv_shutdown_t *request = malloc(sizeof *request);
    REQUIRE(request != NULL);
    if (uv_shutdown(request, (uv_stream_t *)&connection->tcp, on_shutdown) != 0) {
        free(request);
        net_connection_close(connection);
        return;
    }
    set_reading(connection, true);
}

// Goes on with the handshake. True when HTTP/2 may begin.
static bool shake_hands(struct net_connection *connection)
{
    int code = SSL_do_handshake(connection->tls);
    if (code == 1 && net_tls_is_h2(connection->tls) && net_session_open(connection)) {
        connection->state = NET_OPEN;
        net_server_mark_dirty(connection->server, connection);
        return true;
    }
    if (code != 1 && SSL_get_error(connection->tls, code) == SSL_ERROR_WANT_READ)
        return false;
    net_count(&connection->server->counters.handshake_failures, 1);
    linger(connection);
    return false;
}

static void receive(struct net_connection *connection)
{
    ERR_clear_error();
    if (connection->state == NET_HANDSHAKE && !shake_hands(connection))
        return;
    struct net_server *server = connection->server;
    for (;;) {
        int length = SSL_read(connection->tls, server->plain_bytes, NET_PLAIN_BYTES);
        if (length > 0) {
            if (!net_session_receive(connection, server->plain_bytes, (size_t)length)) {
                net_connection_close(connection);
                return;
            }
            continue;
        }
        int code = SSL_get_error(connection->tls, length);
        if (code == SSL_ERROR_ZERO_RETURN)
            net_connection_close(connection);
        else if (code != SSL_ERROR_WANT_READ)
            linger(connection);
        return;
    }
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct net_connection *connection = stream->data;
    if (length == 0)
        return;
    if (length < 0) {
        net_connection_close(connection);
        return;
    }
    net_count(&connection->server->counters.received_bytes, (uint64_t)length);
    connection->received_ms = now_ms(connection);
    if (connection->state == NET_LINGERING) {
        connection->linger_bytes += (size_t)length;
        if (connection->linger_bytes > LINGER_BYTES)
            net_connection_close(connection);
        return;
    }
    connection->input = (const uint8_t *)buffer->base;
    connection->input_length = (size_t)length;
    receive(connection);
    connection->input_length = 0;
    send_cipher(connection);
    // Who does not read answers gets no more questions in.
    if (connection->pending_bytes > PENDING_MAX_BYTES)
        net_connection_close(connection);
    else if (connection->pending_bytes > 0 && connection->state == NET_OPEN)
        set_reading(connection, false);
}

static bool encrypt(struct net_connection *connection, size_t length)
{
    ERR_clear_error();
    return length == 0 || SSL_write(connection->tls, connection->server->plain_bytes, (int)length) == (int)length;
}

// Takes frames from the session, at most ROUND_BYTES and a frame. *is_more_r: there may be more to take.
static bool send_frames(struct net_connection *connection, bool *is_more_r)
{
    struct net_server *server = connection->server;
    size_t filled = 0, total = 0;
    while (total < ROUND_BYTES) {
        const uint8_t *frame = NULL;
        ssize_t length = nghttp2_session_mem_send(connection->session, &frame);
        if (length < 0)
            return false;
        if (length == 0)
            break;
        if (filled + (size_t)length > NET_PLAIN_BYTES) {
            if (!encrypt(connection, filled))
                return false;
            filled = 0;
        }
        REQUIRE((size_t)length <= NET_PLAIN_BYTES);
        memcpy(server->plain_bytes + filled, frame, (size_t)length);
        filled += (size_t)length;
        total += (size_t)length;
    }
    *is_more_r = total >= ROUND_BYTES;
    return encrypt(connection, filled);
}

static void give_drains(struct net_connection *connection)
{
    struct net_stream *next;
    for (struct net_stream *stream = connection->streams; stream != NULL && connection->drain_count > 0;
         stream = next) {
        next = stream->next;
        net_stream_give_drain(stream);
    }
}

void net_connection_flush(struct net_connection *connection)
{
    if (connection->state != NET_OPEN || connection->pending_bytes > 0)
        return;
    bool is_more = false;
    if (!send_frames(connection, &is_more)) {
        net_connection_close(connection);
        return;
    }
    send_cipher(connection);
    give_drains(connection);
    if (is_more)
        net_server_mark_dirty(connection->server, connection);
    else if (!nghttp2_session_want_read(connection->session) && !nghttp2_session_want_write(connection->session))
        linger(connection);
}

static void send_ping(struct net_connection *connection)
{
    connection->has_ping = true;
    connection->ping_ms = now_ms(connection);
    REQUIRE(nghttp2_submit_ping(connection->session, NGHTTP2_FLAG_NONE, NULL) == 0);
    net_server_mark_dirty(connection->server, connection);
}

static void send_final_goaway(struct net_connection *connection)
{
    connection->drain_state = NET_FINAL_GOAWAY;
    int32_t last = nghttp2_session_get_last_proc_stream_id(connection->session);
    REQUIRE(nghttp2_submit_goaway(connection->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0) == 0);
    net_server_mark_dirty(connection->server, connection);
}

// RFC 9113, 6.8: first a notice that refuses nothing, and after a round trip the last stream that was taken.
void net_connection_drain(struct net_connection *connection)
{
    if (connection->state == NET_HANDSHAKE) {
        linger(connection);
    } else if (connection->state == NET_OPEN && connection->drain_state == NET_SERVING && !connection->is_terminated) {
        connection->drain_state = NET_NOTICE_SENT;
        connection->state_ms = now_ms(connection);
        REQUIRE(nghttp2_submit_shutdown_notice(connection->session) == 0);
        send_ping(connection);
    }
}

static bool is_over(uint64_t since_ms, uint64_t limit_ms, uint64_t now)
{
    return now > since_ms && now - since_ms >= limit_ms;
}

static void check_open(struct net_connection *connection, uint64_t now)
{
    const struct net_limits *limits = &connection->server->limits;
    bool is_stuck = (connection->partial_ms > 0 && is_over(connection->partial_ms, limits->request_ms, now)) ||
                    (connection->has_ping && is_over(connection->ping_ms, limits->keepalive_timeout_ms, now) &&
                     is_over(connection->received_ms, limits->keepalive_timeout_ms, now)) ||
                    (!connection->has_frame && is_over(connection->state_ms, limits->handshake_ms, now));
    if (is_stuck) {
        net_count(&connection->server->counters.timeouts, 1);
        net_session_terminate(connection, connection->has_frame ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_SETTINGS_TIMEOUT);
        // What cannot be told is not waited for.
        if (connection->pending_bytes > 0 || connection->has_ping)
            net_connection_close(connection);
        return;
    }
    if (connection->drain_state == NET_NOTICE_SENT &&
        (!connection->has_ping || is_over(connection->ping_ms, FINAL_GOAWAY_MS, now)))
        send_final_goaway(connection);
    if (connection->stream_count == 0 && is_over(connection->state_ms, limits->idle_ms, now) &&
        connection->drain_state != NET_FINAL_GOAWAY)
        send_final_goaway(connection);
    if (!connection->has_ping && is_over(connection->received_ms, limits->keepalive_ms, now))
        send_ping(connection);
    struct net_stream *next;
    for (struct net_stream *stream = connection->streams; stream != NULL; stream = next) {
        next = stream->next;
        net_stream_check(stream, now);
    }
}

void net_connection_check(struct net_connection *connection, uint64_t now)
{
    const struct net_limits *limits = &connection->server->limits;
    bool is_stuck = (connection->state == NET_HANDSHAKE && is_over(connection->state_ms, limits->handshake_ms, now)) ||
                    (connection->pending_bytes > 0 && is_over(connection->pending_ms, limits->request_ms, now));
    if (is_stuck) {
        net_count(&connection->server->counters.timeouts, 1);
        net_connection_close(connection);
    } else if (connection->state == NET_LINGERING && is_over(connection->state_ms, LINGER_MS, now)) {
        net_connection_close(connection);
    } else if (connection->state == NET_OPEN && !connection->is_terminated) {
        check_open(connection, now);
    }
}

// Fills in who the peer is, and asks for a place.
static bool admit(struct net_connection *connection)
{
    struct net_server *server = connection->server;
    struct sockaddr_storage address = {0};
    int length = (int)sizeof address;
    const struct sockaddr *peer = (const struct sockaddr *)&address;
    if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&address, &length) != 0 ||
        uv_ip_name(peer, connection->peer, sizeof connection->peer) != 0)
        return false;
    if (strncmp(connection->peer, "::ffff:", 7) == 0 && strchr(connection->peer, '.') != NULL)
        memmove(connection->peer, connection->peer + 7, strlen(connection->peer + 7) + 1);
    net_peer_key_make(peer, &connection->key);
    connection->is_admitted =
        net_admission_enter(&connection->key, server->limits.connections, server->limits.connections_per_address);
    return connection->is_admitted;
}

void net_connection_accept(struct net_server *server)
{
    struct net_connection *connection = calloc(1, sizeof *connection);
    REQUIRE(connection != NULL);
    connection->server = server;
    REQUIRE(uv_tcp_init(server->loop, &connection->tcp) == 0);
    connection->tcp.data = connection;
    connection->next = server->connections;
    if (connection->next != NULL)
        connection->next->previous = connection;
    server->connections = connection;
    server->connection_count++;
    net_count(&server->counters.connections, 1);
    uint64_t now = now_ms(connection);
    connection->state_ms = connection->received_ms = now;
    if (uv_accept((uv_stream_t *)server->listener, (uv_stream_t *)&connection->tcp) != 0 || !admit(connection)) {
        net_count(&server->counters.refused, 1);
        LOG(LOG_DEBUG, "connection refused", LOG_TEXT("peer", connection->peer));
        net_connection_close(connection);
        return;
    }
    net_count(&server->counters.accepted, 1);
    uv_tcp_nodelay(&connection->tcp, 1);
    connection->tls = net_tls_new_session(server->tls, &TRANSPORT, connection);
    if (connection->tls == NULL)
        net_connection_close(connection);
    else
        set_reading(connection, true);
}
