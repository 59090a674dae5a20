// SPDX-License-Identifier: Apache-2.0
// kam rhythm ...
#ifndef KAM_CLI_RHYTHM_COMMANDS_H
#define KAM_CLI_RHYTHM_COMMANDS_H

#include "command.h"

extern const struct command rhythm_commands[];
extern const size_t rhythm_command_count;

#endif
