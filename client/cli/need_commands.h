// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_NEED_COMMANDS_H
#define KAM_CLI_NEED_COMMANDS_H

#include "command.h"

extern const struct command need_commands[];
extern const size_t need_command_count;

#endif
