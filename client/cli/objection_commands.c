// SPDX-License-Identifier: Apache-2.0
// kam objection ...
#include "objection_commands.h"

#include "kam/v1/objection.pb-c.h"
#include "output.h"

#define SERVICE "/kam.v1.ObjectionService/"
#define LIBRARY "/kam.v1.ObjectionLibraryService/"

// Each answer as lines of its own: they are too long for a table.
static enum exit_code show_answers(struct app *app, struct invocation *invocation, const ProtobufCMessage *response)
{
    (void)invocation;
    const Kam__V1__ObjectionEntry *entry = (const Kam__V1__ObjectionEntry *)response;
    for (size_t at = 0; at < entry->n_answers; at++) {
        output_heading(app, arena_printf(app->arena, _("Answer %zu"), at + 1));
        output_section(app, &entry->answers[at]->base, NULL, "feature advantage benefit evidence");
    }
    return EXIT_OK;
}

const struct command objection_commands[] = {
    {
        .name = "objection list",
        .summary = N_("List the objections met at an account, or those you noted, newest first"),
        .method = SERVICE "ListObjections",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .columns = "id create_time objection outcome contact_name account_name created_by",
        .empty = N_("Note one: kam objection add ACTIVITY OBJECTION"),
        .examples = {"kam objection list K-000123", "kam objection list --outcome open"},
    },
    {
        .name = "objection show",
        .summary = N_("Show an objection and how it was handled"),
        .method = SERVICE "GetObjection",
        .arguments = {{.name = N_("OBJECTION"), .field = "id", .kind = RECORD_ANY}},
        .examples = {"kam objection show 8f3a2c10"},
    },
    {
        .name = "objection add",
        .summary = N_("Note an objection met in an activity: listen, share, clarify, present, ask"),
        .method = SERVICE "CreateObjection",
        .arguments = {{.name = N_("ACTIVITY"), .field = "objection.activity_id", .kind = RECORD_ACTIVITY},
                      {.name = N_("OBJECTION"), .field = "objection.objection", .takes_rest = true}},
        .done = N_("Noted: %s."),
        .examples =
            {"kam objection add 8f3a2c10 价格太贵 --listen 与去年的供应商相比 --present 每年少停机两次 --ask "
             "先试一条线",
             "kam objection add 8f3a2c10 Too expensive --listen \"Compares with last year\" --outcome resolved"},
    },
    {
        .name = "objection edit",
        .summary = N_("Change how an objection was handled, or what came of it"),
        .method = SERVICE "UpdateObjection",
        .arguments = {{.name = N_("OBJECTION"), .field = "objection.id", .kind = RECORD_ANY}},
        .version_method = SERVICE "GetObjection",
        .hidden = "activity_id",
        .done = N_("Changed %s."),
        .examples = {"kam objection edit 8f3a2c10 --ask \"A trial on one line\" --outcome resolved"},
    },
    {
        .name = "objection propose",
        .summary = N_("Propose an objection and an answer to it for the company's library"),
        .method = LIBRARY "CreateObjectionEntry",
        .arguments = {{.name = N_("OBJECTION"), .field = "objection_id", .kind = RECORD_ANY}},
        .optional = "feature",
        .done = N_("In the library: %s."),
        .examples =
            {"kam objection propose 8f3a2c10 --topic 轴承 --feature 免维护 --advantage 寿命两倍 --benefit 每年省十万 "
             "--evidence 检测报告"},
    },
    {
        .name = "objection search",
        .summary = N_("Find answers in the library by words of the objection, the topic or the answer"),
        .method = LIBRARY "ListObjectionEntries",
        .arguments = {{.name = N_("WORDS"), .field = "text", .takes_rest = true}},
        .columns = "id objection topic answers.feature answers.benefit state",
        .examples = {"kam objection search 价格 太贵", "kam objection search delivery --state published"},
    },
    {
        .name = "objection library list",
        .summary = N_("List the library of objections and answers, newest first"),
        .method = LIBRARY "ListObjectionEntries",
        .hidden = "text",
        .columns = "id objection topic answers.feature answers.benefit state",
        .empty = N_("Write the first entry: kam objection library add OBJECTION"),
        .examples = {"kam objection library list --state proposed"},
    },
    {
        .name = "objection library show",
        .summary = N_("Show an entry of the library with its answers"),
        .method = LIBRARY "GetObjectionEntry",
        .arguments = {{.name = N_("ENTRY"), .field = "id", .kind = RECORD_ANY}},
        .more = show_answers,
        .examples = {"kam objection library show 8f3a2c10"},
    },
    {
        .name = "objection library add",
        .summary = N_("Write an entry of the library; what a rep writes is a proposal"),
        .method = LIBRARY "CreateObjectionEntry",
        .arguments = {{.name = N_("OBJECTION"), .field = "entry.objection", .takes_rest = true}},
        .hidden = "objection_id",
        .optional = "feature",
        .done = N_("In the library: %s."),
        .examples = {"kam objection library add Too expensive --topic Bearings --feature Ceramic --advantage \"Lasts "
                     "twice as long\" --benefit \"Half the stoppages\" --evidence \"Test report\""},
    },
    {
        .name = "objection library edit",
        .summary = N_("Change the objection or the topic of an entry"),
        .method = LIBRARY "UpdateObjectionEntry",
        .arguments = {{.name = N_("ENTRY"), .field = "entry.id", .kind = RECORD_ANY}},
        .version_method = LIBRARY "GetObjectionEntry",
        .hidden = "answers",
        .done = N_("Changed %s."),
        .examples = {"kam objection library edit 8f3a2c10 --topic Bearings"},
    },
    {
        .name = "objection library answer",
        .summary = N_("Add an answer to an entry: feature, advantage, benefit, evidence"),
        .method = LIBRARY "AddObjectionAnswer",
        .arguments = {{.name = N_("ENTRY"), .field = "id", .kind = RECORD_ANY}},
        .version_method = LIBRARY "GetObjectionEntry",
        .done = N_("Changed %s."),
        .examples =
            {"kam objection library answer 8f3a2c10 --feature \"Stock in Tianjin\" --benefit \"Here tomorrow\""},
    },
    {
        .name = "objection library unanswer",
        .summary = N_("Take an answer out of an entry"),
        .method = LIBRARY "RemoveObjectionAnswer",
        .arguments = {{.name = N_("ENTRY"), .field = "id", .kind = RECORD_ANY},
                      {.name = N_("NUMBER"), .field = "number"}},
        .version_method = LIBRARY "GetObjectionEntry",
        .done = N_("Changed %s."),
        .examples = {"kam objection library unanswer 8f3a2c10 2"},
    },
    {
        .name = "objection library publish",
        .summary = N_("Give a proposed entry to all (managers)"),
        .method = LIBRARY "PublishObjectionEntry",
        .arguments = {{.name = N_("ENTRY"), .field = "id", .kind = RECORD_ANY}},
        .version_method = LIBRARY "GetObjectionEntry",
        .done = N_("Published %s."),
        .examples = {"kam objection library publish 8f3a2c10"},
    },
    {
        .name = "objection library retire",
        .summary = N_("Take an entry out of the library, or withdraw your proposal"),
        .method = LIBRARY "RetireObjectionEntry",
        .arguments = {{.name = N_("ENTRY"), .field = "id", .kind = RECORD_ANY}},
        .version_method = LIBRARY "GetObjectionEntry",
        .done = N_("Retired %s."),
        .examples = {"kam objection library retire 8f3a2c10 --reason \"The product is gone\""},
    },
};
const size_t objection_command_count = sizeof objection_commands / sizeof objection_commands[0];
