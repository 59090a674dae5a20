// SPDX-License-Identifier: Apache-2.0
// What goes out: initial metadata, messages, status and trailers.
#include <stdio.h>
#include <string.h>

#include "base/require.h"
#include "rpc/details.h"
#include "rpc/headers.h"
#include "rpc/internal.h"

enum { FIXED_FIELDS = 8 };

struct fields {
    struct net_header *list;
    size_t count;
};

static struct fields fields_create(struct rpc_call *call)
{
    size_t capacity = FIXED_FIELDS + call->headers.count + call->trailers.count;
    return (struct fields){.list = arena_alloc(call->arena, capacity * sizeof(struct net_header))};
}

static void fields_add(struct fields *fields, const char *name, const char *value)
{
    fields->list[fields->count++] = (struct net_header){.name = name, .value = value, .value_length = strlen(value)};
}

static void fields_add_list(struct fields *fields, const struct rpc_metadata_list *list)
{
    for (const struct rpc_metadata *entry = list->first; entry != NULL; entry = entry->next)
        fields_add(fields, entry->key, entry->value);
}

static void fields_add_response(struct fields *fields)
{
    fields_add(fields, ":status", "200");
    fields_add(fields, "content-type", "application/grpc");
    fields_add(fields, "grpc-accept-encoding", "identity");
}

static void send_headers(struct rpc_call *call)
{
    if (call->has_headers)
        return;
    call->has_headers = true;
    struct fields fields = fields_create(call);
    fields_add_response(&fields);
    fields_add_list(&fields, &call->headers);
    net_stream_send_headers(call->stream, fields.list, fields.count, false);
}

static void finish(struct rpc_call *call, enum status code, const char *message, const char *details)
{
    if (call->is_finished)
        return;
    call->is_finished = true;
    call->status = code;
    rpc_deadlines_remove(&call->server->deadlines, &call->deadline);
    // Errors without anything before them are one frame: the trailers-only form.
    bool is_single = !call->has_headers && code != STATUS_OK && call->headers.count == 0;
    if (!is_single)
        send_headers(call);
    struct fields fields = fields_create(call);
    if (is_single)
        fields_add_response(&fields);
    char number[12];
    snprintf(number, sizeof number, "%d", (int)code);
    fields_add(&fields, "grpc-status", arena_strdup(call->arena, number));
    if (message != NULL && message[0] != '\0')
        fields_add(&fields, "grpc-message", rpc_percent_encode(call->arena, message));
    if (details != NULL)
        fields_add(&fields, "grpc-status-details-bin", details);
    fields_add_list(&fields, &call->trailers);
    if (is_single)
        net_stream_send_headers(call->stream, fields.list, fields.count, true);
    else
        net_stream_send_trailers(call->stream, fields.list, fields.count);
}

void rpc_answer_http(struct rpc_call *call, const char *status, const char *extra_name, const char *extra_value)
{
    call->is_finished = true;
    call->status = STATUS_UNKNOWN;
    struct fields fields = fields_create(call);
    fields_add(&fields, ":status", status);
    fields_add(&fields, extra_name, extra_value);
    net_stream_send_headers(call->stream, fields.list, fields.count, true);
}

bool rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message)
{
    if (call->is_finished)
        return true;
    send_headers(call);
    size_t length = protobuf_c_message_get_packed_size(message);
    REQUIRE(length <= UINT32_MAX);
    struct net_chunk *chunk = net_chunk_create(RPC_FRAMING_PREFIX_BYTES + length);
    rpc_framing_put_prefix(length, chunk->bytes);
    protobuf_c_message_pack(message, chunk->bytes + RPC_FRAMING_PREFIX_BYTES);
    return net_stream_send_chunk(call->stream, chunk);
}

void rpc_call_finish(struct rpc_call *call)
{
    finish(call, STATUS_OK, NULL, NULL);
}

void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *message)
{
    rpc_call_send(call, message);
    rpc_call_finish(call);
}

void rpc_call_fail(struct rpc_call *call, const struct error *error, const void *details, size_t details_length)
{
    if (call->is_finished)
        return;
    REQUIRE(error->code != STATUS_OK);
    if (details == NULL)
        details = rpc_details_pack(error, call->arena, NULL, 0, &details_length);
    finish(call, error->code, error->message, rpc_base64_encode(call->arena, details, details_length));
}

void rpc_answer_abort(struct rpc_call *call, const struct error *error)
{
    if (call->is_finished)
        return;
    if (net_stream_drop_chunks(call->stream)) {
        rpc_call_fail(call, error, NULL, 0);
        return;
    }
    // A message is half sent: trailers can follow only the whole of it.
    call->is_finished = true;
    call->status = error->code;
    rpc_deadlines_remove(&call->server->deadlines, &call->deadline);
    net_stream_cancel(call->stream);
}
