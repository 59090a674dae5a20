// SPDX-License-Identifier: Apache-2.0
#include "pipeline_page.h"

#include <jansson.h>
#include <string.h>

#include "contract.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "message.h"
#include "output.h"
#include "text.h"
#include "value.h"

// Words of parameters, which are data: for the catalogue.
static const char *const words[] = {
    NC_("parameter", "since"),        NC_("parameter", "days"),     NC_("parameter", "count"),
    NC_("parameter", "explicit"),     NC_("parameter", "role"),     NC_("parameter", "insider"),
    NC_("parameter", "relationship"), NC_("parameter", "criteria"), NC_("parameter", "model"),
    NC_("parameter", "grade"),        NC_("parameter", "verdict"),  NC_("parameter", "percent"),
    NC_("parameter", "from_days"),    NC_("parameter", "to_days"),  NC_("parameter", "severity"),
    NC_("parameter", "stage"),        NC_("parameter", "ever"),     NC_("parameter", "prepare"),
    NC_("parameter", "defer"),        NC_("parameter", "approve"),  NC_("parameter", "change"),
};

static const char *say_word(struct app *app, const char *word)
{
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++)
        if (strcmp(words[at], word) == 0)
            return language_label("parameter", words[at]);
    return app_clean(app, word);
}

// "senior_meeting" as people know it; the word itself where the enum has none.
static const char *say_enum(struct app *app, const ProtobufCEnumDescriptor *descriptor, const char *word)
{
    for (unsigned at = 0; at < descriptor->n_values; at++) {
        char *known = arena_strdup(app->arena, value_enum_word(app->arena, descriptor, &descriptor->values[at]));
        for (char *dash = known; *dash != '\0'; dash++)
            *dash = *dash == '-' ? '_' : *dash;
        if (strcmp(known, word) == 0)
            return value_enum_label(app->arena, descriptor, &descriptor->values[at]);
    }
    return say_word(app, word);
}

// "employees|annual_revenue": "Employees or Annual revenue".
static const char *say_fields(struct app *app, const char *kind, const char *fields)
{
    const ProtobufCMessageDescriptor *message = strcmp(kind, "account_fields") == 0
                                                    ? &kam__v1__account__descriptor
                                                    : message_type_by_name("kam.v1.Opportunity");
    const char *said = "";
    for (const char *at = fields; *at != '\0'; at += *at == '|') {
        const char *name = arena_printf(app->arena, "%.*s", (int)strcspn(at, "|"), at);
        bool is_known = message != NULL && message_find_field(message, name) != NULL;
        said = arena_printf(app->arena, "%s%s%s", said, *said == '\0' ? "" : _(" or "),
                            is_known ? output_label(message, name) : app_clean(app, name));
        at += strcspn(at, "|");
    }
    return said;
}

static const char *say_text(struct app *app, const char *kind, const char *parameter, const char *text)
{
    if (strncmp(parameter, "kind", 4) == 0)
        return say_enum(app, &kam__v1__activity_kind__descriptor, text);
    if (strcmp(parameter, "role") == 0)
        return say_enum(app, &kam__v1__buying_role__descriptor, text);
    if (strcmp(parameter, "fields") == 0)
        return say_fields(app, kind, text);
    return say_word(app, text);
}

static const char *say_value(struct app *app, const char *kind, const char *parameter, const json_t *value)
{
    const char *said = "";
    if (json_is_string(value))
        return say_text(app, kind, parameter, json_string_value(value));
    if (json_is_integer(value) && strcmp(parameter, "relationship") == 0)
        return value_format_relationship(app->arena, json_integer_value(value));
    if (json_is_integer(value))
        return arena_printf(app->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? _("yes") : _("no");
    for (size_t at = 0; at < json_array_size(value); at++) {
        const char *item = json_string_value(json_array_get(value, at));
        said = arena_printf(app->arena, "%s%s%s", said, at == 0 ? "" : ", ",
                            item == NULL ? "" : say_text(app, kind, parameter, item));
    }
    return said;
}

static const Kam__V1__CriterionKind *find_kind(const Kam__V1__ListCriterionKindsResponse *kinds, const char *name)
{
    for (size_t at = 0; at < kinds->n_kinds; at++)
        if (strcmp(kinds->kinds[at]->kind, name) == 0)
            return kinds->kinds[at];
    return NULL;
}

static bool speaks_for_itself(const char *parameter)
{
    return strncmp(parameter, "kind", 4) == 0 || strcmp(parameter, "fields") == 0 || strcmp(parameter, "verdict") == 0;
}

// "an activity done: Call, Visit; since stage". What is so anyhow is not said; "" when that is all.
static const char *say_evidence(struct app *app, const Kam__V1__CriterionKind *kind, const json_t *told)
{
    const char *said = app_clean(app, language_choose(kind->name_en, kind->name_zh));
    const char *between = _(": ");
    bool says_more = !kind->is_recordable;
    for (size_t at = 0; at < kind->n_parameters; at++) {
        const Kam__V1__CriterionParameter *parameter = kind->parameters[at];
        const json_t *value = json_object_get(told, parameter->name);
        json_t *usual = json_loads(parameter->default_value, JSON_DECODE_ANY, NULL);
        bool is_usual = usual != NULL && value != NULL && json_equal(value, usual);
        json_decref(usual);
        if (value == NULL || is_usual || strcmp(parameter->type, "questions") == 0)
            continue;
        const char *label = speaks_for_itself(parameter->name) ? "" : say_word(app, parameter->name);
        said = arena_printf(app->arena, "%s%s%s%s%s", said, between, label, *label == '\0' ? "" : " ",
                            say_value(app, kind->kind, parameter->name, value));
        between = _("; ");
        says_more = true;
    }
    if (!kind->is_recordable)
        said = arena_printf(app->arena, "%s%s%s", said, between, _("not recorded yet, a manager may waive it"));
    return says_more ? said : "";
}

static void print_criterion(struct app *app, const Kam__V1__StageCriterion *criterion,
                            const Kam__V1__ListCriterionKindsResponse *kinds)
{
    const Kam__V1__CriterionKind *kind = find_kind(kinds, criterion->kind);
    json_t *told = json_loads(criterion->parameters, 0, NULL);
    fprintf(app->out, "    - ");
    output_wrapped(app, app_clean(app, language_choose(criterion->name_en, criterion->name_zh)), 6);
    const char *evidence = kind == NULL ? app_clean(app, criterion->kind) : say_evidence(app, kind, told);
    if (*evidence != '\0') {
        fprintf(app->out, "      %s", app_dim(app));
        output_wrapped(app, evidence, 6);
        fprintf(app->out, "%s", app_plain(app));
    }
    const json_t *questions = json_object_get(told, "questions");
    for (size_t at = 0; at < json_array_size(questions); at++) {
        const json_t *question = json_array_get(questions, at);
        const char *english = json_string_value(json_object_get(question, "en"));
        const char *chinese = json_string_value(json_object_get(question, "zh"));
        fprintf(app->out, "      %zu. ", at + 1);
        output_wrapped(
            app, app_clean(app, language_choose(english == NULL ? "" : english, chinese == NULL ? "" : chinese)), 9);
    }
    json_decref(told);
}

static const char *say_approvals(struct app *app, const Kam__V1__Pipeline *pipeline,
                                 const Kam__V1__PipelineStage *stage)
{
    const ProtobufCEnumDescriptor *approvers = &kam__v1__approver__descriptor;
    const char *said = "";
    for (size_t at = 0; at < stage->n_approvals; at++) {
        const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(approvers, (int)stage->approvals[at]);
        bool is_group = stage->approvals[at] == KAM__V1__APPROVER__APPROVER_KEY_ACCOUNT_GROUP;
        said = arena_printf(app->arena, "%s%s%s", said, at == 0 ? "" : _(", then "),
                            value == NULL ? "?" : value_enum_label(app->arena, approvers, value));
        if (is_group && pipeline->group_threshold != NULL)
            said = arena_printf(app->arena, _("%s (from %s)"), said,
                                value_format_money(app->arena, app_clean(app, pipeline->group_threshold->currency_code),
                                                   pipeline->group_threshold->minor_units, true));
    }
    return *said == '\0' ? _("nobody is asked") : said;
}

static void print_stage(struct app *app, const Kam__V1__Pipeline *pipeline, size_t at,
                        const Kam__V1__ListCriterionKindsResponse *kinds)
{
    const Kam__V1__PipelineStage *stage = pipeline->stages[at];
    bool has_days = stage->optional_allowed_days_case == KAM__V1__PIPELINE_STAGE__OPTIONAL_ALLOWED_DAYS_ALLOWED_DAYS;
    const char *days = has_days ? arena_printf(app->arena, _(", at most %d days"), stage->allowed_days) : "";
    fprintf(app->out, "\n%s%zu  %s%s  %s%s, %d %%%s%s\n", app_bold(app), at + 1,
            app_clean(app, language_choose(stage->name_en, stage->name_zh)), app_plain(app), app_dim(app),
            app_clean(app, stage->key), stage->probability, days, app_plain(app));
    const char *meaning = language_choose(stage->meaning_en, stage->meaning_zh);
    if (*meaning != '\0') {
        fprintf(app->out, "    ");
        output_wrapped(app, text_clean(app->arena, meaning, true), 4);
    }
    for (size_t each = 0; each < pipeline->n_criteria; each++)
        if (strcmp(pipeline->criteria[each]->stage, stage->key) == 0)
            print_criterion(app, pipeline->criteria[each], kinds);
    fprintf(app->out, "    %s%s%s", app_dim(app), _("Says yes: "), app_plain(app));
    output_wrapped(app, say_approvals(app, pipeline, stage), 4);
}

void pipeline_page_print(struct app *app, const Kam__V1__Pipeline *pipeline,
                         const Kam__V1__ListCriterionKindsResponse *kinds)
{
    const char *made_by = *pipeline->created_by == '\0' ? _("came with kam") : app_clean(app, pipeline->created_by);
    fprintf(app->out, "%s%s%s  %s\n", app_bold(app),
            app_clean(app, language_choose(pipeline->name_en, pipeline->name_zh)), app_plain(app),
            app_clean(app, pipeline->key));
    output_line(app, _("Version"),
                arena_printf(app->arena, _("%d, %s, %s"), pipeline->number, made_by,
                             output_cell(app, &pipeline->base, "create_time", false)));
    if (*pipeline->reason != '\0')
        output_line(app, output_label(pipeline->base.descriptor, "reason"), pipeline->reason);
    if (pipeline->is_default)
        output_line(app, output_label(pipeline->base.descriptor, "is_default"), _("new opportunities begin here"));
    if (pipeline->retire_time != NULL)
        output_line(app, output_label(pipeline->base.descriptor, "retire_time"),
                    output_cell(app, &pipeline->base, "retire_time", false));
    for (size_t at = 0; at < pipeline->n_stages; at++)
        print_stage(app, pipeline, at, kinds);
}

static void print_parameter(struct app *app, const Kam__V1__CriterionParameter *parameter)
{
    const char *said = app_clean(app, parameter->type);
    if (parameter->optional_min_case != 0 && parameter->optional_max_case != 0)
        said = arena_printf(app->arena, _("%s, %d to %d"), said, parameter->min, parameter->max);
    if (parameter->is_required)
        said = arena_printf(app->arena, _("%s, must be given"), said);
    if (*parameter->default_value != '\0')
        said = arena_printf(app->arena, _("%s, %s when not given"), said, app_clean(app, parameter->default_value));
    if (*parameter->values != '\0')
        said = arena_printf(app->arena, _("%s: %s"), said, app_clean(app, parameter->values));
    output_line(app, app_clean(app, parameter->name), said);
}

void pipeline_page_print_kinds(struct app *app, const Kam__V1__ListCriterionKindsResponse *kinds)
{
    for (size_t at = 0; at < kinds->n_kinds; at++) {
        const Kam__V1__CriterionKind *kind = kinds->kinds[at];
        fprintf(app->out, "%s%s%s%s  %s%s\n", at == 0 ? "" : "\n", app_bold(app), app_clean(app, kind->kind),
                app_plain(app), app_clean(app, language_choose(kind->name_en, kind->name_zh)),
                kind->is_recordable ? "" : _(" (not recorded yet, a manager may waive it)"));
        for (size_t each = 0; each < kind->n_parameters; each++)
            print_parameter(app, kind->parameters[each]);
    }
}
