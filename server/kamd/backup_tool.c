// SPDX-License-Identifier: Apache-2.0
// Running pg_dump and pg_restore: see backup_tool.h.
#include "kamd/backup_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/require.h"
#include "db/conninfo.h"
#include "kamd/embedded_host.h"

enum { VERSION_PER_MAJOR = 10000, ARGUMENTS_MAX = 16, ENVIRONMENT_MAX = 256, MESSAGE_BYTES = 400 };

extern char **environ;

static volatile sig_atomic_t is_stopped;

static void on_signal(int number)
{
    (void)number;
    is_stopped = 1;
}

void backup_tool_catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; // without SA_RESTART: what waits is to notice
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

struct tool {
    const char *name;
    pid_t process;
    int pipe;     // from its output, or to its input
    int messages; // what it says on standard error
};

// ---- start and end ----

// The password goes through the environment, which only the own user can read.
static char **make_environment(const char *password, char *environment[ENVIRONMENT_MAX])
{
    static const char *const OURS[] = {"PGPASSWORD=", "PGOPTIONS=", "LC_ALL="};
    size_t count = 0;
    for (char **entry = environ; *entry != NULL && count + 3 < ENVIRONMENT_MAX; entry++) {
        bool is_ours = false;
        for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
            is_ours = is_ours || strncmp(*entry, OURS[i], strlen(OURS[i])) == 0;
        if (!is_ours || (password == NULL && strncmp(*entry, "PGPASSWORD=", strlen("PGPASSWORD=")) == 0))
            environment[count++] = *entry;
    }
    static char locale[] = "LC_ALL=C.UTF-8";
    environment[count++] = locale;
    if (password != NULL) {
        int length = asprintf(&environment[count], "PGPASSWORD=%s", password);
        REQUIRE(length > 0);
        count++;
    }
    environment[count] = NULL;
    return password != NULL ? &environment[count - 1] : NULL;
}

static enum status spawn(struct tool *tool, const char *directory, char *arguments[], const char *password,
                         bool is_reading, struct error *error)
{
    int ends[2];
    char program[PATH_MAX];
    snprintf(program, sizeof program, "%s/%s", directory, tool->name);
    arguments[0] = program;
    tool->messages = memfd_create("messages", MFD_CLOEXEC);
    if (tool->messages < 0 || pipe2(ends, O_CLOEXEC) != 0)
        return error_set(error, STATUS_RESOURCE_EXHAUSTED, "TOOLS", "cannot run %s: %s", program, strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (is_reading)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    else
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    if (is_reading)
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, tool->messages, STDERR_FILENO);
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    char *environment[ENVIRONMENT_MAX];
    char **secret = make_environment(password, environment);
    int failure = posix_spawn(&tool->process, program, &actions, &attributes, arguments, environment);
    if (secret != NULL) {
        sodium_memzero(*secret, strlen(*secret));
        free(*secret);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    tool->pipe = ends[is_reading ? 0 : 1];
    close(ends[is_reading ? 1 : 0]);
    if (failure == 0)
        return STATUS_OK;
    close(tool->pipe);
    return error_set(error, STATUS_FAILED_PRECONDITION, "TOOLS", "cannot run %s: %s", program, strerror(failure));
}

// The tool of the same version as the server: a newer one may say what an older server does not understand.
static enum status start(struct tool *tool, const char *conninfo, unsigned server_version, char *arguments[],
                         bool is_reading, struct error *error)
{
    char directory[PATH_MAX / 2];
    struct db_conninfo split = {0};
    *tool = (struct tool){.name = arguments[0], .messages = -1};
    enum status status =
        embedded_host_find_tools((int)(server_version / VERSION_PER_MAJOR), directory, sizeof directory, error);
    if (status == STATUS_OK)
        status = db_conninfo_split(conninfo, &split, error);
    char *database = NULL;
    if (status == STATUS_OK) {
        REQUIRE(asprintf(&database, "--dbname=%s", split.open) > 0);
        size_t last = 0;
        while (arguments[last] != NULL)
            last++;
        REQUIRE(last + 1 < ARGUMENTS_MAX);
        arguments[last] = database;
        arguments[last + 1] = NULL;
        status = spawn(tool, directory, arguments, split.password, is_reading, error);
    }
    free(database);
    db_conninfo_finish(&split);
    if (status != STATUS_OK && tool->messages >= 0)
        close(tool->messages);
    return status;
}

static enum status fail_with_messages(const struct tool *tool, struct error *error)
{
    char text[MESSAGE_BYTES + 1] = "";
    off_t end = lseek(tool->messages, 0, SEEK_END);
    off_t from = end > MESSAGE_BYTES ? end - MESSAGE_BYTES : 0;
    ssize_t length = pread(tool->messages, text, MESSAGE_BYTES, from);
    text[length > 0 ? length : 0] = '\0';
    for (size_t last = strlen(text); last > 0 && text[last - 1] == '\n';)
        text[--last] = '\0';
    return error_set(error, STATUS_FAILED_PRECONDITION, "TOOLS", "%s failed: %s", tool->name, text);
}

// Waits for its end; what was carried so far decides unless that was fine.
static enum status finish(struct tool *tool, enum status carried, struct error *error)
{
    if (carried != STATUS_OK)
        kill(tool->process, SIGTERM);
    close(tool->pipe);
    int result = 0;
    while (waitpid(tool->process, &result, 0) < 0 && errno == EINTR)
        if (is_stopped)
            kill(tool->process, SIGTERM);
    if (is_stopped)
        carried = error_set(error, STATUS_CANCELLED, "STOPPED", "stopped");
    else if (carried == STATUS_OK && result != 0)
        carried = fail_with_messages(tool, error);
    close(tool->messages);
    return carried;
}

// ---- dump ----

static enum status write_all(int file, const uint8_t *bytes, size_t length, struct error *error)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno == EINTR && !is_stopped)
            continue;
        if (written < 0)
            return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot write the backup: %s",
                             strerror(errno));
        bytes += written;
        length -= (size_t)written;
    }
    return STATUS_OK;
}

static enum status carry_out(struct tool *tool, int file, struct backup_manifest *manifest, struct error *error)
{
    enum { CHECKSUM_BYTES = (BACKUP_CHECKSUM_TEXT_BYTES - 1) / 2 };
    static uint8_t piece[BACKUP_PIECE_BYTES];
    uint8_t checksum[CHECKSUM_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof checksum);
    manifest->dump_bytes = 0;
    for (;;) {
        ssize_t length = is_stopped ? -1 : read(tool->pipe, piece, sizeof piece);
        if (length < 0 && (errno != EINTR || is_stopped))
            return error_set(error, STATUS_CANCELLED, "STOPPED", "stopped");
        if (length < 0)
            continue;
        if (length == 0)
            break;
        crypto_generichash_update(&state, piece, (unsigned long long)length);
        manifest->dump_bytes += (uint64_t)length;
        enum status status = write_all(file, piece, (size_t)length, error);
        if (status != STATUS_OK)
            return status;
    }
    crypto_generichash_final(&state, checksum, sizeof checksum);
    sodium_bin2hex(manifest->dump_checksum, sizeof manifest->dump_checksum, checksum, sizeof checksum);
    return STATUS_OK;
}

enum status backup_tool_dump(const char *conninfo, const char *snapshot, int file, struct backup_manifest *manifest,
                             struct error *error)
{
    char snapshot_flag[128];
    snprintf(snapshot_flag, sizeof snapshot_flag, "--snapshot=%s", snapshot);
    char *arguments[ARGUMENTS_MAX] = {"pg_dump",
                                      "--format=custom",
                                      "--schema=kam",
                                      "--no-owner",
                                      "--no-password",
                                      "--exclude-table-data=kam.session",
                                      "--exclude-table-data=kam.login_failure",
                                      snapshot_flag,
                                      NULL};
    struct tool tool;
    if (lseek(file, BACKUP_HEADER_BYTES, SEEK_SET) != BACKUP_HEADER_BYTES)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot write the backup: %s", strerror(errno));
    enum status status = start(&tool, conninfo, manifest->postgresql, arguments, true, error);
    return status != STATUS_OK ? status : finish(&tool, carry_out(&tool, file, manifest, error), error);
}

// ---- load ----

static enum status carry_in(struct tool *tool, int file, const struct backup_manifest *manifest, struct error *error)
{
    struct backup_reader *reader = backup_reader_create(file, manifest);
    const uint8_t *piece;
    size_t length = 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && length > 0) {
        status = backup_reader_next(reader, &piece, &length, error);
        for (size_t sent = 0; status == STATUS_OK && sent < length;) {
            ssize_t written = is_stopped ? -1 : write(tool->pipe, piece + sent, length - sent);
            if (written > 0)
                sent += (size_t)written;
            else if (is_stopped)
                status = error_set(error, STATUS_CANCELLED, "STOPPED", "stopped");
            else if (errno == EPIPE)
                status = fail_with_messages(tool, error); // better words come with its end
            else if (errno != EINTR)
                status =
                    error_set(error, STATUS_INTERNAL, "TOOLS", "cannot write to %s: %s", tool->name, strerror(errno));
        }
    }
    backup_reader_destroy(reader);
    return status;
}

enum status backup_tool_load(const char *conninfo, unsigned server_version, int file,
                             const struct backup_manifest *manifest, struct error *error)
{
    char *arguments[ARGUMENTS_MAX] = {
        "pg_restore", "--format=custom", "--single-transaction", "--exit-on-error", "--no-owner", "--no-password",
        NULL};
    struct tool tool;
    enum status status = start(&tool, conninfo, server_version, arguments, false, error);
    return status != STATUS_OK ? status : finish(&tool, carry_in(&tool, file, manifest, error), error);
}
