// SPDX-License-Identifier: Apache-2.0
// The page of an opportunity: where it stands, the money, who is in it on both sides, against whom, and the proposal.
#ifndef KAM_CLI_OPPORTUNITY_PAGE_H
#define KAM_CLI_OPPORTUNITY_PAGE_H

#include "command.h"

// kam opportunity show.
enum exit_code opportunity_show(struct app *app, struct invocation *invocation);

#endif
