// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_IDEA_COMMANDS_H
#define KAM_CLI_IDEA_COMMANDS_H

#include "command.h"

extern const struct command idea_commands[];
extern const size_t idea_command_count;

#endif
