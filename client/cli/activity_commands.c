// SPDX-License-Identifier: Apache-2.0
// kam activity ...
#include "activity_commands.h"

#include <string.h>

#include "activity_page.h"
#include "json.h"
#include "message.h"
#include "output.h"
#include "recent.h"

#define SERVICE "/kam.v1.ActivityService/"
#define VISITS "/kam.v1.VisitService/"
#define COMMENTS "/kam.v1.CommentService/"

// A correction is the whole record: what is not said anew stays as it was. Through JSON, where fields are keys.
static enum exit_code merge_original(struct app *app, ProtobufCMessage *request, const ProtobufCMessage *original)
{
    const ProtobufCFieldDescriptor *field = message_find_field(request->descriptor, "activity");
    const struct contract_message *contract = contract_find_message(original->descriptor);
    json_t *merged = json_from_message(original);
    for (unsigned at = 0; at < original->descriptor->n_fields; at++) {
        const char *name = original->descriptor->fields[at].name;
        char key[100];
        json_field_name(name, key);
        if (contract->fields[at].is_output_only || strcmp(name, "id") == 0 || strcmp(name, "version") == 0)
            json_object_del(merged, key);
    }
    json_t *changes = json_from_message(message_sub(request, field));
    json_object_update(merged, changes);
    ProtobufCMessage *activity = json_to_message(merged, original->descriptor, &app->error);
    json_decref(changes);
    json_decref(merged);
    if (activity == NULL)
        return app_print_error(app);
    *(ProtobufCMessage **)message_add(request, field) = activity;
    return EXIT_OK;
}

static enum exit_code correct(struct app *app, struct invocation *invocation)
{
    static const char get[] = SERVICE "GetActivity";
    ProtobufCMessage *request, *original;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK)
        return failure;
    ProtobufCMessage *wanted = app_new_request(app, get);
    message_set_text(wanted, "id", message_text(request, "id"));
    failure = app_call(app, get, wanted, &original);
    if (failure == EXIT_OK)
        failure = merge_original(app, request, original);
    return failure == EXIT_OK ? command_call(app, invocation, request) : failure;
}

// Says what came out of it.
static enum exit_code show_next(struct app *app, struct invocation *invocation, const ProtobufCMessage *response)
{
    (void)invocation;
    const char *next = message_text(response, "next_activity_id");
    if (*next == '\0')
        return EXIT_OK;
    recent_remember(app, &next, 1);
    fprintf(app->out, _("The next step is planned: kam activity show %s\n"), app_clean(app, recent_short_id(next)));
    return EXIT_OK;
}

const struct command activity_commands[] = {
    {
        .name = "activity list",
        .summary = N_("List activities, newest first: an account's, a person's, or your own"),
        .method = SERVICE "ListActivities",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .columns = "id time kind state origin account_name subject contact_names owner_name",
        .empty = N_("Log what you did: kam activity log ACCOUNT KIND SUBJECT"),
        .examples = {"kam activity list K-000123", "kam activity list --owner me --state planned",
                     "kam activity list --contact 张伟 --kind visit"},
    },
    {
        .name = "activity show",
        .summary = N_("Show an activity"),
        .method = SERVICE "GetActivity",
        .arguments = {{.name = N_("ACTIVITY"), .field = "id", .kind = RECORD_ACTIVITY}},
        .more = activity_page_print_parts,
        .examples = {"kam activity show 8f3a2c10"},
    },
    {
        .name = "activity log",
        .summary = N_("Log something that was done, and what comes next"),
        .method = SERVICE "LogActivity",
        .arguments = {{.name = N_("ACCOUNT"), .field = "activity.account_id", .kind = RECORD_ACCOUNT},
                      {.name = N_("KIND"), .field = "activity.kind"},
                      {.name = N_("SUBJECT"), .field = "activity.subject", .takes_rest = true}},
        .done = N_("Logged %s."),
        .more = show_next,
        .examples = {"kam activity log K-000123 call Asked about the delivery date --contact \"Jane Doe\"",
                     "kam activity log 华北机床 visit 拜访采购部 --time \"yesterday 14:00\" --result 需要样品 "
                     "--next-kind sample --next-subject 寄样 "
                     "--next-time \"in 2 days\""},
    },
    {
        .name = "activity plan",
        .summary = N_("Plan something to be done"),
        .method = SERVICE "PlanActivity",
        .arguments = {{.name = N_("ACCOUNT"), .field = "activity.account_id", .kind = RECORD_ACCOUNT},
                      {.name = N_("KIND"), .field = "activity.kind"},
                      {.name = N_("SUBJECT"), .field = "activity.subject", .takes_rest = true}},
        .required = "time",
        .done = N_("Planned %s."),
        .examples =
            {"kam activity plan K-000123 visit Quarterly review --time \"tomorrow 9:30\" --place \"Their office\""},
    },
    {
        .name = "activity edit",
        .summary = N_("Change a planned activity"),
        .method = SERVICE "UpdateActivity",
        .arguments = {{.name = N_("ACTIVITY"), .field = "activity.id", .kind = RECORD_ACTIVITY}},
        .hidden = "account_id customer_reaction result",
        .done = N_("Changed %s."),
        .examples = {"kam activity edit 8f3a2c10 --time \"monday 10:00\""},
    },
    {
        .name = "activity done",
        .summary = N_("Say that a planned activity was done, and what came of it"),
        .method = SERVICE "CompleteActivity",
        .arguments = {{.name = N_("ACTIVITY"), .field = "id", .kind = RECORD_ACTIVITY}},
        .done = N_("Done: %s."),
        .more = show_next,
        .examples = {"kam activity done 8f3a2c10 --result \"They want a sample\" --customer-reaction \"Interested\"",
                     "kam activity done 8f3a2c10 --next-kind sample --next-subject \"Send the sample\" --next-time "
                     "\"in 2 days\""},
    },
    {
        .name = "activity cancel",
        .summary = N_("Say that a planned activity will not be done"),
        .method = SERVICE "CancelActivity",
        .arguments = {{.name = N_("ACTIVITY"), .field = "id", .kind = RECORD_ACTIVITY}},
        .done = N_("Cancelled %s."),
        .examples = {"kam activity cancel 8f3a2c10 --reason \"They moved it to next month\""},
    },
    {
        .name = "activity correct",
        .summary = N_("Correct a done activity; the original is kept"),
        .method = SERVICE "CorrectActivity",
        .arguments = {{.name = N_("ACTIVITY"), .field = "id", .kind = RECORD_ACTIVITY}},
        .hidden = "account_id",
        .optional = "kind subject",
        .done = N_("Corrected %s."),
        .run = correct,
        .examples = {"kam activity correct 8f3a2c10 --time \"2026-11-20 14:00\" --reason \"Wrong day\""},
    },
    {
        .name = "activity prepare",
        .summary = N_("Prepare a visit: with whom, confirmed or not, address, route, what to bring"),
        .method = VISITS "UpdateVisit",
        .arguments = {{.name = N_("ACTIVITY"), .field = "visit.activity_id", .kind = RECORD_ACTIVITY}},
        .version_method = VISITS "GetVisit",
        .hidden = "reaction customer_class next_step",
        .done = N_("Prepared %s."),
        .examples =
            {"kam activity prepare 8f3a2c10 --contact 张伟 --appointment confirmed --address 东门 --material 样品册"},
    },
    {
        .name = "activity feedback",
        .summary = N_("Fill in the feedback form of a visit: reaction, class (a to d), next step"),
        .method = VISITS "UpdateVisit",
        .arguments = {{.name = N_("ACTIVITY"), .field = "visit.activity_id", .kind = RECORD_ACTIVITY}},
        .version_method = VISITS "GetVisit",
        .hidden = "contact_id appointment address route material",
        .done = N_("Feedback noted: %s."),
        .examples = {"kam activity feedback 8f3a2c10 --reaction \"Keen on the new line\" --customer-class a "
                     "--next-step \"Send a sample\""},
    },
    {
        .name = "activity spin",
        .summary = N_("Show the SPIN sheet of a talk, with what may be asked"),
        .method = VISITS "GetSpin",
        .arguments = {{.name = N_("ACTIVITY"), .field = "activity_id", .kind = RECORD_ACTIVITY}},
        .run = activity_page_show_spin,
        .examples = {"kam activity spin 8f3a2c10"},
    },
    {
        .name = "activity spin edit",
        .summary = N_("Plan the questions of a talk by SPIN, and note the answers; asks for all without options"),
        .method = VISITS "UpdateSpin",
        .arguments = {{.name = N_("ACTIVITY"), .field = "spin.activity_id", .kind = RECORD_ACTIVITY}},
        .version_method = VISITS "GetSpin",
        .done = N_("Noted: %s."),
        .run = activity_page_edit_spin,
        .examples = {"kam activity spin edit 8f3a2c10 --problem-questions \"What does a stoppage cost?\"",
                     "kam activity spin edit 8f3a2c10 --problem-answers 每月停线两次"},
    },
    {
        .name = "activity comment",
        .summary = N_("Comment on a report as a manager, or answer a comment on your own"),
        .method = COMMENTS "AddComment",
        .arguments = {{.name = N_("ACTIVITY"), .field = "comment.activity_id", .kind = RECORD_ACTIVITY},
                      {.name = N_("TEXT"), .field = "comment.text", .takes_rest = true}},
        .done = N_("Commented on %s."),
        .examples = {"kam activity comment 8f3a2c10 Who decides there?"},
    },
    {
        .name = "activity comments",
        .summary = N_("List what was said about your activities and you have not marked as seen"),
        .method = COMMENTS "ListNewComments",
        .columns = "activity_id create_time author_name account_name subject text",
        .examples = {"kam activity comments"},
    },
    {
        .name = "activity seen",
        .summary = N_("Mark the comments on an activity as seen"),
        .method = COMMENTS "MarkCommentsSeen",
        .arguments = {{.name = N_("ACTIVITY"), .field = "activity_id", .kind = RECORD_ACTIVITY}},
        .done = N_("Seen: %s."),
        .examples = {"kam activity seen 8f3a2c10"},
    },
};
const size_t activity_command_count = sizeof activity_commands / sizeof activity_commands[0];
