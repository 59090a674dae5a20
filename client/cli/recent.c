// SPDX-License-Identifier: Apache-2.0
#include "recent.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "credentials.h"

enum { ID_CHARACTERS = KAM_UUID_TEXT_BYTES - 1, MOST_IDS = 2000 };

const char *recent_short_id(const char *id)
{
    size_t length = strlen(id);
    return length > SHORT_ID_CHARACTERS ? id + length - SHORT_ID_CHARACTERS : id;
}

static const char *recent_path(struct app *app)
{
    return arena_printf(app->arena, "%s/recent", app->home);
}

// The ids of the file, newest first, each ending with a line break.
static char *load(struct app *app, size_t *length_r)
{
    enum { MOST_BYTES = MOST_IDS * (ID_CHARACTERS + 1) };
    char *text = arena_alloc(app->arena, MOST_BYTES + 1);
    FILE *file = fopen(recent_path(app), "re");
    *length_r = file == NULL ? 0 : fread(text, 1, MOST_BYTES, file);
    if (file != NULL)
        fclose(file);
    *length_r -= *length_r % (ID_CHARACTERS + 1);
    text[*length_r] = '\0';
    return text;
}

void recent_remember(struct app *app, const char *const ids[], size_t count)
{
    size_t old_length, used = 0, kept = 0;
    char *old = load(app, &old_length);
    char *fresh = arena_alloc(app->arena, (count + MOST_IDS) * (ID_CHARACTERS + 1) + 1);
    for (size_t at = 0; at < count && kept < MOST_IDS; at++) {
        if (strlen(ids[at]) != ID_CHARACTERS)
            continue;
        memcpy(fresh + used, ids[at], ID_CHARACTERS);
        fresh[used + ID_CHARACTERS] = '\n';
        used += ID_CHARACTERS + 1;
        kept++;
    }
    size_t new_bytes = used;
    for (size_t at = 0; at < old_length && kept < MOST_IDS; at += ID_CHARACTERS + 1) {
        if (memmem(fresh, new_bytes, old + at, ID_CHARACTERS) != NULL)
            continue;
        memcpy(fresh + used, old + at, ID_CHARACTERS + 1);
        used += ID_CHARACTERS + 1;
        kept++;
    }
    // A directory that cannot be written costs the short ids, not the command.
    bool is_kept = credentials_write_file(app, recent_path(app), fresh, used);
    (void)is_kept;
}

bool recent_find(struct app *app, const char *text, char id_r[KAM_UUID_TEXT_BYTES])
{
    size_t length = strlen(text), file_length, matches = 0;
    if (length < 4 || length > SHORT_ID_CHARACTERS)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if (!isxdigit((unsigned char)*at))
            return false;
    const char *ids = load(app, &file_length);
    for (size_t at = 0; at < file_length; at += ID_CHARACTERS + 1) {
        if (strncasecmp(ids + at + ID_CHARACTERS - length, text, length) != 0)
            continue;
        if (++matches > 1)
            return false;
        memcpy(id_r, ids + at, ID_CHARACTERS);
        id_r[ID_CHARACTERS] = '\0';
    }
    return matches == 1;
}
