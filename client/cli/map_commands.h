// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_MAP_COMMANDS_H
#define KAM_CLI_MAP_COMMANDS_H

#include "command.h"

extern const struct command map_commands[];
extern const size_t map_command_count;

#endif
