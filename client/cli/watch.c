// SPDX-License-Identifier: Apache-2.0
#include "watch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history.h"
#include "json.h"
#include "kam/v1/advancement.pb-c.h"
#include "kam/v1/watch.pb-c.h"
#include "message.h"
#include "output.h"
#include "process_commands.h"

// Names looked up for one message of the server: whoever imports a file is told of it in few words.
enum { MESSAGE_ARENA_BYTES = 1 << 28, MOST_NAMES = 60 };

struct name {
    struct name *next;
    const char *method, *id;
    const ProtobufCMessage *record; // NULL where it cannot be had
    const char *text;
};

struct watcher {
    struct app *app;
    struct name *names; // of this message
    size_t name_count;
    bool has_begun;
};

#define LIST_CHANGES "/kam.v1.HistoryService/ListChanges"
#define GET_ADVANCEMENT "/kam.v1.ProcessService/GetAdvancement"
#define GET_OPPORTUNITY "/kam.v1.OpportunityService/GetOpportunity"

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
    {"opportunity", GET_OPPORTUNITY},
    // These are in the log under their opportunity's id.
    {"opportunity_user", GET_OPPORTUNITY},
    {"opportunity_product", GET_OPPORTUNITY},
    {"opportunity_competitor", GET_OPPORTUNITY},
    {"decision_criterion", GET_OPPORTUNITY},
    {"opportunity_answer", GET_OPPORTUNITY},
    {"engagement_step", "/kam.v1.EngagementService/GetEngagementStep"},
    {"target_list", "/kam.v1.TargetService/GetTargetList"},
    {"team", "/kam.v1.TeamService/GetTeam"},
    {"app_user", "/kam.v1.UserService/GetUser"},
};

// Of these the log says which opportunity they belong to.
static const char *const parts[] = {"criterion_waiver", "opportunity_person", "assessment", "engagement_plan"};

// "O-000123 Line 2", and of a waiver the criterion: as the record's own changes have it.
static const char *title_of_part(struct app *app, const Kam__V1__ListChangesResponse *changes)
{
    const char *opportunity = "", *criterion = "";
    for (size_t at = 0; at < changes->n_changes; at++)
        for (size_t field_at = 0; field_at < changes->changes[at]->n_fields; field_at++) {
            const Kam__V1__FieldChange *field = changes->changes[at]->fields[field_at];
            if (strcmp(field->field, "opportunity_id") == 0)
                opportunity = *field->new_name == '\0' ? field->old_name : field->new_name;
            else if (strcmp(field->field, "criterion_key") == 0)
                criterion = field->new_value;
        }
    if (*opportunity == '\0' || *criterion == '\0')
        return app_clean(app, opportunity);
    return arena_printf(app->arena, "%s: %s", app_clean(app, opportunity), app_clean(app, criterion));
}

static const char *title_of(struct app *app, const ProtobufCMessage *record)
{
    if (record->descriptor == &kam__v1__advancement__descriptor)
        return process_name_request(app, (const Kam__V1__Advancement *)record);
    if (record->descriptor == &kam__v1__list_changes_response__descriptor)
        return title_of_part(app, (const Kam__V1__ListChangesResponse *)record);
    return output_title(app, record);
}

// The record and its title, which is "" where it cannot be had: it may be out of reach again by now.
static const struct name *look_up(struct watcher *watcher, const char *method, const char *id)
{
    static const struct name nothing = {.text = ""};
    struct app *app = watcher->app;
    const struct contract_method *contract = contract_find_method(method);
    for (const struct name *name = watcher->names; name != NULL; name = name->next)
        if (strcmp(name->id, id) == 0 && strcmp(name->method, method) == 0)
            return name;
    if (contract == NULL || *id == '\0' || watcher->name_count >= MOST_NAMES)
        return &nothing;
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, strcmp(method, LIST_CHANGES) == 0 ? "record_id" : "id", id);
    struct name *name = arena_alloc(app->arena, sizeof *name);
    bool is_found = app_try_call(app, method, request, &response) == KAM_OK;
    *name =
        (struct name){watcher->names, method, id, is_found ? response : NULL, is_found ? title_of(app, response) : ""};
    watcher->names = name;
    watcher->name_count++;
    return name;
}

// Both are in the log under the request's id.
static bool is_of_request(const Kam__V1__RecordChange *change)
{
    return strcmp(change->entity, "advancement") == 0 || strcmp(change->entity, "approval_step") == 0;
}

static const char *name_of_record(struct watcher *watcher, const Kam__V1__RecordChange *change)
{
    if (is_of_request(change))
        return look_up(watcher, GET_ADVANCEMENT, change->record_id)->text;
    for (size_t at = 0; at < sizeof getters / sizeof getters[0]; at++)
        if (strcmp(getters[at].entity, change->entity) == 0)
            return look_up(watcher, getters[at].method, change->record_id)->text;
    // A person who is taken out is in the log under the opportunity's id, as its other parts are.
    if (strcmp(change->entity, "opportunity_person") == 0 && change->operation == KAM__V1__OPERATION__OPERATION_DELETE)
        return look_up(watcher, GET_OPPORTUNITY, change->record_id)->text;
    for (size_t at = 0; at < sizeof parts / sizeof parts[0]; at++)
        if (strcmp(parts[at], change->entity) == 0)
            return look_up(watcher, LIST_CHANGES, change->record_id)->text;
    return "";
}

// One transaction did both.
static bool is_together(const Kam__V1__RecordChange *one, const Kam__V1__RecordChange *other)
{
    return strcmp(one->record_id, other->record_id) == 0 && one->time != NULL && other->time != NULL &&
           one->time->seconds == other->time->seconds && one->time->nanos == other->time->nanos;
}

// What happened to the request, as far as its present state is what came of it: somebody else may have been there
// since.
static const char *request_verb(const Kam__V1__WatchResponse *response, size_t first,
                                const Kam__V1__Advancement *request)
{
    const Kam__V1__RecordChange *change = response->changes[first];
    bool is_new = false, is_step = false;
    int64_t version = 0;
    for (size_t at = first; at < response->n_changes; at++) {
        const Kam__V1__RecordChange *other = response->changes[at];
        if (!is_of_request(other) || !is_together(other, change))
            continue;
        bool is_request = strcmp(other->entity, "advancement") == 0;
        is_step = is_step || !is_request;
        is_new = is_new || (is_request && other->operation == KAM__V1__OPERATION__OPERATION_INSERT);
        version = is_request && other->version > version ? other->version : version;
    }
    bool is_present = request != NULL && request->version == version;
    switch (is_present ? request->state : KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_UNSPECIFIED) {
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_APPROVED:
        return _("approved");
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_RETURNED:
        return _("returned");
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_WITHDRAWN:
        return _("withdrawn");
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_CANCELLED:
        return _("cancelled");
    case KAM__V1__ADVANCEMENT_STATE__ADVANCEMENT_STATE_WAITING:
        return is_new ? _("asked") : is_step ? _("approved, goes on waiting") : history_verb(change->operation);
    default:
        return is_new ? _("asked") : history_verb(change->operation);
    }
}

static void print_line(struct watcher *watcher, const Kam__V1__WatchResponse *response, size_t at)
{
    struct app *app = watcher->app;
    const Kam__V1__RecordChange *change = response->changes[at];
    const char *entity = change->entity, *verb = history_verb(change->operation);
    const char *actor = *change->actor_id == '\0'
                            ? _("the operator")
                            : look_up(watcher, "/kam.v1.UserService/GetUser", change->actor_id)->text;
    const char *record = name_of_record(watcher, change);
    const char *account = look_up(watcher, "/kam.v1.AccountService/GetAccount", change->account_id)->text;
    const Kam__V1__Advancement *request = NULL;
    if (is_of_request(change)) {
        request = (const Kam__V1__Advancement *)look_up(watcher, GET_ADVANCEMENT, change->record_id)->record;
        entity = "advancement";
        verb = request_verb(response, at, request);
    }
    fprintf(app->out, "%s%s%s  %s  %s%s: %s%s", app_dim(app), output_cell(app, &change->base, "time", false),
            app_plain(app), *actor == '\0' ? _("somebody") : actor, app_bold(app),
            app_clean(app, history_entity_name(entity)), verb, app_plain(app));
    if (*record != '\0')
        fprintf(app->out, "  %s", record);
    if (*account != '\0')
        fprintf(app->out, "  %s", account);
    if (request != NULL && request->is_mine)
        fprintf(app->out, "  %s%s%s", app_tone(app, TONE_WARN), _("waits for you"), app_plain(app));
    fputc('\n', app->out);
}

// Each participant is an entry of the log; that there are some is said once.
static bool is_same(const Kam__V1__RecordChange *one, const Kam__V1__RecordChange *other)
{
    return one->version == other->version && one->operation == other->operation &&
           strcmp(one->entity, other->entity) == 0 && strcmp(one->record_id, other->record_id) == 0;
}

// A decision changes the request and its steps: that is one line, at the first of them.
static bool is_told(const Kam__V1__WatchResponse *response, size_t at)
{
    const Kam__V1__RecordChange *const *changes = (const Kam__V1__RecordChange *const *)response->changes;
    if (!is_of_request(changes[at]))
        return at > 0 && is_same(changes[at], changes[at - 1]);
    for (size_t before = 0; before < at; before++)
        if (is_of_request(changes[before]) && is_together(changes[before], changes[at]))
            return true;
    return false;
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
    // The first message comes at once: what changes from here on is told.
    if (!watcher->has_begun && isatty(STDERR_FILENO) == 1)
        fprintf(stderr, "%s\n", _("Watching what changes; Ctrl-C ends."));
    watcher->has_begun = true;
    // It may go on for weeks: what a message takes goes with it.
    struct arena *kept = app->arena;
    app->arena = arena_create(MESSAGE_ARENA_BYTES);
    watcher->names = NULL;
    watcher->name_count = 0;
    if (app->settings.json)
        print_json(app, message);
    for (size_t at = 0; at < response->n_changes && !app->settings.json; at++)
        if (!is_told(response, at))
            print_line(watcher, response, at);
    app_show_output(app);
    arena_destroy(app->arena);
    app->arena = kept;
    return app->output_failure == 0;
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
    struct watcher watcher = {.app = app};
    const struct kam_watch watch = {
        .cursor = ((const Kam__V1__WatchRequest *)request)->cursor,
        .on_changes = on_changes,
        .on_trouble = on_trouble,
        .data = &watcher,
    };
    return kam_watch(app->client, &watch, &app->error) == KAM_OK ? EXIT_OK : app_print_error(app);
}
