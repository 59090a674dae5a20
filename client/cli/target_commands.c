// SPDX-License-Identifier: Apache-2.0
// kam target ...
#include "target_commands.h"

#include "kam/v1/target.pb-c.h"
#include "message.h"
#include "output.h"

enum { ENTRIES_SHOWN = 50 };

#define SERVICE "/kam.v1.TargetService/"

// Who has how much of it, and the accounts, those that nobody touched first.
static enum exit_code show_entries(struct app *app, struct invocation *invocation, const ProtobufCMessage *response)
{
    (void)invocation;
    static const char method[] = SERVICE "ListTargetEntries";
    const Kam__V1__TargetList *list = (const Kam__V1__TargetList *)response;
    if (list->n_shares > 0) {
        output_heading(app, _("Handed to"));
        output_inner_table(app, &kam__v1__target_share__descriptor, (const ProtobufCMessage *const *)list->shares,
                           list->n_shares, "user_name counts counts.untouched counts.developing counts.won", "  ");
    }
    Kam__V1__ListTargetEntriesRequest *request = (Kam__V1__ListTargetEntriesRequest *)app_new_request(app, method);
    ProtobufCMessage *found;
    message_set_text(&request->base, "list_id", list->id);
    request->page_size = ENTRIES_SHOWN;
    enum exit_code failure = app_call(app, method, &request->base, &found);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__ListTargetEntriesResponse *entries = (const Kam__V1__ListTargetEntriesResponse *)found;
    if (entries->n_entries == 0)
        return EXIT_OK;
    output_heading(app, _("Accounts"));
    output_inner_table(app, &kam__v1__target_entry__descriptor, (const ProtobufCMessage *const *)entries->entries,
                       entries->n_entries,
                       "account_code account_name progress user_name account_status last_activity_time", "  ");
    if (*entries->next_page_token != '\0')
        fprintf(app->out, _("  and more: kam target accounts \"%s\" --all\n"), app_clean(app, list->name));
    return EXIT_OK;
}

#define LIST_ARGUMENT(path)                                                                                            \
    {                                                                                                                  \
        .name = N_("LIST"), .field = path, .kind = RECORD_TARGET_LIST                                                  \
    }

const struct command target_commands[] = {
    {
        .name = "target list",
        .summary = N_("List the target lists that run or are to come, with progress"),
        .method = SERVICE "ListTargetLists",
        .columns = "id name starts_on ends_on counts owner_name",
        .empty = N_("Make the first one: kam target add --name NAME --starts-on DATE --ends-on DATE"),
        .examples = {"kam target list", "kam target list --include-ended --csv"},
    },
    {
        .name = "target show",
        .summary = N_("Show a target list with its accounts and who has come how far"),
        .method = SERVICE "GetTargetList",
        .arguments = {LIST_ARGUMENT("id")},
        .more = show_entries,
        .examples = {"kam target show \"Steel in the north\""},
    },
    {
        .name = "target accounts",
        .summary = N_("List the accounts of a target list; without one, what is handed to you on those that run"),
        .method = SERVICE "ListTargetEntries",
        .arguments = {{.name = N_("LIST"), .field = "list_id", .kind = RECORD_TARGET_LIST, .is_optional = true}},
        .columns = "account_code account_name progress list_name ends_on user_name account_status last_activity_time",
        .examples = {"kam target accounts --progress untouched", "kam target accounts 钢铁名单 --user wangli --csv"},
    },
    {
        .name = "target add",
        .summary = N_("Make a target list for a period"),
        .method = SERVICE "CreateTargetList",
        .required = "name starts-on ends-on",
        .done = N_("Added %s."),
        .examples = {"kam target add --name \"Steel in the north\" --starts-on 2026-10-01 --ends-on 2026-12-31"},
    },
    {
        .name = "target edit",
        .summary = N_("Change the name, note or period of a target list"),
        .method = SERVICE "UpdateTargetList",
        .arguments = {LIST_ARGUMENT("list.id")},
        .done = N_("Changed %s."),
        .examples = {"kam target edit \"Steel in the north\" --ends-on 2027-01-31"},
    },
    {
        .name = "target account add",
        .summary = N_("Put an account, or all of a segment, on a target list"),
        .method = SERVICE "AddTargetAccounts",
        .arguments = {LIST_ARGUMENT("list_id"),
                      {.name = N_("ACCOUNT"), .field = "account_ids", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .examples = {"kam target account add 钢铁名单 --industry 钢铁 --region 华北 --least-employees 500",
                     "kam target account add \"Steel in the north\" K-000123 --user wangli"},
    },
    {
        .name = "target account remove",
        .summary = N_("Take an account off a target list"),
        .method = SERVICE "RemoveTargetAccounts",
        .arguments = {LIST_ARGUMENT("list_id"),
                      {.name = N_("ACCOUNT"), .field = "account_ids", .kind = RECORD_ANY_ACCOUNT}},
        .done = N_("Removed the account from %s."),
        .examples = {"kam target account remove 钢铁名单 K-000123"},
    },
    {
        .name = "target assign",
        .summary = N_("Hand an account of a target list to somebody who works on it; without USER, to its owner"),
        .method = SERVICE "HandTargetAccounts",
        .arguments = {LIST_ARGUMENT("list_id"),
                      {.name = N_("ACCOUNT"), .field = "account_ids", .kind = RECORD_ACCOUNT},
                      {.name = N_("USER"), .field = "user_id", .kind = RECORD_USER, .is_optional = true}},
        .done = N_("Handed over an account of %s."),
        .examples = {"kam target assign 钢铁名单 K-000123 wangli"},
    },
    {
        .name = "target retire",
        .summary = N_("Take a target list out of sight; nothing is deleted"),
        .method = SERVICE "RetireTargetList",
        .arguments = {LIST_ARGUMENT("id")},
        .done = N_("Retired %s."),
        .examples = {"kam target retire \"Steel in the north\" --reason \"Made twice\""},
    },
};
const size_t target_command_count = sizeof target_commands / sizeof target_commands[0];
