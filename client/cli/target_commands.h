// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_TARGET_COMMANDS_H
#define KAM_CLI_TARGET_COMMANDS_H

#include "command.h"

extern const struct command target_commands[];
extern const size_t target_command_count;

#endif
