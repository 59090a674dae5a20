// SPDX-License-Identifier: Apache-2.0
// kam board: what stands open, stage by stage. Side by side where the terminal is wide enough, else one stage below
// another.
#include "board_commands.h"

#include <string.h>

#include "kam/v1/board.pb-c.h"
#include "message.h"
#include "output.h"
#include "table.h"
#include "text.h"
#include "value.h"

#define GET_BOARD "/kam.v1.BoardService/GetBoard"

enum {
    SIDE_BY_SIDE_WIDTH = 120,
    NARROWEST_STAGE = 20,
    WIDEST_STAGE = 40,
    STAGE_GAP = 2,
    DEFAULT_CARDS = 10, // of a stage, for people
    MOST_CARDS = 500,
};

typedef Kam__V1__Board Board;
typedef Kam__V1__BoardStage Stage;
typedef Kam__V1__BoardCard Card;

// ---- Texts

// "1,200,000": in whole units, which is what one compares at a glance. currency: said as well.
static const char *whole_amount(struct app *app, const Kam__V1__Money *money, bool says_currency)
{
    if (money == NULL)
        return "";
    const char *currency = money->currency_code;
    return app_clean(app, value_format_whole_money(app->arena, currency, money->minor_units, says_currency));
}

// What a card is worth: in the reporting currency, or in its own where that has no rate.
static const char *card_amount(struct app *app, const Card *card)
{
    return card->reporting_amount != NULL ? whole_amount(app, card->reporting_amount, false)
                                          : whole_amount(app, card->amount, true);
}

static bool is_unrated(const Card *card)
{
    return card->reporting_amount == NULL && card->amount != NULL;
}

static const char *date_text(struct app *app, const Card *card, const char *field)
{
    return output_cell(app, &card->base, field, false);
}

// "! 45/30": how long it may stand there is said where it is limited.
static const char *days_text(struct app *app, const Card *card)
{
    const char *mark = card->is_stalled ? "! " : "";
    if (card->optional_allowed_days_case == KAM__V1__BOARD_CARD__OPTIONAL_ALLOWED_DAYS_ALLOWED_DAYS)
        return arena_printf(app->arena, "%s%d/%d", mark, card->days_in_stage, card->allowed_days);
    return arena_printf(app->arena, "%s%d", mark, card->days_in_stage);
}

static const char *deferred_text(struct app *app, const Card *card)
{
    return card->review_on == NULL ? ""
                                   : arena_printf(app->arena, _("deferred to %s"), date_text(app, card, "review_on"));
}

// What keeps it from going on: its deferral, somebody's approval, or criteria that nothing shows.
static const char *missing_text(struct app *app, const Card *card)
{
    if (card->review_on != NULL)
        return deferred_text(app, card);
    if (card->waiting_for != KAM__V1__APPROVER__APPROVER_UNSPECIFIED)
        return arena_printf(app->arena, _("waits: %s"), output_cell(app, &card->base, "waiting_for", false));
    return card->unmet_count == 0 ? _("ready") : arena_printf(app->arena, _("%d missing"), card->unmet_count);
}

static enum tone missing_tone(const Card *card)
{
    if (card->review_on == NULL && card->waiting_for != KAM__V1__APPROVER__APPROVER_UNSPECIFIED)
        return TONE_WARN;
    return card->review_on == NULL && card->unmet_count == 0 ? TONE_GOOD : TONE_DIM;
}

static enum tone days_tone(const Card *card)
{
    return card->is_stalled ? TONE_BAD : card->review_on != NULL ? TONE_DIM : TONE_PLAIN;
}

static const char *stage_title(struct app *app, const Board *board, size_t at)
{
    const Stage *stage = board->stages[at];
    return arena_printf(app->arena, "%zu %s", at + 1, app_clean(app, language_choose(stage->name_en, stage->name_zh)));
}

// How many of the cards stand in the stage; they come stage by stage.
static size_t cards_of_stage(const Board *board, const Stage *stage, size_t first)
{
    size_t count = 0;
    while (first + count < board->n_cards && strcmp(board->cards[first + count]->stage_key, stage->key) == 0)
        count++;
    return count;
}

static const char *more_text(struct app *app, const Stage *stage, size_t shown)
{
    size_t count = stage->count > 0 ? (size_t)stage->count : 0;
    return count > shown ? arena_printf(app->arena, _("+%d more"), (int)(count - shown)) : "";
}

// ---- Side by side

// A line of a stage's column: a text at its left and one at its right end.
struct line {
    const char *left, *right;
    enum tone left_tone, right_tone;
};

struct column {
    struct line *lines;
    size_t count, capacity;
};

static void add_line(struct app *app, struct column *column, struct line line)
{
    if (column->count == column->capacity) {
        column->capacity = column->capacity == 0 ? 64 : 2 * column->capacity;
        struct line *grown = arena_alloc(app->arena, column->capacity * sizeof *grown);
        if (column->count > 0)
            memcpy(grown, column->lines, column->count * sizeof *grown);
        column->lines = grown;
    }
    column->lines[column->count++] = line;
}

// Amounts are never cut: one that has no room beside the code stands below it.
static void add_card(struct app *app, struct column *column, const Card *card, size_t width, bool is_first)
{
    const char *code = app_clean(app, card->code), *amount = card_amount(app, card);
    enum tone amount_tone = is_unrated(card) ? TONE_WARN : TONE_PLAIN;
    bool fits = text_width(code) + 1 + text_width(amount) <= width;
    if (!is_first)
        add_line(app, column, (struct line){"", "", TONE_PLAIN, TONE_PLAIN});
    add_line(app, column, (struct line){code, fits ? amount : "", TONE_BOLD, amount_tone});
    if (!fits)
        add_line(app, column, (struct line){"", amount, TONE_PLAIN, amount_tone});
    add_line(app, column, (struct line){app_clean(app, card->account_name), "", TONE_PLAIN, TONE_PLAIN});
    add_line(app, column, (struct line){app_clean(app, card->name), "", TONE_DIM, TONE_PLAIN});
    const char *days = arena_printf(app->arena, _("%s d"), days_text(app, card));
    add_line(app, column, (struct line){app_clean(app, card->owner_name), days, TONE_PLAIN, days_tone(card)});
    add_line(app, column, (struct line){missing_text(app, card), "", missing_tone(card), TONE_PLAIN});
}

static const char *rule(struct app *app, size_t width)
{
    char *text = arena_alloc(app->arena, width + 1);
    memset(text, '-', width);
    text[width] = '\0';
    return text;
}

static void fill_column(struct app *app, struct column *column, const Board *board, size_t at, size_t first,
                        size_t shown, size_t width)
{
    const Stage *stage = board->stages[at];
    const char *count = arena_printf(app->arena, "%d", stage->count);
    add_line(app, column, (struct line){stage_title(app, board, at), count, TONE_BOLD, TONE_BOLD});
    add_line(app, column, (struct line){"", whole_amount(app, stage->amount, false), TONE_PLAIN, TONE_PLAIN});
    add_line(app, column,
             (struct line){_("weighted"), whole_amount(app, stage->weighted_amount, false), TONE_DIM, TONE_DIM});
    add_line(app, column, (struct line){rule(app, width), "", TONE_DIM, TONE_PLAIN});
    for (size_t card = first; card < first + shown; card++)
        add_card(app, column, board->cards[card], width, card == first);
    const char *more = more_text(app, stage, shown);
    if (*more != '\0')
        add_line(app, column, (struct line){more, "", TONE_DIM, TONE_PLAIN});
}

static void print_toned(struct app *app, const char *text, enum tone tone)
{
    const char *begin = tone == TONE_PLAIN || *text == '\0' ? "" : app_tone(app, tone);
    fprintf(app->out, "%s%s%s", begin, text, *begin == '\0' ? "" : app_plain(app));
}

// Nothing is padded after the last text of a line.
static void print_line(struct app *app, const struct line *line, size_t width, bool is_last)
{
    size_t right = text_width(line->right);
    size_t room = right == 0 ? width : width > right ? width - right - 1 : 0;
    const char *left = text_cut(app->arena, line->left, room);
    size_t used = text_width(left);
    print_toned(app, left, line->left_tone);
    if (right > 0 || !is_last)
        fprintf(app->out, "%*s", (int)(width > used + right ? width - used - right : 0), "");
    print_toned(app, line->right, line->right_tone);
}

static void print_columns(struct app *app, const Board *board, size_t width)
{
    struct column *columns = arena_alloc(app->arena, board->n_stages * sizeof *columns);
    memset(columns, 0, board->n_stages * sizeof *columns);
    size_t first = 0, height = 0;
    for (size_t at = 0; at < board->n_stages; at++) {
        size_t shown = cards_of_stage(board, board->stages[at], first);
        fill_column(app, &columns[at], board, at, first, shown, width);
        first += shown;
        height = columns[at].count > height ? columns[at].count : height;
    }
    for (size_t row = 0; row < height; row++) {
        size_t last = 0; // the last column that has this row
        for (size_t at = 0; at < board->n_stages; at++)
            if (row < columns[at].count &&
                (*columns[at].lines[row].left != '\0' || *columns[at].lines[row].right != '\0'))
                last = at;
        for (size_t at = 0; at <= last; at++) {
            static const struct line nothing = {"", "", TONE_PLAIN, TONE_PLAIN};
            const struct line *line = row < columns[at].count ? &columns[at].lines[row] : &nothing;
            print_line(app, line, width, at == last);
            if (at != last)
                fprintf(app->out, "%*s", STAGE_GAP, "");
        }
        fputc('\n', app->out);
    }
}

// ---- One below another

static void print_stage_head(struct app *app, const Board *board, size_t at)
{
    const Stage *stage = board->stages[at];
    output_heading(app, arena_printf(app->arena, "%s (%d)", stage_title(app, board, at), stage->count));
    if (stage->count == 0)
        return;
    fprintf(app->out, "  %s%s   %s: %s%s", app_dim(app), whole_amount(app, stage->amount, true), _("weighted"),
            whole_amount(app, stage->weighted_amount, true), app_plain(app));
    if (stage->stalled_count > 0)
        fprintf(app->out, "   %s%s: %d%s", app_tone(app, TONE_BAD), _("stalled"), stage->stalled_count, app_plain(app));
    fputc('\n', app->out);
}

// What is worth nothing when it is cut comes first, as a narrow terminal has no room for the last ones.
static void print_cards(struct app *app, const Board *board, const Stage *stage, size_t first, size_t shown,
                        size_t amount_width)
{
    enum { CODE, AMOUNT, DAYS, MISSING, ACCOUNT, NAME, OWNER, PURCHASE, CELLS };
    static const char *const fields[CELLS] = {"code",         "amount", "days_in_stage", "unmet_count",
                                              "account_name", "name",   "owner_name",    "purchase_on"};
    struct table table = {.arena = app->arena, .column_count = CELLS};
    for (size_t column = 0; column < CELLS; column++) {
        table.headings[column] = output_label(&kam__v1__board_card__descriptor, fields[column]);
        table.is_firm[column] = column < ACCOUNT || column > OWNER;
        table.is_right[column] = column == AMOUNT || column == DAYS;
    }
    table.headings[DAYS] = _("Days");
    table.headings[MISSING] = _("Next");
    for (size_t at = first; at < first + shown; at++) {
        const Card *card = board->cards[at];
        const char *amount = card_amount(app, card), *cells[CELLS], *begins[CELLS] = {NULL};
        for (size_t column = 0; column < CELLS; column++)
            cells[column] = app_clean(app, output_cell(app, &card->base, fields[column], false));
        // As wide in every stage.
        cells[AMOUNT] = arena_printf(app->arena, "%*s%s", (int)(amount_width - text_width(amount)), "", amount);
        cells[DAYS] = arena_printf(app->arena, "%7s", days_text(app, card));
        cells[MISSING] = missing_text(app, card);
        begins[AMOUNT] = is_unrated(card) ? app_tone(app, TONE_WARN) : NULL;
        begins[DAYS] = days_tone(card) == TONE_PLAIN ? NULL : app_tone(app, days_tone(card));
        begins[MISSING] = app_tone(app, missing_tone(card));
        table_add_toned_row(&table, cells, begins);
    }
    if (shown > 0)
        table_print(&table, app->out, app->width, app_dim(app), app_plain(app), "  ");
    const char *more = more_text(app, stage, shown);
    if (*more != '\0')
        fprintf(app->out, "  %s%s%s\n", app_dim(app), more, app_plain(app));
}

static void print_sections(struct app *app, const Board *board)
{
    size_t first = 0, amount_width = 0;
    for (size_t at = 0; at < board->n_cards; at++) {
        size_t width = text_width(card_amount(app, board->cards[at]));
        amount_width = width > amount_width ? width : amount_width;
    }
    for (size_t at = 0; at < board->n_stages; at++) {
        size_t shown = cards_of_stage(board, board->stages[at], first);
        print_stage_head(app, board, at);
        print_cards(app, board, board->stages[at], first, shown, amount_width);
        first += shown;
    }
}

// ---- The whole

static void print_head(struct app *app, const Board *board)
{
    bool has_both = *board->team_name != '\0' && *board->owner_name != '\0';
    fprintf(app->out, "%s%s%s%s%s   %s\n", app_bold(app), app_clean(app, board->team_name), has_both ? ", " : "",
            app_clean(app, board->owner_name), app_plain(app),
            app_clean(app, language_choose(board->pipeline_name_en, board->pipeline_name_zh)));
    fprintf(app->out, _("open: %d   %s   weighted: %s"), board->count, whole_amount(app, board->amount, true),
            whole_amount(app, board->weighted_amount, true));
    if (board->stalled_count > 0)
        fprintf(app->out, "   %s%s: %d%s", app_tone(app, TONE_BAD), _("stalled"), board->stalled_count, app_plain(app));
    fputc('\n', app->out);
}

// What the sums leave out, and what stands elsewhere.
static void print_foot(struct app *app, const Board *board)
{
    if (board->stalled_count > 0)
        fprintf(app->out, "\n%s%s%s\n", app_dim(app), _("!  longer in its stage than allowed"), app_plain(app));
    if (board->n_unrated > 0)
        output_heading(app, _("Not in the sums: no exchange rate"));
    for (size_t at = 0; at < board->n_unrated; at++) {
        const Kam__V1__Money *amount = board->unrated[at]->amount;
        if (amount != NULL)
            fprintf(app->out, "  %s (%d)   %skam rate set %s RATE%s\n", whole_amount(app, amount, true),
                    board->unrated[at]->count, app_dim(app), app_clean(app, amount->currency_code), app_plain(app));
    }
    if (board->without_amount_count > 0)
        fprintf(app->out, "\n%s: %d\n", _("Without an amount"), board->without_amount_count);
    const char *others = "";
    for (size_t at = 0; at < board->n_pipelines; at++)
        if (strcmp(board->pipelines[at]->key, board->pipeline_key) != 0)
            others = arena_printf(app->arena, "%s%s%s (%d)", others, *others == '\0' ? "" : ", ",
                                  app_clean(app, board->pipelines[at]->key), board->pipelines[at]->count);
    if (*others != '\0')
        fprintf(app->out, "\n%s: %s\n", _("Other pipelines"), others);
}

static void print_board(struct app *app, const Board *board)
{
    print_head(app, board);
    if (board->count == 0)
        fprintf(app->out, "\n%s\n", _("Nothing is open."));
    size_t stages = board->n_stages > 0 ? board->n_stages : 1;
    size_t width = app->width > (stages - 1) * STAGE_GAP ? (app->width - (stages - 1) * STAGE_GAP) / stages : 0;
    bool is_wide = app->width >= SIDE_BY_SIDE_WIDTH && width >= NARROWEST_STAGE;
    if (board->count > 0 && is_wide) {
        fputc('\n', app->out);
        print_columns(app, board, width < WIDEST_STAGE ? width : WIDEST_STAGE);
    } else if (board->count > 0) {
        print_sections(app, board);
    }
    print_foot(app, board);
}

// Programs and pipes get all cards, people on a terminal the first of each stage, unless they say otherwise.
static int64_t cards_per_stage(const struct app *app, bool is_for_programs)
{
    if (app->settings.limit > 0)
        return app->settings.limit < MOST_CARDS ? app->settings.limit : MOST_CARDS;
    return app->settings.all || is_for_programs || !app->is_terminal ? MOST_CARDS : DEFAULT_CARDS;
}

static enum exit_code show_board(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *response;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure == EXIT_OK)
        failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    bool is_table = app->settings.csv || app->settings.columns != NULL;
    message_set_integer(request, "cards_per_stage", cards_per_stage(app, app->settings.json || is_table));
    enum kam_code code = app_try_call(app, GET_BOARD, request, &response);
    if (code == KAM_NOT_FOUND)
        return app_refuse(app, EXIT_NOT_FOUND,
                          _("no such pipeline, or not your board: you see your own, and as a manager "
                            "those of the teams and people below you"));
    if (code != KAM_OK)
        return app_print_error(app);
    const Board *board = (const Board *)response;
    if (app->settings.json)
        return output_record(app, response);
    if (is_table)
        return output_rows(app, &kam__v1__board_card__descriptor, (const ProtobufCMessage *const *)board->cards,
                           board->n_cards, "cards", invocation->command->columns);
    print_board(app, board);
    return EXIT_OK;
}

const struct command board_commands[] = {
    {
        .name = "board",
        .summary = N_("What stands open, stage by stage, with what it is worth"),
        .method = GET_BOARD,
        .arguments = {{.name = N_("PIPELINE"), .field = "pipeline_key", .is_optional = true}},
        .hidden = "cards_per_stage",
        .columns = "stage_key code name account_name owner_name amount reporting_amount probability purchase_on "
                   "days_in_stage allowed_days is_stalled unmet_count waiting_for review_on key_person_name",
        .run = show_board,
        .examples = {"kam board", "kam board channel --order amount", "kam board --team North --all",
                     "kam board --owner wangli --csv"},
    },
};
const size_t board_command_count = sizeof board_commands / sizeof board_commands[0];
