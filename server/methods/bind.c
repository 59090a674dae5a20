// SPDX-License-Identifier: Apache-2.0
// Binding request fields to parameters: see bind.h.
#include "methods/bind.h"

#include <string.h>

#include "base/require.h"
#include "contract.h"
#include "methods/value.h"

static enum contract_format end_format(const struct path *path, const ProtobufCMessageDescriptor *request)
{
    const ProtobufCMessageDescriptor *owner =
        path->depth == 1 ? request : (const ProtobufCMessageDescriptor *)path->fields[path->depth - 2]->descriptor;
    const struct contract_message *message = contract_find_message(owner);
    const ProtobufCFieldDescriptor *end = path_end(path);
    return message != NULL && message->fields != NULL ? message->fields[end - owner->fields].format
                                                      : CONTRACT_FORMAT_TEXT;
}

bool bind_resolve(const ProtobufCMessageDescriptor *request, const struct table_parameter *parameter, uint32_t oid,
                  struct bind_parameter *parameter_r)
{
    struct bind_parameter bound = {
        .source = parameter->source, .key = parameter->key, .name = parameter->name, .oid = oid};
    if (parameter->source == TABLE_FIELD) {
        if (!path_resolve(request, parameter->name, &bound.path))
            return false;
        bool wants_array = bound.path.is_list || bound.path.each >= 0;
        bool is_mask = !wants_array && oid == VALUE_TEXT_ARRAY;
        if (wants_array != (value_element_oid(oid) != 0) && !is_mask)
            return false;
        enum contract_format format = end_format(&bound.path, request);
        bound.is_password = format == CONTRACT_FORMAT_PASSWORD;
        // Texts of one line hold commas, but no line breaks.
        bound.separator =
            path_end(&bound.path)->type == PROTOBUF_C_TYPE_STRING && format != CONTRACT_FORMAT_UUID ? '\n' : ',';
    }
    if (parameter->source == TABLE_PAGE_KEY && (parameter->key == 0 || parameter->key > BIND_PAGE_KEYS_MAX))
        return false;
    *parameter_r = bound;
    return true;
}

// ---- arrays: src/backend/utils/adt/arrayfuncs.c, array_recv() ----

struct array {
    struct db_parameter *elements;
    size_t count;
};

static struct db_parameter pack_array(const struct array *array, uint32_t element_oid, struct arena *arena)
{
    size_t size = 20;
    bool has_null = false;
    for (size_t at = 0; at < array->count; at++) {
        size += 4 + (array->elements[at].bytes == NULL ? 0 : (size_t)array->elements[at].length);
        has_null = has_null || array->elements[at].bytes == NULL;
    }
    REQUIRE(size <= INT32_MAX);
    unsigned char *bytes = arena_alloc(arena, size);
    value_put_int32(bytes, array->count > 0);
    value_put_int32(bytes + 4, has_null);
    value_put_int32(bytes + 8, (int32_t)element_oid);
    if (array->count == 0)
        return (struct db_parameter){bytes, 12};
    value_put_int32(bytes + 12, (int32_t)array->count);
    value_put_int32(bytes + 16, 1);
    unsigned char *to = bytes + 20;
    for (size_t at = 0; at < array->count; at++) {
        const struct db_parameter *element = &array->elements[at];
        value_put_int32(to, element->bytes == NULL ? -1 : element->length);
        to += 4;
        if (element->bytes != NULL && element->length > 0) {
            memcpy(to, element->bytes, (size_t)element->length);
            to += element->length;
        }
    }
    return (struct db_parameter){bytes, (int)size};
}

static struct db_parameter bind_list(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                     uint32_t oid, struct arena *arena)
{
    struct array array = {.count = path_count(message, field)};
    array.elements = arena_alloc(arena, (array.count + 1) * sizeof *array.elements);
    const char *items = *(char **)path_member(message, field);
    uint32_t element_oid = value_element_oid(oid);
    for (size_t at = 0; at < array.count; at++)
        array.elements[at] = value_encode(field, element_oid, items + at * value_size(field), arena);
    return pack_array(&array, element_oid, arena);
}

// The items of a list inside a list, as one text.
static struct db_parameter join_list(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                     char separator, struct arena *arena)
{
    const char *items = *(char **)path_member(message, field);
    size_t count = path_count(message, field);
    const char **texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    size_t size = 1;
    for (size_t at = 0; at < count; at++) {
        texts[at] = value_encode_item(field, items + at * value_size(field), arena);
        size += strlen(texts[at]) + 1;
    }
    char *joined = arena_alloc(arena, size);
    char *to = joined;
    for (size_t at = 0; at < count; at++) {
        if (at > 0)
            *to++ = separator;
        to = stpcpy(to, texts[at]);
    }
    return (struct db_parameter){joined, (int)(to - joined)};
}

static struct db_parameter bind_end(const ProtobufCMessage *message, const struct path *path, uint32_t oid,
                                    struct arena *arena)
{
    const ProtobufCFieldDescriptor *field = path_end(path);
    if (!path_is_set(message, field))
        return (struct db_parameter){0};
    return value_encode(field, oid, path_member(message, field), arena);
}

static struct db_parameter bind_each(const struct bind_parameter *parameter, const ProtobufCMessage *request,
                                     struct arena *arena)
{
    const struct path *path = &parameter->path;
    unsigned each = (unsigned)path->each;
    const ProtobufCMessage *message = path_walk(path, 0, each, request);
    if (message == NULL)
        return (struct db_parameter){0};
    struct array array = {.count = path_count(message, path->fields[each])};
    array.elements = arena_alloc(arena, (array.count + 1) * sizeof *array.elements);
    ProtobufCMessage **items = *(ProtobufCMessage ***)path_member(message, path->fields[each]);
    uint32_t element_oid = value_element_oid(parameter->oid);
    for (size_t at = 0; at < array.count; at++) {
        const ProtobufCMessage *owner = path_walk(path, each + 1, path->depth - 1, items[at]);
        if (owner == NULL)
            continue;
        array.elements[at] = path->is_list ? join_list(owner, path_end(path), parameter->separator, arena)
                                           : bind_end(owner, path, element_oid, arena);
    }
    return pack_array(&array, element_oid, arena);
}

static struct db_parameter bind_field(const struct bind_parameter *parameter, const ProtobufCMessage *request,
                                      struct arena *arena)
{
    const struct path *path = &parameter->path;
    uint32_t oid = parameter->oid;
    if (path->each >= 0)
        return bind_each(parameter, request, arena);
    const ProtobufCMessage *owner = path_walk(path, 0, path->depth - 1, request);
    if (owner == NULL)
        return (struct db_parameter){0};
    return path->is_list ? bind_list(owner, path_end(path), oid, arena) : bind_end(owner, path, oid, arena);
}

static struct db_parameter copy_value(struct db_parameter value, struct arena *arena)
{
    if (value.bytes != NULL)
        value.bytes = arena_copy(arena, value.bytes, (size_t)value.length);
    return value;
}

static struct db_parameter find_argument(const char *name, const struct bind_values *values)
{
    for (size_t at = 0; at < values->argument_count; at++)
        if (strcmp(values->arguments[at].name, name) == 0)
            return values->arguments[at].value;
    require_failed("the handler gives every argument of its statement", __FILE__, __LINE__);
}

struct db_parameter bind_value(const struct bind_parameter *parameter, const struct bind_values *values,
                               struct arena *arena)
{
    switch (parameter->source) {
    case TABLE_FIELD:
        if (parameter->is_password) {
            REQUIRE(values->password_hash != NULL);
            return copy_value((struct db_parameter){values->password_hash, (int)strlen(values->password_hash)}, arena);
        }
        return bind_field(parameter, values->request, arena);
    case TABLE_RECORD_ID:
        if (!values->has_record_id)
            return (struct db_parameter){0};
        return (struct db_parameter){arena_copy(arena, values->record_id, UUID_BYTES), UUID_BYTES};
    case TABLE_NEW_ID:
        return (struct db_parameter){arena_copy(arena, values->new_id, UUID_BYTES), UUID_BYTES};
    case TABLE_PAGE_LIMIT: {
        char *bytes = arena_alloc(arena, 4);
        value_put_int32(bytes, values->page_limit);
        return (struct db_parameter){bytes, 4};
    }
    case TABLE_PAGE_KEY:
        return copy_value(values->page_keys[parameter->key - 1], arena);
    case TABLE_ARGUMENT:
        return copy_value(find_argument(parameter->name, values), arena);
    }
    require_failed("a known source", __FILE__, __LINE__);
}
