// SPDX-License-Identifier: Apache-2.0
// Runs kam.purge() now and then: see housekeeping.h.
#include "kamd/housekeeping.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/require.h"

enum { FIRST_AFTER_MS = 5000, EVERY_MS = 3600000 };

struct housekeeping {
    uv_timer_t timer;
    struct db_pool *pool;
    struct db_batch *batch; // on its way
};

static const struct db_statement PURGE = {
    .name = "kamd_purge", .sql = "select kam.purge()", .place = "server/kamd/housekeeping.c"};

static void on_done(void *data, const struct db_outcome *outcome)
{
    struct housekeeping *housekeeping = data;
    housekeeping->batch = NULL;
    if (outcome->code != STATUS_OK)
        LOG(LOG_WARNING, "housekeeping failed; it will be tried again", LOG_TEXT("error", outcome->error->message),
            LOG_TEXT("sqlstate", outcome->sqlstate));
}

static void on_timer(uv_timer_t *timer)
{
    struct housekeeping *housekeeping = timer->data;
    if (housekeeping->batch != NULL)
        return;
    housekeeping->batch = db_batch_create(DB_BATCH_WRITE, housekeeping, on_done);
    db_batch_add(housekeeping->batch, &PURGE, NULL);
    db_pool_submit(housekeeping->pool, housekeeping->batch);
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
