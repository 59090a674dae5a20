// SPDX-License-Identifier: Apache-2.0
// Questions, on a terminal only.
#ifndef KAM_CLI_PROMPT_H
#define KAM_CLI_PROMPT_H

#include "app.h"

// One line with editing; NULL at the end of input. In the run's memory.
const char *prompt_line(struct app *app, const char *question);

// Without echo, from the controlling terminal. NULL when there is none or the input ended. Ctrl-C gives the terminal
// back before it ends kam.
const char *prompt_password(struct app *app, const char *question);

// The first line of stdin, for --password-stdin. NULL when it is empty.
const char *prompt_read_stdin_line(struct app *app);

#endif
