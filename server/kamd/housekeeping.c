// SPDX-License-Identifier: Apache-2.0
// Runs the database's own functions now and then: see housekeeping.h.
#include "kamd/housekeeping.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/require.h"

enum { FIRST_AFTER_MS = 5000, EVERY_MS = 3600000 };

struct housekeeping {
    uv_timer_t timer;
    struct db_pool *pool;
    struct db_batch *batch; // on its way
    size_t task;            // of the batch
};

// One after the other, each in a transaction of its own.
static const struct db_statement TASKS[] = {
    {.name = "kamd_purge", .sql = "select kam.purge()", .place = "server/kamd/housekeeping.c"},
    {.name = "kamd_visits",
     .sql = "select from kam.make_visits_ahead(100) as has_more where has_more",
     .place = "server/kamd/housekeeping.c"},
};
// True for a task that answers with a row when there is more to do, and then comes again at once.
static const bool MAY_HAVE_MORE[] = {false, true};
enum { TASK_COUNT = sizeof TASKS / sizeof TASKS[0] };

static void run_task(struct housekeeping *housekeeping, size_t task);

static void on_done(void *data, const struct db_outcome *outcome)
{
    struct housekeeping *housekeeping = data;
    housekeeping->batch = NULL;
    bool has_failed = outcome->code != STATUS_OK;
    if (has_failed)
        LOG(LOG_WARNING, "housekeeping failed; it will be tried again", LOG_TEXT("error", outcome->error->message),
            LOG_TEXT("sqlstate", outcome->sqlstate));
    if (!has_failed && MAY_HAVE_MORE[housekeeping->task] && db_result_row_count(outcome->results[0]) > 0)
        run_task(housekeeping, housekeeping->task);
    else if (housekeeping->task + 1 < TASK_COUNT)
        run_task(housekeeping, housekeeping->task + 1);
}

static void run_task(struct housekeeping *housekeeping, size_t task)
{
    housekeeping->task = task;
    housekeeping->batch = db_batch_create(DB_BATCH_WRITE, housekeeping, on_done);
    db_batch_add(housekeeping->batch, &TASKS[task], NULL);
    db_pool_submit(housekeeping->pool, housekeeping->batch);
}

static void on_timer(uv_timer_t *timer)
{
    struct housekeeping *housekeeping = timer->data;
    if (housekeeping->batch == NULL)
        run_task(housekeeping, 0);
}

struct housekeeping *housekeeping_start(uv_loop_t *loop, struct db_pool *pool)
{
    struct housekeeping *housekeeping = calloc(1, sizeof *housekeeping);
    REQUIRE(housekeeping != NULL);
    housekeeping->pool = pool;
    REQUIRE(uv_timer_init(loop, &housekeeping->timer) == 0);
    housekeeping->timer.data = housekeeping;
    uv_timer_start(&housekeeping->timer, on_timer, FIRST_AFTER_MS, EVERY_MS);
    return housekeeping;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void housekeeping_stop(struct housekeeping *housekeeping)
{
    if (housekeeping == NULL)
        return;
    if (housekeeping->batch != NULL)
        db_batch_abandon(housekeeping->batch);
    uv_close((uv_handle_t *)&housekeeping->timer, on_closed);
}
