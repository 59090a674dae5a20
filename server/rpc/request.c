// SPDX-License-Identifier: Apache-2.0
// What comes in: request headers become a call, DATA becomes messages. The rules are those of
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md and .../compression.md.
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "base/uuid.h"
#include "rpc/decode.h"
#include "rpc/headers.h"
#include "rpc/internal.h"

static void refuse(struct rpc_call *call, enum status code, const char *reason, const char *text)
{
    struct error error;
    error_set(&error, code, reason, "%s", text);
    rpc_call_fail(call, &error, NULL, 0);
}

static bool has_value(const struct net_stream *stream, const char *name, const char *value)
{
    const struct net_header *header = net_stream_header(stream, name);
    return header != NULL && strcmp(header->value, value) == 0;
}

static void refuse_path(struct rpc_call *call, const char *path)
{
    const char *slash = path[0] == '/' ? strchr(path + 1, '/') : NULL;
    bool is_service = slash != NULL && rpc_server_has_service(call->server, path + 1, (size_t)(slash - path - 1));
    struct error error;
    if (is_service)
        error_refuse(&error, STATUS_UNIMPLEMENTED, "METHOD_UNKNOWN", "there is no method \"{path}\" here",
                     ERROR_VALUES(ERROR_TEXT("path", path)));
    else
        error_refuse(&error, STATUS_UNIMPLEMENTED, "SERVICE_UNKNOWN", "there is no service \"{path}\" here",
                     ERROR_VALUES(ERROR_TEXT("path", path)));
    rpc_call_fail(call, &error, NULL, 0);
}

// Checks all that the headers say. False: the call was answered.
static bool accept_headers(struct rpc_call *call)
{
    struct net_stream *stream = call->stream;
    if (net_stream_headers_are_cut(stream)) {
        refuse(call, STATUS_RESOURCE_EXHAUSTED, "METADATA_TOO_LARGE",
               "the request's metadata is larger than this server takes");
        return false;
    }
    if (!has_value(stream, ":method", "POST")) {
        rpc_answer_http(call, "405", "allow", "POST");
        return false;
    }
    const struct net_header *content_type = net_stream_header(stream, "content-type");
    if (content_type == NULL || !rpc_content_type_is_grpc(content_type->value)) {
        rpc_answer_http(call, "415", "accept-post", "application/grpc");
        return false;
    }
    if (!has_value(stream, "te", "trailers")) {
        refuse(call, STATUS_INTERNAL, "TE_MISSING",
               "the request lacks \"te: trailers\": a proxy on the way does not speak gRPC");
        return false;
    }
    const struct net_header *timeout = net_stream_header(stream, "grpc-timeout");
    uint64_t timeout_ms = 0;
    if (timeout != NULL && !rpc_timeout_parse(timeout->value, &timeout_ms)) {
        refuse(call, STATUS_INVALID_ARGUMENT, "TIMEOUT_MALFORMED",
               "grpc-timeout must be at most 8 digits and one of H, M, S, m, u, n");
        return false;
    }
    const struct net_header *path = net_stream_header(stream, ":path");
    call->method = path == NULL ? NULL : rpc_server_find_method(call->server, path->value);
    if (call->method == NULL) {
        refuse_path(call, path == NULL ? "" : path->value);
        return false;
    }
    if (timeout != NULL)
        rpc_server_add_deadline(call->server, call, timeout_ms);
    return true;
}

static void on_request(struct net_stream *stream)
{
    struct rpc_server *server = net_stream_server_context(stream);
    struct arena *arena = net_stream_arena(stream);
    struct rpc_call *call = arena_alloc(arena, sizeof *call);
    call->server = server;
    call->stream = stream;
    call->arena = arena;
    call->status = STATUS_CANCELLED;
    call->started_ns = uv_hrtime();
    call->next = server->calls;
    if (call->next != NULL)
        call->next->previous = call;
    server->calls = call;
    rpc_framing_init(&call->framing, server->limits.message_bytes);
    net_stream_set_user(stream, call);
    if (!accept_headers(call))
        return;
    call->is_given = true;
    if (call->method->handler->on_start != NULL)
        call->method->handler->on_start(call);
}

static void refuse_framing(struct rpc_call *call, enum rpc_framing_result result)
{
    const struct net_header *encoding = net_stream_header(call->stream, "grpc-encoding");
    struct error error;
    if (result == RPC_FRAMING_TOO_LARGE)
        error_refuse(&error, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE",
                     "the message has {actual} bytes, this server takes {limit}",
                     ERROR_VALUES(ERROR_NUMBER("actual", call->framing.length),
                                  ERROR_NUMBER("limit", call->framing.limit_bytes)));
    else if (result == RPC_FRAMING_BAD_FLAG)
        error_refuse(&error, STATUS_INTERNAL, "BAD_FRAMING",
                     "the first byte of a message must be 0 or 1, it is {actual}",
                     ERROR_VALUES(ERROR_NUMBER("actual", call->framing.prefix[0])));
    else if (encoding == NULL || strcmp(encoding->value, "identity") == 0)
        error_set(&error, STATUS_INTERNAL, "COMPRESSED_FLAG",
                  "a message is flagged as compressed, but grpc-encoding does not say how");
    else
        error_set(&error, STATUS_UNIMPLEMENTED, "COMPRESSION",
                  "compression is not supported; send messages uncompressed");
    rpc_call_fail(call, &error, NULL, 0);
}

// Decodes the message taken last and gives it to the handler.
static void give_message(struct rpc_call *call)
{
    struct arena *arena = call->arena;
    if (call->method->client_streaming) {
        arena_destroy(call->message_arena);
        call->message_arena = arena_create(call->server->limits.decoded_bytes + 4096);
        arena = call->message_arena;
    }
    struct error error;
    ProtobufCMessage *message = NULL;
    if (rpc_decode(call->method->request, call->request_bytes, call->request_length, arena,
                   call->server->limits.decoded_bytes, &message, &error) != STATUS_OK) {
        rpc_call_fail(call, &error, NULL, 0);
        return;
    }
    if (call->method->handler->on_message != NULL)
        call->method->handler->on_message(call, message);
}

static void take_message(struct rpc_call *call)
{
    if (!call->method->client_streaming && call->message_count > 0) {
        refuse(call, STATUS_UNIMPLEMENTED, "TOO_MANY_MESSAGES", "this method takes exactly one request message");
        return;
    }
    call->message_count++;
    if (call->request_length > 0)
        net_stream_release(call->stream, call->request_length);
    free(call->request_bytes);
    call->request_bytes = rpc_framing_take(&call->framing, &call->request_length);
    if (call->method->client_streaming)
        give_message(call);
}

static void feed(struct rpc_call *call, const uint8_t *bytes, size_t length)
{
    while (length > 0 && !call->is_finished && !call->is_paused) {
        size_t taken = 0;
        size_t before = call->framing.received;
        enum rpc_framing_result result = rpc_framing_feed(&call->framing, bytes, length, &taken);
        if (!net_stream_hold(call->stream, call->framing.received - before)) {
            refuse(call, STATUS_RESOURCE_EXHAUSTED, "TOO_MANY_LARGE_REQUESTS",
                   "the unfinished requests of this connection hold too much memory; send fewer at a time");
            break;
        }
        net_stream_consume(call->stream, taken);
        bytes += taken;
        length -= taken;
        if (result == RPC_FRAMING_MESSAGE)
            take_message(call);
        else if (result != RPC_FRAMING_MORE)
            refuse_framing(call, result);
    }
    if (length == 0)
        return;
    if (call->is_finished) {
        net_stream_consume(call->stream, length);
        return;
    }
    // Paused: at most a flow control window can come.
    uint8_t *held = malloc(length);
    REQUIRE(held != NULL);
    memcpy(held, bytes, length);
    REQUIRE(call->held == NULL);
    call->held = held;
    call->held_length = length;
}

static void on_data(struct net_stream *stream, const uint8_t *bytes, size_t length)
{
    struct rpc_call *call = net_stream_user(stream);
    if (call->held == NULL) {
        feed(call, bytes, length);
        return;
    }
    uint8_t *held = realloc(call->held, call->held_length + length);
    REQUIRE(held != NULL);
    memcpy(held + call->held_length, bytes, length);
    call->held = held;
    call->held_length += length;
}

static void half_close(struct rpc_call *call)
{
    if (call->is_finished || call->is_paused || call->has_half_closed)
        return;
    call->has_half_closed = true;
    if (!rpc_framing_is_at_boundary(&call->framing)) {
        refuse(call, STATUS_INTERNAL, "REQUEST_TRUNCATED", "the request ends inside a message");
    } else if (call->method->client_streaming) {
        if (call->method->handler->on_half_close != NULL)
            call->method->handler->on_half_close(call);
    } else if (call->message_count == 0) {
        refuse(call, STATUS_UNIMPLEMENTED, "NO_MESSAGE", "this method takes exactly one request message");
    } else {
        give_message(call);
    }
}

static void on_end(struct net_stream *stream)
{
    struct rpc_call *call = net_stream_user(stream);
    call->has_ended = true;
    half_close(call);
}

void rpc_request_go_on(struct rpc_call *call)
{
    uint8_t *held = call->held;
    size_t length = call->held_length;
    call->held = NULL;
    call->held_length = 0;
    feed(call, held, length);
    free(held);
    if (call->has_ended)
        half_close(call);
}

static void on_drain(struct net_stream *stream)
{
    struct rpc_call *call = net_stream_user(stream);
    if (!call->is_finished && call->is_given && call->method->handler->on_drain != NULL)
        call->method->handler->on_drain(call);
}

static void on_stall(struct net_stream *stream)
{
    struct rpc_call *call = net_stream_user(stream);
    if (call->is_finished || call->is_paused || call->method == NULL)
        return;
    // A stream of messages may pause between them for as long as it likes.
    if (call->method->client_streaming && rpc_framing_is_at_boundary(&call->framing))
        return;
    struct error error;
    error_set(&error, STATUS_DEADLINE_EXCEEDED, "REQUEST_TOO_SLOW", "the request did not arrive in time");
    rpc_answer_abort(call, &error);
}

static void log_call(const struct rpc_call *call, uint64_t total_us)
{
    uint8_t parsed[UUID_BYTES];
    const struct net_header *path = net_stream_header(call->stream, ":path");
    const char *method = call->method != NULL ? call->method->path : path != NULL ? path->value : "";
    const char *request_id = rpc_call_metadata(call, "kam-request-id");
    LOG(LOG_INFO, "call", LOG_TEXT("method", method), LOG_TEXT("user", call->user_id != NULL ? call->user_id : "-"),
        LOG_TEXT("peer", net_stream_peer(call->stream)), LOG_TEXT("status", status_name(call->status)),
        LOG_NUMBER("total_us", total_us), LOG_NUMBER("queue_us", call->queue_us),
        LOG_NUMBER("database_us", call->database_us),
        LOG_TEXT("request_id", request_id != NULL && uuid_parse(request_id, parsed) ? request_id : "-"));
}

static void on_close(struct net_stream *stream)
{
    struct rpc_call *call = net_stream_user(stream);
    struct rpc_server *server = call->server;
    call->is_finished = true;
    if (call->is_given)
        call->method->handler->on_close(call);
    uint64_t total_us = (uv_hrtime() - call->started_ns) / 1000;
    rpc_metrics_count(server->metrics, call->method, call->status, total_us);
    log_call(call, total_us);
    rpc_deadlines_remove(&server->deadlines, &call->deadline);
    if (call->is_resuming) {
        struct rpc_call **link = &server->resumed;
        while (*link != call)
            link = &(*link)->next_resumed;
        *link = call->next_resumed;
    }
    if (call->next != NULL)
        call->next->previous = call->previous;
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        server->calls = call->next;
    arena_destroy(call->message_arena);
    rpc_framing_finish(&call->framing);
    free(call->request_bytes);
    free(call->held);
}

const struct net_handler rpc_net_handler = {
    .on_request = on_request,
    .on_data = on_data,
    .on_end = on_end,
    .on_drain = on_drain,
    .on_stall = on_stall,
    .on_close = on_close,
};
