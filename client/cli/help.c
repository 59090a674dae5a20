// SPDX-License-Identifier: Apache-2.0
// Help, made from the tables and the contract's comments.
#include "help.h"

#include <string.h>

#include "text.h"
#include "value.h"

enum { OPTION_WIDTH = 30, NAME_WIDTH = 26, NOUN_WIDTH = 14, WRAP_WIDTH = 100 };

const struct flag global_flags[] = {
    {"server", N_("SERVER"), N_("host or host:port; by default the one you logged in to (or KAM_SERVER)."), false},
    {"json", NULL, N_("Print one JSON document, for programs."), false},
    {"csv", NULL, N_("Print CSV, for spreadsheets."), false},
    {"columns", N_("LIST"), N_("Columns of a list, or fields of a record, with commas between them."), false},
    {"limit", N_("NUMBER"), N_("Most rows of a list (50; everything with --json and --csv)."), false},
    {"all", NULL, N_("All rows of a list."), false},
    {"no-pager", NULL, N_("Do not use a pager for long output."), false},
    {"color", N_("WHEN"), N_("Colour: auto, always or never."), false},
    {"ca", N_("FILE"), N_("Trust servers whose certificate verifies against this PEM file."), false},
    {"timeout", N_("SECONDS"), N_("How long to wait for the server (30)."), false},
    {"help", NULL, N_("Show help for the command."), false},
    {NULL, NULL, NULL, false},
};

const char *const help_common_flags[] = {"clear", "if-version", "at", NULL};

static bool has_letter(const char *text)
{
    for (; *text != '\0'; text++)
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            return true;
    return false;
}

// A comment of the contract as one line; comments that are only a Chinese term say nothing more than the label does.
static const char *help_text(struct arena *arena, const struct contract_field *contract)
{
    if (!has_letter(contract->comment))
        return language_label("field", contract->label_en);
    char *line = arena_strdup(arena, contract->comment);
    for (char *at = line; *at != '\0'; at++)
        *at = *at == '\n' ? ' ' : *at;
    return _(line);
}

// Text in a column that begins at `indent`, wrapped.
static void print_column(struct app *app, const char *text, size_t indent)
{
    size_t width = app->width > 0 && app->width < WRAP_WIDTH ? app->width : WRAP_WIDTH;
    size_t room = width > indent + 20 ? width - indent : 20;
    for (bool is_first = true; is_first || *text != '\0'; is_first = false) {
        size_t length = text_fit_line(text, room);
        if (!is_first)
            fprintf(app->out, "%*s", (int)indent, "");
        size_t shown = length;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        fprintf(app->out, "%.*s\n", (int)shown, text);
        text += length;
        text += *text == '\n';
    }
}

static void print_entry(struct app *app, const char *name, const char *text, size_t width)
{
    size_t used = text_width(name) + 2;
    fprintf(app->out, "  %s", name);
    if (used + 1 > width) {
        fprintf(app->out, "\n%*s", (int)width, "");
    } else {
        fprintf(app->out, "%*s", (int)(width - used), "");
    }
    print_column(app, text, width);
}

static void print_purpose(struct app *app)
{
    fprintf(app->out, "%s\n\n", _("kam - remember, guide and protect what you have with your key accounts"));
    fprintf(app->out, "%s\n", _("usage: kam COMMAND [ARGUMENTS] [--OPTIONS]"));
}

static bool is_of_noun(const struct command *command, const char *noun)
{
    size_t length = strcspn(command->name, " ");
    return strlen(noun) == length && strncmp(command->name, noun, length) == 0;
}

// What can be done with the noun, each verb once: "list, show, add".
static const char *verbs_of(struct app *app, const char *noun)
{
    const char *verbs = "", *last = "";
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            const char *space = strchr(command->name, ' ');
            if (space == NULL || !is_of_noun(command, noun))
                continue;
            const char *verb = arena_printf(app->arena, "%.*s", (int)strcspn(space + 1, " "), space + 1);
            if (strcmp(verb, last) != 0)
                verbs = arena_printf(app->arena, "%s%s%s", verbs, *verbs == '\0' ? "" : ", ", verb);
            last = verb;
        }
    return verbs;
}

// The first command of a noun, in whatever group.
static const struct command *first_of_noun(const char *noun)
{
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++)
            if (is_of_noun(&command_groups[group].commands[at], noun))
                return &command_groups[group].commands[at];
    return NULL;
}

void help_at_a_glance(struct app *app)
{
    print_purpose(app);
    fputc('\n', app->out);
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            size_t length = strcspn(command->name, " ");
            const char *noun = arena_printf(app->arena, "%.*s", (int)length, command->name);
            if (length > 0 && first_of_noun(noun) == command)
                print_entry(app, noun, command->name[length] == '\0' ? _(command->summary) : verbs_of(app, noun),
                            NOUN_WIDTH);
        }
    fprintf(app->out, "\n%s\n", _("All commands: kam help"));
    fprintf(app->out, "%s\n", _("More about a command, with examples: kam help COMMAND"));
    fprintf(app->out, "%s\n", _("Begin with: kam login SERVER"));
}

void help_overview(struct app *app, const char *const words[], size_t count)
{
    if (count == 0)
        print_purpose(app);
    bool is_any = count == 0;
    for (size_t group = 0; group < command_group_count; group++) {
        bool is_begun = false;
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            size_t used = strlen(command->name);
            bool is_meant = count == 0 || (strncmp(command->name, words[0], strlen(words[0])) == 0 &&
                                           strcspn(command->name, " ") == strlen(words[0]));
            if (!is_meant || used == 0)
                continue;
            if (!is_begun)
                fprintf(app->out, "%s%s%s%s\n", is_any ? "\n" : "", app_bold(app), _(command_groups[group].title),
                        app_plain(app));
            is_begun = is_any = true;
            print_entry(app, command->name, _(command->summary), NAME_WIDTH + 4);
        }
    }
    fprintf(app->out, "\n%s\n", _("More about a command, with examples: kam help COMMAND"));
    if (count == 0)
        fprintf(app->out, "%s\n", _("Begin with: kam login SERVER"));
}

const char *help_usage(struct app *app, const struct command *command)
{
    const char *usage = arena_printf(app->arena, "kam %s", command->name);
    for (size_t at = 0; at < MOST_ARGUMENTS && command->arguments[at].name != NULL; at++) {
        const struct argument *argument = &command->arguments[at];
        usage = arena_printf(app->arena, argument->is_optional ? "%s [%s%s]" : "%s %s%s", usage, _(argument->name),
                             argument->takes_rest ? "..." : "");
    }
    return arena_printf(app->arena, "%s [--%s]", usage, _("OPTIONS"));
}

static void print_usage(struct app *app, const struct command *command)
{
    fprintf(app->out, "%s %s\n\n", _("usage:"), help_usage(app, command));
    print_column(app, _(command->summary), 0);
}

const char *help_option_name(struct app *app, const struct option *option)
{
    return option->parameter == NULL ? arena_printf(app->arena, "--[no-]%s", option->name)
                                     : arena_printf(app->arena, "--%s %s", option->name, _(option->parameter));
}

// A sentence that goes on loses its full stop, an English or a Chinese one.
static const char *without_stop(struct arena *arena, const char *text)
{
    static const char *const stops[] = {".", "。"};
    for (size_t at = 0; at < sizeof stops / sizeof stops[0]; at++) {
        size_t length = strlen(text), stop = strlen(stops[at]);
        if (length > stop && strcmp(text + length - stop, stops[at]) == 0)
            return arena_printf(arena, "%.*s", (int)(length - stop), text);
    }
    return text;
}

const char *help_option_text(struct app *app, const struct option *option)
{
    const ProtobufCFieldDescriptor *field = option->path[option->depth - 1];
    const char *text = help_text(app->arena, option->contract);
    if (option->is_required)
        text = arena_printf(app->arena, "%s%s%s", text, has_letter(text) ? " " : "", _("(required)"));
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        text = arena_printf(app->arena, "%s %s", text, _("(may be repeated)"));
    if (field->type == PROTOBUF_C_TYPE_ENUM)
        text = arena_printf(app->arena, "%s: %s", without_stop(app->arena, text),
                            value_enum_words(app->arena, field->descriptor));
    // Ratios are kept in hundredths of a percent; how far they may go is no help to anybody.
    bool is_number = value_form(field) == VALUE_INTEGER && option->contract->format != CONTRACT_FORMAT_PERCENT;
    if (option->contract->has_min && option->contract->has_max && is_number)
        text = arena_printf(app->arena, _("%s (%lld to %lld)"), text, (long long)option->contract->min,
                            (long long)option->contract->max);
    return text;
}

static void print_option(struct app *app, const struct option *option)
{
    print_entry(app, help_option_name(app, option), help_option_text(app, option), OPTION_WIDTH);
}

const char *help_flag_name(struct app *app, const struct flag *flag)
{
    return flag->parameter == NULL ? arena_printf(app->arena, "--%s", flag->name)
                                   : arena_printf(app->arena, "--%s %s", flag->name, _(flag->parameter));
}

static void print_flag(struct app *app, const struct flag *flag)
{
    print_entry(app, help_flag_name(app, flag), _(flag->help), OPTION_WIDTH);
}

const char *const *help_words_of_flag(const char *name)
{
    static const char *const colours[] = {"auto", "always", "never", NULL};
    static const char *const encodings[] = {"utf-8-bom", "utf-8", "gb18030", NULL};
    return strcmp(name, "color") == 0 ? colours : strcmp(name, "encoding") == 0 ? encodings : NULL;
}

const ProtobufCFieldDescriptor *help_field_of_argument(struct arena *arena, const struct command *command,
                                                       const struct argument *argument)
{
    const struct contract_method *method = command->method == NULL ? NULL : contract_find_method(command->method);
    const ProtobufCMessageDescriptor *message = method == NULL ? NULL : method->request;
    const ProtobufCFieldDescriptor *field = NULL;
    for (const char *path = argument->field; message != NULL && path != NULL && *path != '\0';) {
        const char *name = arena_printf(arena, "%.*s", (int)strcspn(path, "."), path);
        field = protobuf_c_message_descriptor_get_field_by_name(message, name);
        message = field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : message;
        path += strlen(name) + (path[strlen(name)] == '.');
    }
    return field;
}

// An argument that is a word of a list: which words.
static void print_words(struct app *app, const struct command *command)
{
    for (size_t at = 0; at < MOST_ARGUMENTS && command->arguments[at].name != NULL; at++) {
        const ProtobufCFieldDescriptor *field = help_field_of_argument(app->arena, command, &command->arguments[at]);
        if (field != NULL && field->type == PROTOBUF_C_TYPE_ENUM)
            print_entry(app, _(command->arguments[at].name), value_enum_words(app->arena, field->descriptor),
                        OPTION_WIDTH);
    }
}

// The last space, outside quotes, before which the text is at most `width` columns wide; 0 when there is none.
static size_t find_break(struct arena *arena, const char *text, size_t width)
{
    size_t found = 0;
    char quote = '\0';
    for (size_t at = 0; text[at] != '\0'; at++) {
        if (text[at] == ' ' && quote == '\0' && text_width(arena_printf(arena, "%.*s", (int)at, text)) <= width)
            found = at;
        if (text[at] == '"' || text[at] == '\'')
            quote = quote == '\0' ? text[at] : quote == text[at] ? '\0' : quote;
    }
    return found;
}

// What is wider than the terminal goes on in the next line, as a shell takes it.
static void print_example(struct app *app, const char *example)
{
    const char *indent = "  ";
    size_t room = app->width > 20 ? app->width - 8 : SIZE_MAX / 2;
    while (text_width(example) > room) {
        size_t length = find_break(app->arena, example, room - 2);
        if (length == 0)
            break;
        fprintf(app->out, "%s%.*s \\\n", indent, (int)length, example);
        example += length + 1;
        indent = "      ";
    }
    fprintf(app->out, "%s%s\n", indent, example);
}

const struct help_value help_values[] = {
    {N_("DATE"),
     N_("2026-11-21, today, tomorrow, friday (the next one), \"in 3 days\", +2w, \"in 2 months\", \"3 days ago\"; "
        "or a year.")},
    {N_("TIME"),
     N_("\"2026-11-21 14:30\", 14:30 (today), \"tomorrow 9:00\", \"monday 10:00\", +3d (at 9:00), \"in 2 hours\", "
        "now.")},
    {N_("MONEY"), N_("With its currency: \"CNY 5000000.00\".")},
    {NULL, NULL},
};

// Of those that the options take.
static void print_values(struct app *app, const struct option *options, size_t count)
{
    bool is_begun = false;
    for (const struct help_value *value = help_values; value->name != NULL; value++)
        for (size_t at = 0; at < count; at++)
            if (options[at].parameter != NULL && strcmp(options[at].parameter, value->name) == 0) {
                if (!is_begun)
                    fprintf(app->out, "\n%s%s%s\n", app_bold(app), _("Values"), app_plain(app));
                is_begun = true;
                print_entry(app, _(value->name), _(value->text), OPTION_WIDTH);
                break;
            }
}

void help_command(struct app *app, const struct command *command)
{
    const struct option *options;
    size_t count;
    options_of_command(app->arena, command, &options, &count);
    print_usage(app, command);
    fprintf(app->out, "\n%s%s%s\n", app_bold(app), _("Examples"), app_plain(app));
    for (size_t at = 0; at < MOST_EXAMPLES && command->examples[at] != NULL; at++)
        print_example(app, command->examples[at]);
    fprintf(app->out, "\n%s%s%s\n", app_bold(app), _("Options"), app_plain(app));
    print_words(app, command);
    for (size_t at = 0; at < count; at++)
        print_option(app, &options[at]);
    for (const struct flag *flag = command->flags; flag != NULL && flag->name != NULL; flag++)
        print_flag(app, flag);
    for (const char *const *name = help_common_flags; *name != NULL; name++)
        if (command_find_flag(command, *name) != NULL)
            print_flag(app, command_find_flag(command, *name));
    print_values(app, options, count);
    fprintf(app->out, "\n%s%s%s\n", app_bold(app), _("Everywhere"), app_plain(app));
    for (const struct flag *flag = global_flags; flag->name != NULL; flag++)
        print_flag(app, flag);
}

// What people type who know other programs.
static const char *const synonyms[][2] = {
    {"create", "add"}, {"new", "add"},     {"delete", "retire"},   {"remove", "retire"},
    {"rm", "retire"},  {"update", "edit"}, {"set", "edit"},        {"get", "show"},
    {"view", "show"},  {"ls", "list"},     {"reassign", "assign"}, {"complete", "done"},
};

void help_suggest_command(struct app *app, const char *const words[], size_t count)
{
    const char *wanted = words[0];
    if (count > 1)
        wanted = arena_printf(app->arena, "%s %s", words[0], words[1]);
    for (size_t at = 0; count > 1 && at < sizeof synonyms / sizeof synonyms[0]; at++)
        if (strcmp(words[1], synonyms[at][0]) == 0)
            wanted = arena_printf(app->arena, "%s %s", words[0], synonyms[at][1]);
    const char *best = NULL;
    size_t best_distance = 4;
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const char *name = command_groups[group].commands[at].name;
            const char *noun = arena_printf(app->arena, "%.*s", (int)strcspn(name, " "), name);
            size_t distance = text_distance(wanted, name, 100), first = text_distance(words[0], noun, 100);
            if (distance < best_distance || (first < best_distance && count == 1)) {
                best_distance = distance < first ? distance : first;
                best = distance <= first ? name : noun;
            }
        }
    if (best != NULL)
        app_hint(app, _("Did you mean: kam %s"), best);
    app_hint(app, _("All commands: kam help"));
}
