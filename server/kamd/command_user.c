// SPDX-License-Identifier: Apache-2.0
// kamd user ...: users as the operator sees them, through the operator functions of the schema.
#include <stdio.h>
#include <string.h>

#include "kamd/command.h"
#include "kamd/operator.h"
#include "kamd/password.h"
#include "kamd/print.h"
#include "methods/password.h"

enum { ADD_ROLE, ADD_TEAM, ADD_NAME, ADD_COMPANY, ADD_TIME_ZONE, ADD_GROUP, ADD_PASSWORD_STDIN, ADD_LOGIN, ADD_COUNT };

static const struct argument ADD_ARGUMENTS[ADD_COUNT] = {
    [ADD_ROLE] = {.name = "role", .value_name = "ROLE", .is_required = true, .help = "rep, manager or service"},
    [ADD_TEAM] = {.name = "team",
                  .value_name = "TEAM",
                  .help = "name or path (\"Company / North\"); the root team when not given with --company"},
    [ADD_NAME] = {.name = "name", .value_name = "NAME", .help = "name as shown to others; the login when not given"},
    [ADD_COMPANY] = {.name = "company",
                     .value_name = "NAME",
                     .help = "the first time: makes the root team of this name"},
    [ADD_TIME_ZONE] = {.name = "time-zone",
                       .value_name = "ZONE",
                       .help = "with --company: the company's time zone (Asia/Shanghai); UTC when not given"},
    [ADD_GROUP] = {.name = "key-account-group", .help = "makes a manager a member of the key account group"},
    [ADD_PASSWORD_STDIN] = {.name = "password-stdin",
                            .help = "reads the password from standard input, not the terminal"},
    [ADD_LOGIN] = {.value_name = "LOGIN", .is_required = true, .help = "2 to 40 of a-z 0-9 . _ - , a letter first"},
};

enum { PASSWD_PASSWORD_STDIN, PASSWD_LOGIN, PASSWD_COUNT };

static const struct argument PASSWD_ARGUMENTS[PASSWD_COUNT] = {
    [PASSWD_PASSWORD_STDIN] = {.name = "password-stdin", .help = "reads the password from standard input"},
    [PASSWD_LOGIN] = {.value_name = "LOGIN", .is_required = true, .help = "whose"},
};

static const struct argument LOGIN_ARGUMENTS[] = {{.value_name = "LOGIN", .is_required = true, .help = "whom"}};

static enum status check_new_user(const char *const *values, struct error *error)
{
    const char *role = values[ADD_ROLE];
    const char *login = values[ADD_LOGIN];
    if (strcmp(role, "rep") != 0 && strcmp(role, "manager") != 0 && strcmp(role, "service") != 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "ROLE", "--role is rep, manager or service, not \"%.40s\"",
                         role);
    size_t length = strlen(login);
    if (length < 2 || length > 40 || login[0] < 'a' || login[0] > 'z' ||
        strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-") != length)
        return error_set(error, STATUS_INVALID_ARGUMENT, "LOGIN",
                         "a login has 2 to 40 of a-z 0-9 . _ - and begins with a letter; \"%.60s\" does not", login);
    if (values[ADD_TEAM] == NULL && values[ADD_COMPANY] == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "TEAM",
                         "--team is missing (or --company, for the very first user)");
    if (values[ADD_TIME_ZONE] != NULL && values[ADD_COMPANY] == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "TIME_ZONE",
                         "--time-zone is the company's: it goes with --company");
    return STATUS_OK;
}

// The root team and the company's settings; fails where there is a root team already.
static enum status make_company(struct db_direct *direct, const char *name, const char *time_zone, struct error *error)
{
    const char *team[] = {name};
    const char *company[] = {name, time_zone};
    enum status status = db_direct_query(direct, "select kam.operator_add_team($1)", team, 1, NULL, error);
    return status != STATUS_OK
               ? status
               : db_direct_query(direct, "select kam.operator_set_company($1, $2)", company, 2, NULL, error);
}

static enum status add_in_transaction(struct db_direct *direct, const char *const *values, const char *hash,
                                      struct error *error)
{
    enum status status = db_direct_exec(direct, "begin", error);
    if (status == STATUS_OK && values[ADD_COMPANY] != NULL)
        status = make_company(direct, values[ADD_COMPANY], values[ADD_TIME_ZONE], error);
    if (status != STATUS_OK)
        return status;
    const char *user[] = {values[ADD_LOGIN],
                          values[ADD_NAME] != NULL ? values[ADD_NAME] : values[ADD_LOGIN],
                          values[ADD_ROLE],
                          values[ADD_TEAM] != NULL ? values[ADD_TEAM] : values[ADD_COMPANY],
                          hash,
                          values[ADD_GROUP] != NULL ? "true" : "false"};
    status =
        db_direct_query(direct, "select kam.operator_add_user($1, $2, $3, $4, $5, $6::boolean)", user, 6, NULL, error);
    return status != STATUS_OK ? status : db_direct_exec(direct, "commit", error);
}

// Reads the password before the database is opened, so that a mistake costs nothing.
static enum status read_hash(bool from_stdin, char hash_r[PASSWORD_HASH_BYTES], struct error *error)
{
    char password[PASSWORD_BYTES_MAX + 1];
    enum status status = password_read(from_stdin, password, error);
    if (status == STATUS_OK)
        password_hash_now(password, hash_r);
    password_wipe(password);
    return status;
}

static int run_add(struct options *options, const char *const *values)
{
    struct error error;
    struct operator* operator= NULL;
    char hash[PASSWORD_HASH_BYTES];
    enum status status = check_new_user(values, &error);
    if (status == STATUS_OK)
        status = read_hash(values[ADD_PASSWORD_STDIN] != NULL, hash, &error);
    if (status == STATUS_OK)
        status = operator_open(options, &operator, & error);
    if (status == STATUS_OK)
        status = add_in_transaction(operator_direct(operator), values, hash, &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    printf("added %s %s\n", values[ADD_ROLE], values[ADD_LOGIN]);
    return EXIT_OK;
}

static int run_passwd(struct options *options, const char *const *values)
{
    struct error error;
    struct operator* operator= NULL;
    char hash[PASSWORD_HASH_BYTES];
    enum status status = read_hash(values[PASSWD_PASSWORD_STDIN] != NULL, hash, &error);
    if (status == STATUS_OK)
        status = operator_open(options, &operator, & error);
    const char *parameters[] = {values[PASSWD_LOGIN], hash};
    if (status == STATUS_OK)
        status = db_direct_query(operator_direct(operator), "select kam.operator_set_password($1, $2)", parameters, 2,
                                 NULL, &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    printf("%s has a new password; all their sessions have ended\n", values[PASSWD_LOGIN]);
    return EXIT_OK;
}

static int set_disabled(struct options *options, const char *login, bool is_disabled)
{
    struct error error;
    struct operator* operator= NULL;
    const char *parameters[] = {login, is_disabled ? "true" : "false"};
    enum status status = operator_open(options, &operator, & error);
    if (status == STATUS_OK)
        status = db_direct_query(operator_direct(operator), "select kam.operator_set_disabled($1, $2::boolean)",
                                 parameters, 2, NULL, &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    printf(is_disabled ? "%s is shut out; all their sessions have ended\n" : "%s may log in again\n", login);
    return EXIT_OK;
}

static int run_disable(struct options *options, const char *const *values)
{
    return set_disabled(options, values[0], true);
}

static int run_enable(struct options *options, const char *const *values)
{
    return set_disabled(options, values[0], false);
}

static int run_list(struct options *options, const char *const *values)
{
    (void)values;
    static const char *const HEADINGS[] = {"LOGIN", "NAME", "ROLE", "TEAM", "GROUP", "SESSIONS", "STATE", NULL};
    return print_query(options,
                       "select login, name, role, team, case when is_key_account_group then 'yes' end, sessions,"
                       " case when is_disabled then 'disabled' end from kam.operator_list_users()",
                       HEADINGS);
}

const struct command COMMAND_USER_ADD = {.name = "user add",
                                         .help = "add a user; the very first one with --company",
                                         .arguments = ADD_ARGUMENTS,
                                         .argument_count = ADD_COUNT,
                                         .run = run_add};
const struct command COMMAND_USER_PASSWD = {.name = "user passwd",
                                            .help = "give a user a new password",
                                            .arguments = PASSWD_ARGUMENTS,
                                            .argument_count = PASSWD_COUNT,
                                            .run = run_passwd};
const struct command COMMAND_USER_DISABLE = {.name = "user disable",
                                             .help = "shut a user out at once",
                                             .arguments = LOGIN_ARGUMENTS,
                                             .argument_count = 1,
                                             .run = run_disable};
const struct command COMMAND_USER_ENABLE = {.name = "user enable",
                                            .help = "let a user in again",
                                            .arguments = LOGIN_ARGUMENTS,
                                            .argument_count = 1,
                                            .run = run_enable};
const struct command COMMAND_USER_LIST = {.name = "user list", .help = "list the users", .run = run_list};
