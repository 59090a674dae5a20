// SPDX-License-Identifier: Apache-2.0
// Filling response fields from columns: see fill.h.
#include "methods/fill.h"

#include <stdlib.h>
#include <string.h>

#include "methods/value.h"

bool fill_resolve(const ProtobufCMessageDescriptor *message, const struct table_column *column,
                  struct fill_column *column_r)
{
    struct fill_column filled = {.oid = column->type, .path.each = -1};
    if (strncmp(column->name, "page.", 5) == 0) {
        filled.page_key = (unsigned)strtoul(column->name + 5, NULL, 10);
        *column_r = filled;
        return filled.page_key > 0;
    }
    if (!path_resolve(message, column->name, &filled.path))
        return false;
    bool wants_array = filled.path.is_list || filled.path.each >= 0;
    *column_r = filled;
    return wants_array == (value_element_oid(column->type) != 0);
}

// ---- arrays: src/backend/utils/adt/arrayfuncs.c, array_send() ----

struct reader {
    const char *at;
    size_t left;
};

static bool read_int32(struct reader *reader, int32_t *number_r)
{
    if (reader->left < 4)
        return false;
    *number_r = value_get_int32(reader->at);
    reader->at += 4;
    reader->left -= 4;
    return true;
}

// The header of an array of the element type: how many elements follow. Only empty and one-dimensional arrays can be
// lists.
static bool read_header(struct reader *reader, uint32_t element_oid, size_t *count_r)
{
    int32_t dimensions = 0, has_null = 0, oid = 0, count = 0, lower_bound = 0;
    if (!read_int32(reader, &dimensions) || !read_int32(reader, &has_null) || !read_int32(reader, &oid) ||
        (uint32_t)oid != element_oid)
        return false;
    if (dimensions == 0) {
        *count_r = 0;
        return true;
    }
    if (dimensions != 1 || !read_int32(reader, &count) || !read_int32(reader, &lower_bound) || count < 0 ||
        (size_t)count > reader->left / 4)
        return false;
    *count_r = (size_t)count;
    return true;
}

// One element; length -1 for NULL.
static bool read_element(struct reader *reader, const char **bytes_r, int *length_r)
{
    int32_t length = 0;
    if (!read_int32(reader, &length) || length < -1 || (length > 0 && (size_t)length > reader->left))
        return false;
    *bytes_r = reader->at;
    *length_r = length;
    if (length > 0) {
        reader->at += length;
        reader->left -= (size_t)length;
    }
    return true;
}

static void set_list(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, void *items, size_t count)
{
    *(void **)path_member(message, field) = items;
    *(size_t *)((char *)message + field->quantifier_offset) = count;
}

static bool fill_list(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, uint32_t oid,
                      struct reader reader, struct arena *arena)
{
    size_t count = 0;
    uint32_t element_oid = value_element_oid(oid);
    if (!read_header(&reader, element_oid, &count))
        return false;
    size_t size = value_size(field);
    char *items = arena_alloc(arena, (count + 1) * size);
    size_t filled = 0;
    for (size_t at = 0; at < count; at++) {
        const char *bytes = NULL;
        int length = 0;
        if (!read_element(&reader, &bytes, &length))
            return false;
        // A list of protobuf has no holes.
        if (length < 0)
            continue;
        if (!value_decode(field, element_oid, bytes, length, arena, items + filled * size))
            return false;
        filled++;
    }
    set_list(message, field, items, filled);
    return true;
}

// "decider,user" into a repeated field.
static bool split_list(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *bytes, int length,
                       struct arena *arena)
{
    if (length == 0)
        return true;
    size_t count = 1;
    for (int at = 0; at < length; at++)
        count += bytes[at] == ',';
    size_t size = value_size(field);
    char *items = arena_alloc(arena, count * size);
    const char *start = bytes;
    for (size_t at = 0; at < count; at++) {
        const char *comma = memchr(start, ',', (size_t)(bytes + length - start));
        const char *end = comma != NULL ? comma : bytes + length;
        if (!value_decode_item(field, start, (size_t)(end - start), arena, items + at * size))
            return false;
        start = end + 1;
    }
    set_list(message, field, items, count);
    return true;
}

static bool fill_end(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, uint32_t oid, const void *bytes,
                     int length, struct arena *arena)
{
    if (!value_decode(field, oid, bytes, length, arena, path_member(message, field)))
        return false;
    path_mark(message, field);
    return true;
}

// Makes the list with empty elements, or checks that it has as many as another column gave it.
static bool ensure_elements(ProtobufCMessage *message, const ProtobufCFieldDescriptor *list, size_t count,
                            struct arena *arena)
{
    if (*(void **)path_member(message, list) != NULL)
        return path_count(message, list) == count;
    fill_reserve(message, list, count, arena);
    for (size_t at = 0; at < count; at++)
        fill_append(message, list, path_new_message(list->descriptor, arena));
    return true;
}

static bool fill_each(const struct fill_column *column, ProtobufCMessage *message, struct reader reader,
                      struct arena *arena)
{
    const struct path *path = &column->path;
    unsigned each = (unsigned)path->each;
    uint32_t element_oid = value_element_oid(column->oid);
    size_t count = 0;
    if (!read_header(&reader, element_oid, &count))
        return false;
    ProtobufCMessage *owner = path_make(path, 0, each, message, arena);
    if (!ensure_elements(owner, path->fields[each], count, arena))
        return false;
    ProtobufCMessage **elements = *(ProtobufCMessage ***)path_member(owner, path->fields[each]);
    for (size_t at = 0; at < count; at++) {
        const char *bytes = NULL;
        int length = 0;
        if (!read_element(&reader, &bytes, &length))
            return false;
        if (length < 0)
            continue;
        ProtobufCMessage *element = path_make(path, each + 1, path->depth - 1, elements[at], arena);
        bool is_filled = path->is_list ? split_list(element, path_end(path), bytes, length, arena)
                                       : fill_end(element, path_end(path), element_oid, bytes, length, arena);
        if (!is_filled)
            return false;
    }
    return true;
}

bool fill_value(const struct fill_column *column, ProtobufCMessage *message, const void *bytes, int length,
                struct arena *arena)
{
    if (bytes == NULL || column->page_key > 0)
        return true;
    const struct path *path = &column->path;
    struct reader reader = {bytes, (size_t)length};
    if (path->each >= 0)
        return fill_each(column, message, reader, arena);
    ProtobufCMessage *owner = path_make(path, 0, path->depth - 1, message, arena);
    if (path->is_list)
        return fill_list(owner, path_end(path), column->oid, reader, arena);
    return fill_end(owner, path_end(path), column->oid, bytes, length, arena);
}

void fill_reserve(ProtobufCMessage *message, const ProtobufCFieldDescriptor *list, size_t count, struct arena *arena)
{
    set_list(message, list, arena_alloc(arena, (count + 1) * sizeof(ProtobufCMessage *)), 0);
}

void fill_append(ProtobufCMessage *message, const ProtobufCFieldDescriptor *list, ProtobufCMessage *element)
{
    ProtobufCMessage **items = *(ProtobufCMessage ***)path_member(message, list);
    size_t *count = (size_t *)((char *)message + list->quantifier_offset);
    items[(*count)++] = element;
}
