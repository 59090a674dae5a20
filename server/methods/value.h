// SPDX-License-Identifier: Apache-2.0
// One value between a member of a protobuf-c struct and PostgreSQL's binary format (its *_send and *_recv functions).
//
// docs/methods.md has the table of types. The type oid says which form is meant: a string is text or uuid.
#ifndef KAM_METHODS_VALUE_H
#define KAM_METHODS_VALUE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/pool.h"

// Type oids of PostgreSQL (pg_type.dat), stable for good.
enum value_oid {
    VALUE_BOOL = 16,
    VALUE_BYTEA = 17,
    VALUE_INT8 = 20,
    VALUE_INT2 = 21,
    VALUE_INT4 = 23,
    VALUE_TEXT = 25,
    VALUE_FLOAT8 = 701,
    VALUE_DATE = 1082,
    VALUE_TIMESTAMPTZ = 1184,
    VALUE_UUID = 2950,
    VALUE_BOOL_ARRAY = 1000,
    VALUE_BYTEA_ARRAY = 1001,
    VALUE_INT2_ARRAY = 1005,
    VALUE_INT4_ARRAY = 1007,
    VALUE_TEXT_ARRAY = 1009,
    VALUE_INT8_ARRAY = 1016,
    VALUE_FLOAT8_ARRAY = 1022,
    VALUE_DATE_ARRAY = 1182,
    VALUE_TIMESTAMPTZ_ARRAY = 1185,
    VALUE_UUID_ARRAY = 2951,
};

// The element's type of an array type, 0 for others.
uint32_t value_element_oid(uint32_t oid);

// Days from 1970-01-01 of a date of the proleptic Gregorian calendar; false when there is no such day or the year is
// not 1 to 9999.
bool value_days_from_date(int32_t year, int32_t month, int32_t day, int64_t *days_r);
void value_date_from_days(int64_t days, int32_t *year_r, int32_t *month_r, int32_t *day_r);

// "active" for ACCOUNT_STATUS_ACTIVE: the name without the enum's prefix, lower case. NULL for unknown numbers. In the
// arena.
const char *value_enum_text(const ProtobufCEnumDescriptor *descriptor, int number, struct arena *arena);
// False when no value is called so.
bool value_enum_number(const ProtobufCEnumDescriptor *descriptor, const char *text, size_t length, int *number_r);

// Bytes that one value of the field takes in a struct or a repeated field's array.
size_t value_size(const ProtobufCFieldDescriptor *field);

// member points to one value (of a repeated field: one element). Unset messages, empty UUIDs and unspecified enums give
// SQL NULL. The value must be valid (validate.h); bytes live in the arena.
struct db_parameter value_encode(const ProtobufCFieldDescriptor *field, uint32_t oid, const void *member,
                                 struct arena *arena);

// Sets the member from bytes (never NULL). False when they are no value of the field: an enum's text that the contract
// does not know, or not the binary form of the type. Infinite timestamps and dates leave the member alone.
bool value_decode(const ProtobufCFieldDescriptor *field, uint32_t oid, const void *bytes, int length,
                  struct arena *arena, void *member_r);

// The same for one item written as text, as lists inside lists travel: "decider", "42", a UUID.
bool value_decode_item(const ProtobufCFieldDescriptor *field, const char *item, size_t length, struct arena *arena,
                       void *member_r);
const char *value_encode_item(const ProtobufCFieldDescriptor *field, const void *member, struct arena *arena);

// Big-endian numbers, as the binary formats have them.
void value_put_int32(void *bytes_r, int32_t number);
void value_put_int64(void *bytes_r, int64_t number);
int32_t value_get_int32(const void *bytes);
int64_t value_get_int64(const void *bytes);

#endif
