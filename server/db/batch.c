// SPDX-License-Identifier: Apache-2.0
// Batches: building, the outcome their owner sees, freeing.
#include "db/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/require.h"
#include "db/failure.h"

// Requests are limited far below this by the wire; it only stops a runaway.
enum { ARENA_CEILING_BYTES = 64 * 1024 * 1024, FIRST_STEPS = 8 };

struct db_batch *db_batch_create(enum db_batch_kind kind, void *owner, db_batch_done on_done)
{
    struct arena *arena = arena_create(ARENA_CEILING_BYTES);
    struct db_batch *batch = arena_alloc(arena, sizeof *batch);
    *batch = (struct db_batch){.arena = arena, .kind = kind, .owner = owner, .on_done = on_done, .state = BATCH_NEW};
    list_init(&batch->node);
    return batch;
}

struct arena *db_batch_arena(struct db_batch *batch)
{
    return batch->arena;
}

static void grow_steps(struct db_batch *batch)
{
    size_t capacity = batch->step_capacity == 0 ? FIRST_STEPS : 2 * batch->step_capacity;
    struct batch_step *steps = arena_alloc(batch->arena, capacity * sizeof *steps);
    PGresult **results = arena_alloc(batch->arena, capacity * sizeof(PGresult *));
    if (batch->step_count > 0)
        memcpy(steps, batch->steps, batch->step_count * sizeof *steps);
    batch->steps = steps;
    batch->results = results;
    batch->step_capacity = capacity;
}

void db_batch_add(struct db_batch *batch, const struct db_statement *statement, const struct db_parameter *parameters)
{
    REQUIRE(batch->state == BATCH_NEW);
    REQUIRE(statement->parameter_count <= DB_PARAMETERS_MAX);
    if (batch->step_count == batch->step_capacity)
        grow_steps(batch);
    batch->steps[batch->step_count++] = (struct batch_step){.statement = statement, .parameters = parameters};
}

void batch_reset(struct db_batch *batch)
{
    for (size_t i = 0; i < batch->step_count; i++) {
        PQclear(batch->results[i]);
        batch->results[i] = NULL;
        batch->steps[i].has_parse = false;
    }
    PQclear(batch->failure);
    batch->failure = NULL;
    batch->failed_step = 0;
}

void db_batch_destroy(struct db_batch *batch)
{
    if (batch == NULL)
        return;
    batch_reset(batch);
    free(batch->error);
    arena_destroy(batch->arena);
}

const char *batch_sqlstate(const struct db_batch *batch)
{
    return failure_sqlstate(batch->failure);
}

struct error *batch_fail(struct db_batch *batch, enum status code, const char *reason, const char *message)
{
    if (batch->error == NULL) {
        batch->error = malloc(sizeof *batch->error);
        REQUIRE(batch->error != NULL);
    }
    batch->code = error_set(batch->error, code, reason, "%s", message);
    return batch->error;
}

void batch_fail_by_database(struct db_batch *batch)
{
    struct error *error = batch_fail(batch, STATUS_INTERNAL, "INTERNAL", "internal error");
    bool has_step = batch->failed_step < batch->step_count;
    const char *place = has_step ? batch->steps[batch->failed_step].statement->place : "commit";
    batch->code = failure_to_error(batch->failure, place, error);
}

static size_t count_results(const struct db_batch *batch)
{
    size_t count = 0;
    while (count < batch->step_count && batch->results[count] != NULL)
        count++;
    return count;
}

void batch_deliver(struct db_batch *batch)
{
    if (!batch->is_abandoned) {
        batch->state = BATCH_DELIVERING;
        uint64_t sent_ns = batch->sent_ns != 0 ? batch->sent_ns : batch->finished_ns;
        struct db_outcome outcome = {
            .code = batch->code,
            .error = batch->code == STATUS_OK ? NULL : batch->error,
            .sqlstate = batch_sqlstate(batch),
            .constraint = failure_constraint(batch->failure),
            .is_uncertain = batch->is_uncertain,
            .result_count = count_results(batch),
            .results = (const struct db_result *const *)batch->results,
            .queue_us = (sent_ns - batch->submitted_ns) / 1000,
            .database_us = (batch->finished_ns - sent_ns) / 1000,
        };
        batch->on_done(batch->owner, &outcome);
    }
    db_batch_destroy(batch);
}

// A db_result is a PGresult under the name the other rooms may know.
static const PGresult *unwrap(const struct db_result *result)
{
    return (const PGresult *)result;
}

size_t db_result_row_count(const struct db_result *result)
{
    return (size_t)PQntuples(unwrap(result));
}

size_t db_result_column_count(const struct db_result *result)
{
    return (size_t)PQnfields(unwrap(result));
}

const void *db_result_value(const struct db_result *result, size_t row, size_t column, int *length_r)
{
    const PGresult *rows = unwrap(result);
    if (PQgetisnull(rows, (int)row, (int)column)) {
        *length_r = 0;
        return NULL;
    }
    *length_r = PQgetlength(rows, (int)row, (int)column);
    return PQgetvalue(rows, (int)row, (int)column);
}
