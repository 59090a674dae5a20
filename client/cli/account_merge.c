// SPDX-License-Identifier: Apache-2.0
#include "account_merge.h"

#include <string.h>
#include <strings.h>

#include "history.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/account_merge.pb-c.h"
#include "message.h"
#include "output.h"
#include "prompt.h"

#define PREVIEW "/kam.v1.AccountMergeService/PreviewMerge"

const struct flag account_merge_flags[] = {
    {"yes", NULL, N_("Merge without asking."), false},
    {NULL, NULL, NULL, false},
};

static const char *field_label(struct app *app, const char *name)
{
    // An amount is two columns and one field.
    const char *end = strstr(name, "_minor_units");
    const char *field = end == NULL ? name : arena_printf(app->arena, "%.*s", (int)(end - name), name);
    bool is_known = message_find_field(&kam__v1__account__descriptor, field) != NULL;
    return is_known ? output_label(&kam__v1__account__descriptor, field) : field;
}

static void print_preview(struct app *app, FILE *out, const Kam__V1__PreviewMergeResponse *preview)
{
    fprintf(out, _("%s %s goes into %s %s:\n"), app_clean(app, preview->merged_code),
            app_clean(app, preview->merged_name), app_clean(app, preview->survivor_code),
            app_clean(app, preview->survivor_name));
    for (size_t at = 0; at < preview->n_parts; at++) {
        const Kam__V1__MergePart *part = preview->parts[at];
        fprintf(out, _("  %d × %s"), part->moved_count + part->kept_count,
                app_clean(app, history_entity_name(part->entity)));
        if (part->kept_count > 0)
            fprintf(out, _(", of which %d stay, since the other has its own"), part->kept_count);
        fputc('\n', out);
    }
    const char *fields = "";
    for (size_t at = 0; at < preview->n_filled_fields; at++)
        if (strstr(preview->filled_fields[at], "_currency_code") == NULL)
            fields = arena_printf(app->arena, "%s%s%s", fields, *fields == '\0' ? "" : ", ",
                                  field_label(app, preview->filled_fields[at]));
    if (*fields != '\0')
        fprintf(out, _("  filled in: %s\n"), fields);
}

enum exit_code account_merge_run(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *bound, *response;
    enum exit_code failure = command_bind(app, invocation, &bound);
    if (failure != EXIT_OK)
        return failure;
    Kam__V1__MergeAccountsRequest *request = (Kam__V1__MergeAccountsRequest *)bound;
    if (strcmp(request->survivor_id, request->merged_id) == 0)
        return app_refuse(app, EXIT_USAGE, _("these are one account already"));
    ProtobufCMessage *wanted = app_new_request(app, PREVIEW);
    message_set_text(wanted, "survivor_id", request->survivor_id);
    message_set_text(wanted, "merged_id", request->merged_id);
    failure = app_call(app, PREVIEW, wanted, &response);
    if (failure != EXIT_OK)
        return failure;
    const Kam__V1__PreviewMergeResponse *preview = (const Kam__V1__PreviewMergeResponse *)response;
    request->survivor_version = preview->survivor_version;
    request->merged_version = preview->merged_version;
    if (invocation_flag(invocation, "yes") == NULL) {
        print_preview(app, stderr, preview);
        if (!app->is_interactive)
            return app_refuse(app, EXIT_USAGE, _("nothing is merged without --yes"));
        const char *answer = prompt_line(app, _("Merge them? (yes/no)"));
        bool is_yes = answer != NULL && (strcasecmp(answer, "yes") == 0 || strcasecmp(answer, "y") == 0 ||
                                         strcmp(answer, "是") == 0 || strcmp(answer, _("yes")) == 0);
        if (!is_yes)
            return app_refuse(app, EXIT_REFUSED, _("nothing was merged"));
    }
    failure = command_call(app, invocation, bound);
    if (failure == EXIT_OK && !app->settings.json && !app->settings.csv)
        fprintf(app->out, _("Undo it within 30 days: kam account unmerge %s --reason TEXT\n"),
                app_clean(app, preview->merged_code));
    return failure;
}
