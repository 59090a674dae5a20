// SPDX-License-Identifier: Apache-2.0
// Parses the flags of one command: see arguments.h.
#include "kamd/arguments.h"

#include <string.h>

static const char REASON[] = "USAGE";

static size_t find_flag(const struct argument *table, size_t count, const char *word, size_t length)
{
    for (size_t at = 0; at < count; at++)
        if (table[at].name != NULL && strlen(table[at].name) == length && memcmp(table[at].name, word, length) == 0)
            return at;
    return count;
}

static size_t find_free_place(const struct argument *table, size_t count, const char **values)
{
    for (size_t at = 0; at < count; at++)
        if (table[at].name == NULL && values[at] == NULL)
            return at;
    return count;
}

enum status arguments_parse(const struct argument *table, size_t count, int word_count, char **words,
                            const char **values_r, struct error *error)
{
    for (size_t at = 0; at < count; at++)
        values_r[at] = NULL;
    for (int word = 0; word < word_count; word++) {
        const char *text = words[word];
        if (strncmp(text, "--", 2) != 0) {
            size_t place = find_free_place(table, count, values_r);
            if (place == count)
                return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "one word too many: \"%.80s\"", text);
            values_r[place] = text;
            continue;
        }
        size_t length = strcspn(text + 2, "=");
        size_t place = find_flag(table, count, text + 2, length);
        if (place == count)
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "there is no flag %.*s here", (int)length + 2,
                             text);
        if (table[place].value_name == NULL && text[2 + length] == '=')
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "--%s takes no value", table[place].name);
        if (table[place].value_name == NULL)
            values_r[place] = "yes";
        else if (text[2 + length] == '=')
            values_r[place] = text + 2 + length + 1;
        else if (word + 1 < word_count)
            values_r[place] = words[++word];
        else
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "--%s needs a value: --%s %s", table[place].name,
                             table[place].name, table[place].value_name);
    }
    for (size_t at = 0; at < count; at++)
        if (table[at].is_required && values_r[at] == NULL)
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s%s is missing",
                             table[at].name != NULL ? "--" : "",
                             table[at].name != NULL ? table[at].name : table[at].value_name);
    return STATUS_OK;
}

void arguments_print_usage(const struct argument *table, size_t count, FILE *out)
{
    for (size_t at = 0; at < count; at++) {
        const char *open = table[at].is_required ? "" : "[";
        const char *close = table[at].is_required ? "" : "]";
        if (table[at].name == NULL)
            fprintf(out, " %s%s%s", open, table[at].value_name, close);
        else if (table[at].value_name == NULL)
            fprintf(out, " %s--%s%s", open, table[at].name, close);
        else
            fprintf(out, " %s--%s %s%s", open, table[at].name, table[at].value_name, close);
    }
}

void arguments_print_help(const struct argument *table, size_t count, FILE *out)
{
    for (size_t at = 0; at < count; at++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s%s", table[at].name != NULL ? "--" : "",
                 table[at].name != NULL ? table[at].name : "",
                 table[at].name != NULL && table[at].value_name ? " " : "",
                 table[at].value_name != NULL ? table[at].value_name : "");
        fprintf(out, "  %-20s %s\n", left, table[at].help);
    }
}
