// SPDX-License-Identifier: Apache-2.0
// kam engagement ...
#include "engagement_commands.h"

#include "kam/v1/engagement.pb-c.h"
#include "message.h"
#include "output.h"
#include "recent.h"
#include "value.h"

#define SERVICE "/kam.v1.EngagementService/"

static void print_risks(struct app *app)
{
    output_heading(app, _("The risks of coming from below"));
    fprintf(app->out, "  - %s\n", _("No initiative: they decide when we get further."));
    fprintf(app->out, "  - %s\n", _("Over somebody's head: whoever we pass by may turn against us."));
    fprintf(app->out, "  - %s\n", _("No way up: nobody we know can take us to the decider."));
}

static void print_plan(struct app *app, const Kam__V1__EngagementPlan *plan)
{
    fprintf(app->out, "%s%s%s", app_bold(app), app_clean(app, plan->account_name), app_plain(app));
    if (*plan->opportunity_name != '\0')
        fprintf(app->out, "  %s", app_clean(app, plan->opportunity_name));
    fprintf(app->out, "  %s[%s]%s\n", app_dim(app), app_clean(app, recent_short_id(plan->id)), app_plain(app));
    recent_remember(app, (const char *const[]){plan->id}, 1);
    output_section(app, &plan->base, NULL, "state approach goal_name step_count done_count next_on end_time note");
    if (plan->n_steps > 0) {
        output_heading(app, _("Steps"));
        output_inner_table(
            app, &kam__v1__engagement_step__descriptor, (const ProtobufCMessage *const *)plan->steps, plan->n_steps,
            "id position contact_name relationship present_relationship by_on done_time user_name contact_title note",
            "  ");
    }
    if (plan->approach == KAM__V1__ENGAGEMENT_APPROACH__ENGAGEMENT_APPROACH_BOTTOM_UP &&
        plan->state == KAM__V1__ENGAGEMENT_STATE__ENGAGEMENT_STATE_OPEN)
        print_risks(app);
    if (plan->n_steps == 0 && app->is_terminal)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app),
                _("Add the first step: kam engagement step add PLAN CONTACT --by-on DATE --relationship 3"),
                app_plain(app));
}

static enum exit_code fetch_plan(struct app *app, const char *id, const Kam__V1__EngagementPlan **plan_r)
{
    static const char method[] = SERVICE "GetEngagementPlan";
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "id", id);
    enum exit_code failure = app_call(app, method, request, &response);
    if (failure == EXIT_OK)
        *plan_r = (const Kam__V1__EngagementPlan *)response;
    return failure;
}

static enum exit_code show_plan(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    const Kam__V1__EngagementPlan *plan;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = fetch_plan(app, message_text(request, "id"), &plan);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, &plan->base);
    print_plan(app, plan);
    return EXIT_OK;
}

// After a step was changed: where it stands now.
static enum exit_code show_plan_of_step(struct app *app, struct invocation *invocation,
                                        const ProtobufCMessage *response)
{
    const Kam__V1__EngagementPlan *plan;
    (void)invocation;
    enum exit_code failure = fetch_plan(app, message_text(response, "plan_id"), &plan);
    if (failure == EXIT_OK) {
        fputc('\n', app->out);
        print_plan(app, plan);
    }
    return failure;
}

static enum exit_code drop_plan(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    ((Kam__V1__EndEngagementPlanRequest *)request)->is_dropped = true;
    return command_call(app, invocation, request);
}

#define PLAN_ARGUMENT(path)                                                                                            \
    {                                                                                                                  \
        .name = N_("PLAN"), .field = path, .kind = RECORD_ENGAGEMENT                                                   \
    }
#define STEP_ARGUMENT(path)                                                                                            \
    {                                                                                                                  \
        .name = N_("STEP"), .field = path, .kind = RECORD_LISTED                                                       \
    }

const struct command engagement_commands[] = {
    {
        .name = "engagement list",
        .summary = N_("List engagement plans: through whom we reach the decider"),
        .method = SERVICE "ListEngagementPlans",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .columns = "id account_name goal_name step_count done_count next_on state approach opportunity_name note",
        .empty = N_("Make the first one: kam engagement add ACCOUNT"),
        .examples = {"kam engagement list", "kam engagement list K-000123 --include-ended"},
    },
    {
        .name = "engagement show",
        .summary = N_("Show an engagement plan with its steps; PLAN may be the account"),
        .method = SERVICE "GetEngagementPlan",
        .arguments = {PLAN_ARGUMENT("id")},
        .run = show_plan,
        .examples = {"kam engagement show 8f3a2c10", "kam engagement show K-000123"},
    },
    {
        .name = "engagement add",
        .summary = N_("Begin an engagement plan for an account"),
        .method = SERVICE "CreateEngagementPlan",
        .arguments = {{.name = N_("ACCOUNT"), .field = "plan.account_id", .kind = RECORD_ACCOUNT}},
        .done = N_("Began an engagement plan for %s."),
        .examples = {"kam engagement add K-000123",
                     "kam engagement add K-000123 --approach bottom-up --note \"Through the laboratory\""},
    },
    {
        .name = "engagement edit",
        .summary = N_("Change the approach or the note of an engagement plan"),
        .method = SERVICE "UpdateEngagementPlan",
        .arguments = {PLAN_ARGUMENT("plan.id")},
        .hidden = "account_id",
        .done = N_("Changed %s."),
        .examples = {"kam engagement edit 8f3a2c10 --approach top-down"},
    },
    {
        .name = "engagement done",
        .summary = N_("End an engagement plan whose steps are all done"),
        .method = SERVICE "EndEngagementPlan",
        .arguments = {PLAN_ARGUMENT("id")},
        .hidden = "is_dropped",
        .done = N_("Ended %s."),
        .examples = {"kam engagement done K-000123"},
    },
    {
        .name = "engagement drop",
        .summary = N_("Give an engagement plan up"),
        .method = SERVICE "EndEngagementPlan",
        .arguments = {PLAN_ARGUMENT("id")},
        .hidden = "is_dropped",
        .required = "reason",
        .done = N_("Dropped %s."),
        .run = drop_plan,
        .examples = {"kam engagement drop 8f3a2c10 --reason \"The purchase was called off\""},
    },
    {
        .name = "engagement step add",
        .summary = N_("Add a step: whom to reach, by when, and how well they should know us then"),
        .method = SERVICE "AddEngagementStep",
        .arguments = {PLAN_ARGUMENT("step.plan_id"),
                      {.name = N_("CONTACT"), .field = "step.contact_id", .kind = RECORD_CONTACT}},
        .done = N_("Added a step: %s."),
        .more = show_plan_of_step,
        .examples = {"kam engagement step add K-000123 张伟 --by-on 2026-12-01 --relationship 3 --note 技术交流",
                     "kam engagement step add 8f3a2c10 \"Li Na\" --user me --position 1"},
    },
    {
        .name = "engagement step edit",
        .summary = N_("Change a step, or move it with --position"),
        .method = SERVICE "UpdateEngagementStep",
        .arguments = {STEP_ARGUMENT("step.id")},
        .hidden = "plan_id",
        .version_method = SERVICE "GetEngagementStep",
        .done = N_("Changed the step: %s."),
        .more = show_plan_of_step,
        .examples = {"kam engagement step edit 5b1e90aa --by-on 2026-12-15",
                     "kam engagement step edit 5b1e90aa --position 1"},
    },
    {
        .name = "engagement step remove",
        .summary = N_("Take a step out of its plan"),
        .method = SERVICE "RemoveEngagementStep",
        .arguments = {STEP_ARGUMENT("id")},
        .version_method = SERVICE "GetEngagementStep",
        .done = N_("Removed the step: %s."),
        .more = show_plan_of_step,
        .examples = {"kam engagement step remove 5b1e90aa"},
    },
    {
        .name = "engagement step done",
        .summary = N_("Say which activity did a step"),
        .method = SERVICE "CompleteEngagementStep",
        .arguments = {STEP_ARGUMENT("id"), {.name = N_("ACTIVITY"), .field = "activity_id", .kind = RECORD_ACTIVITY}},
        .version_method = SERVICE "GetEngagementStep",
        .done = N_("Done: %s."),
        .more = show_plan_of_step,
        .examples = {"kam engagement step done 5b1e90aa 042977ad"},
    },
    {
        .name = "engagement step reopen",
        .summary = N_("Say that a step is still to be done"),
        .method = SERVICE "CompleteEngagementStep",
        .arguments = {STEP_ARGUMENT("id")},
        .hidden = "activity_id",
        .version_method = SERVICE "GetEngagementStep",
        .done = N_("Open again: %s."),
        .more = show_plan_of_step,
        .examples = {"kam engagement step reopen 5b1e90aa"},
    },
};
const size_t engagement_command_count = sizeof engagement_commands / sizeof engagement_commands[0];
