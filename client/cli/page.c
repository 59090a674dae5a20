// SPDX-License-Identifier: Apache-2.0
// One record as a page: sections of labels and values, then what hangs on it.
#include <string.h>

#include "contract.h"
#include "json.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/account_archive.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/grade.pb-c.h"
#include "kam/v1/need.pb-c.h"
#include "kam/v1/plan.pb-c.h"
#include "kam/v1/scoring.pb-c.h"
#include "kam/v1/session.pb-c.h"
#include "kam/v1/target.pb-c.h"
#include "kam/v1/team.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "message.h"
#include "output.h"
#include "recent.h"
#include "text.h"
#include "value.h"

enum { MOST_SECTIONS = 8, LABEL_WIDTH = 20, LABEL_MOST = 28 };

struct section {
    const char *title; // NULL: without a heading
    const char *fields;
};

// Fields that no section names come last, so that a new field of the contract is seen.
struct page {
    const ProtobufCMessageDescriptor *descriptor;
    struct section sections[MOST_SECTIONS];
};

static const struct page pages[] = {
    {&kam__v1__account__descriptor,
     {{NULL, "status owner_name team_name phone website note"},
      {N_("Identity"),
       "other_names registration_number registered_address delivery_address legal_representative founded_on "
       "ownership registered_capital annual_revenue employees industry region parent_name tax_status bank"},
      {N_("Character"),
       "main_products business_scope market our_value organisation management_level culture philosophy "
       "industry_standing reputation market_trend company_trend development_plans"},
      {N_("Relationship"), "source source_note relationship_kind selling_level special_requirements "
                           "budget_month budget_day budget_lead_days payment_reputation "
                           "quality_reputation stability_reputation bad_record cash_flow payables"},
      {N_("Channel"), "channel_position upstream_name territories territory_conflict_count distributor_count "
                      "retailer_count own_capital own_staff"},
      {N_("Grades"), "is_key potential_grade contribution_grade credit_grade credit_limit credit_terms_days grade_review_on"},
      {N_("Archive"), "completeness missing"},
      {N_("Record"), "duplicate_reason create_time update_time updated_by retire_time version"}}},
    {&kam__v1__contact__descriptor,
     {{NULL, "other_names phones emails messaging_ids note"},
      {N_("Record"), "create_time update_time updated_by retire_time erase_time version"}}},
    {&kam__v1__activity__descriptor,
     {{NULL, "account_name kind state time due_time duration_minutes place owner_name user_names contact_names cost"},
      {N_("What happened"), "description customer_reaction result cancel_reason correction_reason"},
      {N_("Belongs to"), "origin rhythm_version previous_activity_id next_activity_id corrects_id corrected_by_id"},
      {N_("Record"), "created_by create_time update_time updated_by version"}}},
    {&kam__v1__visit_plan__descriptor,
     {{NULL, "account_name route_name owner_name kind repeat every weekdays month_day time_of_day duration_minutes "
             "starts_on ends_on next_on problem skipped_account_names end_time"},
      {N_("Record"), "create_time update_time updated_by version"}}},
    {&kam__v1__route__descriptor,
     {{NULL, "owner_name account_names note"},
      {N_("Record"), "create_time update_time updated_by retire_time version"}}},
    {&kam__v1__objection__descriptor,
     {{NULL, "account_name contact_name outcome"},
      {N_("Handled"), "listen share clarify present ask"},
      {N_("Record"), "created_by create_time update_time updated_by version"}}},
    {&kam__v1__objection_entry__descriptor,
     {{NULL, "topic state"}, {N_("Record"), "created_by create_time update_time updated_by version"}}},
    {&kam__v1__idea__descriptor,
     {{NULL, "account_name score impact confidence ease state note"},
      {N_("Record"), "created_by create_time update_time updated_by version"}}},
    {&kam__v1__assessment__descriptor,
     {{NULL, "opportunity_code opportunity_name account_name model_key model_number kind assessed_on total grade "
             "expected_expenses obstacles note"},
      {N_("Before"), "previous_on previous_total previous_grade difference"},
      {N_("Record"), "assessed_by create_time"}}},
    {&kam__v1__scoring_model__descriptor,
     {{NULL, "key kind number name_en name_zh"}, {N_("Record"), "created_by create_time reason"}}},
    {&kam__v1__grade__descriptor,
     {{NULL, "account_code account_name kind grade present_grade total credit_limit terms_days state suggested_by reason"},
      {N_("Decision"), "decided_by decide_time decision_reason review_on"},
      {N_("Record"), "create_time version"}}},
    {&kam__v1__user__descriptor,
     {{NULL, "login role team_name is_key_account_group is_disabled phone email locale time_zone"},
      {N_("Record"), "create_time update_time version"}}},
    {&kam__v1__team__descriptor, {{NULL, "path"}, {N_("Record"), "create_time update_time retire_time version"}}},
    {&kam__v1__position__descriptor,
     {{NULL, "account_name title department level reports_to_name buying_roles stance is_insider influence "
             "relationship counterpart_name trust commitment switching_cost since ended_on"},
      {N_("Record"), "update_time updated_by version"}}},
    {&kam__v1__account_figures__descriptor,
     {{NULL, "account_name year revenue profit net_margin return_on_assets liquid_asset_ratio collection_days "
             "inventory_days purchases our_share note"},
      {N_("Record"), "create_time update_time updated_by retire_time version"}}},
    {&kam__v1__supply__descriptor,
     {{NULL, "account_name product share since won_by shortcomings willingness ended_on"},
      {N_("Record"), "create_time update_time updated_by version"}}},
    {&kam__v1__target_list__descriptor,
     {{NULL, "starts_on ends_on counts owner_name note"},
      {N_("Record"), "create_time update_time updated_by retire_time version"}}},
    {&kam__v1__contact_profile__descriptor,
     {{NULL, "home_town birthday family education career hobbies temperament motives"},
      {N_("Record"), "update_time updated_by version"}}},
    {&kam__v1__need__descriptor,
     {{NULL, "account_name contact_name kind scope level expression state activity_id"},
      {N_("Record"), "created_by create_time update_time updated_by retire_time version"}}},
    {&kam__v1__gift__descriptor,
     {{NULL, "given_on what value given_by_name activity_id"},
      {N_("Record"), "create_time update_time updated_by version"}}},
    {&kam__v1__tie__descriptor,
     {{NULL, "kind from_contact_name to_contact_name note"}, {N_("Record"), "created_by create_time"}}},
};

void output_heading(struct app *app, const char *title)
{
    fprintf(app->out, "\n%s%s%s\n", app_bold(app), title, app_plain(app));
}

bool output_is_named_by_contact(const ProtobufCMessage *message)
{
    return *message_text(message, "contact_name") != '\0' && *message_text(message, "subject") == '\0' &&
           *message_text(message, "objection") == '\0' && *message_text(message, "text") == '\0';
}

const char *output_title(struct app *app, const ProtobufCMessage *message)
{
    static const char *const names[] = {"path",  "name",          "subject",  "objection",
                                        "title", "survivor_name", "supplier", "text"};
    const char *code = message_text(message, "code"), *login = message_text(message, "login");
    const char *title = "";
    for (size_t at = 0; at < sizeof names / sizeof names[0] && *title == '\0'; at++)
        title = message_text(message, names[at]);
    const char *contact = message_text(message, "contact_name");
    title = value_is_erased(title) ? _("(erased person)") : title;
    contact = value_is_erased(contact) ? _("(erased person)") : contact;
    if (output_is_named_by_contact(message))
        title = arena_printf(app->arena, _("%s at %s"), contact, message_text(message, "account_name"));
    if (*code != '\0')
        title = arena_printf(app->arena, "%s %s", code, title);
    if (*login != '\0')
        title = arena_printf(app->arena, "%s (%s)", title, login);
    return app_clean(app, title);
}

void output_wrapped(struct app *app, const char *text, size_t indent)
{
    size_t room = app->width > indent + 20 ? app->width - indent : SIZE_MAX / 2;
    for (bool is_first = true; is_first || *text != '\0'; is_first = false) {
        size_t length = text_fit_line(text, room);
        if (!is_first)
            fprintf(app->out, "%*s", (int)indent, "");
        fprintf(app->out, "%.*s\n", (int)length, text);
        text += length;
        text += *text == '\n';
    }
}

static void print_line(struct app *app, const char *label, const char *value, size_t label_width)
{
    size_t width = text_width(label);
    fprintf(app->out, "  %s%s%s%*s  ", app_dim(app), label, app_plain(app),
            width < label_width ? (int)(label_width - width) : 0, "");
    output_wrapped(app, value, label_width + 4);
}

static bool names_field(const char *fields, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = fields; (at = strstr(at, name)) != NULL; at += length)
        if ((at == fields || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

// Other records that can be shown next: their ids are, in short.
static bool is_link(const ProtobufCFieldDescriptor *field)
{
    return names_field(
        "activity_id previous_activity_id next_activity_id corrects_id corrected_by_id follow_up_call_id", field->name);
}

static bool is_shown(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    size_t length = strlen(field->name);
    bool is_id =
        strcmp(field->name, "id") == 0 || (length > 3 && strcmp(field->name + length - 3, "_id") == 0) ||
        (length > 4 && strcmp(field->name + length - 4, "_ids") == 0 && strcmp(field->name, "messaging_ids") != 0);
    return (!is_id || is_link(field)) && message_has(message, field) && value_form(field) != VALUE_MESSAGE;
}

static const struct page *find_page(const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t at = 0; at < sizeof pages / sizeof pages[0]; at++)
        if (pages[at].descriptor == descriptor)
            return &pages[at];
    return NULL;
}

static bool is_in_page(const struct page *page, const char *name)
{
    for (size_t at = 0; page != NULL && at < MOST_SECTIONS; at++)
        if (page->sections[at].fields != NULL && names_field(page->sections[at].fields, name))
            return true;
    return false;
}

static size_t label_width_of(const ProtobufCMessage *message)
{
    size_t widest = LABEL_WIDTH;
    for (unsigned at = 0; at < message->descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[at];
        size_t width = is_shown(message, field) ? text_width(output_label(message->descriptor, field->name)) : 0;
        widest = width > widest ? width : widest;
    }
    return widest < LABEL_MOST ? widest : LABEL_MOST;
}

static void print_field(struct app *app, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        size_t label_width)
{
    const char *value = output_cell(app, message, field->name, false);
    if (*value != '\0' && is_link(field)) {
        recent_remember(app, &value, 1);
        value = recent_short_id(value);
    }
    if (*value != '\0')
        print_line(app, output_label(message->descriptor, field->name), text_clean(app->arena, value, true),
                   label_width);
}

static void print_section(struct app *app, const ProtobufCMessage *message, const struct section *section,
                          size_t label_width)
{
    bool is_begun = section->title == NULL;
    for (const char *at = section->fields; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        const char *name = arena_printf(app->arena, "%.*s", (int)length, at);
        const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, name);
        if (field != NULL && is_shown(message, field)) {
            if (!is_begun)
                output_heading(app, _(section->title));
            is_begun = true;
            print_field(app, message, field, label_width);
        }
        at += length;
    }
}

void output_section(struct app *app, const ProtobufCMessage *message, const char *title, const char *fields)
{
    print_section(app, message, &(struct section){title, fields}, label_width_of(message));
}

void output_line(struct app *app, const char *label, const char *value)
{
    print_line(app, label, text_clean(app->arena, value, true), LABEL_WIDTH);
}

static void print_repeated(struct app *app, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    static const struct {
        const ProtobufCMessageDescriptor *descriptor;
        const char *columns;
    } known[] = {
        {&kam__v1__position__descriptor,
         "account_name title department buying_roles stance influence relationship is_insider "
         "counterpart_name trust commitment switching_cost ended_on"},
        {&kam__v1__tie__descriptor, "id kind from_contact_name to_contact_name note"},
        {&kam__v1__account_member__descriptor, "user_name since"},
    };
    size_t count = message_count(message, field);
    const char *columns = NULL;
    for (size_t at = 0; at < sizeof known / sizeof known[0]; at++)
        if (known[at].descriptor == field->descriptor)
            columns = known[at].columns;
    if (count == 0 || columns == NULL)
        return;
    output_heading(app, output_label(message->descriptor, field->name));
    output_inner_table(app, field->descriptor, message_value(message, field, 0), count, columns, "  ");
}

void output_page_head(struct app *app, const ProtobufCMessage *message)
{
    const struct page *page = find_page(message->descriptor);
    const char *title = output_title(app, message);
    const ProtobufCFieldDescriptor *retired = message_find_field(message->descriptor, "retire_time");
    bool is_retired = retired != NULL && message_has(message, retired);
    if (*title != '\0')
        fprintf(app->out, "%s%s%s%s%s\n", app_bold(app), title, app_plain(app), is_retired ? "  " : "",
                is_retired ? _("(retired)") : "");
    if (page != NULL)
        print_section(app, message, &page->sections[0], label_width_of(message));
}

// The last section, of the record's own making, comes after the fields that no section names.
void output_page_rest(struct app *app, const ProtobufCMessage *message)
{
    const struct page *page = find_page(message->descriptor);
    size_t label_width = label_width_of(message);
    const struct section *last = NULL;
    for (size_t at = 1; page != NULL && at < MOST_SECTIONS && page->sections[at].fields != NULL; at++) {
        if (last != NULL)
            print_section(app, message, last, label_width);
        last = &page->sections[at];
    }
    for (unsigned at = 0; at < message->descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[at];
        bool is_title = page != NULL &&
                        names_field("code name path subject objection login supplier text", field->name) &&
                        !is_in_page(page, field->name);
        if (is_shown(message, field) && !is_in_page(page, field->name) && !is_title)
            print_field(app, message, field, label_width);
        if (field->label == PROTOBUF_C_LABEL_REPEATED && value_form(field) == VALUE_MESSAGE)
            print_repeated(app, message, field);
    }
    if (last != NULL)
        print_section(app, message, last, label_width);
}

enum exit_code output_record(struct app *app, const ProtobufCMessage *message)
{
    if (app->settings.json) {
        json_t *value = json_from_message(message);
        output_json(app, value);
        json_decref(value);
        return EXIT_OK;
    }
    if (app->settings.csv || app->settings.columns != NULL) {
        const char *columns = "";
        for (unsigned at = 0; at < message->descriptor->n_fields; at++)
            if (value_form(&message->descriptor->fields[at]) != VALUE_MESSAGE)
                columns = arena_printf(app->arena, "%s %s", columns, message->descriptor->fields[at].name);
        return output_rows(app, message->descriptor, &message, 1, "record", columns);
    }
    output_page_head(app, message);
    output_page_rest(app, message);
    return EXIT_OK;
}
