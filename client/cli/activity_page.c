// SPDX-License-Identifier: Apache-2.0
#include "activity_page.h"

#include <string.h>

#include "kam/v1/activity.pb-c.h"
#include "message.h"
#include "output.h"
#include "prompt.h"
#include "recent.h"

static const char get_spin[] = "/kam.v1.VisitService/GetSpin";

// The four kinds of questions, and by what, why, who, when, where, how and how much (5W2H) what may be asked.
static const struct {
    const char *title, *prompts, *questions, *answers;
} parts[] = {
    {N_("Situation"),
     N_("What do they use today? Why did they choose it? Who uses it, who decides? Since when, and when is it due? "
        "Where is it used? How do they buy? How much a year?"),
     "situation_questions", "situation_answers"},
    {N_("Problem"),
     N_("What goes wrong? Why? Whom does it trouble? When, and how often? Where? How do they get by? How much does it "
        "cost them?"),
     "problem_questions", "problem_answers"},
    {N_("Implication"),
     N_("What follows if it stays as it is? Why does that matter to them? Who else feels it? When does it become "
        "serious? Where does it spread to? How does it touch their customers? How much is lost?"),
     "implication_questions", "implication_answers"},
    {N_("Need-payoff"),
     N_("What would solve it? Why would that help? Who would gain? When is it needed? Where first? How would they use "
        "it? How much would it be worth to them?"),
     "need_payoff_questions", "need_payoff_answers"},
};
enum { PART_COUNT = sizeof parts / sizeof parts[0] };

static void print_comments(struct app *app, const Kam__V1__Activity *activity)
{
    bool is_new = false;
    if (activity->n_comments > 0)
        output_heading(app, _("Comments"));
    for (size_t at = 0; at < activity->n_comments; at++) {
        const Kam__V1__Comment *comment = activity->comments[at];
        bool is_unseen = *app->credentials.user_id != '\0' && comment->seen_time == NULL &&
                         strcmp(comment->recipient_id, app->credentials.user_id) == 0;
        const char *author = app_clean(app, comment->author_name);
        const char *time = output_cell(app, &comment->base, "create_time", false);
        is_new = is_new || is_unseen;
        output_line(app, author, arena_printf(app->arena, "%s%s", time, is_unseen ? _(" (new)") : ""));
        output_line(app, "", comment->text);
    }
    if (is_new)
        fprintf(app->out, _("Say that you saw it: kam activity seen %s\n"),
                app_clean(app, recent_short_id(activity->id)));
}

static void print_objections(struct app *app, const Kam__V1__Activity *activity)
{
    for (size_t at = 0; at < activity->n_objections; at++) {
        const Kam__V1__Objection *objection = activity->objections[at];
        recent_remember(app, (const char *const[]){objection->id}, 1);
        output_section(
            app, &objection->base,
            arena_printf(app->arena, "%s  [%s]", _("Objection"), app_clean(app, recent_short_id(objection->id))),
            "objection contact_name listen share clarify present ask outcome");
    }
}

static void print_ideas(struct app *app, const Kam__V1__Activity *activity)
{
    if (activity->n_ideas == 0)
        return;
    output_heading(app, _("Ideas"));
    output_inner_table(app, &kam__v1__idea__descriptor, (const ProtobufCMessage *const *)activity->ideas,
                       activity->n_ideas, "id score subject state", "  ");
}

enum exit_code activity_page_print_parts(struct app *app, struct invocation *invocation,
                                         const ProtobufCMessage *response)
{
    (void)invocation;
    const Kam__V1__Activity *activity = (const Kam__V1__Activity *)response;
    if (activity->visit != NULL)
        output_section(app, &activity->visit->base, N_("Preparation and feedback"),
                       "contact_name appointment address route material reaction customer_class next_step "
                       "follow_up_call_id");
    if (activity->spin != NULL)
        output_section(app, &activity->spin->base, N_("SPIN"),
                       "situation_questions situation_answers problem_questions problem_answers "
                       "implication_questions implication_answers need_payoff_questions need_payoff_answers");
    print_objections(app, activity);
    print_ideas(app, activity);
    print_comments(app, activity);
    return EXIT_OK;
}

enum exit_code activity_page_show_spin(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *sheet;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_call(app, get_spin, request, &sheet);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, sheet);
    fprintf(app->out, "%s%s%s  %s\n", app_bold(app), output_title(app, sheet), app_plain(app),
            app_clean(app, message_text(sheet, "account_name")));
    for (size_t at = 0; at < PART_COUNT; at++) {
        output_heading(app, _(parts[at].title));
        output_line(app, _("May be asked"), _(parts[at].prompts));
        output_section(app, sheet, NULL, arena_printf(app->arena, "%s %s", parts[at].questions, parts[at].answers));
    }
    return EXIT_OK;
}

static const struct option *find_option(const struct invocation *invocation, const char *field)
{
    for (size_t at = 0; at < invocation->option_count; at++) {
        const struct option *option = &invocation->options[at];
        if (strcmp(option->path[option->depth - 1]->name, field) == 0)
            return option;
    }
    return NULL;
}

static enum exit_code ask(struct app *app, struct invocation *invocation, const char *field)
{
    const struct option *option = find_option(invocation, field);
    const char *text = prompt_line(app, language_label("field", option->contract->label_en));
    if (text == NULL)
        return app_refuse(app, EXIT_USAGE, _("given up"));
    if (*text != '\0')
        invocation->given[invocation->given_count++] = (struct given){option, NULL, text};
    return EXIT_OK;
}

enum exit_code activity_page_edit_spin(struct app *app, struct invocation *invocation)
{
    if (app->is_interactive && invocation->given_count == 0 && invocation->word_count > 0) {
        fprintf(stderr, "%s\n", _("An empty answer leaves what is there."));
        for (size_t at = 0; at < PART_COUNT; at++) {
            fprintf(stderr, "\n%s\n  %s\n", _(parts[at].title), _(parts[at].prompts));
            enum exit_code failure = ask(app, invocation, parts[at].questions);
            if (failure == EXIT_OK)
                failure = ask(app, invocation, parts[at].answers);
            if (failure != EXIT_OK)
                return failure;
        }
    }
    return command_run_method(app, invocation);
}
