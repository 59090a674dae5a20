// SPDX-License-Identifier: Apache-2.0
// LISTEN and NOTIFY on one connection: see listen.h. It is away (the timer says when to connect), connecting, or up;
// when up, one command at a time is on its way.
#include "db/listen.h"

#include <libpq-fe.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "db/connect.h"

enum {
    BACKOFF_LEAST_MS = 100,
    BACKOFF_MOST_MS = 5000,
    GAP_MS = 20,      // between two notifications: what comes meanwhile goes together
    CHECK_MS = 30000, // a connection that does not answer for so long is dead
    SELF_BYTES = 17,  // of the word by which we know our own
    COMMAND_BYTES = 256,
};

struct db_listen {
    uv_loop_t *loop;
    struct db_listen_options options;
    char self[SELF_BYTES];
    struct connect *connect;
    PGconn *pg;
    uv_poll_t *poll;
    uv_timer_t timer; // away: when to connect; up: when to notify again
    uv_timer_t check;
    unsigned failures;
    bool is_busy; // a command is on its way
    bool is_checked;
    atomic_bool is_up;
    bool wants_notify;
    unsigned open_handles;
};

static void connect_now(struct db_listen *listen);

// ---- away ----

static void on_poll_closed(uv_handle_t *handle)
{
    free(handle);
}

static void drop_connection(struct db_listen *listen)
{
    if (listen->poll != NULL) {
        uv_poll_stop(listen->poll); // before libpq closes the socket
        uv_close((uv_handle_t *)listen->poll, on_poll_closed);
    }
    listen->poll = NULL;
    PQfinish(listen->pg);
    listen->pg = NULL;
    listen->is_up = false;
    listen->is_busy = false;
}

static void on_retry(uv_timer_t *timer)
{
    connect_now(timer->data);
}

static void lose(struct db_listen *listen, const char *message)
{
    LOG(listen->failures == 0 ? LOG_WARNING : LOG_DEBUG, "not listening for other servers; trying again",
        LOG_TEXT("error", message));
    drop_connection(listen);
    uv_timer_stop(&listen->check);
    unsigned doublings = listen->failures < 6 ? listen->failures : 6;
    uint64_t longest_ms = (uint64_t)BACKOFF_LEAST_MS << doublings;
    if (longest_ms > BACKOFF_MOST_MS)
        longest_ms = BACKOFF_MOST_MS;
    listen->failures++;
    uint64_t delay_ms = longest_ms / 2 + randombytes_uniform((uint32_t)(longest_ms / 2 + 1));
    REQUIRE(uv_timer_start(&listen->timer, on_retry, delay_ms, 0) == 0);
}

// ---- up ----

static void on_event(uv_poll_t *poll, int status, int events);

// Sends what libpq holds back; false when the connection was lost.
static bool flush(struct db_listen *listen)
{
    int unsent = PQflush(listen->pg);
    if (unsent < 0) {
        lose(listen, PQerrorMessage(listen->pg));
        return false;
    }
    REQUIRE(uv_poll_start(listen->poll, UV_READABLE | (unsent > 0 ? UV_WRITABLE : 0), on_event) == 0);
    return true;
}

static bool send_command(struct db_listen *listen, const char *command)
{
    listen->is_busy = true;
    if (PQsendQuery(listen->pg, command))
        return flush(listen);
    lose(listen, PQerrorMessage(listen->pg));
    return false;
}

static void send_notify(struct db_listen *listen)
{
    char command[COMMAND_BYTES];
    listen->wants_notify = false;
    snprintf(command, sizeof command, "notify %s, '%s'", listen->options.channel, listen->self);
    (void)send_command(listen, command);
}

static void on_gap_over(uv_timer_t *timer)
{
    struct db_listen *listen = timer->data;
    if (listen->wants_notify && listen->is_up && !listen->is_busy)
        send_notify(listen);
}

// The command on its way is done.
static void take_end(struct db_listen *listen)
{
    listen->is_busy = false;
    listen->is_checked = false; // it answers
    bool is_new = !listen->is_up;
    if (is_new && listen->failures > 0)
        LOG(LOG_INFO, "listening for other servers again");
    listen->is_up = true;
    listen->failures = 0;
    REQUIRE(uv_timer_start(&listen->timer, on_gap_over, GAP_MS, 0) == 0);
    // What was said while nobody listened.
    if (is_new)
        listen->options.on_heard(listen->options.data);
}

static bool take_notifications(struct db_listen *listen)
{
    bool has_heard = false;
    PGnotify *notification;
    while ((notification = PQnotifies(listen->pg)) != NULL) {
        has_heard = has_heard || strcmp(notification->extra, listen->self) != 0;
        PQfreemem(notification);
    }
    return has_heard;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
    (void)events;
    struct db_listen *listen = poll->data;
    if (status != 0 || !PQconsumeInput(listen->pg)) {
        lose(listen, PQerrorMessage(listen->pg));
        return;
    }
    while (listen->is_busy && !PQisBusy(listen->pg)) {
        PGresult *result = PQgetResult(listen->pg);
        ExecStatusType type = PQresultStatus(result);
        PQclear(result);
        if (result == NULL) {
            take_end(listen);
        } else if (type != PGRES_COMMAND_OK && type != PGRES_EMPTY_QUERY) {
            lose(listen, PQerrorMessage(listen->pg));
            return;
        }
    }
    if (!flush(listen))
        return;
    if (take_notifications(listen))
        listen->options.on_heard(listen->options.data);
}

static void on_check(uv_timer_t *timer)
{
    struct db_listen *listen = timer->data;
    if (listen->is_busy && listen->is_checked) {
        lose(listen, "the database did not answer");
        return;
    }
    listen->is_checked = true;
    if (!listen->is_busy)
        (void)send_command(listen, "");
}

static void on_connected(void *data, PGconn *connection, const struct error *error)
{
    struct db_listen *listen = data;
    char command[COMMAND_BYTES];
    listen->connect = NULL;
    if (connection == NULL) {
        lose(listen, error->message);
        return;
    }
    listen->pg = connection;
    REQUIRE(PQexitPipelineMode(connection) == 1);
    listen->poll = malloc(sizeof *listen->poll);
    REQUIRE(listen->poll != NULL);
    REQUIRE(uv_poll_init(listen->loop, listen->poll, PQsocket(connection)) == 0);
    listen->poll->data = listen;
    listen->is_checked = false;
    REQUIRE(uv_timer_start(&listen->check, on_check, CHECK_MS, CHECK_MS) == 0);
    // A notification need not be on the disk before it is heard.
    snprintf(command, sizeof command, "set application_name = 'kamd listener'; set synchronous_commit = off; listen %s",
             listen->options.channel);
    (void)send_command(listen, command);
}

static void connect_now(struct db_listen *listen)
{
    listen->connect = connect_start(listen->loop, listen->options.conninfo, NULL, on_connected, listen);
}

// ---- the owner's side ----

struct db_listen *db_listen_open(uv_loop_t *loop, const struct db_listen_options *options)
{
    struct db_listen *listen = calloc(1, sizeof *listen);
    REQUIRE(listen != NULL);
    listen->loop = loop;
    listen->options = *options;
    uint8_t random[SELF_BYTES / 2];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(listen->self, sizeof listen->self, random, sizeof random);
    REQUIRE(uv_timer_init(loop, &listen->timer) == 0 && uv_timer_init(loop, &listen->check) == 0);
    listen->timer.data = listen;
    listen->check.data = listen;
    listen->open_handles = 2;
    connect_now(listen);
    return listen;
}

void db_listen_notify(struct db_listen *listen)
{
    listen->wants_notify = true;
    if (listen->is_up && !listen->is_busy && !uv_is_active((uv_handle_t *)&listen->timer))
        send_notify(listen);
}

bool db_listen_is_up(const struct db_listen *listen)
{
    return listen->is_up;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct db_listen *listen = handle->data;
    if (--listen->open_handles == 0)
        free(listen);
}

void db_listen_close(struct db_listen *listen)
{
    if (listen == NULL)
        return;
    if (listen->connect != NULL)
        connect_abandon(listen->connect);
    drop_connection(listen);
    uv_close((uv_handle_t *)&listen->timer, on_timer_closed);
    uv_close((uv_handle_t *)&listen->check, on_timer_closed);
}
