// SPDX-License-Identifier: Apache-2.0
// kam opportunity ...
#include "opportunity_commands.h"

#include <string.h>

#include "message.h"
#include "opportunity_check.h"
#include "opportunity_page.h"
#include "output.h"
#include "recent.h"
#include "resolve.h"
#include "text.h"

#define SERVICE "/kam.v1.OpportunityService/"

// ---- Taking a part out

// What people call a part of an opportunity, by the list it stands in.
static const struct {
    const char *list, *name;
} part_names[] = {{"people", "contact_name"}, {"team", "user_name"}, {"products", "product"},
                  {"competitors", "name"},    {"criteria", "text"},  {"answers", "question"}};

// The part that is called so, or the only one whose name holds the text. NULL, with the error said, when there is none.
static const ProtobufCMessage *find_part(struct app *app, const ProtobufCMessage *opportunity, const char *list_name,
                                         const char *name, const char *text)
{
    const ProtobufCFieldDescriptor *list = message_find_field(opportunity->descriptor, list_name);
    const char *wanted = text_fold(app->arena, text);
    const ProtobufCMessage *found = NULL;
    size_t found_count = 0;
    for (size_t at = 0; at < message_count(opportunity, list); at++) {
        const ProtobufCMessage *part = *(ProtobufCMessage *const *)message_value(opportunity, list, at);
        const char *called = text_fold(app->arena, message_text(part, name));
        if (strcmp(called, wanted) == 0)
            return part;
        if (strstr(called, wanted) != NULL) {
            found = part;
            found_count++;
        }
    }
    if (found_count == 1)
        return found;
    app_refuse(app, found_count == 0 ? EXIT_NOT_FOUND : EXIT_USAGE,
               found_count == 0 ? _("'%s' is not in it") : _("'%s' fits more than one"), text);
    for (size_t at = 0; at < message_count(opportunity, list); at++)
        app_hint(app, "%s",
                 app_clean(app, message_text(*(ProtobufCMessage *const *)message_value(opportunity, list, at), name)));
    return NULL;
}

static enum exit_code remove_part(struct app *app, struct invocation *invocation)
{
    static const char get[] = SERVICE "GetOpportunity", removing[] = SERVICE "RemoveOpportunityPart";
    const char *list = invocation->command->part_list, *name = "";
    if (invocation->word_count < 2) {
        app_refuse(app, EXIT_USAGE, _("%s is missing"), _(invocation->command->arguments[invocation->word_count].name));
        app_hint(app, _("See: kam help %s"), invocation->command->name);
        return EXIT_USAGE;
    }
    const char *text = invocation->words[1];
    for (size_t at = 2; at < invocation->word_count; at++)
        text = arena_printf(app->arena, "%s %s", text, invocation->words[at]);
    for (size_t at = 0; at < sizeof part_names / sizeof part_names[0]; at++)
        if (strcmp(part_names[at].list, list) == 0)
            name = part_names[at].name;
    struct reference opportunity;
    ProtobufCMessage *request = app_new_request(app, get), *response, *answer;
    enum exit_code failure = resolve_record(app, RECORD_OPPORTUNITY, invocation->words[0], NULL, &opportunity);
    if (failure != EXIT_OK)
        return failure;
    message_set_text(request, "id", opportunity.id);
    failure = app_call(app, get, request, &response);
    if (failure != EXIT_OK)
        return failure;
    const ProtobufCMessage *part = find_part(app, response, list, name, text);
    if (part == NULL)
        return EXIT_NOT_FOUND;
    request = app_new_request(app, removing);
    message_set_text(request, "id", message_text(part, "id"));
    failure = app_call(app, removing, request, &answer);
    if (failure == EXIT_OK && !app->settings.json && !app->settings.csv)
        fprintf(app->out, _("Took %s out of %s.\n"), app_clean(app, message_text(part, name)),
                output_title(app, response));
    return failure;
}

#define OPPORTUNITY(path)                                                                                              \
    {                                                                                                                  \
        .name = N_("OPPORTUNITY"), .field = path, .kind = RECORD_OPPORTUNITY                                           \
    }
#define REMOVED(label, list)                                                                                           \
    .arguments = {{.name = N_("OPPORTUNITY"), .kind = RECORD_OPPORTUNITY}, {.name = label, .takes_rest = true}},       \
    .part_list = list, .run = remove_part

const struct command opportunity_commands[] = {
    {
        .name = "opportunity list",
        .summary = N_("List open opportunities, the soonest purchase first"),
        .method = SERVICE "ListOpportunities",
        .columns = "code name account_name purchase_on amount stage_name_en days_in_stage present_probability "
                   "key_person_name owner_name state",
        .empty = N_("Add the first one: kam opportunity add ACCOUNT --name NAME"),
        .examples = {"kam opportunity list --owner me --order amount", "kam opportunity list --stalled --team North",
                     "kam opportunity list --account K-000123 --include-closed --csv"},
    },
    {
        .name = "opportunity show",
        .summary = N_("Show an opportunity: where it stands, who is in it, against whom, and the proposal"),
        .method = SERVICE "GetOpportunity",
        .arguments = {OPPORTUNITY("id")},
        .hidden = "code",
        .run = opportunity_show,
        .examples = {"kam opportunity show O-000123", "kam opportunity show \"press line\" --json"},
    },
    {
        .name = "opportunity check",
        .summary = N_("What must be shown before an opportunity leaves its stage, and what is missing"),
        .method = "/kam.v1.ProcessService/CheckOpportunity",
        .arguments = {{.name = N_("OPPORTUNITY"), .field = "id", .kind = RECORD_OPPORTUNITY}},
        .hidden = "code",
        .run = opportunity_check,
        .examples = {"kam opportunity check O-000123", "kam opportunity check O-000123 --json"},
    },
    {
        .name = "opportunity add",
        .summary = N_("Add an opportunity of an account; it begins at the first stage of its pipeline"),
        .method = SERVICE "CreateOpportunity",
        .arguments = {{.name = N_("ACCOUNT"), .field = "opportunity.account_id", .kind = RECORD_ACCOUNT}},
        .required = "name",
        .done = N_("Added %s."),
        .examples = {"kam opportunity add K-000123 --name \"Press line\" --amount \"CNY 1200000\" --purchase-on "
                     "2027-03-01",
                     "kam opportunity add 华北机床 --name 冲压线改造 --pipeline-key channel --fund-source bank"},
    },
    {
        .name = "opportunity edit",
        .summary = N_("Change the register or the proposal of an opportunity"),
        .method = SERVICE "UpdateOpportunity",
        .arguments = {OPPORTUNITY("opportunity.id")},
        .hidden = "account_id owner_id pipeline_key",
        .done = N_("Changed %s."),
        .examples = {"kam opportunity edit O-000123 --buying-stage supplier-evaluation --decision-on 2027-02-01",
                     "kam opportunity edit O-000123 --worth-pursuing --worth-reason \"They grow by a third\"",
                     "kam opportunity edit O-000123 --clear probability"},
    },
    {
        .name = "opportunity assign",
        .summary = N_("Give an opportunity to somebody else who works on its account"),
        .method = SERVICE "AssignOpportunity",
        .arguments = {OPPORTUNITY("id"), {.name = N_("USER"), .field = "owner_id", .kind = RECORD_USER}},
        .done = N_("Reassigned %s."),
        .examples = {"kam opportunity assign O-000123 wangli --reason \"She knows them\""},
    },
    {
        .name = "opportunity lose",
        .summary = N_("Say that an opportunity was lost, why and to whom"),
        .method = SERVICE "LoseOpportunity",
        .arguments = {OPPORTUNITY("id")},
        .done = N_("Lost: %s."),
        .examples = {"kam opportunity lose O-000123 --lost-reason price --lost-to \"Bolt Brothers\" --note \"12 % "
                     "dearer, and no trial\""},
    },
    {
        .name = "opportunity reopen",
        .summary = N_("Open a closed opportunity again, in the stage where it was closed"),
        .method = SERVICE "ReopenOpportunity",
        .arguments = {OPPORTUNITY("id")},
        .done = N_("Open again: %s."),
        .examples = {"kam opportunity reopen O-000123 --reason \"Their supplier failed\""},
    },
    {
        .name = "opportunity person set",
        .summary = N_("Say what part a contact of the account has in this purchase"),
        .method = SERVICE "SetOpportunityPerson",
        .arguments = {OPPORTUNITY("person.opportunity_id"),
                      {.name = N_("CONTACT"), .field = "person.contact_id", .kind = RECORD_CONTACT}},
        .part_list = "people",
        .part_key = "contact_id",
        .done = N_("Recorded: %s."),
        .examples = {"kam opportunity person set O-000123 张伟 --buying-role decider --stance ally --influence 80 "
                     "--connection"},
    },
    {
        .name = "opportunity person remove",
        .summary = N_("Take a contact out of an opportunity"),
        REMOVED(N_("CONTACT"), "people"),
        .examples = {"kam opportunity person remove O-000123 张伟"},
    },
    {
        .name = "opportunity team set",
        .summary = N_("Put one of us who works on the account into the project team, with a role"),
        .method = SERVICE "SetOpportunityUser",
        .arguments = {OPPORTUNITY("user.opportunity_id"),
                      {.name = N_("USER"), .field = "user.user_id", .kind = RECORD_USER}},
        .part_list = "team",
        .part_key = "user_id",
        .done = N_("Recorded: %s."),
        .examples = {"kam opportunity team set O-000123 wangli --role \"Technical lead\""},
    },
    {
        .name = "opportunity team remove",
        .summary = N_("Take somebody out of the project team"),
        REMOVED(N_("USER"), "team"),
        .examples = {"kam opportunity team remove O-000123 wangli"},
    },
    {
        .name = "opportunity product set",
        .summary = N_("Say what they would buy, how much of it, at what price"),
        .method = SERVICE "SetOpportunityProduct",
        .arguments = {OPPORTUNITY("product.opportunity_id"), {.name = N_("PRODUCT"), .field = "product.product"}},
        .part_list = "products",
        .part_key = "product",
        .done = N_("Recorded: %s."),
        .examples = {"kam opportunity product set O-000123 \"Servo press\" --quantity 3 --price \"CNY 400000\""},
    },
    {
        .name = "opportunity product remove",
        .summary = N_("Take a product out of an opportunity"),
        REMOVED(N_("PRODUCT"), "products"),
        .examples = {"kam opportunity product remove O-000123 \"Servo press\""},
    },
    {
        .name = "opportunity competitor set",
        .summary = N_("Say what is known of a competitor in this purchase"),
        .method = SERVICE "SetOpportunityCompetitor",
        .arguments = {OPPORTUNITY("competitor.opportunity_id"), {.name = N_("COMPETITOR"), .field = "competitor.name"}},
        .part_list = "competitors",
        .part_key = "name",
        .done = N_("Recorded: %s."),
        .examples = {"kam opportunity competitor set O-000123 \"Bolt Brothers\" --share-percent 60% --weaknesses "
                     "\"Late twice\" --satisfaction 2"},
    },
    {
        .name = "opportunity competitor remove",
        .summary = N_("Take a competitor out of an opportunity"),
        REMOVED(N_("COMPETITOR"), "competitors"),
        .examples = {"kam opportunity competitor remove O-000123 \"Bolt Brothers\""},
    },
    {
        .name = "opportunity criterion set",
        .summary = N_("Say what the customer decides by, at which rank, how well we meet it, and our tactic"),
        .method = SERVICE "SetDecisionCriterion",
        .arguments = {OPPORTUNITY("criterion.opportunity_id"), {.name = N_("CRITERION"), .field = "criterion.text"}},
        .part_list = "criteria",
        .part_key = "text",
        .done = N_("Recorded: %s."),
        .examples = {"kam opportunity criterion set O-000123 \"Delivery within a week\" --rank 1 --our-fit 8 --tactic "
                     "strengthen"},
    },
    {
        .name = "opportunity criterion remove",
        .summary = N_("Take a decision criterion out of an opportunity"),
        REMOVED(N_("CRITERION"), "criteria"),
        .examples = {"kam opportunity criterion remove O-000123 \"Delivery within a week\""},
    },
    {
        .name = "opportunity answer set",
        .summary = N_("Answer a question that the stage of an opportunity asks"),
        .method = SERVICE "SetOpportunityAnswer",
        .arguments = {OPPORTUNITY("answer.opportunity_id"),
                      {.name = N_("QUESTION"), .field = "answer.question"},
                      {.name = N_("ANSWER"), .field = "answer.answer", .takes_rest = true}},
        .part_list = "answers",
        .part_key = "question",
        .done = N_("Recorded: %s."),
        .examples = {"kam opportunity answer set O-000123 why-us \"We are the only ones within a day's drive\""},
    },
    {
        .name = "opportunity answer remove",
        .summary = N_("Take an answer back"),
        REMOVED(N_("QUESTION"), "answers"),
        .examples = {"kam opportunity answer remove O-000123 why-us"},
    },
};
const size_t opportunity_command_count = sizeof opportunity_commands / sizeof opportunity_commands[0];
