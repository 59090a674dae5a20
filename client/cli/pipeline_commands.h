// SPDX-License-Identifier: Apache-2.0
// kam pipeline ...
#ifndef KAM_CLI_PIPELINE_COMMANDS_H
#define KAM_CLI_PIPELINE_COMMANDS_H

#include "command.h"

extern const struct command pipeline_commands[];
extern const size_t pipeline_command_count;

#endif
