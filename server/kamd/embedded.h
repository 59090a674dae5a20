// SPDX-License-Identifier: Apache-2.0
// The embedded default: a private PostgreSQL cluster in kamd's data directory, reached through a Unix socket that only
// kamd's operating system user can open, supervised by kamd and stopped with it.
//
// The process must not be root (system_enter() comes first): PostgreSQL refuses to run as root.
#ifndef KAM_KAMD_EMBEDDED_H
#define KAM_KAMD_EMBEDDED_H

#include <uv.h>

#include "base/error.h"

struct embedded;

struct embedded_options {
    const char *directory;    // kamd's data directory, there already; the cluster is in its subdirectory "postgresql"
    unsigned max_connections; // what the pools open at most; some are added for operators
};

// ---- for the server, on its loop ----

// Makes the cluster where there is none, stops what a killed kamd left running, starts PostgreSQL, makes the database
// and its two roles. on_ready fires once, later: error NULL when it serves, otherwise why it cannot; embedded_stop() is
// due in both cases. After that a PostgreSQL that dies is started again, with a growing delay, without telling.
struct embedded *embedded_start(uv_loop_t *loop, const struct embedded_options *options,
                                void (*on_ready)(void *data, const struct error *error), void *data);

// Shuts PostgreSQL down (fast: transactions are rolled back, everything committed is on disk) and frees. on_stopped
// fires once, later; on_ready will not.
void embedded_stop(struct embedded *embedded, void (*on_stopped)(void *data), void *data);

// libpq connection strings, valid once on_ready said so, as long as the object: the schema's owner, and what the pools
// log in as.
const char *embedded_owner_conninfo(const struct embedded *embedded);
const char *embedded_login_conninfo(const struct embedded *embedded);

// ---- for operator commands, blocking ----

// Starts it for this command, or joins the one of a kamd that runs.
enum status embedded_open(const struct embedded_options *options, struct embedded **embedded_r, struct error *error)
    __attribute__((warn_unused_result));

// Stops it if this process started it, after the other commands that joined are done.
void embedded_close(struct embedded *embedded);

#endif
