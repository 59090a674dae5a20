// SPDX-License-Identifier: Apache-2.0
// Calls a command's method and shows what comes back.
#include <string.h>

#include "command.h"
#include "message.h"
#include "output.h"
#include "recent.h"
#include "value.h"

enum { DEFAULT_ROWS = 50 };

struct rows {
    const ProtobufCMessage **items;
    size_t count, capacity;
};

static void add_rows(struct app *app, struct rows *rows, const ProtobufCMessage *response,
                     const ProtobufCFieldDescriptor *field, size_t most)
{
    for (size_t at = 0; at < message_count(response, field) && rows->count < most; at++) {
        if (rows->count == rows->capacity) {
            rows->capacity = rows->capacity == 0 ? 64 : 2 * rows->capacity;
            const ProtobufCMessage **grown = arena_alloc(app->arena, rows->capacity * sizeof *grown);
            if (rows->count > 0)
                memcpy(grown, rows->items, rows->count * sizeof *grown);
            rows->items = grown;
        }
        rows->items[rows->count++] = *(ProtobufCMessage *const *)message_value(response, field, at);
    }
}

static const ProtobufCFieldDescriptor *list_field(const ProtobufCMessageDescriptor *response)
{
    for (unsigned at = 0; at < response->n_fields; at++)
        if (response->fields[at].label == PROTOBUF_C_LABEL_REPEATED)
            return &response->fields[at];
    return NULL;
}

// Programs get everything, people a screenful or two, unless they say otherwise.
static size_t most_rows(const struct app *app)
{
    if (app->settings.limit > 0)
        return (size_t)app->settings.limit;
    return app->settings.all || app->settings.json || app->settings.csv ? SIZE_MAX : DEFAULT_ROWS;
}

// An argument is what the list is about; an option leaves rows out.
static bool has_filter(const struct invocation *invocation)
{
    for (size_t at = 0; at < invocation->given_count; at++)
        if (invocation->given[at].option != NULL)
            return true;
    return false;
}

static enum exit_code call_list(struct app *app, struct invocation *invocation, ProtobufCMessage *request)
{
    const struct command *command = invocation->command;
    const struct contract_method *method = contract_find_method(command->method);
    const ProtobufCFieldDescriptor *field = list_field(method->response);
    bool has_pages = message_find_field(request->descriptor, "page_token") != NULL;
    size_t most = most_rows(app);
    struct rows rows = {0};
    const char *next = "";
    do {
        ProtobufCMessage *response;
        if (has_pages) {
            const struct contract_message *contract = contract_find_message(request->descriptor);
            const ProtobufCFieldDescriptor *size = message_find_field(request->descriptor, "page_size");
            int64_t largest = contract->fields[size - request->descriptor->fields].max;
            size_t left = most - rows.count;
            message_set_integer(request, "page_size", left < (size_t)largest ? (int64_t)left : largest);
            message_set_text(request, "page_token", next);
        }
        enum exit_code failure = app_call(app, command->method, request, &response);
        if (failure != EXIT_OK)
            return failure;
        add_rows(app, &rows, response, field, most);
        next = has_pages ? message_text(response, "next_page_token") : "";
    } while (*next != '\0' && rows.count < most);
    enum exit_code failure = output_rows(app, field->descriptor, rows.items, rows.count, field->name, command->columns);
    if (failure != EXIT_OK || app->settings.json || app->settings.csv)
        return failure;
    if (rows.count == 0) {
        fprintf(stderr, "%s\n", _("Nothing found."));
        bool may_add = strcmp(app->credentials.role, "service") != 0;
        if (command->empty != NULL && !has_filter(invocation) && may_add)
            fprintf(stderr, "  %s\n", _(command->empty));
    } else if (*next != '\0') {
        fprintf(app->is_terminal ? app->out : stderr, _("(the first %zu; --limit N or --all shows more)\n"),
                rows.count);
    }
    return EXIT_OK;
}

// "Added %s." with the record's name.
static const char *fill_in(struct app *app, const char *text, const char *value)
{
    const char *place = strstr(text, "%s");
    if (place == NULL)
        return text;
    return arena_printf(app->arena, "%.*s%s%s", (int)(place - text), text, value, place + 2);
}

static void print_done(struct app *app, struct invocation *invocation, const ProtobufCMessage *response)
{
    const char *title = output_title(app, response), *id = message_text(response, "id");
    if (*title == '\0' && invocation->word_count > 0)
        title = app_clean(app, invocation->words[0]);
    fprintf(app->out, "%s", fill_in(app, _(invocation->command->done), title));
    bool has_handle = *message_text(response, "code") != '\0' || *message_text(response, "login") != '\0' ||
                      *message_text(response, "path") != '\0' || output_is_named_by_contact(response);
    if (*id != '\0' && !has_handle) {
        fprintf(app->out, "  %s[%s]%s", app_dim(app), app_clean(app, recent_short_id(id)), app_plain(app));
        recent_remember(app, &id, 1);
    }
    fputc('\n', app->out);
}

enum exit_code command_call(struct app *app, struct invocation *invocation, ProtobufCMessage *request)
{
    const struct command *command = invocation->command;
    if (command_is_list(command))
        return call_list(app, invocation, request);
    ProtobufCMessage *response;
    enum exit_code failure = app_call(app, command->method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    bool is_for_programs = app->settings.json || app->settings.csv;
    size_t before = app->out_bytes;
    bool has_columns = app->settings.columns != NULL;
    if (command->done != NULL && !is_for_programs && !has_columns)
        print_done(app, invocation, response);
    else
        failure = output_record(app, response);
    if (failure != EXIT_OK)
        return failure;
    fflush(app->out);
    if (app->out_bytes == before && !is_for_programs)
        fprintf(stderr, "%s\n", _("Nothing is known yet."));
    return command->more != NULL && !is_for_programs && !has_columns ? command->more(app, invocation, response)
                                                                     : EXIT_OK;
}

enum exit_code command_run_method(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    enum exit_code failure = command_bind(app, invocation, &request);
    return failure != EXIT_OK ? failure : command_call(app, invocation, request);
}
