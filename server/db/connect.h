// SPDX-License-Identifier: Apache-2.0
// Opening one connection without blocking the loop: from conninfo to a connection in pipeline mode that has entered its
// role.
//
// PQconnectStart() runs on the thread pool, because it resolves names synchronously. With several hosts in conninfo
// libpq resolves the names after the first one on the loop thread, when it comes to them: give numeric addresses
// (hostaddr) there, or names from /etc/hosts.
// A host that does not take the connection within five seconds is passed over; one that takes it and then says nothing
// ends the attempt.
#ifndef KAM_DB_CONNECT_H
#define KAM_DB_CONNECT_H

#include <libpq-fe.h>
#include <uv.h>

#include "base/error.h"

struct connect;

// connection is non-blocking, in pipeline mode, idle, and the receiver's; or NULL, and error says why.
typedef void (*connect_done)(void *data, PGconn *connection, const struct error *error);

// Never NULL; conninfo and role are copied. on_done fires exactly once, later. role NULL stays the login role.
struct connect *connect_start(uv_loop_t *loop, const char *conninfo, const char *role, connect_done on_done,
                              void *data);

// on_done will not fire. What runs on the thread pool ends by itself; the loop must be run until then.
void connect_abandon(struct connect *connect);

#endif
