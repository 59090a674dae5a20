// SPDX-License-Identifier: Apache-2.0
// What all kinds of methods do with a call: see call.h.
#include "methods/call.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "methods/details.h"
#include "methods/value.h"

// Whatever the contract allows.
enum { PAGE_SIZE_MAX = 1000 };

// ---- the end ----

void call_fail_as(struct method_call *call, const struct error *error)
{
    details_fail(call->rpc, error, NULL);
}

void call_fail(struct method_call *call, enum status code, const char *reason, const char *text,
               const struct error_value *values)
{
    struct error error;
    error_refuse(&error, code, reason, text, values);
    call_fail_as(call, &error);
}

void call_fail_outcome(struct method_call *call, const struct db_outcome *outcome)
{
    REQUIRE(outcome->error != NULL);
    call_fail_as(call, outcome->error);
}

void call_fail_not_found(struct method_call *call)
{
    call_fail(call, STATUS_NOT_FOUND, "NOT_FOUND", "there is no such {what} within your reach; check the id",
              ERROR_VALUES(ERROR_TEXT("what", call->method->contract->response->short_name)));
}

void call_fail_busy(struct method_call *call)
{
    struct error error;
    error_set(&error, STATUS_RESOURCE_EXHAUSTED, "TOO_MANY_PASSWORDS",
              "too many passwords are being checked; try again in a second");
    error.retry_after_ms = 1000;
    call_fail_as(call, &error);
}

static void fail_unfit(struct method_call *call, const struct method_statement *statement, const char *column)
{
    LOG(LOG_ERROR, "a row does not fit the response", LOG_TEXT("statement", statement->table->statement.place),
        LOG_TEXT("column", column));
    call_fail(call, STATUS_INTERNAL, "INTERNAL",
              "the server could not read what it has stored; this is a fault of the server", NULL);
}

// ---- before the batch ----

bool call_read_session(struct method_call *call)
{
    struct error error;
    if (token_read(rpc_call_metadata(call->rpc, "authorization"), &call->role, call->token_hash, &error) != STATUS_OK) {
        call_fail_as(call, &error);
        return false;
    }
    call->variant = call->method->variants[call->role];
    return true;
}

static bool read_page(struct method_call *call)
{
    const struct method_statement *page = call->variant->page;
    if (page == NULL)
        return true;
    const struct page_fields *fields = &call->method->page;
    int32_t size = *(int32_t *)path_member(call->request, fields->size);
    size = size > 0 ? size : call->method->table->page_size;
    call->values.page_limit = (size < PAGE_SIZE_MAX ? size : PAGE_SIZE_MAX) + 1;
    struct arena *arena = rpc_call_arena(call->rpc);
    page_hash_request(fields, call->request, call->page_hash);
    const char *token = *(char **)path_member(call->request, fields->token);
    struct error error;
    if (page_read_token(token, call->page_hash, page->key_types, page->key_count, arena, call->values.page_keys,
                        &error) == STATUS_OK)
        return true;
    call_fail_as(call, &error);
    return false;
}

bool call_validate(struct method_call *call)
{
    const struct validate_mask *mask =
        call->method->has_mask && call->variant->mask.resource != NULL ? &call->variant->mask : NULL;
    struct error error;
    if (validate_request(call->method->rules, call->request, mask, &error) != STATUS_OK) {
        call_fail_as(call, &error);
        return false;
    }
    call->values.request = call->request;
    // Random bytes are a system call.
    if (call->variant->uses_new_id)
        uuid_make(call->values.new_id);
    return read_page(call);
}

static const char *read_text(const struct path *path, const ProtobufCMessage *request)
{
    const ProtobufCMessage *owner = path_walk(path, 0, path->depth - 1, request);
    return owner == NULL || !path_is_present(owner, path_end(path)) ? NULL
                                                                    : *(char **)path_member(owner, path_end(path));
}

// Packs the request without the guarded texts it holds itself: passwords.
static void *pack_without_secrets(ProtobufCMessage *request, struct arena *arena, size_t *length_r)
{
    const struct contract_message *contract = contract_find_message(request->descriptor);
    REQUIRE(contract != NULL);
    unsigned count = request->descriptor->n_fields;
    char **kept = arena_alloc(arena, (count + 1) * sizeof *kept);
    for (unsigned at = 0; at < count; at++) {
        const ProtobufCFieldDescriptor *field = &request->descriptor->fields[at];
        if (!contract->fields[at].is_guarded || field->type != PROTOBUF_C_TYPE_STRING ||
            field->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        char **member = path_member(request, field);
        kept[at] = *member;
        *member = NULL;
    }
    *length_r = protobuf_c_message_get_packed_size(request);
    uint8_t *packed = arena_alloc(arena, *length_r);
    protobuf_c_message_pack(request, packed);
    for (unsigned at = 0; at < count; at++)
        if (kept[at] != NULL)
            *(char **)path_member(request, &request->descriptor->fields[at]) = kept[at];
    return packed;
}

// The hash is stored: it must not help anybody to guess a password.
static void hash_payload(struct method_call *call)
{
    const void *bytes = NULL;
    size_t length = 0;
    struct arena *arena = arena_create(SIZE_MAX);
    if (call->method->has_password)
        bytes = pack_without_secrets(call->request, arena, &length);
    else
        rpc_call_request_bytes(call->rpc, &bytes, &length);
    crypto_generichash(call->payload_hash, sizeof call->payload_hash, bytes, length, NULL, 0);
    arena_destroy(arena);
}

bool call_prepare_write(struct method_call *call)
{
    const char *request_id = rpc_call_metadata(call->rpc, "kam-request-id");
    if (request_id == NULL) {
        call_fail(
            call, STATUS_INVALID_ARGUMENT, "REQUEST_ID_MISSING",
            "send a fresh UUID as metadata kam-request-id; when the call has to be repeated, send the same one again",
            NULL);
        return false;
    }
    if (!uuid_parse(request_id, call->request_id)) {
        call_fail(call, STATUS_INVALID_ARGUMENT, "REQUEST_ID_MISSING",
                  "metadata kam-request-id must be a UUID, 36 characters such as 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
                  NULL);
        return false;
    }
    if (call->method->has_record) {
        const char *record_id = read_text(&call->method->record, call->request);
        call->values.has_record_id = true;
        if (record_id == NULL)
            uuid_make(call->values.record_id);
        else
            REQUIRE(uuid_parse(record_id, call->values.record_id));
    }
    hash_payload(call);
    return true;
}

// ---- batches ----

static struct db_parameter copy_bytes(struct db_batch *batch, const void *bytes, size_t length)
{
    return (struct db_parameter){arena_copy(db_batch_arena(batch), bytes, length), (int)length};
}

void call_add_begin_read(struct method_call *call, struct db_batch *batch)
{
    struct db_parameter *parameters = arena_alloc(db_batch_arena(batch), sizeof *parameters);
    parameters[0] = copy_bytes(batch, call->token_hash, sizeof call->token_hash);
    db_batch_add(batch, &table_begin_read, parameters);
}

void call_add_begin_write(struct method_call *call, struct db_batch *batch)
{
    struct db_parameter *parameters = arena_alloc(db_batch_arena(batch), 4 * sizeof *parameters);
    const char *method = call->method->table->path;
    parameters[0] = copy_bytes(batch, call->token_hash, sizeof call->token_hash);
    parameters[1] = copy_bytes(batch, call->request_id, sizeof call->request_id);
    parameters[2] = (struct db_parameter){method, (int)strlen(method)};
    parameters[3] = copy_bytes(batch, call->payload_hash, sizeof call->payload_hash);
    db_batch_add(batch, &table_begin_write, parameters);
}

void call_add_end_write(struct method_call *call, struct db_batch *batch)
{
    struct db_parameter *parameters = arena_alloc(db_batch_arena(batch), 4 * sizeof *parameters);
    const char *method = call->method->table->path;
    parameters[0] = copy_bytes(batch, call->request_id, sizeof call->request_id);
    parameters[1] = (struct db_parameter){method, (int)strlen(method)};
    parameters[2] = copy_bytes(batch, call->payload_hash, sizeof call->payload_hash);
    if (call->values.has_record_id)
        parameters[3] = copy_bytes(batch, call->values.record_id, UUID_BYTES);
    db_batch_add(batch, &table_end_write, parameters);
}

void call_add_statement(struct method_call *call, struct db_batch *batch, const struct method_statement *statement)
{
    struct arena *arena = db_batch_arena(batch);
    size_t count = statement->table->statement.parameter_count;
    struct db_parameter *parameters = arena_alloc(arena, (count + 1) * sizeof *parameters);
    for (size_t at = 0; at < count; at++)
        parameters[at] = bind_value(&statement->parameters[at], &call->values, arena);
    db_batch_add(batch, &statement->table->statement, parameters);
}

void call_submit(struct method_call *call, enum table_role role, struct db_batch *batch)
{
    REQUIRE(call->batch == NULL && call->job == NULL);
    call->batch = batch;
    db_pool_submit(call->methods->pools[role], batch);
}

void call_take_outcome(struct method_call *call, const struct db_outcome *outcome)
{
    call->batch = NULL;
    call->queue_us += outcome->queue_us;
    call->database_us += outcome->database_us;
    rpc_call_note_database_us(call->rpc, call->queue_us, call->database_us);
}

bool call_take_user(struct method_call *call, const struct db_result *result)
{
    int length = 0;
    const void *id = db_result_row_count(result) > 0 && db_result_column_count(result) > 0
                         ? db_result_value(result, 0, 0, &length)
                         : NULL;
    if (id == NULL) {
        call_fail(call, STATUS_UNAUTHENTICATED, "NO_SESSION",
                  "you are not logged in, or your session has ended; log in again", NULL);
        return false;
    }
    if (length == UUID_BYTES) {
        char text[UUID_TEXT_BYTES];
        uuid_format(id, text);
        rpc_call_note_user(call->rpc, text);
    }
    return true;
}

// ---- rows ----

bool call_fill_row(struct method_call *call, const struct method_statement *statement, const struct db_result *result,
                   size_t row, ProtobufCMessage *message, struct arena *arena)
{
    for (size_t at = 0; at < statement->table->column_count; at++) {
        int length = 0;
        const void *bytes = db_result_value(result, row, at, &length);
        if (!fill_value(&statement->columns[at], message, bytes, length, arena)) {
            fail_unfit(call, statement, statement->table->columns[at].name);
            return false;
        }
    }
    return true;
}

// The token of the page after the row.
static void set_next_token(struct method_call *call, const struct method_statement *statement,
                           const struct db_result *result, size_t row, ProtobufCMessage *response, struct arena *arena)
{
    struct db_parameter keys[BIND_PAGE_KEYS_MAX];
    for (size_t at = 0; at < statement->key_count; at++)
        keys[at].bytes = db_result_value(result, row, statement->key_columns[at], &keys[at].length);
    const char *token = page_write_token(call->page_hash, keys, statement->key_count, arena);
    *(const char **)path_member(response, call->method->page.next_token) = token;
}

static bool fill_message(struct method_call *call, const struct method_statement *statement,
                         const struct db_result *result, ProtobufCMessage *response, struct arena *arena)
{
    if (db_result_row_count(result) == 0)
        return true;
    ProtobufCMessage **member = path_member(response, statement->field);
    if (*member == NULL)
        *member = path_new_message(statement->row, arena);
    return call_fill_row(call, statement, result, 0, *member, arena);
}

static bool fill_list(struct method_call *call, const struct method_statement *statement,
                      const struct db_result *result, ProtobufCMessage *response, struct arena *arena)
{
    size_t count = db_result_row_count(result);
    size_t page_size = (size_t)call->values.page_limit - 1;
    bool has_more = statement->is_page && count > page_size;
    if (has_more)
        count = page_size;
    fill_reserve(response, statement->field, count, arena);
    for (size_t row = 0; row < count; row++) {
        ProtobufCMessage *element = path_new_message(statement->row, arena);
        if (!call_fill_row(call, statement, result, row, element, arena))
            return false;
        fill_append(response, statement->field, element);
    }
    if (has_more)
        set_next_token(call, statement, result, count - 1, response, arena);
    return true;
}

bool call_fill(struct method_call *call, const struct method_statement *statements, size_t count,
               const struct db_result *const *results, struct arena *arena, ProtobufCMessage **response_r,
               bool *has_row_r)
{
    ProtobufCMessage *response = path_new_message(call->method->contract->response, arena);
    *has_row_r = true;
    for (size_t at = 0; at < count; at++) {
        const struct method_statement *statement = &statements[at];
        bool is_filled = true;
        if (statement->rows == METHOD_ROWS_RESPONSE) {
            *has_row_r = db_result_row_count(results[at]) > 0;
            is_filled = !*has_row_r || call_fill_row(call, statement, results[at], 0, response, arena);
        } else if (statement->rows == METHOD_ROWS_MESSAGE) {
            is_filled = fill_message(call, statement, results[at], response, arena);
        } else if (statement->rows == METHOD_ROWS_LIST) {
            is_filled = fill_list(call, statement, results[at], response, arena);
        }
        if (!is_filled)
            return false;
    }
    *response_r = response;
    return true;
}
