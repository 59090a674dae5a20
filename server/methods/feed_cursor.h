// SPDX-License-Identifier: Apache-2.0
// Places in the change log, and how clients are given them: base64url of the log's epoch (16 bytes), transaction and
// sequence (8 bytes each, big-endian). A cursor holds no right: who reads on from it sees what they may see.
#ifndef KAM_METHODS_FEED_CURSOR_H
#define KAM_METHODS_FEED_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

// After this entry of the log.
struct feed_place {
    int64_t xid, sequence;
};

struct feed_cursor {
    uint8_t epoch[UUID_BYTES];
    struct feed_place place;
};

// Less than 0 when one is before the other, 0 when they are the same.
int feed_place_compare(const struct feed_place *one, const struct feed_place *other);

// Whichever is further on.
struct feed_place feed_place_later(const struct feed_place *one, const struct feed_place *other);

// False when the text is no cursor.
bool feed_cursor_read(const char *text, struct feed_cursor *cursor_r);

#endif
