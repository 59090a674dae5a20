// SPDX-License-Identifier: Apache-2.0
// kam contact ...
#include "contact_commands.h"

#define SERVICE "/kam.v1.ContactService/"

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
        .name = "contact retire",
        .summary = N_("Take a person out of lists and searches"),
        .method = SERVICE "RetireContact",
        .arguments = {{.name = N_("CONTACT"), .field = "id", .kind = RECORD_CONTACT}},
        .done = N_("Retired %s."),
        .examples = {"kam contact retire \"Jane Doe\" --reason \"Retired\""},
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
                     "kam contact position edit 张伟 --at K-000124 --buying-role influencer --buying-role user"},
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
        .examples = {"kam contact profile edit 张伟 --home-town 山东 --hobbies 钓鱼 --motives recognition"},
    },
};
const size_t contact_command_count = sizeof contact_commands / sizeof contact_commands[0];
