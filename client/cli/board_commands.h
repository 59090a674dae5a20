// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_BOARD_COMMANDS_H
#define KAM_CLI_BOARD_COMMANDS_H

#include "command.h"

extern const struct command board_commands[];
extern const size_t board_command_count;

#endif
