// SPDX-License-Identifier: Apache-2.0
// Both sides of a conflict: see conflict.h.
#include "methods/conflict.h"

#include <string.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "kam/v1/common.pb-c.h"
#include "methods/path.h"
#include "methods/text.h"

// The details of an error have to fit into a client's limit on metadata.
enum { CURRENT_BYTES_MAX = 4096, VALUE_BYTES_MAX = 400 };

static const ProtobufCFieldDescriptor *find(const ProtobufCMessage *message, const char *name, ProtobufCType type)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(message->descriptor, name);
    return field != NULL && field->type == type && field->label != PROTOBUF_C_LABEL_REPEATED ? field : NULL;
}

static void set_version(Kam__V1__Conflict *conflict, const ProtobufCMessage *current)
{
    const ProtobufCFieldDescriptor *version = find(current, "version", PROTOBUF_C_TYPE_INT64);
    const ProtobufCFieldDescriptor *time = find(current, "update_time", PROTOBUF_C_TYPE_MESSAGE);
    const ProtobufCFieldDescriptor *by = find(current, "updated_by", PROTOBUF_C_TYPE_STRING);
    if (version != NULL)
        conflict->current_version = *(int64_t *)path_member(current, version);
    if (time != NULL && time->descriptor == &google__protobuf__timestamp__descriptor)
        conflict->update_time = *(Google__Protobuf__Timestamp **)path_member(current, time);
    if (by != NULL)
        conflict->updated_by = *(char **)path_member(current, by);
}

// Cut at a character's border, with a mark.
static char *shorten(const char *text, struct arena *arena)
{
    size_t length = strlen(text);
    if (length <= VALUE_BYTES_MAX)
        return arena_copy(arena, text, length);
    length = VALUE_BYTES_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return arena_printf(arena, "%.*s…", (int)length, text);
}

static void add_field(Kam__V1__Conflict *conflict, const char *path, const ProtobufCMessage *current,
                      const ProtobufCMessage *yours, struct arena *arena)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(current->descriptor, path);
    if (field == NULL)
        return;
    const char *mine = text_of_field(yours, field, arena);
    const char *theirs = text_of_field(current, field, arena);
    if (strcmp(mine, theirs) == 0)
        return;
    Kam__V1__FieldConflict *difference = arena_alloc(arena, sizeof *difference);
    kam__v1__field_conflict__init(difference);
    difference->field = arena_strdup(arena, path);
    difference->yours = shorten(mine, arena);
    difference->theirs = shorten(theirs, arena);
    conflict->fields[conflict->n_fields++] = difference;
}

static Google__Protobuf__Any *pack_any(const ProtobufCMessage *message, struct arena *arena)
{
    Google__Protobuf__Any *any = arena_alloc(arena, sizeof *any);
    google__protobuf__any__init(any);
    any->type_url = arena_printf(arena, "type.googleapis.com/%s", message->descriptor->name);
    any->value.len = protobuf_c_message_get_packed_size(message);
    any->value.data = arena_alloc(arena, any->value.len);
    protobuf_c_message_pack(message, any->value.data);
    return any;
}

ProtobufCMessage *conflict_make(const ProtobufCMessage *current, const ProtobufCMessage *yours,
                                const Google__Protobuf__FieldMask *mask, struct arena *arena)
{
    Kam__V1__Conflict *conflict = arena_alloc(arena, sizeof *conflict);
    kam__v1__conflict__init(conflict);
    set_version(conflict, current);
    if (mask != NULL && yours != NULL) {
        conflict->fields = arena_alloc(arena, (mask->n_paths + 1) * sizeof *conflict->fields);
        for (size_t at = 0; at < mask->n_paths; at++)
            add_field(conflict, mask->paths[at], current, yours, arena);
    }
    // The record goes along only where it leaves room for the fields.
    size_t room = CURRENT_BYTES_MAX;
    size_t taken = protobuf_c_message_get_packed_size(&conflict->base);
    if (taken < room && protobuf_c_message_get_packed_size(current) <= room - taken)
        conflict->current = pack_any(current, arena);
    return &conflict->base;
}
