// SPDX-License-Identifier: Apache-2.0
// PQcancel() off the loop thread: it opens a connection of its own and blocks.
#ifndef KAM_DB_CANCEL_H
#define KAM_DB_CANCEL_H

#include <libpq-fe.h>
#include <uv.h>

struct cancel;

// Asks the server to cancel what the connection runs. on_returned fires later on the loop, when the signal was sent to
// the backend or could not be; the connection itself may be closed meanwhile. NULL when libpq has no way to cancel it.
struct cancel *cancel_start(uv_loop_t *loop, PGconn *connection, void (*on_returned)(void *data), void *data);

// on_returned will not fire; the request itself goes on.
void cancel_forget(struct cancel *cancel);

#endif
