// SPDX-License-Identifier: Apache-2.0
// One run of kam: its settings, where its output goes, and its connection. Everything it allocates lives until the end
// of the run.
#ifndef KAM_CLI_APP_H
#define KAM_CLI_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "exit_code.h"
#include "kam.h"
#include "language.h"

// Options that every command takes.
struct settings {
    const char *server; // NULL: KAM_SERVER, else the one logged in to
    const char *ca_file;
    const char *columns; // NULL: the command's
    const char *colour;  // "always", "never", "auto"; NULL: what the environment says
    bool json;
    bool csv;
    bool no_pager;
    bool all;      // every page of a list
    int64_t limit; // rows of a list; 0: the default
    int64_t timeout_ms;
};

// What login leaves on the disk for the next run. Never NULL pointers; "" for what is not there.
struct credentials {
    const char *server, *token, *login, *user_id, *name, *role, *time_zone;
};

struct app {
    struct arena *arena;
    struct settings settings;
    const char *home;
    struct credentials credentials;
    time_t now;
    struct kam_client *client; // NULL until the first call
    struct kam_error error;    // of the last call

    FILE *out; // becomes visible with app_show_output
    char *out_text;
    size_t out_bytes;
    int output_failure;  // errno of the first write to stdout that went wrong, 0 when none did
    bool is_terminal;    // stdout
    bool is_interactive; // stdin and stdout: questions may be asked
    bool has_colour;
    bool is_dumb; // TERM says that the terminal takes no sequences: no colour, no pager
    size_t width; // of the terminal; 0 when stdout is none
    size_t height;
};

enum { APP_ARENA_BYTES = 1 << 30 };

void app_start(struct app *app);

// Hands the output to the terminal, its pager, or the pipe. What could not be written is in app->output_failure, and
// app_finish says it.
void app_show_output(struct app *app);

// Shows what is left of the output and ends everything. The exit code of the run: `code`, but EXIT_REFUSED for what
// went well otherwise and whose output is lost.
enum exit_code app_finish(struct app *app, enum exit_code code);

// Connects on the first use. Prints why not and gives the exit code.
enum exit_code app_connect(struct app *app);

// The server this run talks to, "" when there is none.
const char *app_server(const struct app *app);

// Calls a method; the response lives until the end of the run. The second prints the error.
enum kam_code app_try_call(struct app *app, const char *method, const ProtobufCMessage *request,
                           ProtobufCMessage **response_r);
enum exit_code app_call(struct app *app, const char *method, const ProtobufCMessage *request,
                        ProtobufCMessage **response_r);

// A request of the method, freed at the end of the run.
ProtobufCMessage *app_new_request(struct app *app, const char *method);

// Has the message freed at the end of the run. Returns it.
ProtobufCMessage *app_keep(struct app *app, ProtobufCMessage *message);

// "kam: ..." on stderr, then the exit code.
enum exit_code app_refuse(struct app *app, enum exit_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// An indented line on stderr, under an error.
void app_hint(struct app *app, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Prints app->error with all its details; the exit code that goes with it.
enum exit_code app_print_error(struct app *app);

// A text of the server, safe for a terminal.
const char *app_clean(struct app *app, const char *text);

// What a text is said in. Used sparingly: red is for what somebody has to act on.
enum tone {
    TONE_PLAIN, // as everything else
    TONE_BOLD,  // headings
    TONE_DIM,   // labels, what is no longer in use
    TONE_GOOD,  // done, reached
    TONE_WARN,  // due, missing
    TONE_BAD,   // overdue, broken
};

// The SGR sequence that begins a tone, "" without colour. app_plain() ends it.
const char *app_tone(const struct app *app, enum tone tone);
const char *app_bold(const struct app *app);
const char *app_dim(const struct app *app);
const char *app_plain(const struct app *app);

// Decides about colour, once the options are known: --color, then NO_COLOR (https://no-color.org), CLICOLOR_FORCE and
// CLICOLOR (https://bixense.com/clicolors), then whether this is a terminal that takes it.
void app_choose_colour(struct app *app);

#endif
