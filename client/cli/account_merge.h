// SPDX-License-Identifier: Apache-2.0
// kam account merge: shows what a merge would do, asks, and merges.
#ifndef KAM_CLI_ACCOUNT_MERGE_H
#define KAM_CLI_ACCOUNT_MERGE_H

#include "command.h"

extern const struct flag account_merge_flags[];

enum exit_code account_merge_run(struct app *app, struct invocation *invocation);

#endif
