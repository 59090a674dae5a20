// SPDX-License-Identifier: Apache-2.0
// The file of an import, and which of its columns is what.
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "import.h"
#include "kam/v1/team.pb-c.h"
#include "message.h"
#include "text.h"
#include "value.h"

#define COMMON_FLAGS                                                                                                   \
    {"map", N_("COLUMN=FIELD"),                                                                                        \
     N_("Import this column as this field (an option of the add command); FIELD*1000 multiplies amounts; "             \
        "an empty FIELD leaves the column out."),                                                                      \
     true},                                                                                                            \
        {"encoding", N_("NAME"), N_("Encoding of the file, for example GBK; UTF-8 by default."), false},               \
        {"dry-run", NULL, N_("Say for every row what would happen, and change nothing."), false},                      \
    {                                                                                                                  \
        "report", N_("FILE"), N_("Write the outcome of every row to this CSV file."), false                            \
    }

const struct flag import_account_flags[] = {
    COMMON_FLAGS,
    {"currency", N_("CODE"), N_("Currency of amounts that name none, for example CNY."), false},
    {"owner", N_("USER"), N_("Owner of the accounts whose row names none."), false},
    {NULL, NULL, NULL, false},
};

const struct flag import_user_flags[] = {
    COMMON_FLAGS,
    {"under", N_("TEAM"), N_("Where new teams go; below the root team by default."), false},
    {"password-stdin", NULL,
     N_("Give all new users the password on the first line of standard input; otherwise each gets one of their own, in "
        "the report."),
     false},
    {NULL, NULL, NULL, false},
};

static enum exit_code read_file(struct import *import, const char *path, char **bytes_r, size_t *length_r)
{
    struct app *app = import->app;
    struct stat status;
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &status) != 0 || S_ISDIR(status.st_mode)) {
        int reason = file == NULL ? errno : EISDIR;
        if (file != NULL)
            fclose(file);
        return app_refuse(app, EXIT_USAGE, "%s: %s", path, strerror(reason));
    }
    char *bytes = malloc(CSV_MOST_BYTES + 1);
    if (bytes == NULL)
        abort();
    *length_r = fread(bytes, 1, CSV_MOST_BYTES + 1, file);
    bool is_read = ferror(file) == 0;
    fclose(file);
    *bytes_r = bytes;
    if (is_read)
        return EXIT_OK;
    free(bytes);
    return app_refuse(app, EXIT_REFUSED, _("%s cannot be read"), path);
}

// "Year_Established" and "year established" are one header.
static const char *fold_header(struct arena *arena, const char *text)
{
    char *folded = arena_strdup(arena, text_fold(arena, text)), *out = folded;
    for (const char *at = folded; *at != '\0'; at++)
        if (strchr(" _-", *at) == NULL)
            *out++ = *at;
    *out = '\0';
    return folded;
}

// Names a column's target: an option by its name or its field's, or one of the import's own.
static bool find_target(const struct import *import, const char *name, const char *const *own,
                        struct import_target *target_r)
{
    for (size_t at = 0; own[at] != NULL; at++)
        if (strcmp(own[at], name) == 0) {
            *target_r = (struct import_target){own[at], NULL, 1};
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

// By the synonyms, the options' names and their labels in English and the user's language.
static void guess_target(const struct import *import, const char *header, const struct import_synonym *synonyms,
                         const char *const *own, struct import_target *target)
{
    struct arena *arena = import->app->arena;
    const char *wanted = fold_header(arena, header);
    for (size_t at = 0; synonyms[at].header != NULL; at++)
        if (strcmp(synonyms[at].header, wanted) == 0 && find_target(import, synonyms[at].target, own, target))
            return;
    for (size_t at = 0; own[at] != NULL; at++)
        if (strcmp(fold_header(arena, own[at]), wanted) == 0 && find_target(import, own[at], own, target))
            return;
    for (size_t at = 0; at < import->option_count; at++) {
        const struct option *option = &import->options[at];
        const char *names[] = {option->name, option->path[option->depth - 1]->name, option->contract->label_en,
                               language_label("field", option->contract->label_en)};
        for (size_t name = 0; name < sizeof names / sizeof names[0]; name++)
            if (strcmp(fold_header(arena, names[name]), wanted) == 0 && find_target(import, option->name, own, target))
                return;
    }
}

// --map "Column=field*1000"
static enum exit_code apply_map(struct import *import, const char *map, const char *const *own)
{
    struct app *app = import->app;
    const char *equals = strrchr(map, '=');
    if (equals == NULL)
        return app_refuse(app, EXIT_USAGE, _("--map %s: write COLUMN=FIELD"), map);
    const char *header = arena_printf(app->arena, "%.*s", (int)(equals - map), map);
    size_t column = SIZE_MAX;
    for (size_t at = 0; at < import->table.header.count; at++)
        if (strcmp(fold_header(app->arena, csv_cell(&import->table.header, at)), fold_header(app->arena, header)) == 0)
            column = at;
    if (column == SIZE_MAX)
        return app_refuse(app, EXIT_USAGE, _("--map %s: the file has no column '%s'"), map, header);
    char *name = arena_strdup(app->arena, equals + 1), *star = strchr(name, '*'), *end = NULL;
    int64_t factor = star == NULL ? 1 : strtoll(star + 1, &end, 10);
    if (star != NULL && (factor < 1 || factor > 1000000000 || *end != '\0' || end == star + 1))
        return app_refuse(app, EXIT_USAGE, _("--map %s: the factor must be a whole number"), map);
    if (star != NULL)
        *star = '\0';
    import->targets[column] = (struct import_target){NULL, NULL, 1};
    if (*name != '\0' && !find_target(import, name, own, &import->targets[column])) {
        const char *all = "";
        for (size_t at = 0; own[at] != NULL; at++)
            all = arena_printf(app->arena, "%s%s ", all, own[at]);
        for (size_t at = 0; at < import->option_count; at++)
            all = arena_printf(app->arena, "%s%s ", all, import->options[at].name);
        app_refuse(app, EXIT_USAGE, _("--map %s: there is no field '%s'"), map, name);
        app_hint(app, _("Fields: %s"), all);
        return EXIT_USAGE;
    }
    import->targets[column].factor = factor;
    return EXIT_OK;
}

static enum exit_code map_columns(struct import *import, const struct import_synonym *synonyms, const char *const *own)
{
    struct app *app = import->app;
    for (size_t at = 0; at < import->table.header.count; at++) {
        import->targets[at] = (struct import_target){NULL, NULL, 1};
        guess_target(import, csv_cell(&import->table.header, at), synonyms, own, &import->targets[at]);
        for (size_t before = 0; before < at && import->targets[at].name != NULL; before++)
            if (import->targets[before].name == import->targets[at].name)
                import->targets[at].name = NULL; // the first of two that mean the same
    }
    for (size_t at = 0; at < import->invocation->given_count; at++) {
        const struct given *given = &import->invocation->given[at];
        enum exit_code failure = given->flag != NULL && strcmp(given->flag->name, "map") == 0
                                     ? apply_map(import, given->value, own)
                                     : EXIT_OK;
        if (failure != EXIT_OK)
            return failure;
    }
    for (size_t at = 0; at < import->table.header.count; at++)
        if (import->targets[at].name == NULL && *csv_cell(&import->table.header, at) != '\0' && !app->settings.json)
            fprintf(stderr, _("kam: column '%s' is not imported; --map \"%s=FIELD\" would\n"),
                    app_clean(app, csv_cell(&import->table.header, at)),
                    app_clean(app, csv_cell(&import->table.header, at)));
    return EXIT_OK;
}

enum exit_code import_open(struct import *import, const struct import_synonym *synonyms, const char *const *own)
{
    struct app *app = import->app;
    const char *words[] = {import->kind, "add"};
    size_t used;
    size_t length = 0;
    char *bytes = NULL;
    if (import->invocation->word_count == 0)
        return app_refuse(app, EXIT_USAGE, _("%s is missing"), _("FILE"));
    options_of_command(app->arena, command_find(words, 2, &used), &import->options, &import->option_count);
    enum exit_code failure = read_file(import, import->invocation->words[0], &bytes, &length);
    if (failure != EXIT_OK)
        return failure;
    const char *wrong =
        csv_read(app->arena, bytes, length, invocation_flag(import->invocation, "encoding"), &import->table);
    free(bytes);
    if (wrong != NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", import->invocation->words[0], wrong);
    failure = map_columns(import, synonyms, own);
    if (failure != EXIT_OK)
        return failure;
    import->is_dry = invocation_flag(import->invocation, "dry-run") != NULL;
    import->row_count = import->table.row_count;
    import->rows = arena_alloc(app->arena, (import->row_count + 1) * sizeof *import->rows);
    for (size_t at = 0; at < import->row_count; at++) {
        struct import_row *row = &import->rows[at];
        *row = (struct import_row){.source = &import->table.rows[at],
                                   .line = import->table.rows[at].line,
                                   .key = "",
                                   .handle = "",
                                   .detail = "",
                                   .secret = ""};
        for (size_t extra = import->table.header.count; extra < row->source->count; extra++)
            if (*row->source->cells[extra] != '\0')
                import_fail(import, row, _("has %zu cells where the header has %zu"), row->source->count,
                            import->table.header.count);
    }
    return EXIT_OK;
}

size_t import_column(const struct import *import, const char *target)
{
    for (size_t at = 0; at < import->table.header.count; at++)
        if (import->targets[at].name != NULL && strcmp(import->targets[at].name, target) == 0)
            return at;
    return SIZE_MAX;
}

const char *import_cell(const struct import *import, const struct import_row *row, const char *target)
{
    size_t column = import_column(import, target);
    return column == SIZE_MAX || row->source == NULL ? "" : csv_cell(row->source, column);
}

void import_fail(struct import *import, struct import_row *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    row->detail = arena_vprintf(import->app->arena, format, arguments);
    va_end(arguments);
    row->outcome = IMPORT_FAILED;
}

// An amount may come without its currency, and in thousands or millions.
static const char *complete_amount(struct import *import, const struct import_target *target, const char *text)
{
    const char *currency = invocation_flag(import->invocation, "currency");
    struct arena *arena = import->app->arena;
    char code[4];
    int64_t minor_units;
    const char *whole = text;
    if (!value_parse_money(text, code, &minor_units) && currency != NULL)
        whole = arena_printf(arena, "%s %s", currency, text);
    if (target->factor == 1 || !value_parse_money(whole, code, &minor_units))
        return whole;
    if (__builtin_mul_overflow(minor_units, target->factor, &minor_units))
        return text;
    return value_format_money(arena, code, minor_units, false);
}

static const char *fill_cell(struct import *import, struct import_row *row, const struct import_target *target,
                             const char *text)
{
    const struct option *option = target->option;
    ProtobufCMessage *holder = option_holder(row->request, option);
    const ProtobufCFieldDescriptor *field = option->path[option->depth - 1];
    struct app *app = import->app;
    if (value_form(field) == VALUE_MONEY)
        text = complete_amount(import, target, text);
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return value_parse(app->arena, holder, field, option->contract, text, app->now);
    const char *wrong = NULL; // several values in one cell
    for (const char *at = text + strspn(text, ";|"); *at != '\0' && wrong == NULL; at += strspn(at, ";|")) {
        size_t length = strcspn(at, ";|");
        while (*at == ' ')
            at++, length--;
        wrong = value_parse(app->arena, holder, field, option->contract,
                            arena_printf(app->arena, "%.*s", (int)length, at), app->now);
        at += length;
    }
    return wrong;
}

bool import_fill(struct import *import, struct import_row *row)
{
    for (size_t column = 0; column < import->table.header.count && row->source != NULL; column++) {
        const struct import_target *target = &import->targets[column];
        const char *text = csv_cell(row->source, column);
        if (target->option == NULL || target->option->reference != RECORD_NONE || *text == '\0')
            continue;
        const char *wrong = fill_cell(import, row, target, text);
        if (wrong != NULL) {
            import_fail(import, row, "%s '%s': %s", csv_cell(&import->table.header, column), text, wrong);
            return false;
        }
    }
    return true;
}

void import_make_id(struct import *import, const char *kind, const char *key, char id_r[KAM_UUID_TEXT_BYTES])
{
    const char *name = arena_printf(import->app->arena, "%s:%s", kind, text_fold(import->app->arena, key));
    if (!kam_uuid_of_name(import->company_id, name, id_r))
        abort();
}

enum exit_code import_find_company(struct import *import)
{
    static const char method[] = "/kam.v1.TeamService/ListTeams";
    ProtobufCMessage *request = app_new_request(import->app, method), *response;
    enum exit_code failure = app_call(import->app, method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__ListTeamsResponse *teams = (const Kam__V1__ListTeamsResponse *)response;
    for (size_t at = 0; at < teams->n_teams; at++)
        if (*teams->teams[at]->parent_id == '\0') {
            snprintf(import->company_id, sizeof import->company_id, "%s", teams->teams[at]->id);
            return EXIT_OK;
        }
    return app_refuse(import->app, EXIT_REFUSED, _("the server names no root team"));
}
