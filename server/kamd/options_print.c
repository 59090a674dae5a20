// SPDX-License-Identifier: Apache-2.0
// Shows the settings to people: the help and the effective configuration. See options.h.
#include <string.h>

#include "kamd/options.h"

enum { HELP_COLUMN = 4, HELP_WIDTH = 96 };

static void print_wrapped(FILE *out, const char *text)
{
    int column = 0;
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column > 0 && column + 1 + length > HELP_WIDTH - HELP_COLUMN) {
            fputc('\n', out);
            column = 0;
        }
        column += fprintf(out, "%*s%.*s", column == 0 ? HELP_COLUMN : 1, "", length, text);
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

void options_print_help(FILE *out)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &OPTIONS[id];
        fprintf(out, "  --%s %s%s%s%s\n", option->name, option->argument, option->default_text[0] != '\0' ? "  (" : "",
                option->default_text, option->default_text[0] != '\0' ? ")" : "");
        print_wrapped(out, option->help);
    }
}

void options_print(const struct options *options, FILE *out)
{
    fputs("# name = value, and where it came from\n", out);
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_value *value = &options->values[id];
        const char *text =
            OPTIONS[id].type == OPTION_TYPE_SECRET ? options_mask_url(options->arena, value->text) : value->text;
        // An option without a value is shown as a comment, so that the output can be used as a file.
        bool is_comment = text[0] == '\0' || id == OPTION_CONFIG;
        int length = fprintf(out, "%s%s = %s", is_comment ? "# " : "", OPTIONS[id].name, text);
        fprintf(out, "%*s# %s\n", length < 56 ? 56 - length : 2, "", value->place);
    }
}

static void mask(char *from, const char *stops)
{
    size_t length = strcspn(from, stops);
    memset(from, '*', length);
}

// Masks "password=..." in the form key=value and in URL parameters, quoted or not.
static void mask_keyword(char *text)
{
    for (char *at = text; (at = strcasestr(at, "password")) != NULL;) {
        at += strlen("password");
        at += strspn(at, " ");
        if (*at != '=')
            continue;
        at += 1 + strspn(at + 1, " ");
        if (*at != '\'') {
            mask(at, " &");
            continue;
        }
        for (at++; *at != '\0' && *at != '\''; at++) {
            if (*at == '\\' && at[1] != '\0')
                *at++ = '*';
            *at = '*';
        }
    }
}

// A run of stars becomes three, so that not even the length of a password shows.
static const char *copy_masked(struct arena *arena, const char *from)
{
    char *copy = arena_alloc(arena, strlen(from) * 3 + 1);
    char *to = copy;
    while (*from != '\0') {
        if (*from != '*') {
            *to++ = *from++;
            continue;
        }
        to = stpcpy(to, "***");
        from += strspn(from, "*");
    }
    *to = '\0';
    return copy;
}

const char *options_mask_url(struct arena *arena, const char *url)
{
    char *text = arena_strdup(arena, url);
    char *scheme = strstr(text, "://");
    if (scheme != NULL) {
        char *authority = scheme + 3;
        // A password may hold a slash or question mark, against the rules of URLs: up to the last @ all of it is
        // hidden.
        char *at_sign = strrchr(authority, '@');
        char *colon = at_sign != NULL ? memchr(authority, ':', (size_t)(at_sign - authority)) : NULL;
        if (colon != NULL)
            memset(colon + 1, '*', (size_t)(at_sign - colon - 1));
    }
    mask_keyword(text);
    return copy_masked(arena, text);
}
