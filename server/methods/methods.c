// SPDX-License-Identifier: Apache-2.0
// The methods of the contract, ready to be served: see methods.h.
#include "methods/methods.h"

#include <sodium.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/require.h"
#include "methods/call.h"
#include "methods/engine.h"
#include "methods/handler.h"
#include "methods/watch.h"

struct methods *methods_create(uv_loop_t *loop, struct db_pool *const pools[TABLE_ROLE_COUNT], void *owner)
{
    struct methods *methods = calloc(1, sizeof *methods);
    REQUIRE(methods != NULL);
    methods->loop = loop;
    methods->owner = owner;
    for (int role = 0; role < TABLE_ROLE_COUNT; role++)
        methods->pools[role] = pools[role];
    methods->watches = watches_create(loop, pools[TABLE_ROLE_AUTH]);
    return methods;
}

void *methods_owner(const struct methods *methods)
{
    return methods->owner;
}

void methods_wake(struct methods *methods)
{
    watches_wake(methods->watches);
}

void methods_get_watch_figures(const struct methods *methods, struct watch_figures *figures_r)
{
    watches_get_figures(methods->watches, figures_r);
}

void methods_stop(struct methods *methods)
{
    watches_stop(methods->watches);
}

void methods_destroy(struct methods *methods)
{
    watches_destroy(methods->watches);
    free(methods);
}

static uv_once_t table_once = UV_ONCE_INIT;
static struct rpc_method *rpc_table;

// Lives as long as the process, like the tables it is made from.
static struct arena *table_arena;

static const struct rpc_handler *rpc_handler_of(const struct method *method)
{
    if (method->handler == NULL)
        return &ENGINE_HANDLER;
    return method->handler->rpc != NULL ? method->handler->rpc : &HANDLER_HANDLER;
}

static void make_table(void)
{
    REQUIRE(sodium_init() >= 0);
    table_arena = arena_create(SIZE_MAX);
    rpc_table = arena_alloc(table_arena, (table_method_count + 1) * sizeof *rpc_table);
    struct validate_cache cache = {.arena = table_arena};
    for (size_t at = 0; at < table_method_count; at++) {
        const struct method *method = method_resolve(&table_methods[at], &cache, table_arena);
        rpc_table[at] = (struct rpc_method){
            .path = method->contract->path,
            .request = method->contract->request,
            .response = method->contract->response,
            .client_streaming = method->contract->client_streaming,
            .server_streaming = method->contract->server_streaming,
            .handler = rpc_handler_of(method),
            .data = method,
        };
    }
}

const struct rpc_method *methods_rpc_table(size_t *count_r)
{
    uv_once(&table_once, make_table);
    *count_r = table_method_count;
    return rpc_table;
}
