// SPDX-License-Identifier: Apache-2.0
// kam assess ... and kam model ...
#ifndef KAM_CLI_ASSESS_COMMANDS_H
#define KAM_CLI_ASSESS_COMMANDS_H

#include "command.h"

extern const struct command assess_commands[];
extern const size_t assess_command_count;

#endif
