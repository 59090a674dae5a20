// SPDX-License-Identifier: Apache-2.0
#include "export_file.h"

#include <errno.h>
#include <iconv.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CONVERTED_BYTES = 4096 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

// What a signal has to remove. Written before the handlers are there.
static char to_remove[PATH_MAX];

static void remove_and_end(int number)
{
    unlink(to_remove);
    signal(number, SIG_DFL);
    raise(number);
}

static void handle_signals(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_NODEFER};
    for (size_t at = 0; at < sizeof signals / sizeof signals[0]; at++)
        sigaction(signals[at], &action, NULL);
}

static enum exit_code fail(struct export_file *file)
{
    if (file->out == stdout) { // app_finish says it
        file->app->output_failure = errno;
        return EXIT_REFUSED;
    }
    return app_refuse(file->app, EXIT_REFUSED, "%s: %s", file->path, strerror(errno));
}

enum exit_code export_file_open(struct app *app, const char *path, const char *encoding, struct export_file *file_r)
{
    *file_r = (struct export_file){.app = app, .path = path};
    if (strcmp(encoding, "gb18030") == 0) {
        file_r->converter = iconv_open("GB18030", "UTF-8");
        if (file_r->converter == (void *)-1)
            return app_refuse(app, EXIT_REFUSED, _("the encoding %s is not known here"), encoding);
    }
    struct stat there;
    if (strcmp(path, "-") == 0) {
        file_r->out = stdout;
    } else if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        file_r->out = fopen(path, "w"); // a pipe or a device is written to, not replaced
        if (file_r->out == NULL)
            return fail(file_r);
    } else {
        char *name = arena_printf(app->arena, "%s.XXXXXX", path);
        int length = snprintf(to_remove, sizeof to_remove, "%s", name);
        sigset_t all, before;
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, &before);
        int number = length < 0 || (size_t)length >= sizeof to_remove ? -1 : mkstemp(name);
        memcpy(to_remove, name, strlen(name) < sizeof to_remove ? strlen(name) : 0);
        if (number >= 0)
            handle_signals(remove_and_end);
        sigprocmask(SIG_SETMASK, &before, NULL);
        file_r->out = number < 0 ? NULL : fdopen(number, "w");
        if (file_r->out == NULL)
            return fail(file_r);
        file_r->temporary = name;
    }
    if (strcmp(encoding, "utf-8-bom") == 0)
        fputs("\xEF\xBB\xBF", file_r->out);
    return EXIT_OK;
}

static void note_failure(struct export_file *file, bool has_failed)
{
    if (has_failed && !file->has_failed)
        file->reason = errno;
    file->has_failed = file->has_failed || has_failed;
}

void export_file_write(struct export_file *file, const char *text)
{
    if (file->converter == NULL) {
        note_failure(file, fputs(text, file->out) == EOF);
        return;
    }
    size_t left = strlen(text);
    char *in = (char *)(uintptr_t)text; // iconv leaves it alone
    while (left > 0) {
        char converted[CONVERTED_BYTES], *to = converted;
        size_t room = sizeof converted;
        // Every character of Unicode has its place in GB 18030; what is none becomes a question mark.
        if (iconv(file->converter, &in, &left, &to, &room) == (size_t)-1 && errno != E2BIG) {
            in++;
            left--;
            *to++ = '?';
        }
        size_t size = (size_t)(to - converted);
        note_failure(file, fwrite(converted, 1, size, file->out) != size);
    }
}

enum exit_code export_file_close(struct export_file *file, enum exit_code code)
{
    if (file->converter != NULL)
        iconv_close(file->converter);
    bool is_file = file->temporary != NULL;
    bool is_written = !file->has_failed && fflush(file->out) == 0 && (!is_file || fsync(fileno(file->out)) == 0);
    int reason = file->has_failed ? file->reason : errno;
    if (file->has_failed)
        code = EXIT_OK; // it ended for that, and what it was is said here
    if (file->out != stdout)
        fclose(file->out);
    errno = reason;
    if (!is_file)
        return code != EXIT_OK || is_written ? code : fail(file);
    if (code == EXIT_OK && (!is_written || rename(file->temporary, file->path) != 0))
        code = fail(file);
    if (code != EXIT_OK)
        unlink(file->temporary);
    handle_signals(SIG_DFL);
    return code;
}
