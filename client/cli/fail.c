// SPDX-License-Identifier: Apache-2.0
// Errors for people: what went wrong, then what to do about it.
#include <string.h>

#include "app.h"
#include "reason.h"

struct known_reason {
    const char *reason;
    const char *message;
    const char *hint;
    bool is_general; // the server's own text says more; for languages in which it has none
};

// Reasons of the server and of libkam whose texts we can say better, and in the user's language.
static const struct known_reason known_reasons[] = {
    {"BAD_CREDENTIALS", N_("the login or the password is wrong"),
     N_("Ask a manager to set a new password if you forgot yours."), false},
    {"TOO_MANY_ATTEMPTS", N_("too many failed attempts"), NULL, false},
    {"ACCOUNT_DUPLICATE", N_("an account that looks like this one exists already"),
     N_("If it is another company, say why: --duplicate-reason \"...\""), false},
    {"VERSION_CONFLICT", N_("somebody changed the record since you looked at it"),
     N_("Look at it again, then repeat the command with what you still want."), false},
    {"NO_SESSION", N_("you are not logged in"), NULL, false},
    {"SERVER_KEY_CHANGED", NULL, N_("If the server was set up anew, and only then: kam login SERVER --forget-key"),
     false},
    {"BAD_CERTIFICATE", NULL, N_("Does --ca (or KAM_CA) name the right file?"), false},
    {"ROLE_NOT_ALLOWED", N_("your role may not do this"), N_("Your role is shown by: kam whoami"), false},
    {"CRITERION_NOT_FOUND", NULL, N_("Criteria and their keys are shown by: kam opportunity check OPPORTUNITY"), false},
    {"NOT_ALLOWED", N_("you may see this record, but not change it this way"), NULL, true},
    {"PERMISSION_DENIED", N_("you may not do this"), NULL, true},
    {"NOT_FOUND", N_("there is no such record within your reach"), NULL, true},
    {"CONCURRENT_CHANGE", N_("somebody changed the same at the same moment"), N_("Repeat the command."), true},
    {"DATABASE_UNAVAILABLE", N_("the server cannot reach its database at the moment"), NULL, true},
    {"SHUTTING_DOWN", N_("the server is stopping"), NULL, true},
    {"QUEUE_FULL", N_("the server has too much to do at the moment"), NULL, true},
    {"MESSAGE_TOO_LARGE", N_("the request is larger than the server takes"), NULL, true},
    {"SERVICE_UNKNOWN", N_("the server does not know this call; is it older than kam?"), NULL, true},
    {"UNREACHABLE", NULL, N_("Is kamd running there, and is the network up?"), false},
};

static const struct known_reason *find_reason(const char *reason)
{
    for (size_t at = 0; at < sizeof known_reasons / sizeof known_reasons[0]; at++)
        if (strcmp(known_reasons[at].reason, reason) == 0)
            return &known_reasons[at];
    return NULL;
}

// The server's text in the user's language, else one of ours that says the same in fewer words, else as it came.
static const char *message_of(struct app *app, const struct kam_error *error, const struct known_reason *known)
{
    if (known != NULL && known->message != NULL && !known->is_general)
        return _(known->message);
    const char *own = reason_translate(app->arena, error, "", error->reason, error->message);
    if (own != NULL)
        return own;
    const char *ours = known == NULL || known->message == NULL ? NULL : _(known->message);
    return ours == NULL || ours == known->message ? error->message : ours;
}

// The same of one of the error's details.
static const char *description_of(struct app *app, const struct kam_error *error, const char *list, size_t at,
                                  const char *reason, const char *english)
{
    const char *own =
        reason_translate(app->arena, error, arena_printf(app->arena, "%s_%zu_", list, at), reason, english);
    return own == NULL ? english : own;
}

static const char *violation_text(struct app *app, const struct kam_error *error, size_t at)
{
    const struct kam_violation *violation = &error->violations[at];
    return description_of(app, error, "violations", at, violation->reason, violation->description);
}

static enum exit_code exit_code_of(const struct kam_error *error)
{
    if (strcmp(error->reason, "SERVER_KEY_CHANGED") == 0 || strcmp(error->reason, "BAD_CERTIFICATE") == 0)
        return EXIT_UNREACHABLE;
    switch (error->code) {
    case KAM_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case KAM_UNAUTHENTICATED:
    case KAM_PERMISSION_DENIED:
        return EXIT_NOT_PERMITTED;
    case KAM_FAILED_PRECONDITION:
        return EXIT_UNMET;
    case KAM_ABORTED:
        return EXIT_CONFLICT;
    case KAM_UNAVAILABLE:
    case KAM_DEADLINE_EXCEEDED:
        return EXIT_UNREACHABLE;
    default:
        return EXIT_REFUSED;
    }
}

// "need.contact_id" as it is typed: "contact".
static const char *typed_name(struct app *app, const char *path)
{
    static const char end[] = "_id";
    const char *last = strrchr(path, '.');
    char *name = arena_strdup(app->arena, last == NULL ? path : last + 1);
    size_t length = strlen(name);
    if (length > strlen(end) && strcmp(name + length - strlen(end), end) == 0)
        name[length - strlen(end)] = '\0';
    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return name;
}

static void print_details(struct app *app, const struct kam_error *error)
{
    for (size_t at = 0; error->violation_count > 1 && at < error->violation_count; at++)
        app_hint(app, "%s: %s", typed_name(app, error->violations[at].field), violation_text(app, error, at));
    for (size_t at = 0; at < error->precondition_count; at++) {
        const struct kam_precondition *one = &error->preconditions[at];
        app_hint(app, "%s %s", one->subject,
                 description_of(app, error, "preconditions", at, one->type, one->description));
    }
    for (size_t at = 0; at < error->resource_count; at++)
        app_hint(app, "%s  %s  %s", error->resources[at].name, error->resources[at].owner,
                 description_of(app, error, "resources", at, "", error->resources[at].description));
    if (error->has_conflict)
        app_hint(app, _("version %lld, by %s:"), (long long)error->conflict_version, error->conflict_by);
    for (size_t at = 0; at < error->conflict_field_count; at++) {
        app_hint(app, "%s", error->conflict_fields[at].field);
        app_hint(app, _("  yours:  %s"), error->conflict_fields[at].yours);
        app_hint(app, _("  theirs: %s"), error->conflict_fields[at].theirs);
    }
}

enum exit_code app_print_error(struct app *app)
{
    const struct kam_error *error = &app->error;
    const struct known_reason *known = find_reason(error->reason);
    enum exit_code code = exit_code_of(error);
    bool is_session_gone = error->code == KAM_UNAUTHENTICATED && strcmp(error->reason, "BAD_CREDENTIALS") != 0;
    if (is_session_gone)
        app_refuse(app, code, _("you are not logged in to %s, or the session has ended"), app_server(app));
    else if (error->violation_count == 1 && error->code == KAM_INVALID_ARGUMENT)
        app_refuse(app, code, "%s: %s", typed_name(app, error->violations[0].field), violation_text(app, error, 0));
    else if (error->violation_count > 1)
        app_refuse(app, code, "%s", _("some of this is not right:"));
    else
        app_refuse(app, code, "%s", message_of(app, error, known));
    print_details(app, error);
    if (is_session_gone)
        app_hint(app, _("Log in: kam login %s"), app_server(app));
    else if (known != NULL && known->hint != NULL)
        app_hint(app, "%s", _(known->hint));
    if (error->retry_after_ms > 0)
        app_hint(app, _("Try again in %lld seconds."), (long long)(error->retry_after_ms + 999) / 1000);
    if (error->is_uncertain && (error->code == KAM_UNAVAILABLE || error->code == KAM_DEADLINE_EXCEEDED))
        app_hint(app, _("A change may have been made all the same: look before you repeat it."));
    return code;
}
