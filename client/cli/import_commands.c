// SPDX-License-Identifier: Apache-2.0
// kam import ...
#include "import_commands.h"

#include "import.h"

const struct command import_commands[] = {
    {
        .name = "import accounts",
        .summary = N_("Import accounts from a CSV file; a second run of the same file adds nothing"),
        .arguments = {{.name = N_("FILE")}},
        .flags = import_account_flags,
        .run = import_accounts,
        .examples = {"kam import accounts customers.csv --dry-run",
                     "kam import accounts 客户.csv --report result.csv --failed repair.csv",
                     "kam import accounts 客户.csv --dry-run --write-mapping customers.map",
                     "kam import accounts crm.csv --map \"sector=industry\" --map \"revenue=annual-revenue*1000000\" "
                     "--currency USD"},
    },
    {
        .name = "import contacts",
        .summary = N_("Import contacts from a CSV file or vCards; the account is named by code or name"),
        .arguments = {{.name = N_("FILE")}},
        .flags = import_contact_flags,
        .run = import_contacts,
        .examples = {"kam import contacts people.csv --dry-run",
                     "kam import contacts 客户.csv --map \"客户名称=account\" --map \"联系人=name\"",
                     "kam import contacts people.vcf --account K-000123"},
    },
    {
        .name = "import activities",
        .summary = N_("Import activities from a CSV file; accounts, contacts and owners are named"),
        .arguments = {{.name = N_("FILE")}},
        .flags = import_activity_flags,
        .run = import_activities,
        .examples = {"kam import activities visits.csv --dry-run",
                     "kam import activities 拜访记录.csv --mapping visits.map --report result.csv"},
    },
    {
        .name = "import opportunities",
        .summary = N_("Import opportunities from a CSV file; at a stage, won or lost by managers of the root team"),
        .arguments = {{.name = N_("FILE")}},
        .flags = import_opportunity_flags,
        .run = import_opportunities,
        .examples = {"kam import opportunities deals.csv --dry-run",
                     "kam import opportunities 商机.csv --mapping deals.map --pipeline crm --report result.csv"},
    },
    {
        .name = "import users",
        .summary = N_("Import users from a CSV file, with the teams and managers it names"),
        .arguments = {{.name = N_("FILE")}},
        .flags = import_user_flags,
        .run = import_users,
        .examples = {"kam import users people.csv --dry-run", "kam import users sales_teams.csv --report passwords.csv",
                     "kam import users people.csv --map \"Branch=office\" --password-stdin < password"},
    },
};
const size_t import_command_count = sizeof import_commands / sizeof import_commands[0];
