// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_IMPORT_COMMANDS_H
#define KAM_CLI_IMPORT_COMMANDS_H

#include "command.h"

extern const struct command import_commands[];
extern const size_t import_command_count;

#endif
