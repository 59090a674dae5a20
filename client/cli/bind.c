// SPDX-License-Identifier: Apache-2.0
// From words and options to a request: plain values first, so that a slip is told before anything is sent; then names,
// then what the server has to be asked for (the version of a record that is changed).
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "prompt.h"
#include "resolve.h"
#include "text.h"
#include "value.h"

struct binding {
    struct app *app;
    struct invocation *invocation;
    ProtobufCMessage *request;
    // The record that is changed: what its first argument names.
    struct reference target;
    enum record_kind target_kind;
    const char *id_field; // the name of the request's field for it: "id", "contact_id"
};

static const struct flag common_flags[] = {
    {"if-version", N_("NUMBER"), N_("Change this version only; without it, the newest."), false},
    {"clear", N_("FIELD"), N_("Empty this field."), true},
    {"at", N_("ACCOUNT"), N_("Which position is meant, where a person has several."), false},
    {NULL, NULL, NULL, false},
};

static bool has_field(const struct command *command, const char *name)
{
    const struct contract_method *method = command->method == NULL ? NULL : contract_find_method(command->method);
    return method != NULL && message_find_field(method->request, name) != NULL;
}

bool command_is_update(const struct command *command)
{
    return has_field(command, "update_mask");
}

bool command_is_list(const struct command *command)
{
    const struct contract_method *method = command->method == NULL ? NULL : contract_find_method(command->method);
    size_t length = method == NULL ? 0 : strlen(method->response->name);
    if (length < 8 || strcmp(method->response->name + length - 8, "Response") != 0)
        return false;
    for (unsigned at = 0; at < method->response->n_fields; at++)
        if (method->response->fields[at].label == PROTOBUF_C_LABEL_REPEATED)
            return true;
    return false;
}

const struct flag *command_find_flag(const struct command *command, const char *name)
{
    for (const struct flag *flag = command->flags; flag != NULL && flag->name != NULL; flag++)
        if (strcmp(flag->name, name) == 0)
            return flag;
    bool is_versioned = command_is_update(command) || has_field(command, "version");
    bool is_offered[] = {is_versioned, command_is_update(command), command->arguments[0].kind == RECORD_POSITION};
    for (size_t at = 0; common_flags[at].name != NULL; at++)
        if (is_offered[at] && strcmp(common_flags[at].name, name) == 0)
            return &common_flags[at];
    return NULL;
}

const char *invocation_flag(const struct invocation *invocation, const char *name)
{
    for (size_t at = 0; at < invocation->given_count; at++) {
        const struct given *given = &invocation->given[at];
        if (given->flag != NULL && strcmp(given->flag->name, name) == 0)
            return given->value == NULL ? "" : given->value;
    }
    return NULL;
}

// ---- Plain values

static enum exit_code set_value(struct binding *binding, const struct option *option, const char *text)
{
    ProtobufCMessage *holder = option_holder(binding->request, option);
    const ProtobufCFieldDescriptor *field = option->path[option->depth - 1];
    bool is_again = field->label != PROTOBUF_C_LABEL_REPEATED && message_has(holder, field);
    const char *wrong =
        is_again ? _("is given twice")
                 : value_parse(binding->app->arena, holder, field, option->contract, text, binding->app->now);
    if (wrong == NULL)
        return EXIT_OK;
    return app_refuse(binding->app, EXIT_USAGE, "--%s %s: %s", option->name, text, wrong);
}

static bool is_given(const struct invocation *invocation, const struct option *option)
{
    for (size_t at = 0; at < invocation->given_count; at++)
        if (invocation->given[at].option == option)
            return true;
    return false;
}

static enum exit_code bind_plain(struct binding *binding)
{
    struct invocation *invocation = binding->invocation;
    for (size_t at = 0; at < invocation->given_count; at++) {
        const struct given *given = &invocation->given[at];
        if (given->option == NULL || given->option->reference != RECORD_NONE)
            continue;
        enum exit_code failure = set_value(binding, given->option, given->value == NULL ? "yes" : given->value);
        if (failure != EXIT_OK)
            return failure;
    }
    return EXIT_OK;
}

static const char *label_of(const struct option *option)
{
    return language_label("field", option->contract->label_en);
}

// Asks for what is required and missing; on anything but a terminal it is an error that names all of it.
static enum exit_code ask_for_missing(struct binding *binding)
{
    struct invocation *invocation = binding->invocation;
    struct app *app = binding->app;
    const char *missing = "";
    for (size_t at = 0; at < invocation->option_count; at++) {
        const struct option *option = &invocation->options[at];
        if (!option->is_required || is_given(invocation, option))
            continue;
        if (!app->is_interactive || invocation->given_count == MOST_GIVEN) {
            missing = arena_printf(app->arena, "%s%s--%s", missing, *missing == '\0' ? "" : ", ", option->name);
            continue;
        }
        const ProtobufCFieldDescriptor *field = option->path[option->depth - 1];
        if (field->type == PROTOBUF_C_TYPE_ENUM)
            fprintf(stderr, "  %s\n", value_enum_words(app->arena, field->descriptor));
        const char *text = option->contract->format == CONTRACT_FORMAT_PASSWORD ? prompt_password(app, label_of(option))
                                                                                : prompt_line(app, label_of(option));
        if (text == NULL)
            return app_refuse(app, EXIT_USAGE, _("given up"));
        if (*text == '\0') {
            at--;
            continue;
        }
        if (option->reference != RECORD_NONE) {
            invocation->given[invocation->given_count++] = (struct given){option, NULL, text};
        } else if (set_value(binding, option, text) != EXIT_OK) {
            at--;
        } else {
            invocation->given[invocation->given_count++] = (struct given){option, NULL, text};
        }
    }
    if (*missing != '\0') {
        app_refuse(app, EXIT_USAGE, _("still needed: %s"), missing);
        app_hint(app, _("See: kam help %s"), invocation->command->name);
        return EXIT_USAGE;
    }
    return EXIT_OK;
}

// ---- Arguments

// The message that holds an argument's field, and the field.
static ProtobufCMessage *argument_holder(ProtobufCMessage *request, const char *path,
                                         const ProtobufCFieldDescriptor **field_r)
{
    for (;;) {
        char name[100];
        size_t length = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        *field_r = message_find_field(request->descriptor, name);
        if (path[length] == '\0')
            return request;
        request = option_step_into(request, *field_r);
        path += length + 1;
    }
}

static enum exit_code bind_argument(struct binding *binding, const struct argument *argument, const char *text)
{
    const ProtobufCFieldDescriptor *field;
    ProtobufCMessage *holder = argument_holder(binding->request, argument->field, &field);
    if (argument->kind == RECORD_NONE) {
        const struct contract_message *contract = contract_find_message(holder->descriptor);
        const char *wrong = value_parse(binding->app->arena, holder, field,
                                        &contract->fields[field - holder->descriptor->fields], text, binding->app->now);
        return wrong == NULL ? EXIT_OK
                             : app_refuse(binding->app, EXIT_USAGE, "%s '%s': %s", _(argument->name), text, wrong);
    }
    struct reference reference;
    enum exit_code failure =
        resolve_record(binding->app, argument->kind, text, invocation_flag(binding->invocation, "at"), &reference);
    if (failure != EXIT_OK)
        return failure;
    message_add_text(holder, field, reference.id);
    if (argument == &binding->invocation->command->arguments[0]) {
        binding->target = reference;
        binding->target_kind = argument->kind;
        binding->id_field = field->name;
    }
    return EXIT_OK;
}

// The words of an argument as one text; NULL when they are missing.
static const char *argument_text(struct binding *binding, size_t index)
{
    struct invocation *invocation = binding->invocation;
    const struct argument *argument = &invocation->command->arguments[index];
    if (index >= invocation->word_count)
        return NULL;
    const char *text = invocation->words[index];
    for (size_t at = index + 1; argument->takes_rest && at < invocation->word_count; at++)
        text = arena_printf(binding->app->arena, "%s %s", text, invocation->words[at]);
    return text;
}

static enum exit_code bind_arguments(struct binding *binding, bool wants_records)
{
    struct invocation *invocation = binding->invocation;
    for (size_t at = 0; at < MOST_ARGUMENTS && invocation->command->arguments[at].name != NULL; at++) {
        const struct argument *argument = &invocation->command->arguments[at];
        const char *text = argument_text(binding, at);
        bool is_asked = false;
        if (text == NULL && !argument->is_optional && binding->app->is_interactive) {
            const ProtobufCFieldDescriptor *field = NULL;
            if (argument->field != NULL)
                argument_holder(binding->request, argument->field, &field);
            if (field != NULL && field->type == PROTOBUF_C_TYPE_ENUM)
                fprintf(stderr, "  %s\n", value_enum_words(binding->app->arena, field->descriptor));
            is_asked = true;
            text = prompt_line(binding->app, _(argument->name));
            if (text != NULL && *text != '\0' && invocation->word_count < MOST_WORDS)
                invocation->words[invocation->word_count++] = text;
        }
        if (text == NULL || *text == '\0') {
            if (argument->is_optional)
                continue;
            app_refuse(binding->app, EXIT_USAGE, _("%s is missing"), _(argument->name));
            app_hint(binding->app, _("See: kam help %s"), invocation->command->name);
            return EXIT_USAGE;
        }
        bool is_record = argument->kind != RECORD_NONE;
        enum exit_code failure =
            argument->field != NULL && is_record == wants_records ? bind_argument(binding, argument, text) : EXIT_OK;
        if (failure != EXIT_OK && is_asked && !wants_records) { // a slip at a question is asked again
            invocation->word_count--;
            at--;
            continue;
        }
        if (failure != EXIT_OK)
            return failure;
    }
    return EXIT_OK;
}

static enum exit_code bind_references(struct binding *binding)
{
    struct invocation *invocation = binding->invocation;
    for (size_t at = 0; at < invocation->given_count; at++) {
        const struct given *given = &invocation->given[at];
        struct reference reference;
        if (given->option == NULL || given->option->reference == RECORD_NONE)
            continue;
        enum exit_code failure = resolve_record(binding->app, given->option->reference, given->value, NULL, &reference);
        if (failure != EXIT_OK)
            return failure;
        message_add_text(option_holder(binding->request, given->option), given->option->path[given->option->depth - 1],
                         reference.id);
    }
    return EXIT_OK;
}

// ---- Changes of records

static void add_path(ProtobufCMessage *request, const char *path)
{
    ProtobufCMessage *mask = message_sub(request, message_find_field(request->descriptor, "update_mask"));
    message_add_text(mask, message_find_field(mask->descriptor, "paths"), path);
}

static enum exit_code bind_mask(struct binding *binding)
{
    struct invocation *invocation = binding->invocation;
    size_t count = 0;
    for (size_t at = 0; at < invocation->given_count; at++) {
        const struct given *given = &invocation->given[at];
        const struct option *option = given->option;
        if (given->flag != NULL && strcmp(given->flag->name, "clear") == 0) {
            for (size_t other = 0; other < invocation->option_count; other++) {
                const struct option *candidate = &invocation->options[other];
                bool is_meant = strcmp(candidate->name, given->value) == 0 ||
                                strcmp(candidate->path[candidate->depth - 1]->name, given->value) == 0;
                if (is_meant && !is_given(invocation, candidate))
                    option = candidate;
            }
            if (option == NULL)
                return app_refuse(binding->app, EXIT_USAGE, _("--clear %s: no such field, or it is given as well"),
                                  given->value);
        }
        if (option == NULL || option->depth < 2)
            continue;
        bool is_again = false;
        for (size_t before = 0; before < at; before++)
            is_again = is_again || invocation->given[before].option == option;
        if (!is_again)
            add_path(binding->request, option->path[1]->name);
        count++;
    }
    if (count == 0 && invocation->command->part_key != NULL) {
        add_path(binding->request, invocation->command->part_key);
        count = 1;
    }
    if (count > 0)
        return EXIT_OK;
    app_refuse(binding->app, EXIT_USAGE, _("nothing to change"));
    app_hint(binding->app, _("Say what: kam help %s"), invocation->command->name);
    return EXIT_USAGE;
}

// The record as it is now. NULL without an error when a profile is not there yet.
static enum exit_code fetch_present(struct binding *binding, const ProtobufCMessage *holder,
                                    const ProtobufCMessage **present_r)
{
    static const char *const methods[] = {
        [RECORD_ACCOUNT] = "/kam.v1.AccountService/GetAccount",
        [RECORD_CONTACT] = "/kam.v1.ContactService/GetContact",
        [RECORD_ACTIVITY] = "/kam.v1.ActivityService/GetActivity",
        [RECORD_USER] = "/kam.v1.UserService/GetUser",
        [RECORD_TEAM] = "/kam.v1.TeamService/GetTeam",
        [RECORD_ANY] = NULL,
        [RECORD_ANY_ACCOUNT] = "/kam.v1.AccountService/GetAccount",
        [RECORD_LISTED] = NULL,
        [RECORD_TARGET_LIST] = "/kam.v1.TargetService/GetTargetList",
        [RECORD_PLAN] = "/kam.v1.VisitPlanService/GetVisitPlan",
        [RECORD_ROUTE] = "/kam.v1.RouteService/GetRoute",
        [RECORD_OPPORTUNITY] = "/kam.v1.OpportunityService/GetOpportunity",
        [RECORD_ENGAGEMENT] = "/kam.v1.EngagementService/GetEngagementPlan",
    };
    const char *own = binding->invocation->command->version_method;
    const char *method = own != NULL ? own : methods[binding->target_kind];
    *present_r = NULL;
    if (method == NULL)
        return EXIT_OK;
    ProtobufCMessage *request = app_new_request(binding->app, method), *present;
    message_set_text(request, own != NULL ? binding->id_field : "id", binding->target.id);
    // The number that tells it from others of the same owner: the year of figures.
    for (unsigned at = 0; at < request->descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &request->descriptor->fields[at];
        if (value_form(field) == VALUE_INTEGER && message_find_field(holder->descriptor, field->name) != NULL)
            message_set_integer(request, field->name, message_integer(holder, field->name));
    }
    enum exit_code failure = app_connect(binding->app);
    if (failure != EXIT_OK)
        return failure;
    enum kam_code code = app_try_call(binding->app, method, request, &present);
    if (code == KAM_OK)
        *present_r = present;
    return code == KAM_OK || (code == KAM_NOT_FOUND && own != NULL && binding->target_kind != RECORD_LISTED)
               ? EXIT_OK
               : app_print_error(binding->app);
}

// Required fields of the record must be there although the mask does not name them.
static void fill_required(ProtobufCMessage *record, const ProtobufCMessage *present, const struct reference *target)
{
    const struct contract_message *contract = contract_find_message(record->descriptor);
    for (unsigned at = 0; at < record->descriptor->n_fields; at++) {
        const ProtobufCFieldDescriptor *field = &record->descriptor->fields[at];
        if (!contract->fields[at].is_required || message_has(record, field))
            continue;
        if (present != NULL && present->descriptor == record->descriptor && message_has(present, field)) {
            if (field->type == PROTOBUF_C_TYPE_STRING)
                message_add_text(record, field, message_text(present, field->name));
            else if (field->type == PROTOBUF_C_TYPE_ENUM)
                message_set_integer(record, field->name, message_integer(present, field->name));
        } else if (strcmp(field->name, "account_id") == 0 && *target->account_id != '\0') {
            message_add_text(record, field, target->account_id);
        }
    }
}

// The part of the record that is about the same; its name in the request becomes as it is written there. NULL when
// there is none.
static const ProtobufCMessage *find_part(struct binding *binding, const ProtobufCMessage *record,
                                         ProtobufCMessage *part)
{
    const struct command *command = binding->invocation->command;
    const ProtobufCFieldDescriptor *list = message_find_field(record->descriptor, command->part_list);
    const char *wanted = text_fold(binding->app->arena, message_text(part, command->part_key));
    for (size_t at = 0; at < message_count(record, list); at++) {
        const ProtobufCMessage *present = *(ProtobufCMessage *const *)message_value(record, list, at);
        const char *key = message_text(present, command->part_key);
        if (strcmp(text_fold(binding->app->arena, key), wanted) != 0)
            continue;
        message_set_text(part, command->part_key, key);
        return present;
    }
    return NULL;
}

static enum exit_code bind_version(struct binding *binding)
{
    ProtobufCMessage *holder = binding->request;
    const char *wanted = invocation_flag(binding->invocation, "if-version");
    const ProtobufCMessage *present = NULL;
    bool is_update = command_is_update(binding->invocation->command);
    if (is_update) // the record is the first field of an update
        holder = message_sub(binding->request, &binding->request->descriptor->fields[0]);
    if (message_find_field(holder->descriptor, "version") == NULL)
        return EXIT_OK;
    // With a version_method the version is that of another record than the one that is named.
    if (binding->target.version == 0 || is_update || binding->invocation->command->version_method != NULL) {
        enum exit_code failure = fetch_present(binding, holder, &present);
        if (failure != EXIT_OK)
            return failure;
    }
    bool is_part = binding->invocation->command->part_key != NULL;
    if (is_part && present != NULL)
        present = find_part(binding, present, holder);
    if (is_update)
        fill_required(holder, present, &binding->target);
    int64_t version = present != NULL ? message_integer(present, "version") : is_part ? 0 : binding->target.version;
    if (wanted != NULL) {
        char *end;
        version = strtoll(wanted, &end, 10);
        if (*wanted == '\0' || *end != '\0' || version < 0)
            return app_refuse(binding->app, EXIT_USAGE, "--if-version %s: %s", wanted, _("must be a whole number"));
    }
    if (version != 0)
        message_set_integer(holder, "version", version);
    return EXIT_OK;
}

enum exit_code command_bind(struct app *app, struct invocation *invocation, ProtobufCMessage **request_r)
{
    const struct command *command = invocation->command;
    struct binding binding = {.app = app, .invocation = invocation, .request = app_new_request(app, command->method)};
    bool is_update = command_is_update(command);
    enum exit_code failure = bind_arguments(&binding, false);
    if (failure == EXIT_OK)
        failure = bind_plain(&binding);
    if (failure == EXIT_OK)
        failure = ask_for_missing(&binding);
    if (failure == EXIT_OK && is_update)
        failure = bind_mask(&binding);
    if (failure == EXIT_OK)
        failure = bind_arguments(&binding, true);
    if (failure == EXIT_OK)
        failure = bind_references(&binding);
    if (failure == EXIT_OK)
        failure = bind_version(&binding);
    *request_r = binding.request;
    return failure;
}
