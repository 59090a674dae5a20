// SPDX-License-Identifier: Apache-2.0
#include "opportunity_page.h"

#include <string.h>

#include "kam/v1/opportunity.pb-c.h"
#include "language.h"
#include "message.h"
#include "output.h"
#include "recent.h"
#include "resolve.h"

#define GET_OPPORTUNITY "/kam.v1.OpportunityService/GetOpportunity"

static const char *shown(struct app *app, const Kam__V1__Opportunity *opportunity, const char *field)
{
    return output_cell(app, &opportunity->base, field, false);
}

static void print_line(struct app *app, const Kam__V1__Opportunity *opportunity, const char *field, const char *text)
{
    if (*text != '\0')
        output_line(app, output_label(opportunity->base.descriptor, field), text);
}

// "2 of 5: Information, 34 days of 30"
static const char *stage_text(struct app *app, const Kam__V1__Opportunity *opportunity)
{
    const char *text = arena_printf(app->arena, _("%d of %d: %s"), opportunity->stage_number, opportunity->stage_count,
                                    language_choose(opportunity->stage_name_en, opportunity->stage_name_zh));
    bool is_open = opportunity->state == KAM__V1__OPPORTUNITY_STATE__OPPORTUNITY_STATE_OPEN;
    if (!is_open)
        return text;
    int days = opportunity->optional_days_in_stage_case == KAM__V1__OPPORTUNITY__OPTIONAL_DAYS_IN_STAGE_DAYS_IN_STAGE
                   ? opportunity->days_in_stage
                   : 0;
    if (opportunity->optional_allowed_days_case == KAM__V1__OPPORTUNITY__OPTIONAL_ALLOWED_DAYS_ALLOWED_DAYS)
        return arena_printf(app->arena, _("%s, day %d of %d"), text, days + 1, opportunity->allowed_days);
    return arena_printf(app->arena, _("%s, day %d"), text, days + 1);
}

static const char *money_text(struct app *app, const Kam__V1__Opportunity *opportunity)
{
    const char *amount = shown(app, opportunity, "amount");
    if (opportunity->optional_present_probability_case !=
        KAM__V1__OPPORTUNITY__OPTIONAL_PRESENT_PROBABILITY_PRESENT_PROBABILITY)
        return amount;
    const char *chance = arena_printf(app->arena, "%d %%", opportunity->present_probability);
    return *amount == '\0' ? chance : arena_printf(app->arena, "%s, %s", amount, chance);
}

// How it ended, or what was decided of it last.
static void print_outcome(struct app *app, const Kam__V1__Opportunity *opportunity)
{
    if (opportunity->close_time != NULL) {
        const char *text =
            arena_printf(app->arena, "%s, %s", shown(app, opportunity, "state"), shown(app, opportunity, "close_time"));
        const char *reason = shown(app, opportunity, "lost_reason");
        if (*reason != '\0')
            text = arena_printf(app->arena, "%s, %s", text, reason);
        if (*opportunity->lost_to != '\0')
            text = arena_printf(app->arena, _("%s, to %s"), text, opportunity->lost_to);
        print_line(app, opportunity, "state", text);
        print_line(app, opportunity, "close_note", opportunity->close_note);
    }
    const char *verdict = shown(app, opportunity, "verdict");
    if (opportunity->review_on != NULL)
        verdict = arena_printf(app->arena, _("%s, to be looked at again on %s"), verdict,
                               shown(app, opportunity, "review_on"));
    print_line(app, opportunity, "verdict", verdict);
}

// Who has to say yes now, and how to look at what was asked.
static void print_request(struct app *app, const Kam__V1__Opportunity *opportunity)
{
    if (*opportunity->waiting_request_id == '\0')
        return;
    const char *names =
        opportunity->n_waiting_for == 0 ? _("nobody can decide it now") : shown(app, opportunity, "waiting_for");
    const char *id = opportunity->waiting_request_id;
    recent_remember(app, &id, 1);
    print_line(app, opportunity, "waiting_for",
               arena_printf(app->arena, _("%s, since %s  [%s]"), names, shown(app, opportunity, "waiting_since"),
                            recent_short_id(id)));
}

static void print_head(struct app *app, const Kam__V1__Opportunity *opportunity)
{
    fprintf(app->out, "%s%s%s", app_bold(app), output_title(app, &opportunity->base), app_plain(app));
    if (opportunity->is_stalled)
        fprintf(app->out, "  %s%s%s", app_tone(app, TONE_BAD), _("(stalled)"), app_plain(app));
    if (opportunity->is_imported)
        fprintf(app->out, "  %s%s%s", app_dim(app), _("(imported)"), app_plain(app));
    fputc('\n', app->out);
    print_line(app, opportunity, "account_name", opportunity->account_name);
    print_line(app, opportunity, "stage_name_en", stage_text(app, opportunity));
    print_outcome(app, opportunity);
    print_request(app, opportunity);
    print_line(app, opportunity, "amount", money_text(app, opportunity));
    output_section(app, &opportunity->base, NULL, "purchase_on decision_on buying_stage");
    if (*opportunity->key_person_name != '\0')
        print_line(
            app, opportunity, "key_person_name",
            arena_printf(app->arena, "%s (%d)", opportunity->key_person_name, opportunity->key_person_influence));
    print_line(app, opportunity, "owner_name", opportunity->owner_name);
}

static void print_parts(struct app *app, const Kam__V1__Opportunity *opportunity, const char *field,
                        const char *columns)
{
    const ProtobufCFieldDescriptor *list = message_find_field(opportunity->base.descriptor, field);
    size_t count = message_count(&opportunity->base, list);
    if (count == 0)
        return;
    output_heading(app, output_label(opportunity->base.descriptor, field));
    output_inner_table(app, list->descriptor, message_value(&opportunity->base, list, 0), count, columns, "  ");
}

static void print_page(struct app *app, const Kam__V1__Opportunity *opportunity)
{
    const ProtobufCMessage *message = &opportunity->base;
    print_head(app, opportunity);
    print_parts(app, opportunity, "people",
                "contact_name title buying_roles stance influence relationship is_connection note");
    print_parts(app, opportunity, "competitors",
                "name product price share_percent satisfaction strengths weaknesses relationship");
    print_parts(app, opportunity, "criteria", "rank text our_fit tactic");
    print_parts(app, opportunity, "products", "product quantity price note");
    print_parts(app, opportunity, "team", "user_name role");
    output_section(app, message, N_("Register"),
                   "source source_note fund_source fund_state purchase_trigger worth_pursuing worth_reason note");
    output_section(app, message, N_("Proposal"),
                   "positioning customer_value purchase_influences cost_and_benefit sales_plan insider_view");
    print_parts(app, opportunity, "answers", "question answer");
    output_section(app, message, N_("Record"),
                   "pipeline_name_en pipeline_number stage_since verdict_time created_by create_time update_time "
                   "updated_by version");
}

// A code goes to the server as it is: one call. A name is looked up first.
enum exit_code opportunity_show(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request = app_new_request(app, GET_OPPORTUNITY), *response;
    const char *code = invocation->word_count > 0 ? resolve_code(app, invocation->words[0]) : NULL;
    enum exit_code failure = EXIT_OK;
    if (code != NULL)
        message_set_text(request, "code", code);
    else
        failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    enum kam_code outcome = app_try_call(app, GET_OPPORTUNITY, request, &response);
    if (outcome == KAM_NOT_FOUND && code != NULL)
        return app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'"), _("opportunity"), code);
    if (outcome != KAM_OK)
        return app_print_error(app);
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, response);
    print_page(app, (const Kam__V1__Opportunity *)response);
    return EXIT_OK;
}
