// SPDX-License-Identifier: Apache-2.0
// Field values as text: see text.h.
#include "methods/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/require.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "methods/path.h"
#include "methods/value.h"

static const int64_t DAY_SECONDS = 86400;

static const char *timestamp_text(const Google__Protobuf__Timestamp *timestamp, struct arena *arena)
{
    int64_t days = timestamp->seconds / DAY_SECONDS;
    int64_t rest = timestamp->seconds % DAY_SECONDS;
    if (rest < 0) {
        rest += DAY_SECONDS;
        days--;
    }
    int32_t year = 0, month = 0, day = 0;
    value_date_from_days(days, &year, &month, &day);
    char fraction[16] = "";
    if (timestamp->nanos % 1000000 == 0 && timestamp->nanos != 0)
        snprintf(fraction, sizeof fraction, ".%03" PRId32, timestamp->nanos / 1000000);
    else if (timestamp->nanos != 0)
        snprintf(fraction, sizeof fraction, ".%06" PRId32, timestamp->nanos / 1000);
    return arena_printf(arena, "%04" PRId32 "-%02" PRId32 "-%02" PRId32 "T%02d:%02d:%02d%sZ", year, month, day,
                        (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60), fraction);
}

static json_t *message_json(const ProtobufCMessage *message, struct arena *arena);

// Text of a scalar, or NULL for a message that has no text form of its own.
static const char *scalar_text(const ProtobufCFieldDescriptor *field, const void *member, struct arena *arena)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)member;
        return text == NULL ? "" : text;
    }
    case PROTOBUF_C_TYPE_ENUM: {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(field->descriptor, *(const int *)member);
        return value == NULL ? arena_printf(arena, "%d", *(const int *)member) : value->name;
    }
    case PROTOBUF_C_TYPE_BOOL:
        return *(const protobuf_c_boolean *)member ? "true" : "false";
    case PROTOBUF_C_TYPE_DOUBLE:
        return arena_printf(arena, "%.17g", *(const double *)member);
    case PROTOBUF_C_TYPE_FLOAT:
        return arena_printf(arena, "%.9g", (double)*(const float *)member);
    case PROTOBUF_C_TYPE_BYTES:
        return arena_printf(arena, "%zu bytes", ((const ProtobufCBinaryData *)member)->len);
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *message = *(ProtobufCMessage *const *)member;
        if (message->descriptor == &google__protobuf__timestamp__descriptor)
            return timestamp_text((const Google__Protobuf__Timestamp *)message, arena);
        if (message->descriptor == &google__type__date__descriptor) {
            const Google__Type__Date *date = (const Google__Type__Date *)message;
            return arena_printf(arena, "%04" PRId32 "-%02" PRId32 "-%02" PRId32, date->year, date->month, date->day);
        }
        return NULL;
    }
    default:
        return value_encode_item(field, member, arena);
    }
}

static json_t *value_json(const ProtobufCFieldDescriptor *field, const void *member, struct arena *arena)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)member);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)member);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)member);
    default: {
        const char *text = scalar_text(field, member, arena);
        return text != NULL ? json_string(text) : message_json(*(ProtobufCMessage *const *)member, arena);
    }
    }
}

static json_t *list_json(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena)
{
    json_t *list = json_array();
    const char *items = *(char **)path_member(message, field);
    for (size_t at = 0; at < path_count(message, field); at++)
        json_array_append_new(list, value_json(field, items + at * value_size(field), arena));
    return list;
}

// "minorUnits" for minor_units.
static const char *json_name(const char *name, struct arena *arena)
{
    char *text = arena_strdup(arena, name);
    char *to = text;
    for (const char *at = name; *at != '\0'; at++)
        *to++ = *at == '_' && at[1] != '\0' ? (char)toupper((unsigned char)*++at) : *at;
    *to = '\0';
    return text;
}

static json_t *message_json(const ProtobufCMessage *message, struct arena *arena)
{
    json_t *object = json_object();
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    for (unsigned at = 0; at < descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[at];
        if (!path_is_present(message, field))
            continue;
        json_t *value = field->label == PROTOBUF_C_LABEL_REPEATED
                            ? list_json(message, field, arena)
                            : value_json(field, path_member(message, field), arena);
        json_object_set_new(object, json_name(field->name, arena), value);
    }
    return object;
}

const char *text_of_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena)
{
    if (!path_is_present(message, field))
        return "";
    bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
    const char *text = is_list ? NULL : scalar_text(field, path_member(message, field), arena);
    if (text != NULL)
        return text;
    json_t *json = is_list ? list_json(message, field, arena)
                           : message_json(*(ProtobufCMessage **)path_member(message, field), arena);
    char *dumped = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    REQUIRE(dumped != NULL);
    const char *copy = arena_strdup(arena, dumped);
    free(dumped);
    return copy;
}
