// SPDX-License-Identifier: Apache-2.0
// kam account ...
#include "account_commands.h"

#include "account_merge.h"
#include "overview_commands.h"

#define SERVICE "/kam.v1.AccountService/"

const struct command account_commands[] = {
    {
        .name = "account list",
        .summary = N_("List accounts by name"),
        .method = SERVICE "ListAccounts",
        .columns = "code name status owner_name team_name potential_grade contribution_grade industry region phone "
                   "credit_grade is_key",
        .empty = N_("Add the first one: kam account add --name NAME"),
        .examples = {"kam account list --status active --owner me",
                     "kam account list --team Central --csv > accounts.csv",
                     "kam account list --columns name,potential-grade,credit-grade,credit-limit,grade-review-on"},
    },
    {
        .name = "account show",
        .summary = N_("Show an account with its people, what was done last and what is next"),
        .method = "/kam.v1.OverviewService/GetAccountPage",
        .arguments = {{.name = N_("ACCOUNT"), .field = "id", .kind = RECORD_ANY_ACCOUNT}},
        .hidden = "code",
        .run = overview_show_account,
        .examples = {"kam account show K-000123", "kam account show Acme", "kam account show K-000123 --json"},
    },
    {
        .name = "account add",
        .summary = N_("Add an account"),
        .method = SERVICE "CreateAccount",
        .required = "name",
        .done = N_("Added %s."),
        .examples = {"kam account add --name \"Acme Corporation\" --phone \"+1 555 0100\" --status active",
                     "kam account add --name 华北机床 --industry 机械 --founded-on 1998-05-01 --registered-capital "
                     "\"CNY 5000000.00\""},
    },
    {
        .name = "account edit",
        .summary = N_("Change fields of an account"),
        .method = SERVICE "UpdateAccount",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account.id", .kind = RECORD_ACCOUNT}},
        .hidden = "owner_id",
        .done = N_("Changed %s."),
        .examples = {"kam account edit K-000123 --phone \"+86 10 1234 5678\" --employees 1200",
                     "kam account edit Acme --clear website"},
    },
    {
        .name = "account checks",
        .summary = N_("Show what is still unknown of an account: the nine checks"),
        .method = "/kam.v1.CheckService/ListAccountChecks",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ANY_ACCOUNT}},
        .columns = "kind state known total gaps is_provisional",
        .examples = {"kam account checks K-000123"},
    },
    {
        .name = "account duplicates",
        .summary = N_("Look for accounts with a similar name, also those out of your reach"),
        .method = SERVICE "FindDuplicateAccounts",
        .arguments = {{.name = N_("NAME"), .field = "name", .takes_rest = true}},
        .columns = "code name owner_name team_name similarity is_retired",
        .examples = {"kam account duplicates Acme Corp",
                     "kam account duplicates 华北机床 --registration-number 91110000100000000X"},
    },
    {
        .name = "account incomplete",
        .summary = N_("List your accounts whose archive lacks most, with what is missing"),
        .method = SERVICE "ListIncompleteAccounts",
        .columns = "code name completeness status owner_name missing",
        .examples = {"kam account incomplete", "kam account incomplete --owner wangli --limit 10"},
    },
    {
        .name = "account conflicts",
        .summary = N_("List accounts of the same channel that sell in the same territories"),
        .method = SERVICE "ListTerritoryConflicts",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT}},
        .columns = "code name relation territories channel_position owner_name team_name",
        .examples = {"kam account conflicts K-000123"},
    },
    {
        .name = "account assign",
        .summary = N_("Give an account, and all that hangs on it, to another owner"),
        .method = SERVICE "ReassignAccount",
        .arguments = {{.name = N_("ACCOUNT"), .field = "id", .kind = RECORD_ACCOUNT},
                      {.name = N_("USER"), .field = "owner_id", .kind = RECORD_USER}},
        .done = N_("Reassigned %s."),
        .examples = {"kam account assign K-000123 wangli --reason \"Territory change\""},
    },
    {
        .name = "account member add",
        .summary = N_("Let another user work on an account"),
        .method = SERVICE "AddAccountMember",
        .arguments = {{.name = N_("ACCOUNT"), .field = "id", .kind = RECORD_ACCOUNT},
                      {.name = N_("USER"), .field = "user_id", .kind = RECORD_USER}},
        .done = N_("Added the member to %s."),
        .examples = {"kam account member add K-000123 wangli"},
    },
    {
        .name = "account member remove",
        .summary = N_("Take a member off an account"),
        .method = SERVICE "RemoveAccountMember",
        .arguments = {{.name = N_("ACCOUNT"), .field = "id", .kind = RECORD_ACCOUNT},
                      {.name = N_("USER"), .field = "user_id", .kind = RECORD_USER}},
        .done = N_("Removed the member from %s."),
        .examples = {"kam account member remove K-000123 wangli"},
    },
    {
        .name = "account retire",
        .summary = N_("Take an account out of lists and searches; nothing is deleted"),
        .method = SERVICE "RetireAccount",
        .arguments = {{.name = N_("ACCOUNT"), .field = "id", .kind = RECORD_ACCOUNT}},
        .done = N_("Retired %s."),
        .examples = {"kam account retire K-000123 --reason \"Out of business\""},
    },
    {
        .name = "account restore",
        .summary = N_("Bring a retired account back"),
        .method = SERVICE "RestoreAccount",
        .arguments = {{.name = N_("ACCOUNT"), .field = "id", .kind = RECORD_ANY_ACCOUNT}},
        .done = N_("Restored %s."),
        .examples = {"kam account restore K-000123"},
    },
    {
        .name = "account merge",
        .summary = N_("Merge two accounts that are one: everything of MERGED goes to SURVIVOR"),
        .method = "/kam.v1.AccountMergeService/MergeAccounts",
        .arguments = {{.name = N_("SURVIVOR"), .field = "survivor_id", .kind = RECORD_ACCOUNT},
                      {.name = N_("MERGED"), .field = "merged_id", .kind = RECORD_ANY_ACCOUNT}},
        .flags = account_merge_flags,
        .hidden = "survivor_version merged_version",
        .run = account_merge_run,
        .done = N_("Merged into %s."),
        .examples = {"kam account merge K-000123 K-000456 --reason \"The same firm\""},
    },
    {
        .name = "account unmerge",
        .summary = N_("Undo a merge of the last 30 days: what was moved goes back"),
        .method = "/kam.v1.AccountMergeService/UndoMerge",
        .arguments = {{.name = N_("MERGED"), .field = "merged_id", .kind = RECORD_MERGED_ACCOUNT}},
        .done = N_("Took it out of %s again."),
        .examples = {"kam account unmerge K-000456 --reason \"They are two plants\""},
    },
};
const size_t account_command_count = sizeof account_commands / sizeof account_commands[0];
