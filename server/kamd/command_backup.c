// SPDX-License-Identifier: Apache-2.0
// kamd backup: the whole company in one file, taken while kamd serves.
//
// Two processes: the parent keeps the right to the file's directory, the child becomes the user that the private
// PostgreSQL wants, and writes through the open file. Under its own name the file appears when it is whole and on disk.
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kamd/backup_file.h"
#include "kamd/backup_tool.h"
#include "kamd/command.h"
#include "kamd/operator.h"
#include "kamd/schema.h"

enum { KEEP, TARGET, ARGUMENT_COUNT };
enum { KEEP_MOST = 10000, ONE_MEBIBYTE = 1024 * 1024 };

static const struct argument ARGUMENTS[ARGUMENT_COUNT] = {
    [KEEP] = {.name = "keep",
              .value_name = "N",
              .help = "in a directory: remove all but the newest N backups when this one is made"},
    [TARGET] = {.value_name = "FILE|DIRECTORY",
                .is_required = true,
                .help = "a file that is not there yet, or a directory, where it is named after the time"},
};

// One target: DIRECTORY/NAME, written as DIRECTORY/.NAME.partial.
struct target {
    char directory[PATH_MAX / 2];
    char path[PATH_MAX];
    char partial[PATH_MAX];
    int file;
    bool is_named_by_time;
};

static enum status fail_errno(const char *what, const char *path, struct error *error)
{
    return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "%s %s: %s", what, path, strerror(errno));
}

// ---- the child: writes through the open file ----

// What the header says, as of the snapshot that pg_dump will see.
static enum status describe(struct db_direct *direct, struct backup_manifest *manifest, char snapshot_r[100],
                            struct error *error)
{
    struct db_rows *rows = NULL;
    enum status status = db_direct_query(
        direct,
        "select regexp_replace(c.name, '[[:cntrl:]]', ' ', 'g'), (select max(number) from kam.schema_migration),"
        " current_setting('server_version_num'), to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        " pg_export_snapshot() from kam.company c",
        NULL, 0, &rows, error);
    if (status != STATUS_OK)
        return status;
    snprintf(manifest->company, sizeof manifest->company, "%s", db_rows_value(rows, 0, 0));
    snprintf(manifest->kam_version, sizeof manifest->kam_version, "%s", KAM_VERSION);
    manifest->migration = (unsigned)strtoul(db_rows_value(rows, 0, 1), NULL, 10);
    manifest->postgresql = (unsigned)strtoul(db_rows_value(rows, 0, 2), NULL, 10);
    snprintf(manifest->time, sizeof manifest->time, "%s", db_rows_value(rows, 0, 3));
    snprintf(snapshot_r, 100, "%s", db_rows_value(rows, 0, 4));
    db_rows_destroy(rows);
    return STATUS_OK;
}

static enum status check_source(struct db_direct *direct, struct error *error)
{
    bool is_restoring = false;
    bool is_empty = false;
    enum status status = schema_is_restoring(direct, &is_restoring, error);
    if (status == STATUS_OK && is_restoring)
        return error_set(error, STATUS_FAILED_PRECONDITION, "RESTORE_UNFINISHED",
                         "a restore of this database was not finished: there is nothing sound to back up");
    if (status == STATUS_OK)
        status = schema_is_empty(direct, &is_empty, error);
    if (status == STATUS_OK && is_empty)
        return error_set(error, STATUS_FAILED_PRECONDITION, "NO_COMPANY", "there is no company in this database yet");
    return status;
}

static enum status dump(struct operator* operator, int file, struct backup_manifest *manifest, struct error *error)
{
    struct db_direct *direct = operator_direct(operator);
    char snapshot[100];
    enum status status = schema_keep_away(direct, false, error);
    if (status == STATUS_OK)
        status = check_source(direct, error);
    if (status == STATUS_OK)
        status = db_direct_exec(direct, "begin isolation level repeatable read read only", error);
    if (status == STATUS_OK)
        status = describe(direct, manifest, snapshot, error);
    if (status == STATUS_OK)
        status = backup_tool_dump(operator_conninfo(operator), snapshot, file, manifest, error);
    if (status == STATUS_OK)
        status = db_direct_exec(direct, "commit", error);
    if (status == STATUS_OK)
        status = backup_file_write_header(file, manifest, error);
    if (status == STATUS_OK && fsync(file) != 0)
        status = fail_errno("cannot write", "the backup to disk", error);
    return status;
}

// A schema from before that was kept is backed up all the same.
static enum status note(struct operator* operator, const struct backup_manifest * manifest, struct error *error)
{
    const char *time = manifest->time;
    struct db_rows *rows = NULL;
    enum status status = db_direct_query(operator_direct(operator),
                                         "select to_regprocedure('kam.operator_note_backup(timestamptz)') is not null",
                                         NULL, 0, &rows, error);
    if (status != STATUS_OK)
        return status;
    bool is_kept = db_rows_value(rows, 0, 0)[0] == 't';
    db_rows_destroy(rows);
    return !is_kept ? STATUS_OK
                    : db_direct_query(operator_direct(operator), "select kam.operator_note_backup($1::timestamptz)",
                                      &time, 1, NULL, error);
}

// Says through the link when the file is whole, and notes the backup when the answer is that it has its name.
static int run_child(const struct options *options, int file, int link)
{
    struct error error;
    struct operator* operator= NULL;
    struct backup_manifest manifest = {0};
    char word = 'w';
    backup_tool_catch_signals();
    enum status status = operator_open_for(options, DATABASE_AS_IT_IS, &operator, & error);
    prctl(PR_SET_PDEATHSIG, SIGTERM); // becoming another user forgets it
    if (status == STATUS_OK)
        status = dump(operator, file, &manifest, &error);
    if (status == STATUS_OK && write(link, &word, 1) == 1 && read(link, &word, 1) == 1)
        status = note(operator, & manifest, &error);
    operator_close(operator);
    return status == STATUS_OK ? EXIT_OK : command_fail(&error);
}

// ---- the parent: names, the directory, the end ----

static void remove_stale(const char *partial)
{
    int file = open(partial, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) // who writes it holds the lock
        unlink(partial);
    close(file);
}

static enum status set_paths(const char *text, struct target *target, struct error *error)
{
    struct stat info;
    char name[NAME_MAX + 1];
    size_t length = strlen(text);
    if (length == 0 || length > sizeof target->directory - 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "BACKUP", "the path is empty or too long");
    target->is_named_by_time = stat(text, &info) == 0 && S_ISDIR(info.st_mode);
    if (target->is_named_by_time) {
        time_t now = time(NULL);
        struct tm utc;
        gmtime_r(&now, &utc);
        strftime(name, sizeof name, "kam-%Y%m%dT%H%M%SZ.backup", &utc);
        snprintf(target->directory, sizeof target->directory, "%s", text);
    } else {
        const char *slash = strrchr(text, '/');
        const char *last = slash == NULL ? text : slash + 1;
        if (last[0] == '\0' || strlen(last) > NAME_MAX - sizeof "..partial")
            return error_set(error, STATUS_INVALID_ARGUMENT, "BACKUP", "%s is no directory", text);
        snprintf(name, sizeof name, "%s", last);
        snprintf(target->directory, sizeof target->directory, "%.*s", slash == NULL ? 1 : (int)(slash - text) + 1,
                 slash == NULL ? "." : text);
    }
    snprintf(target->path, sizeof target->path, "%s/%s", target->directory, name);
    snprintf(target->partial, sizeof target->partial, "%s/.%s.partial", target->directory, name);
    return STATUS_OK;
}

static enum status open_target(const char *text, struct target *target, struct error *error)
{
    enum status status = set_paths(text, target, error);
    if (status != STATUS_OK)
        return status;
    if (access(target->path, F_OK) == 0)
        return error_set(error, STATUS_ALREADY_EXISTS, "BACKUP", "%s is there already", target->path);
    remove_stale(target->partial);
    target->file = open(target->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (target->file < 0 && errno == EEXIST)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "another kamd is writing %s", target->path);
    if (target->file < 0 || flock(target->file, LOCK_EX | LOCK_NB) != 0)
        return fail_errno("cannot write", target->partial, error);
    return STATUS_OK;
}

static enum status give_name(const struct target *target, struct error *error)
{
    if (rename(target->partial, target->path) != 0)
        return fail_errno("cannot rename to", target->path, error);
    int directory = open(target->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || fsync(directory) != 0)
        return fail_errno("cannot write to disk", target->directory, error);
    close(directory);
    return STATUS_OK;
}

// Names sort by time.
static void remove_old(const struct target *target, size_t keep)
{
    char pattern[PATH_MAX];
    glob_t found;
    snprintf(pattern, sizeof pattern,
             "%s/kam-[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.backup",
             target->directory);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t at = 0; at + keep < found.gl_pathc; at++)
            if (unlink(found.gl_pathv[at]) == 0)
                printf("removed %s\n", found.gl_pathv[at]);
    globfree(&found);
    snprintf(pattern, sizeof pattern, "%s/.kam-*Z.backup.partial", target->directory);
    if (glob(pattern, 0, NULL, &found) == 0) // of a backup that was killed
        for (size_t at = 0; at < found.gl_pathc; at++)
            remove_stale(found.gl_pathv[at]);
    globfree(&found);
}

static void report(const struct target *target)
{
    struct backup_manifest manifest;
    struct error error;
    if (backup_file_read_header(target->file, &manifest, &error) != STATUS_OK)
        return;
    printf("backed up %s (migration %u) to %s, %.1f MiB\n"
           "It holds personal data and the hashes of passwords: keep it as safe as the database.\n",
           manifest.company, manifest.migration, target->path,
           (double)(manifest.dump_bytes + BACKUP_HEADER_BYTES) / ONE_MEBIBYTE);
}

static volatile sig_atomic_t child_process;

static void pass_on(int number)
{
    if (child_process > 0)
        kill((pid_t)child_process, number);
}

// The child says on its own why it failed.
static int wait_for_child(const struct target *target, pid_t child, int link)
{
    struct error error;
    enum status status = STATUS_OK;
    char word;
    ssize_t length;
    while ((length = read(link, &word, 1)) < 0 && errno == EINTR)
        continue;
    if (length == 1) {
        status = give_name(target, &error);
        if (status == STATUS_OK && write(link, &word, 1) != 1)
            fprintf(stderr, "kamd: the backup is made, but the database was not told\n");
    }
    close(link);
    int result = 0;
    while (waitpid(child, &result, 0) < 0 && errno == EINTR)
        continue;
    if (status != STATUS_OK || length != 1)
        unlink(target->partial);
    if (status != STATUS_OK)
        return command_fail(&error);
    return WIFEXITED(result) ? WEXITSTATUS(result) : EXIT_FAILED;
}

static int back_up(const struct options *options, const struct target *target)
{
    int link[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) != 0) {
        perror("kamd: socketpair");
        return EXIT_FAILED;
    }
    fflush(NULL);
    struct sigaction pass = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &pass, NULL);
    sigaction(SIGINT, &pass, NULL);
    pid_t child = fork();
    if (child == 0) {
        close(link[0]);
        exit(run_child(options, target->file, link[1]));
    }
    child_process = child;
    close(link[1]);
    if (child < 0) {
        perror("kamd: fork");
        close(link[0]);
        unlink(target->partial);
        return EXIT_FAILED;
    }
    int code = wait_for_child(target, child, link[0]);
    if (code == EXIT_OK)
        report(target);
    return code;
}

static int run(struct options *options, const char *const *values)
{
    struct error error;
    struct target target = {.file = -1};
    char *end = NULL;
    long keep = values[KEEP] == NULL ? 0 : strtol(values[KEEP], &end, 10);
    enum status status = STATUS_OK;
    if (values[KEEP] != NULL && (*end != '\0' || keep < 1 || keep > KEEP_MOST))
        status = error_set(&error, STATUS_INVALID_ARGUMENT, "KEEP", "--keep is a number from 1 to %d", KEEP_MOST);
    if (status == STATUS_OK)
        status = open_target(values[TARGET], &target, &error);
    if (status == STATUS_OK && keep > 0 && !target.is_named_by_time) {
        unlink(target.partial);
        status = error_set(&error, STATUS_INVALID_ARGUMENT, "KEEP", "--keep needs a directory, not a file");
    }
    int code = status == STATUS_OK ? back_up(options, &target) : command_fail(&error);
    if (code == EXIT_OK && keep > 0)
        remove_old(&target, (size_t)keep);
    if (target.file >= 0)
        close(target.file);
    return code;
}

const struct command COMMAND_BACKUP = {.name = "backup",
                                       .help = "write the whole company into one file, while kamd serves",
                                       .arguments = ARGUMENTS,
                                       .argument_count = ARGUMENT_COUNT,
                                       .run = run};
