// SPDX-License-Identifier: Apache-2.0
// Options of commands, made from the contract.
#include <string.h>

#include "command.h"
#include "message.h"
#include "value.h"

// True when the words, separated by spaces, hold this one.
static bool holds_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; at != NULL && *at != '\0'; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        if (size == length && strncmp(at, word, length) == 0)
            return true;
        at += size;
    }
    return false;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

const char *option_name_of_field(struct arena *arena, const ProtobufCFieldDescriptor *field)
{
    char *name = arena_strdup(arena, strncmp(field->name, "is_", 3) == 0 ? field->name + 3 : field->name);
    size_t length = strlen(name);
    bool is_list = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (is_list && ends_with(name, "_ids") && strcmp(name, "messaging_ids") != 0)
        name[length - 4] = '\0';
    else if (is_list && ends_with(name, "ies"))
        memcpy(name + length - 3, "y", sizeof "y");
    else if (is_list && name[length - 1] == 's')
        name[length - 1] = '\0';
    else if (ends_with(name, "_id"))
        name[length - 3] = '\0';
    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return name;
}

enum record_kind option_reference_of_field(const ProtobufCMessageDescriptor *message,
                                           const ProtobufCFieldDescriptor *field)
{
    static const struct {
        const char *field;
        enum record_kind kind;
    } references[] = {
        {"owner_id", RECORD_USER},        {"user_id", RECORD_USER},          {"user_ids", RECORD_USER},
        {"team_id", RECORD_TEAM},         {"account_id", RECORD_ACCOUNT},    {"contact_id", RECORD_CONTACT},
        {"contact_ids", RECORD_CONTACT},  {"reports_to_id", RECORD_CONTACT}, {"activity_id", RECORD_ACTIVITY},
        {"position_id", RECORD_POSITION}, {"upstream_id", RECORD_ACCOUNT},   {"counterpart_id", RECORD_USER},
        {"given_by_id", RECORD_USER},     {"account_ids", RECORD_ACCOUNT},   {"list_id", RECORD_TARGET_LIST},
        {"route_id", RECORD_ROUTE},       {"entry_id", RECORD_ANY},          {"opportunity_id", RECORD_OPPORTUNITY},
        {"requested_by_id", RECORD_USER},
    };
    if (strcmp(field->name, "parent_id") == 0)
        return strstr(message->name, "Team") != NULL ? RECORD_TEAM : RECORD_ACCOUNT;
    for (size_t at = 0; at < sizeof references / sizeof references[0]; at++)
        if (strcmp(references[at].field, field->name) == 0)
            return references[at].kind;
    return RECORD_NONE;
}

static const char *parameter_of(const ProtobufCFieldDescriptor *field, const struct contract_field *contract,
                                enum record_kind reference)
{
    static const char *const kinds[] = {
        [RECORD_ACCOUNT] = N_("ACCOUNT"),        [RECORD_CONTACT] = N_("CONTACT"), [RECORD_POSITION] = N_("CONTACT"),
        [RECORD_ACTIVITY] = N_("ACTIVITY"),      [RECORD_USER] = N_("USER"),       [RECORD_TEAM] = N_("TEAM"),
        [RECORD_TARGET_LIST] = N_("LIST"),       [RECORD_ROUTE] = N_("ROUTE"),     [RECORD_ANY] = N_("RECORD"),
        [RECORD_OPPORTUNITY] = N_("OPPORTUNITY")};
    if (reference != RECORD_NONE)
        return kinds[reference];
    if (contract->format == CONTRACT_FORMAT_PERCENT)
        return N_("PERCENT");
    switch (value_form(field)) {
    case VALUE_BOOL:
        return NULL;
    case VALUE_INTEGER:
    case VALUE_REAL:
        return N_("NUMBER");
    case VALUE_TIME:
        return N_("TIME");
    case VALUE_DATE:
        return N_("DATE");
    case VALUE_MONEY:
        return N_("MONEY");
    case VALUE_ENUM:
        return N_("WORD");
    default:
        return N_("TEXT");
    }
}

struct collector {
    struct arena *arena;
    const struct command *command;
    struct option *options;
    size_t count;
};

// Fields that other parts of the command line stand for.
static bool is_spoken_for(const struct collector *collector, const ProtobufCFieldDescriptor *const path[], size_t depth)
{
    static const char handled[] = "id page_size page_token update_mask version";
    const ProtobufCFieldDescriptor *field = path[depth - 1];
    if (holds_word(handled, field->name) || holds_word(collector->command->hidden, field->name))
        return true;
    const char *full = path[0]->name;
    for (size_t at = 1; at < depth; at++)
        full = arena_printf(collector->arena, "%s.%s", full, path[at]->name);
    for (size_t at = 0; at < MOST_ARGUMENTS; at++) {
        const char *taken = collector->command->arguments[at].field;
        if (taken != NULL && strcmp(taken, full) == 0)
            return true;
    }
    return false;
}

enum { MOST_OPTIONS = 100 };

static void collect(struct collector *collector, const ProtobufCMessageDescriptor *message, const char *prefix,
                    const ProtobufCFieldDescriptor *path[], size_t depth)
{
    const struct contract_message *contract = contract_find_message(message);
    for (unsigned at = 0; at < message->n_fields && depth < MOST_DEPTH; at++) {
        const ProtobufCFieldDescriptor *field = &message->fields[at];
        path[depth] = field;
        if (contract->fields[at].is_output_only || is_spoken_for(collector, path, depth + 1) ||
            collector->count == MOST_OPTIONS)
            continue;
        if (value_form(field) == VALUE_MESSAGE) {
            collect(collector, field->descriptor, strcmp(field->name, "next_step") == 0 ? "next-" : prefix, path,
                    depth + 1);
            continue;
        }
        enum record_kind reference = option_reference_of_field(message, field);
        struct option *option = &collector->options[collector->count++];
        *option = (struct option){
            .name = arena_printf(collector->arena, "%s%s", prefix, option_name_of_field(collector->arena, field)),
            .parameter = parameter_of(field, &contract->fields[at], reference),
            .depth = depth + 1,
            .contract = &contract->fields[at],
            .reference = reference,
        };
        memcpy(option->path, path, sizeof option->path[0] * (depth + 1));
        bool is_optional_part = *prefix != '\0';
        option->is_required = (contract->fields[at].is_required && !is_optional_part) ||
                              holds_word(collector->command->required, option->name);
        option->is_required = option->is_required && !holds_word(collector->command->optional, option->name);
    }
}

static bool is_update(const ProtobufCMessageDescriptor *request)
{
    return message_find_field(request, "update_mask") != NULL;
}

void options_of_command(struct arena *arena, const struct command *command, const struct option **options_r,
                        size_t *count_r)
{
    *options_r = NULL;
    *count_r = 0;
    const struct contract_method *method = command->method == NULL ? NULL : contract_find_method(command->method);
    if (method == NULL)
        return;
    struct collector collector = {arena, command, arena_alloc(arena, MOST_OPTIONS * sizeof(struct option)), 0};
    const ProtobufCFieldDescriptor *path[MOST_DEPTH];
    collect(&collector, method->request, "", path, 0);
    // An update changes what it names, so nothing of the record has to be named.
    for (size_t at = 0; at < collector.count && is_update(method->request); at++)
        collector.options[at].is_required = false;
    *options_r = collector.options;
    *count_r = collector.count;
}

void options_of_message(struct arena *arena, const struct command *command, const ProtobufCMessageDescriptor *message,
                        const struct option **options_r, size_t *count_r)
{
    struct collector collector = {arena, command, arena_alloc(arena, MOST_OPTIONS * sizeof(struct option)), 0};
    const ProtobufCFieldDescriptor *path[MOST_DEPTH];
    collect(&collector, message, "", path, 0);
    *options_r = collector.options;
    *count_r = collector.count;
}

ProtobufCMessage *option_step_into(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return message_sub(message, field);
    if (message_has(message, field))
        return *(ProtobufCMessage *const *)message_value(message, field, 0);
    ProtobufCMessage **element = message_add(message, field);
    *element = kam_message_new(field->descriptor);
    return *element;
}

ProtobufCMessage *option_holder(ProtobufCMessage *request, const struct option *option)
{
    for (size_t at = 0; at + 1 < option->depth; at++)
        request = option_step_into(request, option->path[at]);
    return request;
}
