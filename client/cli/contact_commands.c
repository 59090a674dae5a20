// SPDX-License-Identifier: Apache-2.0
// kam contact ...
#include "contact_commands.h"

#include <string.h>

#include "export.h"
#include "message.h"
#include "output.h"
#include "prompt.h"

#define SERVICE "/kam.v1.ContactService/"

// What cannot be undone is confirmed: on a terminal with the person's name, elsewhere with --yes.
static enum exit_code erase(struct app *app, struct invocation *invocation)
{
    ProtobufCMessage *request, *contact;
    enum exit_code failure = command_bind(app, invocation, &request);
    if (failure != EXIT_OK || invocation_flag(invocation, "yes") != NULL)
        return failure != EXIT_OK ? failure : command_call(app, invocation, request);
    if (!app->is_interactive) {
        app_refuse(app, EXIT_USAGE, _("erasing a person cannot be undone"));
        app_hint(app, _("In scripts: kam %s --yes"), invocation->command->name);
        return EXIT_USAGE;
    }
    ProtobufCMessage *get = app_new_request(app, SERVICE "GetContact");
    message_set_text(get, "id", message_text(request, "id"));
    failure = app_call(app, SERVICE "GetContact", get, &contact);
    if (failure != EXIT_OK)
        return failure;
    const char *name = message_text(contact, "name");
    fprintf(stderr, _("All that is known of %s will be erased, everywhere and for ever.\n"), app_clean(app, name));
    const char *typed = prompt_line(app, _("Type the person's name to go on"));
    if (typed == NULL || strcmp(typed, name) != 0)
        return app_refuse(app, EXIT_USAGE, _("that is not the name; nothing was changed"));
    return command_call(app, invocation, request);
}

static const struct flag erase_flags[] = {
    {"yes", NULL, N_("Erase without asking."), false},
    {NULL, NULL, NULL, false},
};

const struct command contact_commands[] = {
    {
        .name = "contact list",
        .summary = N_("List the people of an account, or all within reach"),
        .method = SERVICE "ListContacts",
        .arguments = {{.name = N_("ACCOUNT"), .field = "account_id", .kind = RECORD_ACCOUNT, .is_optional = true}},
        .columns =
            "id name positions.account_name positions.title phones emails positions.buying_roles positions.stance "
            "positions.relationship",
        .empty = N_("Add a person: kam contact add ACCOUNT --name NAME"),
        .examples = {"kam contact list K-000123", "kam contact list --all"},
    },
    {
        .name = "contact show",
        .summary = N_("Show a person and their positions"),
        .method = SERVICE "GetContact",
        .arguments = {{.name = N_("CONTACT"), .field = "id", .kind = RECORD_CONTACT}},
        .examples = {"kam contact show 张伟", "kam contact show 8f3a2c10"},
    },
    {
        .name = "contact add",
        .summary = N_("Add a person with a position at an account"),
        .method = SERVICE "CreateContact",
        .arguments = {{.name = N_("ACCOUNT"), .field = "contact.positions.account_id", .kind = RECORD_ACCOUNT}},
        .required = "name",
        .hidden = "contact_id",
        .done = N_("Added %s."),
        .examples = {"kam contact add K-000123 --name 张伟 --title 采购总监 --buying-role decider --stance ally "
                     "--phone 13800000000",
                     "kam contact add Acme --name \"Jane Doe\" --title CTO --reports-to \"John Smith\" --influence 70"},
    },
    {
        .name = "contact edit",
        .summary = N_("Change a person's name, phones, e-mail addresses or note"),
        .method = SERVICE "UpdateContact",
        .arguments = {{.name = N_("CONTACT"), .field = "contact.id", .kind = RECORD_CONTACT}},
        .hidden = "positions",
        .done = N_("Changed %s."),
        .examples = {"kam contact edit 张伟 --phone 13800000000 --phone 010-12345678",
                     "kam contact edit \"Jane Doe\" --clear note"},
    },
    {
        .name = "contact vcard",
        .summary = N_("Print people as vCards, for telephones and address books"),
        .arguments = {{.name = N_("CONTACT"), .kind = RECORD_CONTACT, .takes_rest = true}},
        .run = export_vcards,
        .examples = {"kam contact vcard 张伟 > zhang.vcf"},
    },
    {
        .name = "contact retire",
        .summary = N_("Take a person out of lists and searches"),
        .method = SERVICE "RetireContact",
        .arguments = {{.name = N_("CONTACT"), .field = "id", .kind = RECORD_CONTACT}},
        .done = N_("Retired %s."),
        .examples = {"kam contact retire \"Jane Doe\" --reason \"Retired\""},
    },
    {
        .name = "contact restore",
        .summary = N_("Bring a retired person back"),
        .method = SERVICE "RestoreContact",
        .arguments = {{.name = N_("CONTACT"), .field = "id", .kind = RECORD_CONTACT}},
        .done = N_("Restored %s."),
        .examples = {"kam contact restore 8f3a2c10"},
    },
    {
        .name = "contact erase",
        .summary = N_("Erase all that is known of a person, for ever; for managers, where the law demands it"),
        .method = SERVICE "EraseContact",
        .arguments = {{.name = N_("CONTACT"), .field = "id", .kind = RECORD_CONTACT}},
        .flags = erase_flags,
        .run = erase,
        .done = N_("Erased. The history keeps what was done when, by whom of us."),
        .examples = {"kam contact erase \"Jane Doe\" --reason \"Asked for in writing\""},
    },
    {
        .name = "contact position add",
        .summary = N_("Record that a person works for another account as well"),
        .method = SERVICE "AddPosition",
        .arguments = {{.name = N_("CONTACT"), .field = "position.contact_id", .kind = RECORD_CONTACT},
                      {.name = N_("ACCOUNT"), .field = "position.account_id", .kind = RECORD_ACCOUNT}},
        .done = N_("Added %s."),
        .examples = {"kam contact position add 张伟 K-000124 --title 顾问"},
    },
    {
        .name = "contact position edit",
        .summary = N_("Change a person's title, buying roles, stance, influence at an account"),
        .method = SERVICE "UpdatePosition",
        .arguments = {{.name = N_("CONTACT"), .field = "position.id", .kind = RECORD_POSITION}},
        .hidden = "contact_id account_id",
        .done = N_("Changed %s."),
        .examples = {"kam contact position edit 张伟 --stance ally --influence 80 --insider",
                     "kam contact position edit 张伟 --at K-000124 --buying-role influencer --buying-role user",
                     "kam contact position edit 张伟 --counterpart wangli --trust 4 --commitment 3"},
    },
    {
        .name = "contact position end",
        .summary = N_("Record that a person left an account"),
        .method = SERVICE "EndPosition",
        .arguments = {{.name = N_("CONTACT"), .field = "id", .kind = RECORD_POSITION}},
        .done = N_("Ended: %s."),
        .examples = {"kam contact position end 张伟 --at K-000124 --ended-on yesterday"},
    },
    {
        .name = "contact relationship",
        .summary = N_("Record a new relationship level (1 known, 2 meeting, 3 accepted, 4 trusted, 5 allied)"),
        .method = SERVICE "RecordRelationship",
        .arguments = {{.name = N_("CONTACT"), .field = "position_id", .kind = RECORD_POSITION},
                      {.name = N_("LEVEL"), .field = "level"}},
        .done = N_("Recorded: %s."),
        .examples = {"kam contact relationship 张伟 3 --note \"Introduced us to the plant manager\""},
    },
    {
        .name = "contact relationships",
        .summary = N_("Show how the relationship with a person developed"),
        .method = SERVICE "ListRelationshipChanges",
        .arguments = {{.name = N_("CONTACT"), .field = "position_id", .kind = RECORD_POSITION}},
        .columns = "changed_on level note activity_id recorded_by",
        .empty = N_("Record the first: kam contact relationship CONTACT LEVEL"),
        .examples = {"kam contact relationships 张伟"},
    },
    {
        .name = "contact profile show",
        .summary = N_("Show what matters to the person"),
        .method = SERVICE "GetContactProfile",
        .arguments = {{.name = N_("CONTACT"), .field = "contact_id", .kind = RECORD_CONTACT}},
        .examples = {"kam contact profile show 张伟"},
    },
    {
        .name = "contact profile edit",
        .summary = N_("Note what matters to the person"),
        .method = SERVICE "UpdateContactProfile",
        .arguments = {{.name = N_("CONTACT"), .field = "profile.contact_id", .kind = RECORD_CONTACT}},
        .version_method = SERVICE "GetContactProfile",
        .done = N_("Noted what matters to %s."),
        .examples = {"kam contact profile edit 张伟 --home-town 山东 --hobbies 钓鱼 --motives recognition"},
    },
    {
        .name = "contact tie add",
        .summary = N_("Record that two people are relatives or friends, or that the first influences the second"),
        .method = SERVICE "AddTie",
        .arguments = {{.name = N_("CONTACT"), .field = "tie.from_contact_id", .kind = RECORD_CONTACT},
                      {.name = N_("KIND"), .field = "tie.kind"},
                      {.name = N_("CONTACT"), .field = "tie.to_contact_id", .kind = RECORD_CONTACT}},
        .examples = {"kam contact tie add 张伟 kinship 张静 --note 兄妹",
                     "kam contact tie add \"Jane Doe\" influence \"John Smith\""},
    },
    {
        .name = "contact tie remove",
        .summary = N_("Take a tie between two people away"),
        .method = SERVICE "RemoveTie",
        .arguments = {{.name = N_("TIE"), .field = "id", .kind = RECORD_ANY}},
        .examples = {"kam contact show 张伟", "kam contact tie remove 8f3a2c10"},
    },
    {
        .name = "contact gift list",
        .summary = N_("List the gifts given to a person, the latest first"),
        .method = SERVICE "ListGifts",
        .arguments = {{.name = N_("CONTACT"), .field = "contact_id", .kind = RECORD_CONTACT}},
        .columns = "id given_on what value given_by_name activity_id",
        .empty = N_("Record the first: kam contact gift add CONTACT --what TEXT"),
        .examples = {"kam contact gift list 张伟"},
    },
    {
        .name = "contact gift add",
        .summary = N_("Record a gift given to a person"),
        .method = SERVICE "RecordGift",
        .arguments = {{.name = N_("CONTACT"), .field = "gift.contact_id", .kind = RECORD_CONTACT}},
        .done = N_("Recorded a gift to %s."),
        .examples = {"kam contact gift add 张伟 --what 茶叶 --value \"CNY 300.00\" --given-on yesterday"},
    },
    {
        .name = "contact gift edit",
        .summary = N_("Correct what was recorded of a gift"),
        .method = SERVICE "CorrectGift",
        .arguments = {{.name = N_("GIFT"), .field = "gift.id", .kind = RECORD_ANY}},
        .hidden = "contact_id",
        .version_method = SERVICE "GetGift",
        .examples = {"kam contact gift list 张伟", "kam contact gift edit 8f3a2c10 --value \"CNY 280.00\""},
    },
};
const size_t contact_command_count = sizeof contact_commands / sizeof contact_commands[0];
