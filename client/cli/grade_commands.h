// SPDX-License-Identifier: Apache-2.0
// kam grade ...
#ifndef KAM_CLI_GRADE_COMMANDS_H
#define KAM_CLI_GRADE_COMMANDS_H

#include "command.h"

extern const struct command grade_commands[];
extern const size_t grade_command_count;

#endif
