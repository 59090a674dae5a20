// SPDX-License-Identifier: Apache-2.0
// The gRPC server of one worker: method table, deadlines, resumption, draining. See server.h.
#include "rpc/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "rpc/internal.h"

enum {
    // What a call may keep besides its request: rows on their way into an answer.
    ANSWER_BYTES = 256 * 1024 * 1024,
    HELD_MESSAGES = 4,
    // After the grace time, for the last answers to be read.
    LAST_WORDS_MS = 2000,
};

static int compare_methods(const void *one, const void *other)
{
    const struct rpc_method *const *left = one;
    const struct rpc_method *const *right = other;
    return strcmp((*left)->path, (*right)->path);
}

static void add_methods(struct rpc_server *server, const struct rpc_method *methods, size_t count)
{
    for (size_t at = 0; at < count; at++) {
        REQUIRE(methods[at].handler != NULL && methods[at].handler->on_close != NULL);
        server->methods[server->method_count++] = &methods[at];
    }
}

static void make_table(struct rpc_server *server, const struct rpc_method *methods, size_t count)
{
    size_t total = count + rpc_health_method_count + rpc_reflection_method_count;
    server->methods = calloc(total, sizeof *server->methods);
    REQUIRE(server->methods != NULL);
    add_methods(server, methods, count);
    add_methods(server, rpc_health_methods, rpc_health_method_count);
    add_methods(server, rpc_reflection_methods, rpc_reflection_method_count);
    qsort(server->methods, server->method_count, sizeof *server->methods, compare_methods);
    for (size_t at = 1; at < server->method_count; at++)
        REQUIRE(strcmp(server->methods[at - 1]->path, server->methods[at]->path) != 0);
}

const struct rpc_method *rpc_server_find_method(const struct rpc_server *server, const char *path)
{
    const struct rpc_method key = {.path = path};
    const struct rpc_method *wanted = &key;
    const struct rpc_method *const *found =
        bsearch(&wanted, server->methods, server->method_count, sizeof *server->methods, compare_methods);
    return found == NULL ? NULL : *found;
}

bool rpc_server_has_service(const struct rpc_server *server, const char *service, size_t length)
{
    for (size_t at = 0; at < server->method_count; at++) {
        const char *path = server->methods[at]->path;
        if (strncmp(path + 1, service, length) == 0 && path[1 + length] == '/')
            return true;
    }
    return false;
}

static void fill_limits(const struct rpc_limits *given, struct rpc_limits *limits_r)
{
    rpc_limits_default(limits_r);
    if (given == NULL)
        return;
#define FILL(member) limits_r->member = given->member != 0 ? given->member : limits_r->member
    FILL(connections);
    FILL(connections_per_address);
    FILL(streams_per_connection);
    FILL(metadata_bytes);
    FILL(message_bytes);
    FILL(decoded_bytes);
    FILL(send_buffer_bytes);
    FILL(handshake_ms);
    FILL(request_ms);
    FILL(idle_ms);
    FILL(keepalive_ms);
    FILL(keepalive_timeout_ms);
#undef FILL
}

struct rpc_server *rpc_server_create(uv_loop_t *loop, struct net_tls *tls, const struct rpc_limits *limits,
                                     const struct rpc_method *methods, size_t method_count, void *context)
{
    struct rpc_server *server = calloc(1, sizeof *server);
    REQUIRE(server != NULL);
    server->loop = loop;
    server->context = context;
    fill_limits(limits, &server->limits);
    make_table(server, methods, method_count);
    server->metrics = rpc_metrics_create(server->methods, server->method_count);
    server->health = rpc_health_create(server);
    REQUIRE(uv_timer_init(loop, &server->deadline_timer) == 0 && uv_timer_init(loop, &server->drain_timer) == 0 &&
            uv_idle_init(loop, &server->resume) == 0);
    server->deadline_timer.data = server;
    server->drain_timer.data = server;
    server->resume.data = server;
    server->open_handles = 3;
    const struct rpc_limits *filled = &server->limits;
    const struct net_limits net_limits = {
        .connections = filled->connections,
        .connections_per_address = filled->connections_per_address,
        .streams_per_connection = filled->streams_per_connection,
        .header_bytes = filled->metadata_bytes,
        .arena_bytes = filled->metadata_bytes + filled->decoded_bytes + ANSWER_BYTES,
        .held_bytes = filled->message_bytes * HELD_MESSAGES,
        .send_buffer_bytes = filled->send_buffer_bytes,
        .handshake_ms = filled->handshake_ms,
        .request_ms = filled->request_ms,
        .idle_ms = filled->idle_ms,
        .keepalive_ms = filled->keepalive_ms,
        .keepalive_timeout_ms = filled->keepalive_timeout_ms,
    };
    server->net = net_server_create(loop, tls, &net_limits, &rpc_net_handler, server);
    return server;
}

enum status rpc_server_listen(struct rpc_server *server, int listening_socket, struct error *error)
{
    return net_server_listen(server->net, listening_socket, error);
}

static void on_deadline(uv_timer_t *timer);

static void start_deadline_timer(struct rpc_server *server)
{
    const struct rpc_deadline *first = rpc_deadlines_first(&server->deadlines);
    if (first == NULL)
        return;
    uint64_t now = uv_now(server->loop);
    REQUIRE(uv_timer_start(&server->deadline_timer, on_deadline, first->at_ms > now ? first->at_ms - now : 0, 0) == 0);
}

static void on_deadline(uv_timer_t *timer)
{
    struct rpc_server *server = timer->data;
    uint64_t now = uv_now(server->loop);
    struct rpc_deadline *first = rpc_deadlines_first(&server->deadlines);
    while (first != NULL && first->at_ms <= now) {
        struct rpc_call *call = (struct rpc_call *)((char *)first - offsetof(struct rpc_call, deadline));
        struct error error;
        error_set(&error, STATUS_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                  "the deadline passed before the call was done");
        rpc_deadlines_remove(&server->deadlines, first);
        rpc_answer_abort(call, &error);
        first = rpc_deadlines_first(&server->deadlines);
    }
    start_deadline_timer(server);
}

void rpc_server_add_deadline(struct rpc_server *server, struct rpc_call *call, uint64_t timeout_ms)
{
    call->deadline.at_ms = uv_now(server->loop) + timeout_ms;
    call->has_deadline = true;
    rpc_deadlines_add(&server->deadlines, &call->deadline);
    // A timer that fires early finds nothing and is set anew; only an earlier deadline needs it moved.
    if (call->deadline.index == 1)
        start_deadline_timer(server);
}

static void on_resume(uv_idle_t *idle)
{
    struct rpc_server *server = idle->data;
    uv_idle_stop(idle);
    while (server->resumed != NULL) {
        struct rpc_call *call = server->resumed;
        server->resumed = call->next_resumed;
        call->is_resuming = false;
        call->is_paused = false;
        rpc_request_go_on(call);
    }
}

void rpc_server_schedule_resume(struct rpc_call *call)
{
    call->is_resuming = true;
    call->next_resumed = call->server->resumed;
    call->server->resumed = call;
    REQUIRE(uv_idle_start(&call->server->resume, on_resume) == 0);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct rpc_server *server = handle->data;
    if (--server->open_handles == 0)
        server->on_drained(server->context);
}

static void on_net_drained(void *context)
{
    struct rpc_server *server = context;
    uv_close((uv_handle_t *)&server->deadline_timer, on_handle_closed);
    uv_close((uv_handle_t *)&server->drain_timer, on_handle_closed);
    uv_close((uv_handle_t *)&server->resume, on_handle_closed);
}

// Once at the beginning, to tell handlers; once when the grace is over.
static void on_drain_timer(uv_timer_t *timer)
{
    struct rpc_server *server = timer->data;
    bool is_over = server->has_told_handlers;
    server->has_told_handlers = true;
    struct rpc_call *next;
    for (struct rpc_call *call = server->calls; call != NULL; call = next) {
        next = call->next;
        if (call->is_finished || !call->is_given)
            continue;
        if (is_over) {
            struct error error;
            error_set(&error, STATUS_UNAVAILABLE, "SHUTTING_DOWN", "the server is shutting down");
            rpc_answer_abort(call, &error);
        } else if (call->method->handler->on_shutdown != NULL) {
            call->method->handler->on_shutdown(call);
        }
    }
    if (!is_over)
        REQUIRE(uv_timer_start(timer, on_drain_timer, server->grace_ms, 0) == 0);
}

void rpc_server_drain(struct rpc_server *server, uint64_t grace_ms, void (*on_drained)(void *context))
{
    REQUIRE(!server->is_draining);
    server->is_draining = true;
    server->grace_ms = grace_ms;
    server->on_drained = on_drained;
    rpc_health_stop(server);
    REQUIRE(uv_timer_start(&server->drain_timer, on_drain_timer, 0, 0) == 0);
    net_server_drain(server->net, grace_ms + LAST_WORDS_MS, on_net_drained);
}

void rpc_server_destroy(struct rpc_server *server)
{
    REQUIRE(server->open_handles == 0);
    net_server_destroy(server->net);
    rpc_health_destroy(server->health);
    rpc_metrics_destroy(server->metrics);
    rpc_deadlines_finish(&server->deadlines);
    free(server->methods);
    free(server);
}
