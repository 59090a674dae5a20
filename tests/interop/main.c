// SPDX-License-Identifier: Apache-2.0
// interop-server DIRECTORY [LIMIT=NUMBER ...]: the test services on an ephemeral port of 127.0.0.1, two workers.
//
// Makes DIRECTORY/certificate.pem and key.pem when they are missing, prints "port NUMBER" and "fingerprint TEXT" on
// standard output, and serves until SIGTERM: then it drains and exits with 0. SIGHUP reads the certificate again.
// SIGUSR1 writes the metrics to DIRECTORY/metrics; SIGUSR2 makes grpc.testing.TestService not serving, or serving
// again.
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "net/certificate.h"
#include "net/listen.h"
#include "net/tls.h"
#include "rpc/metrics.h"
#include "rpc/server.h"
#include "services.h"

enum { WORKERS = 2 };

struct worker {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stop, toggle;
    struct rpc_server *server;
    bool is_down;
};

struct limit {
    const char *name;
    size_t offset;
    bool is_small; // uint32_t
};

static uint64_t grace_ms = 5000;

#define LIMIT(member, small)                                                                                           \
    {                                                                                                                  \
#member, offsetof(struct rpc_limits, member), small                                                            \
    }
static const struct limit LIMITS[] = {
    LIMIT(connections, true),        LIMIT(connections_per_address, true), LIMIT(streams_per_connection, true),
    LIMIT(metadata_bytes, false),    LIMIT(message_bytes, false),          LIMIT(decoded_bytes, false),
    LIMIT(send_buffer_bytes, false), LIMIT(handshake_ms, false),           LIMIT(request_ms, false),
    LIMIT(idle_ms, false),           LIMIT(keepalive_ms, false),           LIMIT(keepalive_timeout_ms, false),
};

static bool set_limit(struct rpc_limits *limits, const char *argument)
{
    size_t length = strcspn(argument, "=");
    if (argument[length] == '\0')
        return false;
    uint64_t value = strtoull(argument + length + 1, NULL, 10);
    if (length == strlen("grace_ms") && strncmp(argument, "grace_ms", length) == 0) {
        grace_ms = value;
        return true;
    }
    for (size_t at = 0; at < sizeof LIMITS / sizeof *LIMITS; at++) {
        if (strlen(LIMITS[at].name) != length || strncmp(LIMITS[at].name, argument, length) != 0)
            continue;
        char *member = (char *)limits + LIMITS[at].offset;
        uint32_t small = (uint32_t)value;
        memcpy(member, LIMITS[at].is_small ? (void *)&small : (void *)&value,
               LIMITS[at].is_small ? sizeof small : sizeof value);
        return true;
    }
    return false;
}

static void fail(const struct error *error)
{
    fprintf(stderr, "interop-server: %s\n", error->message);
    exit(1);
}

static void on_drained(void *context)
{
    uv_loop_t *loop = context;
    struct worker *worker = loop->data;
    uv_close((uv_handle_t *)&worker->stop, NULL);
    uv_close((uv_handle_t *)&worker->toggle, NULL);
}

static void on_stop(uv_async_t *async)
{
    struct worker *worker = async->data;
    rpc_server_drain(worker->server, grace_ms, on_drained);
}

static void on_toggle(uv_async_t *async)
{
    struct worker *worker = async->data;
    worker->is_down = !worker->is_down;
    rpc_health_set(worker->server, "grpc.testing.TestService", !worker->is_down);
}

static void *run(void *data)
{
    struct worker *worker = data;
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void start(struct worker *worker, struct net_tls *tls, const struct rpc_limits *limits,
                  const struct rpc_method *methods, size_t method_count, int listening_socket)
{
    REQUIRE(uv_loop_init(&worker->loop) == 0);
    worker->loop.data = worker;
    REQUIRE(uv_async_init(&worker->loop, &worker->stop, on_stop) == 0);
    REQUIRE(uv_async_init(&worker->loop, &worker->toggle, on_toggle) == 0);
    worker->stop.data = worker->toggle.data = worker;
    worker->server = rpc_server_create(&worker->loop, tls, limits, methods, method_count, &worker->loop);
    struct error error;
    if (rpc_server_listen(worker->server, listening_socket, &error) != STATUS_OK)
        fail(&error);
    REQUIRE(pthread_create(&worker->thread, NULL, run, worker) == 0);
}

static void write_metrics(struct worker *workers, const char *directory)
{
    char path[4096], temporary[4096];
    snprintf(path, sizeof path, "%s/metrics", directory);
    snprintf(temporary, sizeof temporary, "%s/metrics.new", directory);
    struct rpc_server *servers[WORKERS];
    for (int at = 0; at < WORKERS; at++)
        servers[at] = workers[at].server;
    FILE *file = fopen(temporary, "w");
    REQUIRE(file != NULL);
    rpc_metrics_write(servers, WORKERS, file);
    REQUIRE(fclose(file) == 0 && rename(temporary, path) == 0);
}

static void serve(struct worker *workers, struct net_tls *tls, const char *directory, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        struct error error;
        if (number == SIGHUP && net_tls_reload(tls, &error) != STATUS_OK)
            fprintf(stderr, "interop-server: %s\n", error.message);
        if (number == SIGUSR1)
            write_metrics(workers, directory);
        for (int at = 0; at < WORKERS && (number == SIGTERM || number == SIGUSR2); at++)
            uv_async_send(number == SIGTERM ? &workers[at].stop : &workers[at].toggle);
        if (number == SIGTERM)
            return;
    }
}

static struct net_tls *make_tls(const char *directory)
{
    char certificate[4096], key[4096], fingerprint[NET_TLS_FINGERPRINT_BYTES];
    snprintf(certificate, sizeof certificate, "%s/certificate.pem", directory);
    snprintf(key, sizeof key, "%s/key.pem", directory);
    struct error error;
    bool is_new = false;
    struct net_tls *tls = NULL;
    if (net_certificate_ensure(certificate, key, NULL, &is_new, &error) != STATUS_OK ||
        net_tls_create(certificate, key, &tls, &error) != STATUS_OK)
        fail(&error);
    net_tls_fingerprint(tls, fingerprint);
    printf("fingerprint %s\n", fingerprint);
    return tls;
}

int main(int argc, char **argv)
{
    struct rpc_limits limits;
    rpc_limits_default(&limits);
    for (int at = 2; at < argc; at++) {
        if (!set_limit(&limits, argv[at])) {
            fprintf(stderr, "interop-server: unknown limit %s\n", argv[at]);
            return 2;
        }
    }
    if (argc < 2)
        return 2;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    struct net_tls *tls = make_tls(argv[1]);
    size_t count = test_service_method_count + extra_service_method_count;
    struct rpc_method *methods = calloc(count, sizeof *methods);
    REQUIRE(methods != NULL);
    memcpy(methods, test_service_methods, test_service_method_count * sizeof *methods);
    memcpy(methods + test_service_method_count, extra_service_methods, extra_service_method_count * sizeof *methods);
    int sockets[WORKERS];
    uint16_t port = 0;
    struct error error;
    if (net_listen_sockets("127.0.0.1", 0, WORKERS, sockets, &port, &error) != STATUS_OK)
        fail(&error);
    static struct worker workers[WORKERS];
    for (int at = 0; at < WORKERS; at++)
        start(&workers[at], tls, &limits, methods, count, sockets[at]);
    printf("port %u\n", port);
    fflush(stdout);
    serve(workers, tls, argv[1], &signals);
    for (int at = 0; at < WORKERS; at++) {
        REQUIRE(pthread_join(workers[at].thread, NULL) == 0);
        rpc_server_destroy(workers[at].server);
        REQUIRE(uv_loop_close(&workers[at].loop) == 0);
    }
    free(methods);
    net_tls_destroy(tls);
    return 0;
}
