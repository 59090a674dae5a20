// SPDX-License-Identifier: Apache-2.0
// kam export: all pages of a list into one file, page by page, in columns that kam import reads back.
#include "export.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "export_file.h"
#include "help.h"
#include "kam/v1/contact.pb-c.h"
#include "message.h"
#include "output.h"
#include "resolve.h"
#include "text.h"
#include "value.h"
#include "vcard.h"

enum { MOST_COLUMNS = 128, PAGE_ARENA_BYTES = 1 << 28 };

struct column {
    const char *heading;
    const ProtobufCFieldDescriptor *field;
    bool is_of_position; // of the contact's position that makes the row
};

struct export
{
    struct app *app;
    struct export_file file;
    struct column columns[MOST_COLUMNS];
    size_t column_count;
    bool is_vcard;
    bool is_json;
    size_t row_count;
    const ProtobufCFieldDescriptor *list;
};

// ---- Columns

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

// "owner_name" stands for "owner_id", and is called as the option is: "owner".
static const char *heading_of(struct arena *arena, const ProtobufCMessageDescriptor *row,
                              const ProtobufCFieldDescriptor *field)
{
    const char *name = field->name;
    static const struct {
        const char *names, *ids;
    } pairs[] = {{"_name", "_id"}, {"_names", "_ids"}};
    for (size_t at = 0; at < 2; at++) {
        if (!ends_with(name, pairs[at].names))
            continue;
        const char *stem = arena_printf(arena, "%.*s", (int)(strlen(name) - strlen(pairs[at].names)), name);
        if (message_find_field(row, arena_printf(arena, "%s%s", stem, pairs[at].ids)) != NULL)
            return stem;
    }
    return name;
}

static bool is_exported(const ProtobufCMessageDescriptor *row, const ProtobufCFieldDescriptor *field)
{
    const char *name = field->name;
    bool is_id = strcmp(name, "id") == 0 || ends_with(name, "_id") ||
                 (ends_with(name, "_ids") && strcmp(name, "messaging_ids") != 0);
    bool is_own_name = row == &kam__v1__position__descriptor && strcmp(name, "contact_name") == 0;
    return !is_id && !is_own_name && strcmp(name, "version") != 0 && value_form(field) != VALUE_MESSAGE &&
           value_form(field) != VALUE_BYTES;
}

static void add_columns(struct export *export, const ProtobufCMessageDescriptor *row, bool is_of_position)
{
    for (unsigned at = 0; at < row->n_fields && export->column_count < MOST_COLUMNS; at++) {
        const ProtobufCFieldDescriptor *field = &row->fields[at];
        bool is_said = false;
        for (size_t before = 0; before < export->column_count; before++)
            is_said = is_said || strcmp(export->columns[before].field->name, field->name) == 0;
        if (is_exported(row, field) && !is_said)
            export->columns[export->column_count++] =
                (struct column){heading_of(export->app->arena, row, field), field, is_of_position};
    }
}

// ---- Cells

// A spreadsheet takes what begins with one of these for a formula, and runs it. Numbers and telephone numbers are none.
static bool is_formula(const char *text)
{
    return strchr("=+-@\t\r", *text) != NULL && *text != '\0' && text[strspn(text, "+-0123456789 ().,/#")] != '\0';
}

static void write_cell(struct export *export, const char *text, const char *end)
{
    struct export_file *file = &export->file;
    text = text_make_utf8(export->app->arena, text);
    bool is_defused = is_formula(text);
    bool needs_quotes = strpbrk(text, ",;\"\r\n") != NULL || text[0] == ' ' || is_defused;
    char quoted[3] = "\"";
    if (!needs_quotes) {
        export_file_write(file, text);
        export_file_write(file, end);
        return;
    }
    export_file_write(file, quoted);
    export_file_write(file, is_defused ? "'" : "");
    for (size_t length; *text != '\0'; text += length) {
        length = strcspn(text, "\"");
        export_file_write(file, arena_printf(export->app->arena, "%.*s", (int)length, text));
        if (text[length] == '"') {
            export_file_write(file, "\"\"");
            length++;
        }
    }
    export_file_write(file, quoted);
    export_file_write(file, end);
}

// Values of a list are divided by semicolons, as import divides them; times are those of the user's clock.
static const char *cell_of(struct export *export, const ProtobufCMessage *message,
                           const ProtobufCFieldDescriptor *field)
{
    struct arena *arena = export->app->arena;
    const char *text = "";
    for (size_t at = 0; at < message_count(message, field); at++) {
        const char *value = value_form(field) == VALUE_TIME ? value_format(arena, message, field, at)
                                                            : value_format_plain(arena, message, field, at);
        text = at == 0 ? value : arena_printf(arena, "%s; %s", text, value);
    }
    return text;
}

static void write_row(struct export *export, const ProtobufCMessage *row, const ProtobufCMessage *position)
{
    for (size_t at = 0; at < export->column_count; at++) {
        const struct column *column = &export->columns[at];
        const ProtobufCMessage *message = column->is_of_position ? position : row;
        const char *end = at + 1 == export->column_count ? "\r\n" : ",";
        write_cell(export, message == NULL ? "" : cell_of(export, message, column->field), end);
    }
}

static void write_record(struct export *export, const ProtobufCMessage *row)
{
    const Kam__V1__Contact *contact =
        row->descriptor == &kam__v1__contact__descriptor ? (const Kam__V1__Contact *)row : NULL;
    if (export->is_vcard) {
        const char *card = vcard_of_contact(export->app->arena, contact);
        export_file_write(&export->file, text_make_utf8(export->app->arena, card));
    } else if (export->is_json) {
        char *text = kam_json_format(row, 0);
        export_file_write(&export->file, export->row_count == 0 ? "\n" : ",\n");
        export_file_write(&export->file, text);
        free(text);
    } else if (contact != NULL && contact->n_positions > 0) {
        // A row for each account that somebody works at.
        for (size_t at = 0; at < contact->n_positions; at++)
            write_row(export, row, &contact->positions[at]->base);
    } else {
        write_row(export, row, NULL);
    }
    export->row_count++;
}

// ---- Pages

static void show_progress(const struct export *export, bool is_done)
{
    if (isatty(STDERR_FILENO) != 1)
        return;
    fputs("\r\033[K", stderr);
    if (!is_done)
        fprintf(stderr, _("exporting: %zu"), export->row_count);
}

// What a page takes goes with it, so that any number of rows need the memory of one page.
static enum exit_code export_page(struct export *export, const char *method, ProtobufCMessage *request,
                                  const char **next_r, char token[1024])
{
    struct app *app = export->app;
    ProtobufCMessage *response;
    const struct contract_method *contract = contract_find_method(method);
    if (kam_call(app->client, method, request, contract->response, NULL, &response, &app->error) != KAM_OK)
        return app_print_error(app);
    struct arena *kept = app->arena;
    app->arena = arena_create(PAGE_ARENA_BYTES);
    for (size_t at = 0; at < message_count(response, export->list); at++)
        write_record(export, *(ProtobufCMessage *const *)message_value(response, export->list, at));
    arena_destroy(app->arena);
    app->arena = kept;
    snprintf(token, 1024, "%s", message_text(response, "next_page_token"));
    *next_r = token;
    kam_message_free(response);
    return export->file.has_failed ? EXIT_REFUSED : EXIT_OK;
}

static enum exit_code export_pages(struct export *export, const char *method, ProtobufCMessage *request)
{
    char token[1024] = "";
    const char *next = token;
    enum exit_code failure = EXIT_OK;
    do {
        message_set_text(request, "page_token", next);
        failure = export_page(export, method, request, &next, token);
        show_progress(export, false);
    } while (failure == EXIT_OK && *next != '\0');
    show_progress(export, true);
    return failure;
}

static void write_head(struct export *export)
{
    if (export->is_json)
        export_file_write(&export->file, arena_printf(export->app->arena, "{\"%s\": [", export->list->name));
    for (size_t at = 0; at < export->column_count && !export->is_json && !export->is_vcard; at++)
        write_cell(export, export->columns[at].heading, at + 1 == export->column_count ? "\r\n" : ",");
}

// Asked for, or by the name of the file, as import takes it.
static bool wants_vcards(const struct invocation *invocation)
{
    const char *end = strrchr(invocation->words[invocation->word_count - 1], '.');
    return invocation_flag(invocation, "vcard") != NULL ||
           (command_find_flag(invocation->command, "vcard") != NULL && end != NULL && strcasecmp(end, ".vcf") == 0);
}

static enum exit_code export_run(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    const char *encoding = invocation_flag(invocation, "encoding");
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    struct export export = {
        .app = app, .is_vcard = wants_vcards(invocation), .is_json = app->settings.json, .list = NULL};
    const struct contract_method *method = contract_find_method(invocation->command->method);
    for (unsigned at = 0; at < method->response->n_fields && export.list == NULL; at++)
        if (method->response->fields[at].label == PROTOBUF_C_LABEL_REPEATED)
            export.list = &method->response->fields[at];
    bool is_text = export.is_vcard || export.is_json;
    if (encoding == NULL)
        encoding = is_text ? "utf-8" : "utf-8-bom";
    bool is_known = false;
    for (const char *const *word = help_words_of_flag("encoding"); *word != NULL; word++)
        is_known = is_known || strcmp(*word, encoding) == 0;
    if (!is_known || (is_text && strcmp(encoding, "utf-8") != 0))
        return app_refuse(app, EXIT_USAGE, _("--encoding is utf-8, utf-8-bom or gb18030; vCard and JSON are UTF-8"));
    if (app->settings.limit > 0)
        return app_refuse(app, EXIT_USAGE, _("an export holds everything; use a list with --csv for --limit"));
    failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    const char *path = invocation->words[invocation->word_count - 1];
    failure = export_file_open(app, path, encoding, &export.file);
    if (failure != EXIT_OK)
        return failure;
    add_columns(&export, export.list->descriptor, false);
    if (export.list->descriptor == &kam__v1__contact__descriptor)
        add_columns(&export, &kam__v1__position__descriptor, true);
    write_head(&export);
    message_set_integer(request, "page_size", 500);
    // Closed ones as well, unless some are asked for.
    const ProtobufCFieldDescriptor *state = message_find_field(request->descriptor, "state");
    if (message_find_field(request->descriptor, "include_closed") != NULL && !message_has(request, state))
        message_set_integer(request, "include_closed", 1);
    failure = export_pages(&export, invocation->command->method, request);
    if (export.is_json)
        export_file_write(&export.file, "\n]}\n");
    failure = export_file_close(&export.file, failure);
    if (failure == EXIT_OK && strcmp(path, "-") != 0)
        fprintf(app->out, _("%zu written to %s\n"), export.row_count, app_clean(app, path));
    return failure;
}

enum exit_code export_vcards(struct app *app, struct invocation *invocation)
{
    static const char get[] = "/kam.v1.ContactService/GetContact";
    if (invocation->word_count == 0)
        return app_refuse(app, EXIT_USAGE, _("still needed: %s"), _("CONTACT"));
    for (size_t at = 0; at < invocation->word_count; at++) {
        struct reference contact = {0};
        ProtobufCMessage *request = app_new_request(app, get), *response;
        enum exit_code failure = resolve_record(app, RECORD_CONTACT, invocation->words[at], NULL, &contact);
        message_set_text(request, "id", contact.id);
        if (failure == EXIT_OK)
            failure = app_call(app, get, request, &response);
        if (failure != EXIT_OK)
            return failure;
        const char *card = vcard_of_contact(app->arena, (const Kam__V1__Contact *)response);
        fputs(app->is_terminal ? text_clean(app->arena, card, true) : text_make_utf8(app->arena, card), app->out);
    }
    return EXIT_OK;
}

static const struct flag export_flags[] = {
    {"encoding", N_("ENCODING"), N_("utf-8-bom (for spreadsheets, the default), utf-8 or gb18030."), false},
    {NULL, NULL, NULL, false},
};

static const struct flag contact_flags[] = {
    {"encoding", N_("ENCODING"), N_("utf-8-bom (for spreadsheets, the default), utf-8 or gb18030."), false},
    {"vcard", NULL,
     N_("Write vCards (3.0), for telephones and address books; a FILE that ends in .vcf is one of them."), false},
    {NULL, NULL, NULL, false},
};

const struct command export_commands[] = {
    {
        .name = "export accounts",
        .summary = N_("Write all accounts within your reach into a CSV file that import reads back"),
        .method = "/kam.v1.AccountService/ListAccounts",
        .arguments = {{.name = N_("FILE")}},
        .flags = export_flags,
        .run = export_run,
        .examples = {"kam export accounts accounts.csv", "kam export accounts 客户.csv --encoding gb18030 --owner me",
                     "kam export accounts - --encoding utf-8 | csvtool head 5 -"},
    },
    {
        .name = "export contacts",
        .summary = N_("Write all contacts into a CSV file, a row for each account they work at, or as vCards"),
        .method = "/kam.v1.ContactService/ListContacts",
        .arguments = {{.name = N_("FILE")}},
        .flags = contact_flags,
        .run = export_run,
        .examples = {"kam export contacts people.csv", "kam export contacts --vcard people.vcf --account K-000123"},
    },
    {
        .name = "export opportunities",
        .summary = N_("Write all opportunities, open and closed, into a CSV file"),
        .method = "/kam.v1.OpportunityService/ListOpportunities",
        .arguments = {{.name = N_("FILE")}},
        .flags = export_flags,
        .run = export_run,
        .examples = {"kam export opportunities pipeline.csv --order amount",
                     "kam export opportunities 丢单.csv --state lost --encoding gb18030"},
    },
    {
        .name = "export activities",
        .summary = N_("Write all activities into a CSV file that import reads back"),
        .method = "/kam.v1.ActivityService/ListActivities",
        .arguments = {{.name = N_("FILE")}},
        .flags = export_flags,
        .run = export_run,
        .examples = {"kam export activities 2026.csv --from-time 2026-01-01",
                     "kam export activities visits.csv --kind visit"},
    },
};
const size_t export_command_count = sizeof export_commands / sizeof export_commands[0];
