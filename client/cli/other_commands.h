// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_OTHER_COMMANDS_H
#define KAM_CLI_OTHER_COMMANDS_H

#include "command.h"

extern const struct command other_commands[];
extern const size_t other_command_count;

#endif
