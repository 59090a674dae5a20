// SPDX-License-Identifier: Apache-2.0
// The inside of a batch, shared by the pool (who decides) and the connection (which sends and reads). Callers see
// pool.h only.
#ifndef KAM_DB_BATCH_H
#define KAM_DB_BATCH_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/list.h"
#include "db/pool.h"

struct connection;

enum batch_state {
    BATCH_NEW,        // being built by its owner
    BATCH_WAITING,    // in a lane's waiting list
    BATCH_SENT,       // in a group of a connection
    BATCH_DONE,       // in the pool's done list: on_done is due
    BATCH_DELIVERING, // on_done runs now
};

// How a batch came back from its connection.
enum batch_fate {
    BATCH_COMPLETE, // its Sync arrived without error
    BATCH_FAILED,   // failure says why; its transaction was rolled back
    BATCH_ABORTED,  // another batch under the same Sync failed first
    BATCH_LOST,     // the connection broke before its Sync arrived
};

struct batch_step {
    const struct db_statement *statement;
    const struct db_parameter *parameters;
    bool has_parse; // this sending prepares the statement first
};

struct db_batch {
    struct list node; // in the list its state names
    enum batch_state state;
    enum db_batch_kind kind;
    struct db_pool *pool;
    void *owner;
    db_batch_done on_done;
    struct arena *arena;

    struct batch_step *steps;
    PGresult **results; // one per step, NULL until read
    size_t step_count;
    size_t step_capacity;

    bool is_abandoned;
    bool is_alone;                 // has a Sync of its own: always, once it failed or was aborted under a shared one
    unsigned retries;              // sendings after the first that the database's answer made necessary
    unsigned losses;               // connections that broke under it
    struct connection *connection; // while BATCH_SENT
    PGresult *failure;             // the first error of the last sending
    size_t failed_step;

    enum status code; // set when done
    struct error *error;
    bool is_uncertain;
    uint64_t submitted_ns, sent_ns, finished_ns;
};

// Forgets results and failure of the last sending.
void batch_reset(struct db_batch *batch);

// The SQLSTATE of the failure, "" without one.
const char *batch_sqlstate(const struct db_batch *batch);

// Sets code and error of a batch that did not succeed; returns the error for more to be filled in.
struct error *batch_fail(struct db_batch *batch, enum status code, const char *reason, const char *message);

// The same from the failure PostgreSQL gave.
void batch_fail_by_database(struct db_batch *batch);

// Calls on_done (unless abandoned) and frees the batch.
void batch_deliver(struct db_batch *batch);

#endif
