// SPDX-License-Identifier: Apache-2.0
// Rows in flight, one call each, and the progress bar.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "import.h"

enum { CALLS_IN_FLIGHT = 16, MOST_REPEATS = 5, LONGEST_PAUSE_MS = 5000, BAR_WIDTH = 30, REDRAW_MS = 100 };

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
    (void)number;
    is_interrupted = 1;
}

static struct sigaction before;

bool import_is_interrupted(void)
{
    return is_interrupted != 0;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void draw(const struct import_progress *progress, bool is_last)
{
    size_t filled = progress->count == 0 ? BAR_WIDTH : BAR_WIDTH * progress->done / progress->count;
    fprintf(stderr, "\r%s [", progress->title);
    for (size_t at = 0; at < BAR_WIDTH; at++)
        fputc(at < filled ? '#' : '.', stderr);
    fprintf(stderr, "] %zu/%zu%s", progress->done, progress->count, is_last ? "\r\033[K" : "");
    fflush(stderr);
}

void import_progress_begin(struct import *import, struct import_progress *progress, const char *title)
{
    *progress = (struct import_progress){.title = title,
                                         .count = import->row_count,
                                         .is_shown = isatty(STDERR_FILENO) == 1 && !import->app->settings.json};
    struct sigaction ours = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &ours, &before);
}

void import_progress_draw(struct import_progress *progress)
{
    int64_t now = now_ms();
    if (!progress->is_shown || (progress->last_ms != 0 && now - progress->last_ms < REDRAW_MS))
        return;
    progress->last_ms = now;
    draw(progress, false);
}

void import_progress_end(struct import *import, struct import_progress *progress)
{
    if (progress->is_shown)
        draw(progress, true);
    sigaction(SIGINT, &before, NULL);
    if (is_interrupted && import->failure == EXIT_OK)
        import->failure =
            app_refuse(import->app, EXIT_REFUSED, _("interrupted; run it again to go on where it stopped"));
}

// Errors that every further row would meet as well.
bool import_ends_with(enum kam_code code)
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

void import_pause(int64_t pause_ms)
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
    struct import_progress progress;
    import_progress_begin(import, &progress, title);
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
            import_pause(app->error.retry_after_ms);
            flight.call = begin(import, flight.row);
            flight.repeats++;
            flights[(first + flying++) % CALLS_IN_FLIGHT] = flight;
            continue;
        }
        end(import, flight.row, code, response);
        kam_message_free(response);
        if (import_ends_with(code) && import->failure == EXIT_OK)
            import->failure = app_print_error(app);
        progress.done++;
        import_progress_draw(&progress);
    }
    import_progress_end(import, &progress);
}
