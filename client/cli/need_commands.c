// SPDX-License-Identifier: Apache-2.0
// kam need ...
#include "need_commands.h"

#define SERVICE "/kam.v1.NeedService/"

const struct command need_commands[] = {
    {
        .name = "need list",
        .summary = N_("List the needs of an account and its people, newest first"),
        .method = SERVICE "ListNeeds",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT}},
        .columns = "id text kind scope contact_name level expression state create_time",
        .empty = N_("Record the first: kam need add ACCOUNT"),
        .examples = {"kam need list K-000123 --state open", "kam need list K-000123 --contact 张伟"},
    },
    {
        .name = "need show",
        .summary = N_("Show a need"),
        .method = SERVICE "GetNeed",
        .arguments = {{.name = N_("NEED"), .field = "id", .kind = RECORD_ANY}},
        .examples = {"kam need show 8f3a2c10"},
    },
    {
        .name = "need add",
        .summary = N_("Record a need of an account or of one of its people"),
        .method = SERVICE "CreateNeed",
        .arguments = {{.name = N_("ACCOUNT"), .field = "need.account_id", .kind = RECORD_ACCOUNT}},
        .hidden = "state",
        .done = N_("Recorded: %s."),
        .examples =
            {"kam need add K-000123 --kind explicit --scope organisation --level value --expression pain "
             "--text \"Spare parts within a day\"",
             "kam need add K-000123 --contact 张伟 --kind implied --scope person --expression delight --text 认可"},
    },
    {
        .name = "need edit",
        .summary = N_("Change a need, or say that it was met"),
        .method = SERVICE "UpdateNeed",
        .arguments = {{.name = N_("NEED"), .field = "need.id", .kind = RECORD_ANY}},
        .hidden = "account_id",
        .version_method = SERVICE "GetNeed",
        .done = N_("Changed %s."),
        .examples = {"kam need edit 8f3a2c10 --state met", "kam need edit 8f3a2c10 --kind explicit --level strategy"},
    },
    {
        .name = "need retire",
        .summary = N_("Take a need that was none, or has passed, out of the list"),
        .method = SERVICE "RetireNeed",
        .arguments = {{.name = N_("NEED"), .field = "id", .kind = RECORD_ANY}},
        .version_method = SERVICE "GetNeed",
        .done = N_("Retired %s."),
        .examples = {"kam need retire 8f3a2c10 --reason \"They changed the machine\""},
    },
};
const size_t need_command_count = sizeof need_commands / sizeof need_commands[0];
