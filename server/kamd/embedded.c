// SPDX-License-Identifier: Apache-2.0
// Supervision of the embedded PostgreSQL, a loop of states:
//   PREPARING (thread pool) > STARTING (process spawned; thread pool waits until it serves) > SERVING > its end >
//   PAUSING > PREPARING
// embedded_stop() leads from each to STOPPED. See embedded.h.
#include "kamd/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "db/direct.h"
#include "kamd/embedded_cluster.h"
#include "kamd/embedded_host.h"

enum {
    PAUSE_LEAST_MS = 200,
    PAUSE_MOST_MS = 5000,
    CALM_MS = 60 * 1000,           // a server that ran for so long starts again without a pause
    FAST_STOP_PATIENCE_MS = 60000, // then it is stopped without a checkpoint; recovery repairs that
    LOCK_PATIENCE_MS = 30000,      // an operator command may have it for a moment
    POLL_MS = 100,
};

enum state { PREPARING, STARTING, SERVING, PAUSING, STOPPED };

struct embedded {
    uv_loop_t *loop;
    struct embedded_cluster cluster;
    enum state state;
    void (*on_ready)(void *data, const struct error *error); // NULL once it fired
    void *ready_data;
    void (*on_stopped)(void *data);
    void *stopped_data;
    uv_work_t work;
    bool is_working;
    struct error error; // of the work
    enum status work_code;
    uv_process_t process;
    bool is_running; // the process
    atomic_bool has_ended;
    atomic_bool is_stopping;
    uint64_t started_ms;
    unsigned failures; // ends in a row without a calm time between
    uv_timer_t timer;
    bool is_closing;
    char owner_conninfo[PATH_MAX];
    char login_conninfo[PATH_MAX];
    bool is_joined; // another process runs the server
};

static void prepare(struct embedded *embedded);

// ---- stopping ----

static void on_timer_closed(uv_handle_t *handle)
{
    struct embedded *embedded = handle->data;
    void (*on_stopped)(void *data) = embedded->on_stopped;
    void *data = embedded->stopped_data;
    embedded_cluster_clean_up(&embedded->cluster);
    embedded_cluster_finish(&embedded->cluster);
    free(embedded);
    on_stopped(data);
}

// The server and the work on the thread pool end first, in whatever order.
static void finish_stopping(struct embedded *embedded)
{
    if (embedded->is_running || embedded->is_working || embedded->is_closing)
        return;
    embedded->state = STOPPED;
    embedded->is_closing = true;
    uv_close((uv_handle_t *)&embedded->timer, on_timer_closed);
}

static void on_stop_takes_long(uv_timer_t *timer)
{
    struct embedded *embedded = timer->data;
    LOG(LOG_WARNING, "PostgreSQL takes long to stop; stopping it immediately");
    uv_process_kill(&embedded->process, SIGQUIT);
}

void embedded_stop(struct embedded *embedded, void (*on_stopped)(void *data), void *data)
{
    REQUIRE(!embedded->is_stopping);
    embedded->on_stopped = on_stopped;
    embedded->stopped_data = data;
    embedded->on_ready = NULL;
    atomic_store(&embedded->is_stopping, true);
    uv_timer_stop(&embedded->timer);
    if (embedded->is_running) {
        uv_process_kill(&embedded->process, SIGINT); // PostgreSQL's "fast shutdown"
        int result = uv_timer_start(&embedded->timer, on_stop_takes_long, FAST_STOP_PATIENCE_MS, 0);
        REQUIRE(result == 0);
    }
    finish_stopping(embedded);
}

// ---- running ----

static void report(struct embedded *embedded, const struct error *error)
{
    void (*on_ready)(void *data, const struct error *error) = embedded->on_ready;
    embedded->on_ready = NULL;
    if (on_ready != NULL)
        on_ready(embedded->ready_data, error);
    else if (error != NULL)
        LOG(LOG_ERROR, "PostgreSQL does not start", LOG_TEXT("error", error->message));
}

static void on_pause_over(uv_timer_t *timer)
{
    prepare(timer->data);
}

static void pause_and_retry(struct embedded *embedded)
{
    embedded->state = PAUSING;
    uint64_t delay_ms = (uint64_t)PAUSE_LEAST_MS << (embedded->failures < 6 ? embedded->failures : 6);
    embedded->failures++;
    int result =
        uv_timer_start(&embedded->timer, on_pause_over, delay_ms < PAUSE_MOST_MS ? delay_ms : PAUSE_MOST_MS, 0);
    REQUIRE(result == 0);
}

// A start that failed: told to the owner if it is the first, tried again if it once served.
static void fail_start(struct embedded *embedded)
{
    if (embedded->on_ready != NULL) {
        embedded->state = STOPPED;
        report(embedded, &embedded->error);
        return;
    }
    report(embedded, &embedded->error);
    if (!embedded->is_running) // otherwise its end starts the pause
        pause_and_retry(embedded);
    else
        uv_process_kill(&embedded->process, SIGINT);
}

static void on_process_closed(uv_handle_t *handle)
{
    struct embedded *embedded = handle->data;
    embedded->is_running = false;
    atomic_store(&embedded->has_ended, true);
    if (embedded->is_stopping) {
        finish_stopping(embedded);
        return;
    }
    if (embedded->is_working || embedded->state == STOPPED) // on_completed finds out; or it failed for good
        return;
    if (uv_now(embedded->loop) - embedded->started_ms > CALM_MS)
        embedded->failures = 0;
    pause_and_retry(embedded);
}

static void on_process_exit(uv_process_t *process, int64_t exit_status, int signal_number)
{
    struct embedded *embedded = process->data;
    if (!embedded->is_stopping)
        LOG(LOG_ERROR, "PostgreSQL ended", LOG_NUMBER("status", exit_status), LOG_NUMBER("signal", signal_number));
    uv_close((uv_handle_t *)process, on_process_closed);
}

static void run_completing(uv_work_t *work)
{
    struct embedded *embedded = work->data;
    embedded->work_code = embedded_cluster_complete(&embedded->cluster, &embedded->has_ended, &embedded->error);
}

static void on_completed(uv_work_t *work, int status)
{
    (void)status;
    struct embedded *embedded = work->data;
    embedded->is_working = false;
    if (embedded->is_stopping) {
        finish_stopping(embedded);
    } else if (embedded->work_code != STATUS_OK || !embedded->is_running) {
        if (embedded->work_code == STATUS_OK)
            error_set(&embedded->error, STATUS_UNAVAILABLE, "EMBEDDED", "PostgreSQL ended right after its start");
        fail_start(embedded);
    } else {
        embedded->state = SERVING;
        LOG(LOG_INFO, "PostgreSQL serves", LOG_TEXT("directory", embedded->cluster.data));
        report(embedded, NULL);
    }
}

static void queue(struct embedded *embedded, uv_work_cb run, uv_after_work_cb on_ran)
{
    embedded->is_working = true;
    int result = uv_queue_work(embedded->loop, &embedded->work, run, on_ran);
    REQUIRE(result == 0);
}

static int spawn(struct embedded *embedded)
{
    struct embedded_cluster *cluster = &embedded->cluster;
    char program[PATH_MAX];
    char sockets[PATH_MAX];
    snprintf(program, sizeof program, "%s/postgres", cluster->binaries);
    snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", cluster->socket_directory);
    char *arguments[] = {program, "-D", cluster->data, "-p", "5432", "-c", sockets, "-c", "listen_addresses=", NULL};
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
    int log = open(cluster->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (log < 0)
        return uv_translate_sys_error(errno);
    uv_stdio_container_t streams[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = log},
        {.flags = UV_INHERIT_FD, .data.fd = log},
    };
    uv_process_options_t options = {
        .exit_cb = on_process_exit,
        .file = program,
        .args = arguments,
        .env = environment,
        .flags = UV_PROCESS_DETACHED, // Ctrl-C on the terminal is for kamd, which then stops PostgreSQL in good order
        .stdio_count = 3,
        .stdio = streams,
    };
    int result = uv_spawn(embedded->loop, &embedded->process, &options);
    close(log);
    return result;
}

static void on_failed_process_closed(uv_handle_t *handle)
{
    struct embedded *embedded = handle->data;
    embedded->is_running = false;
    if (embedded->is_stopping)
        finish_stopping(embedded);
    else
        fail_start(embedded);
}

static void write_conninfos(struct embedded *embedded)
{
    const char *directory = embedded->cluster.socket_directory;
    embedded_host_conninfo(directory, "kam_owner", "kam", embedded->owner_conninfo, sizeof embedded->owner_conninfo);
    embedded_host_conninfo(directory, "kam_login", "kam", embedded->login_conninfo, sizeof embedded->login_conninfo);
}

static void on_prepared(uv_work_t *work, int status)
{
    (void)status;
    struct embedded *embedded = work->data;
    embedded->is_working = false;
    if (embedded->is_stopping) {
        finish_stopping(embedded);
        return;
    }
    if (embedded->work_code != STATUS_OK) {
        fail_start(embedded);
        return;
    }
    write_conninfos(embedded);
    embedded->state = STARTING;
    embedded->started_ms = uv_now(embedded->loop);
    atomic_store(&embedded->has_ended, false);
    embedded->is_running = true; // until its handle is closed, also where spawning failed
    int result = spawn(embedded);
    if (result == 0) {
        queue(embedded, run_completing, on_completed);
        return;
    }
    error_set(&embedded->error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "cannot start PostgreSQL in %s: %s",
              embedded->cluster.binaries, uv_strerror(result));
    uv_close((uv_handle_t *)&embedded->process, on_failed_process_closed);
}

static void sleep_ms(long milliseconds)
{
    struct timespec duration = {.tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000L};
    nanosleep(&duration, NULL);
}

static enum status lock(struct embedded *embedded)
{
    struct embedded_cluster *cluster = &embedded->cluster;
    bool is_ours = cluster->lock_file >= 0;
    for (int waited_ms = 0; !is_ours; waited_ms += POLL_MS) {
        enum status code = embedded_cluster_try_lock(cluster, &is_ours, &embedded->error);
        if (code != STATUS_OK)
            return code;
        if (!is_ours && (waited_ms >= LOCK_PATIENCE_MS || embedded->is_stopping))
            return error_set(&embedded->error, STATUS_FAILED_PRECONDITION, "EMBEDDED",
                             "another kamd uses the database in %s", cluster->directory);
        if (!is_ours)
            sleep_ms(POLL_MS);
    }
    return STATUS_OK;
}

static void run_preparing(uv_work_t *work)
{
    struct embedded *embedded = work->data;
    embedded->work_code = lock(embedded);
    if (embedded->work_code == STATUS_OK) {
        embedded_cluster_clean_up(&embedded->cluster); // of the run before
        embedded->work_code = embedded_cluster_prepare(&embedded->cluster, &embedded->error);
    }
}

static void prepare(struct embedded *embedded)
{
    embedded->state = PREPARING;
    queue(embedded, run_preparing, on_prepared);
}

static struct embedded *create(uv_loop_t *loop)
{
    struct embedded *embedded = calloc(1, sizeof *embedded);
    REQUIRE(embedded != NULL);
    embedded->loop = loop;
    embedded->work.data = embedded;
    embedded->process.data = embedded;
    embedded->timer.data = embedded;
    int result = uv_timer_init(loop, &embedded->timer);
    REQUIRE(result == 0);
    return embedded;
}

static void on_bad_directory(uv_timer_t *timer)
{
    struct embedded *embedded = timer->data;
    fail_start(embedded);
}

struct embedded *embedded_start(uv_loop_t *loop, const struct embedded_options *options,
                                void (*on_ready)(void *data, const struct error *error), void *data)
{
    struct embedded *embedded = create(loop);
    embedded->on_ready = on_ready;
    embedded->ready_data = data;
    enum status code =
        embedded_cluster_init(&embedded->cluster, options->directory, options->max_connections, &embedded->error);
    if (code == STATUS_OK) {
        prepare(embedded);
        return embedded;
    }
    int result = uv_timer_start(&embedded->timer, on_bad_directory, 0, 0);
    REQUIRE(result == 0);
    return embedded;
}

const char *embedded_owner_conninfo(const struct embedded *embedded)
{
    return embedded->owner_conninfo;
}

const char *embedded_login_conninfo(const struct embedded *embedded)
{
    return embedded->login_conninfo;
}

// ---- operator commands ----

struct waiting {
    bool is_over;
    enum status code;
    struct error *error;
};

static void on_opened(void *data, const struct error *error)
{
    struct waiting *waiting = data;
    waiting->is_over = true;
    waiting->code = error == NULL ? STATUS_OK : error->code;
    if (error != NULL)
        *waiting->error = *error;
}

static void on_closed(void *data)
{
    bool *is_closed = data;
    *is_closed = true;
}

// Frees it and its loop.
static void stop_and_wait(struct embedded *embedded)
{
    uv_loop_t *loop = embedded->loop;
    bool is_closed = false;
    embedded_stop(embedded, on_closed, &is_closed);
    uv_run(loop, UV_RUN_DEFAULT);
    REQUIRE(is_closed);
    int result = uv_loop_close(loop);
    REQUIRE(result == 0);
    free(loop);
}

// The server of another process may have begun to start a moment ago.
static enum status wait_until_it_serves(struct embedded *embedded, struct error *error)
{
    struct db_direct *direct = NULL;
    enum status code = STATUS_OK;
    for (int waited_ms = 0; waited_ms < LOCK_PATIENCE_MS; waited_ms += POLL_MS) {
        code = db_direct_open(embedded->owner_conninfo, &direct, error);
        if (code == STATUS_OK)
            break;
        sleep_ms(POLL_MS);
    }
    db_direct_close(direct);
    return code;
}

// Becomes the one that runs the server, or joins the one that does.
static enum status lock_or_join(struct embedded *embedded, struct error *error)
{
    struct embedded_cluster *cluster = &embedded->cluster;
    for (int waited_ms = 0; waited_ms < LOCK_PATIENCE_MS; waited_ms += POLL_MS) {
        bool is_ours = false;
        enum status code = embedded_cluster_try_lock(cluster, &is_ours, error);
        if (code != STATUS_OK || is_ours)
            return code;
        code = embedded_cluster_join(cluster, &embedded->is_joined, error);
        if (code != STATUS_OK || embedded->is_joined)
            return code;
        sleep_ms(POLL_MS);
    }
    return error_set(error, STATUS_UNAVAILABLE, "EMBEDDED", "another kamd holds %s but its database does not run",
                     cluster->directory);
}

enum status embedded_open(const struct embedded_options *options, struct embedded **embedded_r, struct error *error)
{
    uv_loop_t *loop = malloc(sizeof *loop);
    REQUIRE(loop != NULL);
    int result = uv_loop_init(loop);
    REQUIRE(result == 0);
    struct embedded *embedded = create(loop);
    enum status code = embedded_cluster_init(&embedded->cluster, options->directory, options->max_connections, error);
    if (code == STATUS_OK)
        code = lock_or_join(embedded, error);
    if (code == STATUS_OK && embedded->is_joined) {
        write_conninfos(embedded);
        code = wait_until_it_serves(embedded, error);
    } else if (code == STATUS_OK) {
        struct waiting waiting = {.error = error};
        embedded->on_ready = on_opened;
        embedded->ready_data = &waiting;
        prepare(embedded);
        while (!waiting.is_over)
            uv_run(loop, UV_RUN_ONCE);
        code = waiting.code;
    }
    if (code == STATUS_OK)
        *embedded_r = embedded;
    else
        stop_and_wait(embedded);
    return code;
}

void embedded_close(struct embedded *embedded)
{
    if (embedded == NULL)
        return;
    if (!embedded->is_joined)
        embedded_cluster_wait_for_users(&embedded->cluster);
    stop_and_wait(embedded);
}
