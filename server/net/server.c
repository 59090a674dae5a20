// SPDX-License-Identifier: Apache-2.0
// Listener, connection list, and when output leaves: see server.h and internal.h.
#include "net/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "net/internal.h"

enum { TICK_MIN_MS = 10, TICK_MAX_MS = 1000 };

static void on_again(uv_idle_t *idle)
{
    uv_idle_stop(idle);
}

void net_server_mark_dirty(struct net_server *server, struct net_connection *connection)
{
    if (connection->is_dirty)
        return;
    connection->is_dirty = true;
    connection->next_dirty = server->dirty;
    server->dirty = connection;
    // A round that is going on handles what was there when it began: the loop must come round again without sleeping.
    if (server->is_flushing)
        uv_idle_start(&server->again, on_again);
}

static void on_flush(uv_prepare_t *prepare)
{
    struct net_server *server = prepare->data;
    struct net_connection *connection = server->dirty;
    server->dirty = NULL;
    server->is_flushing = true;
    while (connection != NULL) {
        struct net_connection *next = connection->next_dirty;
        connection->is_dirty = false;
        net_connection_flush(connection);
        connection = next;
    }
    server->is_flushing = false;
}

static void on_tick(uv_timer_t *timer)
{
    struct net_server *server = timer->data;
    uint64_t now = uv_now(server->loop);
    bool is_over = server->is_draining && now >= server->drain_limit_ms;
    struct net_connection *next;
    for (struct net_connection *connection = server->connections; connection != NULL; connection = next) {
        next = connection->next;
        if (is_over)
            net_connection_close(connection);
        else
            net_connection_check(connection, now);
    }
}

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static uint64_t tick_ms(const struct net_limits *limits)
{
    uint64_t shortest = least(least(limits->handshake_ms, limits->request_ms),
                              least(least(limits->idle_ms, limits->keepalive_ms), limits->keepalive_timeout_ms));
    uint64_t tick = shortest / 4;
    return tick < TICK_MIN_MS ? TICK_MIN_MS : least(tick, TICK_MAX_MS);
}

struct net_server *net_server_create(uv_loop_t *loop, struct net_tls *tls, const struct net_limits *limits,
                                     const struct net_handler *handler, void *context)
{
    struct net_server *server = calloc(1, sizeof *server);
    REQUIRE(server != NULL);
    server->loop = loop;
    server->tls = tls;
    server->limits = *limits;
    server->handler = handler;
    server->context = context;
    net_session_setup(server);
    REQUIRE(uv_prepare_init(loop, &server->flush) == 0 && uv_idle_init(loop, &server->again) == 0 &&
            uv_timer_init(loop, &server->tick) == 0);
    server->flush.data = server;
    server->again.data = server;
    server->tick.data = server;
    server->open_handles = 3;
    REQUIRE(uv_prepare_start(&server->flush, on_flush) == 0);
    REQUIRE(uv_timer_start(&server->tick, on_tick, tick_ms(limits), tick_ms(limits)) == 0);
    return server;
}

static void on_connection(uv_stream_t *listener, int code)
{
    struct net_server *server = listener->data;
    if (code != 0)
        LOG(LOG_WARNING, "cannot accept", LOG_TEXT("error", uv_strerror(code)));
    else
        net_connection_accept(server);
}

static void on_listener_failed(uv_handle_t *handle)
{
    free(handle);
}

enum status net_server_listen(struct net_server *server, int listening_socket, struct error *error)
{
    REQUIRE(server->listener == NULL && !server->is_draining);
    uv_tcp_t *listener = calloc(1, sizeof *listener);
    REQUIRE(listener != NULL && uv_tcp_init(server->loop, listener) == 0);
    listener->data = server;
    int code = uv_tcp_open(listener, listening_socket);
    if (code != 0)
        close(listening_socket);
    else
        code = uv_listen((uv_stream_t *)listener, SOMAXCONN, on_connection);
    if (code != 0) {
        uv_close((uv_handle_t *)listener, on_listener_failed);
        return error_set(error, STATUS_FAILED_PRECONDITION, "CANNOT_LISTEN", "cannot listen: %s", uv_strerror(code));
    }
    server->listener = listener;
    server->open_handles++;
    return STATUS_OK;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct net_server *server = handle->data;
    if (handle == (uv_handle_t *)server->listener) {
        free(handle);
        server->listener = NULL;
    }
    if (--server->open_handles == 0)
        server->on_drained(server->context);
}

static void close_when_empty(struct net_server *server)
{
    if (!server->is_draining || server->connection_count > 0 || uv_is_closing((uv_handle_t *)&server->tick))
        return;
    uv_close((uv_handle_t *)&server->flush, on_handle_closed);
    uv_close((uv_handle_t *)&server->again, on_handle_closed);
    uv_close((uv_handle_t *)&server->tick, on_handle_closed);
}

void net_server_remove(struct net_server *server, struct net_connection *connection)
{
    if (connection->is_dirty) {
        struct net_connection **link = &server->dirty;
        while (*link != connection)
            link = &(*link)->next_dirty;
        *link = connection->next_dirty;
    }
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        server->connections = connection->next;
    server->connection_count--;
    net_count(&server->counters.connections, UINT64_MAX);
    close_when_empty(server);
}

void net_server_drain(struct net_server *server, uint64_t limit_ms, void (*on_drained)(void *context))
{
    REQUIRE(!server->is_draining);
    server->is_draining = true;
    server->drain_limit_ms = uv_now(server->loop) + limit_ms;
    server->on_drained = on_drained;
    REQUIRE(uv_timer_start(&server->tick, on_tick, TICK_MIN_MS, TICK_MIN_MS) == 0);
    if (server->listener != NULL)
        uv_close((uv_handle_t *)server->listener, on_handle_closed);
    for (struct net_connection *connection = server->connections; connection != NULL; connection = connection->next)
        net_connection_drain(connection);
    close_when_empty(server);
}

void net_server_destroy(struct net_server *server)
{
    REQUIRE(server->open_handles == 0);
    net_session_teardown(server);
    free(server);
}

static uint64_t read_counter(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void net_server_figures(const struct net_server *server, struct net_figures *figures_r)
{
    const struct net_counters *counters = &server->counters;
    *figures_r = (struct net_figures){
        .connections = read_counter(&counters->connections),
        .streams = read_counter(&counters->streams),
        .accepted = read_counter(&counters->accepted),
        .refused = read_counter(&counters->refused),
        .handshake_failures = read_counter(&counters->handshake_failures),
        .floods = read_counter(&counters->floods),
        .timeouts = read_counter(&counters->timeouts),
        .received_bytes = read_counter(&counters->received_bytes),
        .sent_bytes = read_counter(&counters->sent_bytes),
    };
}
