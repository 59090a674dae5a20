// SPDX-License-Identifier: Apache-2.0
// All commands, in the order help shows them.
#include <string.h>

#include "account_commands.h"
#include "activity_commands.h"
#include "analysis_commands.h"
#include "archive_commands.h"
#include "assess_commands.h"
#include "board_commands.h"
#include "complete.h"
#include "contact_commands.h"
#include "delegation_commands.h"
#include "engagement_commands.h"
#include "export.h"
#include "grade_commands.h"
#include "idea_commands.h"
#include "import_commands.h"
#include "key_commands.h"
#include "map_commands.h"
#include "need_commands.h"
#include "objection_commands.h"
#include "opportunity_commands.h"
#include "other_commands.h"
#include "overview_commands.h"
#include "pipeline_commands.h"
#include "plan_commands.h"
#include "process_commands.h"
#include "rate_commands.h"
#include "rhythm_commands.h"
#include "session_commands.h"
#include "target_commands.h"
#include "team_commands.h"
#include "user_commands.h"

enum { MOST_NAME_WORDS = 3 };

// The sizes of the tables are known to the linker only, so a group points to its size.
#define GROUP(text, table)                                                                                             \
    {                                                                                                                  \
        text, table##_commands, &table##_command_count                                                                 \
    }

// One group a line.
// clang-format off
const struct command_group command_groups[] = {
    GROUP(N_("Session"), session),
    GROUP(N_("Every day"), overview),
    GROUP(N_("Accounts"), account),
    GROUP(N_("Archive of an account"), archive),
    GROUP(N_("People"), contact),
    GROUP(N_("Needs"), need),
    GROUP(N_("Opportunities"), opportunity),
    GROUP(N_("Board"), board),
    GROUP(N_("Power map"), map),
    GROUP(N_("Engagement plans"), engagement),
    GROUP(N_("Analysis"), analysis),
    GROUP(N_("Advancement"), advancement),
    GROUP(N_("Approvals"), approval),
    GROUP(N_("Activities"), activity),
    GROUP(N_("Plans and routes"), plan),
    GROUP(N_("Objections"), objection),
    GROUP(N_("Ideas"), idea),
    GROUP(N_("Rhythm"), rhythm),
    GROUP(N_("Pipelines"), pipeline),
    GROUP(N_("Targets"), target),
    GROUP(N_("Assessments"), assess),
    GROUP(N_("Grades"), grade),
    GROUP(N_("Key accounts"), key),
    GROUP(N_("Exchange rates"), rate),
    GROUP(N_("Standing in"), delegation),
    GROUP(N_("Users"), user),
    GROUP(N_("Teams"), team),
    GROUP(N_("Import"), import),
    GROUP(N_("Export"), export),
    GROUP(N_("More"), other),
    GROUP(N_("Shell"), completion),
};
// clang-format on
const size_t command_group_count = sizeof command_groups / sizeof command_groups[0];

// Number of words of the name when the words begin with it, else 0.
static size_t match_name(const char *name, const char *const words[], size_t count)
{
    size_t used = 0;
    for (const char *at = name; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (used == count || strlen(words[used]) != length || strncmp(words[used], at, length) != 0)
            return 0;
        at += length;
        used++;
    }
    return used;
}

const struct command *command_find(const char *const words[], size_t count, size_t *used_r)
{
    const struct command *found = NULL;
    *used_r = 0;
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            size_t used = match_name(command->name, words, count);
            if (used > *used_r) {
                *used_r = used;
                found = command;
            }
        }
    return found;
}

bool command_is_prefix(const char *const words[], size_t count)
{
    char joined[100] = "";
    for (size_t at = 0; at < count && at < MOST_NAME_WORDS; at++)
        snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s ", words[at]);
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++)
            if (strncmp(command_groups[group].commands[at].name, joined, strlen(joined)) == 0)
                return count > 0;
    return false;
}
