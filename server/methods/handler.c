// SPDX-License-Identifier: Apache-2.0
// Runs the steps of methods in C: see handler.h.
#include "methods/handler.h"

#include <string.h>

#include "base/require.h"
#include "methods/change_password.h"
#include "methods/engine.h"
#include "methods/login.h"
#include "methods/value.h"
#include "methods/watch.h"

static const struct method_handler *const HANDLERS[] = {&LOGIN_HANDLER, &CHANGE_PASSWORD_HANDLER, &WATCH_HANDLER};
static const struct handler_end END = {1};

const struct method_handler *handler_find(const char *name)
{
    for (size_t at = 0; at < sizeof HANDLERS / sizeof *HANDLERS; at++)
        if (strcmp(HANDLERS[at]->name, name) == 0)
            return HANDLERS[at];
    return NULL;
}

// ---- tail calls ----

// A request that was done before. The responses of mutating handlers have no fields, so there is nothing to look up.
static void reply_replayed(struct method_call *call)
{
    REQUIRE(call->method->contract->response->n_fields == 0);
    rpc_call_add_trailer(call->rpc, "kam-replayed", "true");
    rpc_call_reply(call->rpc, path_new_message(call->method->contract->response, rpc_call_arena(call->rpc)));
}

static void on_batch_done(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    handler_sql_step *next = call->next_sql;
    call_take_outcome(call, outcome);
    if (strcmp(outcome->sqlstate, CALL_SQLSTATE_REPLAYED) == 0)
        reply_replayed(call);
    else if (outcome->code != STATUS_OK)
        call_fail_outcome(call, outcome);
    else
        (void)next(call, outcome->results);
}

struct handler_end handler_await_sql(struct method_call *call, enum table_role role, struct db_batch *batch,
                                     handler_sql_step *next)
{
    call->next_sql = next;
    call_submit(call, role, batch);
    return END;
}

static void on_password_done(void *owner, bool is_right, const char *hash)
{
    struct method_call *call = owner;
    call->job = NULL;
    (void)call->next_password(call, is_right, hash);
}

static struct handler_end await_job(struct method_call *call, struct password_job *job, handler_password_step *next)
{
    call->job = job;
    call->next_password = next;
    if (job == NULL)
        call_fail_busy(call);
    return END;
}

struct handler_end handler_await_verify(struct method_call *call, const char *password, const char *hash,
                                        handler_password_step *next)
{
    return await_job(call, password_start_verify(call->methods->loop, password, hash, call, on_password_done), next);
}

struct handler_end handler_await_hash(struct method_call *call, const char *password, handler_password_step *next)
{
    return await_job(call, password_start_hash(call->methods->loop, password, call, on_password_done), next);
}

struct handler_end handler_reply(struct method_call *call, const ProtobufCMessage *response)
{
    rpc_call_reply(call->rpc, response);
    return END;
}

struct handler_end handler_fail(struct method_call *call, const struct error *error)
{
    call_fail_as(call, error);
    return END;
}

struct handler_end handler_await_events(struct method_call *call)
{
    REQUIRE(call->method->handler->rpc != NULL);
    return END;
}

struct handler_end handler_was_ended(struct method_call *call)
{
    REQUIRE(call->batch == NULL && call->job == NULL);
    return END;
}

// ---- batches ----

struct db_batch *handler_new_batch(struct method_call *call, enum db_batch_kind kind)
{
    return db_batch_create(kind, call, on_batch_done);
}

void handler_add(struct method_call *call, struct db_batch *batch, const char *statement,
                 const struct bind_argument *arguments, size_t argument_count)
{
    call->values.arguments = arguments;
    call->values.argument_count = argument_count;
    call_add_statement(call, batch, method_find_statement(call->variant, statement));
    call->values.arguments = NULL;
    call->values.argument_count = 0;
}

struct bind_argument handler_text(const char *name, const char *text)
{
    return handler_bytes(name, text, strlen(text));
}

struct bind_argument handler_bytes(const char *name, const void *bytes, size_t length)
{
    return (struct bind_argument){name, {bytes, (int)length}};
}

struct bind_argument handler_int64(struct method_call *call, const char *name, int64_t number)
{
    char *bytes = arena_alloc(rpc_call_arena(call->rpc), 8);
    value_put_int64(bytes, number);
    return handler_bytes(name, bytes, 8);
}

const void *handler_get_bytes(struct method_call *call, const char *statement, const struct db_result *result,
                              const char *column, int *length_r)
{
    const struct table_statement *table = method_find_statement(call->variant, statement)->table;
    for (size_t at = 0; at < table->column_count; at++)
        if (strcmp(table->columns[at].name, column) == 0)
            return db_result_row_count(result) == 0 ? NULL : db_result_value(result, 0, at, length_r);
    require_failed("a column of the handler's statement", __FILE__, __LINE__);
}

const char *handler_get_text(struct method_call *call, const char *statement, const struct db_result *result,
                             const char *column)
{
    int length = 0;
    const void *bytes = handler_get_bytes(call, statement, result, column, &length);
    return bytes == NULL ? NULL : arena_copy(rpc_call_arena(call->rpc), bytes, (size_t)length);
}

int64_t handler_get_int64(struct method_call *call, const char *statement, const struct db_result *result,
                          const char *column)
{
    int length = 0;
    const void *bytes = handler_get_bytes(call, statement, result, column, &length);
    REQUIRE(bytes == NULL || length == 8);
    return bytes == NULL ? 0 : value_get_int64(bytes);
}

// ---- the beginning ----

void handler_on_message(struct rpc_call *rpc, ProtobufCMessage *request)
{
    struct method_call *call = engine_begin(rpc, request);
    const struct method_handler *handler = call->method->handler;
    call->role = TABLE_ROLE_AUTH;
    call->variant = call->method->variants[TABLE_ROLE_AUTH];
    if (handler->has_session && !call_read_session(call))
        return;
    if (call->variant == NULL) {
        engine_refuse_role(call);
        return;
    }
    if (!call_validate(call) || (handler->is_mutating && !call_prepare_write(call)))
        return;
    (void)handler->start(call);
}

const struct rpc_handler HANDLER_HANDLER = {.on_message = handler_on_message, .on_close = engine_close};
