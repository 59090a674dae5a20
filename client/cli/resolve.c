// SPDX-License-Identifier: Apache-2.0
#include "resolve.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/uuid.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/engagement.pb-c.h"
#include "kam/v1/search.pb-c.h"
#include "kam/v1/session.pb-c.h"
#include "kam/v1/target.pb-c.h"
#include "kam/v1/team.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "message.h"
#include "recent.h"
#include "text.h"

enum { MOST_CANDIDATES = 20, MOST_MENTIONS = 5 };

// What a text may mean, with what tells it from the others.
struct candidates {
    const char *ids[MOST_CANDIDATES], *lines[MOST_CANDIDATES];
    size_t count, exact_count, exact;
};

static const char *const kind_names[] = {
    [RECORD_ACCOUNT] = N_("account"),
    [RECORD_CONTACT] = N_("contact"),
    [RECORD_POSITION] = N_("position"),
    [RECORD_ACTIVITY] = N_("activity"),
    [RECORD_USER] = N_("user"),
    [RECORD_TEAM] = N_("team"),
    [RECORD_SESSION] = N_("session"),
    [RECORD_ANY] = N_("record"),
    [RECORD_ANY_ACCOUNT] = N_("account"),
    [RECORD_LISTED] = N_("record"),
    [RECORD_TARGET_LIST] = N_("target list"),
    [RECORD_PLAN] = N_("plan"),
    [RECORD_ROUTE] = N_("route"),
    [RECORD_OPPORTUNITY] = N_("opportunity"),
    [RECORD_ENGAGEMENT] = N_("engagement plan"),
    [RECORD_MERGED_ACCOUNT] = N_("account"),
};

// An exact match is kept even where there are too many others.
static void add_candidate(struct candidates *all, const char *id, const char *line, bool is_exact)
{
    if (all->count == MOST_CANDIDATES && !is_exact)
        return;
    size_t at = all->count < MOST_CANDIDATES ? all->count++ : MOST_CANDIDATES - 1;
    all->ids[at] = id;
    all->lines[at] = line;
    if (is_exact) {
        all->exact = at;
        all->exact_count++;
    }
}

static bool is_short_id(const char *text)
{
    return strlen(text) == SHORT_ID_CHARACTERS && strspn(text, "0123456789abcdef") == SHORT_ID_CHARACTERS;
}

static enum exit_code choose(struct app *app, enum record_kind kind, const char *text, const struct candidates *all,
                             struct reference *reference_r)
{
    if (all->count == 0) {
        app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'"), _(kind_names[kind]), text);
        if (is_short_id(text))
            app_hint(app, "%s", _("Short ids are those your own lists and searches showed lately: list it first."));
        return EXIT_NOT_FOUND;
    }
    size_t chosen = all->exact_count == 1 ? all->exact : 0;
    if (all->exact_count != 1 && all->count > 1) {
        app_refuse(app, EXIT_USAGE, _("'%s' fits more than one %s:"), text, _(kind_names[kind]));
        for (size_t at = 0; at < all->count; at++)
            app_hint(app, "%s", app_clean(app, all->lines[at]));
        return EXIT_USAGE;
    }
    snprintf(reference_r->id, sizeof reference_r->id, "%s", all->ids[chosen]);
    return EXIT_OK;
}

// True when each word of the text is in the name, as a search reads both: whatever the case and the width of letters.
static bool is_in_name(struct app *app, const char *name, const char *text)
{
    const char *folded = text_fold(app->arena, name);
    const char *words = text_fold(app->arena, text);
    for (const char *at = words + strspn(words, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (memmem(folded, strlen(folded), at, length) == NULL)
            return false;
        at += length;
    }
    return true;
}

// Whether the text is in one of the record's other names, which a search result does not show.
static bool is_other_name(struct app *app, Kam__V1__SearchKind kind, const char *id, const char *text)
{
    if (kind != KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT && kind != KAM__V1__SEARCH_KIND__SEARCH_KIND_CONTACT)
        return false;
    const char *method = kind == KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT ? "/kam.v1.AccountService/GetAccount"
                                                                           : "/kam.v1.ContactService/GetContact";
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "id", id);
    if (app_try_call(app, method, request, &response) != KAM_OK)
        return false;
    const ProtobufCFieldDescriptor *names = message_find_field(response->descriptor, "other_names");
    for (size_t at = 0; at < message_count(response, names); at++)
        if (is_in_name(app, *(char *const *)message_value(response, names, at), text))
            return true;
    return false;
}

static enum exit_code collect_users(struct app *app, const char *text, struct candidates *all)
{
    static const char list[] = "/kam.v1.UserService/ListUsers";
    Kam__V1__ListUsersRequest *page = (Kam__V1__ListUsersRequest *)app_new_request(app, list);
    page->page_size = 500;
    page->include_disabled = true;
    do {
        ProtobufCMessage *response;
        enum exit_code failure = app_call(app, list, &page->base, &response);
        if (failure != EXIT_OK)
            return failure;
        const Kam__V1__ListUsersResponse *users = (const Kam__V1__ListUsersResponse *)response;
        for (size_t at = 0; at < users->n_users; at++) {
            const Kam__V1__User *user = users->users[at];
            bool is_exact = strcasecmp(user->name, text) == 0 || strcmp(user->login, text) == 0;
            if (is_exact || strcasestr(user->name, text) != NULL)
                add_candidate(all, user->id,
                              arena_printf(app->arena, "%s  %s  %s", user->login, user->name, user->team_name),
                              is_exact);
        }
        message_set_text(&page->base, "page_token", users->next_page_token);
    } while (*page->page_token != '\0');
    return EXIT_OK;
}

static enum exit_code user_by_name(struct app *app, const char *text, struct reference *reference_r)
{
    static const char get[] = "/kam.v1.UserService/GetUser";
    if (strcmp(text, "me") == 0 && *app->credentials.user_id != '\0') {
        snprintf(reference_r->id, sizeof reference_r->id, "%s", app->credentials.user_id);
        return EXIT_OK;
    }
    ProtobufCMessage *request = app_new_request(app, get), *response;
    message_set_text(request, "login", text);
    enum exit_code failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    if (app_try_call(app, get, request, &response) == KAM_OK) {
        snprintf(reference_r->id, sizeof reference_r->id, "%s", message_text(response, "id"));
        reference_r->version = message_integer(response, "version");
        return EXIT_OK;
    }
    if (app->error.code != KAM_NOT_FOUND && app->error.code != KAM_INVALID_ARGUMENT)
        return app_print_error(app);
    struct candidates all = {0};
    failure = collect_users(app, text, &all);
    return failure == EXIT_OK ? choose(app, RECORD_USER, text, &all, reference_r) : failure;
}

static enum exit_code collect_teams(struct app *app, const char *text, struct candidates *all)
{
    static const char list[] = "/kam.v1.TeamService/ListTeams";
    Kam__V1__ListTeamsRequest *page = (Kam__V1__ListTeamsRequest *)app_new_request(app, list);
    page->page_size = 500;
    do {
        ProtobufCMessage *response;
        enum exit_code failure = app_call(app, list, &page->base, &response);
        if (failure != EXIT_OK)
            return failure;
        const Kam__V1__ListTeamsResponse *teams = (const Kam__V1__ListTeamsResponse *)response;
        for (size_t at = 0; at < teams->n_teams; at++) {
            const Kam__V1__Team *team = teams->teams[at];
            if (strcasestr(team->path, text) != NULL || strcasestr(team->name, text) != NULL)
                add_candidate(all, team->id, team->path,
                              strcasecmp(team->name, text) == 0 || strcasecmp(team->path, text) == 0);
        }
        message_set_text(&page->base, "page_token", teams->next_page_token);
    } while (*page->page_token != '\0');
    return EXIT_OK;
}

static enum exit_code team_by_name(struct app *app, const char *text, struct reference *reference_r)
{
    struct candidates all = {0};
    enum exit_code failure = collect_teams(app, text, &all);
    return failure == EXIT_OK ? choose(app, RECORD_TEAM, text, &all, reference_r) : failure;
}

static enum exit_code target_list_by_name(struct app *app, const char *text, struct reference *reference_r)
{
    static const char method[] = "/kam.v1.TargetService/ListTargetLists";
    Kam__V1__ListTargetListsRequest *page = (Kam__V1__ListTargetListsRequest *)app_new_request(app, method);
    struct candidates all = {0};
    page->page_size = 50;
    page->include_ended = true;
    do {
        ProtobufCMessage *response;
        enum exit_code failure = app_call(app, method, &page->base, &response);
        if (failure != EXIT_OK)
            return failure;
        const Kam__V1__ListTargetListsResponse *lists = (const Kam__V1__ListTargetListsResponse *)response;
        for (size_t at = 0; at < lists->n_lists; at++) {
            const Kam__V1__TargetList *list = lists->lists[at];
            if (is_in_name(app, list->name, text))
                add_candidate(
                    &all, list->id,
                    arena_printf(app->arena, "%s  %s  %s", recent_short_id(list->id), list->name, list->owner_name),
                    strcmp(text_fold(app->arena, list->name), text_fold(app->arena, text)) == 0);
            recent_remember(app, (const char *const[]){list->id}, 1);
        }
        message_set_text(&page->base, "page_token", lists->next_page_token);
    } while (*page->page_token != '\0');
    return choose(app, RECORD_TARGET_LIST, text, &all, reference_r);
}

// Searches do not find retired accounts; who wants to look at one or to restore it may still use its name.
static enum exit_code collect_retired_accounts(struct app *app, const char *text, struct candidates *all)
{
    static const char list[] = "/kam.v1.AccountService/ListAccounts";
    Kam__V1__ListAccountsRequest *page = (Kam__V1__ListAccountsRequest *)app_new_request(app, list);
    page->page_size = 500;
    page->include_retired = true;
    do {
        ProtobufCMessage *response;
        enum exit_code failure = app_call(app, list, &page->base, &response);
        if (failure != EXIT_OK)
            return failure;
        const Kam__V1__ListAccountsResponse *accounts = (const Kam__V1__ListAccountsResponse *)response;
        for (size_t at = 0; at < accounts->n_accounts; at++) {
            const Kam__V1__Account *account = accounts->accounts[at];
            bool is_meant = is_in_name(app, account->name, text);
            for (size_t other = 0; other < account->n_other_names && !is_meant; other++)
                is_meant = is_in_name(app, account->other_names[other], text);
            if (account->retire_time != NULL && is_meant)
                add_candidate(all, account->id,
                              arena_printf(app->arena, "%s  %s  %s", account->code, account->name, _("retired")),
                              strcmp(text_fold(app->arena, account->name), text_fold(app->arena, text)) == 0);
        }
        message_set_text(&page->base, "page_token", accounts->next_page_token);
    } while (*page->page_token != '\0');
    return EXIT_OK;
}

// What a search does not look through.
static enum exit_code collect_others(struct app *app, enum record_kind kind, const char *text, struct candidates *all)
{
    enum exit_code failure = EXIT_OK;
    if (kind == RECORD_ANY || kind == RECORD_ANY_ACCOUNT)
        failure = collect_retired_accounts(app, text, all);
    if (failure == EXIT_OK && kind == RECORD_ANY && all->count == 0)
        failure = collect_users(app, text, all);
    if (failure == EXIT_OK && kind == RECORD_ANY && all->count == 0)
        failure = collect_teams(app, text, all);
    return failure;
}

// A search finds what speaks of the text as well ("pumps" in the products); only a record that is called so may be
// meant.
static enum exit_code by_search(struct app *app, enum record_kind kind, const char *text, struct reference *reference_r)
{
    static const Kam__V1__SearchKind kinds[] = {[RECORD_ACCOUNT] = KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT,
                                                [RECORD_CONTACT] = KAM__V1__SEARCH_KIND__SEARCH_KIND_CONTACT,
                                                [RECORD_ACTIVITY] = KAM__V1__SEARCH_KIND__SEARCH_KIND_ACTIVITY,
                                                [RECORD_ANY] = KAM__V1__SEARCH_KIND__SEARCH_KIND_UNSPECIFIED,
                                                [RECORD_ANY_ACCOUNT] = KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT,
                                                [RECORD_OPPORTUNITY] = KAM__V1__SEARCH_KIND__SEARCH_KIND_OPPORTUNITY};
    static const char method[] = "/kam.v1.SearchService/Search";
    ProtobufCMessage *response;
    Kam__V1__SearchRequest *request = (Kam__V1__SearchRequest *)app_new_request(app, method);
    message_set_text(&request->base, "text", text);
    request->kind = kinds[kind];
    request->page_size = MOST_CANDIDATES;
    enum exit_code failure = app_call(app, method, &request->base, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__SearchResponse *found = (const Kam__V1__SearchResponse *)response;
    struct candidates all = {0};
    const char *mentions[MOST_MENTIONS];
    size_t mention_count = 0;
    for (size_t at = 0; at < found->n_results; at++) {
        const Kam__V1__SearchResult *result = found->results[at];
        const char *handle = *result->code != '\0' ? result->code : recent_short_id(result->id);
        const char *line = result->kind == KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT
                               ? arena_printf(app->arena, "%s  %s  %s", handle, result->title, result->snippet)
                               : arena_printf(app->arena, "%s  %s  %s  %s", handle, result->title, result->account_name,
                                              result->snippet);
        recent_remember(app, (const char *const[]){result->id}, 1);
        // What hangs on an archive is called as accounts are ("Bolt Brothers", who supply), and goes by its short id.
        bool is_of_archive = result->kind > KAM__V1__SEARCH_KIND__SEARCH_KIND_OBJECTION_ENTRY &&
                             result->kind <= KAM__V1__SEARCH_KIND__SEARCH_KIND_EVENT;
        if (!is_of_archive &&
            (is_in_name(app, result->title, text) || is_other_name(app, result->kind, result->id, text)))
            add_candidate(&all, result->id, line,
                          strcmp(text_fold(app->arena, result->title), text_fold(app->arena, text)) == 0);
        else if (mention_count < MOST_MENTIONS)
            mentions[mention_count++] = line;
    }
    failure = all.count == 0 ? collect_others(app, kind, text, &all) : EXIT_OK;
    if (failure != EXIT_OK)
        return failure;
    if (all.count == 0 && mention_count > 0) {
        app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'; it is found in:"), _(kind_names[kind]), text);
        for (size_t at = 0; at < mention_count; at++)
            app_hint(app, "%s", app_clean(app, mentions[at]));
        return EXIT_NOT_FOUND;
    }
    return choose(app, kind, text, &all, reference_r);
}

const char *resolve_code(struct app *app, const char *text)
{
    enum { MOST_LETTERS = 4 }; // of company.account_code_prefix
    size_t letters = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    if (letters == 0 || letters > MOST_LETTERS || text[letters] != '-' || text[letters + 1] == '\0' ||
        strspn(text + letters + 1, "0123456789-") != strlen(text + letters + 1))
        return NULL;
    char *code = arena_strdup(app->arena, text);
    for (char *at = code; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    return code;
}

void resolve_note_merged(struct app *app, const ProtobufCMessage *account)
{
    fprintf(stderr, _("%s %s was merged into %s %s.\n"), app_clean(app, message_text(account, "code")),
            app_clean(app, message_text(account, "name")), app_clean(app, message_text(account, "merged_into_code")),
            app_clean(app, message_text(account, "merged_into_name")));
}

// The code of a merged account means the one that remains.
static enum exit_code account_by_code(struct app *app, enum record_kind kind, const char *code,
                                      struct reference *reference_r)
{
    static const char method[] = "/kam.v1.AccountService/GetAccount";
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "code", code);
    enum exit_code failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    if (app_try_call(app, method, request, &response) != KAM_OK) {
        if (app->error.code != KAM_NOT_FOUND)
            return app_print_error(app);
        app_refuse(app, EXIT_NOT_FOUND, _("no account within your reach has the code %s"), code);
        return EXIT_NOT_FOUND;
    }
    while (kind != RECORD_MERGED_ACCOUNT && *message_text(response, "merged_into_id") != '\0') {
        resolve_note_merged(app, response);
        request = app_new_request(app, method);
        message_set_text(request, "id", message_text(response, "merged_into_id"));
        failure = app_call(app, method, request, &response);
        if (failure != EXIT_OK)
            return failure;
    }
    snprintf(reference_r->id, sizeof reference_r->id, "%s", message_text(response, "id"));
    reference_r->version = message_integer(response, "version");
    return EXIT_OK;
}

static bool is_opportunity_code(const char *code)
{
    return code != NULL && strncmp(code, "O-", 2) == 0;
}

static enum exit_code opportunity_by_code(struct app *app, enum record_kind kind, const char *code,
                                          struct reference *reference_r)
{
    static const char method[] = "/kam.v1.OpportunityService/GetOpportunity";
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "code", code);
    enum exit_code failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    if (app_try_call(app, method, request, &response) != KAM_OK) {
        if (app->error.code == KAM_NOT_FOUND && kind == RECORD_ANY) // accounts may have codes that begin so
            return account_by_code(app, kind, code, reference_r);
        return app->error.code == KAM_NOT_FOUND
                   ? app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'"), _(kind_names[kind]), code)
                   : app_print_error(app);
    }
    snprintf(reference_r->id, sizeof reference_r->id, "%s", message_text(response, "id"));
    reference_r->version = message_integer(response, "version");
    return EXIT_OK;
}

// Searches find what remains; the merged account itself is among the retired ones.
static enum exit_code merged_account_by_name(struct app *app, const char *text, struct reference *reference_r)
{
    struct candidates all = {0};
    enum exit_code failure = collect_retired_accounts(app, text, &all);
    return failure == EXIT_OK ? choose(app, RECORD_MERGED_ACCOUNT, text, &all, reference_r) : failure;
}

static enum exit_code session_by_id(struct app *app, const char *text, struct reference *reference_r)
{
    static const char list[] = "/kam.v1.SessionService/ListSessions";
    ProtobufCMessage *request = app_new_request(app, list), *response;
    enum exit_code failure = app_call(app, list, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__ListSessionsResponse *sessions = (const Kam__V1__ListSessionsResponse *)response;
    struct candidates all = {0};
    for (size_t at = 0; at < sessions->n_sessions; at++) {
        const Kam__V1__Session *session = sessions->sessions[at];
        if (strcasecmp(recent_short_id(session->id), text) == 0 || strcasestr(session->device, text) != NULL)
            add_candidate(
                &all, session->id,
                arena_printf(app->arena, "%s  %s  %s", recent_short_id(session->id), session->device, session->address),
                strcasecmp(recent_short_id(session->id), text) == 0);
    }
    return choose(app, RECORD_SESSION, text, &all, reference_r);
}

// The position of a contact: the one there is, or the one at the account that is named.
static enum exit_code position_of_contact(struct app *app, const char *text, const char *at,
                                          struct reference *reference_r)
{
    static const char get[] = "/kam.v1.ContactService/GetContact";
    struct reference contact = {0}, account = {0};
    enum exit_code failure = resolve_record(app, RECORD_CONTACT, text, NULL, &contact);
    if (failure == EXIT_OK && at != NULL)
        failure = resolve_record(app, RECORD_ACCOUNT, at, NULL, &account);
    if (failure != EXIT_OK)
        return failure;
    ProtobufCMessage *request = app_new_request(app, get), *response;
    message_set_text(request, "id", contact.id);
    failure = app_call(app, get, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__Contact *person = (const Kam__V1__Contact *)response;
    struct candidates all = {0};
    for (size_t index = 0; index < person->n_positions; index++) {
        const Kam__V1__Position *position = person->positions[index];
        bool is_meant = at == NULL ? position->ended_on == NULL : strcmp(position->account_id, account.id) == 0;
        // Of who came back to an account the present one is meant; it stands first.
        if (!is_meant || (at != NULL && position->ended_on != NULL && all.count > 0))
            continue;
        reference_r->version = position->version;
        snprintf(reference_r->account_id, sizeof reference_r->account_id, "%s", position->account_id);
        add_candidate(&all, position->id,
                      arena_printf(app->arena, "--at \"%s\"  %s", position->account_name, position->title), false);
    }
    return choose(app, RECORD_POSITION, text, &all, reference_r);
}

// What no search finds, by the title of a row of its list.
static enum exit_code by_list(struct app *app, enum record_kind kind, const char *method, const char *title,
                              const char *text, struct reference *reference_r)
{
    ProtobufCMessage *request = app_new_request(app, method), *response;
    struct candidates all = {0};
    message_set_integer(request, "page_size", 500);
    do {
        enum exit_code failure = app_call(app, method, request, &response);
        if (failure != EXIT_OK)
            return failure;
        const ProtobufCFieldDescriptor *rows = &response->descriptor->fields[0];
        for (size_t at = 0; at < message_count(response, rows); at++) {
            const ProtobufCMessage *row = *(ProtobufCMessage *const *)message_value(response, rows, at);
            const char *id = message_text(row, "id"), *name = message_text(row, title);
            if (!is_in_name(app, name, text))
                continue;
            recent_remember(app, &id, 1);
            const char *where = kind == RECORD_PLAN ? message_text(row, "account_name") : "";
            add_candidate(&all, id,
                          arena_printf(app->arena, "%s  %s  %s  %s", recent_short_id(id), name, where,
                                       message_text(row, "owner_name")),
                          strcmp(text_fold(app->arena, name), text_fold(app->arena, text)) == 0);
        }
        message_set_text(request, "page_token", message_text(response, "next_page_token"));
    } while (*message_text(request, "page_token") != '\0');
    return choose(app, kind, text, &all, reference_r);
}

// The open engagement plan of an account.
static enum exit_code engagement_of_account(struct app *app, const char *text, struct reference *reference_r)
{
    static const char method[] = "/kam.v1.EngagementService/ListEngagementPlans";
    struct reference account = {0};
    enum exit_code failure = resolve_record(app, RECORD_ACCOUNT, text, NULL, &account);
    if (failure != EXIT_OK)
        return failure;
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "account_id", account.id);
    message_set_integer(request, "page_size", MOST_CANDIDATES);
    failure = app_call(app, method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__ListEngagementPlansResponse *plans = (const Kam__V1__ListEngagementPlansResponse *)response;
    struct candidates all = {0};
    for (size_t at = 0; at < plans->n_plans; at++) {
        const Kam__V1__EngagementPlan *plan = plans->plans[at];
        recent_remember(app, (const char *const[]){plan->id}, 1);
        add_candidate(&all, plan->id,
                      arena_printf(app->arena, "%s  %s  %s  %s", recent_short_id(plan->id), plan->account_name,
                                   plan->goal_name, plan->opportunity_name),
                      false);
    }
    return choose(app, RECORD_ENGAGEMENT, text, &all, reference_r);
}

enum exit_code resolve_record(struct app *app, enum record_kind kind, const char *text, const char *at,
                              struct reference *reference_r)
{
    uint8_t uuid[UUID_BYTES];
    *reference_r = (struct reference){0};
    if (uuid_parse(text, uuid) && kind != RECORD_POSITION) {
        uuid_format(uuid, reference_r->id);
        return EXIT_OK;
    }
    bool has_short_ids =
        kind != RECORD_USER && kind != RECORD_TEAM && kind != RECORD_POSITION && kind != RECORD_SESSION;
    if (has_short_ids && recent_find(app, text, reference_r->id))
        return EXIT_OK;
    const char *code = resolve_code(app, text);
    switch (kind) {
    case RECORD_USER:
        return user_by_name(app, text, reference_r);
    case RECORD_TEAM:
        return team_by_name(app, text, reference_r);
    case RECORD_MERGED_ACCOUNT:
        return code != NULL ? account_by_code(app, kind, code, reference_r)
                            : merged_account_by_name(app, text, reference_r);
    case RECORD_TARGET_LIST:
        return target_list_by_name(app, text, reference_r);
    case RECORD_SESSION:
        return recent_find(app, text, reference_r->id) ? EXIT_OK : session_by_id(app, text, reference_r);
    case RECORD_POSITION:
        return position_of_contact(app, text, at, reference_r);
    case RECORD_LISTED:
        app_refuse(app, EXIT_NOT_FOUND, _("no %s is called '%s'"), _(kind_names[kind]), text);
        app_hint(app, "%s", _("Name it by the short id that its list shows."));
        return EXIT_NOT_FOUND;
    case RECORD_PLAN:
        return by_list(app, kind, "/kam.v1.VisitPlanService/ListVisitPlans", "subject", text, reference_r);
    case RECORD_ENGAGEMENT:
        return engagement_of_account(app, text, reference_r);
    case RECORD_ROUTE:
        return by_list(app, kind, "/kam.v1.RouteService/ListRoutes", "name", text, reference_r);
    case RECORD_OPPORTUNITY:
        return is_opportunity_code(code) ? opportunity_by_code(app, kind, code, reference_r)
                                         : by_search(app, kind, text, reference_r);
    case RECORD_ACCOUNT:
    case RECORD_ANY_ACCOUNT:
    case RECORD_ANY:
        if (kind == RECORD_ANY && is_opportunity_code(code))
            return opportunity_by_code(app, kind, code, reference_r);
        if (code != NULL)
            return account_by_code(app, kind, code, reference_r);
        return by_search(app, kind, text, reference_r);
    default:
        return by_search(app, kind, text, reference_r);
    }
}
