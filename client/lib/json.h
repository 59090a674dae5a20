// SPDX-License-Identifier: Apache-2.0
// protobuf's JSON mapping over jansson values, for callers that compose documents of several messages.
#ifndef KAM_CLIENT_JSON_H
#define KAM_CLIENT_JSON_H

#include <jansson.h>

#include "kam.h"

// A new reference, never NULL. Bytes of texts that are not UTF-8 become U+FFFD.
json_t *json_from_message(const ProtobufCMessage *message);

// NULL and error_r (INVALID_ARGUMENT, BAD_JSON, one violation whose field is the path) when the value does not fit.
ProtobufCMessage *json_to_message(const json_t *value, const ProtobufCMessageDescriptor *descriptor,
                                  struct kam_error *error_r);

// "2026-11-21T06:30:00.5Z" to seconds and nanoseconds since 1970 and back (RFC 3339).
bool json_parse_timestamp(const char *text, int64_t *seconds_r, int32_t *nanos_r);
enum { JSON_TIMESTAMP_BYTES = 40 };
void json_format_timestamp(int64_t seconds, int32_t nanos, char text_r[JSON_TIMESTAMP_BYTES]);

// Days since 1970-01-01 of a day of the Gregorian calendar.
int64_t json_days_of_date(int64_t year, int month, int day);
bool json_is_date(int64_t year, int month, int day);

// The name of a field in JSON: "displayName". text_r has room for the name and a NUL.
void json_field_name(const char *name, char *text_r);

#endif
