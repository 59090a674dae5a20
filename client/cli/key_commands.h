// SPDX-License-Identifier: Apache-2.0
// kam key ...
#ifndef KAM_CLI_KEY_COMMANDS_H
#define KAM_CLI_KEY_COMMANDS_H

#include "command.h"

extern const struct command key_commands[];
extern const size_t key_command_count;

#endif
