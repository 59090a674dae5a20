// SPDX-License-Identifier: Apache-2.0
// kam import users: makes the teams the file speaks of, then the managers it names, then its users.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "import.h"
#include "kam/v1/team.pb-c.h"
#include "kam/v1/user.pb-c.h"
#include "message.h"
#include "prompt.h"
#include "resolve.h"

#define SERVICE "/kam.v1.UserService/"

enum { PASSWORD_CHARACTERS = 16, LOGIN_CHARACTERS = 40 };

static const struct import_synonym synonyms[] = {
    {"salesagent", "name"},
    {"agent", "name"},
    {"username", "login"},
    {"user", "login"},
    {"fullname", "name"},
    {"employee", "name"},
    {"salesrep", "name"},
    {"姓名", "name"},
    {"员工", "name"},
    {"业务员", "name"},
    {"登录名", "login"},
    {"账号", "login"},
    {"帐号", "login"},
    {"用户名", "login"},
    {"角色", "role"},
    {"regionaloffice", "office"},
    {"region", "office"},
    {"大区", "office"},
    {"办事处", "office"},
    {"团队", "team"},
    {"部门", "team"},
    {"小组", "team"},
    {"经理", "manager"},
    {"主管", "manager"},
    {"salesmanager", "manager"},
    {"mail", "email"},
    {"邮箱", "email"},
    {"电子邮件", "email"},
    {"电话", "phone"},
    {"手机", "phone"},
    {"mobile", "phone"},
    {"密码", "password"},
    {"initialpassword", "password"},
    {"timezone", "time-zone"},
    {"时区", "time-zone"},
    {"language", "locale"},
    {"语言", "locale"},
    {NULL, NULL},
};
static const char *const own_targets[] = {"office", "manager", "team", "password", NULL};

// A team that is there, or will be.
struct team {
    const char *name;
    char parent_id[KAM_UUID_TEXT_BYTES];
    char id[KAM_UUID_TEXT_BYTES];
};

struct teams {
    struct team *items;
    size_t count, capacity, new_count;
};

static struct team *add_team(struct app *app, struct teams *teams, const char *name, const char *parent_id,
                             const char *id)
{
    if (teams->count == teams->capacity) {
        teams->capacity = teams->capacity == 0 ? 64 : 2 * teams->capacity;
        struct team *grown = arena_alloc(app->arena, teams->capacity * sizeof *grown);
        if (teams->count > 0)
            memcpy(grown, teams->items, teams->count * sizeof *grown);
        teams->items = grown;
    }
    struct team *team = &teams->items[teams->count++];
    team->name = arena_strdup(app->arena, name);
    snprintf(team->parent_id, sizeof team->parent_id, "%s", parent_id);
    snprintf(team->id, sizeof team->id, "%s", id);
    return team;
}

static enum exit_code load_teams(struct import *import, struct teams *teams)
{
    static const char method[] = "/kam.v1.TeamService/ListTeams";
    Kam__V1__ListTeamsRequest *request = (Kam__V1__ListTeamsRequest *)app_new_request(import->app, method);
    request->page_size = 500;
    do {
        ProtobufCMessage *response;
        enum exit_code failure = app_call(import->app, method, &request->base, &response);
        if (failure != EXIT_OK)
            return failure;
        const Kam__V1__ListTeamsResponse *page = (const Kam__V1__ListTeamsResponse *)response;
        for (size_t at = 0; at < page->n_teams; at++)
            add_team(import->app, teams, page->teams[at]->name, page->teams[at]->parent_id, page->teams[at]->id);
        message_set_text(&request->base, "page_token", page->next_page_token);
    } while (*request->page_token != '\0');
    return EXIT_OK;
}

// A team that was there before the import and alone bears the name, wherever in the tree it is; NULL when none or
// several.
static const struct team *only_team(const struct teams *teams, const char *name)
{
    const struct team *found = NULL;
    for (size_t at = 0; at < teams->count - teams->new_count; at++)
        if (strcasecmp(teams->items[at].name, name) == 0) {
            if (found != NULL)
                return NULL;
            found = &teams->items[at];
        }
    return found;
}

// The team of this name below a parent, made when it is missing. A dry run only says so. is_anywhere: the file does not
// say below which, so that a team of this name elsewhere is meant.
static enum exit_code need_team(struct import *import, struct teams *teams, const char *name, const char *parent_id,
                                bool is_anywhere, const char **id_r)
{
    static const char method[] = "/kam.v1.TeamService/CreateTeam";
    struct app *app = import->app;
    for (size_t at = 0; at < teams->count; at++)
        if (strcasecmp(teams->items[at].name, name) == 0 && strcmp(teams->items[at].parent_id, parent_id) == 0) {
            *id_r = arena_strdup(app->arena, teams->items[at].id);
            return EXIT_OK;
        }
    const struct team *elsewhere = is_anywhere ? only_team(teams, name) : NULL;
    if (elsewhere != NULL) {
        *id_r = arena_strdup(app->arena, elsewhere->id);
        return EXIT_OK;
    }
    char id[KAM_UUID_TEXT_BYTES];
    import_make_id(import, "team", arena_printf(app->arena, "%s/%s", parent_id, name), id);
    *id_r = arena_strdup(app->arena, id);
    add_team(app, teams, name, parent_id, id);
    teams->new_count++;
    if (!app->settings.json)
        fprintf(app->out, import->is_dry ? _("team %s: would be added\n") : _("team %s: added\n"),
                app_clean(app, name));
    if (import->is_dry)
        return EXIT_OK;
    ProtobufCMessage *request = app_new_request(app, method), *response;
    ProtobufCMessage *team = message_sub(request, message_find_field(request->descriptor, "team"));
    message_set_text(team, "id", id);
    message_set_text(team, "name", name);
    message_set_text(team, "parent_id", parent_id);
    return app_call(app, method, request, &response);
}

// ---- Rows

// "Anna Snelling" -> "anna.snelling"; "" for names that have no such letters.
static const char *make_login(struct arena *arena, const char *name)
{
    char login[LOGIN_CHARACTERS + 1];
    size_t length = 0;
    for (; *name != '\0' && length < LOGIN_CHARACTERS; name++) {
        unsigned char mark = (unsigned char)*name;
        if (mark >= 0x80)
            return "";
        if (isalnum(mark))
            login[length++] = (char)tolower(mark);
        else if (length > 0 && strchr(".-_", login[length - 1]) == NULL)
            login[length++] = mark == '-' || mark == '_' ? (char)mark : '.';
    }
    while (length > 0 && strchr(".-_", login[length - 1]) != NULL)
        length--;
    login[length] = '\0';
    return length >= 2 && islower((unsigned char)*login) ? arena_strdup(arena, login) : "";
}

static const char *make_password(struct arena *arena)
{
    // 32 letters and digits that are hard to mistake: five bits each.
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char random[PASSWORD_CHARACTERS];
    char password[PASSWORD_CHARACTERS + 1];
    if (getentropy(random, sizeof random) != 0)
        abort();
    for (size_t at = 0; at < PASSWORD_CHARACTERS; at++)
        password[at] = letters[random[at] % 32];
    password[PASSWORD_CHARACTERS] = '\0';
    return arena_strdup(arena, password);
}

static void prepare_row(struct import *import, struct import_row *row, const char *name, const char *role,
                        const char *team_id, const char *common_password)
{
    struct app *app = import->app;
    row->request = app_new_request(app, SERVICE "CreateUser");
    if (!import_fill(import, row))
        return;
    ProtobufCMessage *user = message_sub(row->request, message_find_field(row->request->descriptor, "user"));
    const char *login = message_text(user, "login");
    if (*login == '\0')
        login = make_login(app->arena, name);
    row->key = name;
    if (*login == '\0') {
        import_fail(import, row, _("needs a login of its own: a column 'login' with a-z, 0-9, dots and dashes"));
        return;
    }
    row->handle = arena_strdup(app->arena, login);
    import_make_id(import, "user", row->handle, row->id);
    message_set_text(user, "id", row->id);
    message_set_text(user, "login", row->handle);
    message_set_text(user, "name", name);
    message_set_text(user, "team_id", team_id);
    if (message_integer(user, "role") == 0 || strcmp(role, "manager") == 0)
        message_set_integer(user, "role",
                            strcmp(role, "manager") == 0 ? KAM__V1__ROLE__ROLE_MANAGER : KAM__V1__ROLE__ROLE_REP);
    const char *own = import_cell(import, row, "password");
    row->secret = *own == '\0' && common_password == NULL ? make_password(app->arena) : "";
    message_set_text(row->request, "password",
                     *own != '\0'              ? own
                     : common_password != NULL ? common_password
                                               : row->secret);
}

// The rows of the file, and before them one for each manager the file names.
static enum exit_code prepare(struct import *import, struct teams *teams, const char *top_id,
                              const char *common_password)
{
    struct app *app = import->app;
    size_t file_count = import->row_count, count = 0;
    struct import_row *rows = arena_alloc(app->arena, (2 * file_count + 1) * sizeof *rows);
    const char **team_ids = arena_alloc(app->arena, (file_count + 1) * sizeof *team_ids);
    bool is_anywhere = invocation_flag(import->invocation, "under") == NULL;
    for (size_t at = 0; at < file_count; at++) {
        struct import_row *row = &import->rows[at];
        const char *office = import_cell(import, row, "office"), *team = import_cell(import, row, "team");
        const char *manager = import_cell(import, row, "manager"), *id = top_id;
        enum exit_code failure = *office == '\0' ? EXIT_OK : need_team(import, teams, office, id, is_anywhere, &id);
        if (failure == EXIT_OK && *team != '\0')
            failure = need_team(import, teams, team, id, is_anywhere && *office == '\0', &id);
        else if (failure == EXIT_OK &&
                 *manager != '\0') // a manager without a named team has one of their own name, in any language
            failure = need_team(import, teams, manager, id, false, &id);
        if (failure != EXIT_OK)
            return failure;
        team_ids[at] = id;
        bool is_known = *manager == '\0';
        for (size_t before = 0; before < count && !is_known; before++)
            is_known = strcasecmp(rows[before].key, manager) == 0;
        for (size_t other = 0; other < file_count && !is_known; other++)
            is_known = strcasecmp(import_cell(import, &import->rows[other], "name"), manager) == 0;
        if (!is_known) {
            rows[count] = (struct import_row){
                .key = manager, .handle = "", .detail = "", .changes = "", .secret = "", .parent = ""};
            prepare_row(import, &rows[count++], manager, "manager", id, common_password);
        }
    }
    for (size_t at = 0; at < file_count; at++) {
        struct import_row *row = &rows[count++];
        *row = import->rows[at];
        row->key = import_cell(import, row, "name");
        if (*row->key == '\0')
            row->key = import_cell(import, row, "login");
        if (row->outcome != IMPORT_PENDING)
            continue;
        if (*row->key == '\0')
            import_fail(import, row, _("has no name"));
        else
            prepare_row(import, row, row->key, "rep", team_ids[at], common_password);
    }
    import->rows = rows;
    import->row_count = count;
    return EXIT_OK;
}

// ---- Calls

static struct kam_call *begin_look(struct import *import, struct import_row *row)
{
    if (row->outcome != IMPORT_PENDING && row->outcome != IMPORT_DUPLICATE)
        return NULL;
    Kam__V1__GetUserRequest request = KAM__V1__GET_USER_REQUEST__INIT;
    request.login = arena_strdup(import->app->arena, row->handle);
    return kam_call_begin(import->app->client, SERVICE "GetUser", &request.base, &kam__v1__user__descriptor, NULL);
}

static void end_look(struct import *import, struct import_row *row, enum kam_code code,
                     const ProtobufCMessage *response)
{
    if (code == KAM_OK) {
        bool is_same = strcasecmp(message_text(response, "name"), row->key) == 0 ||
                       strcmp(message_text(response, "id"), row->id) == 0;
        row->outcome = is_same ? IMPORT_PRESENT : IMPORT_DUPLICATE;
        row->detail =
            is_same ? ""
                    : arena_printf(import->app->arena, _("the login belongs to %s"), message_text(response, "name"));
    } else if (code == KAM_NOT_FOUND) {
        row->outcome = import->is_dry ? IMPORT_WOULD_ADD : IMPORT_PENDING;
    } else {
        import_fail_with_error(import, row);
    }
}

static struct kam_call *begin_create(struct import *import, struct import_row *row)
{
    if (row->outcome != IMPORT_PENDING)
        return NULL;
    return kam_call_begin(import->app->client, SERVICE "CreateUser", row->request, &kam__v1__user__descriptor, NULL);
}

static void end_create(struct import *import, struct import_row *row, enum kam_code code,
                       const ProtobufCMessage *response)
{
    (void)response;
    if (code == KAM_OK)
        row->outcome = IMPORT_ADDED;
    else if (code == KAM_ALREADY_EXISTS)
        import_fail(import, row, _("the login is twice in the file, or somebody took it just now"));
    else
        import_fail_with_error(import, row);
}

// Passwords that are made must reach somebody.
static enum exit_code check_passwords(struct import *import)
{
    struct app *app = import->app;
    bool has_way = invocation_flag(import->invocation, "report") != NULL ||
                   invocation_flag(import->invocation, "password-stdin") != NULL ||
                   import_column(import, "password") != SIZE_MAX || import->is_dry;
    if (has_way)
        return EXIT_OK;
    app_refuse(app, EXIT_USAGE, _("the new users need passwords"));
    app_hint(app, _("--report FILE makes one for each and writes them there; --password-stdin gives all the same."));
    return EXIT_USAGE;
}

enum exit_code import_users(struct app *app, struct invocation *invocation)
{
    struct import *import = arena_alloc(app->arena, sizeof *import);
    struct teams teams = {0};
    size_t used;
    *import =
        (struct import){.app = app, .invocation = invocation, .kind = "user", .synonyms = synonyms, .own = own_targets};
    options_of_command(app->arena, command_find((const char *const[]){"user", "add"}, 2, &used), &import->options,
                       &import->option_count);
    enum exit_code failure = import_open(import);
    if (failure == EXIT_OK && import_column(import, "name") == SIZE_MAX && import_column(import, "login") == SIZE_MAX) {
        app_refuse(app, EXIT_USAGE, _("no column holds the name of the user"));
        app_hint(app, _("Say which: --map \"COLUMN=name\""));
        failure = EXIT_USAGE;
    }
    if (failure == EXIT_OK)
        failure = check_passwords(import);
    const char *password = invocation_flag(invocation, "password-stdin") == NULL ? NULL : prompt_read_stdin_line(app);
    if (failure == EXIT_OK && password == NULL && invocation_flag(invocation, "password-stdin") != NULL)
        failure = app_refuse(app, EXIT_USAGE, _("no password given"));
    if (failure == EXIT_OK)
        failure = import_find_company(import);
    if (failure == EXIT_OK)
        failure = load_teams(import, &teams);
    struct reference top;
    snprintf(top.id, sizeof top.id, "%s", import->company_id);
    if (failure == EXIT_OK && invocation_flag(invocation, "under") != NULL)
        failure = resolve_record(app, RECORD_TEAM, invocation_flag(invocation, "under"), NULL, &top);
    if (failure == EXIT_OK)
        failure = prepare(import, &teams, top.id, password);
    if (failure != EXIT_OK)
        return failure;
    import_run(import, _("looking"), begin_look, end_look);
    if (!import->is_dry)
        import_run(import, _("adding"), begin_create, end_create);
    return import_finish(import);
}
