// SPDX-License-Identifier: Apache-2.0
// Short ids: lists show the last eight digits of an id, and the next command understands them. $KAM_HOME/recent keeps
// the ids that were shown last; it holds ids only, nothing of what the records say.
#ifndef KAM_CLI_RECENT_H
#define KAM_CLI_RECENT_H

#include "app.h"

enum { SHORT_ID_CHARACTERS = 8 };

// The part of an id that lists show; borrowed from it.
const char *recent_short_id(const char *id);

// Remembers ids that were shown.
void recent_remember(struct app *app, const char *const ids[], size_t count);

// The id that ends in this text, copied; false when it is none, or not the only one.
bool recent_find(struct app *app, const char *text, char id_r[KAM_UUID_TEXT_BYTES]);

#endif
