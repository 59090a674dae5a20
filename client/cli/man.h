// SPDX-License-Identifier: Apache-2.0
// The man pages of kam, in the user's language: kam(1), and one page for each first word of a command.
#ifndef KAM_CLI_MAN_H
#define KAM_CLI_MAN_H

#include "app.h"

// Writes them into a directory that exists, dated 2026-01-31. Prints what went wrong.
enum exit_code man_write(struct app *app, const char *directory, const char *date);

#endif
