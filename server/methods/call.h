// SPDX-License-Identifier: Apache-2.0
// A call of a method on its way: what engine, write and handlers share.
#ifndef KAM_METHODS_CALL_H
#define KAM_METHODS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "methods/bind.h"
#include "methods/method.h"
#include "methods/methods.h"
#include "methods/page.h"
#include "methods/password.h"
#include "methods/token.h"
#include "rpc/call.h"

enum { CALL_PAYLOAD_HASH_BYTES = 32 };

// What begin_write and end_write raise beside refusals (docs/methods.md).
#define CALL_SQLSTATE_REPLAYED "KA100"
#define CALL_SQLSTATE_NOTHING_CHANGED "KA101"

struct handler_end;
struct watches;

struct methods {
    uv_loop_t *loop;
    struct db_pool *pools[TABLE_ROLE_COUNT];
    struct watches *watches;
    void *owner;
};

// In the arena of its rpc call, and gone with it.
struct method_call {
    struct rpc_call *rpc;
    const struct methods *methods;
    const struct method *method;
    const struct method_variant *variant;
    ProtobufCMessage *request;
    enum table_role role;
    uint8_t token_hash[TOKEN_HASH_BYTES];
    uint8_t request_id[UUID_BYTES];
    uint8_t payload_hash[CALL_PAYLOAD_HASH_BYTES];
    uint8_t page_hash[PAGE_HASH_BYTES];
    struct bind_values values;
    // What is on its way; at most one of them.
    struct db_batch *batch;
    struct password_job *job;
    // The next step of a handler (handler.h).
    struct handler_end (*next_sql)(struct method_call *call, const struct db_result *const *results);
    struct handler_end (*next_password)(struct method_call *call, bool is_right, const char *hash);
    void *handler_state;
    uint64_t queue_us, database_us;
};

// ---- before the batch; each false after it ended the call with an error ----

// The token's role and hash, and the variant for the role (NULL where the role may not call the method).
bool call_read_session(struct method_call *call);
// Against the rules; also reads page size and token.
bool call_validate(struct method_call *call);
// The request id of a mutating call, the record's id (made where the request has none), the hash of the payload.
bool call_prepare_write(struct method_call *call);

// ---- batches ----

void call_add_begin_read(struct method_call *call, struct db_batch *batch);
void call_add_begin_write(struct method_call *call, struct db_batch *batch);
void call_add_end_write(struct method_call *call, struct db_batch *batch);
void call_add_statement(struct method_call *call, struct db_batch *batch, const struct method_statement *statement);
// Keeps it as the one on its way, to be abandoned if the call closes first.
void call_submit(struct method_call *call, enum table_role role, struct db_batch *batch);
// First thing in a batch's on_done: forgets it, notes the times.
void call_take_outcome(struct method_call *call, const struct db_outcome *outcome);

// Reads who is calling from the result of begin_read or begin_write. False when there is no session: the call was ended
// then.
bool call_take_user(struct method_call *call, const struct db_result *result);

// ---- the end ----

// Rows into a response in the arena. has_row_r: whether a statement that gives the response itself had a row. False
// after it ended the call, because a value did not fit.
bool call_fill(struct method_call *call, const struct method_statement *statements, size_t count,
               const struct db_result *const *results, struct arena *arena, ProtobufCMessage **response_r,
               bool *has_row_r);

// One row into the response, for handlers: the statement's columns are paths in it. False as above.
bool call_fill_row(struct method_call *call, const struct method_statement *statement, const struct db_result *result,
                   size_t row, ProtobufCMessage *message, struct arena *arena);

// text and values as of error_refuse().
void call_fail(struct method_call *call, enum status code, const char *reason, const char *text,
               const struct error_value *values);
void call_fail_as(struct method_call *call, const struct error *error);
void call_fail_outcome(struct method_call *call, const struct db_outcome *outcome);
void call_fail_not_found(struct method_call *call);
void call_fail_busy(struct method_call *call);

#endif
