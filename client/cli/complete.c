// SPDX-License-Identifier: Apache-2.0
#include "complete.h"

#include <stdlib.h>
#include <string.h>

#include "complete_words.h"
#include "help.h"
#include "value.h"

enum { PATIENCE_MS = 1000 };

// ---- What is typed

struct typed {
    struct app *app;
    const char *words[MOST_WORDS]; // without options and their values
    size_t word_count;
    const struct command *command; // NULL while its name is being typed
    size_t used;                   // words of its name
    const struct option *options;
    size_t option_count;
    const char *current; // the word that is being typed; of "--option=value" the value
    // The option whose value it is; both NULL when it is none.
    const struct option *option;
    const struct flag *flag;
    bool has_ended; // after "--" everything is a word
    struct completions *found;
};

static const struct flag *find_flag(const struct typed *typed, const char *name)
{
    const struct flag *flag = typed->command == NULL ? NULL : command_find_flag(typed->command, name);
    for (const struct flag *global = global_flags; flag == NULL && global->name != NULL; global++)
        if (strcmp(global->name, name) == 0)
            flag = global;
    return flag;
}

// Understands "--name" and "--name=value". True when the next word is its value.
static bool take_option(struct typed *typed, const char *text, bool is_current)
{
    const char *equals = strchr(text, '=');
    const char *name = arena_printf(typed->app->arena, "%.*s", (int)strcspn(text, "="), text);
    const struct option *option = NULL;
    for (size_t at = 0; at < typed->option_count; at++)
        if (strcmp(typed->options[at].name, name) == 0)
            option = &typed->options[at];
    const struct flag *flag = option == NULL ? find_flag(typed, name) : NULL;
    const char *parameter = option != NULL ? option->parameter : flag != NULL ? flag->parameter : NULL;
    if (parameter == NULL)
        return false;
    if (is_current ? equals != NULL : equals == NULL) {
        typed->option = option;
        typed->flag = flag;
        typed->current = equals == NULL ? typed->current : equals + 1;
        return equals == NULL;
    }
    return false;
}

static bool is_option(const char *text)
{
    return text[0] == '-' && text[1] == '-' && text[2] != '\0';
}

static void find_command(struct typed *typed)
{
    if (typed->command != NULL || typed->word_count == 0)
        return;
    typed->command = command_find(typed->words, typed->word_count, &typed->used);
    if (typed->command != NULL)
        options_of_command(typed->app->arena, typed->command, &typed->options, &typed->option_count);
}

static void read_words(struct typed *typed, int count, char *const words[])
{
    for (int at = 0; at < count - 1 && typed->word_count < MOST_WORDS; at++) {
        typed->option = NULL;
        typed->flag = NULL;
        if (!typed->has_ended && strcmp(words[at], "--") == 0) {
            typed->has_ended = true;
        } else if (!typed->has_ended && is_option(words[at])) {
            find_command(typed);
            if (!take_option(typed, words[at] + 2, false))
                continue;
            if (at + 1 == count - 1)
                return; // its value is being typed
            at++;
        } else {
            typed->words[typed->word_count++] = words[at];
        }
    }
    typed->option = NULL;
    typed->flag = NULL;
    find_command(typed);
    if (!typed->has_ended && is_option(typed->current))
        take_option(typed, typed->current + 2, true);
}

// ---- What may follow

static void offer_commands(struct typed *typed)
{
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            const char *rest = command->name;
            bool is_begun = true;
            for (size_t word = 0; word < typed->word_count && is_begun; word++) {
                size_t length = strlen(typed->words[word]);
                is_begun = strncmp(rest, typed->words[word], length) == 0 && rest[length] == ' ';
                rest += is_begun ? length + 1 : 0;
            }
            if (!is_begun)
                continue;
            size_t length = strcspn(rest, " ");
            completions_add(typed->found, arena_printf(typed->app->arena, "%.*s", (int)length, rest),
                            rest[length] == '\0' ? _(command->summary) : _(command_groups[group].title));
        }
}

static const char *first_sentence(struct arena *arena, const char *text)
{
    const char *end = strpbrk(text, "\n;:");
    return end == NULL ? text : arena_printf(arena, "%.*s", (int)(end - text), text);
}

static void offer_flag(struct typed *typed, const struct flag *flag)
{
    completions_add(typed->found, arena_printf(typed->app->arena, "--%s", flag->name), _(flag->help));
}

static void offer_options(struct typed *typed)
{
    for (size_t at = 0; at < typed->option_count; at++) {
        const struct option *option = &typed->options[at];
        completions_add(typed->found, arena_printf(typed->app->arena, "--%s", option->name),
                        first_sentence(typed->app->arena, language_label("field", option->contract->label_en)));
    }
    if (typed->command != NULL) {
        for (const struct flag *flag = typed->command->flags; flag != NULL && flag->name != NULL; flag++)
            offer_flag(typed, flag);
        for (const char *const *name = help_common_flags; *name != NULL; name++)
            if (command_find_flag(typed->command, *name) != NULL)
                offer_flag(typed, command_find_flag(typed->command, *name));
    }
    for (const struct flag *flag = global_flags; flag->name != NULL; flag++)
        offer_flag(typed, flag);
}

static void offer_enum(struct typed *typed, const ProtobufCEnumDescriptor *descriptor)
{
    for (unsigned at = 0; at < descriptor->n_values; at++)
        if (descriptor->values[at].value != 0)
            completions_add(typed->found, value_enum_word(typed->app->arena, descriptor, &descriptor->values[at]),
                            value_enum_label(typed->app->arena, descriptor, &descriptor->values[at]));
}

// What a parameter's name says: FILE, ACCOUNT, USER, TEAM, or the words of --color.
static void offer_parameter(struct typed *typed, const char *parameter)
{
    static const struct {
        const char *parameter;
        enum record_kind kind;
    } kinds[] = {
        {"ACCOUNT", RECORD_ACCOUNT}, {"CONTACT", RECORD_CONTACT}, {"USER", RECORD_USER}, {"TEAM", RECORD_TEAM}};
    if (parameter == NULL)
        return;
    if (strcmp(parameter, "FILE") == 0)
        completions_want_files(typed->found);
    for (size_t at = 0; at < sizeof kinds / sizeof kinds[0]; at++)
        if (strcmp(kinds[at].parameter, parameter) == 0)
            complete_records(typed->app, kinds[at].kind, typed->current, typed->found);
}

static void offer_value(struct typed *typed)
{
    if (typed->flag != NULL) {
        offer_parameter(typed, typed->flag->parameter);
        for (const char *const *word = help_words_of_flag(typed->flag->name); word != NULL && *word != NULL; word++)
            completions_add(typed->found, *word, "");
        return;
    }
    const ProtobufCFieldDescriptor *field = typed->option->path[typed->option->depth - 1];
    if (typed->option->reference != RECORD_NONE)
        complete_records(typed->app, typed->option->reference, typed->current, typed->found);
    else if (field->type == PROTOBUF_C_TYPE_ENUM)
        offer_enum(typed, field->descriptor);
}

static void offer_argument(struct typed *typed)
{
    const struct command *command = typed->command;
    size_t place = typed->word_count - typed->used;
    size_t last = 0;
    while (last + 1 < MOST_ARGUMENTS && command->arguments[last + 1].name != NULL)
        last++;
    bool is_rest = place > last && command->arguments[last].takes_rest;
    if (command->arguments[0].name == NULL || (place > last && !is_rest))
        return;
    const struct argument *argument = &command->arguments[is_rest ? last : place];
    const ProtobufCFieldDescriptor *field = help_field_of_argument(typed->app->arena, command, argument);
    if (argument->kind != RECORD_NONE)
        complete_records(typed->app, argument->kind, typed->current, typed->found);
    else if (field != NULL && field->type == PROTOBUF_C_TYPE_ENUM)
        offer_enum(typed, field->descriptor);
    else if (strcmp(command->name, "completion") == 0) {
        completions_add(typed->found, "bash", "");
        completions_add(typed->found, "zsh", "");
    } else
        offer_parameter(typed, argument->name);
}

static void offer(struct typed *typed)
{
    bool is_help = typed->word_count > 0 && strcmp(typed->words[0], "help") == 0;
    if (typed->option != NULL || typed->flag != NULL) {
        offer_value(typed);
    } else if (!typed->has_ended && typed->current[0] == '-') {
        offer_options(typed);
    } else if (is_help) {
        typed->word_count--;
        memmove(typed->words, typed->words + 1, typed->word_count * sizeof typed->words[0]);
        offer_commands(typed);
    } else {
        // "account member" is no command, "account member add" is one.
        offer_commands(typed);
        if (typed->word_count == 0)
            completions_add(typed->found, "help", _("Show help for the command."));
        if (typed->command != NULL && typed->found->count == 0)
            offer_argument(typed);
    }
}

enum exit_code complete_run(struct app *app, int count, char *const words[])
{
    if (count < 1 || (strcmp(words[0], "bash") != 0 && strcmp(words[0], "zsh") != 0))
        return EXIT_USAGE;
    // Nobody asked for a message in the middle of a line.
    if (freopen("/dev/null", "w", stderr) == NULL)
        return EXIT_REFUSED;
    app->settings.timeout_ms = PATIENCE_MS;
    struct completions found = {.app = app, .is_bash = strcmp(words[0], "bash") == 0};
    char *const *typed_words = words + 1;
    int typed_count = count - 1;
    if (found.is_bash)
        completions_read_bash(&found, &typed_words, &typed_count);
    struct typed typed = {.app = app, .current = typed_count > 0 ? typed_words[typed_count - 1] : "", .found = &found};
    read_words(&typed, typed_count > 0 ? typed_count : 1, typed_words);
    found.beginning = typed.current;
    offer(&typed);
    completions_print(&found);
    return EXIT_OK;
}

static enum exit_code completion(struct app *app, struct invocation *invocation)
{
    const char *shell = invocation->word_count > 0 ? invocation->words[0] : "";
    bool is_bash = strcmp(shell, "bash") == 0;
    if (!is_bash && strcmp(shell, "zsh") != 0)
        return app_refuse(app, EXIT_USAGE, _("kam completes in bash and zsh; say which"));
    fputs(is_bash ? completion_bash : completion_zsh, app->out);
    return EXIT_OK;
}

const struct command completion_commands[] = {
    {
        .name = "completion",
        .summary = N_("Print the completion script of a shell: bash or zsh"),
        .arguments = {{.name = N_("SHELL")}},
        .run = completion,
        .examples = {"source <(kam completion bash)", "kam completion zsh > ~/.zfunc/_kam"},
    },
};
const size_t completion_command_count = sizeof completion_commands / sizeof completion_commands[0];
