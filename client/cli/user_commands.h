// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_USER_COMMANDS_H
#define KAM_CLI_USER_COMMANDS_H

#include "command.h"

extern const struct command user_commands[];
extern const size_t user_command_count;

#endif
