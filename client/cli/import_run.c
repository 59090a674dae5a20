// SPDX-License-Identifier: Apache-2.0
// Rows in flight, the progress bar, the report.
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "credentials.h"
#include "import.h"
#include "output.h"
#include "text.h"

enum { CALLS_IN_FLIGHT = 16, MOST_REPEATS = 5, LONGEST_PAUSE_MS = 5000, BAR_WIDTH = 30, MOST_LINES_SHOWN = 20 };

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

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

struct progress {
    const char *title;
    size_t done, count;
    bool is_shown;
    time_t last;
};

static void draw(struct progress *progress, bool is_last)
{
    time_t now = time(NULL);
    if (!progress->is_shown || (!is_last && progress->done % 10 != 0 && now == progress->last))
        return;
    progress->last = now;
    size_t filled = progress->count == 0 ? BAR_WIDTH : BAR_WIDTH * progress->done / progress->count;
    fprintf(stderr, "\r%s [", progress->title);
    for (size_t at = 0; at < BAR_WIDTH; at++)
        fputc(at < filled ? '#' : '.', stderr);
    fprintf(stderr, "] %zu/%zu%s", progress->done, progress->count, is_last ? "\r\033[K" : "");
    fflush(stderr);
}

// Errors that every further row would meet as well.
static bool ends_import(enum kam_code code)
{
    return code == KAM_UNAVAILABLE || code == KAM_DEADLINE_EXCEEDED || code == KAM_UNAUTHENTICATED ||
           code == KAM_UNIMPLEMENTED;
}

struct flight {
    struct import_row *row;
    struct kam_call *call;
    int repeats;
};

void import_fail_with_error(struct import *import, struct import_row *row)
{
    const struct kam_error *error = &import->app->error;
    const char *detail = language_text(error->message);
    if (error->violation_count > 0)
        detail = arena_printf(import->app->arena, "%s: %s", error->violations[0].field,
                              language_text(error->violations[0].description));
    import_fail(import, row, "%s", detail);
}

static void pause_for(int64_t pause_ms)
{
    if (pause_ms > LONGEST_PAUSE_MS)
        pause_ms = LONGEST_PAUSE_MS;
    usleep((useconds_t)pause_ms * 1000);
}

void import_run(struct import *import, const char *title,
                struct kam_call *(*begin)(struct import *import, struct import_row *row),
                void (*end)(struct import *import, struct import_row *row, enum kam_code code,
                            const ProtobufCMessage *response))
{
    struct flight flights[CALLS_IN_FLIGHT];
    size_t first = 0, flying = 0, next = 0;
    struct app *app = import->app;
    struct progress progress = {
        .title = title, .count = import->row_count, .is_shown = isatty(STDERR_FILENO) == 1 && !app->settings.json};
    struct sigaction ours = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND}, before;
    sigaction(SIGINT, &ours, &before);
    while (flying > 0 || (next < import->row_count && import->failure == EXIT_OK && !is_interrupted)) {
        bool may_begin =
            next < import->row_count && flying < CALLS_IN_FLIGHT && import->failure == EXIT_OK && !is_interrupted;
        if (may_begin) {
            struct import_row *row = &import->rows[next++];
            struct kam_call *call = begin(import, row);
            if (call == NULL)
                progress.done++;
            else
                flights[(first + flying++) % CALLS_IN_FLIGHT] = (struct flight){row, call, 0};
            continue;
        }
        struct flight flight = flights[first];
        ProtobufCMessage *response = NULL;
        enum kam_code code = kam_call_wait(flight.call, &response, &app->error);
        kam_call_end(flight.call);
        first = (first + 1) % CALLS_IN_FLIGHT;
        flying--;
        if (code == KAM_RESOURCE_EXHAUSTED && app->error.retry_after_ms > 0 && flight.repeats < MOST_REPEATS) {
            pause_for(app->error.retry_after_ms);
            flight.call = begin(import, flight.row);
            flight.repeats++;
            flights[(first + flying++) % CALLS_IN_FLIGHT] = flight;
            continue;
        }
        end(import, flight.row, code, response);
        kam_message_free(response);
        if (ends_import(code) && import->failure == EXIT_OK)
            import->failure = app_print_error(app);
        progress.done++;
        draw(&progress, false);
    }
    draw(&progress, true);
    sigaction(SIGINT, &before, NULL);
    if (is_interrupted && import->failure == EXIT_OK)
        import->failure = app_refuse(app, EXIT_REFUSED, _("interrupted; run it again to go on where it stopped"));
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

static enum exit_code write_report(struct import *import, const char *path)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        abort();
    fprintf(out, "line,%s,outcome,handle,detail,password\r\n", import->kind);
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        if (row->line > 0)
            fprintf(out, "%zu", row->line);
        fputc(',', out);
        add_csv_cell(out, row->key, ",");
        add_csv_cell(out, outcome_words[row->outcome == IMPORT_PENDING ? IMPORT_NOT_TRIED : row->outcome], ",");
        add_csv_cell(out, row->handle, ",");
        add_csv_cell(out, row->detail, ",");
        add_csv_cell(out, row->outcome == IMPORT_ADDED ? row->secret : "", "\r\n");
    }
    fclose(out);
    bool is_written = credentials_write_file(import->app, path, text, length);
    int reason = errno;
    free(text);
    return is_written ? EXIT_OK : app_refuse(import->app, EXIT_REFUSED, "%s: %s", path, strerror(reason));
}

static void print_json(struct import *import, const size_t counts[])
{
    json_t *rows = json_array(), *document = json_object();
    for (size_t at = 0; at < import->row_count; at++) {
        const struct import_row *row = &import->rows[at];
        json_array_append_new(rows, json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "line", (json_int_t)row->line, "key",
                                              row->key, "outcome", outcome_words[row->outcome], "id", row->id, "handle",
                                              row->handle, "detail", row->detail));
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
        const char *place = row->line > 0 ? arena_printf(app->arena, _("line %zu"), row->line) : _("implied");
        fprintf(app->out, "%s: %s: %s%s%s%s%s\n", place, app_clean(app, row->key), outcome_text(row->outcome),
                *row->handle == '\0' ? "" : " ", app_clean(app, row->handle), *row->detail == '\0' ? "" : ": ",
                app_clean(app, row->detail));
    }
    if (hidden > 0)
        fprintf(app->out, _("... and %zu more; --report FILE has all of them\n"), hidden);
}

enum exit_code import_finish(struct import *import)
{
    struct app *app = import->app;
    const char *report = invocation_flag(import->invocation, "report");
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
    if (!app->settings.json) {
        const char *separator = "";
        for (size_t outcome = IMPORT_ADDED; outcome < IMPORT_OUTCOMES; outcome++)
            if (counts[outcome] > 0) {
                fprintf(app->out, "%s%zu %s", separator, counts[outcome], outcome_text((enum import_outcome)outcome));
                separator = ", ";
            }
        fprintf(app->out, "%s\n", *separator == '\0' ? _("no rows") : "");
    }
    if (import->failure != EXIT_OK || failure != EXIT_OK)
        return import->failure != EXIT_OK ? import->failure : failure;
    return counts[IMPORT_FAILED] + counts[IMPORT_DUPLICATE] + counts[IMPORT_NOT_TRIED] > 0 ? EXIT_REFUSED : EXIT_OK;
}
