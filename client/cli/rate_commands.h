// SPDX-License-Identifier: Apache-2.0
// kam rate ...
#ifndef KAM_CLI_RATE_COMMANDS_H
#define KAM_CLI_RATE_COMMANDS_H

#include "command.h"

extern const struct command rate_commands[];
extern const size_t rate_command_count;

#endif
