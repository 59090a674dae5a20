// SPDX-License-Identifier: Apache-2.0
// grpc.testing.TestService.
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/require.h"
#include "services.h"

static const uint8_t ZEROS[SERVICE_PAYLOAD_MAX_BYTES];

struct service_timer {
    uv_timer_t timer;
    struct rpc_call *call;
    void (*on_time)(struct rpc_call *call);
};

static void on_timer(uv_timer_t *handle)
{
    struct service_timer *timer = handle->data;
    timer->on_time(timer->call);
}

struct service_timer *service_timer_start(struct rpc_call *call, uint64_t delay_ms,
                                          void (*on_time)(struct rpc_call *call))
{
    struct service_timer *timer = calloc(1, sizeof *timer);
    REQUIRE(timer != NULL);
    timer->call = call;
    timer->on_time = on_time;
    REQUIRE(uv_timer_init(rpc_call_worker_context(call), &timer->timer) == 0);
    timer->timer.data = timer;
    REQUIRE(uv_timer_start(&timer->timer, on_timer, delay_ms, 0) == 0);
    return timer;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void service_timer_stop(struct service_timer *timer)
{
    if (timer != NULL)
        uv_close((uv_handle_t *)&timer->timer, on_timer_closed);
}

void service_finish(struct rpc_call *call, const Grpc__Testing__EchoStatus *status)
{
    if (status == NULL || status->code == 0) {
        rpc_call_finish(call);
        return;
    }
    struct error error;
    error_set(&error, (enum status)status->code, "ASKED_FOR", "%s", status->message);
    rpc_call_fail(call, &error, NULL, 0);
}

static bool is_size(int32_t size)
{
    return size >= 0 && size <= SERVICE_PAYLOAD_MAX_BYTES;
}

static void fill_payload(Grpc__Testing__Payload *payload, int32_t size)
{
    grpc__testing__payload__init(payload);
    payload->body.len = (size_t)size;
    payload->body.data = (uint8_t *)(uintptr_t)ZEROS;
}

static void echo_metadata(struct rpc_call *call)
{
    const char *initial = rpc_call_metadata(call, "x-grpc-test-echo-initial");
    if (initial != NULL)
        rpc_call_add_header(call, "x-grpc-test-echo-initial", initial);
    const char *trailing = rpc_call_metadata(call, "x-grpc-test-echo-trailing-bin");
    if (trailing != NULL)
        rpc_call_add_trailer(call, "x-grpc-test-echo-trailing-bin", trailing);
}

static void refuse_size(struct rpc_call *call)
{
    struct error error = {0};
    error_add_violation(&error, "size", "OUT_OF_RANGE", "must be between 0 and {max}",
                        ERROR_VALUES(ERROR_NUMBER("max", SERVICE_PAYLOAD_MAX_BYTES)));
    rpc_call_fail(call, &error, NULL, 0);
}

static void on_nothing(struct rpc_call *call)
{
    (void)call;
}

static void on_empty(struct rpc_call *call, ProtobufCMessage *message)
{
    (void)message;
    Grpc__Testing__Empty empty = GRPC__TESTING__EMPTY__INIT;
    rpc_call_reply(call, &empty.base);
}

static void on_unary(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Testing__SimpleRequest *request = (const Grpc__Testing__SimpleRequest *)message;
    if (!is_size(request->response_size)) {
        refuse_size(call);
        return;
    }
    rpc_call_note_user(call, "tester");
    Grpc__Testing__Payload payload;
    fill_payload(&payload, request->response_size);
    Grpc__Testing__SimpleResponse response = GRPC__TESTING__SIMPLE_RESPONSE__INIT;
    response.payload = &payload;
    if (request->response_status == NULL || request->response_status->code == 0)
        rpc_call_send(call, &response.base);
    service_finish(call, request->response_status);
}

// Sends what a StreamingOutputCallRequest asks for, one after the other.
struct output {
    const Grpc__Testing__StreamingOutputCallRequest *request;
    size_t next;
    struct service_timer *timer;
    bool has_waited;
    bool is_duplex;
    bool has_half_closed;
    bool is_blocked;
};

static void go_on(struct rpc_call *call);

static void on_interval(struct rpc_call *call)
{
    struct output *output = rpc_call_state(call);
    service_timer_stop(output->timer);
    output->timer = NULL;
    output->has_waited = true;
    go_on(call);
}

static void end_output(struct rpc_call *call, struct output *output)
{
    const Grpc__Testing__EchoStatus *status = output->request == NULL ? NULL : output->request->response_status;
    if (output->is_duplex && !output->has_half_closed && (status == NULL || status->code == 0))
        rpc_call_resume(call);
    else
        service_finish(call, status);
}

static void go_on(struct rpc_call *call)
{
    struct output *output = rpc_call_state(call);
    output->is_blocked = false;
    while (output->request != NULL && output->next < output->request->n_response_parameters) {
        const Grpc__Testing__ResponseParameters *parameters = output->request->response_parameters[output->next];
        if (!is_size(parameters->size)) {
            refuse_size(call);
            return;
        }
        if (parameters->interval_us > 0 && !output->has_waited) {
            output->timer = service_timer_start(call, (uint64_t)(parameters->interval_us + 999) / 1000, on_interval);
            return;
        }
        output->has_waited = false;
        output->next++;
        Grpc__Testing__Payload payload;
        fill_payload(&payload, parameters->size);
        Grpc__Testing__StreamingOutputCallResponse response = GRPC__TESTING__STREAMING_OUTPUT_CALL_RESPONSE__INIT;
        response.payload = &payload;
        if (!rpc_call_send(call, &response.base)) {
            output->is_blocked = true;
            return;
        }
    }
    end_output(call, output);
}

static void on_output_start(struct rpc_call *call)
{
    struct output *output = arena_alloc(rpc_call_arena(call), sizeof *output);
    output->is_duplex = rpc_call_method(call)->client_streaming;
    rpc_call_set_state(call, output);
    echo_metadata(call);
}

static void on_output(struct rpc_call *call, ProtobufCMessage *message)
{
    struct output *output = rpc_call_state(call);
    output->request = (const Grpc__Testing__StreamingOutputCallRequest *)message;
    output->next = 0;
    if (output->is_duplex)
        rpc_call_pause(call);
    go_on(call);
}

static void on_output_half_close(struct rpc_call *call)
{
    struct output *output = rpc_call_state(call);
    output->has_half_closed = true;
    rpc_call_finish(call);
}

static void on_output_drain(struct rpc_call *call)
{
    const struct output *output = rpc_call_state(call);
    if (output->is_blocked)
        go_on(call);
}

static void on_output_close(struct rpc_call *call)
{
    struct output *output = rpc_call_state(call);
    service_timer_stop(output->timer);
}

static void on_input_start(struct rpc_call *call)
{
    rpc_call_set_state(call, arena_alloc(rpc_call_arena(call), sizeof(int64_t)));
}

static void on_input(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Testing__StreamingInputCallRequest *request = (const Grpc__Testing__StreamingInputCallRequest *)message;
    int64_t *sum = rpc_call_state(call);
    if (request->payload != NULL)
        *sum += (int64_t)request->payload->body.len;
}

static void on_input_half_close(struct rpc_call *call)
{
    const int64_t *sum = rpc_call_state(call);
    Grpc__Testing__StreamingInputCallResponse response = GRPC__TESTING__STREAMING_INPUT_CALL_RESPONSE__INIT;
    response.aggregated_payload_size = (int32_t)*sum;
    rpc_call_reply(call, &response.base);
}

static const struct rpc_handler EMPTY = {.on_start = echo_metadata, .on_message = on_empty, .on_close = on_nothing};
static const struct rpc_handler UNARY = {.on_start = echo_metadata, .on_message = on_unary, .on_close = on_nothing};
static const struct rpc_handler OUTPUT = {
    .on_start = on_output_start,
    .on_message = on_output,
    .on_half_close = on_output_half_close,
    .on_drain = on_output_drain,
    .on_close = on_output_close,
};
static const struct rpc_handler INPUT = {
    .on_start = on_input_start,
    .on_message = on_input,
    .on_half_close = on_input_half_close,
    .on_close = on_nothing,
};

const struct rpc_method test_service_methods[] = {
    {
        .path = "/grpc.testing.TestService/EmptyCall",
        .request = &grpc__testing__empty__descriptor,
        .response = &grpc__testing__empty__descriptor,
        .handler = &EMPTY,
    },
    {
        .path = "/grpc.testing.TestService/UnaryCall",
        .request = &grpc__testing__simple_request__descriptor,
        .response = &grpc__testing__simple_response__descriptor,
        .handler = &UNARY,
    },
    {
        .path = "/grpc.testing.TestService/StreamingOutputCall",
        .request = &grpc__testing__streaming_output_call_request__descriptor,
        .response = &grpc__testing__streaming_output_call_response__descriptor,
        .server_streaming = true,
        .handler = &OUTPUT,
    },
    {
        .path = "/grpc.testing.TestService/StreamingInputCall",
        .request = &grpc__testing__streaming_input_call_request__descriptor,
        .response = &grpc__testing__streaming_input_call_response__descriptor,
        .client_streaming = true,
        .handler = &INPUT,
    },
    {
        .path = "/grpc.testing.TestService/FullDuplexCall",
        .request = &grpc__testing__streaming_output_call_request__descriptor,
        .response = &grpc__testing__streaming_output_call_response__descriptor,
        .client_streaming = true,
        .server_streaming = true,
        .handler = &OUTPUT,
    },
};
const size_t test_service_method_count = sizeof test_service_methods / sizeof *test_service_methods;
