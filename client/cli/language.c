// SPDX-License-Identifier: Apache-2.0
#include "language.h"

#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *wanted_language(void)
{
    static const char *const names[] = {"KAM_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
        const char *value = getenv(names[at]);
        if (value != NULL && *value != '\0')
            return value;
    }
    return "";
}

// Catalogues beside the program (in a build folder, or where it was unpacked) before the place it was configured for.
static const char *catalogue_directory(char path[PATH_MAX])
{
    static const char *const places[] = {"../po/locale", "../share/locale"};
    const char *named = getenv("KAM_LOCALEDIR");
    char program[PATH_MAX];
    if (named != NULL && *named != '\0')
        return named;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length < 0 ? 0 : length] = '\0';
    char *name = strrchr(program, '/');
    for (size_t at = 0; name != NULL && at < sizeof places / sizeof places[0]; at++) {
        char probe[PATH_MAX];
        name[1] = '\0';
        int path_length = snprintf(path, PATH_MAX, "%s%s", program, places[at]);
        int probe_length = snprintf(probe, sizeof probe, "%s/zh_CN/LC_MESSAGES/kam.mo", path);
        if (path_length < PATH_MAX && probe_length < PATH_MAX && access(probe, R_OK) == 0)
            return path;
    }
    return KAM_LOCALEDIR;
}

void language_start(void)
{
    const char *wanted = wanted_language();
    const char *own = getenv("KAM_LANG");
    bool is_plain =
        strcmp(wanted, "C") == 0 || strcmp(wanted, "POSIX") == 0 || strcmp(wanted, "C.UTF-8") == 0 || *wanted == '\0';
    bool is_missing = setlocale(LC_ALL, "") == NULL;
    const char *messages = setlocale(LC_MESSAGES, NULL);
    if (is_missing || (!is_plain && messages != NULL && strcmp(messages, "C") == 0))
        setlocale(LC_ALL, "C.UTF-8");
    if (!is_plain && (is_missing || (own != NULL && *own != '\0'))) {
        char language[64];
        snprintf(language, sizeof language, "%.*s", (int)strcspn(wanted, ".@"), wanted);
        setenv("LANGUAGE", language, 1);
    }
    setlocale(LC_NUMERIC, "C");
    char directory[PATH_MAX];
    bindtextdomain("kam", catalogue_directory(directory));
    bind_textdomain_codeset("kam", "UTF-8");
    textdomain("kam");
}

const char *language_text(const char *text)
{
    return *text == '\0' ? text : gettext(text); // gettext("") is the head of the catalogue
}

const char *language_label(const char *context, const char *text)
{
    // gettext's convention for contexts: "context\004text".
    char key[600];
    int length = snprintf(key, sizeof key, "%s\004%s", context, text);
    if (length < 0 || (size_t)length >= sizeof key)
        return text;
    const char *found = dcgettext("kam", key, LC_MESSAGES);
    return found == key ? text : found;
}

const char *language_choose(const char *english, const char *chinese)
{
    bool is_chinese = strcmp(language_label("language", NC_("language", "en")), "zh") == 0;
    return is_chinese && *chinese != '\0' ? chinese : english;
}
