// SPDX-License-Identifier: Apache-2.0
#include "pipeline_file.h"

#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "language.h"
#include "message.h"
#include "value.h"

// A key of a mapping, and the field of the message that it becomes. Texts in two languages are a mapping of en and zh.
struct entry {
    const char *key;
    const char *field; // "name_": name_en and name_zh; NULL: read by hand
};

static const struct entry pipeline_entries[] = {
    {"pipeline", "key"}, {"name", "name_"}, {"group_threshold", "group_threshold"}, {"stages", NULL}, {NULL, NULL}};
static const struct entry stage_entries[] = {{"key", "key"},
                                             {"name", "name_"},
                                             {"meaning", "meaning_"},
                                             {"allowed_days", "allowed_days"},
                                             {"probability", "probability"},
                                             {"approvals", "approvals"},
                                             {"next", "next"},
                                             {"criteria", NULL},
                                             {NULL, NULL}};
static const struct entry criterion_entries[] = {
    {"key", "key"}, {"name", "name_"}, {"kind", "kind"}, {"parameters", NULL}, {NULL, NULL}};
static const struct entry language_entries[] = {{"en", NULL}, {"zh", NULL}, {NULL, NULL}};

static void add_mistake(struct pipeline_file *file, const struct yaml_value *at, const char *text)
{
    if (file->mistake_count < PIPELINE_FILE_MOST_MISTAKES)
        file->mistakes[file->mistake_count++] = (struct yaml_mistake){text, at->line, at->column};
}

static void add_place(struct pipeline_file *file, const char *field, const struct yaml_value *value)
{
    if (file->place_count == file->place_room) {
        file->place_room = 2 * file->place_room + 64;
        struct pipeline_place *grown = arena_alloc(file->arena, file->place_room * sizeof *grown);
        if (file->place_count > 0)
            memcpy(grown, file->places, file->place_count * sizeof *grown);
        file->places = grown;
    }
    file->places[file->place_count++] = (struct pipeline_place){field, value};
}

static const struct entry *find_entry(const struct entry *entries, const char *key)
{
    for (; entries->key != NULL; entries++)
        if (strcmp(entries->key, key) == 0)
            return entries;
    return NULL;
}

// Whether it is a mapping; and names the keys that do not belong there.
static bool check_keys(struct pipeline_file *file, const struct yaml_value *mapping, const struct entry *entries)
{
    if (mapping->kind != YAML_VALUE_MAPPING) {
        add_mistake(file, mapping,
                    arena_printf(file->arena, _("must be a mapping, with the key '%s' and others"), entries->key));
        return false;
    }
    for (size_t at = 0; at < mapping->count; at++) {
        if (find_entry(entries, mapping->keys[at]->text) != NULL)
            continue;
        const char *known = entries->key;
        for (const struct entry *entry = entries + 1; entry->key != NULL; entry++)
            known = arena_printf(file->arena, "%s, %s", known, entry->key);
        add_mistake(file, mapping->keys[at],
                    arena_printf(file->arena, _("there is no '%s' here; there is %s"), mapping->keys[at]->text, known));
    }
    return true;
}

static void read_text(struct pipeline_file *file, ProtobufCMessage *message, const char *name,
                      const struct yaml_value *value)
{
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, name);
    const struct contract_message *contract = contract_find_message(message->descriptor);
    if (yaml_is_null(value))
        return;
    if (value->kind != YAML_VALUE_TEXT) {
        add_mistake(file, value, _("must be a text"));
        return;
    }
    const char *wrong = value_parse(file->arena, message, field, &contract->fields[field - message->descriptor->fields],
                                    value->text, file->now);
    if (wrong != NULL)
        add_mistake(file, value, wrong);
}

static void read_list(struct pipeline_file *file, ProtobufCMessage *message, const char *place, const char *name,
                      const struct yaml_value *list)
{
    if (yaml_is_null(list))
        return;
    if (list->kind != YAML_VALUE_LIST) {
        add_mistake(file, list, _("must be a list"));
        return;
    }
    for (size_t at = 0; at < list->count; at++) {
        add_place(file, arena_printf(file->arena, "%s[%zu]", place, at), list->items[at]);
        if (yaml_is_null(list->items[at]))
            add_mistake(file, list->items[at], _("must not be empty; leave it out instead"));
        else
            read_text(file, message, name, list->items[at]);
    }
}

// name: {en: ..., zh: ...}
static void read_languages(struct pipeline_file *file, ProtobufCMessage *message, const char *place, const char *name,
                           const struct yaml_value *value)
{
    if (yaml_is_null(value) || !check_keys(file, value, language_entries))
        return;
    for (const struct entry *language = language_entries; language->key != NULL; language++) {
        const struct yaml_value *text = yaml_find(value, language->key);
        if (text == NULL)
            continue;
        add_place(file, arena_printf(file->arena, "%s%s", place, language->key), text);
        read_text(file, message, arena_printf(file->arena, "%s%s", name, language->key), text);
    }
}

// All of the mapping that is not read by hand.
static bool read_entries(struct pipeline_file *file, ProtobufCMessage *message, const char *place,
                         const struct yaml_value *mapping, const struct entry *entries)
{
    add_place(file, place, mapping);
    if (!check_keys(file, mapping, entries))
        return false;
    for (const struct entry *entry = entries; entry->key != NULL; entry++) {
        const struct yaml_value *value = yaml_find(mapping, entry->key);
        if (value == NULL || entry->field == NULL)
            continue;
        const char *field = arena_printf(file->arena, "%s.%s", place, entry->field);
        const ProtobufCFieldDescriptor *descriptor = message_find_field(message->descriptor, entry->field);
        if (descriptor == NULL) {
            add_place(file, arena_printf(file->arena, "%.*s", (int)strlen(field) - 1, field), value);
            read_languages(file, message, field, entry->field, value);
            continue;
        }
        add_place(file, field, value);
        if (descriptor->label == PROTOBUF_C_LABEL_REPEATED)
            read_list(file, message, field, entry->field, value);
        else
            read_text(file, message, entry->field, value);
    }
    return true;
}

// The places of everything within the parameters.
static void add_places(struct pipeline_file *file, const char *place, const struct yaml_value *value)
{
    add_place(file, place, value);
    for (size_t at = 0; at < value->count; at++)
        add_places(file,
                   value->kind == YAML_VALUE_LIST ? arena_printf(file->arena, "%s[%zu]", place, at)
                                                  : arena_printf(file->arena, "%s.%s", place, value->keys[at]->text),
                   value->items[at]);
}

static void read_parameters(struct pipeline_file *file, ProtobufCMessage *criterion, const char *place,
                            const struct yaml_value *value)
{
    add_places(file, place, value);
    if (yaml_is_null(value))
        return;
    if (value->kind != YAML_VALUE_MAPPING) {
        add_mistake(file, value, _("must be a mapping"));
        return;
    }
    json_t *json = yaml_to_json(value);
    char *text = json_dumps(json, JSON_COMPACT);
    message_set_text(criterion, "parameters", text == NULL ? "" : text);
    free(text);
    json_decref(json);
}

// The items of a list, each of which is a mapping; NULL when it is no list.
static const struct yaml_value *items_of(struct pipeline_file *file, const struct yaml_value *mapping, const char *key)
{
    const struct yaml_value *list = yaml_find(mapping, key);
    if (list == NULL || yaml_is_null(list))
        return NULL;
    if (list->kind == YAML_VALUE_LIST)
        return list;
    add_mistake(file, list, _("must be a list"));
    return NULL;
}

static ProtobufCMessage *add_message(ProtobufCMessage *pipeline, const char *name)
{
    const ProtobufCFieldDescriptor *field = message_find_field(pipeline->descriptor, name);
    ProtobufCMessage *message = kam_message_new(field->descriptor);
    *(ProtobufCMessage **)message_add(pipeline, field) = message;
    return message;
}

static void read_criteria(struct pipeline_file *file, const ProtobufCMessage *stage, const struct yaml_value *mapping)
{
    const struct yaml_value *list = items_of(file, mapping, "criteria");
    for (size_t at = 0; list != NULL && at < list->count; at++) {
        const char *place = arena_printf(file->arena, "pipeline.criteria[%zu]", file->pipeline->n_criteria);
        ProtobufCMessage *criterion = add_message(&file->pipeline->base, "criteria");
        message_set_text(criterion, "stage", message_text(stage, "key"));
        if (!read_entries(file, criterion, place, list->items[at], criterion_entries))
            continue;
        const struct yaml_value *parameters = yaml_find(list->items[at], "parameters");
        if (parameters != NULL)
            read_parameters(file, criterion, arena_printf(file->arena, "%s.parameters", place), parameters);
    }
}

static void read_stages(struct pipeline_file *file, const struct yaml_value *root)
{
    const struct yaml_value *list = items_of(file, root, "stages");
    if (list != NULL)
        add_place(file, "pipeline.stages", list);
    for (size_t at = 0; list != NULL && at < list->count; at++) {
        ProtobufCMessage *stage = add_message(&file->pipeline->base, "stages");
        if (read_entries(file, stage, arena_printf(file->arena, "pipeline.stages[%zu]", at), list->items[at],
                         stage_entries))
            read_criteria(file, stage, list->items[at]);
    }
}

bool pipeline_file_read(struct arena *arena, const char *bytes, size_t length, time_t now, Kam__V1__Pipeline *pipeline,
                        struct pipeline_file *file_r)
{
    *file_r = (struct pipeline_file){.arena = arena, .now = now, .pipeline = pipeline};
    struct yaml_mistake mistake;
    const struct yaml_value *root = yaml_read(arena, bytes, length, &mistake);
    if (root == NULL) {
        file_r->mistakes[file_r->mistake_count++] = mistake;
        return false;
    }
    if (read_entries(file_r, &pipeline->base, "pipeline", root, pipeline_entries))
        read_stages(file_r, root);
    return file_r->mistake_count == 0;
}

static const struct yaml_value *place_of(const struct pipeline_file *file, const char *field, size_t length)
{
    for (size_t at = 0; at < file->place_count; at++)
        if (strlen(file->places[at].field) == length && strncmp(file->places[at].field, field, length) == 0)
            return file->places[at].value;
    return NULL;
}

static bool is_language(const char *end)
{
    return strcmp(end, "_en") == 0 || strcmp(end, "_zh") == 0;
}

const struct yaml_value *pipeline_file_find(const struct pipeline_file *file, const char *field, const char **rest_r)
{
    for (size_t length = strlen(field); length > 0; length--) {
        const char *end = field + length;
        bool is_end = *end == '\0' || *end == '.' || *end == '[' || is_language(end);
        const struct yaml_value *value = is_end ? place_of(file, field, length) : NULL;
        if (value == NULL)
            continue;
        char *rest = arena_strdup(file->arena, *end == '.' || *end == '_' ? end + 1 : end);
        // name_zh is written as name: {zh: ...}
        size_t rest_length = strlen(rest);
        if (rest_length > 3 && is_language(rest + rest_length - 3))
            rest[rest_length - 3] = '.';
        *rest_r = rest;
        return value;
    }
    *rest_r = field;
    return NULL;
}
