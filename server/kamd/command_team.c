// SPDX-License-Identifier: Apache-2.0
// kamd team ...: the tree of teams as the operator sees it.
#include <stdio.h>

#include "kamd/command.h"
#include "kamd/operator.h"
#include "kamd/print.h"

enum { ADD_PARENT, ADD_NAME, ADD_COUNT };

static const struct argument ADD_ARGUMENTS[ADD_COUNT] = {
    [ADD_PARENT] = {.name = "parent",
                    .value_name = "TEAM",
                    .help = "name or path of the team above; not given: makes the root team, once"},
    [ADD_NAME] = {.value_name = "NAME", .is_required = true, .help = "name of the new team"},
};

static int run_add(struct options *options, const char *const *values)
{
    struct error error;
    struct operator* operator= NULL;
    const char *parameters[] = {values[ADD_NAME], values[ADD_PARENT]};
    enum status status = operator_open(options, &operator, & error);
    if (status == STATUS_OK)
        status = db_direct_query(operator_direct(operator), "select kam.operator_add_team($1, $2)", parameters, 2, NULL,
                                 &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    printf("added team %s\n", values[ADD_NAME]);
    return EXIT_OK;
}

static int run_list(struct options *options, const char *const *values)
{
    (void)values;
    static const char *const HEADINGS[] = {"TEAM", "USERS", "ACCOUNTS", "STATE", NULL};
    return print_query(
        options, "select path, users, accounts, case when is_retired then 'retired' end from kam.operator_list_teams()",
        HEADINGS);
}

const struct command COMMAND_TEAM_ADD = {
    .name = "team add", .help = "add a team", .arguments = ADD_ARGUMENTS, .argument_count = ADD_COUNT, .run = run_add};
const struct command COMMAND_TEAM_LIST = {
    .name = "team list", .help = "list the teams with their users and accounts", .run = run_list};
