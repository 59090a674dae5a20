// SPDX-License-Identifier: Apache-2.0
// kam search, api, version.
#include "other_commands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "history.h"
#include "json.h"
#include "output.h"
#include "text.h"
#include "watch.h"

enum { LARGEST_INPUT_BYTES = 16 * 1024 * 1024 };

// ---- api: any method

static enum exit_code list_methods(struct app *app)
{
    if (app->settings.json) {
        json_t *all = json_array();
        for (size_t at = 0; at < contract_method_count; at++)
            json_array_append_new(all, json_string(contract_methods[at].path + 1));
        output_json(app, all);
        json_decref(all);
        return EXIT_OK;
    }
    for (size_t at = 0; at < contract_method_count; at++)
        fprintf(app->out, "%s\n", contract_methods[at].path + 1);
    return EXIT_OK;
}

// "GetAccount", "AccountService/GetAccount", "kam.v1.AccountService.GetAccount": the end of the path, in any of its
// spellings.
static const struct contract_method *find_method(struct app *app, const char *text)
{
    char *wanted = arena_strdup(app->arena, *text == '/' ? text + 1 : text);
    char *last = strrchr(wanted, '.');
    if (last != NULL && strchr(wanted, '/') == NULL)
        *last = '/';
    size_t length = strlen(wanted);
    for (size_t at = 0; at < contract_method_count; at++) {
        const char *path = contract_methods[at].path;
        size_t path_length = strlen(path);
        if (length < path_length && strcasecmp(path + path_length - length, wanted) == 0 &&
            strchr("/.", path[path_length - length - 1]) != NULL)
            return &contract_methods[at];
    }
    return NULL;
}

static enum exit_code unknown_method(struct app *app, const char *text)
{
    app_refuse(app, EXIT_USAGE, _("there is no method '%s'"), text);
    const char *name = strrchr(text, '/') == NULL ? text : strrchr(text, '/') + 1;
    for (size_t at = 0; at < contract_method_count; at++)
        if (text_distance(name, contract_methods[at].name, 100) <= 3)
            app_hint(app, _("Did you mean %s?"), contract_methods[at].path + 1);
    app_hint(app, _("All of them: kam api --list"));
    return EXIT_USAGE;
}

static char *read_input(struct app *app, size_t *length_r)
{
    char *text = malloc(LARGEST_INPUT_BYTES);
    *length_r = text == NULL ? 0 : fread(text, 1, LARGEST_INPUT_BYTES, stdin);
    arena_defer(app->arena, free, text);
    return text;
}

static bool print_streamed(void *data, const ProtobufCMessage *message)
{
    struct app *app = data;
    json_t *value = json_from_message(message);
    output_json(app, value);
    json_decref(value);
    app_show_output(app);
    return app->output_failure == 0;
}

static enum exit_code api(struct app *app, struct invocation *invocation)
{
    if (invocation_flag(invocation, "list") != NULL)
        return list_methods(app);
    if (invocation->word_count == 0)
        return app_refuse(app, EXIT_USAGE, _("%s is missing"), _("METHOD"));
    const struct contract_method *method = find_method(app, invocation->words[0]);
    if (method == NULL)
        return unknown_method(app, invocation->words[0]);
    const char *json = invocation->word_count > 1 ? invocation->words[1] : "{}";
    size_t length = strlen(json);
    if (strcmp(json, "-") == 0)
        json = read_input(app, &length);
    ProtobufCMessage *request = kam_json_parse(json, length, method->request, &app->error), *response;
    if (request == NULL) {
        app_print_error(app);
        return EXIT_USAGE;
    }
    app_keep(app, request);
    enum exit_code failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    if (method->client_streaming)
        return app_refuse(app, EXIT_REFUSED, _("%s takes a stream of requests, which kam api does not send"),
                          method->path + 1);
    if (method->server_streaming) {
        app->settings.no_pager = true;
        enum kam_code code = kam_call_stream(app->client, method->path, request, method->response, NULL, print_streamed,
                                             app, &app->error);
        return code == KAM_OK ? EXIT_OK : app_print_error(app);
    }
    failure = app_call(app, method->path, request, &response);
    if (failure != EXIT_OK)
        return failure;
    json_t *value = json_from_message(response);
    output_json(app, value);
    json_decref(value);
    return EXIT_OK;
}

static enum exit_code version(struct app *app, struct invocation *invocation)
{
    (void)invocation;
    fprintf(app->out, "kam %s\n", KAM_VERSION);
    return EXIT_OK;
}

static const struct flag api_flags[] = {
    {"list", NULL, N_("List all methods."), false},
    {NULL, NULL, NULL, false},
};

const struct command other_commands[] = {
    {
        .name = "search",
        .summary = N_("Find accounts, people and activities that hold all words"),
        .method = "/kam.v1.SearchService/Search",
        .arguments = {{.name = N_("TEXT"), .field = "text", .takes_rest = true}},
        .columns = "kind code id title account_name activity_kind snippet time",
        .examples = {"kam search 张伟", "kam search spare parts --kind activity"},
    },
    {
        .name = "history",
        .summary = N_("Show who changed a record, when, from what to what"),
        .method = "/kam.v1.HistoryService/ListChanges",
        .arguments = {{.name = N_("RECORD"), .field = "record_id", .kind = RECORD_ANY}},
        .columns = "time actor_name entity operation fields.field fields.old_value fields.new_value fields.old_name "
                   "fields.new_name reason",
        .run = history_run,
        .examples = {"kam history K-000123", "kam history K-000123 --with-children --all"},
    },
    {
        .name = "watch",
        .summary = N_("Show what changes within your reach, as it happens"),
        .method = "/kam.v1.WatchService/Watch",
        .run = watch_run,
        .examples = {"kam watch", "kam watch --json"},
    },
    {
        .name = "api",
        .summary = N_("Call any method with a JSON request and print the JSON response"),
        .arguments = {{.name = N_("METHOD"), .is_optional = true}, {.name = N_("JSON"), .is_optional = true}},
        .flags = api_flags,
        .run = api,
        .examples = {"kam api --list", "kam api GetAccount '{\"code\": \"K-000123\"}'",
                     "kam api ListAccounts - < request.json"},
    },
    {
        .name = "version",
        .summary = N_("Print the version"),
        .run = version,
        .examples = {"kam version"},
    },
};
const size_t other_command_count = sizeof other_commands / sizeof other_commands[0];
