// SPDX-License-Identifier: Apache-2.0
// kam today, and the page of an account.
#include "overview_commands.h"

#include <string.h>

#include "google/protobuf/timestamp.pb-c.h"
#include "kam/v1/opportunity.pb-c.h"
#include "kam/v1/overview.pb-c.h"
#include "message.h"
#include "output.h"
#include "process_commands.h"
#include "recent.h"
#include "resolve.h"
#include "table.h"
#include "value.h"

#define GET_TODAY "/kam.v1.OverviewService/GetToday"
#define GET_ACCOUNT_PAGE "/kam.v1.OverviewService/GetAccountPage"

enum { MOST_MERGES = 100 }; // one after another; more than a server has that means it well

enum when_style { WHEN_LATE, WHEN_HOUR, WHEN_DAY };

// ---- today

// How many days of the calendar lie between an instant and now, in the user's time zone.
static long days_before_now(const struct app *app, time_t instant)
{
    struct tm then, now;
    localtime_r(&instant, &then);
    localtime_r(&app->now, &now);
    // Noon, so that a change to or from summer time does not matter.
    then.tm_hour = now.tm_hour = 12;
    then.tm_min = now.tm_min = then.tm_sec = now.tm_sec = 0;
    then.tm_isdst = now.tm_isdst = -1;
    double seconds = difftime(mktime(&now), mktime(&then));
    return (long)((seconds + (seconds < 0 ? -43200 : 43200)) / 86400);
}

static const char *days_late(struct app *app, time_t instant)
{
    long days = days_before_now(app, instant);
    return arena_printf(app->arena, "%ld", days < 1 ? 1 : days);
}

static const char *when_text(struct app *app, const Kam__V1__Activity *activity, enum when_style style)
{
    time_t instant = activity->time == NULL ? 0 : (time_t)activity->time->seconds;
    struct tm at;
    char text[32];
    // The last day of the rhythm's days is the one before its due_time.
    if (style == WHEN_LATE)
        return days_late(app, activity->due_time == NULL ? instant : (time_t)activity->due_time->seconds - 1);
    bool is_until = style == WHEN_HOUR && activity->due_time != NULL && days_before_now(app, instant) > 0;
    if (is_until) {
        instant = (time_t)activity->due_time->seconds - 1;
        localtime_r(&instant, &at);
        strftime(text, sizeof text, "%m-%d", &at);
        return arena_printf(app->arena, _("by %s"), text);
    }
    localtime_r(&instant, &at);
    strftime(text, sizeof text, style == WHEN_HOUR ? "%H:%M" : "%m-%d %H:%M", &at);
    return arena_strdup(app->arena, text);
}

// Heading, with how many there are beside those that are shown.
static void print_section(struct app *app, const char *title, size_t shown, int count)
{
    if (count > 0 && (size_t)count > shown)
        output_heading(app, arena_printf(app->arena, _("%s (%zu of %d)"), title, shown, count));
    else
        output_heading(app, title);
}

static void print_activities(struct app *app, const char *title, Kam__V1__Activity *const *activities, size_t count,
                             int all, enum when_style style)
{
    if (count == 0)
        return;
    print_section(app, title, count, all);
    const ProtobufCMessageDescriptor *row = &kam__v1__activity__descriptor;
    struct table table = {.arena = app->arena, .column_count = 6};
    static const char *const paths[] = {"id", "time", "kind", "account_name", "subject", "contact_names"};
    for (size_t column = 0; column < table.column_count; column++) {
        table.headings[column] = output_label(row, paths[column]);
        table.is_firm[column] = column < 3;
    }
    if (style == WHEN_LATE)
        table.headings[1] = _("Days late");
    table.is_right[1] = style == WHEN_LATE;
    const char **ids = arena_alloc(app->arena, count * sizeof *ids);
    for (size_t at = 0; at < count; at++) {
        const ProtobufCMessage *activity = &activities[at]->base;
        ids[at] = activities[at]->id;
        const char *cells[6] = {app_clean(app, recent_short_id(activities[at]->id)),
                                when_text(app, activities[at], style)};
        for (size_t column = 2; column < table.column_count; column++)
            cells[column] = app_clean(app, output_cell(app, activity, paths[column], false));
        table_add_row(&table, cells);
    }
    table_print(&table, app->out, app->width, app_dim(app), app_plain(app), "  ");
    recent_remember(app, ids, count);
}

static void print_rows(struct app *app, const char *title, const ProtobufCMessageDescriptor *row,
                       ProtobufCMessage *const *rows, size_t count, const char *columns)
{
    if (count == 0)
        return;
    output_heading(app, title);
    output_inner_table(app, row, (const ProtobufCMessage *const *)rows, count, columns, "  ");
}

static void print_head(struct app *app, const Kam__V1__Today *today)
{
    const ProtobufCFieldDescriptor *date = message_find_field(today->base.descriptor, "date");
    fprintf(app->out, "%s%s  %s%s", app_bold(app), value_format(app->arena, &today->base, date, 0),
            app_clean(app, today->user_name), app_plain(app));
    if (today->overdue_count > 0)
        fprintf(app->out, _("   overdue: %d"), today->overdue_count);
    if (today->due_count > 0)
        fprintf(app->out, _("   today: %d"), today->due_count);
    fputc('\n', app->out);
}

static bool is_empty(const Kam__V1__Today *today)
{
    return today->n_overdue + today->n_due + today->n_coming + today->n_unreported + today->n_birthdays +
               today->n_quiet_accounts + today->n_team + today->n_comments + today->n_targets +
               today->n_engagement_steps + today->n_budget_windows + today->n_approvals + today->n_reviews +
               today->n_stalled + today->n_verdicts + today->n_grades + today->n_grade_reviews + today->n_returned ==
           0;
}

static void print_today(struct app *app, const Kam__V1__Today *today)
{
    print_head(app, today);
    process_print_approvals(app, _("Waiting for your approval"), today->approvals, today->n_approvals);
    const char *stage = language_choose("code name account_name stage_name_en days_in_stage amount",
                                        "code name account_name stage_name_zh days_in_stage amount");
    print_rows(app, _("Waiting for your verdict"), &kam__v1__opportunity__descriptor,
               (ProtobufCMessage *const *)today->verdicts, today->n_verdicts, stage);
    print_rows(app, _("Grades to confirm"), &kam__v1__grade__descriptor, (ProtobufCMessage *const *)today->grades,
               today->n_grades, "id account_code account_name kind grade present_grade suggested_by");
    print_rows(app, _("Returned to you"), &kam__v1__advancement__descriptor, (ProtobufCMessage *const *)today->returned,
               today->n_returned, "opportunity_code opportunity_name account_name ended_by end_reason end_time");
    print_activities(app, _("Overdue"), today->overdue, today->n_overdue, today->overdue_count, WHEN_LATE);
    print_activities(app, _("Today"), today->due, today->n_due, today->due_count, WHEN_HOUR);
    print_activities(app, _("Done, but without a result"), today->unreported, today->n_unreported, 0, WHEN_DAY);
    print_rows(app, _("Comments you have not seen"), &kam__v1__comment__descriptor,
               (ProtobufCMessage *const *)today->comments, today->n_comments,
               "activity_id author_name account_name subject text create_time");
    print_activities(app, _("The next seven days"), today->coming, today->n_coming, 0, WHEN_DAY);
    print_rows(app, _("Deferred, to be looked at again"), &kam__v1__opportunity__descriptor,
               (ProtobufCMessage *const *)today->reviews, today->n_reviews,
               language_choose("code name account_name stage_name_en review_on amount",
                               "code name account_name stage_name_zh review_on amount"));
    print_rows(app, _("Longer in their stage than allowed"), &kam__v1__opportunity__descriptor,
               (ProtobufCMessage *const *)today->stalled, today->n_stalled, stage);
    print_rows(app, _("Grades to be reviewed"), &kam__v1__grade_review__descriptor,
               (ProtobufCMessage *const *)today->grade_reviews, today->n_grade_reviews,
               "account_code account_name review_on potential_grade contribution_grade credit_grade");
    print_rows(app, _("Targets nobody has touched"), &kam__v1__target_entry__descriptor,
               (ProtobufCMessage *const *)today->targets, today->n_targets,
               "account_code account_name account_status list_name ends_on");
    print_rows(app, _("Steps to the deciders"), &kam__v1__engagement_step__descriptor,
               (ProtobufCMessage *const *)today->engagement_steps, today->n_engagement_steps,
               "id by_on contact_name account_name relationship present_relationship note");
    print_rows(app, _("Budgets close soon, and no opportunity is open"), &kam__v1__budget_window__descriptor,
               (ProtobufCMessage *const *)today->budget_windows, today->n_budget_windows,
               "account_code account_name closes_on");
    print_rows(app, _("Birthdays"), &kam__v1__birthday__descriptor, (ProtobufCMessage *const *)today->birthdays,
               today->n_birthdays, "date contact_name age title account_name");
    print_rows(app, _("Accounts gone quiet"), &kam__v1__quiet_account__descriptor,
               (ProtobufCMessage *const *)today->quiet_accounts, today->n_quiet_accounts,
               "account_code account_name status last_activity_on");
    print_rows(app, _("Your people"), &kam__v1__team_day__descriptor, (ProtobufCMessage *const *)today->team,
               today->n_team, "user_name team_name overdue_count due_count done_count");
    if (is_empty(today))
        fprintf(app->out, "\n%s\n", _("Nothing is planned, late or missing."));
    if (today->n_approvals > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Decide: kam approval show ID"), app_plain(app));
    if (today->n_verdicts > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app),
                _("Judge: kam opportunity check CODE, then kam opportunity verdict CODE"), app_plain(app));
    if (today->n_returned > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Ask again: kam opportunity advance CODE"), app_plain(app));
    if (today->n_budget_windows > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Open the next one: kam opportunity add CODE --name NAME"),
                app_plain(app));
    if (today->n_grades > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Confirm: kam grade confirm ID"), app_plain(app));
    if (today->n_overdue + today->n_due > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Done? kam activity done ID --result TEXT"), app_plain(app));
    if (today->n_comments > 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Read? kam activity seen ID"), app_plain(app));
}

static enum exit_code show_today(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    enum kam_code code = app_try_call(app, GET_TODAY, request, &response);
    if (code == KAM_NOT_FOUND)
        return app_refuse(app, EXIT_NOT_FOUND, _("you see your own day, and as a manager those of your people"));
    if (code != KAM_OK)
        return app_print_error(app);
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, response);
    print_today(app, (const Kam__V1__Today *)response);
    return EXIT_OK;
}

void overview_print_summary(struct app *app)
{
    ProtobufCMessage *request = app_new_request(app, GET_TODAY), *response;
    if (app_try_call(app, GET_TODAY, request, &response) != KAM_OK)
        return;
    const Kam__V1__Today *today = (const Kam__V1__Today *)response;
    size_t waiting = today->n_approvals + today->n_verdicts + today->n_grades;
    // Each list has its end; there may be more.
    if (waiting > 0)
        fprintf(app->out, _("Waiting for your decision: %s. See: kam today\n"),
                waiting < 10 ? arena_printf(app->arena, "%zu", waiting) : "10+");
    if (today->overdue_count + today->due_count > 0)
        fprintf(app->out, _("Overdue: %d, today: %d. See: kam today\n"), today->overdue_count, today->due_count);
}

// ---- the page of an account

static void print_warnings(struct app *app, const Kam__V1__AccountPage *page)
{
    if (page->n_warnings == 0)
        return;
    output_heading(app, _("Warnings"));
    const ProtobufCFieldDescriptor *field = message_find_field(page->base.descriptor, "warnings");
    for (size_t at = 0; at < page->n_warnings; at++)
        fprintf(app->out, "  - %s\n", value_format(app->arena, &page->base, field, at));
}

// What a visit needs first: who they are, the people, what is next, what was last. The archive follows.
static void print_page(struct app *app, const Kam__V1__AccountPage *page)
{
    output_page_head(app, &page->account->base);
    print_warnings(app, page);
    if (page->n_contacts > 0) {
        print_section(app, _("People"), page->n_contacts, page->contact_count);
        output_inner_table(app, &kam__v1__contact__descriptor, (const ProtobufCMessage *const *)page->contacts,
                           page->n_contacts,
                           "id name positions.title positions.stance positions.relationship phones "
                           "positions.buying_roles positions.influence",
                           "  ");
    }
    print_rows(app, _("Opportunities"), &kam__v1__opportunity__descriptor,
               (ProtobufCMessage *const *)page->opportunities, page->n_opportunities,
               "code name stage_name_en amount purchase_on present_probability owner_name days_in_stage");
    print_rows(app, _("Planned"), &kam__v1__activity__descriptor, (ProtobufCMessage *const *)page->planned,
               page->n_planned, "id time kind subject contact_names owner_name");
    print_rows(app, _("Latest activities"), &kam__v1__activity__descriptor, (ProtobufCMessage *const *)page->latest,
               page->n_latest, "id time kind subject result contact_names owner_name");
    print_rows(app, _("Open needs"), &kam__v1__need__descriptor, (ProtobufCMessage *const *)page->needs, page->n_needs,
               "id text contact_name kind level expression");
    print_rows(app, _("Open objections"), &kam__v1__objection__descriptor, (ProtobufCMessage *const *)page->objections,
               page->n_objections, "id objection contact_name create_time");
    print_rows(app, _("Ideas"), &kam__v1__idea__descriptor, (ProtobufCMessage *const *)page->ideas, page->n_ideas,
               "id subject score");
    print_rows(app, _("Their suppliers"), &kam__v1__supply__descriptor, (ProtobufCMessage *const *)page->supplies,
               page->n_supplies, "supplier product since share willingness shortcomings");
    print_rows(app, _("Figures"), &kam__v1__account_figures__descriptor, (ProtobufCMessage *const *)page->figures,
               page->n_figures, "year revenue profit purchases our_share collection_days");
    output_page_rest(app, &page->account->base);
}

static bool is_merged(const Kam__V1__AccountPage *page)
{
    return page->account != NULL && *page->account->merged_into_id != '\0';
}

// A code goes to the server as it is: one call. A name is looked up first.
enum exit_code overview_show_account(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request = app_new_request(app, GET_ACCOUNT_PAGE), *response;
    const char *word = invocation->word_count > 0 ? invocation->words[0] : "";
    const char *wanted = resolve_code(app, word);
    enum exit_code failure;
    if (wanted != NULL) {
        message_set_text(request, "code", wanted);
    } else {
        failure = command_bind(app, invocation, &request);
        if (failure != EXIT_OK)
            return failure;
    }
    failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    enum kam_code code = app_try_call(app, GET_ACCOUNT_PAGE, request, &response);
    if (code == KAM_NOT_FOUND && wanted != NULL)
        return app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'"), _("account"), word);
    if (code != KAM_OK)
        return app_print_error(app);
    const Kam__V1__AccountPage *page = (const Kam__V1__AccountPage *)response;
    // The code finds what remains.
    for (int hop = 0; hop < MOST_MERGES && wanted != NULL && is_merged(page); hop++) {
        resolve_note_merged(app, &page->account->base);
        request = app_new_request(app, GET_ACCOUNT_PAGE);
        message_set_text(request, "id", page->account->merged_into_id);
        failure = app_call(app, GET_ACCOUNT_PAGE, request, &response);
        if (failure != EXIT_OK)
            return failure;
        page = (const Kam__V1__AccountPage *)response;
    }
    if (page->account == NULL)
        return app_refuse(app, EXIT_REFUSED, _("the server's answer has no account"));
    if (app->settings.json)
        return output_record(app, response);
    if (app->settings.csv || app->settings.columns != NULL)
        return output_record(app, &page->account->base);
    print_page(app, page);
    return EXIT_OK;
}

const struct command overview_commands[] = {
    {
        .name = "today",
        .summary = N_("What is overdue, due, coming and forgotten"),
        .method = GET_TODAY,
        .run = show_today,
        .examples = {"kam today", "kam today --user wangli", "kam today --json"},
    },
};
const size_t overview_command_count = sizeof overview_commands / sizeof overview_commands[0];
