// SPDX-License-Identifier: Apache-2.0
// Cells, lists, JSON and CSV.
#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/require.h"
#include "contract.h"
#include "json.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/opportunity.pb-c.h"
#include "kam/v1/search.pb-c.h"
#include "message.h"
#include "recent.h"
#include "table.h"
#include "text.h"
#include "value.h"

enum { PATH_BYTES = 100 };

static bool is_past(const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *ended = message_find_field(message->descriptor, "ended_on");
    return ended != NULL && message_has(message, ended);
}

// True when the text, items joined by commas, has this one.
static bool has_item(const char *text, const char *item)
{
    size_t length = strlen(item);
    for (const char *at = text; (at = strstr(at, item)) != NULL; at++)
        if ((at == text || (at - text >= 2 && strncmp(at - 2, ", ", 2) == 0)) &&
            (at[length] == '\0' || strncmp(at + length, ", ", 2) == 0))
            return true;
    return false;
}

// Of "name_en" and "name_zh" the one for the user, who is shown the column "name_en".
static const ProtobufCFieldDescriptor *in_the_users_language(struct app *app, const ProtobufCMessage *message,
                                                             const ProtobufCFieldDescriptor *field)
{
    size_t length = strlen(field->name);
    if (length < 4 || strcmp(field->name + length - 3, "_en") != 0)
        return field;
    const char *other = arena_printf(app->arena, "%.*s_zh", (int)(length - 3), field->name);
    const ProtobufCFieldDescriptor *chinese = message_find_field(message->descriptor, other);
    bool is_theirs = chinese != NULL && *language_choose("en", "zh") == 'z' && message_has(message, chinese);
    return is_theirs ? chinese : field;
}

// Appends the values at the path; what is there already is not said twice.
static const char *append_values(struct app *app, const char *text, const ProtobufCMessage *message, const char *path,
                                 bool is_plain)
{
    char name[PATH_BYTES];
    size_t length = strcspn(path, ".");
    snprintf(name, sizeof name, "%.*s", (int)length, path);
    const ProtobufCFieldDescriptor *field = message_find_field(message->descriptor, name);
    if (!is_plain && field != NULL)
        field = in_the_users_language(app, message, field);
    for (size_t at = 0; field != NULL && at < message_count(message, field); at++) {
        if (path[length] == '.') {
            const ProtobufCMessage *sub = *(ProtobufCMessage *const *)message_value(message, field, at);
            if (!is_past(sub))
                text = append_values(app, text, sub, path + length + 1, is_plain);
            continue;
        }
        const char *value = is_plain ? value_format_plain(app->arena, message, field, at)
                                     : value_format(app->arena, message, field, at);
        if (value_form(field) == VALUE_BOOL && !is_plain && strcmp(value, _("no")) == 0)
            value = "";
        if (*value != '\0' && !has_item(text, value))
            text = arena_printf(app->arena, "%s%s%s", text, *text == '\0' ? "" : ", ", value);
    }
    return text;
}

const char *output_cell(struct app *app, const ProtobufCMessage *message, const char *path, bool is_plain)
{
    // The row of an account is named by its title already.
    bool is_said = !is_plain && message->descriptor == &kam__v1__search_result__descriptor &&
                   strcmp(path, "account_name") == 0 &&
                   ((const Kam__V1__SearchResult *)message)->kind == KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT;
    return is_said ? "" : append_values(app, "", message, path, is_plain);
}

// The message and the field a path leads to; NULL when it leads nowhere.
static const ProtobufCFieldDescriptor *find_path(const ProtobufCMessageDescriptor **message, const char *path)
{
    char name[PATH_BYTES];
    size_t length = strcspn(path, ".");
    snprintf(name, sizeof name, "%.*s", (int)length, path);
    const ProtobufCFieldDescriptor *field = message_find_field(*message, name);
    if (field == NULL || path[length] == '\0')
        return field;
    if (value_form(field) != VALUE_MESSAGE && value_form(field) != VALUE_COUNTS)
        return NULL;
    *message = field->descriptor;
    return find_path(message, path + length + 1);
}

const char *output_label(const ProtobufCMessageDescriptor *message, const char *path)
{
    const ProtobufCFieldDescriptor *field = find_path(&message, path);
    REQUIRE(field != NULL);
    if (message == &kam__v1__search_result__descriptor && strcmp(field->name, "title") == 0)
        return language_label("search", NC_("search", "Title")); // not that of a position
    const struct contract_message *contract = contract_find_message(message);
    return language_label("field", contract->fields[field - message->fields].label_en);
}

// Splits "a b,c" into paths. Prints what is no field.
static enum exit_code split_columns(struct app *app, const ProtobufCMessageDescriptor *row, const char *columns,
                                    const char *paths[TABLE_MOST_COLUMNS], size_t *count_r)
{
    *count_r = 0;
    for (const char *at = columns + strspn(columns, " ,"); *at != '\0'; at += strspn(at, " ,")) {
        size_t length = strcspn(at, " ,");
        char *path = arena_printf(app->arena, "%.*s", (int)length, at);
        for (char *mark = path; *mark != '\0'; mark++)
            *mark = *mark == '-' ? '_' : *mark;
        const ProtobufCMessageDescriptor *owner = row;
        if (find_path(&owner, path) == NULL || *count_r == TABLE_MOST_COLUMNS) {
            const char *all = "";
            for (unsigned field = 0; field < row->n_fields; field++)
                all = arena_printf(app->arena, "%s%s%s", all, field == 0 ? "" : ", ", row->fields[field].name);
            app_refuse(app, EXIT_USAGE, _("there is no column '%s'"), path);
            app_hint(app, _("Columns: %s"), all);
            return EXIT_USAGE;
        }
        paths[(*count_r)++] = path;
        at += length;
    }
    return EXIT_OK;
}

static bool is_id_path(const char *path)
{
    size_t length = strlen(path);
    return strcmp(path, "id") == 0 ||
           (length > 3 && strchr("._", path[length - 3]) != NULL && strcmp(path + length - 2, "id") == 0);
}

static bool is_number(const ProtobufCMessageDescriptor *message, const char *path)
{
    const ProtobufCFieldDescriptor *field = find_path(&message, path);
    return (value_form(field) == VALUE_INTEGER && !value_is_relationship(message, field)) ||
           value_form(field) == VALUE_MONEY;
}

// What is of no use when it is cut; texts for people may end in "...".
static bool is_firm(const ProtobufCMessageDescriptor *message, const char *path)
{
    const ProtobufCFieldDescriptor *field = find_path(&message, path);
    const struct contract_message *contract = contract_find_message(message);
    switch (contract->fields[field - message->fields].format) {
    case CONTRACT_FORMAT_TEXT:
    case CONTRACT_FORMAT_LONG_TEXT:
        return value_form(field) != VALUE_TEXT || strcmp(path, "code") == 0 || is_id_path(path);
    default:
        return true;
    }
}

// Columns that no row fills only take room, unless somebody asked for them.
static size_t drop_empty(struct app *app, const ProtobufCMessage *const rows[], size_t count, const char *paths[],
                         size_t path_count)
{
    size_t kept = 0;
    for (size_t column = 0; column < path_count; column++) {
        bool is_empty = true;
        for (size_t at = 0; at < count && is_empty; at++)
            is_empty = *output_cell(app, rows[at], paths[column], false) == '\0';
        if (!is_empty)
            paths[kept++] = paths[column];
    }
    return kept;
}

enum tone output_tone(const struct app *app, const ProtobufCMessage *message, const char *path)
{
    const ProtobufCFieldDescriptor *retired = message_find_field(message->descriptor, "retire_time");
    if (retired != NULL && message_has(message, retired))
        return TONE_DIM;
    if (message->descriptor == &kam__v1__opportunity__descriptor && strcmp(path, "days_in_stage") == 0)
        return ((const Kam__V1__Opportunity *)message)->is_stalled ? TONE_BAD : TONE_PLAIN;
    if (message->descriptor != &kam__v1__activity__descriptor || strcmp(path, "time") != 0)
        return TONE_PLAIN;
    const Kam__V1__Activity *activity = (const Kam__V1__Activity *)message;
    bool is_planned = activity->state == KAM__V1__ACTIVITY_STATE__ACTIVITY_STATE_PLANNED;
    return is_planned && activity->time != NULL && activity->time->seconds < app->now ? TONE_BAD : TONE_PLAIN;
}

// As many lines of the terminal as it takes.
static void print_note(struct app *app, const char *text)
{
    size_t room = app->width > 0 ? app->width : SIZE_MAX / 2;
    while (*text != '\0') {
        size_t length = text_fit_line(text, room);
        fprintf(app->out, "%.*s\n", (int)length, text);
        text += length;
        text += *text == '\n';
    }
}

static void print_table(struct app *app, const ProtobufCMessageDescriptor *row, const ProtobufCMessage *const rows[],
                        size_t count, const char *const paths[], size_t path_count, const char *indent)
{
    struct table table = {.arena = app->arena, .column_count = path_count};
    size_t id_room = 2 * count + 1;
    const char **ids = arena_alloc(app->arena, id_room * sizeof *ids);
    size_t id_count = 0;
    for (size_t at = 0; at < path_count; at++) {
        table.headings[at] = output_label(row, paths[at]);
        table.is_right[at] = is_number(row, paths[at]);
        table.is_firm[at] = is_firm(row, paths[at]);
    }
    for (size_t at = 0; at < count; at++) {
        const char *cells[TABLE_MOST_COLUMNS], *begins[TABLE_MOST_COLUMNS];
        for (size_t column = 0; column < path_count; column++) {
            const char *cell = output_cell(app, rows[at], paths[column], false);
            if (is_id_path(paths[column]) && id_count < id_room)
                ids[id_count++] = cell;
            cells[column] = app_clean(app, is_id_path(paths[column]) ? recent_short_id(cell) : cell);
            enum tone tone = output_tone(app, rows[at], paths[column]);
            begins[column] = tone == TONE_PLAIN ? NULL : app_tone(app, tone);
        }
        table_add_toned_row(&table, cells, begins);
    }
    size_t shown = table_print(&table, app->out, app->width, app_bold(app), app_plain(app), indent);
    if (shown < path_count) {
        const char *names = "";
        for (size_t at = shown; at < path_count; at++)
            names = arena_printf(app->arena, "%s%s%s", names, at == shown ? "" : ", ",
                                 *indent == '\0' ? paths[at] : table.headings[at]);
        print_note(app, arena_printf(app->arena,
                                     *indent == '\0' ? _("%s(no room for: %s; --columns LIST chooses)\n")
                                                     : _("%s(no room for: %s)\n"),
                                     indent, names));
    }
    if (id_count > 0)
        recent_remember(app, ids, id_count);
}

void output_inner_table(struct app *app, const ProtobufCMessageDescriptor *row, const ProtobufCMessage *const rows[],
                        size_t count, const char *columns, const char *indent)
{
    const char *paths[TABLE_MOST_COLUMNS];
    size_t path_count;
    enum exit_code failure = split_columns(app, row, columns, paths, &path_count);
    REQUIRE(failure == EXIT_OK);
    path_count = drop_empty(app, rows, count, paths, path_count);
    print_table(app, row, rows, count, paths, path_count, indent);
}

// RFC 4180: quotes around what holds a comma, a quote or a line break.
static void print_csv_cell(struct app *app, const char *text, bool is_first)
{
    const char *shown = app->is_terminal ? app_clean(app, text) : text_make_utf8(app->arena, text);
    bool needs_quotes = strpbrk(shown, ",\"\r\n") != NULL;
    fputs(is_first ? "" : ",", app->out);
    if (needs_quotes)
        fputc('"', app->out);
    for (; *shown != '\0'; shown++) {
        if (*shown == '"')
            fputc('"', app->out);
        fputc(*shown, app->out);
    }
    if (needs_quotes)
        fputc('"', app->out);
}

static void print_csv(struct app *app, const ProtobufCMessage *const rows[], size_t count, const char *const paths[],
                      size_t path_count)
{
    for (size_t column = 0; column < path_count; column++)
        print_csv_cell(app, paths[column], column == 0);
    fputs("\r\n", app->out);
    for (size_t at = 0; at < count; at++) {
        for (size_t column = 0; column < path_count; column++)
            print_csv_cell(app, output_cell(app, rows[at], paths[column], true), column == 0);
        fputs("\r\n", app->out);
    }
}

void output_json(struct app *app, const json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
    REQUIRE(text != NULL);
    // jansson escapes what JSON demands; a terminal needs C1 controls, DEL and bidirectional overrides escaped as well.
    for (const char *at = text; *at != '\0';) {
        utf8proc_int32_t point;
        utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)at, -1, &point);
        bool is_hostile = size > 0 && ((point >= 0x7f && point < 0xa0) || (point >= 0x2028 && point <= 0x202e) ||
                                       (point >= 0x2066 && point <= 0x2069));
        if (is_hostile)
            fprintf(app->out, "\\u%04x", (unsigned)point);
        else
            fwrite(at, 1, size > 0 ? (size_t)size : 1, app->out);
        at += size > 0 ? size : 1;
    }
    fputc('\n', app->out);
    free(text);
}

enum exit_code output_rows(struct app *app, const ProtobufCMessageDescriptor *row, const ProtobufCMessage *const rows[],
                           size_t count, const char *field, const char *columns)
{
    const char *paths[TABLE_MOST_COLUMNS];
    size_t path_count;
    if (app->settings.json) {
        json_t *document = json_object(), *list = json_array();
        for (size_t at = 0; at < count; at++)
            json_array_append_new(list, json_from_message(rows[at]));
        json_object_set_new(document, field, list);
        output_json(app, document);
        json_decref(document);
        return EXIT_OK;
    }
    const char *wanted = app->settings.columns != NULL ? app->settings.columns : columns;
    enum exit_code failure = split_columns(app, row, wanted, paths, &path_count);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.columns == NULL && !app->settings.csv)
        path_count = drop_empty(app, rows, count, paths, path_count);
    if (app->settings.csv)
        print_csv(app, rows, count, paths, path_count);
    else if (count > 0)
        print_table(app, row, rows, count, paths, path_count, "");
    return EXIT_OK;
}
