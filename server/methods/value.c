// SPDX-License-Identifier: Apache-2.0
// One value between protobuf-c and PostgreSQL: see value.h.
#include "methods/value.h"

#include <ctype.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "base/uuid.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"

// PostgreSQL counts from 2000-01-01.
static const int64_t EPOCH_DAYS = 10957;
static const int64_t MICROSECONDS = 1000000;

uint32_t value_element_oid(uint32_t oid)
{
    switch (oid) {
    case VALUE_BOOL_ARRAY:
        return VALUE_BOOL;
    case VALUE_BYTEA_ARRAY:
        return VALUE_BYTEA;
    case VALUE_INT2_ARRAY:
        return VALUE_INT2;
    case VALUE_INT4_ARRAY:
        return VALUE_INT4;
    case VALUE_TEXT_ARRAY:
        return VALUE_TEXT;
    case VALUE_INT8_ARRAY:
        return VALUE_INT8;
    case VALUE_FLOAT8_ARRAY:
        return VALUE_FLOAT8;
    case VALUE_DATE_ARRAY:
        return VALUE_DATE;
    case VALUE_TIMESTAMPTZ_ARRAY:
        return VALUE_TIMESTAMPTZ;
    case VALUE_UUID_ARRAY:
        return VALUE_UUID;
    default:
        return 0;
    }
}

// ---- numbers ----

void value_put_int32(void *bytes_r, int32_t number)
{
    uint32_t big = htobe32((uint32_t)number);
    memcpy(bytes_r, &big, sizeof big);
}

void value_put_int64(void *bytes_r, int64_t number)
{
    uint64_t big = htobe64((uint64_t)number);
    memcpy(bytes_r, &big, sizeof big);
}

int32_t value_get_int32(const void *bytes)
{
    uint32_t big;
    memcpy(&big, bytes, sizeof big);
    return (int32_t)be32toh(big);
}

int64_t value_get_int64(const void *bytes)
{
    uint64_t big;
    memcpy(&big, bytes, sizeof big);
    return (int64_t)be64toh(big);
}

// ---- dates: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" ----

static bool is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool value_days_from_date(int32_t year, int32_t month, int32_t day, int64_t *days_r)
{
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    if (day > LENGTHS[month - 1] + (month == 2 && is_leap(year)))
        return false;
    int64_t y = year - (month <= 2);
    int64_t era = y / 400; // y is never negative here
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    *days_r = era * 146097 + day_of_era - 719468;
    return true;
}

void value_date_from_days(int64_t days, int32_t *year_r, int32_t *month_r, int32_t *day_r)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    *day_r = (int32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    *month_r = (int32_t)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year_r = (int32_t)(year_of_era + era * 400 + (*month_r <= 2));
}

// ---- enums ----

// The value 0 is PREFIX_UNSPECIFIED by rule; without it the names have no prefix.
static size_t prefix_length(const ProtobufCEnumDescriptor *descriptor)
{
    static const char SUFFIX[] = "UNSPECIFIED";
    const ProtobufCEnumValue *zero = protobuf_c_enum_descriptor_get_value(descriptor, 0);
    if (zero == NULL)
        return 0;
    size_t length = strlen(zero->name);
    size_t suffix = sizeof SUFFIX - 1;
    return length > suffix && strcmp(zero->name + length - suffix, SUFFIX) == 0 ? length - suffix : 0;
}

const char *value_enum_text(const ProtobufCEnumDescriptor *descriptor, int number, struct arena *arena)
{
    const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
    if (value == NULL)
        return NULL;
    char *text = arena_strdup(arena, value->name + prefix_length(descriptor));
    for (char *at = text; *at != '\0'; at++)
        *at = (char)tolower((unsigned char)*at);
    return text;
}

bool value_enum_number(const ProtobufCEnumDescriptor *descriptor, const char *text, size_t length, int *number_r)
{
    size_t prefix = prefix_length(descriptor);
    for (unsigned at = 0; at < descriptor->n_values; at++) {
        const char *name = descriptor->values[at].name + prefix;
        if (strlen(name) == length && strncasecmp(name, text, length) == 0) {
            *number_r = descriptor->values[at].value;
            return true;
        }
    }
    return false;
}

// ---- to PostgreSQL ----

size_t value_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        return 4;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    }
    require_failed("a known field type", __FILE__, __LINE__);
}

// The number of an integer field, whatever its width.
static int64_t integer_of(const ProtobufCFieldDescriptor *field, const void *member)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return *(const int64_t *)member;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return *(const uint32_t *)member;
    default:
        return *(const int32_t *)member;
    }
}

static struct db_parameter fixed(struct arena *arena, int length, int64_t number)
{
    unsigned char *bytes = arena_alloc(arena, 8);
    if (length == 8)
        value_put_int64(bytes, number);
    else if (length == 4)
        value_put_int32(bytes, (int32_t)number);
    else
        bytes[0] = (unsigned char)number;
    return (struct db_parameter){bytes, length};
}

static struct db_parameter encode_uuid(const char *text, struct arena *arena)
{
    if (text == NULL || *text == '\0')
        return (struct db_parameter){0};
    uint8_t *bytes = arena_alloc(arena, UUID_BYTES);
    REQUIRE(uuid_parse(text, bytes));
    return (struct db_parameter){bytes, UUID_BYTES};
}

// Copied: the batch may outlive the request.
static struct db_parameter encode_text(const char *text, struct arena *arena)
{
    size_t length = text == NULL ? 0 : strlen(text);
    return (struct db_parameter){arena_copy(arena, text, length), (int)length};
}

static struct db_parameter encode_timestamp(const Google__Protobuf__Timestamp *timestamp, struct arena *arena)
{
    if (timestamp == NULL)
        return (struct db_parameter){0};
    return fixed(arena, 8, (timestamp->seconds - EPOCH_DAYS * 86400) * MICROSECONDS + timestamp->nanos / 1000);
}

static struct db_parameter encode_date(const Google__Type__Date *date, struct arena *arena)
{
    if (date == NULL)
        return (struct db_parameter){0};
    int64_t days = 0;
    REQUIRE(value_days_from_date(date->year, date->month, date->day, &days));
    return fixed(arena, 4, days - EPOCH_DAYS);
}

static struct db_parameter encode_mask(const Google__Protobuf__FieldMask *mask, struct arena *arena)
{
    if (mask == NULL)
        return (struct db_parameter){0};
    size_t length = 20;
    for (size_t at = 0; at < mask->n_paths; at++)
        length += 4 + strlen(mask->paths[at]);
    unsigned char *bytes = arena_alloc(arena, length);
    value_put_int32(bytes, mask->n_paths > 0);
    value_put_int32(bytes + 4, 0);
    value_put_int32(bytes + 8, VALUE_TEXT);
    if (mask->n_paths == 0)
        return (struct db_parameter){bytes, 12};
    value_put_int32(bytes + 12, (int32_t)mask->n_paths);
    value_put_int32(bytes + 16, 1);
    unsigned char *to = bytes + 20;
    for (size_t at = 0; at < mask->n_paths; at++) {
        size_t size = strlen(mask->paths[at]);
        value_put_int32(to, (int32_t)size);
        memcpy(to + 4, mask->paths[at], size);
        to += 4 + size;
    }
    return (struct db_parameter){bytes, (int)length};
}

struct db_parameter value_encode(const ProtobufCFieldDescriptor *field, uint32_t oid, const void *member,
                                 struct arena *arena)
{
    switch (oid) {
    case VALUE_UUID:
        return encode_uuid(*(char *const *)member, arena);
    case VALUE_TEXT:
        if (field->type == PROTOBUF_C_TYPE_ENUM) {
            int number = *(const int *)member;
            return number == 0 ? (struct db_parameter){0}
                               : encode_text(value_enum_text(field->descriptor, number, arena), arena);
        }
        return encode_text(*(char *const *)member, arena);
    case VALUE_INT2:
    case VALUE_INT4:
        return fixed(arena, 4, integer_of(field, member));
    case VALUE_INT8:
        return fixed(arena, 8, integer_of(field, member));
    case VALUE_BOOL:
        return fixed(arena, 1, *(const protobuf_c_boolean *)member != 0);
    case VALUE_FLOAT8: {
        int64_t bits;
        memcpy(&bits, member, sizeof bits);
        return fixed(arena, 8, bits);
    }
    case VALUE_BYTEA: {
        const ProtobufCBinaryData *data = member;
        REQUIRE(data->len <= INT32_MAX);
        return (struct db_parameter){arena_copy(arena, data->data, data->len), (int)data->len};
    }
    case VALUE_TIMESTAMPTZ:
        return encode_timestamp(*(Google__Protobuf__Timestamp *const *)member, arena);
    case VALUE_DATE:
        return encode_date(*(Google__Type__Date *const *)member, arena);
    case VALUE_TEXT_ARRAY:
        return encode_mask(*(Google__Protobuf__FieldMask *const *)member, arena);
    default:
        require_failed("a parameter type that sql/compile.py allows", __FILE__, __LINE__);
    }
}

// ---- from PostgreSQL ----

static bool set_integer(const ProtobufCFieldDescriptor *field, int64_t number, void *member_r)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        *(int32_t *)member_r = (int32_t)number;
        return number >= INT32_MIN && number <= INT32_MAX;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        *(uint32_t *)member_r = (uint32_t)number;
        return number >= 0 && number <= UINT32_MAX;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        *(int64_t *)member_r = number;
        return true;
    default:
        return false;
    }
}

static bool decode_text(const ProtobufCFieldDescriptor *field, const char *bytes, size_t length, struct arena *arena,
                        void *member_r)
{
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return value_enum_number(field->descriptor, bytes, length, member_r);
    if (field->type != PROTOBUF_C_TYPE_STRING)
        return false;
    *(char **)member_r = arena_copy(arena, bytes, length);
    return true;
}

static bool decode_uuid(const ProtobufCFieldDescriptor *field, const uint8_t *bytes, int length, struct arena *arena,
                        void *member_r)
{
    if (field->type != PROTOBUF_C_TYPE_STRING || length != UUID_BYTES)
        return false;
    char *text = arena_alloc(arena, UUID_TEXT_BYTES);
    uuid_format(bytes, text);
    *(char **)member_r = text;
    return true;
}

static bool decode_timestamp(const ProtobufCFieldDescriptor *field, int64_t microseconds, struct arena *arena,
                             void *member_r)
{
    if (field->descriptor != &google__protobuf__timestamp__descriptor)
        return false;
    if (microseconds == INT64_MAX || microseconds == INT64_MIN)
        return true;
    Google__Protobuf__Timestamp *timestamp = arena_alloc(arena, sizeof *timestamp);
    google__protobuf__timestamp__init(timestamp);
    int64_t seconds = microseconds / MICROSECONDS;
    int64_t rest = microseconds % MICROSECONDS;
    if (rest < 0) {
        rest += MICROSECONDS;
        seconds--;
    }
    timestamp->seconds = seconds + EPOCH_DAYS * 86400;
    timestamp->nanos = (int32_t)(rest * 1000);
    *(Google__Protobuf__Timestamp **)member_r = timestamp;
    return true;
}

static bool decode_date(const ProtobufCFieldDescriptor *field, int32_t days, struct arena *arena, void *member_r)
{
    if (field->descriptor != &google__type__date__descriptor)
        return false;
    if (days == INT32_MAX || days == INT32_MIN)
        return true;
    Google__Type__Date *date = arena_alloc(arena, sizeof *date);
    google__type__date__init(date);
    value_date_from_days(days + EPOCH_DAYS, &date->year, &date->month, &date->day);
    *(Google__Type__Date **)member_r = date;
    return true;
}

bool value_decode(const ProtobufCFieldDescriptor *field, uint32_t oid, const void *bytes, int length,
                  struct arena *arena, void *member_r)
{
    switch (oid) {
    case VALUE_TEXT:
        return decode_text(field, bytes, (size_t)length, arena, member_r);
    case VALUE_UUID:
        return decode_uuid(field, bytes, length, arena, member_r);
    case VALUE_INT2:
        return length == 2 &&
               set_integer(field, (int16_t)(((const uint8_t *)bytes)[0] << 8 | ((const uint8_t *)bytes)[1]), member_r);
    case VALUE_INT4:
        return length == 4 && set_integer(field, value_get_int32(bytes), member_r);
    case VALUE_INT8:
        return length == 8 && set_integer(field, value_get_int64(bytes), member_r);
    case VALUE_BOOL:
        if (length != 1 || field->type != PROTOBUF_C_TYPE_BOOL)
            return false;
        *(protobuf_c_boolean *)member_r = *(const uint8_t *)bytes != 0;
        return true;
    case VALUE_FLOAT8: {
        if (length != 8 || field->type != PROTOBUF_C_TYPE_DOUBLE)
            return false;
        int64_t bits = value_get_int64(bytes);
        memcpy(member_r, &bits, sizeof bits);
        return true;
    }
    case VALUE_BYTEA: {
        if (field->type != PROTOBUF_C_TYPE_BYTES)
            return false;
        ProtobufCBinaryData *data = member_r;
        data->data = arena_copy(arena, bytes, (size_t)length);
        data->len = (size_t)length;
        return true;
    }
    case VALUE_TIMESTAMPTZ:
        return length == 8 && decode_timestamp(field, value_get_int64(bytes), arena, member_r);
    case VALUE_DATE:
        return length == 4 && decode_date(field, value_get_int32(bytes), arena, member_r);
    default:
        return false;
    }
}

// ---- items of lists inside lists ----

bool value_decode_item(const ProtobufCFieldDescriptor *field, const char *item, size_t length, struct arena *arena,
                       void *member_r)
{
    if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_ENUM)
        return decode_text(field, item, length, arena, member_r);
    char *end = NULL;
    const char *text = arena_copy(arena, item, length);
    int64_t number = strtoll(text, &end, 10);
    return length > 0 && *end == '\0' && set_integer(field, number, member_r);
}

const char *value_encode_item(const ProtobufCFieldDescriptor *field, const void *member, struct arena *arena)
{
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return *(char *const *)member;
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        return value_enum_text(field->descriptor, *(const int *)member, arena);
    return arena_printf(arena, "%" PRId64, integer_of(field, member));
}
