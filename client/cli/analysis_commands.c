// SPDX-License-Identifier: Apache-2.0
// kam competition, swot, account plan, care
#include "analysis_commands.h"

#include "kam/v1/analysis.pb-c.h"
#include "message.h"
#include "output.h"
#include "recent.h"
#include "table.h"
#include "value.h"

#define SERVICE "/kam.v1.AnalysisService/"

// ---- the competition grid: an area a line, ourselves and each competitor a column

static const char *const areas[] = {"price",   "product", "operations", "people",
                                    "service", "brand",   "promotion",  "channel"};
enum { AREA_COUNT = sizeof areas / sizeof areas[0], MOST_RIVALS = 40 };

// -1 when it is not known.
static int score_of(const Kam__V1__CompetitionRating *rating, const char *area)
{
    const ProtobufCFieldDescriptor *field = message_find_field(rating->base.descriptor, area);
    return message_has(&rating->base, field) ? (int)message_integer(&rating->base, area) : -1;
}

static void print_grid(struct app *app, Kam__V1__CompetitionRating *const *ratings, size_t count)
{
    struct table table = {.arena = app->arena, .column_count = count + 1, .headings = {_("Area")}, .is_firm = {true}};
    const char *cells[MOST_RIVALS + 1], *begins[MOST_RIVALS + 1];
    for (size_t at = 0; at < count; at++) {
        table.headings[at + 1] = *ratings[at]->competitor == '\0' ? _("We") : app_clean(app, ratings[at]->competitor);
        table.is_right[at + 1] = true;
    }
    for (size_t area = 0; area < AREA_COUNT; area++) {
        int ours = *ratings[0]->competitor == '\0' ? score_of(ratings[0], areas[area]) : -1, best = -1;
        cells[0] = output_label(&kam__v1__competition_rating__descriptor, areas[area]);
        begins[0] = NULL;
        for (size_t at = 0; at < count; at++) {
            int score = score_of(ratings[at], areas[area]);
            best = score > best ? score : best;
            bool is_above_us = at > 0 && ours >= 0 && score > ours;
            cells[at + 1] = score < 0 ? "" : arena_printf(app->arena, is_above_us ? "!%d" : "%d", score);
            begins[at + 1] = is_above_us ? app_tone(app, TONE_BAD) : NULL;
        }
        if (ours >= 0)
            begins[1] = app_tone(app, ours == best ? TONE_GOOD : TONE_WARN);
        table_add_toned_row(&table, cells, begins);
    }
    table_print(&table, app->out, app->width, app_dim(app), app_plain(app), "");
    fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("Scores from 0 to 10; ! is better than we are"), app_plain(app));
}

static enum exit_code show_grid(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_call(app, SERVICE "ListCompetitionRatings", request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__ListCompetitionRatingsResponse *list = (const Kam__V1__ListCompetitionRatingsResponse *)response;
    if (app->settings.json || app->settings.csv || app->settings.columns != NULL)
        return output_rows(app, &kam__v1__competition_rating__descriptor,
                           (const ProtobufCMessage *const *)list->ratings, list->n_ratings, "ratings",
                           "competitor price product operations people service brand promotion channel note");
    if (list->n_ratings == 0) {
        fprintf(stderr, "%s\n  %s\n", _("Nothing found."),
                _("Begin with us: kam competition add ACCOUNT --price 6 --product 8"));
        return EXIT_OK;
    }
    print_grid(app, list->ratings, list->n_ratings < MOST_RIVALS ? list->n_ratings : MOST_RIVALS);
    return EXIT_OK;
}

#define ACCOUNT_ARGUMENT(path)                                                                                         \
    {                                                                                                                  \
        .name = N_("ACCOUNT"), .field = path, .kind = RECORD_ACCOUNT                                                   \
    }
#define LISTED_ARGUMENT(text, path)                                                                                    \
    {                                                                                                                  \
        .name = text, .field = path, .kind = RECORD_LISTED                                                             \
    }
#define YEAR_ARGUMENT(path)                                                                                            \
    {                                                                                                                  \
        .name = N_("YEAR"), .field = path                                                                              \
    }

const struct command analysis_commands[] = {
    {
        .name = "competition show",
        .summary = N_("Show how we and our competitors stand with an account, area by area"),
        .method = SERVICE "ListCompetitionRatings",
        .arguments = {ACCOUNT_ARGUMENT("account_id")},
        .run = show_grid,
        .examples = {"kam competition show K-000123"},
    },
    {
        .name = "competition list",
        .summary = N_("List the rows of the competition grid with their ids"),
        .method = SERVICE "ListCompetitionRatings",
        .arguments = {ACCOUNT_ARGUMENT("account_id")},
        .columns = "id competitor price product operations people service brand promotion channel note",
        .examples = {"kam competition list K-000123"},
    },
    {
        .name = "competition add",
        .summary = N_("Add a competitor to the grid, or ourselves when none is named; scores from 0 to 10"),
        .method = SERVICE "CreateCompetitionRating",
        .arguments = {ACCOUNT_ARGUMENT("rating.account_id")},
        .done = N_("Added to the grid of %s."),
        .examples = {"kam competition add K-000123 --price 5 --product 8 --service 9",
                     "kam competition add K-000123 --competitor 东方泵业 --price 9 --product 6"},
    },
    {
        .name = "competition edit",
        .summary = N_("Change scores of the grid"),
        .method = SERVICE "UpdateCompetitionRating",
        .arguments = {LISTED_ARGUMENT(N_("RATING"), "rating.id")},
        .hidden = "account_id",
        .version_method = SERVICE "GetCompetitionRating",
        .done = N_("Changed the grid of %s."),
        .examples = {"kam competition edit 5b1e90aa --service 7"},
    },
    {
        .name = "competition remove",
        .summary = N_("Take a competitor off the grid"),
        .method = SERVICE "RetireCompetitionRating",
        .arguments = {LISTED_ARGUMENT(N_("RATING"), "id")},
        .version_method = SERVICE "GetCompetitionRating",
        .done = N_("Removed from the grid of %s."),
        .examples = {"kam competition remove 5b1e90aa --reason \"They gave up\""},
    },
    {
        .name = "swot list",
        .summary = N_("List analyses of strengths, weaknesses, opportunities and threats"),
        .method = SERVICE "ListSwots",
        .arguments = {ACCOUNT_ARGUMENT("account_id")},
        .columns = "id create_time opportunity_name strengths weaknesses opportunities threats conclusion created_by",
        .empty = N_("Write the first: kam swot add ACCOUNT --strengths TEXT --weaknesses TEXT"),
        .examples = {"kam swot list K-000123"},
    },
    {
        .name = "swot show",
        .summary = N_("Show an analysis of strengths, weaknesses, opportunities and threats"),
        .method = SERVICE "GetSwot",
        .arguments = {LISTED_ARGUMENT(N_("SWOT"), "id")},
        .examples = {"kam swot show 8f3a2c10"},
    },
    {
        .name = "swot add",
        .summary = N_("Write down our strengths, weaknesses, opportunities and threats with an account, or in a sale"),
        .method = SERVICE "CreateSwot",
        .arguments = {ACCOUNT_ARGUMENT("swot.account_id")},
        .done = N_("Added for %s."),
        .examples = {"kam swot add K-000123 --strengths 24小时服务 --weaknesses 价格高 --opportunities 三期扩建 "
                     "--threats 东方泵业低价"},
    },
    {
        .name = "swot edit",
        .summary = N_("Change an analysis of strengths, weaknesses, opportunities and threats"),
        .method = SERVICE "UpdateSwot",
        .arguments = {LISTED_ARGUMENT(N_("SWOT"), "swot.id")},
        .hidden = "account_id opportunity_id",
        .version_method = SERVICE "GetSwot",
        .done = N_("Changed for %s."),
        .examples = {"kam swot edit 8f3a2c10 --conclusion 先做备件合同"},
    },
    {
        .name = "account plan list",
        .summary = N_("List the plans of an account, the latest year first"),
        .method = SERVICE "ListAccountPlans",
        .arguments = {ACCOUNT_ARGUMENT("account_id")},
        .columns = "year goals actions resources review update_time updated_by",
        .empty = N_("Write one: kam account plan set ACCOUNT YEAR --goals TEXT"),
        .examples = {"kam account plan list K-000123"},
    },
    {
        .name = "account plan show",
        .summary = N_("Show the plan of an account for a year: goals, actions, resources, review"),
        .method = SERVICE "GetAccountPlan",
        .arguments = {ACCOUNT_ARGUMENT("account_id"), YEAR_ARGUMENT("year")},
        .examples = {"kam account plan show K-000123 2027"},
    },
    {
        .name = "account plan set",
        .summary = N_("Write the plan of an account for a year, or change it"),
        .method = SERVICE "SetAccountPlan",
        .arguments = {ACCOUNT_ARGUMENT("plan.account_id"), YEAR_ARGUMENT("plan.year")},
        .version_method = SERVICE "GetAccountPlan",
        .done = N_("Set the plan of %s."),
        .examples = {"kam account plan set K-000123 2027 --goals 份额到40% --actions 季度高层互访",
                     "kam account plan set K-000123 2026 --review \"Share grew to 34 %\""},
    },
    {
        .name = "care list",
        .summary = N_("List the phases of care after the sales to an account"),
        .method = SERVICE "ListCarePhases",
        .arguments = {ACCOUNT_ARGUMENT("account_id")},
        .columns = "id kind starts_on ends_on opportunity_name activity_id note end_time",
        .examples = {"kam care list K-000123"},
    },
    {
        .name = "care edit",
        .summary = N_("Change the days or the note of a phase of care"),
        .method = SERVICE "UpdateCarePhase",
        .arguments = {LISTED_ARGUMENT(N_("PHASE"), "phase.id")},
        .version_method = SERVICE "GetCarePhase",
        .done = N_("Changed for %s."),
        .examples = {"kam care edit 5b1e90aa --ends-on 2027-03-31 --note 操作工培训两次"},
    },
};
const size_t analysis_command_count = sizeof analysis_commands / sizeof analysis_commands[0];
