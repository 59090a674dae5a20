// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_ACCOUNT_COMMANDS_H
#define KAM_CLI_ACCOUNT_COMMANDS_H

#include "command.h"

extern const struct command account_commands[];
extern const size_t account_command_count;

#endif
