// SPDX-License-Identifier: Apache-2.0
// Mapping files (docs/import.md): sections in brackets, "name = value" lines, comments with #.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "credentials.h"
#include "import.h"
#include "text.h"

enum { MAPPING_BYTES = 1 << 20, MOST_LINES = 2000 };

struct reader {
    struct import *import;
    const char *path;
    size_t line;
    const char *section, *argument; // [values status]
};

static enum exit_code refuse(const struct reader *reader, const char *what)
{
    return app_refuse(reader->import->app, EXIT_USAGE, _("%s: line %zu: %s"), reader->path, reader->line, what);
}

static void add(struct import *import, struct import_word **list, size_t *count, struct import_word word)
{
    if (*list == NULL)
        *list = arena_alloc(import->app->arena, MOST_LINES * sizeof **list);
    if (*count < MOST_LINES)
        (*list)[(*count)++] = word;
}

static enum exit_code take_option(struct reader *reader, const char *name, const char *value)
{
    struct import_mapping *mapping = &reader->import->mapping;
    if (strcmp(name, "encoding") == 0)
        mapping->encoding = value;
    else if (strcmp(name, "currency") == 0)
        mapping->currency = value;
    else if (strcmp(name, "fill-down") == 0)
        mapping->fill_down = value;
    else if (strcmp(name, "heading-rows") == 0 && value[0] >= '1' && value[0] <= '5' && value[1] == '\0')
        mapping->heading_rows = (size_t)(value[0] - '0');
    else if (strcmp(name, "split") == 0 && (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0))
        mapping->is_unsplit = strcmp(value, "no") == 0;
    else if (strcmp(name, "date-order") == 0 && strcasecmp(value, "ymd") == 0)
        mapping->date_order = CLEAN_ORDER_YMD;
    else if (strcmp(name, "date-order") == 0 && strcasecmp(value, "dmy") == 0)
        mapping->date_order = CLEAN_ORDER_DMY;
    else if (strcmp(name, "date-order") == 0 && strcasecmp(value, "mdy") == 0)
        mapping->date_order = CLEAN_ORDER_MDY;
    else
        return refuse(reader, _("options are encoding, currency, heading-rows (1 to 5), date-order (ymd, dmy, mdy), "
                                "split (yes, no) and fill-down"));
    return EXIT_OK;
}

static enum exit_code take_line(struct reader *reader, const char *name, const char *value)
{
    struct import *import = reader->import;
    struct import_mapping *mapping = &import->mapping;
    if (strcmp(reader->section, "columns") == 0)
        add(import, &mapping->columns, &mapping->column_count, (struct import_word){.field = name, .value = value});
    else if (strcmp(reader->section, "values") == 0)
        add(import, &mapping->words, &mapping->word_count,
            (struct import_word){.field = reader->argument, .word = name, .value = value});
    else if (strcmp(reader->section, "defaults") == 0)
        add(import, &mapping->defaults, &mapping->default_count, (struct import_word){.field = name, .value = value});
    else if (strcmp(reader->section, "factors") == 0)
        add(import, &mapping->factors, &mapping->factor_count, (struct import_word){.field = name, .value = value});
    else if (strcmp(reader->section, "options") == 0)
        return take_option(reader, name, value);
    else
        return refuse(reader, _("sections are [columns], [values FIELD], [defaults], [factors] and [options]"));
    return EXIT_OK;
}

static enum exit_code parse_line(struct reader *reader, char *line)
{
    struct arena *arena = reader->import->app->arena;
    const char *text = clean_text(arena, line);
    size_t length = strlen(text);
    if (length == 0 || *text == '#' || *text == ';')
        return EXIT_OK;
    if (*text == '[') {
        if (text[length - 1] != ']')
            return refuse(reader, _("the bracket is not closed"));
        char *section = arena_copy(arena, text + 1, length - 2), *space = strchr(section, ' ');
        if (space != NULL)
            *space++ = '\0';
        reader->section = section;
        reader->argument = space == NULL ? "" : clean_text(arena, space);
        reader->import->mapping.has_columns |= strcmp(section, "columns") == 0;
        return (*reader->argument != '\0') == (strcmp(section, "values") == 0)
                   ? EXIT_OK
                   : refuse(reader, _("sections are [columns], [values FIELD], [defaults], [factors] and [options]"));
    }
    const char *equals = strstr(text, "=");
    if (equals == NULL || reader->section == NULL)
        return refuse(reader, _("expected \"name = value\" below a section such as [columns]"));
    const char *name = clean_text(arena, arena_copy(arena, text, (size_t)(equals - text)));
    return take_line(reader, name, clean_text(arena, equals + 1));
}

enum exit_code import_read_mapping(struct import *import, const char *path)
{
    struct app *app = import->app;
    struct reader reader = {.import = import, .path = path};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return app_refuse(app, EXIT_USAGE, "%s: %s", path, strerror(errno));
    char *text = arena_alloc(app->arena, MAPPING_BYTES + 1);
    size_t length = fread(text, 1, MAPPING_BYTES, file);
    bool is_whole = ferror(file) == 0 && fgetc(file) == EOF;
    fclose(file);
    text[length] = '\0';
    if (!is_whole || strlen(text) != length || !text_is_utf8(text, length))
        return app_refuse(app, EXIT_USAGE, _("%s is not a mapping file: it must be a text in UTF-8"), path);
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        text += 3;
    enum exit_code failure = EXIT_OK;
    for (char *line = text; line != NULL && failure == EXIT_OK;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        reader.line++;
        failure = parse_line(&reader, line);
        line = end;
    }
    return failure;
}

enum exit_code import_write_mapping(struct import *import, const char *path)
{
    struct app *app = import->app;
    const struct import_mapping *mapping = &import->mapping;
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    fprintf(out, _("# Which column is which field: kam import --mapping FILE reads it. FIELD = COLUMN\n"));
    fprintf(out, "[columns]\n");
    for (size_t at = 0; at < import->table.header.count; at++) {
        const char *heading = clean_text(app->arena, csv_cell(&import->table.header, at));
        if (*heading == '\0')
            continue;
        if (import->targets[at].name == NULL)
            fprintf(out, "#  = %s\n", heading);
        else
            fprintf(out, "%s = %s\n", import->targets[at].name, heading);
    }
    fprintf(out, _("\n# Amounts are multiplied by it.\n[factors]\n"));
    for (size_t at = 0; at < import->table.header.count; at++)
        if (import->targets[at].name != NULL && import->targets[at].factor != 1)
            fprintf(out, "%s = %lld\n", import->targets[at].name, (long long)import->targets[at].factor);
    fprintf(out, _("\n# What empty cells mean.\n[defaults]\n"));
    for (size_t at = 0; at < mapping->default_count; at++)
        fprintf(out, "%s = %s\n", mapping->defaults[at].field, mapping->defaults[at].value);
    const char *section = "";
    for (size_t at = 0; at < mapping->word_count; at++) {
        if (strcmp(section, mapping->words[at].field) != 0)
            fprintf(out, "\n[values %s]\n", mapping->words[at].field);
        section = mapping->words[at].field;
        fprintf(out, "%s = %s\n", mapping->words[at].word, mapping->words[at].value);
    }
    static const char *const orders[] = {"", "ymd", "dmy", "mdy"};
    fprintf(out, "\n[options]\nencoding = %s\nheading-rows = %zu\n", import->table.encoding,
            import->table.heading_rows);
    if (mapping->date_order != CLEAN_ORDER_UNKNOWN)
        fprintf(out, "date-order = %s\n", orders[mapping->date_order]);
    if (mapping->currency != NULL)
        fprintf(out, "currency = %s\n", mapping->currency);
    if (mapping->fill_down != NULL)
        fprintf(out, "fill-down = %s\n", mapping->fill_down);
    if (mapping->is_unsplit)
        fprintf(out, "split = no\n");
    fclose(out);
    bool is_written = credentials_write_file(app, path, text, length);
    int reason = errno;
    free(text);
    return is_written ? EXIT_OK : app_refuse(app, EXIT_REFUSED, "%s: %s", path, strerror(reason));
}
