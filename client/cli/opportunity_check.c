// SPDX-License-Identifier: Apache-2.0
// kam opportunity check: what an opportunity has shown, and what it must show yet, before it may leave its stage.
#include "opportunity_check.h"

#include <string.h>

#include "check_wanted.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "message.h"
#include "output.h"
#include "recent.h"
#include "text.h"
#include "value.h"

#define CHECK_OPPORTUNITY "/kam.v1.ProcessService/CheckOpportunity"

struct mark {
    const char *sign;
    enum tone tone;
};

static const struct mark *mark_of(const Kam__V1__CriterionCheck *criterion)
{
    static const struct mark marks[] = {
        [KAM__V1__CRITERION_STATE__CRITERION_STATE_UNSPECIFIED] = {"?", TONE_WARN}, // a newer server may know more
        [KAM__V1__CRITERION_STATE__CRITERION_STATE_MET] = {"✓", TONE_GOOD},
        [KAM__V1__CRITERION_STATE__CRITERION_STATE_UNMET] = {"✗", TONE_BAD},
        [KAM__V1__CRITERION_STATE__CRITERION_STATE_WAIVED] = {"–", TONE_WARN},
        [KAM__V1__CRITERION_STATE__CRITERION_STATE_NOT_RECORDABLE] = {"✗", TONE_BAD},
    };
    size_t state = (size_t)criterion->state;
    return &marks[state < sizeof marks / sizeof marks[0] ? state : 0];
}

static bool is_satisfied(const Kam__V1__CriterionCheck *criterion)
{
    return criterion->state == KAM__V1__CRITERION_STATE__CRITERION_STATE_MET ||
           criterion->state == KAM__V1__CRITERION_STATE__CRITERION_STATE_WAIVED;
}

static size_t count_satisfied(const Kam__V1__OpportunityCheck *check)
{
    size_t count = 0;
    for (size_t at = 0; at < check->n_criteria; at++)
        count += is_satisfied(check->criteria[at]);
    return count;
}

// On as many lines as it takes; the first begins where the cursor stands, the others after the indent.
static void print_wrapped(struct app *app, size_t indent, const char *text, const char *tone)
{
    size_t room = app->width > 2 * indent ? app->width - indent : SIZE_MAX / 2;
    for (bool is_first = true; *text != '\0'; is_first = false) {
        size_t length = text_fit_line(text, room), shown = length;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        fprintf(app->out, "%*s%s%.*s%s\n", is_first ? 0 : (int)indent, "", tone, (int)shown, text, app_plain(app));
        text += length;
        text += strspn(text, " \n");
    }
}

// What is said of a criterion, below its name.
static void print_detail(struct app *app, const char *text, const char *tone)
{
    enum { INDENT = 4 };
    fprintf(app->out, "%*s", INDENT, "");
    print_wrapped(app, INDENT, text, tone);
}

static const char *day_of(struct app *app, const Google__Protobuf__Timestamp *time)
{
    char text[32] = "";
    struct tm at;
    time_t instant = time == NULL ? 0 : (time_t)time->seconds;
    if (time != NULL && localtime_r(&instant, &at) != NULL)
        strftime(text, sizeof text, "%Y-%m-%d", &at);
    return arena_strdup(app->arena, text);
}

static const char *evidence_label(const char *kind)
{
    static const char *const kinds[] = {
        NC_("evidence", "activity"),   NC_("evidence", "contact"),
        NC_("evidence", "account"),    NC_("evidence", "opportunity"),
        NC_("evidence", "need"),       NC_("evidence", "answer"),
        NC_("evidence", "assessment"), NC_("evidence", "engagement plan"),
    };
    if (strcmp(kind, "engagement_plan") == 0)
        kind = "engagement plan";
    for (size_t at = 0; at < sizeof kinds / sizeof kinds[0]; at++)
        if (strcmp(kinds[at], kind) == 0)
            return language_label("evidence", kind);
    return kind;
}

// "activity: Visit to the plant, 2026-11-20  [8f3a2c10]"
static void print_evidence(struct app *app, const Kam__V1__CriterionCheck *criterion)
{
    const char *kind = criterion->evidence_kind;
    if (*kind == '\0')
        return;
    bool is_here = strcmp(kind, "account") == 0 || strcmp(kind, "opportunity") == 0; // what the page is about
    const char *text = app_clean(app, criterion->evidence_text), *day = day_of(app, criterion->evidence_time);
    const char *handle =
        is_here || *criterion->evidence_id == '\0'
            ? ""
            : arena_printf(app->arena, "  [%s]", app_clean(app, recent_short_id(criterion->evidence_id)));
    print_detail(app,
                 arena_printf(app->arena, "%s%s%s%s%s%s", app_clean(app, evidence_label(kind)),
                              language_choose(": ", "："), text, *day == '\0' ? "" : language_choose(", ", "，"), day,
                              handle),
                 app_dim(app));
    if (!is_here && *criterion->evidence_id != '\0')
        recent_remember(app, (const char *const[]){criterion->evidence_id}, 1);
}

static void print_waiver(struct app *app, const Kam__V1__CriterionCheck *criterion)
{
    if (*criterion->waived_by == '\0')
        return;
    print_detail(app,
                 arena_printf(app->arena, _("waived by %s on %s: %s"), app_clean(app, criterion->waived_by),
                              day_of(app, criterion->waive_time), app_clean(app, criterion->waiver_reason)),
                 app_tone(app, TONE_WARN));
}

static void print_criterion(struct app *app, const Kam__V1__OpportunityCheck *check,
                            const Kam__V1__CriterionCheck *criterion)
{
    const struct mark *mark = mark_of(criterion);
    fprintf(app->out, "%s%s%s ", app_tone(app, mark->tone), mark->sign, app_plain(app));
    const char *name = app_clean(app, language_choose(criterion->name_en, criterion->name_zh));
    // The key is what a waiver names it by.
    print_wrapped(app, 2,
                  is_satisfied(criterion) ? name
                                          : arena_printf(app->arena, "%s  [%s]", name, app_clean(app, criterion->key)),
                  "");
    if (criterion->state == KAM__V1__CRITERION_STATE__CRITERION_STATE_MET)
        print_evidence(app, criterion);
    print_waiver(app, criterion);
    if (is_satisfied(criterion))
        return;
    print_detail(app, check_wanted_text(app, criterion), "");
    const char *command = check_wanted_command(app, check, criterion);
    if (command != NULL) // in one piece, to be copied
        fprintf(app->out, "    %s%s%s\n", app_dim(app), command, app_plain(app));
}

void opportunity_print_check(struct app *app, const Kam__V1__OpportunityCheck *check)
{
    fprintf(app->out, "%s%s %s%s  %s\n", app_bold(app), app_clean(app, check->code), app_clean(app, check->name),
            app_plain(app), app_clean(app, check->account_name));
    const char *stage = app_clean(app, language_choose(check->stage_name_en, check->stage_name_zh));
    const char *next = app_clean(app, language_choose(check->next_stage_name_en, check->next_stage_name_zh));
    fprintf(app->out, _("Stage: %s, then: %s"), stage, *next == '\0' ? _("won") : next);
    fputs("\n\n", app->out);
    for (size_t at = 0; at < check->n_criteria; at++)
        print_criterion(app, check, check->criteria[at]);
    size_t satisfied = count_satisfied(check);
    if (check->n_criteria == 0)
        fprintf(app->out, "%s\n", _("This stage asks for nothing."));
    else if (satisfied == check->n_criteria)
        fprintf(app->out, "\n%s%s%s\n", app_tone(app, TONE_GOOD), _("Everything is shown."), app_plain(app));
    else
        fprintf(app->out, "\n%s\n", arena_printf(app->arena, _("%zu of %zu criteria are met."), satisfied, check->n_criteria));
}

void opportunity_show_check(struct app *app, const char *id)
{
    ProtobufCMessage *request = app_new_request(app, CHECK_OPPORTUNITY), *response;
    message_set_text(request, "id", id);
    if (app_call(app, CHECK_OPPORTUNITY, request, &response) == EXIT_OK)
        opportunity_print_check(app, (const Kam__V1__OpportunityCheck *)response);
}

// "O-000123" goes to the server as it is: one call. A name is looked up first.
static bool is_code(const char *word)
{
    return (*word == 'O' || *word == 'o') && word[1] == '-' && word[2] != '\0' &&
           strspn(word + 2, "0123456789") == strlen(word + 2);
}

enum exit_code opportunity_check(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request = app_new_request(app, CHECK_OPPORTUNITY), *response;
    const char *word = invocation->word_count > 0 ? invocation->words[0] : "";
    enum exit_code failure = EXIT_OK;
    if (is_code(word))
        message_set_text(request, "code", word);
    else
        failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    enum kam_code code = app_try_call(app, CHECK_OPPORTUNITY, request, &response);
    if (code == KAM_NOT_FOUND && is_code(word))
        return app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'"), _("opportunity"), word);
    if (code != KAM_OK)
        return app_print_error(app);
    const Kam__V1__OpportunityCheck *check = (const Kam__V1__OpportunityCheck *)response;
    if (app->settings.json)
        failure = output_record(app, response);
    else if (app->settings.csv || app->settings.columns != NULL)
        failure = output_rows(app, &kam__v1__criterion_check__descriptor,
                              (const ProtobufCMessage *const *)check->criteria, check->n_criteria, "criteria",
                              "key name_en name_zh state evidence_kind evidence_id evidence_text evidence_time "
                              "wanted_reason wanted_text waived_by");
    else
        opportunity_print_check(app, check);
    if (failure != EXIT_OK)
        return failure;
    return count_satisfied(check) == check->n_criteria ? EXIT_OK : EXIT_UNMET;
}
