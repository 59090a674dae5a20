// SPDX-License-Identifier: Apache-2.0
// Methods that are statements alone: see engine.h. Here is what begins every call, and reads; write.c has the writes.
#include "methods/engine.h"

#include "base/require.h"
#include "methods/call.h"

struct method_call *engine_begin(struct rpc_call *rpc, ProtobufCMessage *request)
{
    struct method_call *call = arena_alloc(rpc_call_arena(rpc), sizeof *call);
    call->rpc = rpc;
    call->methods = rpc_call_worker_context(rpc);
    call->method = rpc_call_method(rpc)->data;
    call->request = request;
    rpc_call_set_state(rpc, call);
    return call;
}

void engine_close(struct rpc_call *rpc)
{
    struct method_call *call = rpc_call_state(rpc);
    if (call == NULL)
        return;
    if (call->batch != NULL)
        db_batch_abandon(call->batch);
    if (call->job != NULL)
        password_abandon(call->job);
    call->batch = NULL;
    call->job = NULL;
}

// ---- reads ----

static void on_read_done(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    call_take_outcome(call, outcome);
    if (outcome->code != STATUS_OK) {
        call_fail_outcome(call, outcome);
        return;
    }
    if (!call_take_user(call, outcome->results[0]))
        return;
    struct arena *arena = arena_create(SIZE_MAX);
    ProtobufCMessage *response = NULL;
    bool has_row = false;
    if (call_fill(call, call->variant->statements, call->variant->statement_count, outcome->results + 1, arena,
                  &response, &has_row)) {
        if (has_row)
            rpc_call_reply(call->rpc, response);
        else
            call_fail_not_found(call);
    }
    arena_destroy(arena);
}

void engine_read(struct method_call *call)
{
    struct db_batch *batch = db_batch_create(DB_BATCH_READ, call, on_read_done);
    call_add_begin_read(call, batch);
    for (size_t at = 0; at < call->variant->statement_count; at++)
        call_add_statement(call, batch, &call->variant->statements[at]);
    call_submit(call, call->role, batch);
}

// ---- roles without a variant: who has no session learns that first ----

static void on_session_checked(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    call_take_outcome(call, outcome);
    if (outcome->code != STATUS_OK)
        call_fail_outcome(call, outcome);
    else if (call_take_user(call, outcome->results[0]))
        call_fail(call, STATUS_PERMISSION_DENIED, "ROLE_NOT_ALLOWED", "your role may not call {method}",
                  ERROR_VALUES(ERROR_TEXT("method", call->method->contract->name)));
}

void engine_refuse_role(struct method_call *call)
{
    struct db_batch *batch = db_batch_create(DB_BATCH_READ, call, on_session_checked);
    call_add_begin_read(call, batch);
    call_submit(call, call->role, batch);
}

// ---- the beginning ----

static void on_password_hashed(void *owner, bool is_right, const char *hash)
{
    (void)is_right;
    struct method_call *call = owner;
    call->job = NULL;
    call->values.password_hash = arena_strdup(rpc_call_arena(call->rpc), hash);
    engine_write(call);
}

static void hash_password(struct method_call *call)
{
    const struct path *path = &call->method->password;
    const ProtobufCMessage *owner = path_walk(path, 0, path->depth - 1, call->request);
    REQUIRE(owner != NULL);
    const char *password = *(char **)path_member(owner, path_end(path));
    call->job = password_start_hash(call->methods->loop, password, call, on_password_hashed);
    if (call->job == NULL)
        call_fail_busy(call);
}

static void on_message(struct rpc_call *rpc, ProtobufCMessage *request)
{
    struct method_call *call = engine_begin(rpc, request);
    if (!call_read_session(call))
        return;
    if (call->variant == NULL) {
        engine_refuse_role(call);
        return;
    }
    if (!call_validate(call))
        return;
    if (!call->method->table->is_write) {
        engine_read(call);
        return;
    }
    if (!call_prepare_write(call))
        return;
    if (call->method->has_password)
        hash_password(call);
    else
        engine_write(call);
}

const struct rpc_handler ENGINE_HANDLER = {.on_message = on_message, .on_close = engine_close};
