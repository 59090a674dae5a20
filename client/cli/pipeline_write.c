// SPDX-License-Identifier: Apache-2.0
// A pipeline as the file that pipeline_file_read() reads.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/require.h"
#include "message.h"
#include "pipeline_file.h"
#include "text.h"
#include "value.h"

enum { LINE_COLUMNS = 120 };

struct writer {
    struct arena *arena;
    yaml_emitter_t emitter;
};

static void emit(struct writer *writer, yaml_event_t *event)
{
    REQUIRE(yaml_emitter_emit(&writer->emitter, event)); // the text is in memory
}

static void put_text(struct writer *writer, const char *text, bool is_string)
{
    text = text_make_utf8(writer->arena, text); // what a server sends may be anything
    // What would be read as a number or a truth value otherwise stands in quotes.
    struct yaml_value plain = {.kind = YAML_VALUE_TEXT, .text = text, .is_plain = true};
    json_t *json = yaml_to_json(&plain);
    yaml_scalar_style_t style = strchr(text, '\n') != NULL           ? YAML_LITERAL_SCALAR_STYLE
                                : is_string && !json_is_string(json) ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                                                     : YAML_ANY_SCALAR_STYLE;
    json_decref(json);
    yaml_event_t event;
    // Of all texts that are UTF-8 it makes an event.
    REQUIRE(
        yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text), 1, 1, style));
    emit(writer, &event);
}

static void begin_mapping(struct writer *writer, bool is_flow)
{
    yaml_event_t event;
    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                        is_flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);
    emit(writer, &event);
}

static void end_mapping(struct writer *writer)
{
    yaml_event_t event;
    yaml_mapping_end_event_initialize(&event);
    emit(writer, &event);
}

static void begin_list(struct writer *writer, bool is_flow)
{
    yaml_event_t event;
    yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                         is_flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
    emit(writer, &event);
}

static void end_list(struct writer *writer)
{
    yaml_event_t event;
    yaml_sequence_end_event_initialize(&event);
    emit(writer, &event);
}

static void put_pair(struct writer *writer, const char *key, const char *text)
{
    put_text(writer, key, true);
    put_text(writer, text, true);
}

static void put_number(struct writer *writer, const char *key, int64_t number)
{
    put_text(writer, key, true);
    put_text(writer, arena_printf(writer->arena, "%lld", (long long)number), false);
}

static void put_languages(struct writer *writer, const char *key, const char *english, const char *chinese)
{
    put_text(writer, key, true);
    begin_mapping(writer, strlen(english) + strlen(chinese) < LINE_COLUMNS - 20);
    put_pair(writer, "en", english);
    put_pair(writer, "zh", chinese);
    end_mapping(writer);
}

static void put_json(struct writer *writer, const json_t *json, bool is_flow)
{
    if (json_is_array(json)) {
        begin_list(writer, is_flow);
        for (size_t at = 0; at < json_array_size(json); at++)
            put_json(writer, json_array_get(json, at), true);
        end_list(writer);
    } else if (json_is_object(json)) {
        const char *key;
        json_t *value;
        begin_mapping(writer, is_flow);
        json_object_foreach((json_t *)(uintptr_t)json, key, value)
        {
            put_text(writer, key, true);
            put_json(writer, value, true);
        }
        end_mapping(writer);
    } else if (json_is_string(json)) {
        put_text(writer, json_string_value(json), true);
    } else {
        char *text = json_dumps(json, JSON_ENCODE_ANY);
        put_text(writer, text == NULL ? "null" : text, false);
        free(text);
    }
}

// questions: each on a line of its own, its key first.
static void put_questions(struct writer *writer, const json_t *questions)
{
    begin_list(writer, false);
    for (size_t at = 0; at < json_array_size(questions); at++) {
        json_t *question = json_array_get(questions, at);
        if (!json_is_object(question)) { // none, but what was given
            put_json(writer, question, true);
            continue;
        }
        json_t *ordered = json_object();
        json_object_set(ordered, "key", json_object_get(question, "key"));
        json_object_update(ordered, question);
        put_json(writer, ordered, true);
        json_decref(ordered);
    }
    end_list(writer);
}

static const Kam__V1__CriterionKind *find_kind(const Kam__V1__ListCriterionKindsResponse *kinds, const char *name)
{
    for (size_t at = 0; at < kinds->n_kinds; at++)
        if (strcmp(kinds->kinds[at]->kind, name) == 0)
            return kinds->kinds[at];
    return NULL;
}

// What the kind would take anyhow is left out; the rest comes in the order in which the kind has it.
static json_t *told_parameters(const Kam__V1__StageCriterion *criterion, const Kam__V1__CriterionKind *kind)
{
    json_t *given = json_loads(criterion->parameters, JSON_DECODE_ANY, NULL), *told = json_object();
    for (size_t at = 0; kind != NULL && at < kind->n_parameters; at++) {
        const Kam__V1__CriterionParameter *parameter = kind->parameters[at];
        json_t *value = json_object_get(given, parameter->name);
        json_t *usual = json_loads(parameter->default_value, JSON_DECODE_ANY, NULL);
        if (value != NULL && (usual == NULL || !json_equal(value, usual)))
            json_object_set(told, parameter->name, value);
        json_decref(usual);
        if (value != NULL)
            json_object_del(given, parameter->name);
    }
    // Of a kind that a newer server knows.
    json_object_update(told, given);
    json_decref(given);
    return told;
}

static void put_criterion(struct writer *writer, const Kam__V1__StageCriterion *criterion,
                          const Kam__V1__ListCriterionKindsResponse *kinds)
{
    begin_mapping(writer, false);
    put_pair(writer, "key", criterion->key);
    put_languages(writer, "name", criterion->name_en, criterion->name_zh);
    put_pair(writer, "kind", criterion->kind);
    json_t *parameters = told_parameters(criterion, find_kind(kinds, criterion->kind));
    if (json_object_size(parameters) > 0) {
        const json_t *questions = json_object_get(parameters, "questions");
        put_text(writer, "parameters", true);
        if (json_is_array(questions) && json_object_size(parameters) == 1) {
            begin_mapping(writer, false);
            put_text(writer, "questions", true);
            put_questions(writer, questions);
            end_mapping(writer);
        } else {
            put_json(writer, parameters, true);
        }
    }
    json_decref(parameters);
    end_mapping(writer);
}

static void put_stage(struct writer *writer, const Kam__V1__Pipeline *pipeline, const Kam__V1__PipelineStage *stage,
                      const Kam__V1__ListCriterionKindsResponse *kinds)
{
    bool has_criteria = false;
    begin_mapping(writer, false);
    put_pair(writer, "key", stage->key);
    put_languages(writer, "name", stage->name_en, stage->name_zh);
    if (*stage->meaning_en != '\0' || *stage->meaning_zh != '\0')
        put_languages(writer, "meaning", stage->meaning_en, stage->meaning_zh);
    if (stage->optional_allowed_days_case == KAM__V1__PIPELINE_STAGE__OPTIONAL_ALLOWED_DAYS_ALLOWED_DAYS)
        put_number(writer, "allowed_days", stage->allowed_days);
    put_number(writer, "probability", stage->probability);
    if (stage->n_approvals > 0) {
        put_text(writer, "approvals", true);
        begin_list(writer, true);
        for (size_t at = 0; at < stage->n_approvals; at++)
            put_text(writer,
                     stage->approvals[at] == KAM__V1__APPROVER__APPROVER_KEY_ACCOUNT_GROUP ? "key_account_group"
                                                                                           : "team_manager",
                     true);
        end_list(writer);
    }
    for (size_t at = 0; at < pipeline->n_criteria; at++) {
        if (strcmp(pipeline->criteria[at]->stage, stage->key) != 0)
            continue;
        if (!has_criteria) {
            put_text(writer, "criteria", true);
            begin_list(writer, false);
        }
        has_criteria = true;
        put_criterion(writer, pipeline->criteria[at], kinds);
    }
    if (has_criteria)
        end_list(writer);
    end_mapping(writer);
}

static void put_pipeline(struct writer *writer, const Kam__V1__Pipeline *pipeline,
                         const Kam__V1__ListCriterionKindsResponse *kinds)
{
    begin_mapping(writer, false);
    put_pair(writer, "pipeline", pipeline->key);
    put_languages(writer, "name", pipeline->name_en, pipeline->name_zh);
    if (pipeline->group_threshold != NULL)
        put_pair(writer, "group_threshold",
                 value_format_money(writer->arena, pipeline->group_threshold->currency_code,
                                    pipeline->group_threshold->minor_units, true));
    put_text(writer, "stages", true);
    begin_list(writer, false);
    for (size_t at = 0; at < pipeline->n_stages; at++)
        put_stage(writer, pipeline, pipeline->stages[at], kinds);
    end_list(writer);
    end_mapping(writer);
}

static int append(void *out, unsigned char *bytes, size_t length)
{
    return fwrite(bytes, 1, length, out) == length;
}

const char *pipeline_file_write(struct arena *arena, const Kam__V1__Pipeline *pipeline,
                                const Kam__V1__ListCriterionKindsResponse *kinds)
{
    struct writer writer = {.arena = arena};
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    REQUIRE(out != NULL && yaml_emitter_initialize(&writer.emitter));
    yaml_emitter_set_output(&writer.emitter, append, out);
    yaml_emitter_set_unicode(&writer.emitter, 1);
    yaml_emitter_set_width(&writer.emitter, LINE_COLUMNS);
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(&writer, &event);
    yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
    emit(&writer, &event);
    put_pipeline(&writer, pipeline, kinds);
    yaml_document_end_event_initialize(&event, 1);
    emit(&writer, &event);
    yaml_stream_end_event_initialize(&event);
    emit(&writer, &event);
    yaml_emitter_delete(&writer.emitter);
    fclose(out);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}
