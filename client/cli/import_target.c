// SPDX-License-Identifier: Apache-2.0
// Which column is which field.
#include <stdlib.h>
#include <string.h>

#include "import.h"
#include "text.h"

const char *import_fold_heading(struct arena *arena, const char *text)
{
    char *folded = arena_strdup(arena, text_fold(arena, text)), *out = folded;
    for (const char *at = folded; *at != '\0'; at++)
        if (strchr(" _-*:\t\r\n", *at) == NULL)
            *out++ = *at;
    *out = '\0';
    return folded;
}

bool import_find_target(const struct import *import, const char *name, struct import_target *target_r)
{
    for (size_t at = 0; import->own != NULL && import->own[at] != NULL; at++)
        if (strcmp(import->own[at], name) == 0) {
            *target_r = (struct import_target){import->own[at], NULL, 1};
            return true;
        }
    char *dashed = arena_strdup(import->app->arena, name);
    for (char *at = dashed; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    for (size_t at = 0; at < import->option_count; at++)
        if (strcmp(import->options[at].name, dashed) == 0) {
            *target_r = (struct import_target){import->options[at].name, &import->options[at], 1};
            return true;
        }
    return false;
}

static void add_name(struct import *import, const char *heading, const char *target)
{
    import->names[import->name_count++] =
        (struct import_synonym){import_fold_heading(import->app->arena, heading), target};
}

void import_gather_names(struct import *import)
{
    size_t count = 0;
    while (import->synonyms[count].header != NULL)
        count++;
    for (size_t at = 0; import->own != NULL && import->own[at] != NULL; at++)
        count++;
    count += 4 * import->option_count;
    import->names = arena_alloc(import->app->arena, (count + 1) * sizeof *import->names);
    struct import_target target;
    for (size_t at = 0; import->synonyms[at].header != NULL; at++)
        if (import_find_target(import, import->synonyms[at].target, &target))
            add_name(import, import->synonyms[at].header, target.name);
    for (size_t at = 0; import->own != NULL && import->own[at] != NULL; at++)
        add_name(import, import->own[at], import->own[at]);
    for (size_t at = 0; at < import->option_count; at++) {
        const struct option *option = &import->options[at];
        add_name(import, option->name, option->name);
        add_name(import, option->path[option->depth - 1]->name, option->name);
        add_name(import, option->contract->label_en, option->name);
        add_name(import, language_label("field", option->contract->label_en), option->name);
    }
}

static bool guess(const struct import *import, const char *wanted, struct import_target *target)
{
    for (size_t at = 0; at < import->name_count; at++)
        if (strcmp(import->names[at].header, wanted) == 0)
            return import_find_target(import, import->names[at].target, target);
    return false;
}

// A heading of two rows, "Contact/phone", is looked up whole, then by its last part. A unit in brackets is no part of
// it.
void import_guess_target(const struct import *import, const char *heading, struct import_target *target_r)
{
    struct arena *arena = import->app->arena;
    *target_r = (struct import_target){NULL, NULL, 1};
    const char *folded = import_fold_heading(arena, heading);
    if (*folded == '\0' || guess(import, folded, target_r))
        return;
    const char *last = strrchr(folded, '/');
    if (last != NULL && guess(import, last + 1, target_r))
        return;
    last = last == NULL ? folded : last + 1;
    size_t length = strcspn(last, "(");
    static const struct {
        const char *word;
        int64_t factor;
    } units[] = {{"(万元)", 10000}, {"(亿元)", 100000000}, {"(千元)", 1000}, {"(百万元)", 1000000}, {"(元)", 1}};
    if (last[length] == '\0' || !guess(import, arena_copy(arena, last, length), target_r))
        return;
    for (size_t at = 0; at < sizeof units / sizeof units[0]; at++)
        if (strcmp(last + length, units[at].word) == 0)
            target_r->factor = units[at].factor;
}

static size_t find_column(const struct import *import, const char *heading)
{
    struct arena *arena = import->app->arena;
    const char *wanted = import_fold_heading(arena, heading);
    for (size_t at = 0; at < import->table.header.count; at++)
        if (strcmp(import_fold_heading(arena, csv_cell(&import->table.header, at)), wanted) == 0)
            return at;
    return SIZE_MAX;
}

static enum exit_code refuse_field(struct import *import, const char *what, const char *name)
{
    struct app *app = import->app;
    const char *all = "";
    for (size_t at = 0; import->own != NULL && import->own[at] != NULL; at++)
        all = arena_printf(app->arena, "%s%s ", all, import->own[at]);
    for (size_t at = 0; at < import->option_count; at++)
        all = arena_printf(app->arena, "%s%s ", all, import->options[at].name);
    app_refuse(app, EXIT_USAGE, _("%s: there is no field '%s'"), what, name);
    app_hint(app, _("Fields: %s"), all);
    return EXIT_USAGE;
}

static bool parse_factor(const char *text, int64_t *factor_r)
{
    char *end;
    *factor_r = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *factor_r >= 1 && *factor_r <= 1000000000;
}

// --map "Column=field*1000"
static enum exit_code apply_map(struct import *import, const char *map)
{
    struct app *app = import->app;
    const char *equals = strrchr(map, '='), *what = arena_printf(app->arena, "--map %s", map);
    if (equals == NULL)
        return app_refuse(app, EXIT_USAGE, _("--map %s: write COLUMN=FIELD"), map);
    const char *heading = arena_printf(app->arena, "%.*s", (int)(equals - map), map);
    size_t column = find_column(import, heading);
    if (column == SIZE_MAX)
        return app_refuse(app, EXIT_USAGE, _("%s: the file has no column '%s'"), what, heading);
    char *name = arena_strdup(app->arena, equals + 1), *star = strchr(name, '*');
    int64_t factor = 1;
    if (star != NULL && !parse_factor(star + 1, &factor))
        return app_refuse(app, EXIT_USAGE, _("%s: the factor must be a whole number"), what);
    if (star != NULL)
        *star = '\0';
    import->targets[column] = (struct import_target){NULL, NULL, 1};
    if (*name != '\0' && !import_find_target(import, name, &import->targets[column]))
        return refuse_field(import, what, name);
    import->targets[column].factor = factor;
    return EXIT_OK;
}

static enum exit_code apply_mapping(struct import *import)
{
    const struct import_mapping *mapping = &import->mapping;
    const char *path = invocation_flag(import->invocation, "mapping");
    struct import_target target;
    for (size_t at = 0; at < mapping->column_count; at++) {
        const struct import_word *line = &mapping->columns[at];
        size_t column = find_column(import, line->value);
        if (!import_find_target(import, line->field, &target))
            return refuse_field(import, path, line->field);
        if (column == SIZE_MAX)
            return app_refuse(import->app, EXIT_USAGE, _("%s: the file has no column '%s'"), path, line->value);
        import->targets[column] = target;
    }
    for (size_t at = 0; at < mapping->factor_count; at++)
        for (size_t column = 0; column < import->table.header.count; column++) {
            struct import_target *known = &import->targets[column];
            if (known->name != NULL && strcmp(known->name, mapping->factors[at].field) == 0 &&
                !parse_factor(mapping->factors[at].value, &known->factor))
                return app_refuse(import->app, EXIT_USAGE, _("%s: the factor must be a whole number"), path);
        }
    for (size_t at = 0; at < mapping->default_count; at++)
        if (!import_find_target(import, mapping->defaults[at].field, &target))
            return refuse_field(import, path, mapping->defaults[at].field);
    return EXIT_OK;
}

static bool takes_several(const struct import_target *target)
{
    return target->option != NULL &&
           target->option->path[target->option->depth - 1]->label == PROTOBUF_C_LABEL_REPEATED;
}

enum exit_code import_map_columns(struct import *import)
{
    struct app *app = import->app;
    for (size_t at = 0; at < import->table.header.count; at++) {
        import->targets[at] = (struct import_target){NULL, NULL, 1};
        if (import->mapping.has_columns)
            continue;
        import_guess_target(import, csv_cell(&import->table.header, at), &import->targets[at]);
        for (size_t before = 0; before < at && import->targets[at].name != NULL; before++)
            if (import->targets[before].name == import->targets[at].name && !takes_several(&import->targets[at]))
                import->targets[at] = (struct import_target){NULL, NULL, 1}; // the first of two that mean the same
    }
    enum exit_code failure = apply_mapping(import);
    for (size_t at = 0; at < import->invocation->given_count && failure == EXIT_OK; at++) {
        const struct given *given = &import->invocation->given[at];
        if (given->flag != NULL && strcmp(given->flag->name, "map") == 0)
            failure = apply_map(import, given->value);
    }
    for (size_t at = 0; at < import->table.header.count && failure == EXIT_OK; at++)
        if (import->targets[at].name == NULL && *csv_cell(&import->table.header, at) != '\0' && !app->settings.json &&
            !import->mapping.has_columns)
            fprintf(stderr, _("kam: column '%s' is not imported; --map \"%s=FIELD\" would\n"),
                    app_clean(app, csv_cell(&import->table.header, at)),
                    app_clean(app, csv_cell(&import->table.header, at)));
    return failure;
}

size_t import_column(const struct import *import, const char *target)
{
    for (size_t at = 0; at < import->table.header.count; at++)
        if (import->targets[at].name != NULL && strcmp(import->targets[at].name, target) == 0)
            return at;
    return SIZE_MAX;
}
