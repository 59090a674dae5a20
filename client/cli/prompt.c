// SPDX-License-Identifier: Apache-2.0
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

enum { LINE_BYTES = 8192 };

static const char *question_of(EditLine *line)
{
    void *question = NULL;
    el_get(line, EL_CLIENTDATA, &question);
    return question;
}

// libedit takes char *, and leaves it alone.
static char *show_question(EditLine *line)
{
    return (char *)(uintptr_t)question_of(line);
}

const char *prompt_line(struct app *app, const char *question)
{
    EditLine *line = el_init("kam", stdin, stderr, stderr);
    if (line == NULL)
        return NULL;
    char *shown = arena_printf(app->arena, "%s: ", question);
    el_set(line, EL_CLIENTDATA, shown);
    el_set(line, EL_PROMPT, show_question);
    el_set(line, EL_EDITOR, "emacs");
    el_set(line, EL_SIGNAL, 1);
    int length = 0;
    const char *text = el_gets(line, &length);
    const char *copy =
        text == NULL || length <= 0 ? NULL : arena_printf(app->arena, "%.*s", (int)strcspn(text, "\r\n"), text);
    el_end(line);
    return copy;
}

static volatile sig_atomic_t caught_signal;

static void on_signal(int number)
{
    caught_signal = number;
}

// Signals are let in only while it waits: one that came just before a plain read() would be noticed after it.
static size_t read_hidden(int terminal, const sigset_t *waiting_mask, char line[LINE_BYTES])
{
    size_t length = 0;
    while (length < LINE_BYTES - 1) {
        char byte;
        struct pollfd readable = {.fd = terminal, .events = POLLIN};
        ssize_t count = ppoll(&readable, 1, NULL, waiting_mask) < 0 ? -1 : read(terminal, &byte, 1);
        if (count <= 0 || byte == '\n' || byte == '\r')
            return count <= 0 && length == 0 ? SIZE_MAX : length;
        line[length++] = byte;
    }
    return length;
}

const char *prompt_password(struct app *app, const char *question)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    struct termios shown, hidden;
    if (terminal < 0)
        return NULL;
    if (tcgetattr(terminal, &shown) != 0) {
        close(terminal);
        return NULL;
    }
    // The terminal must echo again before a signal ends us.
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP};
    struct sigaction ours = {.sa_handler = on_signal}, before[4];
    sigset_t blocked, mask_before, waiting_mask;
    sigemptyset(&blocked);
    for (size_t at = 0; at < 4; at++)
        sigaddset(&blocked, signals[at]);
    sigprocmask(SIG_BLOCK, &blocked, &mask_before);
    waiting_mask = mask_before;
    caught_signal = 0;
    for (size_t at = 0; at < 4; at++) {
        sigdelset(&waiting_mask, signals[at]);
        sigaction(signals[at], &ours, &before[at]);
    }
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    tcsetattr(terminal, TCSAFLUSH, &hidden);
    char line[LINE_BYTES];
    dprintf(terminal, "%s: ", question);
    size_t length = read_hidden(terminal, &waiting_mask, line);
    dprintf(terminal, "\n");
    tcsetattr(terminal, TCSAFLUSH, &shown);
    for (size_t at = 0; at < 4; at++)
        sigaction(signals[at], &before[at], NULL);
    sigprocmask(SIG_SETMASK, &mask_before, NULL);
    close(terminal);
    if (caught_signal != 0)
        raise(caught_signal);
    const char *copy =
        length == SIZE_MAX || caught_signal != 0 ? NULL : arena_printf(app->arena, "%.*s", (int)length, line);
    explicit_bzero(line, sizeof line);
    return copy;
}

const char *prompt_read_stdin_line(struct app *app)
{
    char line[LINE_BYTES];
    if (fgets(line, sizeof line, stdin) == NULL)
        return NULL;
    const char *copy = arena_printf(app->arena, "%.*s", (int)strcspn(line, "\r\n"), line);
    explicit_bzero(line, sizeof line);
    return *copy == '\0' ? NULL : copy;
}
