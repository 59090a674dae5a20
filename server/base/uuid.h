// SPDX-License-Identifier: Apache-2.0
// UUIDs (RFC 9562): version 7 for everything we name, text form for the wire.
#ifndef KAM_BASE_UUID_H
#define KAM_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { UUID_BYTES = 16, UUID_TEXT_BYTES = 37 };

// A new version 7 UUID: milliseconds since 1970, then 74 random bits.
void uuid_make(uint8_t uuid_r[UUID_BYTES]);

// Lower-case text with dashes, NUL-terminated.
void uuid_format(const uint8_t uuid[UUID_BYTES], char text_r[UUID_TEXT_BYTES]);

// Accepts the 36-character form in either case only. False leaves uuid_r alone.
bool uuid_parse(const char *text, uint8_t uuid_r[UUID_BYTES]);

#endif
