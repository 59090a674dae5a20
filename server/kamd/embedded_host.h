// SPDX-License-Identifier: Apache-2.0
// What the embedded cluster needs of the machine: binaries, processes, memory, removing files. Everything blocks.
#ifndef KAM_KAMD_EMBEDDED_HOST_H
#define KAM_KAMD_EMBEDDED_HOST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

// Socket directories made where the data directory's path is too long begin so.
#define EMBEDDED_SOCKET_PREFIX_RUN "/run/kam-socket-"
#define EMBEDDED_SOCKET_PREFIX_TMP "/tmp/kam-socket-"

// The directory with initdb and postgres: of that major version, or the newest one from 15 on when major is 0.
enum status embedded_host_find_binaries(int major, char *directory_r, size_t capacity, struct error *error)
    __attribute__((warn_unused_result));

// The directory with pg_dump and pg_restore for a server of that major version: its own, or else the newest, which must
// not be older.
enum status embedded_host_find_tools(int server_major, char *directory_r, size_t capacity, struct error *error)
    __attribute__((warn_unused_result));

// Runs a program of that directory to its end, its output in the log file.
enum status embedded_host_run(const char *directory, char *arguments[], const char *log, struct error *error)
    __attribute__((warn_unused_result));

// An error made of the text and the end of the log file.
enum status embedded_host_fail_with_log(const char *text, const char *log, struct error *error);

struct embedded_postmaster {
    pid_t process;
    char socket_directory[PATH_MAX / 2];
};

// The server that runs on the data directory, found by its postmaster.pid; false when none does.
bool embedded_host_find_postmaster(const char *data, struct embedded_postmaster *postmaster_r);

// Ends a server that a killed kamd left behind, and removes its socket directory if it was a foreign one.
enum status embedded_host_stop_orphan(const char *data, struct error *error) __attribute__((warn_unused_result));

// Makes the lock files of a server that was killed harmless. No server must run on the data directory.
enum status embedded_host_disown_pid_file(const char *data, const char *socket_directory, struct error *error)
    __attribute__((warn_unused_result));

// Of the machine, or of the container where that has less.
long embedded_host_memory_megabytes(void);

// Removes a directory with everything in it; it need not exist.
enum status embedded_host_remove_tree(const char *path, struct error *error) __attribute__((warn_unused_result));

// A libpq connection string, its values quoted.
void embedded_host_conninfo(const char *socket_directory, const char *user, const char *database, char *conninfo_r,
                            size_t capacity);

#endif
