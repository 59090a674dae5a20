// SPDX-License-Identifier: Apache-2.0
// Connections of one PostgreSQL role on one worker, in pipeline mode: batches go in, results come out.
//
// A batch is a list of statements that runs as one implicit transaction and one round trip. Reads that wait together
// share one Sync; if that Sync fails, the failed and the aborted ones run again, alone. Each write has a Sync of its
// own. Everything runs on the loop thread of the pool; no callback fires inside db_pool_submit() or db_batch_abandon().
#ifndef KAM_DB_POOL_H
#define KAM_DB_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/arena.h"
#include "base/error.h"
#include "db/statement.h"

struct db_pool;
struct db_batch;

struct db_pool_options {
    const char *conninfo;      // libpq connection string of the login role (borrowed for the pool's life)
    const char *role;          // entered once per connection with SET ROLE: kam_rep, kam_manager, kam_service, kam_auth
    unsigned read_connections; // opened as the load asks for them
    unsigned write_connections;
    unsigned write_depth;  // writes in flight on one connection
    unsigned shared_reads; // reads under one Sync at most
    unsigned queue_length; // batches waiting; more are refused with RESOURCE_EXHAUSTED and a retry time
    // NULL, or called on the loop when a write was committed, or may have been; before its on_done.
    void (*on_write)(void *data);
    void *on_write_data;
};

struct db_pool *db_pool_create(uv_loop_t *loop, const struct db_pool_options *options);

// Fails what waits with UNAVAILABLE, closes the connections; on_closed fires once, then the pool is gone.
void db_pool_close(struct db_pool *pool, void (*on_closed)(void *data), void *data);

// True when a connection is up, or none was asked for yet; what health reports.
bool db_pool_is_serving(const struct db_pool *pool);

struct db_pool_figures {
    unsigned connections, busy, waiting;
    uint64_t batches, syncs, reconnects, cancels, retries;
};
void db_pool_get_figures(const struct db_pool *pool, struct db_pool_figures *figures_r);

// ---- batches ----

enum db_batch_kind { DB_BATCH_READ, DB_BATCH_WRITE };

struct db_parameter {
    const void *bytes; // binary format of the statement's parameter type; NULL is SQL NULL
    int length;
};

// The rows of one statement of a batch; valid during on_done only.
struct db_result;
size_t db_result_row_count(const struct db_result *result);
size_t db_result_column_count(const struct db_result *result);
// NULL for SQL NULL; otherwise the binary value and its length.
const void *db_result_value(const struct db_result *result, size_t row, size_t column, int *length_r);

struct db_outcome {
    enum status code;          // STATUS_OK: the Sync arrived, a write is durable
    const struct error *error; // set when code is not STATUS_OK; detail_json is PostgreSQL's DETAIL where it was JSON
    const char *sqlstate;      // five characters, "" when the error did not come from PostgreSQL
    const char *constraint;    // name of the constraint violated, or ""
    bool is_uncertain;         // a write was sent and the connection broke: it may or may not be committed
    size_t result_count;       // results before the error included
    const struct db_result *const *results; // one per statement added, in order
    uint64_t queue_us, database_us;
};

// Called exactly once per submitted batch, unless it was abandoned. The batch is freed right after.
typedef void (*db_batch_done)(void *owner, const struct db_outcome *outcome);

// Makes an empty batch with an arena of its own, where the caller builds parameters: it may outlive its call.
struct db_batch *db_batch_create(enum db_batch_kind kind, void *owner, db_batch_done on_done);
struct arena *db_batch_arena(struct db_batch *batch);

// statement is constant data; parameters (statement->parameter_count of them) must live in the batch's arena or longer.
void db_batch_add(struct db_batch *batch, const struct db_statement *statement, const struct db_parameter *parameters);

// Hands the batch to the pool. Where the queue is full or the pool cannot connect, on_done fires (later) with
// RESOURCE_EXHAUSTED or UNAVAILABLE. A batch waits for a connection; it is not lost when one breaks before it was sent.
void db_pool_submit(struct db_pool *pool, struct db_batch *batch);

// A batch that was never submitted.
void db_batch_destroy(struct db_batch *batch);

// The owner lost interest (cancelled, deadline passed): on_done will not fire. A waiting batch is dropped; a running
// one is cancelled in the database where no other live batch shares its Sync.
void db_batch_abandon(struct db_batch *batch);

#endif
