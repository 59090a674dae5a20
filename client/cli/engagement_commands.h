// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_ENGAGEMENT_COMMANDS_H
#define KAM_CLI_ENGAGEMENT_COMMANDS_H

#include "command.h"

extern const struct command engagement_commands[];
extern const size_t engagement_command_count;

#endif
