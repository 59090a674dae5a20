// SPDX-License-Identifier: Apache-2.0
// kam history: who changed a record, when, from what to what.
#ifndef KAM_CLI_HISTORY_H
#define KAM_CLI_HISTORY_H

#include "command.h"
#include "kam/v1/history.pb-c.h"

enum exit_code history_run(struct app *app, struct invocation *invocation);

// What people call the records of a table of the change log; the table's name where there is no word for it.
const char *history_entity_name(const char *entity);

// "added", "changed", "removed", in the user's language.
const char *history_verb(Kam__V1__Operation operation);

#endif
