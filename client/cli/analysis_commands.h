// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_ANALYSIS_COMMANDS_H
#define KAM_CLI_ANALYSIS_COMMANDS_H

#include "command.h"

extern const struct command analysis_commands[];
extern const size_t analysis_command_count;

#endif
