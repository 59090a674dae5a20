// SPDX-License-Identifier: Apache-2.0
// Reflection over protobuf-c's descriptors.
#include "message.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "contract.h"
#include "google/protobuf/timestamp.pb-c.h"

// 0001-01-01 and the last second of 9999.
static const int64_t FIRST_SECOND = -62135596800, LAST_SECOND = 253402300799;

static void *checked(void *memory)
{
    REQUIRE(memory != NULL);
    return memory;
}

static size_t value_bytes(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    default:
        return 4;
    }
}

static bool is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

// Of messages in proto2's syntax (descriptor.proto): scalars have a flag of their own.
static bool has_flag(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset != 0 && !is_oneof(field);
}

static void *at_offset(const ProtobufCMessage *message, unsigned offset)
{
    return (char *)(uintptr_t)message + offset;
}

ProtobufCMessage *kam_message_new(const ProtobufCMessageDescriptor *descriptor)
{
    ProtobufCMessage *message = checked(malloc(descriptor->sizeof_message));
    protobuf_c_message_init(descriptor, message);
    return message;
}

void kam_message_free(ProtobufCMessage *message)
{
    if (message != NULL)
        protobuf_c_message_free_unpacked(message, NULL);
}

bool message_has_sound_times(const ProtobufCMessage *message)
{
    if (message->descriptor == &google__protobuf__timestamp__descriptor) {
        const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
        return time->seconds >= FIRST_SECOND && time->seconds <= LAST_SECOND && time->nanos >= 0 &&
               time->nanos < 1000000000;
    }
    for (unsigned at = 0; at < message->descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[at];
        size_t count = field->type == PROTOBUF_C_TYPE_MESSAGE ? message_count(message, field) : 0;
        for (size_t index = 0; index < count; index++)
            if (!message_has_sound_times(*(ProtobufCMessage *const *)message_value(message, field, index)))
                return false;
    }
    return true;
}

static bool is_camel_name(const char *field_name, const char *name)
{
    for (; *field_name != '\0'; field_name++, name++) {
        char wanted = *field_name;
        if (wanted == '_' && field_name[1] != '\0')
            wanted = (char)toupper((unsigned char)*++field_name);
        if (*name != wanted)
            return false;
    }
    return *name == '\0';
}

const ProtobufCFieldDescriptor *message_find_field(const ProtobufCMessageDescriptor *descriptor, const char *name)
{
    for (unsigned at = 0; at < descriptor->n_fields; at++)
        if (strcmp(descriptor->fields[at].name, name) == 0 || is_camel_name(descriptor->fields[at].name, name))
            return &descriptor->fields[at];
    return NULL;
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *value)
{
    static const uint8_t zeroes[8];
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(char *const *)value;
        return text == NULL || *text == '\0';
    }
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(void *const *)value == NULL;
    case PROTOBUF_C_TYPE_BYTES:
        return ((const ProtobufCBinaryData *)value)->len == 0;
    default:
        return memcmp(value, zeroes, value_bytes(field)) == 0;
    }
}

bool message_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return message_count(message, field) > 0;
}

size_t message_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(const size_t *)at_offset(message, field->quantifier_offset);
    if (is_oneof(field))
        return *(const uint32_t *)at_offset(message, field->quantifier_offset) == field->id;
    if (has_flag(field))
        return *(const protobuf_c_boolean *)at_offset(message, field->quantifier_offset) != 0;
    return !is_default(field, at_offset(message, field->offset));
}

const void *message_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index)
{
    const void *value = at_offset(message, field->offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return (const char *)*(void *const *)value + index * value_bytes(field);
    return value;
}

static void release(const ProtobufCFieldDescriptor *field, void *value)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        kam_message_free(*(ProtobufCMessage **)value);
    else if (field->type == PROTOBUF_C_TYPE_STRING && *(const void **)value != field->default_value)
        free(*(char **)value);
    else if (field->type == PROTOBUF_C_TYPE_BYTES)
        free(((ProtobufCBinaryData *)value)->data);
}

void *message_add(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *value = at_offset(message, field->offset);
    size_t size = value_bytes(field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t *count = at_offset(message, field->quantifier_offset);
        char **elements = value;
        *elements = checked(realloc(*elements, (*count + 1) * size));
        value = *elements + *count * size;
        (*count)++;
    } else if (is_oneof(field)) {
        uint32_t *which = at_offset(message, field->quantifier_offset);
        for (unsigned at = 0; *which != 0 && at < message->descriptor->n_fields; at++)
            if (message->descriptor->fields[at].id == *which)
                release(&message->descriptor->fields[at], value);
        *which = field->id;
    } else {
        release(field, value);
        if (has_flag(field))
            *(protobuf_c_boolean *)at_offset(message, field->quantifier_offset) = 1;
    }
    memset(value, 0, size);
    return value;
}

ProtobufCMessage *message_sub(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    ProtobufCMessage **value = at_offset(message, field->offset);
    if (message_has(message, field))
        return *value;
    value = message_add(message, field);
    *value = kam_message_new(field->descriptor);
    return *value;
}

void message_add_text(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *text)
{
    char *copy = checked(strdup(text)); // before the old text goes: it may be the same
    *(char **)message_add(message, field) = copy;
}

static const ProtobufCFieldDescriptor *known_field(const ProtobufCMessage *message, const char *field_name)
{
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, field_name);
    REQUIRE(field != NULL);
    return field;
}

const char *message_text(const ProtobufCMessage *message, const char *field_name)
{
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, field_name);
    if (field == NULL || field->type != PROTOBUF_C_TYPE_STRING || field->label == PROTOBUF_C_LABEL_REPEATED ||
        !message_has(message, field))
        return "";
    return *(char *const *)message_value(message, field, 0);
}

void message_set_text(ProtobufCMessage *message, const char *field_name, const char *text)
{
    const ProtobufCFieldDescriptor *field = known_field(message, field_name);
    REQUIRE(field->type == PROTOBUF_C_TYPE_STRING);
    message_add_text(message, field, text);
}

int64_t message_integer(const ProtobufCMessage *message, const char *field_name)
{
    const ProtobufCFieldDescriptor *field = known_field(message, field_name);
    if (!message_has(message, field))
        return 0;
    const void *value = message_value(message, field, 0);
    return value_bytes(field) == 8 ? *(const int64_t *)value : *(const int32_t *)value;
}

void message_set_integer(ProtobufCMessage *message, const char *field_name, int64_t number)
{
    const ProtobufCFieldDescriptor *field = known_field(message, field_name);
    void *value = message_add(message, field);
    if (value_bytes(field) == 8)
        *(int64_t *)value = number;
    else
        *(int32_t *)value = (int32_t)number;
}

const ProtobufCMessage *message_get_sub(const ProtobufCMessage *message, const char *field_name)
{
    const ProtobufCFieldDescriptor *field = known_field(message, field_name);
    REQUIRE(field->type == PROTOBUF_C_TYPE_MESSAGE);
    return message_has(message, field) ? *(ProtobufCMessage *const *)message_value(message, field, 0) : NULL;
}

const ProtobufCEnumValue *message_enum_by_name(const ProtobufCEnumDescriptor *descriptor, const char *name)
{
    for (unsigned at = 0; at < descriptor->n_values; at++)
        if (strcmp(descriptor->values[at].name, name) == 0)
            return &descriptor->values[at];
    return NULL;
}

const ProtobufCEnumValue *message_enum_by_number(const ProtobufCEnumDescriptor *descriptor, int number)
{
    return protobuf_c_enum_descriptor_get_value(descriptor, number);
}

const ProtobufCMessageDescriptor *message_type_by_name(const char *full_name)
{
    for (size_t at = 0; at < contract_message_count; at++)
        if (strcmp(contract_messages[at].descriptor->name, full_name) == 0)
            return contract_messages[at].descriptor;
    return NULL;
}
