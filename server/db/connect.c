// SPDX-License-Identifier: Apache-2.0
// Opening one connection, in order:
//   1. start     (thread pool) PQconnectStartParams, which may resolve names
//   2. handshake (loop)        PQconnectPoll until the connection is up
//   3. setup     (loop)        SET ROLE and the session's settings, one pipeline
// Each ends in the next, or in finish().
#include "db/connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/require.h"
#include "db/failure.h"

// A host that does not answer for one period is given up, so that libpq goes on to the next; so many periods end the
// attempt.
enum { HOST_PERIOD_MS = 5000, PERIODS_MAX = 6 };

// Deadlines come from the caller, so the server's own limits are off; a backend whose kamd died must notice while it
// waits for a lock.
static const char SETTINGS[] =
    "select set_config('statement_timeout', '0', false), set_config('lock_timeout', '0', false),"
    " set_config('idle_in_transaction_session_timeout', '0', false), set_config('TimeZone', 'UTC', false),"
    " set_config('client_connection_check_interval', '10s', false), set_config('jit', 'off', false),"
    " set_config('search_path', 'kam, public, pg_temp', false),"
    // Planning a statement under row-level security costs more than running it; the plan then must not depend on how
    // small a table was when it was made, so an index is never thought dear.
    " set_config('plan_cache_mode', 'force_generic_plan', false), set_config('random_page_cost', '1.1', false)";

struct connect {
    uv_loop_t *loop;
    char *conninfo;
    char *role;
    connect_done on_done; // NULL when abandoned
    void *data;
    PGconn *connection;
    uv_work_t start;
    uv_timer_t timer;
    uv_poll_t *poll; // made anew for every step of the handshake: the socket may change, even under the same number
    unsigned periods;
    bool is_starting;
    bool is_finished;
    PGresult *failure; // of the setup
};

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void drop_poll(struct connect *connect)
{
    if (connect->poll == NULL)
        return;
    uv_poll_stop(connect->poll); // before libpq closes the socket
    uv_close((uv_handle_t *)connect->poll, on_poll_closed);
    connect->poll = NULL;
}

static void watch(struct connect *connect, int events, uv_poll_cb on_event)
{
    drop_poll(connect);
    connect->poll = malloc(sizeof *connect->poll);
    REQUIRE(connect->poll != NULL);
    int result = uv_poll_init(connect->loop, connect->poll, PQsocket(connect->connection));
    REQUIRE(result == 0);
    connect->poll->data = connect;
    result = uv_poll_start(connect->poll, events, on_event);
    REQUIRE(result == 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct connect *connect = handle->data;
    PQclear(connect->failure);
    free(connect->conninfo);
    free(connect->role);
    free(connect);
}

// The one way out; releases everything but a connection that is handed over.
static void finish(struct connect *connect, bool is_open)
{
    REQUIRE(!connect->is_finished);
    connect->is_finished = true;
    drop_poll(connect);
    uv_close((uv_handle_t *)&connect->timer, on_timer_closed);
    PGconn *connection = connect->connection;
    connect->connection = NULL;
    if (connect->on_done != NULL && is_open) {
        connect->on_done(connect->data, connection, NULL);
        return;
    }
    if (connect->on_done != NULL) {
        struct error error;
        const char *message =
            connect->failure != NULL ? PQresultErrorMessage(connect->failure) : PQerrorMessage(connection);
        error_set(&error, STATUS_UNAVAILABLE, "DATABASE_UNAVAILABLE", "%s", message);
        connect->on_done(connect->data, NULL, &error);
    }
    PQfinish(connection);
}

// ---- setup ----

static void on_setup_event(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct connect *connect = poll->data;
    PGconn *connection = connect->connection;
    if (status != 0 || !PQconsumeInput(connection) || PQflush(connection) < 0) {
        finish(connect, false);
        return;
    }
    while (!PQisBusy(connection)) {
        if (PQstatus(connection) == CONNECTION_BAD) {
            finish(connect, false);
            return;
        }
        PGresult *result = PQgetResult(connection);
        ExecStatusType type = PQresultStatus(result);
        if (type == PGRES_FATAL_ERROR && connect->failure == NULL) {
            connect->failure = result;
            continue;
        }
        PQclear(result);
        if (type == PGRES_PIPELINE_SYNC) {
            finish(connect, connect->failure == NULL);
            return;
        }
    }
}

static bool send_role(PGconn *connection, const char *role)
{
    if (role == NULL)
        return true;
    char *identifier = PQescapeIdentifier(connection, role, strlen(role));
    if (identifier == NULL)
        return false;
    size_t capacity = strlen(identifier) + sizeof "SET ROLE ";
    char *sql = malloc(capacity);
    REQUIRE(sql != NULL);
    snprintf(sql, capacity, "SET ROLE %s", identifier);
    bool was_sent = PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, 0);
    free(sql);
    PQfreemem(identifier);
    return was_sent;
}

static void start_setup(struct connect *connect)
{
    PGconn *connection = connect->connection;
    PQsetNoticeReceiver(connection, failure_log_notice, NULL);
    if (PQsetnonblocking(connection, 1) != 0 || !PQenterPipelineMode(connection) ||
        !send_role(connection, connect->role) ||
        !PQsendQueryParams(connection, SETTINGS, 0, NULL, NULL, NULL, NULL, 0) || !PQpipelineSync(connection)) {
        finish(connect, false);
        return;
    }
    int unsent = PQflush(connection);
    if (unsent < 0)
        finish(connect, false);
    else
        watch(connect, UV_READABLE | (unsent ? UV_WRITABLE : 0), on_setup_event);
}

// ---- handshake ----

static void on_handshake_event(uv_poll_t *poll, int status, int events);

static void go_on(struct connect *connect, PostgresPollingStatusType next)
{
    switch (next) {
    case PGRES_POLLING_READING:
        watch(connect, UV_READABLE, on_handshake_event);
        return;
    case PGRES_POLLING_WRITING:
        watch(connect, UV_WRITABLE, on_handshake_event);
        return;
    case PGRES_POLLING_OK:
        start_setup(connect);
        return;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        break;
    }
    finish(connect, false);
}

static void on_handshake_event(uv_poll_t *poll, int status, int events)
{
    (void)status; // libpq finds out itself what is wrong with the socket
    (void)events;
    struct connect *connect = poll->data;
    drop_poll(connect);
    go_on(connect, PQconnectPoll(connect->connection));
}

static void on_period(uv_timer_t *timer)
{
    struct connect *connect = timer->data;
    if (connect->is_starting)
        return;
    connect->periods++;
    // libpq has no time limit without blocking. A socket shut down is an error to it, and it tries the next host.
    int descriptor = PQsocket(connect->connection);
    if (connect->periods >= PERIODS_MAX || descriptor < 0)
        finish(connect, false);
    else
        shutdown(descriptor, SHUT_RDWR);
}

// ---- start ----

static void run_start(uv_work_t *work)
{
    struct connect *connect = work->data;
    const char *const keywords[] = {"dbname", "fallback_application_name", "client_encoding", NULL};
    const char *const values[] = {connect->conninfo, "kamd", "UTF8", NULL};
    connect->connection = PQconnectStartParams(keywords, values, 1);
}

static void on_started(uv_work_t *work, int status)
{
    (void)status;
    struct connect *connect = work->data;
    connect->is_starting = false;
    REQUIRE(connect->connection != NULL);
    if (connect->on_done == NULL || PQstatus(connect->connection) == CONNECTION_BAD)
        finish(connect, false);
    else
        go_on(connect, PGRES_POLLING_WRITING); // as PQconnectPoll's contract asks
}

struct connect *connect_start(uv_loop_t *loop, const char *conninfo, const char *role, connect_done on_done, void *data)
{
    struct connect *connect = malloc(sizeof *connect);
    REQUIRE(connect != NULL);
    *connect = (struct connect){.loop = loop, .on_done = on_done, .data = data, .is_starting = true};
    connect->conninfo = strdup(conninfo);
    connect->role = role == NULL ? NULL : strdup(role);
    REQUIRE(connect->conninfo != NULL && (role == NULL || connect->role != NULL));
    connect->start.data = connect;
    connect->timer.data = connect;
    int result = uv_timer_init(loop, &connect->timer);
    REQUIRE(result == 0);
    result = uv_timer_start(&connect->timer, on_period, HOST_PERIOD_MS, HOST_PERIOD_MS);
    REQUIRE(result == 0);
    result = uv_queue_work(loop, &connect->start, run_start, on_started);
    REQUIRE(result == 0);
    return connect;
}

void connect_abandon(struct connect *connect)
{
    connect->on_done = NULL;
    if (!connect->is_starting)
        finish(connect, false);
}
