// SPDX-License-Identifier: Apache-2.0
// What an import leaves: the lines on the terminal, the report, and the rows to be repaired.
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "credentials.h"
#include "import.h"
#include "output.h"

enum { MOST_LINES_SHOWN = 20 };

static const char *const outcome_words[IMPORT_OUTCOMES] = {
    "pending", "added", "already there", "would be added", "looks like another", "failed", "not tried"};

static const char *const outcome_keys[IMPORT_OUTCOMES] = {"pending",          "added",  "alreadyThere", "wouldBeAdded",
                                                          "looksLikeAnother", "failed", "notTried"};

static const char *outcome_text(enum import_outcome outcome)
{
    switch (outcome) {
    case IMPORT_ADDED:
        return _("added");
    case IMPORT_PRESENT:
        return _("already there");
    case IMPORT_WOULD_ADD:
        return _("would be added");
    case IMPORT_DUPLICATE:
        return _("looks like another");
    case IMPORT_FAILED:
        return _("failed");
    default:
        return _("not tried");
    }
}

static void add_csv_cell(FILE *out, const char *text, const char *end)
{
    bool needs_quotes = strpbrk(text, ",\"\r\n") != NULL;
    if (needs_quotes)
        fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fprintf(out, "%s%s", needs_quotes ? "\"" : "", end);
}

static enum exit_code write_file(struct import *import, const char *path, const char *text, size_t length)
{
    struct stat there;
    if (stat(path, &there) != 0 || S_ISREG(there.st_mode)) {
        if (credentials_write_file(import->app, path, text, length))
            return EXIT_OK;
    } else { // a pipe or a device is written to, not replaced
        FILE *out = fopen(path, "we");
        bool is_written = out != NULL && fwrite(text, 1, length, out) == length && fflush(out) == 0;
        int reason = errno;
        if (out != NULL)
            fclose(out);
        if (is_written)
            return EXIT_OK;
        errno = reason;
    }
    return app_refuse(import->app, EXIT_REFUSED, "%s: %s", path, strerror(errno));
}

static enum exit_code write_report(struct import *import, const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    fprintf(out, "line,%s,outcome,handle,detail,changed,password\r\n", import->kind);
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        if (row->line > 0)
            fprintf(out, "%zu", row->line);
        fputc(',', out);
        add_csv_cell(out, row->key, ",");
        add_csv_cell(out, outcome_words[row->outcome], ",");
        add_csv_cell(out, row->handle, ",");
        add_csv_cell(out, row->detail, ",");
        add_csv_cell(out, row->changes, ",");
        add_csv_cell(out, row->outcome == IMPORT_ADDED ? row->secret : "", "\r\n");
    }
    fclose(out);
    enum exit_code failure = write_file(import, path, text, length);
    free(text);
    return failure;
}

static bool is_left(const struct import_row *row)
{
    return row->outcome == IMPORT_FAILED || row->outcome == IMPORT_DUPLICATE || row->outcome == IMPORT_NOT_TRIED;
}

static void add_csv_row(FILE *out, const struct csv_row *row, size_t count)
{
    for (size_t cell = 0; cell < count; cell++)
        add_csv_cell(out, csv_cell(row, cell), cell + 1 < count ? "," : "\r\n");
}

// As the file has them, heading and all, in UTF-8 with the mark by which spreadsheets know it.
static enum exit_code write_failed(struct import *import, const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    fputs("\xef\xbb\xbf", out);
    for (size_t at = 0; at < import->table.heading_rows; at++)
        add_csv_row(out, &import->table.heading[at], import->table.header.count);
    const struct csv_row *last = NULL;
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        if (row->source == NULL || row->source == last || !is_left(row))
            continue;
        last = row->source;
        add_csv_row(out, last, last->count > import->table.header.count ? last->count : import->table.header.count);
    }
    fclose(out);
    enum exit_code failure = write_file(import, path, text, length);
    free(text);
    return failure;
}

static void print_json(struct import *import, const size_t counts[])
{
    json_t *rows = json_array(), *document = json_object();
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        json_array_append_new(rows, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "line", (json_int_t)row->line,
                                              "key", row->key, "outcome", outcome_words[row->outcome], "id", row->id,
                                              "handle", row->handle, "detail", row->detail, "changed", row->changes));
    }
    for (size_t outcome = IMPORT_ADDED; outcome < IMPORT_OUTCOMES; outcome++)
        json_object_set_new(document, outcome_keys[outcome], json_integer((json_int_t)counts[outcome]));
    json_object_set_new(document, "rows", rows);
    output_json(import->app, document);
    json_decref(document);
}

// A dry run shows every row, a real one those that need a look.
static void print_rows(struct import *import)
{
    struct app *app = import->app;
    size_t shown = 0, hidden = 0;
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        bool needs_look = row->outcome == IMPORT_FAILED || row->outcome == IMPORT_DUPLICATE;
        if (!needs_look && !import->is_dry && *row->detail == '\0')
            continue;
        if (!import->is_dry && shown == MOST_LINES_SHOWN) {
            hidden++;
            continue;
        }
        shown++;
        const char *where = row->line > 0 ? arena_printf(app->arena, _("line %zu"), row->line) : _("implied");
        fprintf(app->out, "%s: %s: %s%s%s%s%s\n", where, app_clean(app, row->key), outcome_text(row->outcome),
                *row->handle == '\0' ? "" : " ", app_clean(app, row->handle), *row->detail == '\0' ? "" : ": ",
                app_clean(app, row->detail));
        if (import->is_dry && *row->changes != '\0')
            fprintf(app->out, "    %s\n", app_clean(app, row->changes));
    }
    if (hidden > 0)
        fprintf(app->out, _("... and %zu more; --report FILE has all of them\n"), hidden);
}

static void print_summary(struct import *import, const size_t counts[], bool has_report)
{
    struct app *app = import->app;
    const char *separator = "";
    size_t changed = 0;
    for (size_t at = 0; at < import->row_count; at++)
        changed += *import->rows[at].changes != '\0';
    if (changed > 0 && !import->is_dry && !has_report)
        fprintf(app->out, _("cells of %zu rows were changed to fit; --report FILE tells which\n"), changed);
    for (size_t outcome = IMPORT_ADDED; outcome < IMPORT_OUTCOMES; outcome++)
        if (counts[outcome] > 0) {
            fprintf(app->out, "%s%zu %s", separator, counts[outcome], outcome_text((enum import_outcome)outcome));
            separator = ", ";
        }
    fprintf(app->out, "%s\n", *separator == '\0' ? _("no rows") : "");
}

enum exit_code import_finish(struct import *import)
{
    struct app *app = import->app;
    const char *report = invocation_flag(import->invocation, "report"),
               *failed = invocation_flag(import->invocation, "failed");
    size_t counts[IMPORT_OUTCOMES] = {0};
    for (size_t at = 0; at < import->row_count; at++) {
        if (import->rows[at].outcome == IMPORT_PENDING)
            import->rows[at].outcome = IMPORT_NOT_TRIED;
        counts[import->rows[at].outcome]++;
    }
    if (app->settings.json)
        print_json(import, counts);
    else
        print_rows(import);
    enum exit_code failure = report == NULL ? EXIT_OK : write_report(import, report);
    if (failure == EXIT_OK && failed != NULL)
        failure = write_failed(import, failed);
    if (!app->settings.json)
        print_summary(import, counts, report != NULL);
    if (import->failure != EXIT_OK || failure != EXIT_OK)
        return import->failure != EXIT_OK ? import->failure : failure;
    return counts[IMPORT_FAILED] + counts[IMPORT_DUPLICATE] + counts[IMPORT_NOT_TRIED] > 0 ? EXIT_REFUSED : EXIT_OK;
}
