// SPDX-License-Identifier: Apache-2.0
// What would satisfy a criterion, in the user's words, and the command to type for it.
#ifndef KAM_CLI_CHECK_WANTED_H
#define KAM_CLI_CHECK_WANTED_H

#include "app.h"
#include "kam/v1/process.pb-c.h"

// Clean. "" where the criterion is met.
const char *check_wanted_text(struct app *app, const Kam__V1__CriterionCheck *criterion);

// "kam activity log K-000123 sample SUBJECT", clean; NULL where no one command does it.
const char *check_wanted_command(struct app *app, const Kam__V1__OpportunityCheck *check,
                                 const Kam__V1__CriterionCheck *criterion);

#endif
