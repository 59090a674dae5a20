// SPDX-License-Identifier: Apache-2.0
#include "map_draw.h"

#include <string.h>

#include "message.h"
#include "output.h"
#include "table.h"
#include "text.h"
#include "value.h"

// Deeper levels are not moved in any further: the names need the room.
enum { DEEPEST_INDENT = 6, BAR_CELLS = 5, SECONDS_A_DAY = 86400, MOST_NAMES = 6, COLUMNS = 6 };

struct tree {
    struct app *app;
    const Kam__V1__PowerMap *map;
    size_t *parents; // of each person; count: nobody on the map
    size_t *child_counts;
    bool *is_drawn;
    struct table table;
};

static bool has_role(const Kam__V1__MapPerson *person, Kam__V1__BuyingRole role)
{
    for (size_t at = 0; at < person->n_buying_roles; at++)
        if (person->buying_roles[at] == role)
            return true;
    return false;
}

static bool is_decider(const Kam__V1__MapPerson *person)
{
    return has_role(person, KAM__V1__BUYING_ROLE__BUYING_ROLE_DECIDER);
}

static bool has_influence(const Kam__V1__MapPerson *person)
{
    return person->optional_influence_case == KAM__V1__MAP_PERSON__OPTIONAL_INFLUENCE_INFLUENCE;
}

static long days_since_touch(const struct app *app, const Kam__V1__MapPerson *person)
{
    return ((long)app->now - (long)person->last_touch_time->seconds) / SECONDS_A_DAY;
}

static bool is_untouched(const struct app *app, const Kam__V1__MapPerson *person)
{
    (void)app;
    return person->is_untouched;
}

// ---- cells

static const char *stance_mark(Kam__V1__Stance stance)
{
    switch (stance) {
    case KAM__V1__STANCE__STANCE_ALLY:
        return "+";
    case KAM__V1__STANCE__STANCE_NEUTRAL:
        return "=";
    case KAM__V1__STANCE__STANCE_OPPONENT:
        return "-";
    default:
        return "?";
    }
}

static enum tone stance_tone(Kam__V1__Stance stance)
{
    switch (stance) {
    case KAM__V1__STANCE__STANCE_ALLY:
        return TONE_GOOD;
    case KAM__V1__STANCE__STANCE_NEUTRAL:
        return TONE_PLAIN;
    case KAM__V1__STANCE__STANCE_OPPONENT:
        return TONE_BAD;
    default:
        return TONE_DIM;
    }
}

// One letter, in Chinese one character, for each role.
static const char *role_letter(Kam__V1__BuyingRole role)
{
    static const char *const letters[] = {
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_INITIATOR] = NC_("buying role", "I"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_GATEKEEPER] = NC_("buying role", "G"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_INFLUENCER] = NC_("buying role", "N"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_DECIDER] = NC_("buying role", "D"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_PURCHASER] = NC_("buying role", "P"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_TECHNICAL_EXPERT] = NC_("buying role", "T"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_FINANCE] = NC_("buying role", "F"),
        [KAM__V1__BUYING_ROLE__BUYING_ROLE_USER] = NC_("buying role", "U"),
    };
    bool is_known = (size_t)role < sizeof letters / sizeof letters[0] && letters[role] != NULL;
    return is_known ? language_label("buying role", letters[role]) : "?";
}

static const char *role_letters(struct app *app, const Kam__V1__MapPerson *person)
{
    const char *text = "";
    for (size_t at = 0; at < person->n_buying_roles; at++)
        text = arena_printf(app->arena, "%s%s", text, role_letter(person->buying_roles[at]));
    return text;
}

// So many of the cells are full.
static const char *bar(struct app *app, int full, const char *on, const char *off)
{
    const char *text = "";
    for (int at = 0; at < BAR_CELLS; at++)
        text = arena_printf(app->arena, "%s%s", text, at < full ? on : off);
    return text;
}

static int cells_of(int percent)
{
    return percent <= 0 ? 0 : percent >= 100 ? BAR_CELLS : (percent * BAR_CELLS + 50) / 100;
}

static const char *influence_cell(struct app *app, const Kam__V1__MapPerson *person)
{
    if (!has_influence(person))
        return "";
    return arena_printf(app->arena, "%s %3d", bar(app, cells_of(person->influence), "■", "□"), person->influence);
}

static const char *touch_cell(struct app *app, const Kam__V1__MapPerson *person)
{
    if (person->last_touch_time == NULL)
        return _("never");
    long days = days_since_touch(app, person);
    return days <= 0 ? _("today") : arena_printf(app->arena, _("%ld days"), days);
}

static const char *person_cell(struct app *app, const Kam__V1__MapPerson *person, const char *indent)
{
    const char *title = app_clean(app, person->title);
    return arena_printf(app->arena, "%s %s%s%s%s%s%s", stance_mark(person->stance), indent,
                        app_clean(app, person->name), person->is_insider ? "*" : "", person->is_in_committee ? "#" : "",
                        *title == '\0' ? "" : "  ", title);
}

static void add_person(struct tree *tree, const Kam__V1__MapPerson *person, const char *indent)
{
    struct app *app = tree->app;
    const char *cells[COLUMNS] = {
        person_cell(app, person, indent), role_letters(app, person),
        influence_cell(app, person),      person->relationship == 0 ? "" : bar(app, person->relationship, "●", "○"),
        touch_cell(app, person),          app_clean(app, person->counterpart_name),
    };
    const char *begins[COLUMNS] = {
        arena_printf(app->arena, "%s%s", is_decider(person) ? app_bold(app) : "",
                     stance_tone(person->stance) == TONE_PLAIN ? "" : app_tone(app, stance_tone(person->stance))),
        is_decider(person) ? app_bold(app) : NULL,
        NULL,
        NULL,
        person->last_touch_time == NULL ? app_tone(app, TONE_BAD)
        : person->is_untouched          ? app_tone(app, TONE_WARN)
                                        : NULL,
        NULL,
    };
    table_add_toned_row(&tree->table, cells, begins);
}

// ---- the tree

static void draw_branch(struct tree *tree, size_t person, const char *indent, const char *below, size_t depth)
{
    if (tree->is_drawn[person]) // a loop, which the server does not allow
        return;
    tree->is_drawn[person] = true;
    add_person(tree, tree->map->people[person], indent);
    size_t left = tree->child_counts[person];
    for (size_t child = 0; child < tree->map->n_people && left > 0; child++) {
        if (tree->parents[child] != person)
            continue;
        left--;
        const char *step = left > 0 ? "├─ " : "└─ ", *rest = left > 0 ? "│  " : "   ";
        bool is_moved_in = depth < DEEPEST_INDENT;
        draw_branch(tree, child, is_moved_in ? arena_printf(tree->app->arena, "%s%s", below, step) : indent,
                    is_moved_in ? arena_printf(tree->app->arena, "%s%s", below, rest) : below, depth + 1);
    }
}

static size_t find_person(const Kam__V1__PowerMap *map, const char *id)
{
    size_t at = 0;
    while (at < map->n_people && (*id == '\0' || strcmp(map->people[at]->contact_id, id) != 0))
        at++;
    return at;
}

static void draw_tree(struct app *app, const Kam__V1__PowerMap *map)
{
    size_t count = map->n_people;
    struct tree tree = {
        .app = app,
        .map = map,
        .parents = arena_alloc(app->arena, count * sizeof(size_t)),
        .child_counts = arena_alloc(app->arena, count * sizeof(size_t)),
        .is_drawn = arena_alloc(app->arena, count * sizeof(bool)),
        .table = {.arena = app->arena,
                  .column_count = COLUMNS,
                  .headings = {_("Person"), _("Roles"), _("Influence"), _("Relation"), _("Last touch"), _("Ours")},
                  .is_firm = {false, true, true, true, true, false}},
    };
    memset(tree.child_counts, 0, count * sizeof(size_t));
    memset(tree.is_drawn, 0, count * sizeof(bool));
    for (size_t at = 0; at < count; at++) {
        tree.parents[at] = find_person(map, map->people[at]->reports_to_id);
        if (tree.parents[at] < count)
            tree.child_counts[tree.parents[at]]++;
    }
    // Those with people below them, then those of whom nobody knows where they stand.
    for (int pass = 0; pass < 3; pass++)
        for (size_t at = 0; at < count; at++)
            if (pass == 2 || (tree.parents[at] == count && (tree.child_counts[at] > 0) == (pass == 0)))
                draw_branch(&tree, at, "", "", 0);
    fputc('\n', app->out);
    table_print(&tree.table, app->out, app->width, app_dim(app), app_plain(app), "");
}

// ---- above and below it

// The names of those for whom it is true.
static const char *names_of(struct app *app, const Kam__V1__PowerMap *map,
                            bool (*is_meant)(const struct app *app, const Kam__V1__MapPerson *person))
{
    const char *text = "";
    size_t found = 0;
    for (size_t at = 0; at < map->n_people; at++) {
        if (!is_meant(app, map->people[at]))
            continue;
        if (found++ < MOST_NAMES)
            text = arena_printf(app->arena, "%s%s%s", text, *text == '\0' ? "" : ", ", map->people[at]->name);
    }
    return found <= MOST_NAMES ? text : arena_printf(app->arena, _("%s and %zu more"), text, found - MOST_NAMES);
}

static bool decides(const struct app *app, const Kam__V1__MapPerson *person)
{
    (void)app;
    return is_decider(person);
}

static bool is_for_us(const struct app *app, const Kam__V1__MapPerson *person)
{
    (void)app;
    return person->stance == KAM__V1__STANCE__STANCE_ALLY;
}

static bool is_against_us(const struct app *app, const Kam__V1__MapPerson *person)
{
    (void)app;
    return person->stance == KAM__V1__STANCE__STANCE_OPPONENT;
}

static void print_names(struct app *app, const Kam__V1__PowerMap *map, const char *label,
                        bool (*is_meant)(const struct app *app, const Kam__V1__MapPerson *person))
{
    const char *names = names_of(app, map, is_meant);
    if (*names != '\0')
        output_line(app, label, names);
}

const char *map_warning_text(struct app *app, const Kam__V1__MapWarning *warning)
{
    const char *name = app_clean(app, warning->contact_name);
    bool has_days = warning->optional_days_case == KAM__V1__MAP_WARNING__OPTIONAL_DAYS_DAYS;
    switch (warning->kind) {
    case KAM__V1__ACCOUNT_WARNING__ACCOUNT_WARNING_DECIDER_UNTOUCHED:
        return has_days ? arena_printf(app->arena, _("%s decides, and nothing was done with them for %d days."), name,
                                       warning->days)
                        : arena_printf(app->arena, _("%s decides, and nothing was ever done with them."), name);
    case KAM__V1__ACCOUNT_WARNING__ACCOUNT_WARNING_SINGLE_THREAD:
        return arena_printf(app->arena, _("All of the last half year went through %s alone."), name);
    case KAM__V1__ACCOUNT_WARNING__ACCOUNT_WARNING_OPPONENT_ABOVE_INSIDER:
        return *warning->insider_name == '\0'
                   ? arena_printf(app->arena, _("%s is against us and has more influence than any insider of ours."),
                                  name)
                   : arena_printf(app->arena, _("%s is against us, and our insider %s reports to them."), name,
                                  app_clean(app, warning->insider_name));
    case KAM__V1__ACCOUNT_WARNING__ACCOUNT_WARNING_INSIDER_LEFT:
        return arena_printf(app->arena, _("%s, our insider, left %d days ago."), name, warning->days);
    case KAM__V1__ACCOUNT_WARNING__ACCOUNT_WARNING_NO_CONTACT:
        return _("Nobody there is known.");
    case KAM__V1__ACCOUNT_WARNING__ACCOUNT_WARNING_NO_DECIDER:
        return _("Nobody there is known to decide.");
    default:
        return value_format(app->arena, &warning->base, message_find_field(warning->base.descriptor, "kind"), 0);
    }
}

static void print_head(struct app *app, const Kam__V1__PowerMap *map)
{
    fprintf(app->out, "%s%s %s%s", app_bold(app), app_clean(app, map->account_code), app_clean(app, map->account_name),
            app_plain(app));
    if (*map->opportunity_name != '\0')
        fprintf(app->out, "  %s", app_clean(app, map->opportunity_name));
    fputc('\n', app->out);
    print_names(app, map, _("Decides"), decides);
    print_names(app, map, _("For us"), is_for_us);
    print_names(app, map, _("Against us"), is_against_us);
    print_names(app, map, _("Nobody talks to"), is_untouched);
    if (map->n_people > 0)
        output_line(app, _("Coverage"),
                    arena_printf(app->arena, _("%s %d%% of the influence is with people who accept us or better"),
                                 bar(app, cells_of(map->coverage_percent), "■", "□"), map->coverage_percent));
    for (size_t at = 0; at < map->n_warnings; at++)
        fprintf(app->out, "%s! %s%s\n", app_tone(app, TONE_WARN), map_warning_text(app, map->warnings[at]),
                app_plain(app));
}

static void print_ties(struct app *app, const Kam__V1__PowerMap *map)
{
    if (map->n_ties == 0)
        return;
    output_heading(app, _("Ties"));
    for (size_t at = 0; at < map->n_ties; at++) {
        const Kam__V1__MapTie *tie = map->ties[at];
        const char *from = app_clean(app, tie->from_name), *to = app_clean(app, tie->to_name);
        if (tie->kind == KAM__V1__TIE_KIND__TIE_KIND_INFLUENCE)
            fprintf(app->out, _("  %s influences %s\n"), from, to);
        else if (tie->kind == KAM__V1__TIE_KIND__TIE_KIND_KINSHIP)
            fprintf(app->out, _("  %s and %s are relatives\n"), from, to);
        else
            fprintf(app->out, _("  %s and %s are friends\n"), from, to);
    }
}

static void print_legend_line(struct app *app, const char *text)
{
    for (size_t used; *text != '\0'; text += used) {
        used = app->width == 0 ? strlen(text) : text_fit_line(text, app->width);
        fprintf(app->out, "%s%.*s%s\n", app_dim(app), (int)used, text, app_plain(app));
    }
}

static void print_legend(struct app *app, const Kam__V1__PowerMap *map)
{
    const ProtobufCEnumDescriptor *roles = &kam__v1__buying_role__descriptor;
    const char *text = "", *levels = "";
    for (unsigned at = 0; at < roles->n_values; at++) {
        Kam__V1__BuyingRole role = (Kam__V1__BuyingRole)roles->values[at].value;
        bool is_there = false;
        for (size_t person = 0; person < map->n_people; person++)
            is_there = is_there || has_role(map->people[person], role);
        if (is_there)
            text = arena_printf(app->arena, "%s  %s %s", text, role_letter(role),
                                value_enum_label(app->arena, roles, &roles->values[at]));
    }
    fputc('\n', app->out);
    print_legend_line(app,
                      *map->opportunity_id == '\0'
                          ? _("+ for us  - against us  = neutral  ? not known  * our insider")
                          : _("+ for us  - against us  = neutral  ? not known  * our insider  # in the committee"));
    for (int level = 1; level <= BAR_CELLS; level++)
        levels = arena_printf(app->arena, "%s  %s %s", levels, bar(app, level, "●", "○"),
                              value_format_relationship(app->arena, level));
    print_legend_line(app, levels + strspn(levels, " "));
    if (*text != '\0')
        print_legend_line(app, text + strspn(text, " "));
}

void map_draw(struct app *app, const Kam__V1__PowerMap *map)
{
    print_head(app, map);
    if (map->n_people == 0)
        return;
    draw_tree(app, map);
    if (map->n_people < (size_t)map->person_count)
        fprintf(app->out, _("(the first %zu of %d)\n"), map->n_people, map->person_count);
    print_ties(app, map);
    print_legend(app, map);
}
