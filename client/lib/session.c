// SPDX-License-Identifier: Apache-2.0
// The client's side of HTTP/2. nghttp2's callbacks only unpack and hand on to call.c.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

enum { SILENCE_MS = 60 * 1000, ANSWER_MS = 20 * 1000 };

enum { WINDOW_BYTES = 4 * 1024 * 1024, READ_BYTES = 16 * 1024, READ_MOST_BYTES = 1024 * 1024, HEADER_BYTES = 2 * 1024 };

static struct kam_call *call_of(nghttp2_session *session, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(session, stream_id);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *data)
{
    (void)flags, (void)data;
    struct kam_call *call = call_of(session, frame->hd.stream_id);
    if (call != NULL)
        call_on_header(call, (const char *)name, name_length, (const char *)value, value_length);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *bytes, size_t size,
                   void *data)
{
    (void)flags, (void)data;
    struct kam_call *call = call_of(session, stream_id);
    if (call != NULL && !call_on_data(call, bytes, size))
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream_id, NGHTTP2_CANCEL);
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t code, void *data)
{
    (void)data;
    struct kam_call *call = call_of(session, stream_id);
    if (call != NULL)
        call_on_close(call, code);
    return 0;
}

// A request that never left: the server said GOAWAY while nghttp2 held it back.
static int on_frame_not_sent(nghttp2_session *session, const nghttp2_frame *frame, int reason, void *data)
{
    (void)session, (void)reason;
    struct kam_client *client = data;
    if (frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    for (struct kam_call *call = client->calls; call != NULL; call = call->next)
        if (call->state == CALL_SENT && call->stream_id == frame->hd.stream_id) {
            call_on_close(call, NGHTTP2_REFUSED_STREAM);
            break;
        }
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *data)
{
    (void)session;
    struct kam_client *client = data;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        client->is_draining = true;
    return 0;
}

enum kam_code session_open(struct kam_client *client, struct kam_error *error)
{
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        abort();
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_frame_not_sent);
    int failure = nghttp2_session_client_new(&client->session, callbacks, client);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, WINDOW_BYTES},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 64 * 1024},
    };
    if (failure == 0)
        failure =
            nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof settings[0]);
    if (failure == 0)
        failure = nghttp2_session_set_local_window_size(client->session, NGHTTP2_FLAG_NONE, 0, WINDOW_BYTES);
    client->is_draining = false;
    client->unsent_bytes = 0;
    client->heard_ms = client_now_ms();
    client->is_pinged = false;
    return failure == 0 ? KAM_OK : error_set(error, KAM_INTERNAL, "", "HTTP/2: %s", nghttp2_strerror(failure));
}

void session_close(struct kam_client *client)
{
    if (client->session != NULL) {
        nghttp2_session_terminate_session(client->session, NGHTTP2_NO_ERROR);
        const uint8_t *bytes;
        ssize_t size = nghttp2_session_mem_send(client->session, &bytes);
        if (size > 0 && client->unsent_bytes == 0)
            transport_write(&client->transport, bytes, (size_t)size);
        nghttp2_session_del(client->session);
    }
    client->session = NULL;
    transport_close(&client->transport);
}

static ssize_t read_request(nghttp2_session *session, int32_t stream_id, uint8_t *bytes, size_t size, uint32_t *flags,
                            nghttp2_data_source *source, void *data)
{
    (void)session, (void)stream_id, (void)data;
    struct kam_call *call = source->ptr;
    size_t left = call->frame_bytes - call->frame_sent_bytes;
    size_t count = left < size ? left : size;
    memcpy(bytes, call->frame + call->frame_sent_bytes, count);
    call->frame_sent_bytes += count;
    if (count == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)count;
}

static nghttp2_nv header(const char *name, const char *value, uint8_t flags)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value), flags};
}

bool session_submit(struct kam_client *client, struct kam_call *call)
{
    nghttp2_nv headers[40];
    size_t count = 0;
    char timeout[24], bearer[HEADER_BYTES];
    int64_t left_ms = call->deadline_ms - client_now_ms();
    snprintf(timeout, sizeof timeout, "%lldm", (long long)(left_ms < 1 ? 1 : left_ms > 99999999 ? 99999999 : left_ms));
    headers[count++] = header(":method", "POST", NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header(":scheme", "https", NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header(":path", call->method, NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header(":authority", client->server.name, NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header("te", "trailers", NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header("content-type", "application/grpc", NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header("user-agent", client->user_agent, NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header("grpc-timeout", timeout, NGHTTP2_NV_FLAG_NONE);
    headers[count++] = header("kam-request-id", call->request_id, NGHTTP2_NV_FLAG_NO_INDEX);
    if (client->token != NULL) {
        snprintf(bearer, sizeof bearer, "Bearer %s", client->token);
        headers[count++] = header("authorization", bearer, NGHTTP2_NV_FLAG_NO_INDEX);
    }
    for (size_t at = 0; at < call->metadata_count && count < sizeof headers / sizeof headers[0]; at++)
        headers[count++] = header(call->metadata[at].key, call->metadata[at].value, NGHTTP2_NV_FLAG_NONE);
    nghttp2_data_provider provider = {.source.ptr = call, .read_callback = read_request};
    call->stream_id = nghttp2_submit_request(client->session, NULL, headers, count, &provider, call);
    return call->stream_id > 0;
}

void session_cancel(struct kam_client *client, struct kam_call *call)
{
    if (client->session == NULL || call->stream_id <= 0)
        return;
    // A request nghttp2 still holds back would read from the call: cutting the link and resetting makes it forget it.
    nghttp2_session_set_stream_user_data(client->session, call->stream_id, NULL);
    nghttp2_submit_rst_stream(client->session, NGHTTP2_FLAG_NONE, call->stream_id, NGHTTP2_CANCEL);
    session_advance(client);
    call->stream_id = 0;
}

static bool send_pending(struct kam_client *client)
{
    for (;;) {
        if (client->unsent_bytes == 0) {
            ssize_t size = nghttp2_session_mem_send(client->session, &client->unsent);
            if (size <= 0)
                return size == 0;
            client->unsent_bytes = (size_t)size;
        }
        ssize_t written = transport_write(&client->transport, client->unsent, client->unsent_bytes);
        if (written <= 0)
            return written == 0;
        client->unsent += written;
        client->unsent_bytes -= (size_t)written;
    }
}

bool session_advance(struct kam_client *client)
{
    uint8_t bytes[READ_BYTES];
    if (!send_pending(client))
        return false;
    // A server that never pauses must not keep the caller from looking at its deadlines.
    client->has_unread = true;
    for (size_t taken = 0; taken < READ_MOST_BYTES;) {
        ssize_t size = transport_read(&client->transport, bytes, sizeof bytes);
        if (size < 0)
            return false;
        if (size == 0) {
            client->has_unread = false;
            break;
        }
        taken += (size_t)size;
        client->heard_ms = client_now_ms();
        client->is_pinged = false;
        if (nghttp2_session_mem_recv(client->session, bytes, (size_t)size) < 0)
            return false;
    }
    return send_pending(client) &&
           (nghttp2_session_want_read(client->session) != 0 || nghttp2_session_want_write(client->session) != 0);
}

bool session_keep_alive(struct kam_client *client)
{
    int64_t silent_ms = client_now_ms() - client->heard_ms;
    if (silent_ms < SILENCE_MS)
        return true;
    if (client->is_pinged)
        return silent_ms < SILENCE_MS + ANSWER_MS;
    client->is_pinged = true;
    // From now, however long nobody looked.
    client->heard_ms = client_now_ms() - SILENCE_MS;
    return nghttp2_submit_ping(client->session, NGHTTP2_FLAG_NONE, NULL) == 0 && session_advance(client);
}
