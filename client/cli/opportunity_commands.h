// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_OPPORTUNITY_COMMANDS_H
#define KAM_CLI_OPPORTUNITY_COMMANDS_H

#include "command.h"

extern const struct command opportunity_commands[];
extern const size_t opportunity_command_count;

#endif
