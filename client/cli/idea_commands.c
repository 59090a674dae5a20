// SPDX-License-Identifier: Apache-2.0
// kam idea ...
#include "idea_commands.h"

#define SERVICE "/kam.v1.IdeaService/"

const struct command idea_commands[] = {
    {
        .name = "idea list",
        .summary = N_("List the ideas for an account, highest score first (impact x confidence x ease)"),
        .method = SERVICE "ListIdeas",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT}},
        .columns = "id score subject impact confidence ease state created_by",
        .empty = N_("Note the first: kam idea add ACCOUNT IDEA"),
        .examples = {"kam idea list K-000123 --state open"},
    },
    {
        .name = "idea show",
        .summary = N_("Show an idea"),
        .method = SERVICE "GetIdea",
        .arguments = {{.name = N_("IDEA"), .field = "id", .kind = RECORD_ANY}},
        .examples = {"kam idea show 8f3a2c10"},
    },
    {
        .name = "idea add",
        .summary = N_("Note an idea for an account, with its impact, confidence and ease from 1 to 10"),
        .method = SERVICE "CreateIdea",
        .arguments = {{.name = N_("ACCOUNT"), .field = "idea.account_id", .kind = RECORD_ACCOUNT},
                      {.name = N_("IDEA"), .field = "idea.subject", .takes_rest = true}},
        .done = N_("Noted: %s."),
        .examples = {"kam idea add K-000123 Offer a service contract --impact 8 --confidence 5 --ease 6",
                     "kam idea add 华北机床 请他们的厂长来参观 --impact 7 --confidence 8 --ease 4 --activity 8f3a2c10"},
    },
    {
        .name = "idea edit",
        .summary = N_("Change an idea, or say that it was done or dropped"),
        .method = SERVICE "UpdateIdea",
        .arguments = {{.name = N_("IDEA"), .field = "idea.id", .kind = RECORD_ANY}},
        .version_method = SERVICE "GetIdea",
        .hidden = "account_id activity_id",
        .done = N_("Changed %s."),
        .examples = {"kam idea edit 8f3a2c10 --state done", "kam idea edit 8f3a2c10 --confidence 9"},
    },
};
const size_t idea_command_count = sizeof idea_commands / sizeof idea_commands[0];
