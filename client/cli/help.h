// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_HELP_H
#define KAM_CLI_HELP_H

#include "command.h"

// All commands, one line each; of one noun when words are given.
void help_overview(struct app *app, const char *const words[], size_t count);

// One command: what it does, its arguments and options, examples.
void help_command(struct app *app, const struct command *command);

// "Did you mean ...?" for words that name no command.
void help_suggest_command(struct app *app, const char *const words[], size_t count);

// Options that every command takes.
extern const struct flag global_flags[];

#endif
