// SPDX-License-Identifier: Apache-2.0
// kamd, the server of the key account manager: finds the command and runs it.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kamd/command.h"

enum { ARGUMENTS_MAX = 16 };

static const struct command *const COMMANDS[] = {
    &COMMAND_SERVE,       &COMMAND_MIGRATE,   &COMMAND_USER_ADD, &COMMAND_USER_PASSWD, &COMMAND_USER_DISABLE,
    &COMMAND_USER_ENABLE, &COMMAND_USER_LIST, &COMMAND_TEAM_ADD, &COMMAND_TEAM_LIST,   &COMMAND_COMPANY,     &COMMAND_BACKUP,
    &COMMAND_RESTORE,     &COMMAND_CHECK,     &COMMAND_HEALTH,   &COMMAND_CONFIG,      &COMMAND_CERT,
};
enum { COMMAND_COUNT = sizeof COMMANDS / sizeof COMMANDS[0] };

int command_fail(const struct error *error)
{
    fprintf(stderr, "kamd: %s\n", error->message);
    return error->code == STATUS_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}

static void print_help(FILE *out)
{
    fputs("kamd - the server of the key account manager\n\nUsage: kamd COMMAND [FLAGS]\n\nCommands:\n", out);
    for (size_t at = 0; at < COMMAND_COUNT; at++)
        fprintf(out, "  %-14s %s\n", COMMANDS[at]->name, COMMANDS[at]->help);
    fputs(
        "\nkamd COMMAND --help explains one command.\n\n"
        "Settings, as flags --NAME VALUE, or in the environment as KAM_NAME (- becomes _), or in the file given with\n"
        "--config as lines NAME = VALUE. A flag wins over the environment, the environment over the file.\n\n",
        out);
    options_print_help(out);
}

static void print_command_help(const struct command *command, FILE *out)
{
    fprintf(out, "Usage: kamd %s", command->name);
    arguments_print_usage(command->arguments, command->argument_count, out);
    fprintf(out, " [SETTINGS]\n\n%s\n", command->help);
    if (command->argument_count > 0)
        fputc('\n', out);
    arguments_print_help(command->arguments, command->argument_count, out);
    fputs("\nkamd --help lists the settings.\n", out);
}

// The command whose name the first words are, and how many words that took.
static const struct command *find_command(int count, char **words, int *taken_r)
{
    for (size_t at = 0; at < COMMAND_COUNT; at++) {
        const char *name = COMMANDS[at]->name;
        const char *space = strchr(name, ' ');
        size_t length = space != NULL ? (size_t)(space - name) : strlen(name);
        if (count < 1 || strlen(words[0]) != length || strncmp(words[0], name, length) != 0)
            continue;
        if (space == NULL || (count > 1 && strcmp(words[1], space + 1) == 0)) {
            *taken_r = space == NULL ? 1 : 2;
            return COMMANDS[at];
        }
    }
    return NULL;
}

static int fail_usage(int count, char **words)
{
    if (count == 0)
        fputs("kamd: which command?\n", stderr);
    else
        fprintf(stderr, "kamd: there is no command \"%s%s%s\"\n", words[0], count > 1 ? " " : "",
                count > 1 ? words[1] : "");
    fputs("kamd --help lists them.\n", stderr);
    return EXIT_USAGE;
}

static bool has_flag(int count, char **words, const char *flag)
{
    for (int at = 0; at < count; at++)
        if (strcmp(words[at], flag) == 0)
            return true;
    return false;
}

static int run_command(const struct command *command, int count, char **words)
{
    struct error error;
    struct options options;
    int rest;
    if (options_load(count, words, &options, &rest, &error) != STATUS_OK)
        return command_fail(&error);
    const char *values[ARGUMENTS_MAX];
    if (arguments_parse(command->arguments, command->argument_count, rest, words, values, &error) != STATUS_OK) {
        options_finish(&options);
        int code = command_fail(&error);
        fprintf(stderr, "Usage: kamd %s", command->name);
        arguments_print_usage(command->arguments, command->argument_count, stderr);
        fputc('\n', stderr);
        return code;
    }
    int code = command->run(&options, values);
    options_finish(&options);
    return code;
}

int main(int count, char **words)
{
    // A client or a database that hangs up is an error of one write, not the end of the process.
    signal(SIGPIPE, SIG_IGN);
    count--;
    words++;
    int taken = 0;
    const struct command *command = find_command(count, words, &taken);
    if (command == NULL && (has_flag(count, words, "--help") || (count > 0 && strcmp(words[0], "help") == 0))) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (command == NULL && has_flag(count, words, "--version")) {
        puts("kamd " KAM_VERSION);
        return EXIT_OK;
    }
    if (command == NULL)
        return fail_usage(count, words);
    if (has_flag(count, words, "--help")) {
        print_command_help(command, stdout);
        return EXIT_OK;
    }
    return run_command(command, count - taken, words + taken);
}
