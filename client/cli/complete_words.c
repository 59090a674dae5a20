// SPDX-License-Identifier: Apache-2.0
#include "complete_words.h"

#include <stdlib.h>
#include <string.h>

#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/opportunity.pb-c.h"
#include "kam/v1/search.pb-c.h"
#include "kam/v1/session.pb-c.h"
#include "kam/v1/team.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "message.h"
#include "recent.h"

enum { ROWS = 100, FEWEST_SEARCHED = 2 };

void completions_add(struct completions *found, const char *word, const char *meaning)
{
    // What a terminal would not show as it is cannot be typed either.
    bool is_odd = strcmp(app_clean(found->app, word), word) != 0;
    if (found->count == MOST_COMPLETIONS || *word == '\0' || is_odd ||
        strncmp(word, found->beginning, strlen(found->beginning)) != 0)
        return;
    for (size_t at = 0; at < found->count; at++)
        if (strcmp(found->words[at], word) == 0)
            return;
    found->words[found->count] = word;
    found->meanings[found->count++] = meaning;
}

void completions_want_files(struct completions *found)
{
    found->wants_files = true;
}

// ---- From the server

static ProtobufCMessage *ask(struct app *app, const char *method, ProtobufCMessage *request)
{
    ProtobufCMessage *response;
    bool is_logged_in = *app->credentials.token != '\0' || getenv("KAM_TOKEN") != NULL;
    if (!is_logged_in || app_connect(app) != EXIT_OK || app_try_call(app, method, request, &response) != KAM_OK)
        return NULL;
    return response;
}

static ProtobufCMessage *ask_for_rows(struct app *app, const char *method, ProtobufCMessage *request, int64_t rows)
{
    message_set_integer(request, "page_size", rows);
    return ask(app, method, request);
}

// A word that was begun is searched for; without one, the first of all.
static const Kam__V1__SearchResponse *search(struct app *app, Kam__V1__SearchKind kind, const char *beginning)
{
    static const char method[] = "/kam.v1.SearchService/Search";
    Kam__V1__SearchRequest *request = (Kam__V1__SearchRequest *)app_new_request(app, method);
    message_set_text(&request->base, "text", beginning);
    request->kind = kind;
    return (const Kam__V1__SearchResponse *)ask_for_rows(app, method, &request->base, ROWS);
}

static void complete_accounts(struct app *app, const char *beginning, struct completions *found)
{
    static const char method[] = "/kam.v1.AccountService/ListAccounts";
    if (strlen(beginning) >= FEWEST_SEARCHED) {
        const Kam__V1__SearchResponse *results = search(app, KAM__V1__SEARCH_KIND__SEARCH_KIND_ACCOUNT, beginning);
        for (size_t at = 0; results != NULL && at < results->n_results; at++) {
            completions_add(found, results->results[at]->code, results->results[at]->title);
            completions_add(found, results->results[at]->title, results->results[at]->code);
        }
        if (found->count > 0)
            return;
    }
    const Kam__V1__ListAccountsResponse *list =
        (const Kam__V1__ListAccountsResponse *)ask_for_rows(app, method, app_new_request(app, method), ROWS);
    for (size_t at = 0; list != NULL && at < list->n_accounts; at++) {
        completions_add(found, list->accounts[at]->code, list->accounts[at]->name);
        if (*beginning != '\0')
            completions_add(found, list->accounts[at]->name, list->accounts[at]->code);
    }
}

static void complete_contacts(struct app *app, const char *beginning, struct completions *found)
{
    static const char method[] = "/kam.v1.ContactService/ListContacts";
    if (strlen(beginning) >= FEWEST_SEARCHED) {
        const Kam__V1__SearchResponse *results = search(app, KAM__V1__SEARCH_KIND__SEARCH_KIND_CONTACT, beginning);
        for (size_t at = 0; results != NULL && at < results->n_results; at++)
            completions_add(found, results->results[at]->title, results->results[at]->account_name);
        return;
    }
    const Kam__V1__ListContactsResponse *list =
        (const Kam__V1__ListContactsResponse *)ask_for_rows(app, method, app_new_request(app, method), ROWS);
    for (size_t at = 0; list != NULL && at < list->n_contacts; at++) {
        const Kam__V1__Contact *contact = list->contacts[at];
        completions_add(found, contact->name, contact->n_positions > 0 ? contact->positions[0]->account_name : "");
    }
}

// Open ones; where none of them begins so, a search finds closed ones as well.
static void complete_opportunities(struct app *app, const char *beginning, struct completions *found)
{
    static const char method[] = "/kam.v1.OpportunityService/ListOpportunities";
    const Kam__V1__ListOpportunitiesResponse *list =
        (const Kam__V1__ListOpportunitiesResponse *)ask_for_rows(app, method, app_new_request(app, method), ROWS);
    for (size_t at = 0; list != NULL && at < list->n_opportunities; at++) {
        completions_add(found, list->opportunities[at]->code, list->opportunities[at]->name);
        if (*beginning != '\0')
            completions_add(found, list->opportunities[at]->name, list->opportunities[at]->code);
    }
    if (found->count > 0 || strlen(beginning) < FEWEST_SEARCHED)
        return;
    const Kam__V1__SearchResponse *results = search(app, KAM__V1__SEARCH_KIND__SEARCH_KIND_OPPORTUNITY, beginning);
    for (size_t at = 0; results != NULL && at < results->n_results; at++) {
        completions_add(found, results->results[at]->code, results->results[at]->title);
        completions_add(found, results->results[at]->title, results->results[at]->code);
    }
}

static void complete_users(struct app *app, struct completions *found)
{
    static const char method[] = "/kam.v1.UserService/ListUsers";
    const Kam__V1__ListUsersResponse *list =
        (const Kam__V1__ListUsersResponse *)ask_for_rows(app, method, app_new_request(app, method), 500);
    completions_add(found, "me", app->credentials.name);
    for (size_t at = 0; list != NULL && at < list->n_users; at++) {
        completions_add(found, list->users[at]->login, list->users[at]->name);
        if (*found->beginning != '\0')
            completions_add(found, list->users[at]->name, list->users[at]->login);
    }
}

static void complete_teams(struct app *app, struct completions *found)
{
    static const char method[] = "/kam.v1.TeamService/ListTeams";
    const Kam__V1__ListTeamsResponse *list =
        (const Kam__V1__ListTeamsResponse *)ask_for_rows(app, method, app_new_request(app, method), 500);
    for (size_t at = 0; list != NULL && at < list->n_teams; at++)
        completions_add(found, list->teams[at]->name, list->teams[at]->path);
}

// The caller's planned ones, by their short ids.
static void complete_activities(struct app *app, struct completions *found)
{
    static const char method[] = "/kam.v1.ActivityService/ListActivities";
    Kam__V1__ListActivitiesRequest *request = (Kam__V1__ListActivitiesRequest *)app_new_request(app, method);
    message_set_text(&request->base, "owner_id", app->credentials.user_id);
    request->state = KAM__V1__ACTIVITY_STATE__ACTIVITY_STATE_PLANNED;
    const Kam__V1__ListActivitiesResponse *list =
        (const Kam__V1__ListActivitiesResponse *)ask_for_rows(app, method, &request->base, ROWS);
    for (size_t at = 0; list != NULL && at < list->n_activities; at++) {
        const char *id = list->activities[at]->id;
        recent_remember(app, &id, 1);
        completions_add(found, recent_short_id(id), list->activities[at]->subject);
    }
}

void complete_records(struct app *app, enum record_kind kind, const char *beginning, struct completions *found)
{
    found->beginning = beginning;
    switch (kind) {
    case RECORD_ACCOUNT:
    case RECORD_ANY_ACCOUNT:
    case RECORD_ANY:
        complete_accounts(app, beginning, found);
        break;
    case RECORD_CONTACT:
    case RECORD_POSITION:
        complete_contacts(app, beginning, found);
        break;
    case RECORD_OPPORTUNITY:
        complete_opportunities(app, beginning, found);
        break;
    case RECORD_USER:
        complete_users(app, found);
        break;
    case RECORD_TEAM:
        complete_teams(app, found);
        break;
    case RECORD_ACTIVITY:
        complete_activities(app, found);
        break;
    default:
        break;
    }
}

// ---- bash

// A word without its quotes, as far as it was typed. quote_r: the one that is still open.
static char *unquote(struct arena *arena, const char *raw, char *quote_r)
{
    char *word = arena_strdup(arena, raw);
    char *to = word;
    char quote = '\0';
    for (const char *at = raw; *at != '\0'; at++) {
        bool is_escaped =
            *at == '\\' && quote != '\'' && at[1] != '\0' && (quote == '\0' || strchr("\"\\$`", at[1]) != NULL);
        if (is_escaped)
            *to++ = *++at;
        else if (*at == '\\' && quote == '\0')
            break; // the character that follows is still to come
        else if (quote == '\0' && (*at == '\'' || *at == '"'))
            quote = *at;
        else if (quote != '\0' && *at == quote)
            quote = '\0';
        else
            *to++ = *at;
    }
    *to = '\0';
    *quote_r = quote;
    return word;
}

void completions_read_bash(struct completions *found, char *const **words, int *count)
{
    struct arena *arena = found->app->arena;
    char **meant = arena_alloc(arena, ((size_t)*count + 1) * sizeof *meant);
    int used = 0;
    for (int at = 0; at < *count; at++) {
        char quote;
        char *word = unquote(arena, (*words)[at], &quote);
        bool is_last = at + 1 == *count;
        // bash cuts "--state=planned" into three.
        bool is_equals = strcmp((*words)[at], "=") == 0 && used > 0 && strncmp(meant[used - 1], "--", 2) == 0;
        bool is_value = at > 0 && used > 0 && strcmp((*words)[at - 1], "=") == 0 &&
                        strncmp(meant[used - 1], "--", 2) == 0 && strchr(meant[used - 1], '=') != NULL;
        if (is_equals || is_value)
            meant[used - 1] = arena_printf(arena, "%s%s", meant[used - 1], word);
        else
            meant[used++] = word;
        if (is_last)
            found->quote = quote;
    }
    *words = meant;
    *count = used;
}

// As the shell has to find it: bash puts the words in as they are, after the quote that was typed.
static void print_quoted(FILE *out, const char *word, char quote)
{
    static const char special[] = " \t\"'`$\\!&;|<>()[]{}*?#~=:^";
    for (const char *at = word; *at != '\0'; at++) {
        if (quote == '\'' && *at == '\'') {
            fputs("'\\''", out);
            continue;
        }
        if ((quote == '\0' && strchr(special, *at) != NULL) || (quote == '"' && strchr("\"\\$`", *at) != NULL))
            fputc('\\', out);
        fputc(*at, out);
    }
    fputc('\n', out);
}

void completions_print(struct completions *found)
{
    FILE *out = found->app->out;
    if (found->wants_files) {
        fputs(":files\n", out);
        return;
    }
    for (size_t at = 0; at < found->count; at++) {
        if (found->is_bash)
            print_quoted(out, found->words[at], found->quote);
        else
            fprintf(out, "%s\t%s\n", found->words[at], app_clean(found->app, found->meanings[at]));
    }
}
