// SPDX-License-Identifier: Apache-2.0
#include "pager.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static size_t count_lines(const char *text, size_t length)
{
    size_t lines = 0;
    for (size_t at = 0; at < length; at++)
        lines += text[at] == '\n';
    return lines;
}

static void write_all(int file, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, text, length);
        if (written <= 0)
            return; // the reader left: it has seen enough
        text += written;
        length -= (size_t)written;
    }
}

static void run_pager(const char *pager, int input)
{
    dup2(input, STDIN_FILENO);
    close(input);
    setenv("LESS", "FRX", 0);
    setenv("LESSCHARSET", "utf-8", 0);
    execlp("sh", "sh", "-c", pager, (char *)NULL);
    _exit(127);
}

void pager_show(const char *text, size_t length, size_t height)
{
    const char *pager = getenv("KAM_PAGER");
    if (pager == NULL)
        pager = getenv("PAGER");
    if (pager == NULL)
        pager = "less";
    int ends[2];
    bool is_short = count_lines(text, length) < height;
    if (is_short || *pager == '\0' || strcmp(pager, "cat") == 0 || pipe(ends) != 0) {
        write_all(STDOUT_FILENO, text, length);
        return;
    }
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        run_pager(pager, ends[0]);
    }
    close(ends[0]);
    // Ctrl-C belongs to the pager, and its early end must not kill us before it has given the terminal back.
    struct sigaction ignored = {.sa_handler = SIG_IGN}, interrupt, broken_pipe;
    sigaction(SIGINT, &ignored, &interrupt);
    sigaction(SIGPIPE, &ignored, &broken_pipe);
    int status = 0;
    if (child > 0) {
        write_all(ends[1], text, length);
        close(ends[1]);
        waitpid(child, &status, 0);
    } else {
        close(ends[1]);
    }
    if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        write_all(STDOUT_FILENO, text, length); // no such pager here
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGPIPE, &broken_pipe, NULL);
}
