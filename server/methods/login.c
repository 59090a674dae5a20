// SPDX-License-Identifier: Apache-2.0
// Login, step by step:
//
//   find_user        the user's hash and role, and how long this login or address has to wait; counts the attempt
//   check_password   on the thread pool; against a hash of nobody's where there is no such user, so that both take the
//                    same time
//   open_session     the session, when the password was right and still is the user's; takes the attempt back
#include "methods/login.h"

#include <sodium.h>
#include <string.h>

#include "kam/v1/session.pb-c.h"
#include "methods/token.h"

static const int64_t SESSION_SECONDS = INT64_C(30) * 86400;

struct login {
    uint8_t user_id[UUID_BYTES];
    const char *checked_hash; // NULL where there is nobody to log in
    enum table_role role;
    char token[TOKEN_TEXT_BYTES];
};

static struct handler_end reply_session(struct method_call *call, const struct db_result *const *results);

static Kam__V1__LoginRequest *request_of(struct method_call *call)
{
    return (Kam__V1__LoginRequest *)call->request;
}

struct handler_end login_fail_credentials(struct method_call *call)
{
    struct error error;
    error_set(&error, STATUS_UNAUTHENTICATED, "BAD_CREDENTIALS", "login or password is wrong");
    return handler_fail(call, &error);
}

struct handler_end login_fail_wait(struct method_call *call, int64_t wait_ms)
{
    struct error error;
    error_refuse(&error, STATUS_RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS",
                 "too many failed attempts; try again in {seconds} s",
                 ERROR_VALUES(ERROR_NUMBER("seconds", (wait_ms + 999) / 1000)));
    error.retry_after_ms = wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
    return handler_fail(call, &error);
}

// ---- 3: open_session ----

static struct handler_end open_session(struct method_call *call, bool is_right, const char *hash)
{
    (void)hash;
    struct login *login = call->handler_state;
    Kam__V1__LoginRequest *request = request_of(call);
    sodium_memzero(request->password, strlen(request->password));
    if (!is_right)
        return login_fail_credentials(call);
    uint8_t token_hash[TOKEN_HASH_BYTES];
    token_make(login->role, login->token, token_hash);
    struct db_batch *batch = handler_new_batch(call, DB_BATCH_WRITE);
    const struct bind_argument arguments[] = {
        handler_bytes("user_id", login->user_id, UUID_BYTES),       handler_text("checked_hash", login->checked_hash),
        handler_bytes("token_hash", token_hash, sizeof token_hash), handler_text("address", rpc_call_peer(call->rpc)),
        handler_int64(call, "ttl_seconds", SESSION_SECONDS),
    };
    handler_add(call, batch, "open_session", arguments, sizeof arguments / sizeof *arguments);
    return handler_await_sql(call, TABLE_ROLE_AUTH, batch, reply_session);
}

static struct handler_end reply_session(struct method_call *call, const struct db_result *const *results)
{
    struct login *login = call->handler_state;
    struct arena *arena = rpc_call_arena(call->rpc);
    // Disabled between the two looks, or given another password.
    if (db_result_row_count(results[0]) == 0)
        return login_fail_credentials(call);
    ProtobufCMessage *response = path_new_message(&kam__v1__login_response__descriptor, arena);
    if (!call_fill_row(call, method_find_statement(call->variant, "open_session"), results[0], 0, response, arena))
        return handler_was_ended(call);
    Kam__V1__LoginResponse *answer = (Kam__V1__LoginResponse *)response;
    answer->token = login->token;
    if (answer->user != NULL)
        rpc_call_note_user(call->rpc, answer->user->id);
    return handler_reply(call, response);
}

// ---- 2: check_password ----

static struct handler_end check_password(struct method_call *call, const struct db_result *const *results)
{
    struct login *login = call->handler_state;
    int64_t wait_ms = handler_get_int64(call, "find_user", results[0], "wait_ms");
    if (wait_ms > 0)
        return login_fail_wait(call, wait_ms);
    int length = 0;
    const void *user_id = handler_get_bytes(call, "find_user", results[0], "user_id", &length);
    const char *role = handler_get_text(call, "find_user", results[0], "role");
    const char *hash = handler_get_text(call, "find_user", results[0], "password_hash");
    login->role = role == NULL ? TABLE_ROLE_COUNT : token_role_from_name(role);
    if (user_id == NULL || length != UUID_BYTES || login->role == TABLE_ROLE_COUNT)
        hash = NULL;
    else
        memcpy(login->user_id, user_id, UUID_BYTES);
    login->checked_hash = hash;
    return handler_await_verify(call, request_of(call)->password, hash, open_session);
}

// ---- 1: find_user ----

static struct handler_end find_user(struct method_call *call)
{
    call->handler_state = arena_alloc(rpc_call_arena(call->rpc), sizeof(struct login));
    struct db_batch *batch = handler_new_batch(call, DB_BATCH_WRITE);
    const struct bind_argument arguments[] = {handler_text("address", rpc_call_peer(call->rpc))};
    handler_add(call, batch, "find_user", arguments, 1);
    return handler_await_sql(call, TABLE_ROLE_AUTH, batch, check_password);
}

const struct method_handler LOGIN_HANDLER = {.name = "login", .start = find_user};
