// SPDX-License-Identifier: Apache-2.0
// One request and its answer: see stream.h.
#include "net/stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "net/internal.h"

// RFC 9113, 6.5.2: what a header field counts besides its name and value.
enum { HEADER_OVERHEAD_BYTES = 32 };

// Fewer request bytes than this in a limit's time do not count as progress.
enum { PROGRESS_BYTES = 1024 };

struct net_stream *net_stream_create(struct net_connection *connection, int32_t id)
{
    struct net_server *server = connection->server;
    struct arena *arena = arena_create(server->limits.arena_bytes);
    struct net_stream *stream = arena_alloc(arena, sizeof *stream);
    stream->connection = connection;
    stream->arena = arena;
    stream->id = id;
    stream->progress_ms = uv_now(server->loop);
    stream->next = connection->streams;
    if (stream->next != NULL)
        stream->next->previous = stream;
    connection->streams = stream;
    connection->stream_count++;
    net_count(&server->counters.streams, 1);
    return stream;
}

static void free_chunks(struct net_stream *stream)
{
    while (stream->first_chunk != NULL) {
        struct net_chunk *chunk = stream->first_chunk;
        stream->first_chunk = chunk->next;
        free(chunk);
    }
    stream->last_chunk = NULL;
    stream->queued_bytes = 0;
}

void net_stream_destroy(struct net_stream *stream)
{
    struct net_connection *connection = stream->connection;
    if (stream->is_started)
        connection->server->handler->on_close(stream);
    if (stream->wants_drain)
        connection->drain_count--;
    if (stream->unconsumed_bytes > 0 && connection->session != NULL)
        nghttp2_session_consume_connection(connection->session, stream->unconsumed_bytes);
    connection->held_bytes -= stream->held_bytes;
    free_chunks(stream);
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        connection->streams = stream->next;
    if (--connection->stream_count == 0)
        connection->state_ms = uv_now(connection->server->loop);
    net_count(&connection->server->counters.streams, UINT64_MAX);
    arena_destroy(stream->arena);
}

bool net_stream_add_header(struct net_stream *stream, const uint8_t *name, size_t name_length, const uint8_t *value,
                           size_t value_length)
{
    size_t limit = stream->connection->server->limits.header_bytes;
    stream->header_bytes += name_length + value_length + HEADER_OVERHEAD_BYTES;
    if (stream->header_bytes > limit) {
        stream->is_cut = true;
        // Far beyond it is no mistake: the connection pays.
        return stream->header_bytes <= limit * 8;
    }
    struct net_header *header = arena_alloc(stream->arena, sizeof *header + name_length + value_length + 2);
    char *text = (char *)(header + 1);
    memcpy(text, name, name_length);
    memcpy(text + name_length + 1, value, value_length);
    *header = (struct net_header){.name = text, .value = text + name_length + 1, .value_length = value_length};
    if (stream->last_header != NULL)
        stream->last_header->next = header;
    else
        stream->first_header = header;
    stream->last_header = header;
    return true;
}

struct arena *net_stream_arena(struct net_stream *stream)
{
    return stream->arena;
}

void net_stream_set_user(struct net_stream *stream, void *user)
{
    stream->user = user;
}

void *net_stream_user(const struct net_stream *stream)
{
    return stream->user;
}

void *net_stream_server_context(const struct net_stream *stream)
{
    return stream->connection->server->context;
}

const struct net_header *net_stream_header(const struct net_stream *stream, const char *name)
{
    const struct net_header *header = stream->first_header;
    while (header != NULL && strcmp(header->name, name) != 0)
        header = header->next;
    return header;
}

bool net_stream_headers_are_cut(const struct net_stream *stream)
{
    return stream->is_cut;
}

const char *net_stream_peer(const struct net_stream *stream)
{
    return stream->connection->peer;
}

static void mark_dirty(struct net_stream *stream)
{
    net_server_mark_dirty(stream->connection->server, stream->connection);
}

void net_stream_consume(struct net_stream *stream, size_t length)
{
    REQUIRE(length <= stream->unconsumed_bytes);
    stream->unconsumed_bytes -= length;
    // Fails only for lack of memory, which ends the process in nghttp2's allocator, or for a session that is ending
    // anyway.
    (void)nghttp2_session_consume(stream->connection->session, stream->id, length);
    mark_dirty(stream);
}

bool net_stream_hold(struct net_stream *stream, size_t length)
{
    struct net_connection *connection = stream->connection;
    if (length > connection->server->limits.held_bytes - connection->held_bytes)
        return false;
    stream->held_bytes += length;
    connection->held_bytes += length;
    return true;
}

void net_stream_release(struct net_stream *stream, size_t length)
{
    REQUIRE(length <= stream->held_bytes);
    stream->held_bytes -= length;
    stream->connection->held_bytes -= length;
}

static nghttp2_nv *make_fields(struct arena *arena, const struct net_header *headers, size_t count)
{
    nghttp2_nv *fields = arena_alloc(arena, count * sizeof *fields);
    for (size_t at = 0; at < count; at++) {
        // nghttp2 copies them, and its type lacks the const.
        fields[at] = (nghttp2_nv){.name = (uint8_t *)(uintptr_t)headers[at].name,
                                  .value = (uint8_t *)(uintptr_t)headers[at].value,
                                  .namelen = strlen(headers[at].name),
                                  .valuelen = headers[at].value_length};
    }
    return fields;
}

// Moves waiting chunks into a DATA frame; the trailers follow the last one.
static ssize_t read_chunks(nghttp2_session *session, int32_t id, uint8_t *frame, size_t capacity, uint32_t *flags_r,
                           nghttp2_data_source *source, void *user)
{
    (void)user;
    struct net_stream *stream = source->ptr;
    size_t filled = 0;
    while (filled < capacity && stream->first_chunk != NULL) {
        struct net_chunk *chunk = stream->first_chunk;
        size_t part = chunk->length - chunk->sent;
        if (part > capacity - filled)
            part = capacity - filled;
        memcpy(frame + filled, chunk->bytes + chunk->sent, part);
        filled += part;
        chunk->sent += part;
        stream->queued_bytes -= part;
        if (chunk->sent < chunk->length)
            break;
        stream->first_chunk = chunk->next;
        if (stream->first_chunk == NULL)
            stream->last_chunk = NULL;
        free(chunk);
    }
    stream->progress_ms = uv_now(stream->connection->server->loop);
    if (stream->first_chunk == NULL && stream->has_trailers) {
        *flags_r |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_nv *fields = make_fields(stream->arena, stream->trailers, stream->trailer_count);
        stream->is_local_ended = true;
        if (nghttp2_submit_trailer(session, id, fields, stream->trailer_count) != 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        return (ssize_t)filled;
    }
    if (filled == 0) {
        stream->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    return (ssize_t)filled;
}

void net_stream_send_headers(struct net_stream *stream, const struct net_header *headers, size_t count, bool is_last)
{
    REQUIRE(!stream->has_headers);
    stream->has_headers = true;
    stream->has_trailers = is_last;
    stream->is_local_ended = is_last;
    nghttp2_nv *fields = make_fields(stream->arena, headers, count);
    nghttp2_data_provider provider = {.source = {.ptr = stream}, .read_callback = read_chunks};
    int code =
        nghttp2_submit_response(stream->connection->session, stream->id, fields, count, is_last ? NULL : &provider);
    REQUIRE(code == 0);
    mark_dirty(stream);
}

struct net_chunk *net_chunk_create(size_t length)
{
    struct net_chunk *chunk = malloc(sizeof *chunk + length);
    REQUIRE(chunk != NULL);
    chunk->next = NULL;
    chunk->length = length;
    chunk->sent = 0;
    return chunk;
}

static void resume(struct net_stream *stream)
{
    if (stream->is_deferred) {
        stream->is_deferred = false;
        // Fails only when the stream closed in the meantime; on_close tells.
        (void)nghttp2_session_resume_data(stream->connection->session, stream->id);
    }
    mark_dirty(stream);
}

bool net_stream_send_chunk(struct net_stream *stream, struct net_chunk *chunk)
{
    REQUIRE(stream->has_headers && !stream->has_trailers);
    if (stream->first_chunk == NULL)
        stream->progress_ms = uv_now(stream->connection->server->loop);
    if (stream->last_chunk != NULL)
        stream->last_chunk->next = chunk;
    else
        stream->first_chunk = chunk;
    stream->last_chunk = chunk;
    stream->queued_bytes += chunk->length;
    resume(stream);
    if (stream->queued_bytes < stream->connection->server->limits.send_buffer_bytes)
        return true;
    if (!stream->wants_drain) {
        stream->wants_drain = true;
        stream->connection->drain_count++;
    }
    return false;
}

void net_stream_send_trailers(struct net_stream *stream, const struct net_header *trailers, size_t count)
{
    REQUIRE(stream->has_headers && !stream->has_trailers);
    struct net_header *copies = arena_alloc(stream->arena, count * sizeof *copies);
    for (size_t at = 0; at < count; at++) {
        copies[at] = trailers[at];
        copies[at].name = arena_strdup(stream->arena, trailers[at].name);
        copies[at].value = arena_copy(stream->arena, trailers[at].value, trailers[at].value_length);
    }
    stream->trailers = copies;
    stream->trailer_count = count;
    stream->has_trailers = true;
    stream->progress_ms = uv_now(stream->connection->server->loop);
    resume(stream);
}

bool net_stream_drop_chunks(struct net_stream *stream)
{
    if (stream->first_chunk != NULL && stream->first_chunk->sent > 0)
        return false;
    free_chunks(stream);
    return true;
}

void net_stream_cancel(struct net_stream *stream)
{
    free_chunks(stream);
    stream->is_local_ended = true;
    REQUIRE(nghttp2_submit_rst_stream(stream->connection->session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_CANCEL) == 0);
    mark_dirty(stream);
}

void net_stream_give_drain(struct net_stream *stream)
{
    if (!stream->wants_drain || stream->queued_bytes >= stream->connection->server->limits.send_buffer_bytes)
        return;
    stream->wants_drain = false;
    stream->connection->drain_count--;
    stream->connection->server->handler->on_drain(stream);
}

void net_stream_check(struct net_stream *stream, uint64_t now_ms)
{
    uint64_t limit_ms = stream->connection->server->limits.request_ms;
    if (stream->progress_bytes >= PROGRESS_BYTES) {
        stream->progress_bytes = 0;
        stream->progress_ms = now_ms;
    }
    if (!stream->is_started || now_ms < stream->progress_ms || now_ms - stream->progress_ms < limit_ms)
        return;
    stream->progress_ms = now_ms;
    bool is_blocked = stream->has_trailers || stream->first_chunk != NULL;
    if (is_blocked && stream->has_headers) {
        // The client does not read its answer.
        net_count(&stream->connection->server->counters.timeouts, 1);
        net_stream_cancel(stream);
    } else if (!stream->is_remote_ended) {
        stream->connection->server->handler->on_stall(stream);
    }
}
