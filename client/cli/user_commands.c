// SPDX-License-Identifier: Apache-2.0
// kam user ...
#include "user_commands.h"

#include <string.h>

#include "message.h"
#include "output.h"
#include "prompt.h"

#define SERVICE "/kam.v1.UserService/"

// A password is asked for or read, never given on the command line, where every process of the machine can see it.
static enum exit_code with_password(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request;
    bool reads_stdin = invocation_flag(invocation, "password-stdin") != NULL;
    if (!reads_stdin && !app->is_interactive) {
        app_refuse(app, EXIT_USAGE, _("no password given"));
        app_hint(app, _("In scripts: printf '%%s\\n' \"$PASSWORD\" | kam %s --password-stdin"),
                 invocation->command->name);
        return EXIT_USAGE;
    }
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    const char *password =
        reads_stdin ? prompt_read_stdin_line(app) : prompt_password(app, _("New password (at least 10 characters)"));
    const char *again = password == NULL || reads_stdin ? password : prompt_password(app, _("New password again"));
    if (password == NULL || again == NULL || strcmp(password, again) != 0)
        return app_refuse(app, EXIT_USAGE,
                          password == NULL ? _("no password given")
                                           : _("the two new passwords differ; nothing was changed"));
    message_set_text(request, "password", password);
    return command_call(app, invocation, request);
}

static const struct flag password_flags[] = {
    {"password-stdin", NULL, N_("Read the password from the first line of standard input."), false},
    {NULL, NULL, NULL, false},
};

const struct command user_commands[] = {
    {
        .name = "user list",
        .summary = N_("List users by login"),
        .method = SERVICE "ListUsers",
        .columns = "login name role team_name phone email is_key_account_group is_disabled",
        .examples = {"kam user list", "kam user list --team Central --role rep"},
    },
    {
        .name = "user show",
        .summary = N_("Show a user"),
        .method = SERVICE "GetUser",
        .arguments = {{.name = N_("USER"), .field = "id", .kind = RECORD_USER}},
        .hidden = "login",
        .examples = {"kam user show zhangwei", "kam user show me"},
    },
    {
        .name = "user add",
        .summary = N_("Add a user to a team"),
        .method = SERVICE "CreateUser",
        .required = "login name role team",
        .hidden = "password",
        .flags = password_flags,
        .done = N_("Added %s."),
        .run = with_password,
        .examples = {"kam user add --login zhangwei --name 张伟 --role rep --team 华北 --time-zone Asia/Shanghai",
                     "printf '%s\\n' \"$PASSWORD\" | kam user add --login ann --name \"Ann Lee\" --role manager --team "
                     "West --password-stdin"},
    },
    {
        .name = "user edit",
        .summary = N_("Change a user's name, role, team and so on"),
        .method = SERVICE "UpdateUser",
        .arguments = {{.name = N_("USER"), .field = "user.id", .kind = RECORD_USER}},
        .hidden = "login",
        .done = N_("Changed %s."),
        .examples = {"kam user edit zhangwei --team 华东", "kam user edit ann --key-account-group"},
    },
    {
        .name = "user disable",
        .summary = N_("Shut a user out at once; their records stay"),
        .method = SERVICE "DisableUser",
        .arguments = {{.name = N_("USER"), .field = "id", .kind = RECORD_USER}},
        .done = N_("Disabled %s."),
        .examples = {"kam user disable zhangwei --reason \"Left the company\""},
    },
    {
        .name = "user enable",
        .summary = N_("Let a disabled user in again"),
        .method = SERVICE "EnableUser",
        .arguments = {{.name = N_("USER"), .field = "id", .kind = RECORD_USER}},
        .done = N_("Enabled %s."),
        .examples = {"kam user enable zhangwei"},
    },
    {
        .name = "user passwd",
        .summary = N_("Give another user a new password; their sessions end"),
        .method = SERVICE "SetUserPassword",
        .arguments = {{.name = N_("USER"), .field = "id", .kind = RECORD_USER}},
        .hidden = "password",
        .flags = password_flags,
        .done = N_("New password set for %s."),
        .run = with_password,
        .examples = {"kam user passwd zhangwei"},
    },
};
const size_t user_command_count = sizeof user_commands / sizeof user_commands[0];
