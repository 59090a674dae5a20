// SPDX-License-Identifier: Apache-2.0
#include "check_wanted.h"

#include <stdlib.h>
#include <string.h>

#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/opportunity.pb-c.h"
#include "message.h"
#include "output.h"
#include "reason.h"
#include "recent.h"
#include "value.h"

static const char *find_value(const Kam__V1__CriterionCheck *criterion, const char *name)
{
    for (size_t at = 0; at < criterion->n_wanted_values; at++)
        if (strcmp(criterion->wanted_values[at]->name, name) == 0)
            return criterion->wanted_values[at]->value;
    return NULL;
}

// ---- Words of the contract, as people know them

// The value called so in the contract: "site_visit". NULL when this client does not know it.
static const ProtobufCEnumValue *find_enum_value(struct app *app, const ProtobufCEnumDescriptor *descriptor,
                                                 const char *name, size_t length)
{
    char *typed = arena_strdup(app->arena, name);
    typed[length] = '\0';
    for (char *at = typed; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    for (unsigned at = 1; at < descriptor->n_values; at++)
        if (strcmp(value_enum_word(app->arena, descriptor, &descriptor->values[at]), typed) == 0)
            return &descriptor->values[at];
    return NULL;
}

typedef const char *label_of_word(struct app *app, const char *word, size_t length);

static const char *label_in_enum(struct app *app, const ProtobufCEnumDescriptor *descriptor, const char *word,
                                 size_t length)
{
    const ProtobufCEnumValue *value = find_enum_value(app, descriptor, word, length);
    return value == NULL ? arena_printf(app->arena, "%.*s", (int)length, word)
                         : value_enum_label(app->arena, descriptor, value);
}

static const char *label_of_kind(struct app *app, const char *word, size_t length)
{
    return label_in_enum(app, &kam__v1__activity_kind__descriptor, word, length);
}

static const char *label_of_verdict(struct app *app, const char *word, size_t length)
{
    return label_in_enum(app, &kam__v1__verdict__descriptor, word, length);
}

static bool is_word(const char *word, size_t length, const char *wanted)
{
    return strlen(wanted) == length && strncmp(word, wanted, length) == 0;
}

static const char *label_of_field(struct app *app, const ProtobufCMessageDescriptor *descriptor, const char *word,
                                  size_t length)
{
    const char *name = arena_printf(app->arena, "%.*s", (int)length, word);
    return message_find_field(descriptor, name) == NULL ? name : output_label(descriptor, name);
}

static const char *label_of_person(struct app *app, const char *word, size_t length)
{
    if (is_word(word, length, "contact"))
        return language_label("value", "contact");
    if (is_word(word, length, "insider"))
        return output_label(&kam__v1__position__descriptor, "is_insider");
    return label_in_enum(app, &kam__v1__buying_role__descriptor, word, length);
}

static const char *label_of_account_field(struct app *app, const char *word, size_t length)
{
    return label_of_field(app, &kam__v1__account__descriptor, word, length);
}

static const char *label_of_opportunity_field(struct app *app, const char *word, size_t length)
{
    if (is_word(word, length, "supply"))
        return _("Present supplier");
    return label_of_field(app, &kam__v1__opportunity__descriptor, word, length);
}

static const char *label_of_profile_field(struct app *app, const char *word, size_t length)
{
    return label_of_field(app, &kam__v1__position__descriptor, word, length);
}

// "a, b|c" in labels: "A, B or C".
static const char *say_list(struct app *app, const char *list, label_of_word *label)
{
    const char *said = "";
    while (*list != '\0') {
        size_t length = strcspn(list, ",|");
        said = arena_printf(app->arena, "%s%s", said, label(app, list, length));
        list += length;
        if (*list == '|')
            said = arena_printf(app->arena, "%s%s", said, _(" or "));
        else if (*list == ',')
            said = arena_printf(app->arena, "%s%s", said, language_choose(", ", "、"));
        list += *list != '\0';
        list += strspn(list, " ");
    }
    return said;
}

// "Li Na (title, stance); Wang (influence)": what is missing stands in the last parentheses of each.
static const char *say_people(struct app *app, const char *people)
{
    const char *said = "";
    while (*people != '\0') {
        const char *end = strstr(people, "); ");
        size_t length = end == NULL ? strlen(people) : (size_t)(end - people) + 1;
        size_t open = length;
        while (open > 0 && people[open] != '(')
            open--;
        if (open == 0 || people[open - 1] != ' ' || people[length - 1] != ')')
            return people;
        const char *missing = arena_printf(app->arena, "%.*s", (int)(length - open - 2), people + open + 1);
        said = arena_printf(app->arena, "%s%s%.*s%s%s%s", said, *said == '\0' ? "" : language_choose("; ", "；"),
                            (int)open - 1, people, language_choose(" (", "（"),
                            say_list(app, missing, label_of_profile_field), language_choose(")", "）"));
        people += length + (end == NULL ? 0 : 2);
    }
    return said;
}

static const char *say_level(struct app *app, const char *level)
{
    long number = strtol(level, NULL, 10);
    return number > 0 ? value_format_relationship(app->arena, number) : _("none");
}

static const char *say_value(struct app *app, const Kam__V1__CriterionCheck *criterion, const char *name,
                             const char *value)
{
    const char *translated = find_value(criterion, arena_printf(app->arena, "%s_zh", name));
    if (translated != NULL)
        return language_choose(value, translated);
    if (strcmp(name, "kinds") == 0)
        return say_list(app, value, label_of_kind);
    if (strcmp(name, "who") == 0)
        return say_list(app, value, label_of_person);
    if (strcmp(name, "verdict") == 0)
        return say_list(app, value, label_of_verdict);
    if (strcmp(name, "people") == 0)
        return say_people(app, value);
    if (strcmp(name, "fields") == 0)
        return say_list(app, value,
                        strcmp(criterion->kind, "account_fields") == 0 ? label_of_account_field
                                                                       : label_of_opportunity_field);
    if (strcmp(criterion->kind, "contact_relationship") == 0 &&
        (strcmp(name, "level") == 0 || strcmp(name, "present") == 0))
        return say_level(app, value);
    return value;
}

const char *check_wanted_text(struct app *app, const Kam__V1__CriterionCheck *criterion)
{
    size_t count = criterion->n_wanted_values;
    struct kam_value *values = arena_alloc(app->arena, (count + 1) * sizeof *values);
    for (size_t at = 0; at < count; at++) {
        const Kam__V1__ReasonValue *value = criterion->wanted_values[at];
        values[at] = (struct kam_value){value->name, say_value(app, criterion, value->name, value->value)};
    }
    const char *text = reason_say(app->arena, criterion->wanted_reason, values, count);
    return app_clean(app, text == NULL ? criterion->wanted_text : text);
}

// ---- Commands

// The first of a list.
static const char *first_of(struct app *app, const Kam__V1__CriterionCheck *criterion, const char *name)
{
    const char *list = find_value(criterion, name);
    return list == NULL ? "" : arena_printf(app->arena, "%.*s", (int)strcspn(list, ",|"), list);
}

// As it is typed: "site-visit".
static const char *typed(struct app *app, const char *word)
{
    char *text = arena_strdup(app->arena, word);
    for (char *at = text; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return text;
}

// " --founded-on ... --employees ..." of "founded_on, employees|annual_revenue".
static const char *options_of_fields(struct app *app, const char *fields)
{
    const char *options = "";
    while (*fields != '\0') {
        const char *name = arena_printf(app->arena, "%.*s", (int)strcspn(fields, ",|"), fields);
        size_t length = strlen(name);
        if (length > 3 && strcmp(name + length - 3, "_id") == 0)
            name = arena_printf(app->arena, "%.*s", (int)length - 3, name);
        if (strcmp(name, "supply") != 0)
            options = arena_printf(app->arena, "%s --%s ...", options, typed(app, name));
        fields += strcspn(fields, ",");
        fields += strspn(fields, ", ");
    }
    return options;
}

// Somebody new who would be it.
static const char *person_command(struct app *app, const char *account, const char *who)
{
    const char *command = arena_printf(app->arena, "kam contact add %s --name ...", account);
    for (; *who != '\0'; who += strspn(who, ", ")) {
        size_t length = strcspn(who, ",");
        if (is_word(who, length, "insider"))
            command = arena_printf(app->arena, "%s --insider", command);
        else if (!is_word(who, length, "contact"))
            command = arena_printf(app->arena, "%s --buying-role %s", command,
                                   typed(app, arena_printf(app->arena, "%.*s", (int)length, who)));
        who += length;
    }
    return command;
}

static const char *activity_command(struct app *app, const char *account, const char *kind)
{
    return arena_printf(app->arena, "kam activity log %s %s ...", account, typed(app, kind));
}

// What the customer's way of buying lacks first.
static const char *buying_command(struct app *app, const Kam__V1__OpportunityCheck *check,
                                  const Kam__V1__CriterionCheck *criterion)
{
    const char *fields = find_value(criterion, "fields");
    const char *options = fields == NULL ? "" : options_of_fields(app, fields);
    if (*options != '\0')
        return arena_printf(app->arena, "kam opportunity edit %s%s", check->code, options);
    if (fields != NULL)
        return arena_printf(app->arena, "kam account supplier add %s --supplier ...", check->account_code);
    return arena_printf(app->arena, "kam opportunity criterion set %s ...", check->code);
}

// Commands that need but the account.
static const struct simple {
    const char *reason;
    const char *begin;
    const char *end;
} simples[] = {
    {"NEED_WANTED", "kam need add", " --kind ... --text ..."},
    {"EXPLICIT_NEED_WANTED", "kam need add", " --kind explicit --text ..."},
    {"COVERAGE_WANTED", "kam map", ""},
    {"ENGAGEMENT_WANTED", "kam engagement add", ""},
    {"VISITS_UNPLANNED", "kam plan add", " --weekday ..."},
    {"PROFILES_WANTED", "kam map", ""},
};

const char *check_wanted_command(struct app *app, const Kam__V1__OpportunityCheck *check,
                                 const Kam__V1__CriterionCheck *criterion)
{
    const char *reason = criterion->wanted_reason, *account = check->account_code, *command = NULL;
    for (size_t at = 0; at < sizeof simples / sizeof simples[0]; at++)
        if (strcmp(simples[at].reason, reason) == 0)
            command = arena_printf(app->arena, "%s %s%s", simples[at].begin, account, simples[at].end);
    const char *fields = find_value(criterion, "fields"), *who = find_value(criterion, "who"),
               *level = find_value(criterion, "level"), *keys = find_value(criterion, "keys"),
               *verdict = find_value(criterion, "verdict");
    if (strncmp(reason, "ACTIVITIES_WANTED", 17) == 0)
        command = activity_command(app, account, first_of(app, criterion, "kinds"));
    else if (strcmp(reason, "FOLLOW_UP_WANTED") == 0)
        command = activity_command(app, account, "call");
    else if (strcmp(reason, "FOLLOW_UP_MISSED") == 0)
        command = activity_command(app, account, first_of(app, criterion, "kinds"));
    else if (strcmp(reason, "ACCOUNT_FIELDS_WANTED") == 0 && fields != NULL)
        command = arena_printf(app->arena, "kam account edit %s%s", account, options_of_fields(app, fields));
    else if (strcmp(reason, "OPPORTUNITY_FIELDS_WANTED") == 0 && fields != NULL)
        command = arena_printf(app->arena, "kam opportunity edit %s%s", check->code, options_of_fields(app, fields));
    else if (strcmp(reason, "PERSON_WANTED") == 0 && who != NULL)
        command = person_command(app, account, who);
    else if (level != NULL && strcmp(criterion->evidence_kind, "contact") == 0)
        command = arena_printf(app->arena, "kam contact relationship \"%s\" %s --at %s", criterion->evidence_text,
                               level, account);
    else if (strcmp(criterion->kind, "buying_process") == 0)
        command = buying_command(app, check, criterion);
    else if (strcmp(criterion->kind, "assessment") == 0)
        command =
            arena_printf(app->arena, "kam assess %s --model-key %s", check->code, first_of(app, criterion, "key"));
    else if (keys != NULL)
        command = arena_printf(app->arena, "kam opportunity answer set %s %s ...", check->code,
                               first_of(app, criterion, "keys"));
    else if (verdict != NULL)
        command = arena_printf(app->arena, "kam opportunity verdict %s %s", check->code, verdict);
    else if (strcmp(reason, "NOT_RECORDABLE") == 0)
        command = arena_printf(app->arena, "kam opportunity waive %s %s --reason ...", check->code, criterion->key);
    return command == NULL ? NULL : app_clean(app, command);
}
