// SPDX-License-Identifier: Apache-2.0
// kam team ...
#include "team_commands.h"

#define SERVICE "/kam.v1.TeamService/"

const struct command team_commands[] = {
    {
        .name = "team list",
        .summary = N_("List teams as a tree"),
        .method = SERVICE "ListTeams",
        .columns = "path",
        .examples = {"kam team list", "kam team list --json"},
    },
    {
        .name = "team show",
        .summary = N_("Show a team"),
        .method = SERVICE "GetTeam",
        .arguments = {{.name = N_("TEAM"), .field = "id", .kind = RECORD_TEAM}},
        .examples = {"kam team show Central"},
    },
    {
        .name = "team add",
        .summary = N_("Add a team below another"),
        .method = SERVICE "CreateTeam",
        .required = "name parent",
        .done = N_("Added %s."),
        .examples = {"kam team add --name 北京办事处 --parent 华北"},
    },
    {
        .name = "team edit",
        .summary = N_("Rename a team or move it, with everything below it"),
        .method = SERVICE "UpdateTeam",
        .arguments = {{.name = N_("TEAM"), .field = "team.id", .kind = RECORD_TEAM}},
        .done = N_("Changed %s."),
        .examples = {"kam team edit Central --name \"Central Europe\"", "kam team edit 北京办事处 --parent 华北"},
    },
    {
        .name = "team retire",
        .summary = N_("Retire an empty team"),
        .method = SERVICE "RetireTeam",
        .arguments = {{.name = N_("TEAM"), .field = "id", .kind = RECORD_TEAM}},
        .done = N_("Retired %s."),
        .examples = {"kam team retire Central"},
    },
};
const size_t team_command_count = sizeof team_commands / sizeof team_commands[0];
