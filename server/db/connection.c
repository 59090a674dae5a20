// SPDX-License-Identifier: Apache-2.0
// One connection in pipeline mode: see connection.h. A group is what goes under one Sync; libpq answers its commands in
// order, each with a result and a NULL, then the Sync.
#include "db/connection.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "db/cancel.h"
#include "db/connect.h"
#include "db/failure.h"
#include "db/prepared.h"

// A cancel request can arrive before the query it is meant for, and is ignored then: it is repeated while its group
// still runs.
enum { CANCEL_REPEAT_MS = 100, CANCEL_REPEAT_MAX_MS = 5000 };

struct group {
    struct list node;
    struct list batches;
    unsigned batch_count;
    unsigned cancels; // requests made for this group
    // Where reading stands: the step whose result comes next, and whether that is its Parse. NULL batch: only the Sync
    // is due.
    struct db_batch *reading;
    size_t step;
    bool in_parse;
    bool is_failed;
};

struct connection {
    struct list node;
    uv_loop_t *loop;
    const struct connection_events *events;
    void *owner;
    struct connection_figures *figures;

    struct connect *connect; // while opening
    PGconn *pg;              // while open
    struct prepared prepared;
    struct list groups; // head is what the server runs
    unsigned group_count;
    struct cancel *cancel;
    bool is_broken; // closes at the next turn of the loop
    bool is_retiring;
    bool was_useful;
    bool was_closed_by_owner;
    struct error *error; // why it broke

    uv_poll_t poll;
    int watched_events;
    uv_timer_t cancel_timer;
    uv_timer_t close_timer;
    unsigned open_handles;
};

struct list *connection_node(struct connection *connection)
{
    return &connection->node;
}

struct connection *connection_of_node(struct list *node)
{
    return LIST_OBJECT(node, struct connection, node);
}

unsigned connection_load(const struct connection *connection)
{
    return connection->group_count;
}

bool connection_was_useful(const struct connection *connection)
{
    return connection->was_useful;
}

static struct group *first_group(const struct connection *connection)
{
    return LIST_OBJECT(connection->groups.next, struct group, node);
}

static struct group *head_group(const struct connection *connection)
{
    return list_is_empty(&connection->groups) ? NULL : first_group(connection);
}

static struct db_batch *batch_of_node(struct list *node)
{
    return LIST_OBJECT(node, struct db_batch, node);
}

// ---- closing ----

static void on_handle_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    if (--connection->open_handles > 0)
        return;
    free(connection->error);
    free(connection);
}

static void return_batch(struct connection *connection, struct db_batch *batch, enum batch_fate fate)
{
    list_remove(&batch->node);
    batch->connection = NULL;
    connection->events->on_returned(connection->owner, connection, batch, fate);
}

static void return_all_lost(struct connection *connection)
{
    while (!list_is_empty(&connection->groups)) {
        struct group *group = first_group(connection);
        list_remove(&group->node);
        while (!list_is_empty(&group->batches))
            return_batch(connection, batch_of_node(group->batches.next), BATCH_LOST);
        free(group);
    }
    connection->group_count = 0;
}

static void finish(struct connection *connection)
{
    if (connection->connect != NULL)
        connect_abandon(connection->connect);
    cancel_forget(connection->cancel);
    if (connection->pg != NULL) {
        uv_poll_stop(&connection->poll); // before libpq closes the socket
        uv_close((uv_handle_t *)&connection->poll, on_handle_closed);
        PQfinish(connection->pg);
    }
    prepared_finish(&connection->prepared);
    uv_close((uv_handle_t *)&connection->cancel_timer, on_handle_closed);
    uv_close((uv_handle_t *)&connection->close_timer, on_handle_closed);
    return_all_lost(connection);
    connection->events->on_closed(connection->owner, connection,
                                  connection->was_closed_by_owner ? NULL : connection->error);
}

static void on_close_due(uv_timer_t *timer)
{
    finish(timer->data);
}

static void close_soon(struct connection *connection)
{
    connection->is_broken = true;
    int result = uv_timer_start(&connection->close_timer, on_close_due, 0, 0);
    REQUIRE(result == 0);
}

// libpq's messages go on with hints in further lines; the log needs the first only.
static void break_up(struct connection *connection, const char *message)
{
    if (connection->is_broken)
        return;
    connection->error = malloc(sizeof *connection->error);
    REQUIRE(connection->error != NULL);
    error_set(connection->error, STATUS_UNAVAILABLE, "DATABASE_UNAVAILABLE", "%.*s", (int)strcspn(message, "\n"),
              message);
    if (connection->pg != NULL)
        uv_poll_stop(&connection->poll);
    close_soon(connection);
}

void connection_close(struct connection *connection)
{
    connection->was_closed_by_owner = true;
    close_soon(connection);
}

void connection_retire(struct connection *connection)
{
    connection->is_retiring = true;
    if (connection->group_count == 0)
        connection_close(connection);
}

// ---- cancelling ----

static void on_cancel_returned(void *data);

static void cancel_head_if_unwanted(struct connection *connection)
{
    struct group *group = head_group(connection);
    if (group == NULL || connection->cancel != NULL || connection->is_broken)
        return;
    for (struct list *node = group->batches.next; node != &group->batches; node = node->next)
        if (!batch_of_node(node)->is_abandoned)
            return;
    if (uv_is_active((uv_handle_t *)&connection->cancel_timer))
        return;
    connection->cancel = cancel_start(connection->loop, connection->pg, on_cancel_returned, connection);
    if (connection->cancel == NULL)
        return;
    group->cancels++;
    connection->figures->cancels++;
}

static void on_cancel_timer(uv_timer_t *timer)
{
    cancel_head_if_unwanted(timer->data);
}

static void on_cancel_returned(void *data)
{
    struct connection *connection = data;
    connection->cancel = NULL;
    struct group *group = head_group(connection);
    if (group != NULL && group->cancels > 0) {
        uint64_t delay_ms = (uint64_t)CANCEL_REPEAT_MS << (group->cancels < 7 ? group->cancels - 1 : 6);
        int result = uv_timer_start(&connection->cancel_timer, on_cancel_timer,
                                    delay_ms < CANCEL_REPEAT_MAX_MS ? delay_ms : CANCEL_REPEAT_MAX_MS, 0);
        REQUIRE(result == 0);
    } else {
        cancel_head_if_unwanted(connection); // it became the head while the request for another was under way
    }
    connection->events->on_room(connection->owner, connection);
}

void connection_note_abandoned(struct connection *connection)
{
    cancel_head_if_unwanted(connection);
}

bool connection_has_room(const struct connection *connection)
{
    if (connection->pg == NULL || connection->is_broken || connection->is_retiring || connection->cancel != NULL)
        return false;
    const struct group *group = head_group(connection);
    return group == NULL || group->cancels == 0;
}

// ---- reading ----

static void begin_batch(struct group *group, struct list *node)
{
    group->reading = node == &group->batches ? NULL : batch_of_node(node);
    group->step = 0;
    group->in_parse = group->reading != NULL && group->reading->steps[0].has_parse;
}

// One command is answered completely: on to the next result due.
static void advance(struct group *group)
{
    struct db_batch *batch = group->reading;
    if (batch == NULL)
        return;
    if (group->in_parse) {
        group->in_parse = false;
        return;
    }
    if (++group->step < batch->step_count)
        group->in_parse = batch->steps[group->step].has_parse;
    else
        begin_batch(group, batch->node.next);
}

static void take_error(struct connection *connection, struct group *group, PGresult *result)
{
    // An error where only the Sync was due is one of the commit: it belongs to the last batch, which is the only one of
    // a write.
    struct db_batch *batch = group->reading != NULL ? group->reading : batch_of_node(group->batches.previous);
    size_t step = group->reading != NULL ? group->step : batch->step_count;
    if (group->reading != NULL) {
        const struct db_statement *statement = batch->steps[step].statement;
        bool is_unknown = strcmp(failure_sqlstate(result), "26000") == 0;
        if (group->in_parse || (is_unknown && prepared_get(&connection->prepared, statement) == PREPARED_YES))
            prepared_set(&connection->prepared, statement, PREPARED_NOT);
    }
    group->is_failed = true;
    if (batch->failure != NULL) {
        PQclear(result);
        return;
    }
    batch->failure = result;
    batch->failed_step = step;
}

static void take_success(struct connection *connection, struct group *group, PGresult *result)
{
    if (group->reading == NULL || (!group->in_parse && group->reading->results[group->step] != NULL)) {
        PQclear(result);
        break_up(connection, "PostgreSQL sent a result nobody asked for");
        return;
    }
    if (group->in_parse) {
        prepared_set(&connection->prepared, group->reading->steps[group->step].statement, PREPARED_YES);
        PQclear(result);
        return;
    }
    group->reading->results[group->step] = result;
}

static enum batch_fate fate_of(const struct group *group, const struct db_batch *batch)
{
    if (batch->failure != NULL)
        return BATCH_FAILED;
    if (!group->is_failed)
        return BATCH_COMPLETE;
    // Reads answered before another one failed are as good as any: nothing of theirs had to be committed.
    bool is_answered = batch->results[batch->step_count - 1] != NULL;
    return is_answered && batch->kind == DB_BATCH_READ ? BATCH_COMPLETE : BATCH_ABORTED;
}

static void finish_group(struct connection *connection)
{
    struct group *group = first_group(connection);
    list_remove(&group->node);
    connection->group_count--;
    connection->was_useful = true;
    connection->figures->syncs++;
    uv_timer_stop(&connection->cancel_timer);
    while (!list_is_empty(&group->batches)) {
        struct db_batch *batch = batch_of_node(group->batches.next);
        return_batch(connection, batch, fate_of(group, batch));
    }
    free(group);
    PGTransactionStatusType transaction = PQtransactionStatus(connection->pg);
    if (transaction == PQTRANS_INTRANS || transaction == PQTRANS_INERROR)
        break_up(connection, "a statement left a transaction open"); // identity would outlive its batch
    else if (connection->is_retiring && connection->group_count == 0)
        connection_close(connection);
    else
        cancel_head_if_unwanted(connection);
}

static void take_results(struct connection *connection)
{
    bool has_room = false;
    while (!connection->is_broken && connection->group_count > 0 && !PQisBusy(connection->pg)) {
        if (PQstatus(connection->pg) == CONNECTION_BAD) {
            break_up(connection, PQerrorMessage(connection->pg));
            break;
        }
        struct group *group = first_group(connection);
        PGresult *result = PQgetResult(connection->pg);
        switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result);
            finish_group(connection);
            has_room = true;
            break;
        case PGRES_PIPELINE_ABORTED:
            if (group->in_parse)
                prepared_set(&connection->prepared, group->reading->steps[group->step].statement, PREPARED_NOT);
            PQclear(result);
            break;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            take_success(connection, group, result);
            break;
        default:
            if (result == NULL)
                advance(group);
            else
                take_error(connection, group, result);
            break;
        }
    }
    if (has_room)
        connection->events->on_room(connection->owner, connection);
}

// ---- sending ----

static void on_event(uv_poll_t *poll, int status, int events);

static void flush(struct connection *connection)
{
    int unsent = PQflush(connection->pg);
    if (unsent < 0) {
        break_up(connection, PQerrorMessage(connection->pg));
        return;
    }
    int wanted = UV_READABLE | (unsent ? UV_WRITABLE : 0);
    if (wanted == connection->watched_events)
        return;
    connection->watched_events = wanted;
    int result = uv_poll_start(&connection->poll, wanted, on_event);
    REQUIRE(result == 0);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    struct connection *connection = poll->data;
    // libuv reports a socket error as a status of its own; what came before it can still be read.
    bool is_alive = (status == 0 && !(events & UV_READABLE)) || PQconsumeInput(connection->pg);
    take_results(connection);
    if (!is_alive || status != 0) {
        const char *message = PQerrorMessage(connection->pg);
        break_up(connection, message[0] != '\0' ? message : uv_strerror(status));
        return;
    }
    // With nothing owed, what arrived is a notice, or the server's farewell.
    if (!connection->is_broken && connection->group_count == 0)
        PQisBusy(connection->pg);
    if (!connection->is_broken && (connection->watched_events & UV_WRITABLE))
        flush(connection);
}

static bool send_step(struct connection *connection, struct batch_step *step)
{
    const struct db_statement *statement = step->statement;
    int count = (int)statement->parameter_count;
    if (prepared_get(&connection->prepared, statement) == PREPARED_NOT) {
        if (!PQsendPrepare(connection->pg, statement->name, statement->sql, count, statement->parameter_types))
            return false;
        step->has_parse = true;
        prepared_set(&connection->prepared, statement, PREPARED_SENT);
    }
    const char *values[DB_PARAMETERS_MAX];
    int lengths[DB_PARAMETERS_MAX];
    int formats[DB_PARAMETERS_MAX];
    for (int i = 0; i < count; i++) {
        values[i] = step->parameters[i].bytes;
        lengths[i] = step->parameters[i].length;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(connection->pg, statement->name, count, values, lengths, formats, 1) == 1;
}

void connection_send(struct connection *connection, struct list *batches)
{
    REQUIRE(connection_has_room(connection) && !list_is_empty(batches));
    struct group *group = malloc(sizeof *group);
    REQUIRE(group != NULL);
    *group = (struct group){0};
    list_init(&group->batches);
    bool was_sent = true;
    uint64_t now_ns = uv_hrtime();
    while (!list_is_empty(batches)) {
        struct db_batch *batch = batch_of_node(batches->next);
        list_remove(&batch->node);
        list_append(&group->batches, &batch->node);
        batch->connection = connection;
        batch->sent_ns = now_ns;
        group->batch_count++;
        for (size_t i = 0; was_sent && i < batch->step_count; i++)
            was_sent = send_step(connection, &batch->steps[i]);
    }
    begin_batch(group, group->batches.next);
    list_append(&connection->groups, &group->node);
    connection->group_count++;
    if (was_sent && PQpipelineSync(connection->pg))
        flush(connection);
    else
        break_up(connection, PQerrorMessage(connection->pg));
}

// ---- opening ----

static void on_connected(void *data, PGconn *pg, const struct error *error)
{
    struct connection *connection = data;
    connection->connect = NULL;
    if (pg == NULL) {
        if (!connection->is_broken)
            break_up(connection, error->message);
        return;
    }
    connection->pg = pg;
    int result = uv_poll_init(connection->loop, &connection->poll, PQsocket(pg));
    REQUIRE(result == 0);
    connection->open_handles++;
    connection->watched_events = UV_READABLE;
    result = uv_poll_start(&connection->poll, UV_READABLE, on_event);
    REQUIRE(result == 0);
    if (!connection->is_broken)
        connection->events->on_open(connection->owner, connection);
}

struct connection *connection_open(uv_loop_t *loop, const char *conninfo, const char *role,
                                   const struct connection_events *events, void *owner,
                                   struct connection_figures *figures)
{
    struct connection *connection = malloc(sizeof *connection);
    REQUIRE(connection != NULL);
    *connection = (struct connection){.loop = loop, .events = events, .owner = owner, .figures = figures};
    list_init(&connection->node);
    list_init(&connection->groups);
    connection->poll.data = connection;
    connection->cancel_timer.data = connection;
    connection->close_timer.data = connection;
    int result = uv_timer_init(loop, &connection->cancel_timer);
    REQUIRE(result == 0);
    result = uv_timer_init(loop, &connection->close_timer);
    REQUIRE(result == 0);
    connection->open_handles = 2;
    connection->connect = connect_start(loop, conninfo, role, on_connected, connection);
    return connection;
}
