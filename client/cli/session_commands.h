// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_SESSION_COMMANDS_H
#define KAM_CLI_SESSION_COMMANDS_H

#include "command.h"

extern const struct command session_commands[];
extern const size_t session_command_count;

#endif
