// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_OVERVIEW_COMMANDS_H
#define KAM_CLI_OVERVIEW_COMMANDS_H

#include "command.h"

extern const struct command overview_commands[];
extern const size_t overview_command_count;

// kam account show: one call.
enum exit_code overview_show_account(struct app *app, struct invocation *invocation);

// One line after login: how much is overdue and due. Nothing when the server does not say.
void overview_print_summary(struct app *app);

#endif
