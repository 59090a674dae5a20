// SPDX-License-Identifier: Apache-2.0
// The files of the embedded cluster, and what is done to them before and after the server runs. Everything here blocks:
// it runs on the thread pool, or in an operator command.
#ifndef KAM_KAMD_EMBEDDED_CLUSTER_H
#define KAM_KAMD_EMBEDDED_CLUSTER_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"

struct embedded_cluster {
    char directory[PATH_MAX / 4];        // DATA/postgresql
    char data[PATH_MAX / 2];             // DATA/postgresql/data
    char log[PATH_MAX / 2];              // what programs print while they start
    char binaries[PATH_MAX / 4];         // where initdb and postgres are
    char socket_directory[PATH_MAX / 2]; // DATA/postgresql/run, or a short one elsewhere
    bool has_foreign_socket_directory;
    unsigned max_connections;
    int lock_file;  // held by the process that runs the server, -1 without
    int users_file; // shared by those who use it
};

// Fills paths; nothing is touched.
enum status embedded_cluster_init(struct embedded_cluster *cluster, const char *directory, unsigned max_connections,
                                  struct error *error) __attribute__((warn_unused_result));

// Releases locks.
void embedded_cluster_finish(struct embedded_cluster *cluster);

// Makes this process the one that runs the server: true, or false when another process does.
enum status embedded_cluster_try_lock(struct embedded_cluster *cluster, bool *is_ours_r, struct error *error)
    __attribute__((warn_unused_result));

// Finds the binaries, makes the cluster if there is none, stops an orphan, writes the settings, makes the socket
// directory. Needs the lock.
enum status embedded_cluster_prepare(struct embedded_cluster *cluster, struct error *error)
    __attribute__((warn_unused_result));

// Waits until the server takes connections, for as long as it runs (a recovery may take its time), and makes database
// and roles where they are missing. has_ended is set by another thread.
enum status embedded_cluster_complete(struct embedded_cluster *cluster, atomic_bool *has_ended, struct error *error)
    __attribute__((warn_unused_result));

// Finds the running server of another process and registers as one of its users; is_joined_r false when that process is
// going away.
enum status embedded_cluster_join(struct embedded_cluster *cluster, bool *is_joined_r, struct error *error)
    __attribute__((warn_unused_result));

// Waits until nobody else uses the server. Needs the lock.
void embedded_cluster_wait_for_users(struct embedded_cluster *cluster);

// Removes what a stopped server leaves.
void embedded_cluster_clean_up(struct embedded_cluster *cluster);

#endif
