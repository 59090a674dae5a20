// SPDX-License-Identifier: Apache-2.0
// The life of the server, in order: own directory and user, lock, certificate, sockets, database, schema, workers,
// page; and back. See service.h.
#include "kamd/service.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/require.h"
#include "kamd/database.h"
#include "kamd/metrics_page.h"
#include "kamd/peers.h"
#include "kamd/pool_metrics.h"
#include "kamd/process_metrics.h"
#include "kamd/schema.h"
#include "kamd/system.h"
#include "kamd/watch_metrics.h"
#include "kamd/worker.h"
#include "net/certificate.h"
#include "net/listen.h"
#include "net/tls.h"
#include "rpc/metrics.h"

enum { WORKERS_MAX = 256, DATABASE_POLL_MS = 500, DATABASE_PATIENCE_MS = 60000 };

struct service {
    struct options *options;
    uv_loop_t loop;
    uv_signal_t terminate, interrupt, hang_up;
    struct net_tls *tls;
    struct rpc_limits limits;
    int sockets[WORKERS_MAX];
    unsigned socket_count; // opened and not yet a worker's
    uint16_t port, metrics_port;
    struct database *database;
    bool lacks_users;
    bool is_stopping;
    struct peers *peers;
    struct worker *workers[WORKERS_MAX];
    struct rpc_server *servers[WORKERS_MAX];
    unsigned worker_count;
    struct metrics_page *page;
};

static enum log_level log_level_of(const struct options *options)
{
    static const char *const NAMES[] = {"debug", "info", "warning", "error"};
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        if (strcmp(options_text(options, OPTION_LOG_LEVEL), NAMES[level]) == 0)
            return (enum log_level)level;
    return LOG_INFO;
}

static void configure_log(const struct options *options)
{
    log_configure(log_level_of(options), strcmp(options_text(options, OPTION_LOG_FORMAT), "json") == 0);
}

static void fill_limits(const struct options *options, struct rpc_limits *limits_r)
{
    rpc_limits_default(limits_r);
    limits_r->connections = (uint32_t)options_number(options, OPTION_MAX_CONNECTIONS);
    limits_r->connections_per_address = (uint32_t)options_number(options, OPTION_MAX_CONNECTIONS_PER_ADDRESS);
    limits_r->streams_per_connection = (uint32_t)options_number(options, OPTION_MAX_STREAMS);
    limits_r->metadata_bytes = (size_t)options_number(options, OPTION_MAX_METADATA);
    limits_r->message_bytes = (size_t)options_number(options, OPTION_MAX_MESSAGE);
    limits_r->decoded_bytes = 8 * limits_r->message_bytes;
    limits_r->handshake_ms = (uint64_t)options_number(options, OPTION_HANDSHAKE_TIMEOUT);
    limits_r->request_ms = (uint64_t)options_number(options, OPTION_REQUEST_TIMEOUT);
    limits_r->idle_ms = (uint64_t)options_number(options, OPTION_IDLE_TIMEOUT);
    limits_r->keepalive_ms = (uint64_t)options_number(options, OPTION_KEEPALIVE);
    limits_r->keepalive_timeout_ms = (uint64_t)options_number(options, OPTION_KEEPALIVE_TIMEOUT);
}

// ---- the beginning, step by step ----

static enum status open_certificate(struct service *service, struct error *error)
{
    const char *certificate = options_text(service->options, OPTION_CERTIFICATE);
    const char *key = options_text(service->options, OPTION_KEY);
    enum status status = STATUS_OK;
    if (!options_is_given(service->options, OPTION_CERTIFICATE)) {
        bool is_new = false;
        status = system_make_directory_of(certificate, error);
        if (status == STATUS_OK)
            status = net_certificate_ensure(certificate, key, NULL, &is_new, error);
        if (status == STATUS_OK && is_new)
            LOG(LOG_INFO, "made a self-signed certificate", LOG_TEXT("file", certificate));
    }
    return status != STATUS_OK ? status : net_tls_create(certificate, key, &service->tls, error);
}

static enum status open_sockets(struct service *service, struct error *error)
{
    const char *address = options_text(service->options, OPTION_ADDRESS);
    uint16_t port = (uint16_t)options_number(service->options, OPTION_PORT);
    unsigned count = (unsigned)options_number(service->options, OPTION_WORKERS);
    enum status status;
    if (strcmp(address, "*") != 0) {
        status = net_listen_sockets(address, port, count, service->sockets, &service->port, error);
    } else {
        // A machine without IPv6 has no "::".
        status = net_listen_sockets("::", port, count, service->sockets, &service->port, error);
        struct error first = *error;
        if (status != STATUS_OK &&
            net_listen_sockets("0.0.0.0", port, count, service->sockets, &service->port, error) == STATUS_OK)
            status = STATUS_OK;
        else if (status != STATUS_OK)
            *error = first;
    }
    if (status == STATUS_OK)
        service->socket_count = count;
    return status;
}

// A database that starts at the same time as kamd, after a power cut say, gets a while before kamd gives up on it.
static enum status open_patiently(struct service *service, const char *conninfo, struct db_direct **direct_r,
                                  struct error *error)
{
    for (int waited_ms = 0;; waited_ms += DATABASE_POLL_MS) {
        enum status status = db_direct_open(conninfo, direct_r, error);
        if (status != STATUS_UNAVAILABLE || waited_ms >= DATABASE_PATIENCE_MS)
            return status;
        if (waited_ms == 0)
            LOG(LOG_WARNING, "waiting for the database", LOG_TEXT("error", error->message));
        uv_sleep(DATABASE_POLL_MS);
        uv_run(&service->loop, UV_RUN_NOWAIT);
        if (service->is_stopping)
            return error_set(error, STATUS_CANCELLED, "STOPPED", "stopped before the database could be reached");
    }
}

static enum status prepare_schema(struct service *service, struct error *error)
{
    const char *owner_conninfo = database_owner_conninfo(service->database);
    struct db_direct *direct = NULL;
    enum status status = open_patiently(
        service, owner_conninfo != NULL ? owner_conninfo : database_login_conninfo(service->database), &direct, error);
    if (status != STATUS_OK)
        return status;
    size_t applied;
    status = owner_conninfo != NULL ? schema_migrate(direct, &applied, error) : schema_check(direct, error);
    if (status == STATUS_OK && owner_conninfo != NULL)
        status = schema_lacks_users(direct, &service->lacks_users, error);
    db_direct_close(direct);
    return status;
}

static void start_workers(struct service *service)
{
    const struct options *options = service->options;
    unsigned count = service->socket_count;
    service->peers = peers_open(&service->loop, database_login_conninfo(service->database));
    for (unsigned index = 0; index < count; index++) {
        struct worker_options worker = {
            .index = index,
            .listening_socket = service->sockets[index],
            .tls = service->tls,
            .peers = service->peers,
            .limits = &service->limits,
            .conninfo = database_login_conninfo(service->database),
            .workers = count,
            .db_connections = (unsigned)options_number(options, OPTION_DB_CONNECTIONS),
            .db_queue_length = (unsigned)options_number(options, OPTION_DB_QUEUE_LENGTH),
            .db_write_depth = (unsigned)options_number(options, OPTION_DB_WRITE_DEPTH),
            .db_shared_reads = (unsigned)options_number(options, OPTION_DB_SHARED_READS),
        };
        service->workers[index] = worker_start(&worker);
        service->servers[index] = worker_server(service->workers[index]);
        service->worker_count++;
    }
    service->socket_count = 0;
    peers_set_workers(service->peers, service->workers, service->worker_count);
}

static void write_metrics(void *data, FILE *out)
{
    struct service *service = data;
    fputs("# HELP kamd_info The version of this kamd.\n# TYPE kamd_info gauge\nkamd_info{version=\"" KAM_VERSION
          "\"} 1\n",
          out);
    rpc_metrics_write(service->servers, service->worker_count, out);
    pool_metrics_write(service->workers, service->worker_count, out);
    watch_metrics_write(service->workers, service->worker_count, service->peers, out);
    process_metrics_write(out);
}

static bool is_serving(void *data)
{
    struct service *service = data;
    for (unsigned index = 0; index < service->worker_count; index++) {
        struct worker_figures figures;
        if (!worker_get_figures(service->workers[index], &figures) || !figures.is_serving)
            return false;
    }
    return true;
}

static enum status start_page(struct service *service, struct error *error)
{
    char address[64];
    uint16_t port;
    if (!options_split_endpoint(options_text(service->options, OPTION_METRICS), address, sizeof address, &port))
        return STATUS_OK; // "off"
    struct metrics_page_source source = {.write = write_metrics, .is_serving = is_serving, .data = service};
    return metrics_page_start(address, port, &source, &service->page, &service->metrics_port, error);
}

// ---- what people and programs are told ----

// Nobody has a terminal as one of these.
static bool is_system_user(void)
{
    const struct passwd *self = getpwuid(geteuid());
    return self != NULL && (strcmp(self->pw_name, "kam") == 0 || strcmp(self->pw_name, "postgres") == 0);
}

static void greet(struct service *service)
{
    const struct options *options = service->options;
    const char *address = options_text(options, OPTION_ADDRESS);
    char fingerprint[NET_TLS_FINGERPRINT_BYTES];
    net_tls_fingerprint(service->tls, fingerprint);
    bool is_six = strchr(address, ':') != NULL;
    printf("kamd %s\n", KAM_VERSION);
    printf("  address      %s%s%s:%u\n", is_six ? "[" : "", address, is_six ? "]" : "", (unsigned)service->port);
    printf("  data         %s\n", options_text(options, OPTION_DATA));
    printf("  database     %s\n", options_is_given(options, OPTION_DATABASE)
                                      ? options_mask_url(options->arena, options_text(options, OPTION_DATABASE))
                                      : "private, in the data directory");
    printf("  fingerprint  %s\n", fingerprint);
    if (service->page != NULL)
        printf("  metrics      %s, port %u\n", options_text(options, OPTION_METRICS), (unsigned)service->metrics_port);
    if (service->lacks_users)
        printf("\nThere is no user yet. Create the first manager, from another terminal:\n\n"
               "  %skamd user add --data %s --role manager --company \"YOUR COMPANY\" --name \"YOUR NAME\" LOGIN\n\n",
               is_system_user() ? "sudo " : "", options_text(options, OPTION_DATA));
    fflush(stdout);
}

static enum status tell_ready(struct service *service, struct error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%u %u\n", (unsigned)service->port, (unsigned)service->metrics_port);
    if (options_is_given(service->options, OPTION_READY_FILE)) {
        enum status status = system_write_file(options_text(service->options, OPTION_READY_FILE), text, error);
        if (status != STATUS_OK)
            return status;
    }
    LOG(LOG_INFO, "serving", LOG_NUMBER("port", service->port), LOG_NUMBER("metrics_port", service->metrics_port),
        LOG_NUMBER("workers", service->worker_count), LOG_NUMBER("pid", getpid()));
    return STATUS_OK;
}

// ---- signals ----

static void on_stop(uv_signal_t *signal, int number)
{
    struct service *service = signal->data;
    LOG(LOG_INFO, "stopping", LOG_TEXT("signal", number == SIGTERM ? "TERM" : "INT"));
    service->is_stopping = true;
    uv_stop(&service->loop);
}

static void on_reload(uv_signal_t *signal, int number)
{
    (void)number;
    struct service *service = signal->data;
    struct error error;
    if (net_tls_reload(service->tls, &error) == STATUS_OK)
        LOG(LOG_INFO, "certificate read again");
    else
        LOG(LOG_ERROR, "certificate not read; the old one stays", LOG_TEXT("error", error.message));
    if (options_reload(service->options, &error) == STATUS_OK)
        configure_log(service->options);
    else
        LOG(LOG_ERROR, "settings not read; the old ones stay", LOG_TEXT("error", error.message));
}

static void watch_signal(struct service *service, uv_signal_t *signal, uv_signal_cb callback, int number)
{
    REQUIRE(uv_signal_init(&service->loop, signal) == 0);
    signal->data = service;
    REQUIRE(uv_signal_start(signal, callback, number) == 0);
}

// ---- the whole ----

static enum status begin(struct service *service, struct error *error)
{
    struct options *options = service->options;
    system_raise_file_limit();
    enum status status = system_enter(options_text(options, OPTION_USER), options_text(options, OPTION_DATA), error);
    if (status == STATUS_OK)
        status = system_lock(options_text(options, OPTION_DATA), error);
    if (status == STATUS_OK)
        status = open_certificate(service, error);
    if (status == STATUS_OK)
        status = open_sockets(service, error);
    if (status == STATUS_OK)
        status = database_open(options, &service->loop, &service->is_stopping, &service->database, error);
    if (status == STATUS_OK)
        status = prepare_schema(service, error);
    if (status != STATUS_OK)
        return status;
    start_workers(service);
    status = start_page(service, error);
    if (status != STATUS_OK)
        return status;
    greet(service);
    return tell_ready(service, error);
}

static void end(struct service *service)
{
    uint64_t grace_ms = (uint64_t)options_number(service->options, OPTION_DRAIN_TIME);
    metrics_page_stop(service->page);
    for (unsigned index = 0; index < service->worker_count; index++)
        worker_drain(service->workers[index], grace_ms);
    for (unsigned index = 0; index < service->worker_count; index++)
        worker_join(service->workers[index]);
    peers_close(service->peers);
    for (unsigned index = 0; index < service->socket_count; index++)
        close(service->sockets[index]);
    database_close(service->database);
    net_tls_destroy(service->tls);
}

static void close_signal(uv_signal_t *signal)
{
    uv_close((uv_handle_t *)signal, NULL);
}

enum status service_run(struct options *options, struct error *error)
{
    struct service *service = calloc(1, sizeof *service);
    REQUIRE(service != NULL);
    service->options = options;
    configure_log(options);
    fill_limits(options, &service->limits);
    REQUIRE(uv_loop_init(&service->loop) == 0);
    // From the first moment on, so that an early signal ends the start in order, too.
    watch_signal(service, &service->terminate, on_stop, SIGTERM);
    watch_signal(service, &service->interrupt, on_stop, SIGINT);
    watch_signal(service, &service->hang_up, on_reload, SIGHUP);
    enum status status = begin(service, error);
    while (status == STATUS_OK && !service->is_stopping)
        uv_run(&service->loop, UV_RUN_DEFAULT);
    if (status == STATUS_CANCELLED)
        status = STATUS_OK;
    end(service);
    close_signal(&service->terminate);
    close_signal(&service->interrupt);
    close_signal(&service->hang_up);
    uv_run(&service->loop, UV_RUN_DEFAULT);
    REQUIRE(uv_loop_close(&service->loop) == 0);
    free(service);
    if (status == STATUS_OK)
        LOG(LOG_INFO, "stopped");
    return status;
}
