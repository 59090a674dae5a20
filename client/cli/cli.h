// SPDX-License-Identifier: Apache-2.0
// The command line: which command, its words and its options.
#ifndef KAM_CLI_CLI_H
#define KAM_CLI_CLI_H

#include "command.h"

// Takes the command line apart. Prints what is wrong with it. command NULL with EXIT_OK: help was printed already.
enum exit_code cli_parse(struct app *app, int count, char *const arguments[], struct invocation *invocation_r);

#endif
