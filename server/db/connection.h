// SPDX-License-Identifier: Apache-2.0
// One connection in pipeline mode: a FIFO of what PostgreSQL still owes us. Mechanism only; what to send, and what to
// do with a batch that comes back, is the pool's.
#ifndef KAM_DB_CONNECTION_H
#define KAM_DB_CONNECTION_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "db/batch.h"
#include "db/list.h"

struct connection;

// All fire on the loop, never inside a function below.
struct connection_events {
    void (*on_open)(void *owner, struct connection *connection); // takes batches from now on
    // Every batch sent comes back exactly once, abandoned ones too. It is in no list then.
    void (*on_returned)(void *owner, struct connection *connection, struct db_batch *batch, enum batch_fate fate);
    // A Sync arrived or a cancel request returned: all its batches are back, there may be room for more.
    void (*on_room)(void *owner, struct connection *connection);
    // Could not be opened, or broke; all its batches are back, and the connection is gone after this. error is NULL
    // after connection_close().
    void (*on_closed)(void *owner, struct connection *connection, const struct error *error);
};

struct connection_figures {
    uint64_t syncs, cancels;
};

// node is for the owner's lists.
struct list *connection_node(struct connection *connection);
struct connection *connection_of_node(struct list *node);

// Begins to open. figures is the owner's, counted up.
struct connection *connection_open(uv_loop_t *loop, const char *conninfo, const char *role,
                                   const struct connection_events *events, void *owner,
                                   struct connection_figures *figures);

// Ends it soon: what is in flight comes back BATCH_LOST, then on_closed fires.
void connection_close(struct connection *connection);

// No more room from now on; closes when all is back.
void connection_retire(struct connection *connection);

// Groups in flight.
unsigned connection_load(const struct connection *connection);

// True when at least one Sync arrived since it was opened.
bool connection_was_useful(const struct connection *connection);

// Whether batches may be sent now: open, not breaking, no cancel request under way.
bool connection_has_room(const struct connection *connection);

// Sends all batches of the list (emptying it; at least one) under one Sync. A failure to send shows up later, as a
// broken connection.
void connection_send(struct connection *connection, struct list *batches);

// A batch in flight was abandoned: cancels its group if that runs now and nobody else waits for it.
void connection_note_abandoned(struct connection *connection);

#endif
