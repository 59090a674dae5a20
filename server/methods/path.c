// SPDX-License-Identifier: Apache-2.0
// Paths into messages: see path.h.
#include "methods/path.h"

#include <string.h>

#include "base/require.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "methods/value.h"

bool path_resolve(const ProtobufCMessageDescriptor *descriptor, const char *text, struct path *path_r)
{
    struct path path = {.each = -1};
    const char *at = text;
    for (;;) {
        size_t length = strcspn(at, ".[");
        char name[128];
        if (descriptor == NULL || length >= sizeof name || path.depth == PATH_DEPTH_MAX)
            return false;
        memcpy(name, at, length);
        name[length] = '\0';
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
        if (field == NULL)
            return false;
        at += length;
        bool is_each = strncmp(at, "[].", 3) == 0;
        if (is_each) {
            if (path.each >= 0)
                return false;
            path.each = (int)path.depth;
            at += 2;
        }
        path.fields[path.depth++] = field;
        if (*at == '\0') {
            path.is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
            *path_r = path;
            return true;
        }
        if (*at != '.' || field->type != PROTOBUF_C_TYPE_MESSAGE ||
            is_each != (field->label == PROTOBUF_C_LABEL_REPEATED))
            return false;
        descriptor = field->descriptor;
        at++;
    }
}

const ProtobufCFieldDescriptor *path_end(const struct path *path)
{
    REQUIRE(path->depth > 0);
    return path->fields[path->depth - 1];
}

void *path_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (char *)message + field->offset;
}

static unsigned *quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (unsigned *)((char *)message + field->quantifier_offset);
}

static size_t *count_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return (size_t *)((char *)message + field->quantifier_offset);
}

static bool is_oneof(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

size_t path_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED ? *count_member(message, field) : 0;
}

bool path_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return true;
    if (is_oneof(field) && *quantifier(message, field) != field->id)
        return false;
    return field->type != PROTOBUF_C_TYPE_MESSAGE || *(void **)path_member(message, field) != NULL;
}

static bool is_zero(const void *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++)
        if (((const unsigned char *)bytes)[at] != 0)
            return false;
    return true;
}

bool path_is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return path_count(message, field) > 0;
    if (!path_is_set(message, field))
        return false;
    if (is_oneof(field))
        return true;
    const void *member = path_member(message, field);
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)member;
        return text != NULL && *text != '\0';
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)member)->len > 0;
    return !is_zero(member, value_size(field));
}

void path_clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    void *member = path_member(message, field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        *count_member(message, field) = 0;
        *(void **)member = NULL;
        return;
    }
    if (is_oneof(field)) {
        // The members of a oneof share their place: another one may be in it.
        if (*quantifier(message, field) != field->id)
            return;
        *quantifier(message, field) = 0;
    }
    memset(member, 0, value_size(field));
    if (field->type == PROTOBUF_C_TYPE_STRING)
        *(const char **)member = protobuf_c_empty_string;
}

void path_mark(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (is_oneof(field))
        *quantifier(message, field) = field->id;
}

const ProtobufCMessage *path_walk(const struct path *path, unsigned from, unsigned to, const ProtobufCMessage *message)
{
    for (unsigned at = from; at < to && message != NULL; at++)
        message = path_is_set(message, path->fields[at]) ? *(ProtobufCMessage **)path_member(message, path->fields[at])
                                                         : NULL;
    return message;
}

ProtobufCMessage *path_make(const struct path *path, unsigned from, unsigned to, ProtobufCMessage *message,
                            struct arena *arena)
{
    for (unsigned at = from; at < to; at++) {
        const ProtobufCFieldDescriptor *field = path->fields[at];
        ProtobufCMessage **member = path_member(message, field);
        if (!path_is_set(message, field)) {
            *member = path_new_message(field->descriptor, arena);
            path_mark(message, field);
        }
        message = *member;
    }
    return message;
}

ProtobufCMessage *path_try_new_message(const ProtobufCMessageDescriptor *descriptor, struct arena *arena)
{
    ProtobufCMessage *message = arena_try_alloc(arena, descriptor->sizeof_message);
    if (message != NULL)
        protobuf_c_message_init(descriptor, message);
    return message;
}

ProtobufCMessage *path_new_message(const ProtobufCMessageDescriptor *descriptor, struct arena *arena)
{
    ProtobufCMessage *message = path_try_new_message(descriptor, arena);
    REQUIRE(message != NULL);
    return message;
}
