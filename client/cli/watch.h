// SPDX-License-Identifier: Apache-2.0
// kam watch: what changes within reach, as it happens.
#ifndef KAM_CLI_WATCH_H
#define KAM_CLI_WATCH_H

#include "command.h"

enum exit_code watch_run(struct app *app, struct invocation *invocation);

#endif
