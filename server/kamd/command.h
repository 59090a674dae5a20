// SPDX-License-Identifier: Apache-2.0
// The commands of kamd: one entry each, listed in main.c.
#ifndef KAM_KAMD_COMMAND_H
#define KAM_KAMD_COMMAND_H

#include <stddef.h>

#include "kamd/arguments.h"
#include "kamd/options.h"

// What a process of kamd ends with.
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct command {
    const char *name; // "user add"
    const char *help; // one line
    const struct argument *arguments;
    size_t argument_count;
    // values has one entry per argument. Returns the exit code.
    int (*run)(struct options *options, const char *const *values);
};

extern const struct command COMMAND_SERVE;
extern const struct command COMMAND_MIGRATE;
extern const struct command COMMAND_USER_ADD;
extern const struct command COMMAND_USER_PASSWD;
extern const struct command COMMAND_USER_DISABLE;
extern const struct command COMMAND_USER_ENABLE;
extern const struct command COMMAND_USER_LIST;
extern const struct command COMMAND_TEAM_ADD;
extern const struct command COMMAND_TEAM_LIST;
extern const struct command COMMAND_COMPANY;
extern const struct command COMMAND_BACKUP;
extern const struct command COMMAND_RESTORE;
extern const struct command COMMAND_CHECK;
extern const struct command COMMAND_HEALTH;
extern const struct command COMMAND_CONFIG;
extern const struct command COMMAND_CERT;

// "kamd: TEXT" on stderr; returns EXIT_USAGE for INVALID_ARGUMENT, else EXIT_FAILED.
int command_fail(const struct error *error);

#endif
