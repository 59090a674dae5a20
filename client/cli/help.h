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

// The words that a flag takes, NULL at their end; NULL when it takes others as well.
const char *const *help_words_of_flag(const char *name);

// The field of the request that an argument fills; NULL when there is none.
const ProtobufCFieldDescriptor *help_field_of_argument(struct arena *arena, const struct command *command,
                                                       const struct argument *argument);

#endif
