// SPDX-License-Identifier: Apache-2.0
// Where the statements of an SQL script end: see script.h. Each skip_ function takes the start of a token and returns
// its end.
#include "db/script.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *skip_line_comment(const char *at)
{
    return at + strcspn(at, "\n");
}

static const char *skip_block_comment(const char *at)
{
    unsigned depth = 0;
    for (; *at != '\0'; at++) {
        if (at[0] == '/' && at[1] == '*') {
            depth++;
            at++;
        } else if (at[0] == '*' && at[1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return at;
}

// A doubled quote is two quoted texts in a row, which comes to the same.
static const char *skip_quoted(const char *at, bool has_backslashes)
{
    char quote = *at++;
    while (*at != '\0' && *at != quote)
        at += has_backslashes && at[0] == '\\' && at[1] != '\0' ? 2 : 1;
    return *at == '\0' ? at : at + 1;
}

// "$tag$ ... $tag$"; a "$1" is one character on.
static const char *skip_dollar_quoted(const char *at)
{
    const char *end = at + 1;
    while (isalnum((unsigned char)*end) || *end == '_' || (unsigned char)*end >= 0x80)
        end++;
    if (*end != '$' || isdigit((unsigned char)at[1]))
        return at + 1;
    size_t tag_length = (size_t)(end - at) + 1;
    for (const char *close = strchr(end + 1, '$'); close != NULL; close = strchr(close + 1, '$'))
        if (strncmp(close, at, tag_length) == 0)
            return close + tag_length;
    return at + strlen(at);
}

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

// Also E'...', whose backslashes escape.
static const char *skip_word(const char *at)
{
    const char *end = at;
    while (is_word_character(*end))
        end++;
    bool is_escape = end - at == 1 && (*at == 'e' || *at == 'E') && *end == '\'';
    return is_escape ? skip_quoted(end, true) : end;
}

size_t script_first_statement(const char *script)
{
    bool has_token = false;
    const char *at = script;
    while (*at != '\0') {
        if (isspace((unsigned char)*at)) {
            at++;
            continue;
        }
        if (at[0] == '-' && at[1] == '-') {
            at = skip_line_comment(at);
            continue;
        }
        if (at[0] == '/' && at[1] == '*') {
            at = skip_block_comment(at);
            continue;
        }
        if (*at == ';') {
            at++;
            if (has_token)
                return (size_t)(at - script);
            continue;
        }
        has_token = true;
        if (*at == '\'' || *at == '"')
            at = skip_quoted(at, false);
        else if (*at == '$')
            at = skip_dollar_quoted(at);
        else if (is_word_character(*at))
            at = skip_word(at);
        else
            at++;
    }
    return has_token ? (size_t)(at - script) : 0;
}
