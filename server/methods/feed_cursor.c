// SPDX-License-Identifier: Apache-2.0
// Places in the change log: see feed_cursor.h.
#include "methods/feed_cursor.h"

#include <sodium.h>
#include <string.h>

#include "methods/value.h"

enum { NUMBER_BYTES = 8, CURSOR_BYTES = UUID_BYTES + 2 * NUMBER_BYTES };

int feed_place_compare(const struct feed_place *one, const struct feed_place *other)
{
    if (one->xid != other->xid)
        return one->xid < other->xid ? -1 : 1;
    return (one->sequence > other->sequence) - (one->sequence < other->sequence);
}

struct feed_place feed_place_later(const struct feed_place *one, const struct feed_place *other)
{
    return feed_place_compare(one, other) < 0 ? *other : *one;
}

bool feed_cursor_read(const char *text, struct feed_cursor *cursor_r)
{
    uint8_t bytes[CURSOR_BYTES];
    size_t length = 0;
    if (sodium_base642bin(bytes, sizeof bytes, text, strlen(text), NULL, &length, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        length != sizeof bytes)
        return false;
    struct feed_place place = {.xid = value_get_int64(bytes + UUID_BYTES),
                               .sequence = value_get_int64(bytes + UUID_BYTES + NUMBER_BYTES)};
    if (place.xid < 0 || place.sequence < 0)
        return false;
    memcpy(cursor_r->epoch, bytes, UUID_BYTES);
    cursor_r->place = place;
    return true;
}
