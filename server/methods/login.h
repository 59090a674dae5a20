// SPDX-License-Identifier: Apache-2.0
// kam.v1.SessionService/Login
#ifndef KAM_METHODS_LOGIN_H
#define KAM_METHODS_LOGIN_H

#include "methods/handler.h"

extern const struct method_handler LOGIN_HANDLER;

// The answer to a wrong password, the same whether the user exists or not; and to an attempt while the delay after
// wrong ones runs.
struct handler_end login_fail_credentials(struct method_call *call);
struct handler_end login_fail_wait(struct method_call *call, int64_t wait_ms);

#endif
