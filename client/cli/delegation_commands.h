// SPDX-License-Identifier: Apache-2.0
// kam delegation ...: who stands in for whom.
#ifndef KAM_CLI_DELEGATION_COMMANDS_H
#define KAM_CLI_DELEGATION_COMMANDS_H

#include "command.h"

extern const struct command delegation_commands[];
extern const size_t delegation_command_count;

#endif
