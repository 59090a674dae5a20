// SPDX-License-Identifier: Apache-2.0
// Reads the settings from flags, environment and file: see options.h.
#include "kamd/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES = 4 * 1024 * 1024, NAME_BYTES = 64, FILE_BYTES_MAX = 1024 * 1024 };

static const char REASON[] = "BAD_CONFIGURATION";

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit BYTE_UNITS[] = {{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", INT64_C(1048576)}, {NULL, 0}};
static const struct unit TIME_UNITS[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", INT64_C(3600000)}, {"d", INT64_C(86400000)}, {NULL, 0}};
static const struct unit NO_UNITS[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum option_type type)
{
    return type == OPTION_TYPE_BYTES ? BYTE_UNITS : type == OPTION_TYPE_DURATION ? TIME_UNITS : NO_UNITS;
}

static bool parse_number(const char *text, const struct unit *units, int64_t *number_r)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || strchr("0123456789-", text[0]) == NULL)
        return false;
    for (; units->name != NULL; units++)
        if (strcmp(end, units->name) == 0)
            return !__builtin_mul_overflow(value, units->factor, number_r);
    return false;
}

static const char *format_number(struct arena *arena, int64_t number, enum option_type type)
{
    const struct unit *units = units_of(type);
    const struct unit *best = &units[0];
    for (const struct unit *unit = units; unit->name != NULL; unit++)
        if (number != 0 && number % unit->factor == 0 && unit->factor > best->factor)
            best = unit;
    return arena_printf(arena, "%" PRId64 "%s", number / best->factor, best->name);
}

bool options_split_endpoint(const char *text, char *address_r, size_t size, uint16_t *port_r)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    if (colon == NULL || colon == text || !parse_number(colon + 1, NO_UNITS, &port) || port < 0 || port > 65535)
        return false;
    size_t length = (size_t)(colon - text);
    if (text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length == 0 || length >= size)
        return false;
    memcpy(address_r, text, length);
    address_r[length] = '\0';
    *port_r = (uint16_t)port;
    return true;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *at = choices; at != NULL; at = strchr(at, '|') == NULL ? NULL : strchr(at, '|') + 1)
        if (length > 0 && strncmp(at, text, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    return false;
}

static enum status fail(const char *place, const char *name, const char *wanted, struct error *error)
{
    return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s: %s must be %s", place, name, wanted);
}

// Checks the text against the table and stores it unless a stronger source has set the option already.
static enum status set_value(struct options *options, enum option_id id, const char *text, enum option_source source,
                             const char *place, struct error *error)
{
    const struct option *option = &OPTIONS[id];
    struct arena *arena = options->arena;
    int64_t number = 0;
    char address[NAME_BYTES];
    uint16_t port;
    switch (option->type) {
    case OPTION_TYPE_NUMBER:
    case OPTION_TYPE_BYTES:
    case OPTION_TYPE_DURATION:
        if (!parse_number(text, units_of(option->type), &number) || number < option->least || number > option->most)
            return fail(place, option->name,
                        arena_printf(arena, "%s from %s to %s, not \"%.40s\"",
                                     option->type == OPTION_TYPE_NUMBER  ? "a number"
                                     : option->type == OPTION_TYPE_BYTES ? "a size such as 512KiB,"
                                                                         : "a time such as 30s,",
                                     format_number(arena, option->least, option->type),
                                     format_number(arena, option->most, option->type), text),
                        error);
        break;
    case OPTION_TYPE_CHOICE:
        if (!is_choice(option->choices, text))
            return fail(place, option->name, arena_printf(arena, "one of %s, not \"%.40s\"", option->choices, text),
                        error);
        break;
    case OPTION_TYPE_ENDPOINT:
        if (strcmp(text, "off") != 0 && !options_split_endpoint(text, address, sizeof address, &port))
            return fail(place, option->name, arena_printf(arena, "ADDRESS:PORT or off, not \"%.60s\"", text), error);
        break;
    case OPTION_TYPE_TEXT:
    case OPTION_TYPE_PATH:
    case OPTION_TYPE_SECRET:
        if (text[0] == '\0' && source != OPTION_FROM_DEFAULT)
            return fail(place, option->name, "set to something, or left out", error);
        break;
    }
    struct option_value *value = &options->values[id];
    if (value->text == NULL || source >= value->source)
        *value = (struct option_value){arena_strdup(arena, text), number, source, arena_strdup(arena, place)};
    return STATUS_OK;
}

static bool find_option(const char *name, size_t length, enum option_id *id_r)
{
    for (int id = 0; id < OPTION_COUNT; id++)
        if (strlen(OPTIONS[id].name) == length && memcmp(OPTIONS[id].name, name, length) == 0) {
            *id_r = (enum option_id)id;
            return true;
        }
    return false;
}

static enum status load_flags(struct options *options, int count, char **arguments, int *rest_count_r,
                              struct error *error)
{
    int rest = 0;
    for (int at = 0; at < count; at++) {
        enum option_id id;
        size_t length = strncmp(arguments[at], "--", 2) == 0 ? strcspn(arguments[at] + 2, "=") : 0;
        if (length == 0 || !find_option(arguments[at] + 2, length, &id)) {
            arguments[rest++] = arguments[at];
            continue;
        }
        const char *place = arena_printf(options->arena, "--%s", OPTIONS[id].name);
        const char *text = arguments[at][2 + length] == '=' ? arguments[at] + 2 + length + 1 : NULL;
        if (text == NULL && ++at == count)
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s needs a value: %s %s", place, place,
                             OPTIONS[id].argument);
        enum status status =
            set_value(options, id, text != NULL ? text : arguments[at], OPTION_FROM_FLAG, place, error);
        if (status != STATUS_OK)
            return status;
    }
    *rest_count_r = rest;
    return STATUS_OK;
}

static enum status load_environment(struct options *options, struct error *error)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        char name[NAME_BYTES] = "KAM_";
        size_t length = strlen(name);
        for (const char *at = OPTIONS[id].name; *at != '\0'; at++)
            name[length++] = *at == '-' ? '_' : (char)(*at - 'a' + 'A');
        name[length] = '\0';
        const char *text = getenv(name);
        if (text == NULL)
            continue;
        enum status status = set_value(options, (enum option_id)id, text, OPTION_FROM_ENVIRONMENT, name, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

// The whole text of a file, NUL-terminated, in the arena.
static enum status read_file(struct arena *arena, const char *path, const char **text_r, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s: %s", path, strerror(errno));
    char *text = arena_alloc(arena, FILE_BYTES_MAX + 1);
    size_t length = fread(text, 1, FILE_BYTES_MAX, file);
    bool is_whole = ferror(file) == 0 && length < FILE_BYTES_MAX;
    fclose(file);
    if (!is_whole || memchr(text, '\0', length) != NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s is not a readable text file of less than 1 MiB",
                         path);
    text[length] = '\0';
    *text_r = text;
    return STATUS_OK;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

static enum status load_file(struct options *options, const char *path, struct error *error)
{
    const char *text = "";
    enum status status = read_file(options->arena, path, &text, error);
    if (status != STATUS_OK)
        return status;
    char *rest = arena_strdup(options->arena, text);
    char *raw;
    for (int line = 1; (raw = strsep(&rest, "\n")) != NULL; line++) {
        char *name = trim(raw);
        if (name[0] == '\0' || name[0] == '#')
            continue;
        const char *place = arena_printf(options->arena, "%s:%d", path, line);
        char *equals = strchr(name, '=');
        char *comment = strstr(name, " #");
        if (comment != NULL && comment > equals)
            *comment = '\0';
        if (equals == NULL)
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s: a line must be \"name = value\"", place);
        *equals = '\0';
        name = trim(name);
        enum option_id id;
        if (!find_option(name, strlen(name), &id) || id == OPTION_CONFIG)
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON,
                             "%s: there is no setting \"%.60s\"; see kamd --help", place, name);
        status = set_value(options, id, trim(equals + 1), OPTION_FROM_FILE, place, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

// A secret given by file becomes the value of the option it stands for.
static enum status read_secret(struct options *options, enum option_id id, enum option_id file_id, struct error *error)
{
    if (!options_is_given(options, file_id))
        return STATUS_OK;
    if (options_is_given(options, id))
        return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "%s and %s: give one of the two",
                         options->values[id].place, options->values[file_id].place);
    const char *path = options_text(options, file_id);
    const char *text = "";
    enum status status = read_file(options->arena, path, &text, error);
    if (status != STATUS_OK)
        return status;
    char *line = arena_strdup(options->arena, text);
    line[strcspn(line, "\n")] = '\0';
    return set_value(options, id, trim(line), options->values[file_id].source, path, error);
}

// Defaults that depend on who starts kamd and where.
static enum status fill_defaults(struct options *options, struct error *error)
{
    struct arena *arena = options->arena;
    for (int id = 0; id < OPTION_COUNT; id++)
        if (options->values[id].text == NULL) {
            enum status status =
                set_value(options, (enum option_id)id, OPTIONS[id].default_text, OPTION_FROM_DEFAULT, "default", error);
            if (status != STATUS_OK)
                return status;
        }
    struct option_value *values = options->values;
    const char *home = getenv("HOME");
    const char *share = getenv("XDG_DATA_HOME");
    if (values[OPTION_DATA].text[0] == '\0') {
        if (geteuid() == 0)
            values[OPTION_DATA].text = "/var/lib/kam";
        else if (share != NULL && share[0] == '/')
            values[OPTION_DATA].text = arena_printf(arena, "%s/kamd", share);
        else if (home != NULL && home[0] == '/')
            values[OPTION_DATA].text = arena_printf(arena, "%s/.local/share/kamd", home);
        else
            return error_set(error, STATUS_INVALID_ARGUMENT, REASON,
                             "there is no HOME: say where to keep data with --data");
    }
    if (values[OPTION_DATA].text[0] != '/') {
        char *here = getcwd(NULL, 0);
        values[OPTION_DATA].text = arena_printf(arena, "%s/%s", here != NULL ? here : "", values[OPTION_DATA].text);
        free(here);
    }
    if (options_is_given(options, OPTION_CERTIFICATE) != options_is_given(options, OPTION_KEY))
        return error_set(error, STATUS_INVALID_ARGUMENT, REASON,
                         "certificate and key belong together: give both or none");
    if (!options_is_given(options, OPTION_CERTIFICATE)) {
        values[OPTION_CERTIFICATE].text = arena_printf(arena, "%s/tls/certificate.pem", values[OPTION_DATA].text);
        values[OPTION_KEY].text = arena_printf(arena, "%s/tls/key.pem", values[OPTION_DATA].text);
    }
    if (values[OPTION_WORKERS].number == 0) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        values[OPTION_WORKERS].number = processors < 1 ? 1 : processors > 256 ? 256 : processors;
        values[OPTION_WORKERS].text = format_number(arena, values[OPTION_WORKERS].number, OPTION_TYPE_NUMBER);
    }
    if (values[OPTION_DB_CONNECTIONS].number < 8 * values[OPTION_WORKERS].number) {
        if (options_is_given(options, OPTION_DB_CONNECTIONS))
            return error_set(
                error, STATUS_INVALID_ARGUMENT, REASON, "%s: %s connections are too few for %s workers, 8 each",
                values[OPTION_DB_CONNECTIONS].place, values[OPTION_DB_CONNECTIONS].text, values[OPTION_WORKERS].text);
        values[OPTION_DB_CONNECTIONS].number = 8 * values[OPTION_WORKERS].number;
        values[OPTION_DB_CONNECTIONS].text =
            format_number(arena, values[OPTION_DB_CONNECTIONS].number, OPTION_TYPE_NUMBER);
    }
    return STATUS_OK;
}

static enum status load_all(struct options *options, int count, char **arguments, int *rest_count_r,
                            struct error *error)
{
    enum status status = load_flags(options, count, arguments, rest_count_r, error);
    if (status == STATUS_OK)
        status = load_environment(options, error);
    if (status == STATUS_OK && options->values[OPTION_CONFIG].text != NULL)
        status = load_file(options, options_text(options, OPTION_CONFIG), error);
    if (status == STATUS_OK)
        status = read_secret(options, OPTION_DATABASE, OPTION_DATABASE_FILE, error);
    if (status == STATUS_OK)
        status = read_secret(options, OPTION_DATABASE_OWNER, OPTION_DATABASE_OWNER_FILE, error);
    if (status == STATUS_OK)
        status = fill_defaults(options, error);
    return status;
}

enum status options_load(int count, char **arguments, struct options *options_r, int *rest_count_r, struct error *error)
{
    struct options options = {.arena = arena_create(ARENA_BYTES), .word_count = count};
    int rest_count = 0;
    options.words = arena_alloc(options.arena, ((size_t)count + 1) * sizeof *options.words);
    for (int at = 0; at < count; at++)
        options.words[at] = arena_strdup(options.arena, arguments[at]);
    enum status status = load_all(&options, count, arguments, &rest_count, error);
    if (status != STATUS_OK) {
        arena_destroy(options.arena);
        return status;
    }
    *options_r = options;
    *rest_count_r = rest_count;
    return STATUS_OK;
}

void options_finish(struct options *options)
{
    arena_destroy(options->arena);
    *options = (struct options){.arena = NULL};
}

enum status options_reload(struct options *options, struct error *error)
{
    struct options fresh;
    int rest_count;
    // options_load() moves the words about.
    char **words = arena_copy(options->arena, options->words, ((size_t)options->word_count + 1) * sizeof *words);
    enum status status = options_load(options->word_count, words, &fresh, &rest_count, error);
    if (status != STATUS_OK)
        return status;
    for (int id = 0; id < OPTION_COUNT; id++) {
        struct option_value *value = &options->values[id];
        if (!OPTIONS[id].is_reloadable || strcmp(value->text, fresh.values[id].text) == 0)
            continue;
        *value = fresh.values[id];
        value->text = arena_strdup(options->arena, value->text);
        value->place = arena_strdup(options->arena, value->place);
    }
    options_finish(&fresh);
    return STATUS_OK;
}

const char *options_text(const struct options *options, enum option_id id)
{
    return options->values[id].text;
}

int64_t options_number(const struct options *options, enum option_id id)
{
    return options->values[id].number;
}

bool options_is_given(const struct options *options, enum option_id id)
{
    return options->values[id].text != NULL && options->values[id].source != OPTION_FROM_DEFAULT;
}
