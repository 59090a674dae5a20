// SPDX-License-Identifier: Apache-2.0
// kam opportunity advance|back|verdict|waive|progress, and kam approval ...
#include "process_commands.h"

#include <string.h>

#include "message.h"
#include "opportunity_check.h"
#include "output.h"
#include "recent.h"
#include "value.h"

#define SERVICE "/kam.v1.ProcessService/"
#define GET_OPPORTUNITY "/kam.v1.OpportunityService/GetOpportunity"

// ---- a request, with its chain

typedef Kam__V1__AdvancementEvidence Evidence;

static const char *said(struct app *app, const ProtobufCMessage *message, const char *field)
{
    return app_clean(app, output_cell(app, message, field, false));
}

static const char *stage_name(struct app *app, const char *key, const char *english, const char *chinese)
{
    const char *name = language_choose(english, chinese);
    return app_clean(app, *name == '\0' ? key : name);
}

static const char *target_of(struct app *app, const Kam__V1__Advancement *one)
{
    return *one->to_stage == '\0' ? _("won") : stage_name(app, one->to_stage, one->to_stage_en, one->to_stage_zh);
}

const char *process_name_request(struct app *app, const Kam__V1__Advancement *one)
{
    if (*one->opportunity_code == '\0')
        return "";
    return arena_printf(app->arena, "%s %s: %s > %s", app_clean(app, one->opportunity_code),
                        app_clean(app, one->opportunity_name),
                        stage_name(app, one->from_stage, one->from_stage_en, one->from_stage_zh), target_of(app, one));
}

static const char *names_of(struct app *app, const Kam__V1__Advancement *one)
{
    return one->n_deciders == 0 ? _("nobody can decide it now") : said(app, &one->base, "deciders");
}

static void print_step(struct app *app, const Kam__V1__Advancement *one, const Kam__V1__ApprovalStep *step)
{
    const ProtobufCMessage *base = &step->base;
    bool is_open = step->state == KAM__V1__STEP_STATE__STEP_STATE_OPEN;
    fprintf(app->out, "  %d. %s  %s%s%s", step->position, said(app, base, "approver"),
            app_tone(app, is_open ? TONE_WARN : TONE_PLAIN), said(app, base, "state"), app_plain(app));
    if (is_open)
        fprintf(app->out, ": %s", names_of(app, one));
    if (*step->decided_by != '\0')
        fprintf(app->out, "  %s, %s", app_clean(app, step->decided_by), said(app, base, "decide_time"));
    if (*step->on_behalf_of != '\0')
        fprintf(app->out, _(" on behalf of %s"), app_clean(app, step->on_behalf_of));
    fputc('\n', app->out);
    if (*step->reason != '\0')
        fprintf(app->out, "     %s\n", app_clean(app, step->reason));
}

static bool is_same_evidence(const Evidence *one, const Evidence *other)
{
    return strcmp(one->criterion_key, other->criterion_key) == 0 && one->is_waived == other->is_waived &&
           one->is_unmet == other->is_unmet && strcmp(one->evidence_id, other->evidence_id) == 0 &&
           strcmp(one->waived_by, other->waived_by) == 0 && strcmp(one->waiver_reason, other->waiver_reason) == 0 &&
           strcmp(one->evidence_text, other->evidence_text) == 0;
}

static void print_evidence_row(struct app *app, const Evidence *row)
{
    fprintf(app->out, "  - %s", app_clean(app, language_choose(row->name_en, row->name_zh)));
    if (row->is_unmet)
        fprintf(app->out, "  %s%s%s", app_tone(app, TONE_BAD), _("(not met)"), app_plain(app));
    else if (row->is_waived)
        fprintf(app->out, "  %s%s%s: %s", app_tone(app, TONE_WARN),
                arena_printf(app->arena, _("waived by %s"), app_clean(app, row->waived_by)), app_plain(app),
                app_clean(app, row->waiver_reason));
    else if (*row->evidence_text != '\0')
        fprintf(app->out, "  %s%s%s", app_dim(app), app_clean(app, row->evidence_text), app_plain(app));
    fputc('\n', app->out);
}

// Of each moment what was shown, in the order of time; what is as the moment before had it is not said again.
static void print_evidence(struct app *app, const Kam__V1__Advancement *one)
{
    size_t count = 0;
    for (size_t first = 0, before = 0; first < one->n_evidence; before = first, first += count) {
        int step = one->evidence[first]->step;
        for (count = 0; first + count < one->n_evidence && one->evidence[first + count]->step == step;)
            count++;
        bool is_same = first - before == count;
        for (size_t at = 0; at < count && is_same; at++)
            is_same = is_same_evidence(one->evidence[before + at], one->evidence[first + at]);
        if (is_same) {
            fprintf(app->out, "\n");
            fprintf(app->out, _("Shown at approval %d: the same\n"), step);
            continue;
        }
        output_heading(app, step == 0 ? _("Shown when it was asked")
                                      : arena_printf(app->arena, _("Shown at approval %d"), step));
        for (size_t at = first; at < first + count; at++)
            print_evidence_row(app, one->evidence[at]);
    }
}

static void print_advancement(struct app *app, const Kam__V1__Advancement *one)
{
    const ProtobufCMessage *base = &one->base;
    fprintf(app->out, "%s%s %s%s  %s\n", app_bold(app), app_clean(app, one->opportunity_code),
            app_clean(app, one->opportunity_name), app_plain(app), app_clean(app, one->account_name));
    fprintf(app->out, "  %s > %s  %s", stage_name(app, one->from_stage, one->from_stage_en, one->from_stage_zh),
            target_of(app, one), said(app, base, "state"));
    if (*said(app, base, "amount") != '\0')
        fprintf(app->out, "  %s", said(app, base, "amount"));
    fputc('\n', app->out);
    output_section(app, base, NULL,
                   "owner_name requested_by_name create_time note end_cause ended_by end_time end_reason");
    if (one->n_steps > 0)
        output_heading(app, _("Approval"));
    for (size_t at = 0; at < one->n_steps; at++)
        print_step(app, one, one->steps[at]);
    print_evidence(app, one);
    if (one->is_mine && app->is_terminal) {
        const char *id = app_clean(app, recent_short_id(one->id));
        recent_remember(app, (const char *const[]){one->id}, 1);
        fprintf(app->out, "\n%skam approval approve %s   kam approval return %s --reason TEXT%s\n", app_dim(app), id,
                id, app_plain(app));
    }
}

// Calls and gives the answer, printed already where it is for programs.
static enum exit_code call(struct app *app, struct invocation *invocation, const ProtobufCMessage **response_r)
{
    ProtobufCMessage *request, *response;
    *response_r = NULL;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_call(app, invocation->command->method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, response);
    *response_r = response;
    return EXIT_OK;
}

static enum exit_code show_advancement(struct app *app, struct invocation *invocation)
{
    const ProtobufCMessage *response;
    enum exit_code failure = call(app, invocation, &response);
    if (response != NULL)
        print_advancement(app, (const Kam__V1__Advancement *)response);
    return failure;
}

// What came of asking, approving, returning or withdrawing, in a sentence or two.
static void print_outcome(struct app *app, const Kam__V1__Advancement *one)
{
    const char *name =
        arena_printf(app->arena, "%s %s", app_clean(app, one->opportunity_code), app_clean(app, one->opportunity_name));
    const char *id = one->id;
    switch (one->state) {
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_WAITING:
        fprintf(app->out, _("%s waits to go on to: %s.  [%s]\n"), name, target_of(app, one),
                app_clean(app, recent_short_id(id)));
        fprintf(app->out, _("Whose turn it is: %s\n"), names_of(app, one));
        recent_remember(app, &id, 1);
        break;
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_APPROVED:
        if (*one->opportunity_code == '\0') // a member of the group reads it no longer than it waits
            fprintf(app->out, "%s\n", _("Approved."));
        else if (*one->to_stage == '\0')
            fprintf(app->out, _("%s is won.\n"), name);
        else
            fprintf(app->out, _("%s has come to: %s.\n"), name, target_of(app, one));
        break;
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_RETURNED:
        fprintf(app->out, _("Returned: %s.\n"), name);
        break;
    default:
        fprintf(app->out, _("Withdrawn: %s.\n"), name);
    }
}

static enum exit_code change_advancement(struct app *app, struct invocation *invocation)
{
    const ProtobufCMessage *response;
    enum exit_code failure = call(app, invocation, &response);
    if (response != NULL)
        print_outcome(app, (const Kam__V1__Advancement *)response);
    return failure;
}

// What is missing is shown as a person works through it; programs get the refusal as it came.
static enum exit_code ask_advancement(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    bool is_for_people = !app->settings.json && !app->settings.csv && app->settings.columns == NULL;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    if (app_try_call(app, invocation->command->method, request, &response) != KAM_OK) {
        if (!is_for_people || strcmp(app->error.reason, "UNMET_CRITERIA") != 0)
            return app_print_error(app);
        failure = app_refuse(app, EXIT_UNMET, "%s", _("it cannot leave its stage yet"));
        opportunity_show_check(app, message_text(request, "opportunity_id"));
        return failure;
    }
    if (!is_for_people)
        return output_record(app, response);
    print_outcome(app, (const Kam__V1__Advancement *)response);
    return EXIT_OK;
}

// ---- lists

void process_print_approvals(struct app *app, const char *title, Kam__V1__Advancement *const *rows, size_t count)
{
    if (count == 0)
        return;
    output_heading(app, title);
    output_inner_table(app, &kam__v1__advancement__descriptor, (const ProtobufCMessage *const *)rows, count,
                       "id opportunity_code opportunity_name account_name from_stage_en to_stage_en requested_by_name "
                       "amount create_time",
                       "  ");
}

// ---- the way it came

static void print_change(struct app *app, const Kam__V1__StageChange *change)
{
    const ProtobufCMessage *base = &change->base;
    const char *from = stage_name(app, change->from_stage, change->from_stage_en, change->from_stage_zh);
    const char *to = stage_name(app, change->to_stage, change->to_stage_en, change->to_stage_zh);
    fprintf(app->out, "  %s  %s", said(app, base, "time"), said(app, base, "direction"));
    if (change->verdict != KAM__V1__VERDICT__VERDICT_UNSPECIFIED)
        fprintf(app->out, ": %s", said(app, base, "verdict"));
    if (strcmp(change->from_stage, change->to_stage) != 0)
        fprintf(app->out, "  %s > %s", from, to);
    else
        fprintf(app->out, "  %s", to);
    fprintf(app->out, "  %s", app_clean(app, change->changed_by));
    if (*change->on_behalf_of != '\0')
        fprintf(app->out, _(" on behalf of %s"), app_clean(app, change->on_behalf_of));
    fputc('\n', app->out);
    if (*change->reason != '\0')
        fprintf(app->out, "      %s\n", app_clean(app, change->reason));
}

static enum exit_code show_progress(struct app *app, struct invocation *invocation)
{
    const ProtobufCMessage *response;
    enum exit_code failure = call(app, invocation, &response);
    if (response == NULL)
        return failure;
    const Kam__V1__Progress *progress = (const Kam__V1__Progress *)response;
    if (progress->n_changes + progress->n_waivers + progress->n_advancements == 0)
        fprintf(stderr, "%s\n", _("It stands where it began."));
    if (progress->n_changes > 0)
        output_heading(app, _("Moves and verdicts"));
    for (size_t at = 0; at < progress->n_changes; at++)
        print_change(app, progress->changes[at]);
    if (progress->n_waivers > 0) {
        output_heading(app, _("Waivers"));
        output_inner_table(app, &kam__v1__criterion_waiver__descriptor,
                           (const ProtobufCMessage *const *)progress->waivers, progress->n_waivers,
                           "criterion_key waived_by time reason requested_by stage_key withdrawn_time", "  ");
    }
    if (progress->n_advancements > 0) {
        output_heading(app, _("Requests"));
        output_inner_table(app, &kam__v1__advancement__descriptor,
                           (const ProtobufCMessage *const *)progress->advancements, progress->n_advancements,
                           "id from_stage_en to_stage_en state requested_by_name create_time end_time end_reason",
                           "  ");
    }
    return EXIT_OK;
}

#define OPPORTUNITY(path)                                                                                              \
    {                                                                                                                  \
        .name = N_("OPPORTUNITY"), .field = path, .kind = RECORD_OPPORTUNITY                                           \
    }
#define REQUEST                                                                                                        \
    {                                                                                                                  \
        .name = N_("REQUEST"), .field = "id", .kind = RECORD_ANY                                                       \
    }

const struct command advancement_commands[] = {
    {
        .name = "opportunity advance",
        .summary = N_("Ask for the next stage; what is still missing is listed"),
        .method = SERVICE "AskAdvancement",
        .arguments = {OPPORTUNITY("opportunity_id")},
        .hidden = "id",
        .run = ask_advancement,
        .examples = {"kam opportunity advance O-000123", "kam opportunity advance 滨江二期 --note 需求已书面确认"},
    },
    {
        .name = "opportunity back",
        .summary = N_("Move an opportunity back, one stage or to the one named"),
        .method = SERVICE "MoveBack",
        .arguments = {OPPORTUNITY("id"), {.name = N_("STAGE"), .field = "stage_key", .is_optional = true}},
        .version_method = GET_OPPORTUNITY,
        .done = N_("Moved back: %s."),
        .examples = {"kam opportunity back O-000123 --reason \"The need is not clear\"",
                     "kam opportunity back O-000123 information --reason 预算取消"},
    },
    {
        .name = "opportunity verdict",
        .summary = N_("Give a verdict: prepare, defer, approve, terminate or change"),
        .method = SERVICE "SetVerdict",
        .arguments = {OPPORTUNITY("id"), {.name = N_("VERDICT"), .field = "verdict"}},
        .version_method = GET_OPPORTUNITY,
        .done = N_("The verdict is given: %s."),
        .examples = {"kam opportunity verdict O-000123 approve --reason 符合战略",
                     "kam opportunity verdict O-000123 defer --review-on 2027-03-01 --reason \"Budget next year\"",
                     "kam opportunity verdict O-000123 change --stage-key information --reason \"Two lots\""},
    },
    {
        .name = "opportunity waive",
        .summary = N_("Let a criterion pass without evidence, at somebody's request"),
        .method = SERVICE "WaiveCriterion",
        .arguments = {OPPORTUNITY("opportunity_id"), {.name = N_("CRITERION"), .field = "criterion_key"}},
        .hidden = "id",
        .done = N_("The criterion is waived."),
        .examples = {"kam opportunity waive O-000123 sample --reason 标准品无需样品",
                     "kam opportunity waive O-000123 site-visit --reason \"Seen last year\" --requested-by wangli"},
    },
    {
        .name = "opportunity unwaive",
        .summary = N_("Take a waiver back"),
        .method = SERVICE "WithdrawWaiver",
        .arguments = {OPPORTUNITY("opportunity_id"), {.name = N_("CRITERION"), .field = "criterion_key"}},
        .done = N_("The waiver is taken back."),
        .examples = {"kam opportunity unwaive O-000123 site-visit --reason \"It was another plant\""},
    },
    {
        .name = "opportunity progress",
        .summary = N_("Show the way an opportunity came: moves, verdicts, waivers, requests"),
        .method = SERVICE "GetProgress",
        .arguments = {OPPORTUNITY("opportunity_id")},
        .run = show_progress,
        .examples = {"kam opportunity progress O-000123"},
    },
};
const size_t advancement_command_count = sizeof advancement_commands / sizeof advancement_commands[0];

const struct command approval_commands[] = {
    {
        .name = "approval list",
        .summary = N_("List the requests that wait for you; --scope asked: those you asked for"),
        .method = SERVICE "ListApprovals",
        .columns =
            "id opportunity_code opportunity_name account_name state requested_by_name amount to_stage_en create_time "
            "deciders from_stage_en",
        .empty = N_("What you asked for: kam approval list --scope asked"),
        .examples = {"kam approval list", "kam approval list --scope asked --include-ended",
                     "kam approval list --opportunity O-000123"},
    },
    {
        .name = "approval verdicts",
        .summary = N_("List the opportunities that wait for your verdict"),
        .method = SERVICE "ListWantedVerdicts",
        .columns = "code name account_name stage_name_en stage_since days_in_stage amount verdict owner_name",
        .empty = N_("Judge another: kam opportunity verdict OPPORTUNITY VERDICT"),
        .examples = {"kam approval verdicts"},
    },
    {
        .name = "approval show",
        .summary = N_("Show a request with its steps and what was shown for each criterion"),
        .method = SERVICE "GetAdvancement",
        .arguments = {REQUEST},
        .run = show_advancement,
        .examples = {"kam approval show 8f3a2c10"},
    },
    {
        .name = "approval approve",
        .summary = N_("Approve the step of a request that is yours"),
        .method = SERVICE "ApproveStep",
        .arguments = {REQUEST},
        .version_method = SERVICE "GetAdvancement",
        .run = change_advancement,
        .examples = {"kam approval approve 8f3a2c10", "kam approval approve 8f3a2c10 --reason 同意"},
    },
    {
        .name = "approval return",
        .summary = N_("Return a request with a reason"),
        .method = SERVICE "ReturnStep",
        .arguments = {REQUEST},
        .version_method = SERVICE "GetAdvancement",
        .run = change_advancement,
        .examples = {"kam approval return 8f3a2c10 --reason \"Who decides there?\""},
    },
    {
        .name = "approval withdraw",
        .summary = N_("Withdraw a request that is not decided yet"),
        .method = SERVICE "WithdrawAdvancement",
        .arguments = {REQUEST},
        .version_method = SERVICE "GetAdvancement",
        .run = change_advancement,
        .examples = {"kam approval withdraw 8f3a2c10"},
    },
};
const size_t approval_command_count = sizeof approval_commands / sizeof approval_commands[0];
