// SPDX-License-Identifier: Apache-2.0
// What a server refuses with, in the user's language. The table of reasons and texts is made by the build from the
// server's own sources (client/po/reasons.py), so that a new reason needs its Chinese and nothing else.
#ifndef KAM_CLI_REASON_H
#define KAM_CLI_REASON_H

#include "base/arena.h"
#include "kam.h"

struct reason_text {
    const char *reason; // "" where a text belongs to none
    const char *text;   // with places for values: "must have at most {limit} bytes"
};

extern const struct reason_text reason_texts[];
extern const size_t reason_text_count;

// The text of an error, or of one of its details, in the user's language. The values are those of the error whose names
// begin with prefix ("violations_0_"). A text that this client does not know is said by its reason, when that has one
// text that takes these values. NULL when there is nothing to say it with: `english` is what the server said.
const char *reason_translate(struct arena *arena, const struct kam_error *error, const char *prefix, const char *reason,
                             const char *english);

// What a reason says, with these values, in the user's language. NULL when this client does not know it, or a value is
// missing.
const char *reason_say(struct arena *arena, const char *reason, const struct kam_value values[], size_t count);

#endif
