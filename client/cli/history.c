// SPDX-License-Identifier: Apache-2.0
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"
#include "json.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/account_archive.pb-c.h"
#include "kam/v1/account_merge.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/advancement.pb-c.h"
#include "kam/v1/analysis.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/delegation.pb-c.h"
#include "kam/v1/engagement.pb-c.h"
#include "kam/v1/grade.pb-c.h"
#include "kam/v1/history.pb-c.h"
#include "kam/v1/key_account.pb-c.h"
#include "kam/v1/need.pb-c.h"
#include "kam/v1/objection.pb-c.h"
#include "kam/v1/opportunity.pb-c.h"
#include "kam/v1/pipeline.pb-c.h"
#include "kam/v1/plan.pb-c.h"
#include "kam/v1/rate.pb-c.h"
#include "kam/v1/rhythm.pb-c.h"
#include "kam/v1/scoring.pb-c.h"
#include "kam/v1/target.pb-c.h"
#include "kam/v1/team.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "language.h"
#include "message.h"
#include "output.h"
#include "value.h"

enum { DEFAULT_CHANGES = 50, LARGEST_PAGE = 500 };

struct lines {
    const ProtobufCMessage **items;
    size_t count, capacity;
};

// The change log speaks of tables; people of what the contract calls them.
static const struct {
    const char *entity;
    const char *name;
    const ProtobufCMessageDescriptor *message;
} entities[] = {
    {"account", N_("account"), &kam__v1__account__descriptor},
    {"account_member", N_("member of the account"), &kam__v1__account_member__descriptor},
    {"contact", N_("contact"), &kam__v1__contact__descriptor},
    {"position", N_("position"), &kam__v1__position__descriptor},
    {"contact_profile", N_("profile"), &kam__v1__contact_profile__descriptor},
    {"relationship_change", N_("relationship"), &kam__v1__relationship_change__descriptor},
    {"contact_tie", N_("tie"), &kam__v1__tie__descriptor},
    {"contact_gift", N_("gift"), &kam__v1__gift__descriptor},
    {"need", N_("need"), &kam__v1__need__descriptor},
    {"activity", N_("activity"), &kam__v1__activity__descriptor},
    {"activity_contact", N_("participant of the activity"), NULL},
    {"activity_user", N_("participant of the activity"), NULL},
    {"activity_visit", N_("preparation and feedback"), &kam__v1__visit__descriptor},
    {"activity_spin", N_("SPIN sheet"), &kam__v1__spin__descriptor},
    {"activity_comment", N_("comment"), &kam__v1__comment__descriptor},
    {"account_figures", N_("figures"), &kam__v1__account_figures__descriptor},
    {"account_supply", N_("supplier"), &kam__v1__supply__descriptor},
    {"account_brand", N_("brand"), &kam__v1__brand__descriptor},
    {"account_event", N_("event"), &kam__v1__account_event__descriptor},
    {"account_merge", N_("merge of accounts"), &kam__v1__account_merge__descriptor},
    {"target_list", N_("target list"), &kam__v1__target_list__descriptor},
    {"target_entry", N_("entry of a target list"), &kam__v1__target_entry__descriptor},
    {"visit_plan", N_("plan"), &kam__v1__visit_plan__descriptor},
    {"route", N_("route"), &kam__v1__route__descriptor},
    {"competition_rating", N_("row of the competition grid"), &kam__v1__competition_rating__descriptor},
    {"swot", N_("SWOT"), &kam__v1__swot__descriptor},
    {"account_plan", N_("account plan"), &kam__v1__account_plan__descriptor},
    {"care_phase", N_("phase of care"), &kam__v1__care_phase__descriptor},
    {"engagement_plan", N_("engagement plan"), &kam__v1__engagement_plan__descriptor},
    {"engagement_step", N_("step of the engagement plan"), &kam__v1__engagement_step__descriptor},
    {"route_stop", N_("account of the route"), NULL},
    {"objection", N_("objection"), &kam__v1__objection__descriptor},
    {"objection_entry", N_("entry of the library of objections"), &kam__v1__objection_entry__descriptor},
    {"idea", N_("idea"), &kam__v1__idea__descriptor},
    {"opportunity", N_("opportunity"), &kam__v1__opportunity__descriptor},
    {"opportunity_person", N_("person in the opportunity"), &kam__v1__opportunity_person__descriptor},
    {"opportunity_user", N_("member of the project team"), &kam__v1__opportunity_user__descriptor},
    {"opportunity_product", N_("product of the opportunity"), &kam__v1__opportunity_product__descriptor},
    {"opportunity_competitor", N_("competitor"), &kam__v1__opportunity_competitor__descriptor},
    {"decision_criterion", N_("decision criterion"), &kam__v1__decision_criterion__descriptor},
    {"opportunity_answer", N_("answer"), &kam__v1__opportunity_answer__descriptor},
    {"criterion_waiver", N_("waiver of a criterion"), &kam__v1__criterion_waiver__descriptor},
    {"advancement", N_("request for advancement"), &kam__v1__advancement__descriptor},
    {"approval_step", N_("step of the approval"), &kam__v1__approval_step__descriptor},
    {"delegation", N_("standing in"), &kam__v1__delegation__descriptor},
    {"assessment", N_("assessment"), &kam__v1__assessment__descriptor},
    {"assessment_score", N_("score of the assessment"), &kam__v1__assessment_score__descriptor},
    {"account_grade", N_("grade of the account"), &kam__v1__grade__descriptor},
    {"key_marking", N_("marking of key accounts"), &kam__v1__key_marking__descriptor},
    {"market_quota", N_("quota of key accounts"), &kam__v1__market_quota__descriptor},
    {"exchange_rate", N_("exchange rate"), &kam__v1__exchange_rate__descriptor},
    {"pipeline", N_("pipeline"), &kam__v1__pipeline__descriptor},
    {"pipeline_version", N_("version of the pipeline"), &kam__v1__pipeline__descriptor},
    {"pipeline_stage", N_("stage of the pipeline"), &kam__v1__pipeline_stage__descriptor},
    {"stage_criterion", N_("criterion of the stage"), &kam__v1__stage_criterion__descriptor},
    {"scoring_model", N_("scoring model"), &kam__v1__scoring_model__descriptor},
    {"scoring_model_version", N_("version of the scoring model"), &kam__v1__scoring_model__descriptor},
    {"scoring_factor", N_("factor of the scoring model"), &kam__v1__scoring_factor__descriptor},
    {"scoring_grade", N_("grade of the scoring model"), &kam__v1__scoring_grade__descriptor},
    {"rhythm", N_("follow-up rhythm"), &kam__v1__rhythm__descriptor},
    {"rhythm_rule", N_("rule of the follow-up rhythm"), &kam__v1__rhythm_rule__descriptor},
    {"team", N_("team"), &kam__v1__team__descriptor},
    {"app_user", N_("user"), &kam__v1__user__descriptor},
};

static size_t find_entity(const char *name)
{
    size_t count = sizeof entities / sizeof entities[0];
    for (size_t at = 0; at < count; at++)
        if (strcmp(entities[at].entity, name) == 0)
            return at;
    return count;
}

const char *history_entity_name(const char *entity)
{
    size_t at = find_entity(entity);
    return at < sizeof entities / sizeof entities[0] ? _(entities[at].name) : entity;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

// Ids say nothing to people; --json has them.
static bool is_id(const char *value)
{
    uint8_t uuid[UUID_BYTES];
    return *value == '\0' || uuid_parse(value, uuid);
}

// The label of an enum's value as the log has it; NULL when it is none.
static const char *enum_label(struct app *app, const ProtobufCEnumDescriptor *descriptor, const char *value)
{
    for (unsigned at = 0; at < descriptor->n_values; at++) {
        char *word = arena_strdup(app->arena, value_enum_word(app->arena, descriptor, &descriptor->values[at]));
        for (char *dash = word; (dash = strchr(dash, '-')) != NULL;)
            *dash = '_';
        if (strcmp(word, value) == 0)
            return value_enum_label(app->arena, descriptor, &descriptor->values[at]);
    }
    return NULL;
}

// A JSON list of texts as people write it; those of an enum, when there is one, by their labels.
static const char *join_list(struct app *app, const ProtobufCEnumDescriptor *descriptor, const char *value)
{
    json_t *list = json_loads(value, 0, NULL);
    const char *joined = "";
    for (size_t at = 0; at < json_array_size(list); at++) {
        const char *element = json_string_value(json_array_get(list, at));
        const char *label = element == NULL || descriptor == NULL ? NULL : enum_label(app, descriptor, element);
        element = label == NULL ? element : label;
        if (element != NULL)
            joined = arena_printf(app->arena, "%s%s%s", joined, *joined == '\0' ? "" : ", ", element);
    }
    bool is_list = json_is_array(list);
    json_decref(list);
    return is_list ? joined : value;
}

static const char *show_time(struct app *app, int64_t seconds)
{
    char text[40];
    struct tm local;
    time_t instant = (time_t)seconds;
    if (localtime_r(&instant, &local) == NULL || strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local) == 0)
        return "";
    return arena_strdup(app->arena, text);
}

// A value as the log has it, for people.
static const char *show_value(struct app *app, const ProtobufCMessageDescriptor *message,
                              const ProtobufCFieldDescriptor *field, const char *value)
{
    if (value_is_erased(value))
        return _("(erased)");
    if (field != NULL && *value != '\0' && value_is_relationship(message, field))
        return value_format_relationship(app->arena, strtoll(value, NULL, 10));
    if (field != NULL && *value != '\0' && value_is_percent(message, field))
        return value_format_percent(app->arena, strtoll(value, NULL, 10), true);
    const ProtobufCEnumDescriptor *words =
        field != NULL && field->type == PROTOBUF_C_TYPE_ENUM ? field->descriptor : NULL;
    const char *label = words == NULL ? NULL : enum_label(app, words, value);
    if (label != NULL)
        return label;
    if (field != NULL && value_form(field) == VALUE_BOOL && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0))
        return *value == 't' ? _("yes") : _("no");
    int64_t seconds;
    int32_t nanos;
    if (field != NULL && value_form(field) == VALUE_TIME && json_parse_timestamp(value, &seconds, &nanos))
        return show_time(app, seconds);
    return app_clean(app, *value == '[' ? join_list(app, words, value) : value);
}

// The log has an amount as two columns; its currency may have stayed.
static const char *show_amount(struct app *app, const Kam__V1__Change *change, const char *base, bool is_new,
                               const char *value)
{
    const char *currency = "", *column = arena_printf(app->arena, "%s_currency_code", base);
    for (size_t at = 0; at < change->n_fields; at++)
        if (strcmp(change->fields[at]->field, column) == 0)
            currency = is_new ? change->fields[at]->new_value : change->fields[at]->old_value;
    if (value_is_erased(value))
        return _("(erased)");
    return *value == '\0' ? ""
                          : app_clean(app, value_format_money(app->arena, currency, strtoll(value, NULL, 10), true));
}

// The label of "owner_id", and of "requested_by", is that of "owner_name" and "requested_by_name", where there is one.
static const char *name_label(struct app *app, const ProtobufCMessageDescriptor *message, const char *field)
{
    size_t length = strlen(field) - (ends_with(field, "_id") ? strlen("_id") : 0);
    const char *base = arena_printf(app->arena, "%.*s", (int)length, field);
    const char *shown = arena_printf(app->arena, "%s_name", base);
    if (message != NULL && message_find_field(message, shown) != NULL)
        return output_label(message, shown);
    if (message != NULL && message_find_field(message, base) != NULL)
        return output_label(message, base);
    static const struct {
        const char *base, *label;
    } others[] = {{"user", "User name"},
                  {"contact", "Contact"},
                  {"account", "Account"},
                  {"opportunity", "Opportunity"},
                  {"parent", "Parent"}};
    for (size_t at = 0; at < sizeof others / sizeof others[0]; at++)
        if (strcmp(others[at].base, base) == 0)
            return language_label("field", others[at].label);
    return app_clean(app, field);
}

static const char *show_name(struct app *app, const char *name)
{
    return value_is_erased(name) ? _("(erased person)") : app_clean(app, name);
}

static void print_field(struct app *app, const Kam__V1__Change *whole, const ProtobufCMessageDescriptor *message,
                        const Kam__V1__FieldChange *change)
{
    static const char amount[] = "_minor_units";
    bool has_names = *change->old_name != '\0' || *change->new_name != '\0';
    if (!has_names && is_id(change->old_value) && is_id(change->new_value))
        return;
    const char *name = change->field;
    bool is_amount = ends_with(name, amount);
    if (is_amount)
        name = arena_printf(app->arena, "%.*s", (int)(strlen(name) - strlen(amount)), name);
    const ProtobufCFieldDescriptor *field = message == NULL ? NULL : message_find_field(message, name);
    if (field == NULL && !has_names)
        return; // a column the contract does not speak of
    const char *label = has_names ? name_label(app, message, name) : output_label(message, name);
    const char *old_value = has_names   ? show_name(app, change->old_name)
                            : is_amount ? show_amount(app, whole, name, false, change->old_value)
                                        : show_value(app, message, field, change->old_value);
    const char *new_value = has_names   ? show_name(app, change->new_name)
                            : is_amount ? show_amount(app, whole, name, true, change->new_value)
                                        : show_value(app, message, field, change->new_value);
    if (*old_value == '\0')
        fprintf(app->out, "  %s: %s\n", label, new_value);
    else if (*new_value == '\0')
        fprintf(app->out, _("  %s: %s, now empty\n"), label, old_value);
    else
        fprintf(app->out, "  %s: %s \u2192 %s\n", label, old_value, new_value);
}

const char *history_verb(Kam__V1__Operation operation)
{
    switch (operation) {
    case KAM__V1__OPERATION__OPERATION_INSERT:
        return _("added");
    case KAM__V1__OPERATION__OPERATION_DELETE:
        return _("removed");
    default:
        return _("changed");
    }
}

// A tie between two people of an account is in the log of both.
static bool is_other_half(const Kam__V1__Change *change, const Kam__V1__Change *last)
{
    return last != NULL && strcmp(change->entity, "contact_tie") == 0 && strcmp(last->entity, change->entity) == 0 &&
           last->operation == change->operation && last->time != NULL && change->time != NULL &&
           last->time->seconds == change->time->seconds && last->time->nanos == change->time->nanos;
}

static void print_change(struct app *app, const Kam__V1__Change *change)
{
    size_t entity = find_entity(change->entity);
    bool is_known = entity < sizeof entities / sizeof entities[0];
    fprintf(app->out, "%s%s  %s  %s: %s%s", app_bold(app), output_cell(app, &change->base, "time", false),
            app_clean(app, *change->actor_name == '\0' ? _("the operator") : change->actor_name),
            is_known ? _(entities[entity].name) : app_clean(app, change->entity), history_verb(change->operation),
            app_plain(app));
    if (*change->reason != '\0')
        fprintf(app->out, "  (%s)", app_clean(app, change->reason));
    fputc('\n', app->out);
    for (size_t at = 0; at < change->n_fields; at++)
        print_field(app, change, is_known ? entities[entity].message : NULL, change->fields[at]);
}

// One line per field that was changed.
static void add_lines(struct app *app, struct lines *lines, Kam__V1__Change *change)
{
    size_t count = change->n_fields > 0 ? change->n_fields : 1;
    if (lines->count + count > lines->capacity) {
        lines->capacity = 2 * (lines->count + count);
        const ProtobufCMessage **grown = arena_alloc(app->arena, lines->capacity * sizeof *grown);
        if (lines->count > 0)
            memcpy(grown, lines->items, lines->count * sizeof *grown);
        lines->items = grown;
    }
    for (size_t at = 0; at < count; at++) {
        Kam__V1__Change *line = arena_alloc(app->arena, sizeof *line);
        *line = *change;
        line->n_fields = change->n_fields > 0 ? 1 : 0;
        line->fields = change->fields + at;
        lines->items[lines->count++] = &line->base;
    }
}

enum exit_code history_run(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    bool is_csv = app->settings.csv;
    struct lines lines = {0};
    if (!is_csv && (app->settings.json || app->settings.columns != NULL))
        return command_run_method(app, invocation);
    enum exit_code failure = command_bind(app, invocation, &request);
    int64_t left = app->settings.limit > 0       ? app->settings.limit
                   : app->settings.all || is_csv ? INT64_MAX
                                                 : DEFAULT_CHANGES;
    while (failure == EXIT_OK && left > 0) {
        message_set_integer(request, "page_size", left < LARGEST_PAGE ? left : LARGEST_PAGE);
        failure = app_call(app, invocation->command->method, request, &response);
        if (failure != EXIT_OK)
            break;
        const Kam__V1__ListChangesResponse *page = (const Kam__V1__ListChangesResponse *)response;
        for (size_t at = 0; at < page->n_changes; at++)
            if (is_csv)
                add_lines(app, &lines, page->changes[at]);
            else if (!is_other_half(page->changes[at], at == 0 ? NULL : page->changes[at - 1]))
                print_change(app, page->changes[at]);
        left -= (int64_t)page->n_changes;
        if (*page->next_page_token == '\0')
            break;
        message_set_text(request, "page_token", page->next_page_token);
        if (left <= 0 && !is_csv)
            fprintf(app->out, "%s\n", _("(older changes: --limit N or --all)"));
    }
    if (failure != EXIT_OK || !is_csv)
        return failure;
    return output_rows(app, &kam__v1__change__descriptor, lines.items, lines.count, "changes",
                       invocation->command->columns);
}
