// SPDX-License-Identifier: Apache-2.0
// Every setting of kamd, once: see options.h.
#include "kamd/options.h"

#define KIBIBYTE 1024
#define MEBIBYTE (1024 * 1024)
#define SECOND_MS 1000
#define HOUR_MS (3600 * 1000)

const struct option OPTIONS[OPTION_COUNT] = {
    [OPTION_CONFIG] = {.name = "config", .type = OPTION_TYPE_PATH, .default_text = "", .argument = "FILE",
                       .help = "Configuration file: lines of the form name = value; a # at the start of a line or after a blank begins a comment."},
    [OPTION_DATA] = {.name = "data", .type = OPTION_TYPE_PATH, .default_text = "", .argument = "DIRECTORY",
                     .help = "Where kamd keeps its certificate and, without --database, its private PostgreSQL. "
                             "Default: /var/lib/kam when started as root, else ~/.local/share/kamd."},
    [OPTION_USER] = {.name = "user", .type = OPTION_TYPE_TEXT, .default_text = "", .argument = "NAME",
                     .help = "System user to become when started as root. Default: kam where it exists, else postgres."},
    [OPTION_DATABASE] = {.name = "database", .type = OPTION_TYPE_SECRET, .default_text = "", .argument = "URL",
                         .help = "PostgreSQL connection string of the login role (postgresql://kamd@host/kam). "
                                 "Without it kamd runs a private PostgreSQL of its own."},
    [OPTION_DATABASE_FILE] = {.name = "database-file", .type = OPTION_TYPE_PATH, .default_text = "", .argument = "FILE",
                              .help = "File whose first line is the --database string."},
    [OPTION_DATABASE_OWNER] = {.name = "database-owner", .type = OPTION_TYPE_SECRET, .default_text = "", .argument = "URL",
                               .help = "Connection string of the schema's owner, for migrate and the operator commands; given "
                                       "to serve, migrations run at start."},
    [OPTION_DATABASE_OWNER_FILE] = {.name = "database-owner-file", .type = OPTION_TYPE_PATH, .default_text = "",
                                    .argument = "FILE", .help = "File whose first line is the --database-owner string."},
    [OPTION_ADDRESS] = {.name = "address", .type = OPTION_TYPE_TEXT, .default_text = "*", .argument = "ADDRESS",
                        .help = "Numeric IPv4 or IPv6 address to listen on; * is every address of the machine."},
    [OPTION_PORT] = {.name = "port", .type = OPTION_TYPE_NUMBER, .least = 0, .most = 65535, .default_text = "7443",
                     .argument = "PORT", .help = "TCP port of the gRPC service; 0 picks a free one."},
    [OPTION_METRICS] = {.name = "metrics", .type = OPTION_TYPE_ENDPOINT, .default_text = "127.0.0.1:9443",
                        .argument = "ADDRESS:PORT",
                        .help = "Where /metrics (Prometheus) and /healthz are served, without TLS: keep it on the loopback "
                                "address. Port 0 picks a free one; off turns it off."},
    [OPTION_CERTIFICATE] = {.name = "certificate", .type = OPTION_TYPE_PATH, .default_text = "", .argument = "FILE",
                            .is_reloadable = true,
                            .help = "Certificate chain, PEM. Default: a self-signed one in the data directory, made on first "
                                    "start. The file is read again on SIGHUP."},
    [OPTION_KEY] = {.name = "key", .type = OPTION_TYPE_PATH, .default_text = "", .argument = "FILE", .is_reloadable = true,
                    .help = "Private key of the certificate, PEM."},
    [OPTION_WORKERS] = {.name = "workers", .type = OPTION_TYPE_NUMBER, .least = 0, .most = 256, .default_text = "0",
                        .argument = "N", .help = "Threads that serve calls; 0 is one per processor."},
    [OPTION_DB_CONNECTIONS] = {.name = "db-connections", .type = OPTION_TYPE_NUMBER, .least = 8, .most = 10000,
                               .default_text = "80", .argument = "N",
                               .help = "Connections to PostgreSQL in all, divided over workers and roles and opened as the "
                                       "load asks for them. At least 8 per worker."},
    [OPTION_DB_QUEUE_LENGTH] = {.name = "db-queue-length", .type = OPTION_TYPE_NUMBER, .least = 1, .most = 1000000,
                                .default_text = "1024", .argument = "N",
                                .help = "Calls that may wait for one pool of connections; more are refused with a time to "
                                        "retry."},
    [OPTION_DB_WRITE_DEPTH] = {.name = "db-write-depth", .type = OPTION_TYPE_NUMBER, .least = 1, .most = 64,
                               .default_text = "4", .argument = "N", .help = "Writes in flight on one connection."},
    [OPTION_DB_SHARED_READS] = {.name = "db-shared-reads", .type = OPTION_TYPE_NUMBER, .least = 1, .most = 256,
                                .default_text = "16", .argument = "N",
                                .help = "Reads that may share one transaction."},
    [OPTION_MAX_CONNECTIONS] = {.name = "max-connections", .type = OPTION_TYPE_NUMBER, .least = 1, .most = 1000000,
                                .default_text = "10000", .argument = "N", .help = "Client connections in all."},
    [OPTION_MAX_CONNECTIONS_PER_ADDRESS] = {.name = "max-connections-per-address", .type = OPTION_TYPE_NUMBER, .least = 1,
                                            .most = 1000000, .default_text = "512", .argument = "N",
                                            .help = "Client connections from one address (an IPv6 /64 counts as one)."},
    [OPTION_MAX_STREAMS] = {.name = "max-streams", .type = OPTION_TYPE_NUMBER, .least = 1, .most = 10000,
                            .default_text = "128", .argument = "N", .help = "Calls at once on one connection."},
    [OPTION_MAX_METADATA] = {.name = "max-metadata", .type = OPTION_TYPE_BYTES, .least = KIBIBYTE, .most = MEBIBYTE,
                             .default_text = "8KiB", .argument = "SIZE", .help = "Request headers of one call in all."},
    [OPTION_MAX_MESSAGE] = {.name = "max-message", .type = OPTION_TYPE_BYTES, .least = 64 * KIBIBYTE, .most = 64 * MEBIBYTE,
                            .default_text = "4MiB", .argument = "SIZE", .help = "One request message."},
    [OPTION_HANDSHAKE_TIMEOUT] = {.name = "handshake-timeout", .type = OPTION_TYPE_DURATION, .least = 100,
                                  .most = 10 * 60 * SECOND_MS, .default_text = "10s", .argument = "TIME",
                                  .help = "From accepting a connection to its first HTTP/2 frame."},
    [OPTION_REQUEST_TIMEOUT] = {.name = "request-timeout", .type = OPTION_TYPE_DURATION, .least = 100, .most = HOUR_MS,
                                .default_text = "30s", .argument = "TIME",
                                .help = "How long a request may make no progress before its last byte."},
    [OPTION_IDLE_TIMEOUT] = {.name = "idle-timeout", .type = OPTION_TYPE_DURATION, .least = SECOND_MS,
                             .most = 7LL * 24 * HOUR_MS, .default_text = "1h", .argument = "TIME",
                             .help = "How long a connection without calls is kept."},
    [OPTION_KEEPALIVE] = {.name = "keepalive", .type = OPTION_TYPE_DURATION, .least = SECOND_MS, .most = HOUR_MS,
                          .default_text = "2m", .argument = "TIME", .help = "Silence after which a client is pinged."},
    [OPTION_KEEPALIVE_TIMEOUT] = {.name = "keepalive-timeout", .type = OPTION_TYPE_DURATION, .least = 100, .most = HOUR_MS,
                                  .default_text = "20s", .argument = "TIME",
                                  .help = "How long the client may take to answer that."},
    [OPTION_DRAIN_TIME] = {.name = "drain-time", .type = OPTION_TYPE_DURATION, .least = 0, .most = HOUR_MS,
                           .default_text = "10s", .argument = "TIME",
                           .help = "How long running calls may go on after SIGTERM."},
    [OPTION_LOG_LEVEL] = {.name = "log-level", .type = OPTION_TYPE_CHOICE, .default_text = "info",
                          .choices = "debug|info|warning|error", .argument = "LEVEL", .is_reloadable = true,
                          .help = "Least level that is logged: debug, info, warning or error. Read again on SIGHUP."},
    [OPTION_LOG_FORMAT] = {.name = "log-format", .type = OPTION_TYPE_CHOICE, .default_text = "logfmt",
                           .choices = "logfmt|json", .argument = "FORMAT", .help = "Form of a log line: logfmt or json."},
    [OPTION_READY_FILE] = {.name = "ready-file", .type = OPTION_TYPE_PATH, .default_text = "", .argument = "FILE",
                           .help = "Written once calls are served: \"PORT METRICS_PORT\" (0 when metrics are off)."},
};
