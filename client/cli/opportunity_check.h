// SPDX-License-Identifier: Apache-2.0
#ifndef KAM_CLI_OPPORTUNITY_CHECK_H
#define KAM_CLI_OPPORTUNITY_CHECK_H

#include "command.h"
#include "kam/v1/process.pb-c.h"

// The command. EXIT_UNMET unless each criterion is met or waived.
enum exit_code opportunity_check(struct app *app, struct invocation *invocation);

// Asks for them and prints them as below; an error is printed too.
void opportunity_show_check(struct app *app, const char *id);

// The criteria of the stage as a list: what is shown and by which record, what is not and how it would be.
void opportunity_print_check(struct app *app, const Kam__V1__OpportunityCheck *check);

#endif
