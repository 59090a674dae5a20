// SPDX-License-Identifier: Apache-2.0
#include "man.h"

#include <errno.h>
#include <string.h>

#include "help.h"

struct entry {
    const char *name, *text;
};

static const struct entry exit_codes[] = {
    {"0", N_("Done.")},
    {"1", N_("Refused or failed.")},
    {"2", N_("The command line is wrong, or a name fits several records.")},
    {"3", N_("No such record within your reach.")},
    {"4", N_("Not logged in, or not allowed.")},
    {"5", N_("The record's state does not allow it; what is missing is listed.")},
    {"6", N_("Somebody changed the record since; both sides are shown.")},
    {"7", N_("The server is unreachable, too slow, or not the one that is trusted.")},
};

static const struct entry variables[] = {
    {"KAM_SERVER", N_("The server, where --server is not given; else the one of the last login.")},
    {"KAM_TOKEN", N_("Session token, instead of the remembered one.")},
    {"KAM_HOME", N_("Where state is kept; by default ~/.local/share/kam.")},
    {"KAM_CA", N_("PEM file to verify servers against, as --ca.")},
    {"KAM_LANG", N_("Language of texts: zh_CN or en; before LANGUAGE, LC_ALL, LC_MESSAGES and LANG.")},
    {"KAM_LOCALEDIR", N_("Another folder of catalogues.")},
    {"TZ", N_("Time zone of times; else the one of the user, else the system's.")},
    {"KAM_PAGER, PAGER", N_("What shows long output on a terminal; less by default, with LESS=FRX where LESS is not "
                            "set. Empty or cat: none.")},
    {"NO_COLOR, CLICOLOR, CLICOLOR_FORCE", N_("No colour; no colour when 0; colour also in pipes. --color wins.")},
    {"COLUMNS", N_("Width of tables on a terminal.")},
};

static const struct entry files[] = {
    {"$KAM_HOME/session", N_("The server and the token of the session, readable by you alone.")},
    {"$KAM_HOME/known_servers", N_("Keys of servers that were accepted on first use.")},
    {"$KAM_HOME/recent", N_("Ids of the records shown last, so that their last eight digits are enough.")},
};

struct page {
    struct app *app;
    FILE *file;
};

// Text in roff: nothing in it is a request or an escape. Minus signs stay what is typed.
static void put(struct page *page, const char *text)
{
    bool is_first = true;
    for (; *text != '\0'; text++) {
        if (is_first && (*text == '.' || *text == '\''))
            fputs("\\&", page->file);
        is_first = *text == '\n';
        if (*text == '\\')
            fputs("\\e", page->file);
        else if (*text == '-')
            fputs("\\-", page->file);
        else if (*text == '\'')
            fputs("\\(aq", page->file);
        else if (*text == '^')
            fputs("\\(ha", page->file);
        else if (*text == '~')
            fputs("\\(ti", page->file);
        else if (*text == '`')
            fputs("\\(ga", page->file);
        else
            fputc(*text, page->file);
    }
}

static void put_line(struct page *page, const char *text)
{
    put(page, text);
    fputc('\n', page->file);
}

static void put_bold(struct page *page, const char *text)
{
    fputs("\\fB", page->file);
    put(page, text);
    fputs("\\fR\n", page->file);
}

static void put_section(struct page *page, const char *title)
{
    fputs(".SH \"", page->file);
    put(page, title);
    fputs("\"\n", page->file);
}

static void put_entry(struct page *page, const char *name, const char *text)
{
    fputs(".TP\n", page->file);
    put_bold(page, name);
    put_line(page, text);
}

static void put_entries(struct page *page, const char *title, const struct entry entries[], size_t count)
{
    put_section(page, title);
    for (size_t at = 0; at < count; at++)
        put_entry(page, entries[at].name, _(entries[at].text));
}

static enum exit_code open_page(struct app *app, const char *directory, const char *date, const char *name,
                                struct page *page_r)
{
    const char *path = arena_printf(app->arena, "%s/%s.1", directory, name);
    *page_r = (struct page){app, fopen(path, "w")};
    if (page_r->file == NULL)
        return app_refuse(app, EXIT_REFUSED, "%s: %s", path, strerror(errno));
    fprintf(page_r->file, ".\\\" SPDX-License-Identifier: Apache-2.0\n.\\\" Made from the tables of commands.\n");
    char *title = arena_strdup(app->arena, name);
    for (char *at = title; *at != '\0'; at++)
        *at = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    fprintf(page_r->file, ".TH %s 1 %s \"kam %s\" \"kam\"\n.nh\n.ad l\n", title, date, KAM_VERSION);
    return EXIT_OK;
}

static enum exit_code close_page(struct page *page)
{
    bool is_written = ferror(page->file) == 0;
    is_written = fclose(page->file) == 0 && is_written;
    return is_written ? EXIT_OK : app_refuse(page->app, EXIT_REFUSED, "%s", strerror(errno));
}

static void put_name(struct page *page, const char *name, const char *meaning)
{
    put_section(page, _("NAME"));
    put(page, name);
    fputs(" \\- ", page->file);
    put_line(page, meaning);
}

static const char *word_of(struct app *app, const struct command *command)
{
    return arena_printf(app->arena, "%.*s", (int)strcspn(command->name, " "), command->name);
}

static void put_options(struct page *page, const struct command *command)
{
    struct app *app = page->app;
    const struct option *options;
    size_t count;
    options_of_command(app->arena, command, &options, &count);
    for (size_t at = 0; at < count; at++)
        put_entry(page, help_option_name(app, &options[at]), help_option_text(app, &options[at]));
    for (const struct flag *flag = command->flags; flag != NULL && flag->name != NULL; flag++)
        put_entry(page, help_flag_name(app, flag), _(flag->help));
    for (const char *const *name = help_common_flags; *name != NULL; name++) {
        const struct flag *flag = command_find_flag(command, *name);
        if (flag != NULL)
            put_entry(page, help_flag_name(app, flag), _(flag->help));
    }
}

static void put_examples(struct page *page, const struct command *command)
{
    if (command->examples[0] == NULL)
        return;
    fputs(".PP\n", page->file);
    put_line(page, _("Examples"));
    fputs(".PP\n.nf\n", page->file);
    for (size_t at = 0; at < MOST_EXAMPLES && command->examples[at] != NULL; at++) {
        fputs("    ", page->file);
        put_line(page, command->examples[at]);
    }
    fputs(".fi\n", page->file);
}

static bool begins_with_word(const struct command *command, const char *word)
{
    size_t length = strlen(word);
    return strncmp(command->name, word, length) == 0 && (command->name[length] == ' ' || command->name[length] == '\0');
}

// The commands that begin with a word, in the order of the tables, whatever groups they are in: the one after `last`,
// the first one after NULL; NULL at the end.
static const struct command *next_command(const char *word, const struct command *last,
                                          const struct command_group **group_r)
{
    bool is_passed = last == NULL;
    for (size_t group = 0; group < command_group_count; group++)
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            if (is_passed && begins_with_word(command, word)) {
                *group_r = &command_groups[group];
                return command;
            }
            is_passed = is_passed || command == last;
        }
    return NULL;
}

// The first words of commands, each once: the one after `last`, the first one after NULL; NULL at the end.
static const char *next_word(struct app *app, const char *last)
{
    bool is_passed = last == NULL;
    const struct command_group *group;
    for (size_t at_group = 0; at_group < command_group_count; at_group++)
        for (size_t at = 0; at < *command_groups[at_group].count; at++) {
            const struct command *command = &command_groups[at_group].commands[at];
            const char *word = word_of(app, command);
            bool is_first = next_command(word, NULL, &group) == command;
            if (is_passed && is_first)
                return word;
            is_passed = is_passed || strcmp(word, last) == 0;
        }
    return NULL;
}

// The page of all commands that begin with one word.
static enum exit_code write_word(struct app *app, const char *directory, const char *date, const char *word)
{
    struct page page;
    const char *name = arena_printf(app->arena, "kam-%s", word);
    const struct command_group *group, *other;
    const struct command *first = next_command(word, NULL, &group);
    bool is_only = next_command(word, first, &other) == NULL;
    enum exit_code failure = open_page(app, directory, date, name, &page);
    if (failure != EXIT_OK)
        return failure;
    put_name(&page, name, is_only ? _(first->summary) : _(group->title));
    put_section(&page, _("COMMANDS"));
    for (const struct command *command = first; command != NULL; command = next_command(word, command, &other)) {
        fputs(".SS \"", page.file);
        put(&page, help_usage(app, command));
        fputs("\"\n", page.file);
        put_line(&page, _(command->summary));
        put_options(&page, command);
        put_examples(&page, command);
    }
    put_section(&page, _("SEE ALSO"));
    fputs("\\fBkam\\fR(1)\n", page.file);
    return close_page(&page);
}

static enum exit_code write_overview(struct app *app, const char *directory, const char *date)
{
    struct page page;
    enum exit_code failure = open_page(app, directory, date, "kam", &page);
    if (failure != EXIT_OK)
        return failure;
    put_name(&page, "kam", _("remember, guide and protect what you have with your key accounts"));
    put_section(&page, _("SYNOPSIS"));
    fputs("\\fBkam\\fR ", page.file);
    put_line(&page, _("COMMAND [ARGUMENTS] [--OPTIONS]"));
    put_section(&page, _("DESCRIPTION"));
    put_line(&page, _("kam is the command line of the key account manager. Begin with: kam login SERVER. On a terminal "
                      "it asks for what is missing and shows tables that fit; for programs there are --json and "
                      "--csv."));
    fputs(".PP\n", page.file);
    put_line(&page, _("A record is named by its code (K-000123), the last eight digits of its id as lists show them, a "
                      "login, or a name or a unique part of one. \"me\" is whoever is logged in."));
    put_section(&page, _("COMMANDS"));
    for (size_t group = 0; group < command_group_count; group++) {
        fputs(".SS \"", page.file);
        put(&page, _(command_groups[group].title));
        fputs("\"\n", page.file);
        for (size_t at = 0; at < *command_groups[group].count; at++) {
            const struct command *command = &command_groups[group].commands[at];
            put_entry(&page, command->name, _(command->summary));
        }
    }
    put_section(&page, _("OPTIONS"));
    for (const struct flag *flag = global_flags; flag->name != NULL; flag++)
        put_entry(&page, help_flag_name(app, flag), _(flag->help));
    put_section(&page, _("VALUES"));
    for (const struct help_value *value = help_values; value->name != NULL; value++)
        put_entry(&page, _(value->name), _(value->text));
    put_entries(&page, _("EXIT STATUS"), exit_codes, sizeof exit_codes / sizeof exit_codes[0]);
    put_entries(&page, _("ENVIRONMENT"), variables, sizeof variables / sizeof variables[0]);
    put_entries(&page, _("FILES"), files, sizeof files / sizeof files[0]);
    put_section(&page, _("SEE ALSO"));
    fputs("\\fBkamd\\fR(8)", page.file);
    for (const char *word = next_word(app, NULL); word != NULL; word = next_word(app, word))
        fprintf(page.file, ",\n\\fBkam\\-%s\\fR(1)", word);
    fputc('\n', page.file);
    return close_page(&page);
}

enum exit_code man_write(struct app *app, const char *directory, const char *date)
{
    enum exit_code failure = write_overview(app, directory, date);
    for (const char *word = next_word(app, NULL); word != NULL && failure == EXIT_OK; word = next_word(app, word))
        failure = write_word(app, directory, date, word);
    return failure;
}
