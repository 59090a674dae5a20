// SPDX-License-Identifier: Apache-2.0
// Batches as tests use them: built in one line, their outcome copied where it can be looked at later.
#ifndef KAM_TEST_CALLS_H
#define KAM_TEST_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "db/pool.h"
#include "support/postgres.h"

// One batch and what came of it.
struct call {
    struct db_batch *batch; // valid until done or abandoned
    unsigned done_count;
    enum status code;
    char sqlstate[6];
    char constraint[64];
    char reason[64];
    char message[512];
    char detail[256];
    int retry_after_ms;
    bool is_uncertain;
    size_t result_count;
    size_t rows[8];    // of the first results
    char texts[8][64]; // their first value, as text columns give it
    size_t bytes;      // of all values of all results
};

// Roles kam_login (may connect) and kam_rep, table item (id, name) with 100 rows, for tests of the pool. conninfo_r
// gets the login.
void calls_prepare_database(const struct test_postgres *postgres, char conninfo_r[160]);

struct db_pool *calls_open_pool(uv_loop_t *loop, const char *conninfo, unsigned connections, unsigned write_depth);
// Closes it and runs the loop until nothing is left on it.
void calls_close_pool(uv_loop_t *loop, struct db_pool *pool);

// Closes one of several pools on the loop.
void calls_close_one_pool(uv_loop_t *loop, struct db_pool *pool);

void call_begin(struct call *call, enum db_batch_kind kind);
void call_add(struct call *call, const struct db_statement *statement);
void call_add_number(struct call *call, const struct db_statement *statement, int32_t number);
void call_add_text(struct call *call, const struct db_statement *statement, const char *text);
void call_submit(struct db_pool *pool, struct call *call);

// Runs the loop until all are done; fails the test after half a minute.
void calls_wait(uv_loop_t *loop, const struct call *calls, size_t count);

// Runs the loop for at least that long.
void calls_run_for(uv_loop_t *loop, uint64_t milliseconds);

#endif
