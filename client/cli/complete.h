// SPDX-License-Identifier: Apache-2.0
// What may follow on a command line that is being typed, for the shells' completion.
#ifndef KAM_CLI_COMPLETE_H
#define KAM_CLI_COMPLETE_H

#include "command.h"

// The scripts of client/completion.
extern const char completion_bash[];
extern const char completion_zsh[];

extern const struct command completion_commands[];
extern const size_t completion_command_count;

// kam __complete SHELL WORD...: the words after "kam", the last of which is being typed and may be empty. Prints a line
// for each word that may stand in its place: for bash quoted as the shell has to find it, for zsh the word, a tab, and
// what it means. ":files" alone: names of files. Silent when there is nothing to say, also when the server is not
// reached within a second.
enum exit_code complete_run(struct app *app, int count, char *const words[]);

#endif
