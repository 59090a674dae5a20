// SPDX-License-Identifier: Apache-2.0
#include "yaml_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "language.h"
#include "text.h"

struct reader {
    struct arena *arena;
    yaml_parser_t parser;
    yaml_event_t event;
    struct yaml_mistake *mistake;
    size_t value_count;
};

// What libyaml says of files as people get them wrong; the rest is said as it comes.
static const char *const problems[] = {
    N_("block sequence entries are not allowed in this context"),
    N_("could not find expected ':'"),
    N_("control characters are not allowed"),
    N_("did not find expected ',' or ']'"),
    N_("did not find expected ',' or '}'"),
    N_("did not find expected '-' indicator"),
    N_("did not find expected <document start>"),
    N_("did not find expected key"),
    N_("did not find expected node content"),
    N_("found a tab character that violates indentation"),
    N_("found character that cannot start any token"),
    N_("found unexpected end of stream"),
    N_("found unknown escape character"),
    N_("incomplete UTF-8 octet sequence"),
    N_("invalid leading UTF-8 octet"),
    N_("invalid trailing UTF-8 octet"),
    N_("mapping keys are not allowed in this context"),
    N_("mapping values are not allowed in this context"),
};

static const char *say_problem(const char *problem)
{
    for (size_t at = 0; problem != NULL && at < sizeof problems / sizeof problems[0]; at++)
        if (strcmp(problems[at], problem) == 0)
            return _(problems[at]);
    return problem == NULL ? "" : problem;
}

static bool fail(struct reader *reader, yaml_mark_t mark, const char *text)
{
    *reader->mistake = (struct yaml_mistake){text, mark.line + 1, mark.column + 1};
    return false;
}

// The line of a byte, for what libyaml tells the place of in bytes only.
static size_t line_of(const char *bytes, size_t length, size_t offset)
{
    size_t line = 1;
    for (size_t at = 0; at < length && at < offset; at++)
        line += bytes[at] == '\n';
    return line;
}

static bool next_event(struct reader *reader, const char *bytes, size_t length)
{
    yaml_event_delete(&reader->event);
    if (yaml_parser_parse(&reader->parser, &reader->event))
        return true;
    memset(&reader->event, 0, sizeof reader->event);
    yaml_mark_t mark = reader->parser.problem_mark;
    if (reader->parser.error == YAML_READER_ERROR)
        mark = (yaml_mark_t){.line = line_of(bytes, length, reader->parser.problem_offset) - 1};
    return fail(reader, mark,
                arena_printf(reader->arena, _("this is not YAML: %s"), say_problem(reader->parser.problem)));
}

// Room for one more, at every power of two.
static void append(struct arena *arena, struct yaml_value ***list, size_t count, struct yaml_value *value)
{
    if ((count & (count - 1)) == 0) {
        struct yaml_value **grown = arena_alloc(arena, (count == 0 ? 1 : 2 * count) * sizeof *grown);
        if (count > 0)
            memcpy(grown, *list, count * sizeof *grown);
        *list = grown;
    }
    (*list)[count] = value;
}

static struct yaml_value *new_value(struct reader *reader, enum yaml_value_kind kind)
{
    struct yaml_value *value = arena_alloc(reader->arena, sizeof *value);
    value->kind = kind;
    value->text = "";
    value->line = reader->event.start_mark.line + 1;
    value->column = reader->event.start_mark.column + 1;
    return value;
}

static bool read_text(struct reader *reader, struct yaml_value **value_r)
{
    const yaml_event_t *event = &reader->event;
    const char *text = (const char *)event->data.scalar.value;
    if (memchr(text, '\0', event->data.scalar.length) != NULL || !text_is_utf8(text, event->data.scalar.length))
        return fail(reader, event->start_mark, _("a text must be UTF-8 without the character NUL"));
    *value_r = new_value(reader, YAML_VALUE_TEXT);
    (*value_r)->text = arena_copy(reader->arena, text, event->data.scalar.length);
    (*value_r)->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    return true;
}

struct source {
    const char *bytes;
    size_t length;
};

static bool read_value(struct reader *reader, const struct source *source, size_t depth, struct yaml_value **value_r);

static bool read_mapping(struct reader *reader, const struct source *source, size_t depth, struct yaml_value *mapping)
{
    for (;; mapping->count++) {
        if (!next_event(reader, source->bytes, source->length))
            return false;
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            return true;
        yaml_mark_t mark = reader->event.start_mark;
        if (reader->event.type != YAML_SCALAR_EVENT)
            return fail(reader, mark, _("a key must be a word"));
        struct yaml_value *key, *value;
        if (!read_value(reader, source, depth, &key))
            return false;
        if (yaml_find(mapping, key->text) != NULL)
            return fail(reader, mark, arena_printf(reader->arena, _("'%s' is there twice"), key->text));
        if (!next_event(reader, source->bytes, source->length) || !read_value(reader, source, depth + 1, &value))
            return false;
        append(reader->arena, &mapping->keys, mapping->count, key);
        append(reader->arena, &mapping->items, mapping->count, value);
    }
}

static bool read_list(struct reader *reader, const struct source *source, size_t depth, struct yaml_value *list)
{
    for (;; list->count++) {
        struct yaml_value *item;
        if (!next_event(reader, source->bytes, source->length))
            return false;
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!read_value(reader, source, depth + 1, &item))
            return false;
        append(reader->arena, &list->items, list->count, item);
    }
}

// Of the event at hand: whether it has an anchor or a tag.
static bool is_decorated(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL || event->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL || event->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL || event->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

static bool read_value(struct reader *reader, const struct source *source, size_t depth, struct yaml_value **value_r)
{
    yaml_mark_t mark = reader->event.start_mark;
    if (is_decorated(&reader->event))
        return fail(reader, mark, _("anchors (&), aliases (*) and tags (!) are not used here; write it out"));
    if (depth > YAML_MOST_DEPTH)
        return fail(reader, mark, _("this is nested too deep"));
    if (++reader->value_count > YAML_MOST_VALUES)
        return fail(reader, mark, _("there is too much in this file"));
    if (reader->event.type == YAML_SCALAR_EVENT)
        return read_text(reader, value_r);
    bool is_list = reader->event.type == YAML_SEQUENCE_START_EVENT;
    *value_r = new_value(reader, is_list ? YAML_VALUE_LIST : YAML_VALUE_MAPPING);
    return is_list ? read_list(reader, source, depth, *value_r) : read_mapping(reader, source, depth, *value_r);
}

// stream start, document start, the value, document end, stream end.
static bool read_stream(struct reader *reader, const struct source *source, struct yaml_value **value_r)
{
    if (!next_event(reader, source->bytes, source->length) || !next_event(reader, source->bytes, source->length))
        return false;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return fail(reader, (yaml_mark_t){0}, _("there is nothing in this file"));
    if (!next_event(reader, source->bytes, source->length) || !read_value(reader, source, 1, value_r))
        return false;
    if (!next_event(reader, source->bytes, source->length) || !next_event(reader, source->bytes, source->length))
        return false;
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return fail(reader, reader->event.start_mark, _("there is a second document in this file"));
    return true;
}

struct yaml_value *yaml_read(struct arena *arena, const char *bytes, size_t length, struct yaml_mistake *mistake_r)
{
    struct reader reader = {.arena = arena, .mistake = mistake_r};
    struct source source = {bytes, length};
    struct yaml_value *value = NULL;
    if (length > YAML_LARGEST_FILE_BYTES) {
        fail(&reader, (yaml_mark_t){0}, _("there is too much in this file"));
        return NULL;
    }
    if (!yaml_parser_initialize(&reader.parser))
        abort(); // out of memory
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, length);
    bool is_read = read_stream(&reader, &source, &value);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return is_read ? value : NULL;
}

struct yaml_value *yaml_find(const struct yaml_value *mapping, const char *key)
{
    for (size_t at = 0; mapping->kind == YAML_VALUE_MAPPING && at < mapping->count; at++)
        if (strcmp(mapping->keys[at]->text, key) == 0)
            return mapping->items[at];
    return NULL;
}

bool yaml_is_null(const struct yaml_value *value)
{
    return value->kind == YAML_VALUE_TEXT && value->is_plain &&
           (*value->text == '\0' || strcmp(value->text, "~") == 0 || strcmp(value->text, "null") == 0);
}

static json_t *json_of_text(const struct yaml_value *value)
{
    if (yaml_is_null(value))
        return json_null();
    if (value->is_plain && strcmp(value->text, "true") == 0)
        return json_true();
    if (value->is_plain && strcmp(value->text, "false") == 0)
        return json_false();
    char *end;
    errno = 0;
    long long number = strtoll(value->text, &end, 10);
    bool is_number = value->is_plain && errno == 0 && *end == '\0' && strspn(value->text, "+-0123456789") > 0;
    return is_number ? json_integer(number) : json_string(value->text);
}

json_t *yaml_to_json(const struct yaml_value *value)
{
    if (value->kind == YAML_VALUE_TEXT)
        return json_of_text(value);
    json_t *json = value->kind == YAML_VALUE_LIST ? json_array() : json_object();
    for (size_t at = 0; at < value->count; at++) {
        json_t *item = yaml_to_json(value->items[at]);
        if (value->kind == YAML_VALUE_LIST)
            json_array_append_new(json, item);
        else
            json_object_set_new(json, value->keys[at]->text, item);
    }
    return json;
}
