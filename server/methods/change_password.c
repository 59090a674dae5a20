// SPDX-License-Identifier: Apache-2.0
// ChangePassword, step by step:
//
//   find_password    the caller's present hash, and how long they have to wait after failed attempts; counts the
//                    attempt. Begun as a write, so that a request that was done before ends here (the present password
//                    is another one by now)
//   check_password   the present password, on the thread pool
//   hash_password    the new one, likewise
//   change_password  with the request id, in one transaction; only if the hash is still the one that was checked;
//                    takes the attempt back
#include "methods/change_password.h"

#include <sodium.h>
#include <string.h>

#include "kam/v1/session.pb-c.h"
#include "methods/login.h"

static struct handler_end hash_password(struct method_call *call, bool is_right, const char *hash);
static struct handler_end change_password(struct method_call *call, bool is_right, const char *hash);
static struct handler_end reply_changed(struct method_call *call, const struct db_result *const *results);

static Kam__V1__ChangePasswordRequest *request_of(struct method_call *call)
{
    return (Kam__V1__ChangePasswordRequest *)call->request;
}

// ---- 4: change_password ----

static struct handler_end change_password(struct method_call *call, bool is_right, const char *hash)
{
    (void)is_right;
    Kam__V1__ChangePasswordRequest *request = request_of(call);
    sodium_memzero(request->current_password, strlen(request->current_password));
    call->values.password_hash = hash;
    struct db_batch *batch = handler_new_batch(call, DB_BATCH_WRITE);
    call_add_begin_write(call, batch);
    const struct bind_argument arguments[] = {
        handler_text("checked_hash", call->handler_state),
        handler_text("address", rpc_call_peer(call->rpc)),
    };
    handler_add(call, batch, "change_password", arguments, sizeof arguments / sizeof *arguments);
    call_add_end_write(call, batch);
    return handler_await_sql(call, call->role, batch, reply_changed);
}

static struct handler_end reply_changed(struct method_call *call, const struct db_result *const *results)
{
    (void)results;
    Kam__V1__ChangePasswordResponse response = KAM__V1__CHANGE_PASSWORD_RESPONSE__INIT;
    return handler_reply(call, &response.base);
}

// ---- 3: hash_password ----

static struct handler_end hash_password(struct method_call *call, bool is_right, const char *hash)
{
    (void)hash;
    if (!is_right)
        return login_fail_credentials(call);
    return handler_await_hash(call, request_of(call)->new_password, change_password);
}

// ---- 2: check_password ----

static struct handler_end check_password(struct method_call *call, const struct db_result *const *results)
{
    if (!call_take_user(call, results[0]))
        return handler_was_ended(call);
    int64_t wait_ms = handler_get_int64(call, "find_password", results[1], "wait_ms");
    if (wait_ms > 0)
        return login_fail_wait(call, wait_ms);
    const char *hash = handler_get_text(call, "find_password", results[1], "password_hash");
    call->handler_state = (void *)(hash == NULL ? "" : hash);
    return handler_await_verify(call, request_of(call)->current_password, hash, hash_password);
}

// ---- 1: find_password ----

static struct handler_end find_password(struct method_call *call)
{
    struct db_batch *batch = handler_new_batch(call, DB_BATCH_WRITE);
    call_add_begin_write(call, batch);
    const struct bind_argument arguments[] = {handler_text("address", rpc_call_peer(call->rpc))};
    handler_add(call, batch, "find_password", arguments, 1);
    return handler_await_sql(call, call->role, batch, check_password);
}

const struct method_handler CHANGE_PASSWORD_HANDLER = {
    .name = "change_password", .has_session = true, .is_mutating = true, .start = find_password};
