// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_ACTIVITY_COMMANDS_H
#define KAM_CLI_ACTIVITY_COMMANDS_H

#include "command.h"

extern const struct command activity_commands[];
extern const size_t activity_command_count;

#endif
