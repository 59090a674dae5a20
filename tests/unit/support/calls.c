// SPDX-License-Identifier: Apache-2.0
// Batches as tests use them: see calls.h.
#include "support/calls.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { PATIENCE_MS = 30 * 1000 };

void calls_prepare_database(const struct test_postgres *postgres, char conninfo_r[160])
{
    test_postgres_exec(postgres, "create role kam_rep nologin;"
                                 "create role kam_login login noinherit;"
                                 "grant kam_rep to kam_login;"
                                 "create table item (id int primary key, name text not null);"
                                 "insert into item select i, 'item ' || i from generate_series(1, 100) i;"
                                 "grant select, insert, update, delete on item to kam_rep;");
    snprintf(conninfo_r, 160, "host=%s user=kam_login dbname=postgres", postgres->directory);
}

struct db_pool *calls_open_pool(uv_loop_t *loop, const char *conninfo, unsigned connections, unsigned write_depth)
{
    struct db_pool_options options = {
        .conninfo = conninfo,
        .role = "kam_rep",
        .read_connections = connections,
        .write_connections = connections,
        .write_depth = write_depth,
        .shared_reads = 16,
        .queue_length = 1000,
    };
    return db_pool_create(loop, &options);
}

static void on_pool_closed(void *data)
{
    bool *is_closed = data;
    *is_closed = true;
}

static void on_wake(uv_timer_t *timer)
{
    (void)timer;
}

void calls_close_pool(uv_loop_t *loop, struct db_pool *pool)
{
    bool is_closed = false;
    db_pool_close(pool, on_pool_closed, &is_closed);
    // What other pools and timers a failed test left on the loop must not keep it running.
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, on_wake, 10, 10);
    uv_unref((uv_handle_t *)&timer);
    uint64_t end_ns = uv_hrtime() + (uint64_t)PATIENCE_MS * 1000000;
    while (uv_loop_alive(loop) && uv_hrtime() < end_ns)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    if (is_closed && !uv_loop_alive(loop))
        return;
    fflush(NULL);
    fprintf(stderr, "the pool did not close\n");
    abort();
}

void calls_close_one_pool(uv_loop_t *loop, struct db_pool *pool)
{
    bool is_closed = false;
    db_pool_close(pool, on_pool_closed, &is_closed);
    while (!is_closed)
        uv_run(loop, UV_RUN_ONCE);
}

static void copy_results(struct call *call, const struct db_outcome *outcome)
{
    for (size_t i = 0; i < outcome->result_count; i++) {
        const struct db_result *result = outcome->results[i];
        size_t rows = db_result_row_count(result);
        for (size_t row = 0; row < rows; row++) {
            for (size_t column = 0; column < db_result_column_count(result); column++) {
                int length = 0;
                const char *value = db_result_value(result, row, column, &length);
                call->bytes += (size_t)length;
                if (i < 8 && row == 0 && column == 0)
                    snprintf(call->texts[i], sizeof call->texts[i], "%.*s", length, value == NULL ? "" : value);
            }
        }
        if (i < 8)
            call->rows[i] = rows;
    }
}

static void on_done(void *owner, const struct db_outcome *outcome)
{
    struct call *call = owner;
    call->done_count++;
    call->batch = NULL;
    call->code = outcome->code;
    call->is_uncertain = outcome->is_uncertain;
    call->result_count = outcome->result_count;
    snprintf(call->sqlstate, sizeof call->sqlstate, "%s", outcome->sqlstate);
    snprintf(call->constraint, sizeof call->constraint, "%s", outcome->constraint);
    if (outcome->error != NULL) {
        snprintf(call->reason, sizeof call->reason, "%s", outcome->error->reason);
        snprintf(call->message, sizeof call->message, "%s", outcome->error->message);
        snprintf(call->detail, sizeof call->detail, "%s",
                 outcome->error->detail_json == NULL ? "" : outcome->error->detail_json);
        call->retry_after_ms = outcome->error->retry_after_ms;
    }
    copy_results(call, outcome);
}

void call_begin(struct call *call, enum db_batch_kind kind)
{
    memset(call, 0, sizeof *call);
    call->batch = db_batch_create(kind, call, on_done);
}

void call_add(struct call *call, const struct db_statement *statement)
{
    db_batch_add(call->batch, statement, NULL);
}

void call_add_number(struct call *call, const struct db_statement *statement, int32_t number)
{
    uint32_t wire = htonl((uint32_t)number);
    struct arena *arena = db_batch_arena(call->batch);
    struct db_parameter *parameter = arena_alloc(arena, sizeof *parameter);
    *parameter = (struct db_parameter){.bytes = arena_copy(arena, &wire, sizeof wire), .length = sizeof wire};
    db_batch_add(call->batch, statement, parameter);
}

void call_add_text(struct call *call, const struct db_statement *statement, const char *text)
{
    struct arena *arena = db_batch_arena(call->batch);
    struct db_parameter *parameter = arena_alloc(arena, sizeof *parameter);
    *parameter = (struct db_parameter){.bytes = arena_strdup(arena, text), .length = (int)strlen(text)};
    db_batch_add(call->batch, statement, parameter);
}

void call_submit(struct db_pool *pool, struct call *call)
{
    db_pool_submit(pool, call->batch);
}

// A timer keeps the loop from sleeping for ever in a test that would otherwise hang.
static void run_until(uv_loop_t *loop, bool (*is_over)(const struct call *calls, size_t count),
                      const struct call *calls, size_t count, uint64_t patience_ms)
{
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    uv_timer_start(&timer, on_wake, 10, 10);
    uint64_t end_ns = uv_hrtime() + patience_ms * 1000000;
    while (!is_over(calls, count) && uv_hrtime() < end_ns)
        uv_run(loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
}

static bool are_done(const struct call *calls, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (calls[i].done_count == 0)
            return false;
    return true;
}

void calls_wait(uv_loop_t *loop, const struct call *calls, size_t count)
{
    run_until(loop, are_done, calls, count, PATIENCE_MS);
    if (are_done(calls, count))
        return;
    fprintf(stderr, "a batch is stuck\n");
    abort();
}

static bool never(const struct call *calls, size_t count)
{
    (void)calls;
    (void)count;
    return false;
}

void calls_run_for(uv_loop_t *loop, uint64_t milliseconds)
{
    run_until(loop, never, NULL, 0, milliseconds);
}
