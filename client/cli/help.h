// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_HELP_H
#define KAM_CLI_HELP_H

#include "command.h"

// What there is, on one screen: nouns with their verbs.
void help_at_a_glance(struct app *app);

// All commands, one line each; of one noun when words are given.
void help_overview(struct app *app, const char *const words[], size_t count);

// One command: what it does, its arguments and options, examples.
void help_command(struct app *app, const struct command *command);

// "Did you mean ...?" for words that name no command.
void help_suggest_command(struct app *app, const char *const words[], size_t count);

// Options that every command takes.
extern const struct flag global_flags[];

// Those that commands have beside their own: command_find_flag() tells which. NULL at the end.
extern const char *const help_common_flags[];

// How values are written, by the name that options show for them: DATE. NULL at the end.
struct help_value {
    const char *name;
    const char *text;
};
extern const struct help_value help_values[];

// What help says, for the man pages: "kam account show ACCOUNT [--OPTIONS]"; "--status WORD" and what it is.
const char *help_usage(struct app *app, const struct command *command);
const char *help_option_name(struct app *app, const struct option *option);
const char *help_option_text(struct app *app, const struct option *option);
const char *help_flag_name(struct app *app, const struct flag *flag);

// The words that a flag takes, NULL at their end; NULL when it takes others as well.
const char *const *help_words_of_flag(const char *name);

// The field of the request that an argument fills; NULL when there is none.
const ProtobufCFieldDescriptor *help_field_of_argument(struct arena *arena, const struct command *command,
                                                       const struct argument *argument);

#endif
