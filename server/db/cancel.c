// SPDX-License-Identifier: Apache-2.0
// PQcancel() on the thread pool: see cancel.h.
#include "db/cancel.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/require.h"

struct cancel {
    uv_work_t work;
    PGcancel *request;
    int was_sent;
    void (*on_returned)(void *data);
    void *data;
};

static void run(uv_work_t *work)
{
    struct cancel *cancel = work->data;
    char message[256];
    cancel->was_sent = PQcancel(cancel->request, message, sizeof message);
}

static void on_ran(uv_work_t *work, int status)
{
    (void)status;
    struct cancel *cancel = work->data;
    if (!cancel->was_sent)
        LOG(LOG_DEBUG, "cancel request not delivered");
    PQfreeCancel(cancel->request);
    void (*on_returned)(void *data) = cancel->on_returned;
    void *data = cancel->data;
    free(cancel);
    if (on_returned != NULL)
        on_returned(data);
}

struct cancel *cancel_start(uv_loop_t *loop, PGconn *connection, void (*on_returned)(void *data), void *data)
{
    PGcancel *request = PQgetCancel(connection);
    if (request == NULL)
        return NULL;
    struct cancel *cancel = malloc(sizeof *cancel);
    REQUIRE(cancel != NULL);
    *cancel = (struct cancel){.request = request, .on_returned = on_returned, .data = data};
    cancel->work.data = cancel;
    int queued = uv_queue_work(loop, &cancel->work, run, on_ran);
    REQUIRE(queued == 0);
    return cancel;
}

void cancel_forget(struct cancel *cancel)
{
    if (cancel != NULL)
        cancel->on_returned = NULL;
}
