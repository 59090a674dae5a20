// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_CONTACT_COMMANDS_H
#define KAM_CLI_CONTACT_COMMANDS_H

#include "command.h"

extern const struct command contact_commands[];
extern const size_t contact_command_count;

#endif
