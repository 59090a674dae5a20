// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_EXPORT_H
#define KAM_CLI_EXPORT_H

#include "command.h"

extern const struct command export_commands[];
extern const size_t export_command_count;

// kam contact vcard CONTACT...
enum exit_code export_vcards(struct app *app, struct invocation *invocation);

#endif
