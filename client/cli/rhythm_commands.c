// SPDX-License-Identifier: Apache-2.0
// kam rhythm ... What `rhythm show --csv` writes, `rhythm set` reads.
#include "rhythm_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv_read.h"
#include "kam/v1/rhythm.pb-c.h"
#include "message.h"
#include "output.h"
#include "text.h"
#include "value.h"

#define SERVICE "/kam.v1.RhythmService/"
#define RULE_COLUMNS "kind applies_to from_days to_days follow_up_kind repeat_days follow_up_subject"

enum { LARGEST_FILE_BYTES = 1024 * 1024, MOST_RULES = 40 };

static enum exit_code print_rhythm(struct app *app, const ProtobufCMessage *response)
{
    const Kam__V1__Rhythm *rhythm = (const Kam__V1__Rhythm *)response;
    const ProtobufCMessage *const *rules = (const ProtobufCMessage *const *)rhythm->rules;
    const ProtobufCMessageDescriptor *rule = &kam__v1__rhythm_rule__descriptor;
    if (app->settings.csv || (app->settings.columns != NULL && !app->settings.json))
        return output_rows(app, rule, rules, rhythm->n_rules, "rules", RULE_COLUMNS);
    enum exit_code failure = output_record(app, response);
    if (failure != EXIT_OK || app->settings.json)
        return failure;
    output_heading(app, _("Rules"));
    if (rhythm->n_rules == 0)
        fprintf(app->out, "  %s\n", _("None: no follow-ups are planned."));
    else
        output_inner_table(app, rule, rules, rhythm->n_rules, RULE_COLUMNS, "  ");
    return EXIT_OK;
}

static enum exit_code call_and_print(struct app *app, const char *method, const ProtobufCMessage *request)
{
    ProtobufCMessage *response;
    enum exit_code failure = app_call(app, method, request, &response);
    return failure == EXIT_OK ? print_rhythm(app, response) : failure;
}

static enum exit_code show(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    enum exit_code failure = command_bind(app, invocation, &request);
    return failure == EXIT_OK ? call_and_print(app, invocation->command->method, request) : failure;
}

// ---- set

static enum exit_code read_table(struct app *app, const char *path, struct csv_table *table_r)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (file == NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", path, strerror(errno));
    char *bytes = arena_alloc(app->arena, LARGEST_FILE_BYTES);
    size_t length = fread(bytes, 1, LARGEST_FILE_BYTES, file);
    bool is_whole = ferror(file) == 0 && length < LARGEST_FILE_BYTES;
    if (file != stdin)
        fclose(file);
    if (!is_whole)
        return app_refuse(app, EXIT_REFUSED, _("%s cannot be read"), path);
    const char *wrong = csv_read(app->arena, bytes, length, NULL, table_r);
    if (wrong != NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", path, wrong);
    csv_take_heading(app->arena, table_r, 0, 1);
    return EXIT_OK;
}

// By the field's name, with any separator, or by its label.
static const ProtobufCFieldDescriptor *find_column(struct app *app, const char *header)
{
    static const char columns[] = RULE_COLUMNS;
    const ProtobufCMessageDescriptor *rule = &kam__v1__rhythm_rule__descriptor;
    char *name = arena_strdup(app->arena, text_fold(app->arena, header));
    for (char *at = name; *at != '\0'; at++)
        *at = strchr(" -", *at) != NULL ? '_' : *at;
    for (unsigned at = 0; at < rule->n_fields; at++) {
        const char *label = output_label(rule, rule->fields[at].name);
        bool is_meant = strcmp(rule->fields[at].name, name) == 0 || strcmp(label, header) == 0;
        if (is_meant && strstr(columns, rule->fields[at].name) != NULL)
            return &rule->fields[at];
    }
    return NULL;
}

static enum exit_code refuse_cell(struct app *app, const char *path, const struct csv_row *row, const char *column,
                                  const char *wrong)
{
    return app_refuse(app, EXIT_USAGE, _("%s: line %zu: %s: %s"), path, row->line, column, wrong);
}

static enum exit_code read_rule(struct app *app, const char *path, const struct csv_table *table,
                                const ProtobufCFieldDescriptor *const fields[], const struct csv_row *row,
                                ProtobufCMessage *rule)
{
    const struct contract_message *contract = contract_find_message(rule->descriptor);
    for (size_t column = 0; column < table->header.count; column++) {
        const char *cell = csv_cell(row, column);
        if (fields[column] == NULL || *cell == '\0')
            continue;
        const char *wrong = value_parse(app->arena, rule, fields[column],
                                        &contract->fields[fields[column] - rule->descriptor->fields], cell, app->now);
        if (wrong != NULL)
            return refuse_cell(app, path, row, csv_cell(&table->header, column), wrong);
    }
    for (unsigned at = 0; at < rule->descriptor->n_fields; at++)
        if (contract->fields[at].is_required && !message_has(rule, &rule->descriptor->fields[at]))
            return refuse_cell(app, path, row, rule->descriptor->fields[at].name, _("must be set"));
    return EXIT_OK;
}

static enum exit_code set(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    const char *path = invocation->words[0];
    struct csv_table table;
    failure = read_table(app, path, &table);
    if (failure != EXIT_OK)
        return failure;
    const ProtobufCFieldDescriptor *fields[CSV_MOST_COLUMNS];
    for (size_t column = 0; column < table.header.count; column++) {
        const char *header = csv_cell(&table.header, column);
        fields[column] = find_column(app, header);
        if (fields[column] == NULL) {
            app_refuse(app, EXIT_USAGE, _("%s: there is no column '%s'"), path, header);
            app_hint(app, _("Columns: %s"), RULE_COLUMNS);
            return EXIT_USAGE;
        }
    }
    if (table.row_count > MOST_RULES)
        return app_refuse(app, EXIT_USAGE, _("%s: more than %d rules"), path, MOST_RULES);
    ProtobufCMessage *rhythm = message_sub(request, message_find_field(request->descriptor, "rhythm"));
    const ProtobufCFieldDescriptor *rules = message_find_field(rhythm->descriptor, "rules");
    for (size_t at = 0; at < table.row_count; at++) {
        ProtobufCMessage *rule = kam_message_new(rules->descriptor);
        *(ProtobufCMessage **)message_add(rhythm, rules) = rule;
        failure = read_rule(app, path, &table, fields, &table.rows[at], rule);
        if (failure != EXIT_OK)
            return failure;
    }
    return call_and_print(app, invocation->command->method, request);
}

const struct command rhythm_commands[] = {
    {
        .name = "rhythm show",
        .summary = N_("Show which follow-ups are planned by themselves, and when"),
        .method = SERVICE "GetRhythm",
        .arguments = {{.name = N_("VERSION"), .field = "number", .is_optional = true}},
        .run = show,
        .examples = {"kam rhythm show", "kam rhythm show 1", "kam rhythm show --csv > rhythm.csv"},
    },
    {
        .name = "rhythm list",
        .summary = N_("List the versions of the follow-up rhythm, newest first"),
        .method = SERVICE "ListRhythms",
        .columns = "number create_time created_by reason",
        .examples = {"kam rhythm list"},
    },
    {
        .name = "rhythm set",
        .summary = N_("Set a new follow-up rhythm from a CSV file of its rules; it holds at once"),
        .method = SERVICE "SetRhythm",
        .arguments = {{.name = N_("FILE")}},
        .hidden = RULE_COLUMNS,
        .run = set,
        .examples = {"kam rhythm set rhythm.csv --reason \"Samples take longer\"",
                     "kam rhythm set rhythm.csv --replaces 3"},
    },
};
const size_t rhythm_command_count = sizeof rhythm_commands / sizeof rhythm_commands[0];
