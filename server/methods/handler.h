// SPDX-License-Identifier: Apache-2.0
// Methods in C, step by step: for what must decide between statements. A handler's file lists its steps in order at the
// top. Each ends in exactly one of the tail calls below and returns what it gave, so that the compiler catches a step
// that ends in none. Steps see success only: the runner ends the call when a batch fails, and forgets what is on its
// way when the call closes.
#ifndef KAM_METHODS_HANDLER_H
#define KAM_METHODS_HANDLER_H

#include "methods/call.h"

// Proof that a step ended as it has to. Made by the tail calls only.
struct handler_end {
    int tail_calls;
};

struct method_handler {
    const char *name; // as in "-- handler: name"
    bool has_session; // the call needs a session token and a variant for its role
    bool is_mutating; // the call needs a request id
    // What becomes of a call that lives on after start(); NULL where batches and answers are all there is. Its
    // on_message is handler_on_message, and its on_close ends in engine_close().
    const struct rpc_handler *rpc;
    // The request was validated.
    struct handler_end (*start)(struct method_call *call);
};

// NULL when there is none of this name.
const struct method_handler *handler_find(const char *name);
extern const struct rpc_handler HANDLER_HANDLER;

void handler_on_message(struct rpc_call *rpc, ProtobufCMessage *request);

// ---- tail calls ----

// The types of steps: after a batch, its results in order; after work on a password, see password.h.
typedef struct handler_end handler_sql_step(struct method_call *call, const struct db_result *const *results);
typedef struct handler_end handler_password_step(struct method_call *call, bool is_right, const char *hash);

struct handler_end handler_await_sql(struct method_call *call, enum table_role role, struct db_batch *batch,
                                     handler_sql_step *next);
struct handler_end handler_await_verify(struct method_call *call, const char *password, const char *hash,
                                        handler_password_step *next);
struct handler_end handler_await_hash(struct method_call *call, const char *password, handler_password_step *next);
struct handler_end handler_reply(struct method_call *call, const ProtobufCMessage *response);
struct handler_end handler_fail(struct method_call *call, const struct error *error);
// The handler's own rpc_handler goes on with the call.
struct handler_end handler_await_events(struct method_call *call);
// After a call_... function said that it ended the call.
struct handler_end handler_was_ended(struct method_call *call);

// ---- batches ----

struct db_batch *handler_new_batch(struct method_call *call, enum db_batch_kind kind);
// Adds a statement of the variant by name; arguments are the values of its :arg parameters.
void handler_add(struct method_call *call, struct db_batch *batch, const char *statement,
                 const struct bind_argument *arguments, size_t argument_count);
struct bind_argument handler_text(const char *name, const char *text);
struct bind_argument handler_bytes(const char *name, const void *bytes, size_t length);
struct bind_argument handler_int64(struct method_call *call, const char *name, int64_t number);

// A column of the first row by name: text in the call's arena (NULL for SQL NULL), an int8, or the binary value.
const char *handler_get_text(struct method_call *call, const char *statement, const struct db_result *result,
                             const char *column);
int64_t handler_get_int64(struct method_call *call, const char *statement, const struct db_result *result,
                          const char *column);
const void *handler_get_bytes(struct method_call *call, const char *statement, const struct db_result *result,
                              const char *column, int *length_r);

#endif
