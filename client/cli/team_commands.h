// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_TEAM_COMMANDS_H
#define KAM_CLI_TEAM_COMMANDS_H

#include "command.h"

extern const struct command team_commands[];
extern const size_t team_command_count;

#endif
