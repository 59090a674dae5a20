// SPDX-License-Identifier: Apache-2.0
// JSON to messages. Every refusal names the path and what would be right.
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "internal.h"
#include "json.h"
#include "message.h"

enum { PATH_BYTES = 512, DEEPEST = 64, MOST_PATHS = 200 };

struct parser {
    struct kam_error *error;
    char path[PATH_BYTES];
    int depth;
};

static bool read_message(struct parser *parser, const json_t *value, ProtobufCMessage *message);

static __attribute__((format(printf, 2, 3))) bool refuse(struct parser *parser, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, _(format), arguments);
    va_end(arguments);
    const char *path = *parser->path == '\0' ? _("(the document)") : parser->path;
    error_set(parser->error, KAM_INVALID_ARGUMENT, "BAD_JSON", "%s: %s", path, text);
    struct arena *arena = error_memory(parser->error);
    struct kam_violation *violation = arena_alloc(arena, sizeof *violation);
    *violation = (struct kam_violation){arena_strdup(arena, path), "", arena_strdup(arena, text)};
    parser->error->violations = violation;
    parser->error->violation_count = 1;
    return false;
}

// Lengthens the path; the return value cuts it back.
static size_t enter(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
static size_t enter(struct parser *parser, const char *format, ...)
{
    size_t length = strlen(parser->path);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parser->path + length, sizeof parser->path - length, format, arguments);
    va_end(arguments);
    return length;
}

static bool read_text(struct parser *parser, const json_t *value, const char **text_r)
{
    if (!json_is_string(value))
        return refuse(parser, "must be a text in quotes");
    *text_r = json_string_value(value);
    return true;
}

static bool read_integer(struct parser *parser, const json_t *value, int64_t least, int64_t most, int64_t *number_r)
{
    int64_t number = 0;
    bool is_number = json_is_integer(value);
    if (is_number) {
        number = json_integer_value(value);
    } else if (json_is_string(value)) {
        char *end;
        const char *text = json_string_value(value);
        errno = 0;
        number = strtoll(text, &end, 10);
        is_number = errno == 0 && end != text && *end == '\0' && strchr(" \t\n\r", *text) == NULL;
    } else if (json_is_real(value)) {
        double real = json_real_value(value);
        is_number = fabs(real) < 9e15 && trunc(real) == real;
        number = is_number ? (int64_t)real : 0;
    }
    if (!is_number || number < least || number > most)
        return refuse(parser, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
    *number_r = number;
    return true;
}

static bool read_unsigned(struct parser *parser, const json_t *value, uint64_t *number_r)
{
    if (json_is_string(value)) {
        char *end;
        const char *text = json_string_value(value);
        errno = 0;
        *number_r = strtoull(text, &end, 10);
        if (errno == 0 && *text >= '0' && *text <= '9' && *end == '\0')
            return true;
    } else {
        int64_t number;
        if (json_is_integer(value) && read_integer(parser, value, 0, INT64_MAX, &number)) {
            *number_r = (uint64_t)number;
            return true;
        }
    }
    return refuse(parser, "must be a whole number from 0 to 18446744073709551615");
}

static bool read_real(struct parser *parser, const json_t *value, double *number_r)
{
    if (json_is_number(value)) {
        *number_r = json_number_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    char *end = NULL;
    if (text != NULL)
        *number_r = strtod(text, &end);
    return end != NULL && end != text && *end == '\0' ? true : refuse(parser, "must be a number");
}

static bool read_enum(struct parser *parser, const json_t *value, const ProtobufCEnumDescriptor *descriptor,
                      int *number_r)
{
    if (json_is_integer(value)) {
        int64_t number;
        if (!read_integer(parser, value, INT32_MIN, INT32_MAX, &number))
            return false;
        *number_r = (int)number;
        return true;
    }
    const ProtobufCEnumValue *found =
        json_is_string(value) ? message_enum_by_name(descriptor, json_string_value(value)) : NULL;
    if (found != NULL) {
        *number_r = found->value;
        return true;
    }
    char names[300] = "";
    for (unsigned at = 0; at < descriptor->n_values; at++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", at == 0 ? "" : ", ", descriptor->values[at].name);
    }
    return refuse(parser, "must be one of %s", names);
}

static int base64_digit(char digit)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (digit == '-')
        return 62;
    if (digit == '_')
        return 63;
    const char *found = digit == '\0' ? NULL : strchr(digits, digit);
    return found == NULL ? -1 : (int)(found - digits);
}

// Both alphabets, with or without padding.
static bool read_bytes(struct parser *parser, const json_t *value, ProtobufCBinaryData *bytes)
{
    if (!json_is_string(value))
        return refuse(parser, "must be base64 in quotes");
    const char *text = json_string_value(value);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '=')
        length--;
    bytes->data = malloc(length + 1);
    REQUIRE(bytes->data != NULL);
    uint32_t held = 0;
    int bits = 0;
    for (size_t at = 0; at < length; at++) {
        int digit = base64_digit(text[at]);
        if (digit < 0)
            return refuse(parser, "must be base64 in quotes");
        held = held << 6 | (uint32_t)digit;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes->data[bytes->len++] = (uint8_t)(held >> bits);
        }
    }
    return true;
}

static bool read_element(struct parser *parser, const json_t *value, ProtobufCMessage *message,
                         const ProtobufCFieldDescriptor *field)
{
    int64_t number = 0;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return read_integer(parser, value, INT32_MIN, INT32_MAX, &number) &&
               (*(int32_t *)message_add(message, field) = (int32_t)number, true);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return read_integer(parser, value, 0, UINT32_MAX, &number) &&
               (*(uint32_t *)message_add(message, field) = (uint32_t)number, true);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_integer(parser, value, INT64_MIN, INT64_MAX, &number) &&
               (*(int64_t *)message_add(message, field) = number, true);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(parser, value, message_add(message, field));
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE: {
        double real = 0;
        if (!read_real(parser, value, &real))
            return false;
        if (field->type == PROTOBUF_C_TYPE_DOUBLE)
            *(double *)message_add(message, field) = real;
        else
            *(float *)message_add(message, field) = (float)real;
        return true;
    }
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(value))
            return refuse(parser, "must be true or false");
        *(protobuf_c_boolean *)message_add(message, field) = json_is_true(value);
        return true;
    case PROTOBUF_C_TYPE_ENUM: {
        int chosen;
        return read_enum(parser, value, field->descriptor, &chosen) &&
               (*(int *)message_add(message, field) = chosen, true);
    }
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = "";
        return read_text(parser, value, &text) && (message_add_text(message, field, text), true);
    }
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(parser, value, message_add(message, field));
    case PROTOBUF_C_TYPE_MESSAGE: {
        ProtobufCMessage **sub = message_add(message, field);
        *sub = kam_message_new(field->descriptor);
        return read_message(parser, value, *sub);
    }
    }
    return refuse(parser, "is of a type this client does not know");
}

// A oneof with another member set already: protobuf allows one.
static bool is_taken(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
        return false;
    for (unsigned at = 0; at < message->descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *other = &message->descriptor->fields[at];
        if (other != field && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            other->quantifier_offset == field->quantifier_offset && message_has(message, other))
            return true;
    }
    return false;
}

// A map comes as an object: protobuf-c has it as repeated entries.
static bool read_map(struct parser *parser, const json_t *value, ProtobufCMessage *message,
                     const ProtobufCFieldDescriptor *field)
{
    const char *key;
    json_t *element;
    json_object_foreach((json_t *)(uintptr_t)value, key, element)
    {
        size_t length = enter(parser, ".%s", key);
        ProtobufCMessage **entry = message_add(message, field);
        *entry = kam_message_new(field->descriptor);
        message_set_text(*entry, "key", key);
        if (!read_element(parser, element, *entry, message_find_field((*entry)->descriptor, "value")))
            return false;
        parser->path[length] = '\0';
    }
    return true;
}

static bool read_field(struct parser *parser, const json_t *value, ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field)
{
    if (json_is_null(value))
        return true;
    if (message_has(message, field) || is_taken(message, field))
        return refuse(parser, "is given twice, or together with one it excludes");
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return read_element(parser, value, message, field);
    if (json_is_object(value) && field->type == PROTOBUF_C_TYPE_MESSAGE &&
        message_find_field(field->descriptor, "key") != NULL && message_find_field(field->descriptor, "value") != NULL)
        return read_map(parser, value, message, field);
    if (!json_is_array(value))
        return refuse(parser, "must be a list: [...]");
    for (size_t at = 0; at < json_array_size(value); at++) {
        size_t length = enter(parser, "[%zu]", at);
        if (!read_element(parser, json_array_get(value, at), message, field))
            return false;
        parser->path[length] = '\0';
    }
    return true;
}

static bool read_timestamp(struct parser *parser, const json_t *value, Google__Protobuf__Timestamp *time)
{
    if (json_is_string(value) && json_parse_timestamp(json_string_value(value), &time->seconds, &time->nanos))
        return true;
    return refuse(parser, "must be a time as \"2026-11-21T14:30:00Z\"");
}

static bool read_duration(struct parser *parser, const json_t *value, Google__Protobuf__Duration *duration)
{
    const char *text = json_string_value(value);
    char *end = NULL;
    double seconds = text == NULL ? 0 : strtod(text, &end);
    if (end == NULL || end == text || strcmp(end, "s") != 0 || !(fabs(seconds) < 1e11))
        return refuse(parser, "must be a duration as \"1.5s\"");
    duration->seconds = (int64_t)seconds;
    duration->nanos = (int32_t)lround((seconds - (double)duration->seconds) * 1e9);
    return true;
}

// A path as .proto files write names: what cannot come back from its lowerCamelCase form is none.
static bool is_path(const char *path)
{
    for (const char *at = path; *at != '\0'; at++) {
        bool is_letter = *at >= 'a' && *at <= 'z', is_digit = *at >= '0' && *at <= '9';
        bool is_word_end = *at == '_' && at != path && at[1] >= 'a' && at[1] <= 'z';
        if (!is_letter && !is_digit && !is_word_end && *at != '.')
            return false;
    }
    return *path != '\0';
}

static bool read_mask(struct parser *parser, const json_t *value, Google__Protobuf__FieldMask *mask)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        return refuse(parser, "must be field names with commas in quotes: \"name,foundedOn\"");
    const ProtobufCFieldDescriptor *paths = message_find_field(mask->base.descriptor, "paths");
    while (*text != '\0') {
        char path[PATH_BYTES];
        size_t length = 0;
        if (mask->n_paths == MOST_PATHS)
            return refuse(parser, "names more than %d fields", MOST_PATHS);
        for (; *text != '\0' && *text != ',' && length < sizeof path - 2; text++) {
            if (*text >= 'A' && *text <= 'Z')
                path[length++] = '_';
            path[length++] = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
        }
        path[length] = '\0';
        if (*text != '\0' && *text++ != ',')
            return refuse(parser, "holds a name that is too long");
        if (!is_path(path))
            return refuse(parser, "holds what is no field name: \"name,foundedOn\" would be right");
        message_add_text(&mask->base, paths, path);
    }
    return true;
}

static bool read_date(struct parser *parser, const char *text, Google__Type__Date *date)
{
    int used = 0;
    bool is_date =
        sscanf(text, "%4d-%2d-%2d%n", &date->year, &date->month, &date->day, &used) == 3 && text[used] == '\0';
    return is_date && json_is_date(date->year, date->month, date->day)
               ? true
               : refuse(parser, "must be a date as \"2026-11-21\"");
}

static bool read_any(struct parser *parser, const json_t *value, Google__Protobuf__Any *any)
{
    const char *url = json_string_value(json_object_get(value, "@type"));
    const char *name = url == NULL ? NULL : strrchr(url, '/');
    const ProtobufCMessageDescriptor *descriptor = name == NULL ? NULL : message_type_by_name(name + 1);
    if (descriptor == NULL)
        return refuse(parser, "needs \"@type\": \"type.googleapis.com/NAME\" with a NAME of the contract");
    json_t *rest = json_copy((json_t *)(uintptr_t)value);
    json_object_del(rest, "@type");
    json_t *inner = json_object_get(rest, "value");
    bool is_wrapped = json_object_size(rest) == 1 && inner != NULL && message_find_field(descriptor, "value") == NULL;
    ProtobufCMessage *message = kam_message_new(descriptor);
    bool is_read = read_message(parser, is_wrapped ? inner : rest, message);
    if (is_read) {
        message_set_text(&any->base, "type_url", url);
        any->value.len = protobuf_c_message_get_packed_size(message);
        any->value.data = malloc(any->value.len + 1);
        REQUIRE(any->value.data != NULL);
        protobuf_c_message_pack(message, any->value.data);
    }
    kam_message_free(message);
    json_decref(rest);
    return is_read;
}

static bool read_object(struct parser *parser, const json_t *value, ProtobufCMessage *message)
{
    const char *name;
    json_t *element;
    if (!json_is_object(value))
        return refuse(parser, "must be an object: {...}");
    json_object_foreach((json_t *)(uintptr_t)value, name, element)
    {
        const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, name);
        size_t length = enter(parser, *parser->path == '\0' ? "%s" : ".%s", field == NULL ? name : field->name);
        if (field == NULL)
            return refuse(parser, "is not a field of %s", message->descriptor->name);
        if (!read_field(parser, element, message, field))
            return false;
        parser->path[length] = '\0';
    }
    return true;
}

static bool read_message(struct parser *parser, const json_t *value, ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    if (descriptor == &google__protobuf__timestamp__descriptor)
        return read_timestamp(parser, value, (Google__Protobuf__Timestamp *)message);
    if (descriptor == &google__protobuf__duration__descriptor)
        return read_duration(parser, value, (Google__Protobuf__Duration *)message);
    if (descriptor == &google__protobuf__field_mask__descriptor)
        return read_mask(parser, value, (Google__Protobuf__FieldMask *)message);
    // An addition to the mapping: a date may also be written as people write it.
    if (descriptor == &google__type__date__descriptor && json_is_string(value))
        return read_date(parser, json_string_value(value), (Google__Type__Date *)message);
    if (++parser->depth > DEEPEST)
        return refuse(parser, "is nested too deep");
    bool is_read = descriptor == &google__protobuf__any__descriptor
                       ? read_any(parser, value, (Google__Protobuf__Any *)message)
                       : read_object(parser, value, message);
    parser->depth--;
    return is_read;
}

ProtobufCMessage *json_to_message(const json_t *value, const ProtobufCMessageDescriptor *descriptor,
                                  struct kam_error *error_r)
{
    struct parser parser = {.error = error_r};
    ProtobufCMessage *message = kam_message_new(descriptor);
    if (read_message(&parser, value, message))
        return message;
    kam_message_free(message);
    return NULL;
}

ProtobufCMessage *kam_json_parse(const char *json, size_t length, const ProtobufCMessageDescriptor *descriptor,
                                 struct kam_error *error_r)
{
    json_error_t failure;
    json_t *value = json_loadb(json, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &failure);
    if (value == NULL) {
        error_set(error_r, KAM_INVALID_ARGUMENT, "BAD_JSON", "line %d, column %d: %s", failure.line, failure.column,
                  failure.text);
        return NULL;
    }
    ProtobufCMessage *message = json_to_message(value, descriptor, error_r);
    json_decref(value);
    return message;
}
