// SPDX-License-Identifier: Apache-2.0
// Writes: begin_write, what to do, the answer, end_write, in one transaction. Two outcomes need a look at the record
// afterwards: the request was done before (KA100), and nothing was changed (KA101).
#include <jansson.h>
#include <string.h>

#include "methods/call.h"
#include "methods/conflict.h"
#include "methods/details.h"
#include "methods/engine.h"

// Where the answer begins among the variant's statements; their count when the response has no fields.
static size_t find_answer(const struct method_variant *variant)
{
    size_t at = 0;
    while (at < variant->statement_count && variant->statements[at].table->part != TABLE_ANSWER)
        at++;
    return at;
}

static void reply_row(struct method_call *call, const struct db_result *const *results)
{
    size_t answer = find_answer(call->variant);
    struct arena *arena = arena_create(SIZE_MAX);
    ProtobufCMessage *response = NULL;
    bool has_row = false;
    // No row: the change itself took the record out of the caller's reach. It was made, so the call is OK and the
    // answer has nothing in it.
    if (call_fill(call, call->variant->statements + answer, call->variant->statement_count - answer, results, arena,
                  &response, &has_row))
        rpc_call_reply(call->rpc, response);
    arena_destroy(arena);
}

// ---- done before ----

static void on_replay_done(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    call_take_outcome(call, outcome);
    if (outcome->code != STATUS_OK) {
        call_fail_outcome(call, outcome);
        return;
    }
    if (!call_take_user(call, outcome->results[0]))
        return;
    rpc_call_add_trailer(call->rpc, "kam-replayed", "true");
    reply_row(call, outcome->results + 1);
}

// The record of the first time, which made its id itself where the request has none.
static void take_record_id(struct method_call *call, const char *detail_json)
{
    json_t *detail = detail_json == NULL ? NULL : json_loads(detail_json, 0, NULL);
    const char *id = json_string_value(json_object_get(detail, "record_id"));
    call->values.has_record_id = id != NULL && uuid_parse(id, call->values.record_id);
    json_decref(detail);
}

// ---- nothing was changed: why? ----

static int64_t wanted_version(const struct method_call *call)
{
    const struct path *path = &call->method->version;
    const ProtobufCMessage *owner = path_walk(path, 0, path->depth - 1, call->request);
    return owner == NULL ? 0 : *(int64_t *)path_member(owner, path_end(path));
}

static const Google__Protobuf__FieldMask *update_mask(const struct method_call *call)
{
    if (!call->method->has_mask)
        return NULL;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(call->request->descriptor, "update_mask");
    return *(Google__Protobuf__FieldMask **)path_member(call->request, field);
}

// The record as the caller wanted it, where it is of the response's type.
static const ProtobufCMessage *wanted_record(const struct method_call *call)
{
    const struct path *path = &call->method->record;
    const ProtobufCMessage *record = path_walk(path, 0, path->depth - 1, call->request);
    return record != NULL && record->descriptor == call->method->contract->response ? record : NULL;
}

static void fail_conflict(struct method_call *call, const ProtobufCMessage *current, int64_t version,
                          struct arena *arena)
{
    const ProtobufCMessage *yours = wanted_record(call);
    const ProtobufCMessage *conflict = conflict_make(current, yours, yours == NULL ? NULL : update_mask(call), arena);
    struct error error;
    error_refuse(&error, STATUS_ABORTED, "VERSION_CONFLICT",
                 "the record was changed meanwhile: it has version {current}, you saw {seen}; read it again and repeat "
                 "what still applies",
                 ERROR_VALUES(ERROR_NUMBER("current", version), ERROR_NUMBER("seen", wanted_version(call))));
    details_fail(call->rpc, &error, conflict);
}

static void explain(struct method_call *call, const struct db_result *const *results)
{
    size_t answer = find_answer(call->variant);
    struct arena *arena = arena_create(SIZE_MAX);
    ProtobufCMessage *current = NULL;
    bool has_row = false;
    const ProtobufCFieldDescriptor *field = call->method->answer_version;
    if (call_fill(call, call->variant->statements + answer, call->variant->statement_count - answer, results, arena,
                  &current, &has_row)) {
        int64_t version = field == NULL ? 0 : *(int64_t *)path_member(current, field);
        if (!has_row || answer == call->variant->statement_count)
            call_fail_not_found(call);
        else if (field != NULL && call->method->has_version && version != wanted_version(call))
            fail_conflict(call, current, version, arena);
        else
            call_fail(call, STATUS_PERMISSION_DENIED, "NOT_ALLOWED",
                      "you may see this {what}, but not change it this way",
                      ERROR_VALUES(ERROR_TEXT("what", call->method->contract->response->short_name)));
    }
    arena_destroy(arena);
}

static void on_explained(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    call_take_outcome(call, outcome);
    if (outcome->code != STATUS_OK)
        call_fail_outcome(call, outcome);
    else if (call_take_user(call, outcome->results[0]))
        explain(call, outcome->results + 1);
}

// ---- the batches ----

static void read_answer(struct method_call *call, db_batch_done on_done)
{
    struct db_batch *batch = db_batch_create(DB_BATCH_READ, call, on_done);
    call_add_begin_read(call, batch);
    for (size_t at = find_answer(call->variant); at < call->variant->statement_count; at++)
        call_add_statement(call, batch, &call->variant->statements[at]);
    call_submit(call, call->role, batch);
}

static void on_write_done(void *owner, const struct db_outcome *outcome)
{
    struct method_call *call = owner;
    call_take_outcome(call, outcome);
    if (strcmp(outcome->sqlstate, CALL_SQLSTATE_REPLAYED) == 0) {
        take_record_id(call, outcome->error->detail_json);
        read_answer(call, on_replay_done);
    } else if (strcmp(outcome->sqlstate, CALL_SQLSTATE_NOTHING_CHANGED) == 0) {
        read_answer(call, on_explained);
    } else if (outcome->code != STATUS_OK) {
        call_fail_outcome(call, outcome);
    } else if (call_take_user(call, outcome->results[0])) {
        reply_row(call, outcome->results + 1 + find_answer(call->variant));
    }
}

void engine_write(struct method_call *call)
{
    struct db_batch *batch = db_batch_create(DB_BATCH_WRITE, call, on_write_done);
    call_add_begin_write(call, batch);
    for (size_t at = 0; at < call->variant->statement_count; at++)
        call_add_statement(call, batch, &call->variant->statements[at]);
    call_add_end_write(call, batch);
    call_submit(call, call->role, batch);
}
