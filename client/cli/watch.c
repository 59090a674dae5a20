// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history.h"
#include "json.h"
#include "kam/v1/watch.pb-c.h"
#include "message.h"
#include "output.h"

// Names looked up for one message of the server: whoever imports a file is told of it in few words.
enum { MESSAGE_ARENA_BYTES = 1 << 28, MOST_NAMES = 60 };

struct name {
    struct name *next;
    const char *id;
    const char *text;
};

struct watcher {
    struct app *app;
    struct name *names; // of this message
    size_t name_count;
};

// What a record of a table is asked by; the others are told by their account alone.
static const struct {
    const char *entity, *method;
} getters[] = {
    {"contact", "/kam.v1.ContactService/GetContact"},
    {"activity", "/kam.v1.ActivityService/GetActivity"},
    {"activity_contact", "/kam.v1.ActivityService/GetActivity"},
    {"activity_user", "/kam.v1.ActivityService/GetActivity"},
    {"activity_visit", "/kam.v1.ActivityService/GetActivity"},
    {"activity_spin", "/kam.v1.ActivityService/GetActivity"},
    {"need", "/kam.v1.NeedService/GetNeed"},
    {"objection", "/kam.v1.ObjectionService/GetObjection"},
    {"idea", "/kam.v1.IdeaService/GetIdea"},
    {"opportunity", "/kam.v1.OpportunityService/GetOpportunity"},
    {"target_list", "/kam.v1.TargetService/GetTargetList"},
    {"team", "/kam.v1.TeamService/GetTeam"},
    {"app_user", "/kam.v1.UserService/GetUser"},
};

// The record's title, "" where it cannot be had: it may be out of reach again by now.
static const char *look_up(struct watcher *watcher, const char *method, const char *id)
{
    struct app *app = watcher->app;
    const struct contract_method *contract = contract_find_method(method);
    for (const struct name *name = watcher->names; name != NULL; name = name->next)
        if (strcmp(name->id, id) == 0)
            return name->text;
    if (contract == NULL || *id == '\0' || watcher->name_count >= MOST_NAMES)
        return "";
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "id", id);
    struct name *name = arena_alloc(app->arena, sizeof *name);
    bool is_found = app_try_call(app, method, request, &response) == KAM_OK;
    *name = (struct name){watcher->names, id, is_found ? output_title(app, response) : ""};
    watcher->names = name;
    watcher->name_count++;
    return name->text;
}

static const char *name_of_record(struct watcher *watcher, const Kam__V1__RecordChange *change)
{
    if (strcmp(change->entity, "account") == 0)
        return "";
    for (size_t at = 0; at < sizeof getters / sizeof getters[0]; at++)
        if (strcmp(getters[at].entity, change->entity) == 0)
            return look_up(watcher, getters[at].method, change->record_id);
    return "";
}

static void print_line(struct watcher *watcher, const Kam__V1__RecordChange *change)
{
    struct app *app = watcher->app;
    const char *actor = *change->actor_id == '\0' ? _("the operator")
                                                  : look_up(watcher, "/kam.v1.UserService/GetUser", change->actor_id);
    const char *record = name_of_record(watcher, change);
    const char *account = look_up(watcher, "/kam.v1.AccountService/GetAccount", change->account_id);
    fprintf(app->out, "%s%s%s  %s  %s%s: %s%s", app_dim(app), output_cell(app, &change->base, "time", false),
            app_plain(app), *actor == '\0' ? _("somebody") : actor, app_bold(app),
            app_clean(app, history_entity_name(change->entity)), history_verb(change->operation), app_plain(app));
    if (*record != '\0')
        fprintf(app->out, "  %s", record);
    if (*account != '\0')
        fprintf(app->out, "  %s", account);
    fputc('\n', app->out);
}

// Each participant is an entry of the log; that there are some is said once.
static bool is_same(const Kam__V1__RecordChange *one, const Kam__V1__RecordChange *other)
{
    return one->version == other->version && one->operation == other->operation &&
           strcmp(one->entity, other->entity) == 0 && strcmp(one->record_id, other->record_id) == 0;
}

// One document a line.
static void print_json(struct app *app, const ProtobufCMessage *message)
{
    char *text = kam_json_format(message, 0);
    fprintf(app->out, "%s\n", text);
    free(text);
}

static bool on_changes(void *data, const ProtobufCMessage *message)
{
    struct watcher *watcher = data;
    struct app *app = watcher->app;
    const Kam__V1__WatchResponse *response = (const Kam__V1__WatchResponse *)message;
    // It may go on for weeks: what a message takes goes with it.
    struct arena *kept = app->arena;
    app->arena = arena_create(MESSAGE_ARENA_BYTES);
    watcher->names = NULL;
    watcher->name_count = 0;
    if (app->settings.json)
        print_json(app, message);
    for (size_t at = 0; at < response->n_changes && !app->settings.json; at++)
        if (at == 0 || !is_same(response->changes[at], response->changes[at - 1]))
            print_line(watcher, response->changes[at]);
    app_show_output(app);
    arena_destroy(app->arena);
    app->arena = kept;
    return ferror(stdout) == 0;
}

static void on_trouble(void *data, const struct kam_error *error)
{
    (void)data;
    fprintf(stderr, "kam: %s\n",
            error == NULL ? _("connected again; nothing was missed") : _("the connection was lost; trying again"));
}

enum exit_code watch_run(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.csv)
        return app_refuse(app, EXIT_USAGE, _("what is watched has no end; --json gives a line for each message"));
    failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    app->settings.no_pager = true;
    if (isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "%s\n", _("Watching what changes; Ctrl-C ends."));
    struct watcher watcher = {.app = app};
    const struct kam_watch watch = {
        .cursor = ((const Kam__V1__WatchRequest *)request)->cursor,
        .on_changes = on_changes,
        .on_trouble = on_trouble,
        .data = &watcher,
    };
    return kam_watch(app->client, &watch, &app->error) == KAM_OK ? EXIT_OK : app_print_error(app);
}
