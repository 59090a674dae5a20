// SPDX-License-Identifier: Apache-2.0
// Messages to JSON.
#include <inttypes.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/require.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "json.h"
#include "message.h"

enum { NAME_BYTES = 256 };

// A text as JSON; each byte that is not UTF-8 becomes U+FFFD, because a document must stay readable.
static json_t *text_value(const char *text)
{
    json_t *value = json_string(text);
    if (value != NULL)
        return value;
    size_t length = strlen(text), used = 0;
    char *clean = malloc(3 * length + 1);
    REQUIRE(clean != NULL);
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t size =
            utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(length - at), &point);
        const char *source = size > 0 ? text + at : "\xef\xbf\xbd";
        size_t count = size > 0 ? (size_t)size : 3;
        memcpy(clean + used, source, count);
        used += count;
        at += size > 0 ? (size_t)size : 1;
    }
    value = json_stringn(clean, used);
    free(clean);
    REQUIRE(value != NULL);
    return value;
}

static json_t *bytes_value(const ProtobufCBinaryData *bytes)
{
    char *text = malloc(bytes->len / 3 * 4 + 8);
    REQUIRE(text != NULL && bytes->len < INT32_MAX / 2);
    int length = EVP_EncodeBlock((unsigned char *)text, bytes->data, (int)bytes->len);
    json_t *value = json_stringn(text, (size_t)length);
    free(text);
    return value;
}

static json_t *number_as_text(const char *format, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof text, format[0] == 'd' ? "%" PRId64 : "%" PRIu64, number);
    return json_string(text);
}

static json_t *real_value(double number)
{
    if (isnan(number))
        return json_string("NaN");
    if (isinf(number))
        return json_string(number > 0 ? "Infinity" : "-Infinity");
    return json_real(number);
}

static json_t *enum_value(const ProtobufCEnumDescriptor *descriptor, int number)
{
    const ProtobufCEnumValue *value = message_enum_by_number(descriptor, number);
    return value != NULL ? json_string(value->name) : json_integer(number);
}

static json_t *duration_value(const Google__Protobuf__Duration *duration)
{
    char text[48];
    bool is_negative = duration->seconds < 0 || duration->nanos < 0;
    uint64_t seconds = duration->seconds < 0 ? 0 - (uint64_t)duration->seconds : (uint64_t)duration->seconds;
    int64_t nanos = duration->nanos < 0 ? -(int64_t)duration->nanos : duration->nanos;
    snprintf(text, sizeof text, nanos == 0 ? "%s%" PRIu64 "s" : "%s%" PRIu64 ".%09" PRId64 "s", is_negative ? "-" : "",
             seconds, nanos);
    return json_string(text);
}

static json_t *mask_value(const Google__Protobuf__FieldMask *mask)
{
    size_t length = 1, used = 0;
    for (size_t at = 0; at < mask->n_paths; at++)
        length += strlen(mask->paths[at]) + 1;
    char *text = malloc(length);
    REQUIRE(text != NULL);
    text[0] = '\0';
    for (size_t at = 0; at < mask->n_paths; at++) {
        if (at > 0)
            text[used++] = ',';
        json_field_name(mask->paths[at], text + used);
        used += strlen(text + used);
    }
    json_t *value = text_value(text);
    free(text);
    return value;
}

// Types of the contract are shown; others as their bytes.
static json_t *any_value(const Google__Protobuf__Any *any)
{
    const char *name = strrchr(any->type_url, '/');
    const ProtobufCMessageDescriptor *descriptor = message_type_by_name(name == NULL ? any->type_url : name + 1);
    // An Any in an Any would let a peer choose the depth.
    bool is_nested = descriptor == &google__protobuf__any__descriptor;
    ProtobufCMessage *message = descriptor == NULL || is_nested
                                    ? NULL
                                    : protobuf_c_message_unpack(descriptor, NULL, any->value.len, any->value.data);
    json_t *value = message == NULL ? NULL : json_from_message(message);
    json_t *object = json_object();
    json_object_set_new(object, "@type", text_value(any->type_url));
    if (json_is_object(value))
        json_object_update(object, value);
    else
        json_object_set_new(object, "value", value != NULL ? json_incref(value) : bytes_value(&any->value));
    json_decref(value);
    kam_message_free(message);
    return object;
}

static json_t *element_value(const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)value);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return json_integer(*(const uint32_t *)value);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return number_as_text("d", *(const uint64_t *)value);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return number_as_text("u", *(const uint64_t *)value);
    case PROTOBUF_C_TYPE_FLOAT:
        return real_value((double)*(const float *)value);
    case PROTOBUF_C_TYPE_DOUBLE:
        return real_value(*(const double *)value);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)value);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_value(field->descriptor, *(const int *)value);
    case PROTOBUF_C_TYPE_STRING:
        return text_value(*(char *const *)value);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_value(value);
    case PROTOBUF_C_TYPE_MESSAGE:
        return json_from_message(*(ProtobufCMessage *const *)value);
    }
    return json_null();
}

// protobuf-c shows a map as repeated entries of a nested message NameEntry {key = 1, value = 2}.
static bool is_map_entry(const ProtobufCFieldDescriptor *field)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label != PROTOBUF_C_LABEL_REPEATED)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    size_t length = strlen(entry->name);
    return length > 5 && strcmp(entry->name + length - 5, "Entry") == 0 && entry->n_fields == 2 &&
           strcmp(entry->fields[0].name, "key") == 0 && entry->fields[0].type == PROTOBUF_C_TYPE_STRING &&
           strcmp(entry->fields[1].name, "value") == 0;
}

static json_t *field_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return element_value(field, message_value(message, field, 0));
    bool is_map = is_map_entry(field);
    json_t *all = is_map ? json_object() : json_array();
    for (size_t at = 0; at < message_count(message, field); at++) {
        const void *value = message_value(message, field, at);
        if (is_map) {
            const ProtobufCMessage *entry = *(ProtobufCMessage *const *)value;
            json_t *shown =
                element_value(&entry->descriptor->fields[1], message_value(entry, &entry->descriptor->fields[1], 0));
            if (json_object_set_new(all, message_text(entry, "key"), shown) != 0)
                continue; // a key that is not UTF-8
        } else {
            json_array_append_new(all, element_value(field, value));
        }
    }
    return all;
}

json_t *json_from_message(const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    if (descriptor == &google__protobuf__timestamp__descriptor) {
        const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
        char text[JSON_TIMESTAMP_BYTES];
        json_format_timestamp(time->seconds, time->nanos, text);
        return json_string(text);
    }
    if (descriptor == &google__protobuf__duration__descriptor)
        return duration_value((const Google__Protobuf__Duration *)message);
    if (descriptor == &google__protobuf__field_mask__descriptor)
        return mask_value((const Google__Protobuf__FieldMask *)message);
    if (descriptor == &google__protobuf__any__descriptor)
        return any_value((const Google__Protobuf__Any *)message);
    json_t *object = json_object();
    for (unsigned at = 0; at < descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[at];
        char name[NAME_BYTES];
        if (!message_has(message, field))
            continue;
        REQUIRE(strlen(field->name) < sizeof name);
        json_field_name(field->name, name);
        json_object_set_new(object, name, field_value(message, field));
    }
    return object;
}

char *kam_json_format(const ProtobufCMessage *message, int indent)
{
    json_t *value = json_from_message(message);
    char *text = json_dumps(value, JSON_ENCODE_ANY | (indent > 0 ? JSON_INDENT(indent & 31) : JSON_COMPACT));
    json_decref(value);
    REQUIRE(text != NULL);
    return text;
}
