// SPDX-License-Identifier: Apache-2.0
// kam pipeline ... What `pipeline export` writes, `pipeline import` reads.
#include "pipeline_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export_file.h"
#include "message.h"
#include "output.h"
#include "pipeline_file.h"
#include "pipeline_page.h"
#include "reason.h"
#include "text.h"

#define SERVICE "/kam.v1.PipelineService/"
#define DEFINITION "key name_en name_zh group_threshold stages criteria validate_only"

static enum exit_code get_kinds(struct app *app, const Kam__V1__ListCriterionKindsResponse **kinds_r)
{
    ProtobufCMessage *response;
    const char *method = SERVICE "ListCriterionKinds";
    enum exit_code failure = app_call(app, method, app_new_request(app, method), &response);
    if (failure == EXIT_OK)
        *kinds_r = (const Kam__V1__ListCriterionKindsResponse *)response;
    return failure;
}

static enum exit_code get_pipeline(struct app *app, struct invocation *invocation, ProtobufCMessage **pipeline_r)
{
    ProtobufCMessage *request;
    enum exit_code failure = command_bind(app, invocation, &request);
    return failure == EXIT_OK ? app_call(app, invocation->command->method, request, pipeline_r) : failure;
}

static enum exit_code show(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *pipeline;
    const Kam__V1__ListCriterionKindsResponse *kinds;
    enum exit_code failure = get_pipeline(app, invocation, &pipeline);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, pipeline);
    failure = get_kinds(app, &kinds);
    if (failure == EXIT_OK)
        pipeline_page_print(app, (const Kam__V1__Pipeline *)pipeline, kinds);
    return failure;
}

static enum exit_code show_kinds(struct app *app, struct invocation *invocation)
{
    (void)invocation;
    const Kam__V1__ListCriterionKindsResponse *kinds;
    enum exit_code failure = get_kinds(app, &kinds);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_rows(app, &kam__v1__criterion_kind__descriptor, (const ProtobufCMessage *const *)kinds->kinds,
                           kinds->n_kinds, "kinds", "kind name_en name_zh is_recordable");
    pipeline_page_print_kinds(app, kinds);
    return EXIT_OK;
}

static enum exit_code export_pipeline(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *pipeline;
    const Kam__V1__ListCriterionKindsResponse *kinds;
    enum exit_code failure = get_pipeline(app, invocation, &pipeline);
    if (failure == EXIT_OK)
        failure = get_kinds(app, &kinds);
    if (failure != EXIT_OK)
        return failure;
    const char *path = invocation->word_count > 1 ? invocation->words[1] : "-";
    const char *text = pipeline_file_write(app->arena, (const Kam__V1__Pipeline *)pipeline, kinds);
    if (strcmp(path, "-") == 0) {
        fputs(app->is_terminal ? text_clean(app->arena, text, true) : text, app->out);
        return EXIT_OK;
    }
    struct export_file file;
    failure = export_file_open(app, path, "utf-8", &file);
    if (failure != EXIT_OK)
        return failure;
    export_file_write(&file, text);
    failure = export_file_close(&file, EXIT_OK);
    if (failure == EXIT_OK && !app->settings.json)
        fprintf(app->out, _("Written to %s.\n"), app_clean(app, path));
    return failure;
}

// ---- check and import

static enum exit_code read_bytes(struct app *app, const char *path, char **bytes_r, size_t *length_r)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rbe");
    if (file == NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", path, strerror(errno));
    *bytes_r = arena_alloc(app->arena, YAML_LARGEST_FILE_BYTES + 1);
    *length_r = fread(*bytes_r, 1, YAML_LARGEST_FILE_BYTES + 1, file);
    bool has_failed = ferror(file) != 0;
    if (file != stdin)
        fclose(file);
    return has_failed ? app_refuse(app, EXIT_REFUSED, _("%s cannot be read"), path) : EXIT_OK;
}

static int compare_mistakes(const void *left, const void *right)
{
    const struct yaml_mistake *one = left, *other = right;
    if (one->line != other->line)
        return one->line < other->line ? -1 : 1;
    return one->column < other->column ? -1 : one->column > other->column;
}

// FILE:LINE:COLUMN: as compilers say it, so that editors can go there.
static enum exit_code print_mistakes(struct app *app, const char *path, struct pipeline_file *file)
{
    qsort(file->mistakes, file->mistake_count, sizeof file->mistakes[0], compare_mistakes);
    for (size_t at = 0; at < file->mistake_count; at++)
        fprintf(stderr, "%s:%zu:%zu: %s\n", app_clean(app, path), file->mistakes[at].line, file->mistakes[at].column,
                app_clean(app, file->mistakes[at].text));
    return app_refuse(app, EXIT_REFUSED, _("%s is not right: mistakes: %zu"), path, file->mistake_count);
}

// What the server found wrong, at its places in the file. False when it says nothing about the file.
static bool place_violations(struct app *app, struct pipeline_file *file)
{
    const struct kam_error *error = &app->error;
    for (size_t at = 0; at < error->violation_count && file->mistake_count < PIPELINE_FILE_MOST_MISTAKES; at++) {
        const struct kam_violation *violation = &error->violations[at];
        const char *own = reason_translate(app->arena, error, arena_printf(app->arena, "violations_%zu_", at),
                                           violation->reason, violation->description);
        const char *text = own == NULL ? violation->description : own;
        const char *rest;
        const struct yaml_value *value = pipeline_file_find(file, violation->field, &rest);
        if (*rest != '\0')
            text = arena_printf(app->arena, "%s: %s", rest, text);
        file->mistakes[file->mistake_count++] =
            (struct yaml_mistake){text, value == NULL ? 1 : value->line, value == NULL ? 1 : value->column};
    }
    return file->mistake_count > 0;
}

static enum exit_code send_file(struct app *app, struct invocation *invocation, bool is_check,
                                const Kam__V1__ImportPipelineResponse **response_r)
{
    ProtobufCMessage *request, *response;
    const char *path = invocation->words[0];
    char *bytes;
    size_t length;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = read_bytes(app, path, &bytes, &length);
    if (failure != EXIT_OK)
        return failure;
    ((Kam__V1__ImportPipelineRequest *)request)->validate_only = is_check;
    struct pipeline_file file;
    ProtobufCMessage *pipeline = message_sub(request, message_find_field(request->descriptor, "pipeline"));
    if (!pipeline_file_read(app->arena, bytes, length, app->now, (Kam__V1__Pipeline *)pipeline, &file))
        return print_mistakes(app, path, &file);
    failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    if (app_try_call(app, invocation->command->method, request, &response) != KAM_OK)
        return place_violations(app, &file) ? print_mistakes(app, path, &file) : app_print_error(app);
    *response_r = (const Kam__V1__ImportPipelineResponse *)response;
    return EXIT_OK;
}

static enum exit_code check(struct app *app, struct invocation *invocation)
{
    const Kam__V1__ImportPipelineResponse *response;
    enum exit_code failure = send_file(app, invocation, true, &response);
    if (failure != EXIT_OK || app->settings.json)
        return failure == EXIT_OK ? output_record(app, &response->base) : failure;
    if (response->is_new && response->pipeline == NULL)
        fprintf(app->out, _("%s is right. Importing it would make a new pipeline.\n"),
                app_clean(app, invocation->words[0]));
    else if (response->is_new)
        fprintf(app->out, _("%s is right. Importing it would make version %d of %s.\n"),
                app_clean(app, invocation->words[0]), response->pipeline->number + 1,
                app_clean(app, response->pipeline->key));
    else
        fprintf(app->out, _("%s is right, and says what version %d of %s says.\n"),
                app_clean(app, invocation->words[0]), response->pipeline->number,
                app_clean(app, response->pipeline->key));
    return EXIT_OK;
}

static enum exit_code import_pipeline(struct app *app, struct invocation *invocation)
{
    const Kam__V1__ImportPipelineResponse *response;
    enum exit_code failure = send_file(app, invocation, false, &response);
    if (failure != EXIT_OK || app->settings.json)
        return failure == EXIT_OK ? output_record(app, &response->base) : failure;
    const Kam__V1__Pipeline *pipeline = response->pipeline;
    if (response->is_new)
        fprintf(app->out, _("Imported %s, version %d. Opportunities that are under way stay on theirs.\n"),
                app_clean(app, pipeline->key), pipeline->number);
    else
        fprintf(app->out, _("Nothing new: %s, version %d, says just that.\n"), app_clean(app, pipeline->key),
                pipeline->number);
    return EXIT_OK;
}

const struct command pipeline_commands[] = {
    {
        .name = "pipeline list",
        .summary = N_("List the pipelines, each with its newest version"),
        .method = SERVICE "ListPipelines",
        .columns = "key name_en name_zh number is_default group_threshold create_time",
        .examples = {"kam pipeline list", "kam pipeline list --include-retired"},
    },
    {
        .name = "pipeline show",
        .summary = N_("Show the stages of a pipeline, what must be shown before each is left, and who says yes"),
        .method = SERVICE "GetPipeline",
        .arguments = {{.name = N_("PIPELINE"), .field = "key"},
                      {.name = N_("VERSION"), .field = "number", .is_optional = true}},
        .run = show,
        .examples = {"kam pipeline show development", "kam pipeline show development 1"},
    },
    {
        .name = "pipeline kinds",
        .summary = N_("Show what a criterion may ask for, and its parameters"),
        .method = SERVICE "ListCriterionKinds",
        .run = show_kinds,
        .examples = {"kam pipeline kinds"},
    },
    {
        .name = "pipeline export",
        .summary = N_("Write a pipeline as a YAML file, to be changed and imported again"),
        .method = SERVICE "GetPipeline",
        .arguments = {{.name = N_("PIPELINE"), .field = "key"}, {.name = N_("FILE"), .is_optional = true}},
        .run = export_pipeline,
        .examples = {"kam pipeline export development", "kam pipeline export development development.yaml",
                     "kam pipeline export development --number 1"},
    },
    {
        .name = "pipeline check",
        .summary = N_("Say what is wrong with a YAML file of a pipeline, line by line; changes nothing"),
        .method = SERVICE "ImportPipeline",
        .arguments = {{.name = N_("FILE")}},
        .hidden = DEFINITION " reason",
        .run = check,
        .examples = {"kam pipeline check development.yaml"},
    },
    {
        .name = "pipeline import",
        .summary = N_("Import a YAML file of a pipeline as its newest version; an unchanged one makes none"),
        .method = SERVICE "ImportPipeline",
        .arguments = {{.name = N_("FILE")}},
        .hidden = DEFINITION,
        .run = import_pipeline,
        .examples = {"kam pipeline import development.yaml --reason \"Samples take longer\""},
    },
    {
        .name = "pipeline default",
        .summary = N_("Have new opportunities begin in this pipeline"),
        .method = SERVICE "SetDefaultPipeline",
        .arguments = {{.name = N_("PIPELINE"), .field = "key"}},
        .done = N_("New opportunities begin in %s."),
        .examples = {"kam pipeline default channel"},
    },
    {
        .name = "pipeline retire",
        .summary = N_("Let no opportunity begin in this pipeline any more; importing it again brings it back"),
        .method = SERVICE "RetirePipeline",
        .arguments = {{.name = N_("PIPELINE"), .field = "key"}},
        .done = N_("Retired %s."),
        .examples = {"kam pipeline retire seven-stage"},
    },
};
const size_t pipeline_command_count = sizeof pipeline_commands / sizeof pipeline_commands[0];
