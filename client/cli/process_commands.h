// SPDX-License-Identifier: Apache-2.0
// kam opportunity advance|back|verdict|waive|progress, and kam approval ...: how opportunities move.
#ifndef KAM_CLI_PROCESS_COMMANDS_H
#define KAM_CLI_PROCESS_COMMANDS_H

#include "command.h"
#include "kam/v1/advancement.pb-c.h"

extern const struct command advancement_commands[];
extern const size_t advancement_command_count;
extern const struct command approval_commands[];
extern const size_t approval_command_count;

// Requests as rows, for the page of the day. Their short ids are remembered.
void process_print_approvals(struct app *app, const char *title, Kam__V1__Advancement *const *rows, size_t count);

// "O-000123 Line 2: Target > Information"; "" where the caller may not read the opportunity any more.
const char *process_name_request(struct app *app, const Kam__V1__Advancement *one);

#endif
