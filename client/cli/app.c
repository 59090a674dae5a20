// SPDX-License-Identifier: Apache-2.0
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/require.h"
#include "contract.h"
#include "credentials.h"
#include "pager.h"
#include "text.h"
#include "when.h"

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value == NULL ? "" : value;
}

static size_t positive_number(const char *text)
{
    long number = strtol(text, NULL, 10);
    return number > 0 && number < 10000 ? (size_t)number : 0;
}

static void measure_terminal(struct app *app)
{
    struct winsize size = {0};
    app->is_terminal = isatty(STDOUT_FILENO) == 1;
    app->is_interactive = app->is_terminal && isatty(STDIN_FILENO) == 1;
    if (!app->is_terminal)
        return;
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    size_t columns = positive_number(environment("COLUMNS"));
    app->width = columns > 0 ? columns : size.ws_col > 0 ? size.ws_col : 80;
    app->height = size.ws_row > 0 ? size.ws_row : 24;
    app->is_dumb = strcmp(environment("TERM"), "dumb") == 0 || *environment("TERM") == '\0';
}

void app_choose_colour(struct app *app)
{
    const char *wanted = app->settings.colour, *forced = environment("CLICOLOR_FORCE");
    if (wanted != NULL && strcmp(wanted, "auto") != 0)
        app->has_colour = strcmp(wanted, "always") == 0;
    else if (*environment("NO_COLOR") != '\0')
        app->has_colour = false;
    else if (*forced != '\0' && strcmp(forced, "0") != 0)
        app->has_colour = true;
    else
        app->has_colour = app->is_terminal && !app->is_dumb && strcmp(environment("CLICOLOR"), "0") != 0;
}

// A file or connection that is opened later must not become the standard output that somebody closed. What stands in
// for that can be read only, so that writing to it fails.
static void fill_closed_files(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        if (fcntl(file, F_GETFD) < 0)
            REQUIRE(open("/dev/null", file == STDERR_FILENO ? O_RDWR : O_RDONLY) == file);
}

void app_start(struct app *app)
{
    fill_closed_files();
    *app = (struct app){.arena = arena_create(APP_ARENA_BYTES), .now = time(NULL)};
    signal(SIGPIPE, SIG_DFL); // whoever started us may have ignored it: `kam ... | head` must end quietly
    app->home = *environment("KAM_HOME") != '\0' ? arena_strdup(app->arena, environment("KAM_HOME"))
                                                 : arena_printf(app->arena, "%s/.local/share/kam", environment("HOME"));
    app->out = open_memstream(&app->out_text, &app->out_bytes);
    REQUIRE(app->out != NULL);
    measure_terminal(app);
    app_choose_colour(app);
    credentials_load(app);
    when_use_zone(app->credentials.time_zone);
}

static void note_output_failure(struct app *app)
{
    if (app->output_failure == 0)
        app->output_failure = errno;
}

void app_show_output(struct app *app)
{
    REQUIRE(fflush(app->out) == 0); // it is in memory
    if (app->out_bytes == 0)
        return;
    if (app->is_terminal && !app->is_dumb && !app->settings.no_pager)
        pager_show(app->out_text, app->out_bytes, app->height);
    else if (fwrite(app->out_text, 1, app->out_bytes, stdout) != app->out_bytes)
        note_output_failure(app);
    if (fflush(stdout) != 0)
        note_output_failure(app);
    rewind(app->out);
    fflush(app->out);
    app->out_bytes = 0;
}

enum exit_code app_finish(struct app *app, enum exit_code code)
{
    app_show_output(app);
    // Whoever reads has gone and knows it.
    if (app->output_failure != 0 && app->output_failure != EPIPE)
        app_refuse(app, EXIT_REFUSED, _("the output could not be written: %s"), strerror(app->output_failure));
    if (app->output_failure != 0 && code == EXIT_OK)
        code = EXIT_REFUSED;
    fclose(app->out);
    free(app->out_text);
    kam_disconnect(app->client);
    kam_error_clear(&app->error);
    arena_destroy(app->arena);
    return code;
}

const char *app_server(const struct app *app)
{
    if (app->settings.server != NULL)
        return app->settings.server;
    return *environment("KAM_SERVER") != '\0' ? environment("KAM_SERVER") : app->credentials.server;
}

// A token goes to the server that gave it and to no other.
static const char *token_for_server(const struct app *app)
{
    const char *given = environment("KAM_TOKEN");
    if (*given != '\0')
        return given;
    bool is_same = strcmp(app_server(app), app->credentials.server) == 0;
    return is_same && *app->credentials.token != '\0' ? app->credentials.token : NULL;
}

enum exit_code app_connect(struct app *app)
{
    if (app->client != NULL)
        return EXIT_OK;
    if (*app_server(app) == '\0') {
        app_refuse(app, EXIT_NOT_PERMITTED, _("no server to talk to"));
        app_hint(app, _("Log in first: kam login SERVER"));
        return EXIT_NOT_PERMITTED;
    }
    struct kam_config config = {
        .server = app_server(app),
        .home = app->home,
        .ca_file = app->settings.ca_file != NULL ? app->settings.ca_file : getenv("KAM_CA"),
        .token = token_for_server(app),
        .user_agent = "kam/" KAM_VERSION,
        .deadline_ms = app->settings.timeout_ms,
    };
    app->client = kam_connect(&config, &app->error);
    if (app->client == NULL)
        return app_print_error(app);
    if (kam_trust(app->client) == KAM_TRUST_FIRST_USE) {
        fprintf(stderr, _("kam: %s is new here. Its key is remembered from now on:\n"), kam_server(app->client));
        fprintf(stderr, "  %s\n", kam_fingerprint(app->client));
        fprintf(stderr, _("  kamd prints the same line when it starts. If it does not, somebody stands in between.\n"));
    }
    return EXIT_OK;
}

static void free_message(void *message)
{
    kam_message_free(message);
}

ProtobufCMessage *app_keep(struct app *app, ProtobufCMessage *message)
{
    arena_defer(app->arena, free_message, message);
    return message;
}

ProtobufCMessage *app_new_request(struct app *app, const char *method)
{
    const struct contract_method *contract = contract_find_method(method);
    REQUIRE(contract != NULL);
    return app_keep(app, kam_message_new(contract->request));
}

enum kam_code app_try_call(struct app *app, const char *method, const ProtobufCMessage *request,
                           ProtobufCMessage **response_r)
{
    const struct contract_method *contract = contract_find_method(method);
    REQUIRE(contract != NULL && app->client != NULL);
    ProtobufCMessage *response;
    enum kam_code code = kam_call(app->client, method, request, contract->response, NULL, &response, &app->error);
    if (code == KAM_OK)
        *response_r = app_keep(app, response);
    return code;
}

enum exit_code app_call(struct app *app, const char *method, const ProtobufCMessage *request,
                        ProtobufCMessage **response_r)
{
    enum exit_code failure = app_connect(app);
    if (failure != EXIT_OK)
        return failure;
    return app_try_call(app, method, request, response_r) == KAM_OK ? EXIT_OK : app_print_error(app);
}

enum exit_code app_refuse(struct app *app, enum exit_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vprintf(app->arena, format, arguments);
    va_end(arguments);
    fprintf(stderr, "kam: %s\n", text_clean(app->arena, text, true));
    return code;
}

void app_hint(struct app *app, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = arena_vprintf(app->arena, format, arguments);
    va_end(arguments);
    fprintf(stderr, "  %s\n", text_clean(app->arena, text, true));
}

const char *app_clean(struct app *app, const char *text)
{
    return text_clean(app->arena, text, false);
}

const char *app_tone(const struct app *app, enum tone tone)
{
    static const char *const sequences[] = {
        [TONE_PLAIN] = "\033[0m", [TONE_BOLD] = "\033[1m",  [TONE_DIM] = "\033[2m",
        [TONE_GOOD] = "\033[32m", [TONE_WARN] = "\033[33m", [TONE_BAD] = "\033[31m",
    };
    return app->has_colour ? sequences[tone] : "";
}

const char *app_bold(const struct app *app)
{
    return app_tone(app, TONE_BOLD);
}

const char *app_dim(const struct app *app)
{
    return app_tone(app, TONE_DIM);
}

const char *app_plain(const struct app *app)
{
    return app_tone(app, TONE_PLAIN);
}
