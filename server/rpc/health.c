// SPDX-License-Identifier: Apache-2.0
// grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md): Check answers once, Watch goes on
// answering.
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "grpc/health/v1/health.pb-c.h"
#include "rpc/internal.h"

enum serving {
    SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING,
    NOT_SERVING = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING,
    SERVICE_UNKNOWN = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVICE_UNKNOWN,
};

struct service {
    char *name;
    bool is_serving;
};

struct watcher {
    struct rpc_call *call;
    const char *service; // in the call's arena
    struct watcher *next, *previous;
};

struct rpc_health {
    struct service *services;
    size_t count;
    struct watcher *watchers;
    bool is_stopped;
};

static struct service *find_service(const struct rpc_health *health, const char *name)
{
    for (size_t at = 0; at < health->count; at++) {
        if (strcmp(health->services[at].name, name) == 0)
            return &health->services[at];
    }
    return NULL;
}

static struct service *add_service(struct rpc_health *health, const char *name, size_t length)
{
    struct service *services = realloc(health->services, (health->count + 1) * sizeof *services);
    REQUIRE(services != NULL);
    health->services = services;
    struct service *service = &services[health->count++];
    *service = (struct service){.name = strndup(name, length), .is_serving = true};
    REQUIRE(service->name != NULL);
    return service;
}

struct rpc_health *rpc_health_create(const struct rpc_server *server)
{
    struct rpc_health *health = calloc(1, sizeof *health);
    REQUIRE(health != NULL);
    add_service(health, "", 0);
    for (size_t at = 0; at < server->method_count; at++) {
        const char *name = server->methods[at]->path + 1;
        size_t length = strcspn(name, "/");
        const struct service *last = &health->services[health->count - 1];
        // The table is sorted: a service's methods stand together.
        if (strlen(last->name) != length || strncmp(last->name, name, length) != 0)
            add_service(health, name, length);
    }
    return health;
}

void rpc_health_destroy(struct rpc_health *health)
{
    REQUIRE(health->watchers == NULL);
    for (size_t at = 0; at < health->count; at++)
        free(health->services[at].name);
    free(health->services);
    free(health);
}

static enum serving state_of(const struct rpc_health *health, const char *name)
{
    const struct service *service = find_service(health, name);
    if (service == NULL)
        return SERVICE_UNKNOWN;
    return service->is_serving && !health->is_stopped ? SERVING : NOT_SERVING;
}

static void tell(struct watcher *watcher, enum serving state)
{
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)state;
    // Changes are rare and tiny: the client's window need not be waited for.
    rpc_call_send(watcher->call, &response.base);
}

void rpc_health_set(struct rpc_server *server, const char *name, bool is_serving)
{
    struct rpc_health *health = server->health;
    struct service *service = find_service(health, name);
    bool is_new = service == NULL;
    if (is_new)
        service = add_service(health, name, strlen(name));
    bool is_changed = is_new || service->is_serving != is_serving;
    service->is_serving = is_serving;
    for (struct watcher *watcher = health->watchers; watcher != NULL && is_changed; watcher = watcher->next) {
        if (strcmp(watcher->service, name) == 0)
            tell(watcher, state_of(health, name));
    }
}

void rpc_health_stop(struct rpc_server *server)
{
    struct rpc_health *health = server->health;
    health->is_stopped = true;
    for (struct watcher *watcher = health->watchers; watcher != NULL; watcher = watcher->next) {
        if (state_of(health, watcher->service) == NOT_SERVING)
            tell(watcher, NOT_SERVING);
    }
}

static void on_check(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Health__V1__HealthCheckRequest *request = (const Grpc__Health__V1__HealthCheckRequest *)message;
    enum serving state = state_of(call->server->health, request->service);
    if (state == SERVICE_UNKNOWN) {
        struct error error;
        error_refuse(&error, STATUS_NOT_FOUND, "SERVICE_UNKNOWN", "there is no service \"{path}\" here",
                     ERROR_VALUES(ERROR_TEXT("path", request->service)));
        rpc_call_fail(call, &error, NULL, 0);
        return;
    }
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = (Grpc__Health__V1__HealthCheckResponse__ServingStatus)state;
    rpc_call_reply(call, &response.base);
}

static void on_check_close(struct rpc_call *call)
{
    (void)call;
}

static void on_watch(struct rpc_call *call, ProtobufCMessage *message)
{
    const Grpc__Health__V1__HealthCheckRequest *request = (const Grpc__Health__V1__HealthCheckRequest *)message;
    struct rpc_health *health = call->server->health;
    struct watcher *watcher = arena_alloc(rpc_call_arena(call), sizeof *watcher);
    watcher->call = call;
    watcher->service = request->service;
    watcher->next = health->watchers;
    if (watcher->next != NULL)
        watcher->next->previous = watcher;
    health->watchers = watcher;
    rpc_call_set_state(call, watcher);
    tell(watcher, state_of(health, request->service));
}

static void on_watch_close(struct rpc_call *call)
{
    struct watcher *watcher = rpc_call_state(call);
    if (watcher == NULL)
        return;
    if (watcher->next != NULL)
        watcher->next->previous = watcher->previous;
    if (watcher->previous != NULL)
        watcher->previous->next = watcher->next;
    else
        call->server->health->watchers = watcher->next;
}

static void on_watch_shutdown(struct rpc_call *call)
{
    struct error error;
    error_set(&error, STATUS_UNAVAILABLE, "SHUTTING_DOWN", "the server is shutting down");
    rpc_call_fail(call, &error, NULL, 0);
}

static const struct rpc_handler CHECK = {.on_message = on_check, .on_close = on_check_close};
static const struct rpc_handler WATCH = {
    .on_message = on_watch,
    .on_close = on_watch_close,
    .on_shutdown = on_watch_shutdown,
};

const struct rpc_method rpc_health_methods[] = {
    {
        .path = "/grpc.health.v1.Health/Check",
        .request = &grpc__health__v1__health_check_request__descriptor,
        .response = &grpc__health__v1__health_check_response__descriptor,
        .handler = &CHECK,
    },
    {
        .path = "/grpc.health.v1.Health/Watch",
        .request = &grpc__health__v1__health_check_request__descriptor,
        .response = &grpc__health__v1__health_check_response__descriptor,
        .server_streaming = true,
        .handler = &WATCH,
    },
};
const size_t rpc_health_method_count = sizeof rpc_health_methods / sizeof *rpc_health_methods;
