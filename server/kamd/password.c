// SPDX-License-Identifier: Apache-2.0
// Prompts for a password without echo: see password.h.
#include "kamd/password.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const char REASON[] = "PASSWORD";

// One line without its end; more than fits is read to its end and refused by the length check.
static bool read_line(FILE *in, char line_r[PASSWORD_BYTES_MAX + 2])
{
    size_t length = 0;
    int byte;
    while ((byte = fgetc(in)) != EOF && byte != '\n')
        if (length < PASSWORD_BYTES_MAX + 1)
            line_r[length++] = (char)byte;
    line_r[length] = '\0';
    if (length > 0 && line_r[length - 1] == '\r')
        line_r[length - 1] = '\0';
    return byte != EOF || length > 0;
}

static void on_interrupt(int number)
{
    (void)number; // only so that the reading ends
}

// An interrupt ends the process as it would have, but only after the echo is on again.
static bool prompt(FILE *terminal, const char *text, char line_r[PASSWORD_BYTES_MAX + 2])
{
    struct termios before;
    fputs(text, terminal);
    fflush(terminal);
    if (tcgetattr(fileno(terminal), &before) != 0)
        return false;
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(fileno(terminal), TCSAFLUSH, &silent) != 0)
        return false;
    struct sigaction old_action;
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_interrupt}, &old_action);
    bool is_read = read_line(terminal, line_r);
    tcsetattr(fileno(terminal), TCSAFLUSH, &before);
    sigaction(SIGINT, &old_action, NULL);
    fputc('\n', terminal);
    if (!is_read && ferror(terminal))
        raise(SIGINT);
    return is_read;
}

static enum status check(const char *password, struct error *error)
{
    size_t length = strlen(password);
    if (length < PASSWORD_BYTES_MIN || length > PASSWORD_BYTES_MAX)
        return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "a password has %d to %d bytes", PASSWORD_BYTES_MIN,
                         PASSWORD_BYTES_MAX);
    return STATUS_OK;
}

static enum status ask(char line_r[PASSWORD_BYTES_MAX + 2], struct error *error)
{
    FILE *terminal = fopen("/dev/tty", "r+e");
    if (terminal == NULL)
        return error_set(error, STATUS_FAILED_PRECONDITION, REASON,
                         "there is no terminal to ask for the password: use --password-stdin");
    setvbuf(terminal, NULL, _IONBF, 0);
    char again[PASSWORD_BYTES_MAX + 2];
    bool is_read = prompt(terminal, "Password: ", line_r) && prompt(terminal, "Again: ", again);
    fclose(terminal);
    bool is_same = is_read && strcmp(line_r, again) == 0;
    explicit_bzero(again, sizeof again);
    if (!is_read)
        return error_set(error, STATUS_FAILED_PRECONDITION, REASON, "no password was given");
    if (!is_same)
        return error_set(error, STATUS_INVALID_ARGUMENT, REASON, "the two passwords differ");
    return STATUS_OK;
}

enum status password_read(bool from_stdin, char password_r[PASSWORD_BYTES_MAX + 1], struct error *error)
{
    char line[PASSWORD_BYTES_MAX + 2] = "";
    enum status status = STATUS_OK;
    if (!from_stdin)
        status = ask(line, error);
    else if (!read_line(stdin, line))
        status = error_set(error, STATUS_INVALID_ARGUMENT, REASON, "standard input holds no password");
    if (status == STATUS_OK)
        status = check(line, error);
    if (status == STATUS_OK)
        memcpy(password_r, line, strlen(line) + 1);
    explicit_bzero(line, sizeof line);
    return status;
}

void password_wipe(char password[PASSWORD_BYTES_MAX + 1])
{
    explicit_bzero(password, PASSWORD_BYTES_MAX + 1);
}
