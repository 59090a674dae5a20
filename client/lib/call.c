// SPDX-License-Identifier: Apache-2.0
// gRPC: framing, status, deadlines and repetition of calls.
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/uuid.h"
#include "client.h"
#include "message.h"

enum {
    PREFIX_BYTES = 5, // gRPC over HTTP/2: one byte "compressed", four bytes length, big-endian
    MOST_ATTEMPTS = 5,
    FIRST_DELAY_MS = 100,
    LONGEST_SERVER_DELAY_MS = 5000,
    LARGEST_HEADERS_BYTES = 64 * 1024,
    PING_LOOK_MS = 1000, // how often to look for an answer
};

// ---- Life of a call

static struct kam_call *begin(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                              const ProtobufCMessageDescriptor *response, const struct kam_call_options *options)
{
    static const struct kam_call_options defaults = {0};
    if (options == NULL)
        options = &defaults;
    struct kam_call *call = calloc(1, sizeof *call);
    if (call == NULL)
        abort();
    struct arena *arena = arena_create(CALL_ARENA_BYTES);
    size_t size = protobuf_c_message_get_packed_size(request);
    call->client = client;
    call->arena = arena;
    call->method = arena_strdup(arena, method);
    call->response = response;
    call->metadata = arena_alloc(arena, options->metadata_count * sizeof *call->metadata);
    call->metadata_count = options->metadata_count;
    for (size_t at = 0; at < options->metadata_count; at++) {
        call->metadata[at].key = arena_strdup(arena, options->metadata[at].key);
        call->metadata[at].value = arena_strdup(arena, options->metadata[at].value);
    }
    if (options->request_id != NULL)
        snprintf(call->request_id, sizeof call->request_id, "%s", options->request_id);
    else
        kam_uuid_make(call->request_id);
    call->frame = malloc(PREFIX_BYTES + size);
    if (call->frame == NULL)
        abort();
    call->frame[0] = 0;
    for (int at = 0; at < 4; at++)
        call->frame[1 + at] = (uint8_t)(size >> (24 - 8 * at));
    protobuf_c_message_pack(request, call->frame + PREFIX_BYTES);
    call->frame_bytes = PREFIX_BYTES + size;
    call->start_ms = client_now_ms();
    call->deadline_ms =
        call->start_ms + (options->deadline_ms > 0 ? options->deadline_ms : client->default_deadline_ms);
    call->grpc_status = -1;
    struct kam_call **last = &client->calls;
    while (*last != NULL)
        last = &(*last)->next;
    *last = call;
    return call;
}

void kam_call_end(struct kam_call *call)
{
    if (call == NULL)
        return;
    if (call->state == CALL_SENT)
        session_cancel(call->client, call);
    struct kam_call **at = &call->client->calls;
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    arena_destroy(call->arena);
    kam_error_clear(&call->error);
    free(call->frame);
    free(call->body);
    free(call);
}

static void finish(struct kam_call *call)
{
    call->state = CALL_DONE;
    call->stream_id = 0;
}

// The attempt failed as call->error says: waits for the next one, or is done.
static void repeat_or_finish(struct kam_call *call)
{
    call->may_be_done = call->may_be_done || call->error.is_uncertain;
    call->error.is_uncertain = call->may_be_done && call->error.code == KAM_UNAVAILABLE;
    bool is_worth_it = call->error.code == KAM_UNAVAILABLE && !call->has_streamed && call->attempts < MOST_ATTEMPTS;
    if (!is_worth_it) {
        finish(call);
        return;
    }
    int64_t delay_ms = FIRST_DELAY_MS;
    for (int at = 1; at < call->attempts; at++)
        delay_ms *= 3;
    // Half of the delay is random, so that many clients do not come back at once.
    uint8_t byte = 0;
    RAND_bytes(&byte, 1);
    delay_ms = delay_ms / 2 + delay_ms * byte / 512;
    if (call->error.retry_after_ms > delay_ms && call->error.retry_after_ms <= LONGEST_SERVER_DELAY_MS)
        delay_ms = call->error.retry_after_ms;
    call->start_ms = client_now_ms() + delay_ms;
    if (call->start_ms >= call->deadline_ms) {
        finish(call);
        return;
    }
    call->state = CALL_WAITING;
    call->stream_id = 0;
}

static void reset_attempt(struct kam_call *call)
{
    call->frame_sent_bytes = 0;
    call->http_status = 0;
    call->grpc_status = -1;
    call->is_grpc = false;
    call->grpc_message = NULL;
    call->details = NULL;
    call->details_bytes = 0;
    call->headers = NULL;
    call->body_bytes = 0;
}

// ---- What comes back

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    digit |= 0x20;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static char *decode_percent(struct arena *arena, const char *text, size_t size)
{
    char *decoded = arena_alloc(arena, size + 1);
    size_t length = 0;
    for (size_t at = 0; at < size; at++) {
        bool is_escape =
            text[at] == '%' && at + 2 < size && hex_digit(text[at + 1]) >= 0 && hex_digit(text[at + 2]) >= 0;
        char byte = is_escape ? (char)(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2])) : text[at];
        if (is_escape)
            at += 2;
        decoded[length++] = byte == '\0' ? ' ' : byte;
    }
    return decoded;
}

// Base64 with or without padding, as gRPC's "-bin" metadata.
static void decode_details(struct kam_call *call, const char *text, size_t size)
{
    size_t padded_size = (size + 3) / 4 * 4;
    uint8_t *padded = arena_alloc(call->arena, padded_size + 1);
    memcpy(padded, text, size);
    memset(padded + size, '=', padded_size - size);
    call->details = arena_alloc(call->arena, padded_size + 1);
    int length = EVP_DecodeBlock(call->details, padded, (int)padded_size);
    size_t padding = 0;
    while (padding < 2 && padding < padded_size && padded[padded_size - 1 - padding] == '=')
        padding++;
    call->details_bytes = length < (int)padding ? 0 : (size_t)length - padding;
}

void call_on_header(struct kam_call *call, const char *key, size_t key_bytes, const char *value, size_t value_bytes)
{
    if (arena_used_bytes(call->arena) + key_bytes + value_bytes > LARGEST_HEADERS_BYTES + call->frame_bytes)
        return;
    struct reply_header *header = arena_alloc(call->arena, sizeof *header);
    header->key = arena_copy(call->arena, key, key_bytes);
    header->value = arena_copy(call->arena, value, value_bytes);
    header->next = call->headers;
    call->headers = header;
    if (strcmp(header->key, ":status") == 0)
        call->http_status = atoi(header->value);
    else if (strcmp(header->key, "content-type") == 0)
        call->is_grpc = strncmp(header->value, "application/grpc", strlen("application/grpc")) == 0;
    else if (strcmp(header->key, "grpc-status") == 0)
        call->grpc_status = value_bytes > 0 && value_bytes < 4 ? atoi(header->value) : KAM_UNKNOWN;
    else if (strcmp(header->key, "grpc-message") == 0)
        call->grpc_message = decode_percent(call->arena, value, value_bytes);
    else if (strcmp(header->key, "grpc-status-details-bin") == 0)
        decode_details(call, value, value_bytes);
}

bool call_on_data(struct kam_call *call, const uint8_t *bytes, size_t size)
{
    if (size > LARGEST_REPLY_BYTES - call->body_bytes)
        return false;
    if (call->body_bytes + size > call->body_capacity) {
        call->body_capacity = 2 * (call->body_bytes + size);
        call->body = realloc(call->body, call->body_capacity);
        if (call->body == NULL)
            abort();
    }
    memcpy(call->body + call->body_bytes, bytes, size);
    call->body_bytes += size;
    return true;
}

// The first message of the body: its size, -1 when it is not complete yet, -2 when it is not a message we take.
static int64_t first_message_bytes(const struct kam_call *call)
{
    if (call->body_bytes < PREFIX_BYTES)
        return -1;
    uint32_t size = 0;
    for (int at = 0; at < 4; at++)
        size = size << 8 | call->body[1 + at];
    if (call->body[0] != 0 || size > LARGEST_REPLY_BYTES)
        return -2;
    return call->body_bytes - PREFIX_BYTES >= size ? (int64_t)size : -1;
}

// A stream that ended without grpc-status: what HTTP says about it (gRPC over HTTP/2, "HTTP2 error codes", and
// doc/http-grpc-status-mapping.md).
static enum kam_code code_of_http(const struct kam_call *call, uint32_t close_code)
{
    if (call->http_status != 0 && (call->http_status != 200 || !call->is_grpc)) {
        switch (call->http_status) {
        case 400:
            return KAM_INTERNAL;
        case 401:
            return KAM_UNAUTHENTICATED;
        case 403:
            return KAM_PERMISSION_DENIED;
        case 404:
            return KAM_UNIMPLEMENTED;
        case 429:
        case 502:
        case 503:
        case 504:
            return KAM_UNAVAILABLE;
        default:
            return KAM_UNKNOWN;
        }
    }
    switch (close_code) {
    case NGHTTP2_REFUSED_STREAM:
        return KAM_UNAVAILABLE;
    case NGHTTP2_CANCEL:
        return KAM_CANCELLED;
    case NGHTTP2_ENHANCE_YOUR_CALM:
        return KAM_RESOURCE_EXHAUSTED;
    case NGHTTP2_INADEQUATE_SECURITY:
        return KAM_PERMISSION_DENIED;
    default:
        return KAM_INTERNAL;
    }
}

void call_on_close(struct kam_call *call, uint32_t code)
{
    if (call->grpc_status == KAM_OK) {
        kam_error_clear(&call->error);
        int64_t size = first_message_bytes(call);
        if (!call->is_stream && size != (int64_t)call->body_bytes - PREFIX_BYTES) {
            error_set(&call->error, KAM_INTERNAL, "", "the server's answer is not one whole message");
            call->error.is_uncertain = true;
        }
        finish(call);
        return;
    }
    if (call->grpc_status > 0) {
        error_from_server(&call->error,
                          call->grpc_status > KAM_UNAUTHENTICATED ? KAM_UNKNOWN : (enum kam_code)call->grpc_status,
                          call->grpc_message, call->details, call->details_bytes);
        call->error.is_uncertain = call->error.code == KAM_UNAVAILABLE;
    } else {
        enum kam_code mapped = code_of_http(call, code);
        error_set(&call->error, mapped, "", "the server broke the call off (HTTP %d, %s)", call->http_status,
                  nghttp2_http2_strerror(code));
        call->error.is_uncertain = code != NGHTTP2_REFUSED_STREAM;
    }
    repeat_or_finish(call);
}

// ---- Progress

static void lose_connection(struct kam_client *client)
{
    session_close(client);
    for (struct kam_call *call = client->calls; call != NULL; call = call->next) {
        if (call->state != CALL_SENT)
            continue;
        error_set(&call->error, KAM_UNAVAILABLE, "UNREACHABLE", "the connection to %s was lost", client->server.name);
        call->error.is_uncertain = true;
        repeat_or_finish(call);
    }
}

static void expire(struct kam_client *client, int64_t now_ms)
{
    for (struct kam_call *call = client->calls; call != NULL; call = call->next) {
        if (call->state == CALL_DONE || now_ms < call->deadline_ms)
            continue;
        bool was_sent = call->state == CALL_SENT || call->attempts > 0;
        if (call->state == CALL_SENT)
            session_cancel(client, call);
        error_set(&call->error, KAM_DEADLINE_EXCEEDED, "", "%s did not answer in time", client->server.name);
        call->error.is_uncertain = was_sent;
        finish(call);
    }
}

// A stream may live for a day; a connection is made soon, or not.
static int64_t connect_until_ms(const struct kam_call *call, int64_t now_ms)
{
    int64_t until_ms = now_ms + call->client->default_deadline_ms;
    return until_ms < call->deadline_ms ? until_ms : call->deadline_ms;
}

// Sends the calls that are due, connecting anew where needed.
static void start_due(struct kam_client *client, int64_t now_ms)
{
    bool is_busy = false;
    for (struct kam_call *call = client->calls; call != NULL; call = call->next)
        is_busy = is_busy || call->state == CALL_SENT;
    for (struct kam_call *call = client->calls; call != NULL; call = call->next) {
        if (call->state != CALL_WAITING || now_ms < call->start_ms)
            continue;
        if (client->is_draining && is_busy)
            return;
        if (client->session != NULL && client->is_draining)
            session_close(client);
        call->attempts++;
        if (client->session == NULL && client_open(client, connect_until_ms(call, now_ms), &call->error) != KAM_OK) {
            repeat_or_finish(call);
            continue;
        }
        reset_attempt(call);
        if (!session_submit(client, call)) {
            error_set(&call->error, KAM_UNAVAILABLE, "UNREACHABLE", "the connection to %s takes no more calls",
                      client->server.name);
            client->is_draining = true;
            repeat_or_finish(call);
            continue;
        }
        call->state = CALL_SENT;
        is_busy = true;
    }
}

// When something must happen although no byte came.
static int64_t next_event_ms(const struct kam_client *client)
{
    int64_t next_ms = INT64_MAX;
    for (const struct kam_call *call = client->calls; call != NULL; call = call->next) {
        if (call->state == CALL_DONE)
            continue;
        int64_t event_ms =
            call->state == CALL_WAITING && call->start_ms < call->deadline_ms ? call->start_ms : call->deadline_ms;
        if (event_ms < next_ms)
            next_ms = event_ms;
    }
    return next_ms;
}

// Waits once for whatever comes next. Returns without waiting when the call is done already or has new bytes.
static void progress(struct kam_client *client, const struct kam_call *call)
{
    int64_t now_ms = client_now_ms();
    size_t body_bytes = call->body_bytes;
    expire(client, now_ms);
    start_due(client, now_ms);
    if (client->session != NULL && !session_advance(client))
        lose_connection(client);
    if (call->state == CALL_DONE || call->body_bytes != body_bytes || (client->session != NULL && client->has_unread))
        return;
    if (call->is_stream && client->session != NULL && !session_keep_alive(client)) {
        lose_connection(client);
        return;
    }
    int64_t wait_ms = next_event_ms(client) - client_now_ms();
    if (client->is_pinged && wait_ms > PING_LOOK_MS)
        wait_ms = PING_LOOK_MS;
    if (wait_ms <= 0)
        return;
    if (client->session != NULL) {
        transport_wait(&client->transport, wait_ms);
        if (!session_advance(client))
            lose_connection(client);
    } else {
        usleep((useconds_t)(wait_ms > 1000 ? 1000 : wait_ms) * 1000);
    }
}

// The error of the call becomes the caller's.
static enum kam_code hand_over(struct kam_call *call, struct kam_error *error_r)
{
    if (call->error.code == KAM_OK)
        return KAM_OK;
    kam_error_clear(error_r);
    *error_r = call->error;
    call->error = (struct kam_error){0};
    return error_r->code;
}

static enum kam_code unpack_first(struct kam_call *call, ProtobufCMessage **message_r, struct kam_error *error_r)
{
    int64_t size = first_message_bytes(call);
    ProtobufCMessage *message =
        size < 0 ? NULL : protobuf_c_message_unpack(call->response, NULL, (size_t)size, call->body + PREFIX_BYTES);
    if (message == NULL || !message_has_sound_times(message)) {
        kam_message_free(message);
        error_set(error_r, KAM_INTERNAL, "", "the server's answer is not a %s", call->response->name);
        error_r->is_uncertain = true;
        return KAM_INTERNAL;
    }
    *message_r = message;
    return KAM_OK;
}

// ---- Public

struct kam_call *kam_call_begin(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                                const ProtobufCMessageDescriptor *response, const struct kam_call_options *options)
{
    struct kam_call *call = begin(client, method, request, response, options);
    start_due(client, client_now_ms());
    if (client->session != NULL && !session_advance(client))
        lose_connection(client);
    return call;
}

enum kam_code kam_call_wait(struct kam_call *call, ProtobufCMessage **response_r, struct kam_error *error_r)
{
    while (call->state != CALL_DONE)
        progress(call->client, call);
    if (call->error.code != KAM_OK)
        return hand_over(call, error_r);
    return unpack_first(call, response_r, error_r);
}

const char *kam_call_metadata(const struct kam_call *call, const char *key)
{
    for (const struct reply_header *header = call->headers; header != NULL; header = header->next)
        if (strcmp(header->key, key) == 0)
            return header->value;
    return NULL;
}

const char *kam_call_request_id(const struct kam_call *call)
{
    return call->request_id;
}

enum kam_code kam_call(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                       const ProtobufCMessageDescriptor *response, const struct kam_call_options *options,
                       ProtobufCMessage **response_r, struct kam_error *error_r)
{
    struct kam_call *call = kam_call_begin(client, method, request, response, options);
    enum kam_code code = kam_call_wait(call, response_r, error_r);
    kam_call_end(call);
    return code;
}

// Hands out the messages that are complete. Anything but KAM_OK ends the call.
static enum kam_code hand_out(struct kam_call *call, bool (*on_message)(void *data, const ProtobufCMessage *message),
                              void *data, struct kam_error *error_r)
{
    int64_t size;
    while ((size = first_message_bytes(call)) >= 0) {
        ProtobufCMessage *message;
        enum kam_code code = unpack_first(call, &message, error_r);
        if (code != KAM_OK)
            return code;
        size_t used = PREFIX_BYTES + (size_t)size;
        call->body_bytes -= used;
        memmove(call->body, call->body + used, call->body_bytes);
        call->has_streamed = true;
        bool goes_on = on_message(data, message);
        kam_message_free(message);
        if (!goes_on)
            return error_set(error_r, KAM_CANCELLED, "", "cancelled");
    }
    if (size == -2)
        return error_set(error_r, KAM_INTERNAL, "", "the server sent what is not a message");
    return KAM_OK;
}

enum kam_code kam_call_stream(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                              const ProtobufCMessageDescriptor *response, const struct kam_call_options *options,
                              bool (*on_message)(void *data, const ProtobufCMessage *message), void *data,
                              struct kam_error *error_r)
{
    struct kam_call *call = begin(client, method, request, response, options);
    call->is_stream = true;
    enum kam_code code = KAM_OK;
    while (code == KAM_OK && call->state != CALL_DONE) {
        progress(client, call);
        code = hand_out(call, on_message, data, error_r);
    }
    if (code == KAM_OK && call->grpc_status == KAM_OK && call->body_bytes > 0)
        code = error_set(error_r, KAM_INTERNAL, "", "the server's last message is not whole");
    if (code == KAM_OK)
        code = hand_over(call, error_r);
    kam_call_end(call);
    return code;
}
