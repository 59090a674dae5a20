// SPDX-License-Identifier: Apache-2.0
// kam login, logout, whoami, passwd, session ...
#include "session_commands.h"

#include <string.h>
#include <unistd.h>

#include "credentials.h"
#include "kam/v1/session.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "message.h"
#include "output.h"
#include "overview_commands.h"
#include "prompt.h"
#include "value.h"
#include "when.h"

#define SERVICE "/kam.v1.SessionService/"

static const char *device_name(struct app *app)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    return arena_printf(app->arena, "kam %s on %s", KAM_VERSION, host);
}

static enum exit_code need_password(struct app *app, struct invocation *invocation, const char *question,
                                    const char **password_r)
{
    *password_r = invocation_flag(invocation, "password-stdin") != NULL ? prompt_read_stdin_line(app)
                                                                        : prompt_password(app, question);
    if (*password_r != NULL && **password_r != '\0')
        return EXIT_OK;
    app_refuse(app, EXIT_USAGE, _("no password given"));
    app_hint(app, _("In scripts: printf '%%s\\n' \"$PASSWORD\" | kam %s --password-stdin"), invocation->command->name);
    return EXIT_USAGE;
}

static void keep_user(struct app *app, const Kam__V1__User *user)
{
    const ProtobufCFieldDescriptor *role = message_find_field(user->base.descriptor, "role");
    app->credentials.login = arena_strdup(app->arena, user->login);
    app->credentials.user_id = arena_strdup(app->arena, user->id);
    app->credentials.name = arena_strdup(app->arena, user->name);
    app->credentials.role = value_format_plain(app->arena, &user->base, role, 0);
    app->credentials.time_zone = arena_strdup(app->arena, user->time_zone);
}

static enum exit_code login(struct app *app, struct invocation *invocation)
{
    static const char method[] = SERVICE "Login";
    // With the server given as an option, the word is the login.
    const char *user = invocation_flag(invocation, "user"), *password;
    if (invocation->word_count > 0 && app->settings.server != NULL && user == NULL)
        user = invocation->words[0];
    else if (invocation->word_count > 0)
        app->settings.server = invocation->words[0];
    if (*app_server(app) == '\0')
        app->settings.server = "localhost";
    if (invocation_flag(invocation, "forget-key") != NULL &&
        !kam_forget_server(app->home, app_server(app), &app->error) && app->error.code != KAM_OK)
        return app_print_error(app);
    // An old token has no business at a login, least of all at another server's.
    const char *server = app_server(app);
    app->credentials.token = "";
    enum exit_code failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    kam_set_token(app->client, NULL);
    if (user == NULL && app->is_interactive)
        user = prompt_line(app, _("Login"));
    if (user == NULL || *user == '\0') {
        app_refuse(app, EXIT_USAGE, _("who are you? --user LOGIN is missing"));
        return EXIT_USAGE;
    }
    failure = need_password(app, invocation, _("Password"), &password);
    if (failure != EXIT_OK)
        return failure;
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "login", user);
    message_set_text(request, "password", password);
    message_set_text(request, "device", device_name(app));
    failure = app_call(app, method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__LoginResponse *session = (const Kam__V1__LoginResponse *)response;
    if (session->user == NULL)
        return app_refuse(app, EXIT_REFUSED, _("the server's answer has no user"));
    app->credentials.server = server;
    app->credentials.token = session->token;
    keep_user(app, session->user);
    failure = credentials_save(app);
    if (failure != EXIT_OK)
        return failure;
    if (app->settings.json)
        return output_record(app, &session->user->base); // never the token
    const ProtobufCFieldDescriptor *role = message_find_field(session->user->base.descriptor, "role");
    fprintf(app->out, _("Logged in to %s as %s, %s, %s.\n"), server, app_clean(app, session->user->name),
            app_clean(app, value_format(app->arena, &session->user->base, role, 0)),
            app_clean(app, session->user->team_name));
    kam_set_token(app->client, session->token);
    overview_print_summary(app);
    return EXIT_OK;
}

static enum exit_code logout(struct app *app, struct invocation *invocation)
{
    (void)invocation;
    static const char method[] = SERVICE "Logout";
    ProtobufCMessage *request = app_new_request(app, method), *response;
    if (*app->credentials.token == '\0') {
        fprintf(stderr, "%s\n", _("You are not logged in."));
        return EXIT_OK;
    }
    enum exit_code failure = app_connect(app);
    if (failure == EXIT_OK && app_try_call(app, method, request, &response) != KAM_OK &&
        app->error.code != KAM_UNAUTHENTICATED)
        failure = app_print_error(app);
    // The token goes in any case: who logs out wants it gone from this machine.
    credentials_remove(app);
    if (failure == EXIT_OK)
        fprintf(app->out, "%s\n", _("Logged out."));
    else
        app_hint(app, _("The session is forgotten here, but the server may keep it until it expires."));
    return failure;
}

static enum exit_code whoami(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request = app_new_request(app, invocation->command->method), *response;
    enum exit_code failure = app_call(app, invocation->command->method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    failure = output_record(app, response);
    if (failure == EXIT_OK && !app->settings.json && !app->settings.csv && app->settings.columns == NULL)
        fprintf(app->out, "  %s%-20s%s  %s\n", app_dim(app), _("Server"), app_plain(app), kam_server(app->client));
    return failure;
}

static enum exit_code passwd(struct app *app, struct invocation *invocation)
{
    static const char method[] = SERVICE "ChangePassword";
    const char *current, *wanted, *again;
    enum exit_code failure = need_password(app, invocation, _("Current password"), &current);
    if (failure == EXIT_OK)
        failure = need_password(app, invocation, _("New password (at least 10 characters)"), &wanted);
    if (failure != EXIT_OK)
        return failure;
    if (invocation_flag(invocation, "password-stdin") == NULL) {
        again = prompt_password(app, _("New password again"));
        if (again == NULL || strcmp(again, wanted) != 0)
            return app_refuse(app, EXIT_USAGE, _("the two new passwords differ; nothing was changed"));
    }
    ProtobufCMessage *request = app_new_request(app, method), *response;
    message_set_text(request, "current_password", current);
    message_set_text(request, "new_password", wanted);
    failure = app_call(app, method, request, &response);
    if (failure != EXIT_OK)
        return failure;
    fprintf(app->out, "%s\n", _("Password changed. Your other sessions have ended."));
    return EXIT_OK;
}

static const struct flag login_flags[] = {
    {"user", N_("LOGIN"), N_("Who logs in; asked for on a terminal."), false},
    {"forget-key", NULL,
     N_("Forget the server's remembered key and remember the one it shows now. Only if you know why it changed."),
     false},
    {"password-stdin", NULL, N_("Read the password from the first line of standard input."), false},
    {NULL, NULL, NULL, false},
};
static const struct flag passwd_flags[] = {
    {"password-stdin", NULL, N_("Read the current and the new password from two lines of standard input."), false},
    {NULL, NULL, NULL, false},
};

const struct command session_commands[] = {
    {
        .name = "login",
        .summary = N_("Log in to a server and remember the session"),
        .arguments = {{.name = N_("SERVER"), .is_optional = true}},
        .flags = login_flags,
        .run = login,
        .examples = {"kam login crm.example.com", "kam login localhost:7443 --user zhangwei",
                     "kam login --user ci --password-stdin < password"},
    },
    {
        .name = "logout",
        .summary = N_("End the session and forget it"),
        .run = logout,
        .examples = {"kam logout"},
    },
    {
        .name = "whoami",
        .summary = N_("Show who is logged in, where, and as what"),
        .method = SERVICE "GetCaller",
        .run = whoami,
        .examples = {"kam whoami"},
    },
    {
        .name = "passwd",
        .summary = N_("Change your own password"),
        .flags = passwd_flags,
        .run = passwd,
        .examples = {"kam passwd"},
    },
    {
        .name = "session list",
        .summary = N_("List your sessions, or another user's"),
        .method = SERVICE "ListSessions",
        .columns = "id device address create_time expire_time revoke_time is_current",
        .examples = {"kam session list", "kam session list --user wangli"},
    },
    {
        .name = "session revoke",
        .summary = N_("End a session, for example of a lost device"),
        .method = SERVICE "RevokeSession",
        .arguments = {{.name = N_("SESSION"), .field = "id", .kind = RECORD_SESSION}},
        .done = N_("Ended session %s."),
        .examples = {"kam session revoke 8f3a2c10"},
    },
};
const size_t session_command_count = sizeof session_commands / sizeof session_commands[0];
