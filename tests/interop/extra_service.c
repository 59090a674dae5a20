// SPDX-License-Identifier: Apache-2.0
// grpc.testing.ExtraService: what our own limits and details need beyond the public cases.
#include <string.h>

#include "google/rpc/error_details.pb-c.h"
#include "rpc/details.h"
#include "services.h"

enum { FLOOD_MESSAGES = 16384, SLOW_MS = 100, EXTRA_MAX = 64 };

static void on_nothing(struct rpc_call *call)
{
    (void)call;
}

static void reply_empty(struct rpc_call *call)
{
    Grpc__Testing__Empty empty = GRPC__TESTING__EMPTY__INIT;
    rpc_call_reply(call, &empty.base);
}

static void on_echo(struct rpc_call *call, ProtobufCMessage *message)
{
    rpc_call_reply(call, message);
}

static void on_sleep(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Testing__SleepRequest *request = (const Grpc__Testing__SleepRequest *)message;
    uint64_t delay_ms = request->milliseconds > 0 ? (uint64_t)request->milliseconds : 0;
    rpc_call_set_state(call, service_timer_start(call, delay_ms, reply_empty));
}

static void on_timer_close(struct rpc_call *call)
{
    service_timer_stop(rpc_call_state(call));
}

static void on_fail(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Testing__FailRequest *request = (const Grpc__Testing__FailRequest *)message;
    struct arena *arena = rpc_call_arena(call);
    struct error error = {0};
    if (request->violations == 0)
        error_set(&error, STATUS_FAILED_PRECONDITION, "ASKED_FOR", "%s", request->message);
    for (int32_t at = 0; at < request->violations; at++)
        error_add_violation(&error, arena_printf(arena, "account.field_%d", at), "ASKED_FOR",
                            arena_printf(arena, "第 %d 项: %0120d", at, at), NULL);
    error.retry_after_ms = request->retry_after_ms;
    if (request->extra_details <= 0 || request->extra_details > EXTRA_MAX) {
        rpc_call_fail(call, &error, NULL, 0);
        return;
    }
    Google__Rpc__ResourceInfo *infos = arena_alloc(arena, EXTRA_MAX * sizeof *infos);
    const ProtobufCMessage *extra[EXTRA_MAX];
    for (int32_t at = 0; at < request->extra_details; at++) {
        google__rpc__resource_info__init(&infos[at]);
        infos[at].resource_type = arena_strdup(arena, "Account");
        infos[at].resource_name = arena_printf(arena, "K-%0200d", at);
        extra[at] = &infos[at].base;
    }
    size_t length = 0;
    void *details = rpc_details_pack(&error, arena, extra, (size_t)request->extra_details, &length);
    rpc_call_fail(call, &error, details, length);
}

struct flood {
    uint8_t *bytes;
    size_t size;
    unsigned left;
};

static void go_on(struct rpc_call *call)
{
    struct flood *flood = rpc_call_state(call);
    Grpc__Testing__Payload payload = GRPC__TESTING__PAYLOAD__INIT;
    payload.body = (ProtobufCBinaryData){.len = flood->size, .data = flood->bytes};
    Grpc__Testing__StreamingOutputCallResponse response = GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
    response.payload = &payload;
    while (flood->left > 0) {
        flood->left--;
        if (!rpc_call_send(call, &response.base))
            return;
    }
    rpc_call_finish(call);
}

static void on_flood(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Testing__StreamingOutputCallRequest *request =
        (const Grpc__Testing__StreamingOutputCallRequest *)message;
    struct flood *flood = arena_alloc(rpc_call_arena(call), sizeof *flood);
    flood->size = request->n_response_parameters > 0 ? (size_t)request->response_parameters[0]->size % 1000000 : 1000;
    flood->bytes = arena_alloc(rpc_call_arena(call), flood->size);
    flood->left = FLOOD_MESSAGES;
    rpc_call_set_state(call, flood);
    go_on(call);
}

struct slow {
    struct service_timer *timer;
    int32_t sum;
};

static void on_slow_start(struct rpc_call *call)
{
    rpc_call_set_state(call, arena_alloc(rpc_call_arena(call), sizeof(struct slow)));
}

static void on_slow_time(struct rpc_call *call)
{
    struct slow *slow = rpc_call_state(call);
    service_timer_stop(slow->timer);
    slow->timer = NULL;
    rpc_call_resume(call);
}

static void on_slow(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Testing__StreamingInputCallRequest *request = (const Grpc__Testing__StreamingInputCallRequest *)message;
    struct slow *slow = rpc_call_state(call);
    slow->sum += request->payload == NULL ? 0 : (int32_t)request->payload->body.len;
    rpc_call_pause(call);
    slow->timer = service_timer_start(call, SLOW_MS, on_slow_time);
}

static void on_slow_half_close(struct rpc_call *call)
{
    const struct slow *slow = rpc_call_state(call);
    Grpc__Testing__StreamingInputCallResponse response = GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    response.aggregated_payload_size = slow->sum;
    rpc_call_reply(call, &response.base);
}

static void on_slow_close(struct rpc_call *call)
{
    const struct slow *slow = rpc_call_state(call);
    service_timer_stop(slow->timer);
}

static const struct rpc_handler ECHO = {.on_message = on_echo, .on_close = on_nothing};
static const struct rpc_handler SLEEP = {.on_message = on_sleep, .on_close = on_timer_close};
static const struct rpc_handler FAIL = {.on_message = on_fail, .on_close = on_nothing};
static const struct rpc_handler FLOOD = {.on_message = on_flood, .on_drain = go_on, .on_close = on_nothing};
static const struct rpc_handler SLOW = {
    .on_start = on_slow_start,
    .on_message = on_slow,
    .on_half_close = on_slow_half_close,
    .on_close = on_slow_close,
};

const struct rpc_method extra_service_methods[] = {
    {
        .path = "/grpc.testing.ExtraService/Echo",
        .request = &grpc__testing__nested__descriptor,
        .response = &grpc__testing__nested__descriptor,
        .handler = &ECHO,
    },
    {
        .path = "/grpc.testing.ExtraService/Sleep",
        .request = &grpc__testing__sleep_request__descriptor,
        .response = &grpc__testing__empty__descriptor,
        .handler = &SLEEP,
    },
    {
        .path = "/grpc.testing.ExtraService/Fail",
        .request = &grpc__testing__fail_request__descriptor,
        .response = &grpc__testing__empty__descriptor,
        .handler = &FAIL,
    },
    {
        .path = "/grpc.testing.ExtraService/Flood",
        .request = &grpc__testing__streaming_output_call_request__descriptor,
        .response = &grpc__testing__streaming_output_call_response__descriptor,
        .server_streaming = true,
        .handler = &FLOOD,
    },
    {
        .path = "/grpc.testing.ExtraService/SlowInput",
        .request = &grpc__testing__streaming_input_call_request__descriptor,
        .response = &grpc__testing__streaming_input_call_response__descriptor,
        .client_streaming = true,
        .handler = &SLOW,
    },
};
const size_t extra_service_method_count = sizeof extra_service_methods / sizeof *extra_service_methods;
