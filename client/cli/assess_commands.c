// SPDX-License-Identifier: Apache-2.0
// kam assess ... and kam model ...: scores are asked one by one on a terminal, or given with --score.
#include "assess_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kam/v1/scoring.pb-c.h"
#include "message.h"
#include "output.h"
#include "prompt.h"
#include "resolve.h"
#include "text.h"
#include "value.h"

#define SERVICE "/kam.v1.ScoringService/"

enum { LARGEST_FILE_BYTES = 1024 * 1024, BEST_SCORE = 10 };

// Records have their names in both languages; the catalogue of a language says which of them it reads.
static bool reads_chinese(void)
{
    // Translators: leave as it is, or write "name_zh" where people read Chinese.
    return strcmp(_("name_en"), "name_zh") == 0;
}

static const char *name_column(struct app *app, const char *before, const char *after)
{
    return arena_printf(app->arena, "%sname_%s%s", before, reads_chinese() ? "zh" : "en", after);
}

// ---- show

static enum exit_code print_assessment(struct app *app, const ProtobufCMessage *response)
{
    const Kam__V1__Assessment *assessment = (const Kam__V1__Assessment *)response;
    const ProtobufCMessage *const *scores = (const ProtobufCMessage *const *)assessment->scores;
    const char *columns = name_column(app, "", " weight is_inverse score previous_score points note");
    if (app->settings.csv || (app->settings.columns != NULL && !app->settings.json))
        return output_rows(app, &kam__v1__assessment_score__descriptor, scores, assessment->n_scores, "scores",
                           arena_printf(app->arena, "factor_key %s", columns));
    if (app->settings.json)
        return output_record(app, response);
    output_record(app, response);
    output_heading(app, _("Scores"));
    output_inner_table(app, &kam__v1__assessment_score__descriptor, scores, assessment->n_scores, columns, "  ");
    if (assessment->n_steps > 0) {
        output_heading(app, _("Development procedure"));
        output_inner_table(app, &kam__v1__assessment_step__descriptor,
                           (const ProtobufCMessage *const *)assessment->steps, assessment->n_steps,
                           "action people support by_on", "  ");
    }
    return EXIT_OK;
}

static enum exit_code show(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_call(app, invocation->command->method, request, &response);
    return failure == EXIT_OK ? print_assessment(app, response) : failure;
}

// ---- assess

struct scoring {
    struct app *app;
    struct invocation *invocation;
    Kam__V1__Assessment *assessment;
    const Kam__V1__ScoringSheet *sheet;
};

static const char *factor_name(const Kam__V1__SheetFactor *factor)
{
    return reads_chinese() ? factor->name_zh : factor->name_en;
}

static bool is_word_of(const Kam__V1__SheetFactor *factor, const char *word, size_t length)
{
    const char *names[] = {factor->key, factor->name_en, factor->name_zh};
    for (size_t at = 0; at < 3; at++)
        if (strlen(names[at]) == length && strncmp(names[at], word, length) == 0)
            return true;
    return false;
}

// The factor that "KEY=..." begins with, NULL when there is none; *rest_r is what follows the sign.
static const Kam__V1__SheetFactor *find_factor(const struct scoring *scoring, const char *text, const char **rest_r)
{
    const char *sign = strchr(text, '=');
    for (size_t at = 0; sign != NULL && at < scoring->sheet->n_factors; at++)
        if (is_word_of(scoring->sheet->factors[at], text, (size_t)(sign - text))) {
            *rest_r = sign + 1;
            return scoring->sheet->factors[at];
        }
    return NULL;
}

static Kam__V1__AssessmentScore *score_of(struct scoring *scoring, const Kam__V1__SheetFactor *factor)
{
    Kam__V1__Assessment *assessment = scoring->assessment;
    for (size_t at = 0; at < assessment->n_scores; at++)
        if (strcmp(assessment->scores[at]->factor_key, factor->key) == 0)
            return assessment->scores[at];
    const ProtobufCFieldDescriptor *field = message_find_field(assessment->base.descriptor, "scores");
    ProtobufCMessage *score = kam_message_new(field->descriptor);
    *(ProtobufCMessage **)message_add(&assessment->base, field) = score;
    message_set_text(score, "factor_key", factor->key);
    return (Kam__V1__AssessmentScore *)score;
}

static bool is_scored(const Kam__V1__AssessmentScore *score)
{
    return score->optional_score_case == KAM__V1__ASSESSMENT_SCORE__OPTIONAL_SCORE_SCORE;
}

// False when the text is no whole number of 0 to 10.
static bool take_score(Kam__V1__AssessmentScore *score, const char *text)
{
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < 0 || number > BEST_SCORE)
        return false;
    score->optional_score_case = KAM__V1__ASSESSMENT_SCORE__OPTIONAL_SCORE_SCORE;
    score->score = (int32_t)number;
    return true;
}

static enum exit_code take_given(struct scoring *scoring)
{
    struct app *app = scoring->app;
    for (size_t at = 0; at < scoring->invocation->given_count; at++) {
        const struct given *given = &scoring->invocation->given[at];
        if (given->flag == NULL || (strcmp(given->flag->name, "score") != 0 && strcmp(given->flag->name, "why") != 0))
            continue;
        const char *rest = "";
        const Kam__V1__SheetFactor *factor = find_factor(scoring, given->value, &rest);
        if (factor == NULL) {
            const char *known = "";
            for (size_t factors = 0; factors < scoring->sheet->n_factors; factors++)
                known = arena_printf(app->arena, "%s%s%s", known, factors == 0 ? "" : ", ",
                                     scoring->sheet->factors[factors]->key);
            app_refuse(app, EXIT_USAGE, _("--%s: no factor of the model in '%s'"), given->flag->name, given->value);
            app_hint(app, _("Factors: %s"), app_clean(app, known));
            return EXIT_USAGE;
        }
        Kam__V1__AssessmentScore *score = score_of(scoring, factor);
        if (strcmp(given->flag->name, "why") == 0)
            message_set_text(&score->base, "note", rest);
        else if (!take_score(score, rest))
            return app_refuse(app, EXIT_USAGE, _("--score %s: a score is a whole number from 0 to 10"), given->value);
    }
    return EXIT_OK;
}

// What the answer is without one: what the records say, else what it was last.
static const char *default_of(struct app *app, const Kam__V1__SheetFactor *factor)
{
    if (factor->optional_proposed_score_case == KAM__V1__SHEET_FACTOR__OPTIONAL_PROPOSED_SCORE_PROPOSED_SCORE)
        return arena_printf(app->arena, "%d", factor->proposed_score);
    if (factor->optional_last_score_case == KAM__V1__SHEET_FACTOR__OPTIONAL_LAST_SCORE_LAST_SCORE)
        return arena_printf(app->arena, "%d", factor->last_score);
    return "";
}

static enum exit_code ask_score(struct scoring *scoring, const Kam__V1__SheetFactor *factor)
{
    struct app *app = scoring->app;
    Kam__V1__AssessmentScore *score = score_of(scoring, factor);
    const char *usual = default_of(app, factor);
    const char *basis = output_cell(app, &factor->base, "basis", false);
    if (*basis != '\0')
        fprintf(stderr, "  %s\n", app_clean(app, basis));
    const char *question = arena_printf(app->arena, "%s (%s%s)%s%s%s", app_clean(app, factor_name(factor)),
                                        _("0 to 10"), factor->is_inverse ? _(", 10 is bad") : "",
                                        *usual == '\0' ? "" : " [", usual, *usual == '\0' ? "" : "]");
    for (;;) {
        const char *answer = prompt_line(app, question);
        if (answer == NULL)
            return app_refuse(app, EXIT_USAGE, _("given up; nothing was recorded"));
        // "7 they like the trial": a score and why.
        const char *why = answer + strcspn(answer, " ");
        const char *number = arena_printf(app->arena, "%.*s", (int)(why - answer), answer);
        if (!take_score(score, *number == '\0' ? usual : number)) {
            fprintf(stderr, "  %s\n", _("a whole number from 0 to 10, and after a blank why"));
            continue;
        }
        why += strspn(why, " ");
        if (*why != '\0')
            message_set_text(&score->base, "note", why);
        return EXIT_OK;
    }
}

static enum exit_code take_scores(struct scoring *scoring)
{
    struct app *app = scoring->app;
    const char *missing = "";
    enum exit_code failure = take_given(scoring);
    for (size_t at = 0; failure == EXIT_OK && at < scoring->sheet->n_factors; at++) {
        const Kam__V1__SheetFactor *factor = scoring->sheet->factors[at];
        if (is_scored(score_of(scoring, factor)))
            continue;
        if (app->is_interactive)
            failure = ask_score(scoring, factor);
        else
            missing = arena_printf(app->arena, "%s%s%s", missing, *missing == '\0' ? "" : ", ", factor->key);
    }
    if (failure == EXIT_OK && *missing != '\0') {
        app_refuse(app, EXIT_USAGE, _("scores are missing: %s"), app_clean(app, missing));
        app_hint(app, _("Give each: --score FACTOR=0..10"));
        return EXIT_USAGE;
    }
    return failure;
}

// --step "Show the plant; Ann; a bus; 2026-12-01": what, who, company support, when.
static enum exit_code take_steps(struct scoring *scoring)
{
    static const char *const fields[] = {"action", "people", "support", "by_on"};
    struct app *app = scoring->app;
    const ProtobufCFieldDescriptor *steps = message_find_field(scoring->assessment->base.descriptor, "steps");
    const ProtobufCMessageDescriptor *descriptor = steps->descriptor;
    const struct contract_message *contract = contract_find_message(descriptor);
    for (size_t at = 0; at < scoring->invocation->given_count; at++) {
        const struct given *given = &scoring->invocation->given[at];
        if (given->flag == NULL || strcmp(given->flag->name, "step") != 0)
            continue;
        ProtobufCMessage *step = kam_message_new(descriptor);
        *(ProtobufCMessage **)message_add(&scoring->assessment->base, steps) = step;
        const char *rest = given->value;
        for (size_t part = 0; part < 4 && rest != NULL; part++) {
            size_t length = strcspn(rest, ";");
            const char *end = rest + length;
            rest += strspn(rest, " ");
            size_t kept = rest < end ? (size_t)(end - rest) : 0;
            while (kept > 0 && rest[kept - 1] == ' ')
                kept--;
            const char *text = arena_printf(app->arena, "%.*s", (int)kept, rest);
            const ProtobufCFieldDescriptor *field = message_find_field(descriptor, fields[part]);
            const char *wrong = *text == '\0'
                                    ? NULL
                                    : value_parse(app->arena, step, field,
                                                  &contract->fields[field - descriptor->fields], text, app->now);
            if (wrong != NULL)
                return app_refuse(app, EXIT_USAGE, "--step %s: %s", given->value, wrong);
            rest = *end == ';' ? end + 1 : NULL;
        }
    }
    return EXIT_OK;
}

// By its id or its code.
static enum exit_code find_opportunity(struct app *app, const char *word, const char **id_r)
{
    struct reference found;
    enum exit_code failure = resolve_record(app, RECORD_OPPORTUNITY, word, NULL, &found);
    if (failure == EXIT_OK)
        *id_r = arena_strdup(app->arena, found.id);
    return failure;
}

static enum exit_code get_sheet(struct scoring *scoring)
{
    ProtobufCMessage *request = app_new_request(scoring->app, SERVICE "GetScoringSheet"), *response;
    message_set_text(request, "model_key", scoring->assessment->model_key);
    message_set_text(request, "opportunity_id", scoring->assessment->opportunity_id);
    message_set_text(request, "account_id", scoring->assessment->account_id);
    enum exit_code failure = app_call(scoring->app, SERVICE "GetScoringSheet", request, &response);
    if (failure == EXIT_NOT_FOUND)
        app_hint(scoring->app, _("See which models there are, and of what: kam model list"));
    if (failure == EXIT_OK)
        scoring->sheet = (const Kam__V1__ScoringSheet *)response;
    return failure;
}

static enum exit_code assess_by(struct app *app, struct invocation *invocation, const char *usual_model,
                                bool is_of_opportunity)
{
    ProtobufCMessage *request, *response;
    const char *opportunity_id = "";
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK && is_of_opportunity)
        failure = find_opportunity(app, invocation->words[0], &opportunity_id);
    if (failure != EXIT_OK)
        return failure;
    ProtobufCMessage *assessment = message_sub(request, message_find_field(request->descriptor, "assessment"));
    struct scoring scoring = {app, invocation, (Kam__V1__Assessment *)assessment, NULL};
    message_set_text(&scoring.assessment->base, "opportunity_id", opportunity_id);
    if (*scoring.assessment->model_key == '\0')
        message_set_text(&scoring.assessment->base, "model_key", usual_model);
    failure = take_steps(&scoring);
    if (failure == EXIT_OK)
        failure = get_sheet(&scoring);
    if (failure == EXIT_OK)
        failure = take_scores(&scoring);
    if (failure == EXIT_OK)
        failure = app_call(app, invocation->command->method, request, &response);
    return failure == EXIT_OK ? print_assessment(app, response) : failure;
}

static enum exit_code assess_opportunity(struct app *app, struct invocation *invocation)
{
    return assess_by(app, invocation, "value", true);
}

static enum exit_code assess_account(struct app *app, struct invocation *invocation)
{
    return assess_by(app, invocation, "contribution", false);
}

static enum exit_code list_history(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    const char *opportunity_id = "";
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK && invocation->word_count > 0)
        failure = find_opportunity(app, invocation->words[0], &opportunity_id);
    if (failure != EXIT_OK)
        return failure;
    message_set_text(request, "opportunity_id", opportunity_id);
    if (*opportunity_id == '\0' && *message_text(request, "account_id") == '\0') {
        app_refuse(app, EXIT_USAGE, _("%s is missing"), _("OPPORTUNITY"));
        app_hint(app, _("See: kam help %s"), invocation->command->name);
        return EXIT_USAGE;
    }
    return command_call(app, invocation, request);
}

// ---- models

static enum exit_code print_model(struct app *app, const ProtobufCMessage *response)
{
    const Kam__V1__ScoringModel *model = (const Kam__V1__ScoringModel *)response;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_record(app, response);
    output_record(app, response);
    output_heading(app, _("Factors"));
    output_inner_table(app, &kam__v1__scoring_factor__descriptor, (const ProtobufCMessage *const *)model->factors,
                       model->n_factors, name_column(app, "", " key weight is_inverse"), "  ");
    output_heading(app, _("Grades"));
    output_inner_table(app, &kam__v1__scoring_grade__descriptor, (const ProtobufCMessage *const *)model->grades,
                       model->n_grades, name_column(app, "grade least ", " limit_percent terms_days"), "  ");
    return EXIT_OK;
}

static enum exit_code show_model(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_call(app, invocation->command->method, request, &response);
    return failure == EXIT_OK ? print_model(app, response) : failure;
}

// What `model show --json` writes, changed in an editor.
static enum exit_code set_model(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    const char *path = invocation->words[0];
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (file == NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", path, strerror(errno));
    char *bytes = arena_alloc(app->arena, LARGEST_FILE_BYTES);
    size_t length = fread(bytes, 1, LARGEST_FILE_BYTES, file);
    bool is_whole = ferror(file) == 0 && length < LARGEST_FILE_BYTES;
    if (file != stdin)
        fclose(file);
    if (!is_whole)
        return app_refuse(app, EXIT_REFUSED, _("%s cannot be read"), path);
    ProtobufCMessage *model = kam_json_parse(bytes, length, &kam__v1__scoring_model__descriptor, &app->error);
    if (model == NULL) {
        app_print_error(app);
        return EXIT_USAGE;
    }
    // A version is not made twice: this is another one.
    message_set_text(model, "id", "");
    Kam__V1__SetScoringModelRequest *set = (Kam__V1__SetScoringModelRequest *)request;
    if (set->model != NULL)
        kam_message_free(&set->model->base);
    set->model = (Kam__V1__ScoringModel *)model;
    const char *reason = invocation_flag(invocation, "reason");
    if (reason != NULL)
        message_set_text(model, "reason", reason);
    failure = app_call(app, invocation->command->method, request, &response);
    return failure == EXIT_OK ? print_model(app, response) : failure;
}

static const struct flag score_flags[] = {
    {"score", N_("FACTOR=NUMBER"), N_("The score of a factor, 0 to 10; once for each."), true},
    {"why", N_("FACTOR=TEXT"), N_("Why a factor has its score."), true},
    {"step", N_("STEP"), N_("A step of the development procedure: what; who; company support; when."), true},
    {NULL, NULL, NULL, false},
};

static const struct flag model_flags[] = {
    {"reason", N_("TEXT"), N_("Why this version is made."), false},
    {NULL, NULL, NULL, false},
};

const struct command assess_commands[] = {
    {
        .name = "assess",
        .summary = N_("Assess an opportunity: asks the factors of the model one by one, computes total and grade"),
        .method = SERVICE "RecordAssessment",
        .arguments = {{.name = N_("OPPORTUNITY"), .field = NULL}},
        .flags = score_flags,
        .hidden = "account_id opportunity_id scores steps",
        .optional = "model-key",
        .run = assess_opportunity,
        .examples = {"kam assess O-000123", "kam assess O-000123 --model-key dealer",
                     "kam assess O-000123 --score our_benefit=8 --why \"our_benefit=spare parts\" "
                     "--expected-expenses \"CNY 5000\" --step \"Show the plant; Ann; a bus; 2026-12-01\""},
    },
    {
        .name = "assess account",
        .summary = N_("Assess the contribution or the credit of an account"),
        .method = SERVICE "RecordAssessment",
        .arguments = {{.name = N_("ACCOUNT"), .field = "assessment.account_id", .kind = RECORD_ACCOUNT}},
        .flags = score_flags,
        .hidden = "opportunity_id scores steps",
        .optional = "model-key",
        .run = assess_account,
        .examples = {"kam assess account K-000123", "kam assess account K-000123 --model-key 6c"},
    },
    {
        .name = "assess history",
        .summary =
            N_("List the assessments of an opportunity, newest first, each with the difference to the one before"),
        .method = SERVICE "ListAssessments",
        .arguments = {{.name = N_("OPPORTUNITY"), .field = NULL, .is_optional = true}},
        .hidden = "opportunity_id",
        .run = list_history,
        .columns = "id assessed_on model_key opportunity_name total grade difference previous_grade assessed_by",
        .empty = N_("Make the first one: kam assess OPPORTUNITY"),
        .examples = {"kam assess history O-000123", "kam assess history --account K-000123 --model-key 6c"},
    },
    {
        .name = "assess show",
        .summary = N_("Show an assessment, its scores beside those before"),
        .method = SERVICE "GetAssessment",
        .arguments = {{.name = N_("ASSESSMENT"), .field = "id", .kind = RECORD_ANY}},
        .run = show,
        .examples = {"kam assess show 8f3a2c10"},
    },
    {
        .name = "model list",
        .summary = N_("List the scoring models"),
        .method = SERVICE "ListScoringModels",
        .columns = "key kind number name_en name_zh created_by create_time",
        .examples = {"kam model list"},
    },
    {
        .name = "model show",
        .summary = N_("Show the factors, weights and grades of a scoring model"),
        .method = SERVICE "GetScoringModel",
        .arguments = {{.name = N_("MODEL"), .field = "key"}},
        .run = show_model,
        .examples = {"kam model show value", "kam model show value --number 1",
                     "kam model show value --json > value.json"},
    },
    {
        .name = "model set",
        .summary = N_("Make a new version of a scoring model from a file that `model show --json` wrote"),
        .method = SERVICE "SetScoringModel",
        .arguments = {{.name = N_("FILE")}},
        .flags = model_flags,
        .hidden = "model",
        .run = set_model,
        .examples = {"kam model set value.json --reason \"Service counts for more\"",
                     "kam model set value.json --replaces 1"},
    },
};
const size_t assess_command_count = sizeof assess_commands / sizeof assess_commands[0];
