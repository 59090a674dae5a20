// SPDX-License-Identifier: Apache-2.0
// What methods see of a call, sending aside: see call.h.
#include "rpc/call.h"

#include <string.h>

#include "base/require.h"
#include "rpc/headers.h"
#include "rpc/internal.h"

const struct rpc_method *rpc_call_method(const struct rpc_call *call)
{
    return call->method;
}

struct arena *rpc_call_arena(struct rpc_call *call)
{
    return call->arena;
}

void *rpc_call_worker_context(const struct rpc_call *call)
{
    return call->server->context;
}

void rpc_call_set_state(struct rpc_call *call, void *state)
{
    call->state = state;
}

void *rpc_call_state(const struct rpc_call *call)
{
    return call->state;
}

static bool is_binary(const char *key)
{
    static const char SUFFIX[] = "-bin";
    size_t length = strlen(key);
    return length >= sizeof SUFFIX - 1 && strcmp(key + length - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

const char *rpc_call_metadata(const struct rpc_call *call, const char *key)
{
    const struct net_header *header = net_stream_header(call->stream, key);
    if (header == NULL)
        return NULL;
    if (!is_binary(key))
        return header->value;
    // Several values may have been joined with commas on the way.
    char *first = arena_copy(call->arena, header->value, strcspn(header->value, ","));
    size_t length = 0;
    return (const char *)rpc_base64_decode(call->arena, first, &length);
}

const char *rpc_call_peer(const struct rpc_call *call)
{
    return net_stream_peer(call->stream);
}

void rpc_call_request_bytes(const struct rpc_call *call, const void **bytes_r, size_t *length_r)
{
    *bytes_r = call->request_bytes;
    *length_r = call->request_length;
}

void rpc_call_pause(struct rpc_call *call)
{
    REQUIRE(call->method->client_streaming);
    call->is_paused = true;
}

void rpc_call_resume(struct rpc_call *call)
{
    if (!call->is_paused || call->is_resuming)
        return;
    rpc_server_schedule_resume(call);
}

static void add(struct rpc_call *call, struct rpc_metadata_list *list, const char *key, const char *value)
{
    struct rpc_metadata *entry = arena_alloc(call->arena, sizeof *entry);
    entry->key = arena_strdup(call->arena, key);
    if (is_binary(key)) {
        entry->value = rpc_base64_encode(call->arena, value, strlen(value));
    } else {
        char *copy = arena_strdup(call->arena, value);
        for (char *at = copy; *at != '\0'; at++) {
            if (*at < 0x20 || *at > 0x7E)
                *at = '?';
        }
        entry->value = copy;
    }
    if (list->last != NULL)
        list->last->next = entry;
    else
        list->first = entry;
    list->last = entry;
    list->count++;
}

void rpc_call_add_header(struct rpc_call *call, const char *key, const char *value)
{
    REQUIRE(!call->has_headers);
    if (!call->is_finished)
        add(call, &call->headers, key, value);
}

void rpc_call_add_trailer(struct rpc_call *call, const char *key, const char *value)
{
    if (!call->is_finished)
        add(call, &call->trailers, key, value);
}

void rpc_call_note_user(struct rpc_call *call, const char *user_id)
{
    call->user_id = arena_strdup(call->arena, user_id);
}

void rpc_call_note_database_us(struct rpc_call *call, uint64_t queue_us, uint64_t database_us)
{
    call->queue_us += queue_us;
    call->database_us += database_us;
}
