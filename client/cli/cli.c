// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "text.h"

struct parser {
    struct app *app;
    struct invocation *invocation;
    int count;
    char *const *arguments;
    const char *words[MOST_WORDS];
    size_t word_count;
    bool wants_help;
};

static const struct flag *find_global(const char *name, size_t length)
{
    for (const struct flag *flag = global_flags; flag->name != NULL; flag++)
        if (strlen(flag->name) == length && strncmp(flag->name, name, length) == 0)
            return flag;
    return NULL;
}

static bool is_option(const char *text)
{
    return text[0] == '-' && text[1] == '-' && text[2] != '\0';
}

// The command's name stands before its own options; global ones may stand between.
static size_t leading_words(const struct parser *parser, const char *words[MOST_WORDS])
{
    size_t count = 0;
    for (int at = 1; at < parser->count && count < MOST_WORDS; at++) {
        const char *text = parser->arguments[at];
        size_t length = is_option(text) ? strcspn(text + 2, "=") : 0;
        const struct flag *flag = length > 0 ? find_global(text + 2, length) : NULL;
        if (strcmp(text, "-h") == 0 || (flag != NULL && (flag->parameter == NULL || text[2 + length] == '=')))
            continue;
        if (flag != NULL) {
            at++;
            continue;
        }
        if (is_option(text))
            break;
        words[count++] = text;
    }
    return count;
}

static bool read_number(const char *text, int64_t *number_r)
{
    char *end;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < 0 || number > 1000000000)
        return false;
    *number_r = number;
    return true;
}

static enum exit_code set_global(struct parser *parser, const char *name, const char *value)
{
    struct settings *settings = &parser->app->settings;
    int64_t number = 0;
    bool is_number = strcmp(name, "limit") == 0 || strcmp(name, "timeout") == 0;
    if (is_number && !read_number(value, &number))
        return app_refuse(parser->app, EXIT_USAGE, "--%s %s: %s", name, value, _("must be a whole number"));
    bool is_colour = strcmp(name, "color") == 0, is_known = !is_colour;
    for (const char *const *word = help_words_of_flag("color"); *word != NULL; word++)
        is_known = is_known || strcmp(*word, value) == 0;
    if (!is_known)
        return app_refuse(parser->app, EXIT_USAGE, "--%s %s: %s", name, value, _("must be auto, always or never"));
    if (is_colour) {
        settings->colour = value;
        app_choose_colour(parser->app);
    } else if (strcmp(name, "server") == 0)
        settings->server = value;
    else if (strcmp(name, "json") == 0)
        settings->json = true;
    else if (strcmp(name, "csv") == 0)
        settings->csv = true;
    else if (strcmp(name, "columns") == 0)
        settings->columns = value;
    else if (strcmp(name, "limit") == 0)
        settings->limit = number;
    else if (strcmp(name, "all") == 0)
        settings->all = true;
    else if (strcmp(name, "no-pager") == 0)
        settings->no_pager = true;
    else if (strcmp(name, "ca") == 0)
        settings->ca_file = value;
    else if (strcmp(name, "timeout") == 0)
        settings->timeout_ms = number * 1000;
    else
        parser->wants_help = true;
    return EXIT_OK;
}

// "--phones" for "--phone": the field's own name is taken as well.
static const struct option *find_option(const struct invocation *invocation, const char *name)
{
    for (size_t at = 0; at < invocation->option_count; at++) {
        const struct option *option = &invocation->options[at];
        if (strcmp(option->name, name) == 0)
            return option;
    }
    char field[64];
    snprintf(field, sizeof field, "%s", name);
    for (char *at = field; *at != '\0'; at++)
        *at = *at == '-' ? '_' : *at;
    for (size_t at = 0; at < invocation->option_count; at++)
        if (strcmp(invocation->options[at].path[invocation->options[at].depth - 1]->name, field) == 0)
            return &invocation->options[at];
    return NULL;
}

static void consider(const char *wanted, const char *name, const char **best, size_t *best_distance)
{
    size_t distance = text_distance(wanted, name, 100);
    // "--founded" is near "--founded-on" although four letters are missing.
    bool is_beginning = strncmp(wanted, name, strlen(wanted)) == 0 && strlen(wanted) > 2;
    // So are "--class" and "--customer-class".
    size_t extra = strlen(name) > strlen(wanted) ? strlen(name) - strlen(wanted) : 0;
    bool is_end = extra > 1 && name[extra - 1] == '-' && strcmp(name + extra, wanted) == 0;
    if ((is_beginning || is_end) && distance > 1)
        distance = 1;
    if (distance < *best_distance && distance < strlen(wanted)) {
        *best = name;
        *best_distance = distance;
    }
}

static enum exit_code unknown_option(struct parser *parser, const char *name)
{
    const struct invocation *invocation = parser->invocation;
    const char *best = NULL;
    size_t best_distance = 4;
    app_refuse(parser->app, EXIT_USAGE, _("kam %s has no option --%s"), invocation->command->name, name);
    for (size_t at = 0; at < invocation->option_count; at++)
        consider(name, invocation->options[at].name, &best, &best_distance);
    for (const struct flag *flag = invocation->command->flags; flag != NULL && flag->name != NULL; flag++)
        consider(name, flag->name, &best, &best_distance);
    for (const struct flag *flag = global_flags; flag->name != NULL; flag++)
        consider(name, flag->name, &best, &best_distance);
    if (best != NULL)
        app_hint(parser->app, _("Did you mean --%s?"), best);
    app_hint(parser->app, _("All options: kam help %s"), invocation->command->name);
    return EXIT_USAGE;
}

// One option; *at moves on where its value is the next argument.
static enum exit_code parse_option(struct parser *parser, int *at)
{
    struct invocation *invocation = parser->invocation;
    const char *text = parser->arguments[*at] + 2;
    size_t length = strcspn(text, "=");
    const char *name = arena_printf(parser->app->arena, "%.*s", (int)length, text);
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    const struct option *option = find_option(invocation, name);
    const struct flag *flag = option == NULL ? command_find_flag(invocation->command, name) : NULL;
    const struct flag *global = option == NULL && flag == NULL ? find_global(name, length) : NULL;
    if (option == NULL && flag == NULL && global == NULL && strncmp(name, "no-", 3) == 0) {
        option = find_option(invocation, name + 3);
        if (option != NULL && (option->parameter != NULL || value != NULL))
            option = NULL;
        value = option == NULL ? NULL : "no";
    }
    if (option == NULL && flag == NULL && global == NULL)
        return unknown_option(parser, name);
    const char *parameter = option != NULL ? option->parameter : flag != NULL ? flag->parameter : global->parameter;
    if (parameter != NULL && value == NULL) {
        if (*at + 1 >= parser->count)
            return app_refuse(parser->app, EXIT_USAGE, _("--%s needs a value: %s"), name, _(parameter));
        value = parser->arguments[++*at];
    }
    if (parameter == NULL && option == NULL && value != NULL)
        return app_refuse(parser->app, EXIT_USAGE, _("--%s takes no value"), name);
    if (global != NULL)
        return set_global(parser, name, value);
    if (invocation->given_count == MOST_GIVEN)
        return app_refuse(parser->app, EXIT_USAGE, _("too many options"));
    invocation->given[invocation->given_count++] = (struct given){option, flag, value};
    return EXIT_OK;
}

static enum exit_code parse_rest(struct parser *parser)
{
    bool has_ended = false; // after "--" everything is a word
    for (int at = 1; at < parser->count; at++) {
        const char *text = parser->arguments[at];
        if (!has_ended && strcmp(text, "--") == 0) {
            has_ended = true;
        } else if (!has_ended && is_option(text)) {
            enum exit_code failure = parse_option(parser, &at);
            if (failure != EXIT_OK)
                return failure;
        } else if (!has_ended && strcmp(text, "-h") == 0) {
            parser->wants_help = true;
        } else if (parser->word_count < MOST_WORDS) {
            parser->words[parser->word_count++] = text;
        } else {
            return app_refuse(parser->app, EXIT_USAGE, _("too many words"));
        }
    }
    return EXIT_OK;
}

static enum exit_code check_words(struct parser *parser)
{
    const struct command *command = parser->invocation->command;
    size_t most = 0;
    for (size_t at = 0; at < MOST_ARGUMENTS && command->arguments[at].name != NULL; at++)
        most = command->arguments[at].takes_rest ? MOST_WORDS : at + 1;
    if (parser->invocation->word_count <= most)
        return EXIT_OK;
    app_refuse(parser->app, EXIT_USAGE, _("'%s' is one word too many"), parser->invocation->words[most]);
    app_hint(parser->app, _("A name of several words goes in quotes. See: kam help %s"), command->name);
    return EXIT_USAGE;
}

// kam help [COMMAND]
static enum exit_code give_help(struct app *app, const char *const words[], size_t count)
{
    size_t used;
    const struct command *command = command_find(words, count, &used);
    if (count > 0 && command == NULL && !command_is_prefix(words, 1)) {
        app_refuse(app, EXIT_USAGE, _("there is no command '%s'"), words[0]);
        help_suggest_command(app, words, count);
        return EXIT_USAGE;
    }
    if (command != NULL)
        help_command(app, command);
    else
        help_overview(app, words, count > 0 ? 1 : 0);
    return EXIT_OK;
}

enum exit_code cli_parse(struct app *app, int count, char *const arguments[], struct invocation *invocation_r)
{
    struct parser parser = {.app = app, .invocation = invocation_r, .count = count, .arguments = arguments};
    const char *words[MOST_WORDS];
    size_t word_count = leading_words(&parser, words), used;
    *invocation_r = (struct invocation){0};
    if (count == 2 && strcmp(arguments[1], "--version") == 0) { // as every program has it
        words[0] = "version";
        invocation_r->command = command_find(words, 1, &used);
        return EXIT_OK;
    }
    if (word_count == 0 && count == 1) {
        help_at_a_glance(app);
        return EXIT_OK;
    }
    if (word_count == 0)
        return give_help(app, NULL, 0);
    if (strcmp(words[0], "help") == 0)
        return give_help(app, words + 1, word_count - 1);
    invocation_r->command = command_find(words, word_count, &used);
    if (invocation_r->command == NULL) {
        bool is_noun = command_is_prefix(words, 1);
        if (is_noun && word_count == 1) {
            help_overview(app, words, 1);
            return EXIT_USAGE;
        }
        const char *wrong = is_noun ? arena_printf(app->arena, "%s %s", words[0], words[1]) : words[0];
        app_refuse(app, EXIT_USAGE, _("there is no command '%s'"), wrong);
        help_suggest_command(app, words, word_count);
        return EXIT_USAGE;
    }
    options_of_command(app->arena, invocation_r->command, &invocation_r->options, &invocation_r->option_count);
    enum exit_code failure = parse_rest(&parser);
    if (failure != EXIT_OK)
        return failure;
    if (parser.wants_help) {
        help_command(app, invocation_r->command);
        invocation_r->command = NULL;
        return EXIT_OK;
    }
    for (size_t at = used; at < parser.word_count; at++)
        invocation_r->words[invocation_r->word_count++] = parser.words[at];
    return check_words(&parser);
}
