// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_OBJECTION_COMMANDS_H
#define KAM_CLI_OBJECTION_COMMANDS_H

#include "command.h"

extern const struct command objection_commands[];
extern const size_t objection_command_count;

#endif
