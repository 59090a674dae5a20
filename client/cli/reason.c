// SPDX-License-Identifier: Apache-2.0
#include "reason.h"

#include <string.h>

#include "language.h"

// Words that servers put into texts.
static const char *const words[] = {
    NC_("value", "account"),
    NC_("value", "contact"),
    NC_("value", "position"),
    NC_("value", "activity"),
    NC_("value", "user"),
    NC_("value", "team"),
    NC_("value", "supply"),
    NC_("value", "brand"),
    NC_("value", "event"),
    NC_("value", "entry"),
    NC_("value", "plan"),
    NC_("value", "route"),
    NC_("value", "tie"),
    NC_("value", "need"),
    NC_("value", "planned"),
    NC_("value", "done"),
    NC_("value", "cancelled"),
    NC_("value", "corrected"),
    NC_("value", "proposed"),
    NC_("value", "published"),
    NC_("value", "retired"),
    NC_("value", "create it"),
    NC_("value", "change it"),
    NC_("value", "Account"),
    NC_("value", "Contact"),
    NC_("value", "Position"),
    NC_("value", "Activity"),
    NC_("value", "User"),
    NC_("value", "Team"),
    NC_("value", "pipeline"),
    NC_("value", "opportunity"),
    NC_("value", "suggestion"),
    NC_("value", "engagement plan"),
    NC_("value", "engagement step"),
    NC_("value", "rating"),
    NC_("value", "request"),
};

static const char *translate_word(const char *value)
{
    for (size_t at = 0; at < sizeof words / sizeof words[0]; at++)
        if (strcmp(words[at], value) == 0)
            return language_label("value", value);
    return value;
}

struct filling {
    struct arena *arena;
    const struct kam_error *error;
    const char *prefix;
    bool has_words; // words of the server are said in the user's language
};

static const char *find_value(const struct filling *filling, const char *name, size_t length)
{
    size_t prefix = strlen(filling->prefix);
    for (size_t at = 0; at < filling->error->value_count; at++) {
        const struct kam_value *value = &filling->error->values[at];
        if (strncmp(value->name, filling->prefix, prefix) == 0 && strncmp(value->name + prefix, name, length) == 0 &&
            value->name[prefix + length] == '\0')
            return filling->has_words ? translate_word(value->value) : value->value;
    }
    return NULL;
}

// The text with its values; NULL when one is missing.
static const char *fill(const struct filling *filling, const char *text)
{
    const char *filled = "";
    for (;;) {
        size_t length = strcspn(text, "{");
        filled = arena_printf(filling->arena, "%s%.*s", filled, (int)length, text);
        text += length;
        if (*text == '\0')
            return filled;
        size_t name = strcspn(text, "}");
        const char *value = find_value(filling, text + 1, name - 1);
        if (value == NULL || text[name] == '\0')
            return NULL;
        filled = arena_printf(filling->arena, "%s%s", filled, value);
        text += name + 1;
    }
}

static bool is_of_detail(const char *name)
{
    return strncmp(name, "violations_", 11) == 0 || strncmp(name, "preconditions_", 14) == 0 ||
           strncmp(name, "resources_", 10) == 0;
}

static size_t count_values(const struct filling *filling)
{
    size_t count = 0, prefix = strlen(filling->prefix);
    for (size_t at = 0; at < filling->error->value_count; at++) {
        const char *name = filling->error->values[at].name;
        count += prefix > 0 ? strncmp(name, filling->prefix, prefix) == 0 : !is_of_detail(name);
    }
    return count;
}

static size_t count_places(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '{';
    return count;
}

// The text of a reason that takes just these values; NULL when there is none, or several.
static const char *only_text(const struct filling *filling, const char *reason)
{
    const char *found = NULL;
    for (size_t at = 0; at < reason_text_count && *reason != '\0'; at++) {
        const char *text = reason_texts[at].text;
        if (strcmp(reason_texts[at].reason, reason) != 0 || count_places(text) != count_values(filling) ||
            fill(filling, text) == NULL)
            continue;
        if (found != NULL)
            return NULL;
        found = text;
    }
    return found;
}

const char *reason_translate(struct arena *arena, const struct kam_error *error, const char *prefix, const char *reason,
                             const char *english)
{
    const char *whole = language_text(english);
    if (whole != english)
        return whole;
    struct filling plain = {arena, error, prefix, false}, translated = {arena, error, prefix, true};
    const char *text = NULL;
    for (size_t at = 0; at < reason_text_count && text == NULL; at++) {
        const char *filled = strchr(reason_texts[at].text, '{') == NULL ? NULL : fill(&plain, reason_texts[at].text);
        if (filled != NULL && strcmp(filled, english) == 0)
            text = reason_texts[at].text;
    }
    if (text == NULL)
        text = only_text(&plain, reason);
    if (text == NULL || language_text(text) == text)
        return NULL;
    return fill(&translated, language_text(text));
}

const char *reason_say(struct arena *arena, const char *reason, const struct kam_value values[], size_t count)
{
    const struct kam_error error = {.values = values, .value_count = count};
    const struct filling filling = {arena, &error, "", false};
    const char *said = NULL;
    for (size_t at = 0; at < reason_text_count && said == NULL; at++)
        if (strcmp(reason_texts[at].reason, reason) == 0)
            said = fill(&filling, language_text(reason_texts[at].text));
    return said;
}
