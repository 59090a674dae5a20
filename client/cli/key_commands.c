// SPDX-License-Identifier: Apache-2.0
// kam key ..., kam report key-accounts
#include "key_commands.h"

#define SERVICE "/kam.v1.KeyAccountService/"
#define CURVE_COLUMNS "position account_code account_name amount share cumulative abc_class is_key owner_name region year"

const struct command key_commands[] = {
    {
        .name = "key list",
        .summary = N_("List accounts by what they buy from us: the 80/20 curve, and which are key accounts"),
        .method = SERVICE "ListKeyAccounts",
        .columns = CURVE_COLUMNS,
        .empty = N_("Record what they buy: kam account figures set ACCOUNT YEAR --purchases MONEY --our-share PERCENT"),
        .examples = {"kam key list", "kam key list --only-key --csv"},
    },
    {
        .name = "key mark",
        .summary = N_("Mark the key accounts anew: the fewest that make 80 % (managers of the root team)"),
        .method = SERVICE "MarkKeyAccounts",
        .examples = {"kam key mark"},
    },
    {
        .name = "key marks",
        .summary = N_("List when key accounts were marked, newest first"),
        .method = SERVICE "ListKeyMarkings",
        .columns = "create_time created_by buyer_count key_count added_count removed_count left_out_count",
        .examples = {"kam key marks"},
    },
    {
        .name = "key quota list",
        .summary = N_("List how many key accounts a team or a region may have, and has"),
        .method = SERVICE "ListMarketQuotas",
        .columns = "team_name region most used",
        .examples = {"kam key quota list"},
    },
    {
        .name = "key quota set",
        .summary = N_("Set how many key accounts a team or a region may have; without --most, any number"),
        .method = SERVICE "SetMarketQuota",
        .examples = {"kam key quota set --team North --most 10", "kam key quota set --region 华东 --most 5",
                     "kam key quota set --region 华东"},
    },
    {
        .name = "report key-accounts",
        .summary = N_("Report the 80/20 curve of what accounts buy from us"),
        .method = SERVICE "ListKeyAccounts",
        .columns = CURVE_COLUMNS,
        .examples = {"kam report key-accounts", "kam report key-accounts --all --csv > curve.csv"},
    },
};
const size_t key_command_count = sizeof key_commands / sizeof key_commands[0];
