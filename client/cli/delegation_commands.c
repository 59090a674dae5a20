// SPDX-License-Identifier: Apache-2.0
// kam delegation ...
#include "delegation_commands.h"

#define SERVICE "/kam.v1.DelegationService/"

const struct command delegation_commands[] = {
    {
        .name = "delegation list",
        .summary = N_("List who stands in for whom, now and in the days to come"),
        .method = SERVICE "ListDelegations",
        .columns = "id from_user_name to_user_name starts_on ends_on reason end_time",
        .empty = N_("Before you go away: kam delegation add USER --ends-on DATE"),
        .examples = {"kam delegation list", "kam delegation list --user wangli --include-ended"},
    },
    {
        .name = "delegation show",
        .summary = N_("Show a delegation"),
        .method = SERVICE "GetDelegation",
        .arguments = {{.name = N_("DELEGATION"), .field = "id", .kind = RECORD_ANY}},
        .examples = {"kam delegation show 8f3a2c10"},
    },
    {
        .name = "delegation add",
        .summary = N_("Have another manager decide for you while you are away"),
        .method = SERVICE "CreateDelegation",
        .arguments = {{.name = N_("USER"), .field = "delegation.to_user_id", .kind = RECORD_USER}},
        .required = "ends-on",
        .examples = {"kam delegation add wangli --ends-on 2026-12-31",
                     "kam delegation add wangli --starts-on 2026-12-20 --ends-on 2026-12-31 --reason 年假"},
    },
    {
        .name = "delegation end",
        .summary = N_("End a delegation before its last day"),
        .method = SERVICE "EndDelegation",
        .arguments = {{.name = N_("DELEGATION"), .field = "id", .kind = RECORD_ANY}},
        .version_method = SERVICE "GetDelegation",
        .examples = {"kam delegation end 8f3a2c10 --reason \"Back earlier\""},
    },
};
const size_t delegation_command_count = sizeof delegation_commands / sizeof delegation_commands[0];
