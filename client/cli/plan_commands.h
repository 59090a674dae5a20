// SPDX-License-Identifier: Apache-2.0
// kam plan ..., kam route ...
#ifndef KAM_CLI_PLAN_COMMANDS_H
#define KAM_CLI_PLAN_COMMANDS_H

#include "command.h"

extern const struct command plan_commands[];
extern const size_t plan_command_count;

#endif
