// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_ARCHIVE_COMMANDS_H
#define KAM_CLI_ARCHIVE_COMMANDS_H

#include "command.h"

extern const struct command archive_commands[];
extern const size_t archive_command_count;

#endif
