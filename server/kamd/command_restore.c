// SPDX-License-Identifier: Apache-2.0
// kamd restore: a company from the file that kamd backup made. The file is checked whole before anything is touched;
// then come, each all or nothing: the mark that a restore is under way, the dump, the migrations since, the new feed
// epoch and the end of the mark. Whatever breaks before the end is undone, by this run or the next one.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kamd/backup_file.h"
#include "kamd/backup_tool.h"
#include "kamd/command.h"
#include "kamd/operator.h"
#include "kamd/schema.h"

enum { REPLACE, VERIFY, UNDO, SOURCE, ARGUMENT_COUNT };

static const struct argument ARGUMENTS[ARGUMENT_COUNT] = {
    [REPLACE] = {.name = "replace", .help = "the database has a company, and it is to go when the other one is there"},
    [VERIFY] = {.name = "verify", .help = "only check the file and say what it holds"},
    [UNDO] = {.name = "undo", .help = "without a file: give up a restore that was interrupted"},
    [SOURCE] = {.value_name = "FILE", .help = "what kamd backup made"},
};

static enum status open_source(const char *path, int *file_r, struct backup_manifest *manifest_r, struct error *error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot open %s: %s", path, strerror(errno));
    enum status status = backup_file_read_header(file, manifest_r, error);
    if (status == STATUS_OK)
        status = backup_file_verify(file, manifest_r, error);
    if (status == STATUS_OK)
        *file_r = file;
    else
        close(file);
    return status;
}

static enum status check_age(const struct backup_manifest *manifest, struct error *error)
{
    if (manifest->migration <= schema_version())
        return STATUS_OK;
    return error_set(
        error, STATUS_FAILED_PRECONDITION, "BACKUP_TOO_NEW",
        "the backup has migration %u (kamd %s made it); this kamd knows up to %zu: restore with a newer one",
        manifest->migration, manifest->kam_version, schema_version());
}

// A kamd that serves would go on with what is being taken away from under it.
static enum status check_alone(struct db_direct *direct, struct error *error)
{
    struct db_rows *rows = NULL;
    enum status status = db_direct_query(direct,
                                         "select count(*), current_setting('server_version_num') from pg_stat_activity"
                                         " where datname = current_database() and usename is not null"
                                         " and pid <> pg_backend_pid()",
                                         NULL, 0, &rows, error);
    if (status != STATUS_OK)
        return status;
    long others = strtol(db_rows_value(rows, 0, 0), NULL, 10);
    db_rows_destroy(rows);
    return others == 0 ? STATUS_OK
                       : error_set(error, STATUS_FAILED_PRECONDITION, "DATABASE_IN_USE",
                                   "the database is in use by %ld other connections: stop every kamd first", others);
}

static enum status check_target(struct db_direct *direct, bool may_replace, struct error *error)
{
    bool is_empty = false;
    enum status status = check_alone(direct, error);
    if (status == STATUS_OK)
        status = schema_undo_restore(direct, error);
    if (status == STATUS_OK)
        status = schema_is_empty(direct, &is_empty, error);
    if (status == STATUS_OK && !is_empty && !may_replace)
        status = error_set(error, STATUS_FAILED_PRECONDITION, "DATABASE_NOT_EMPTY",
                           "there is a company in this database already; --replace puts the backup in its place");
    return status;
}

static enum status load(struct operator* operator, int file, const struct backup_manifest *manifest, size_t *applied_r,
                        struct error *error)
{
    struct db_direct *direct = operator_direct(operator);
    struct db_rows *rows = NULL;
    unsigned version = 0;
    enum status status = db_direct_query(direct, "select current_setting('server_version_num')", NULL, 0, &rows, error);
    if (status != STATUS_OK)
        return status;
    version = (unsigned)strtoul(db_rows_value(rows, 0, 0), NULL, 10);
    db_rows_destroy(rows);
    status = schema_begin_restore(direct, error);
    if (status == STATUS_OK)
        status = backup_tool_load(operator_conninfo(operator), version, file, manifest, error);
    if (status == STATUS_OK)
        status = schema_finish_restore(direct, manifest->time, applied_r, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    struct error undo_error;
    if ((db_direct_is_in_transaction(direct) && db_direct_exec(direct, "rollback", &undo_error) != STATUS_OK) ||
        schema_undo_restore(direct, &undo_error) != STATUS_OK)
        fprintf(stderr, "kamd: could not put back what was there: %s; kamd restore --undo will\n", undo_error.message);
    return status;
}

static enum status restore(struct options *options, int file, const struct backup_manifest *manifest, bool may_replace,
                           size_t *applied_r, struct error *error)
{
    struct operator* operator= NULL;
    enum status status = operator_open_for(options, DATABASE_MADE, &operator, error);
    if (status == STATUS_OK)
        status = schema_keep_away(operator_direct(operator), true, error);
    if (status == STATUS_OK)
        status = check_target(operator_direct(operator), may_replace, error);
    if (status == STATUS_OK)
        status = load(operator, file, manifest, applied_r, error);
    operator_close(operator);
    return status;
}

static int run_undo(struct options *options)
{
    struct error error;
    struct operator* operator= NULL;
    bool is_restoring = false;
    enum status status = operator_open_for(options, DATABASE_AS_IT_IS, &operator, & error);
    if (status == STATUS_OK)
        status = schema_keep_away(operator_direct(operator), true, &error);
    if (status == STATUS_OK)
        status = schema_is_restoring(operator_direct(operator), &is_restoring, &error);
    if (status == STATUS_OK)
        status = schema_undo_restore(operator_direct(operator), &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    puts(is_restoring ? "the interrupted restore is undone" : "there was no interrupted restore");
    return EXIT_OK;
}

static int run(struct options *options, const char *const *values)
{
    struct error error;
    struct backup_manifest manifest;
    int file = -1;
    size_t applied = 0;
    if (values[UNDO] != NULL && values[SOURCE] == NULL)
        return run_undo(options);
    enum status status =
        values[SOURCE] == NULL || values[UNDO] != NULL
            ? error_set(&error, STATUS_INVALID_ARGUMENT, "SOURCE", "give the FILE to restore, or --undo")
            : open_source(values[SOURCE], &file, &manifest, &error);
    if (status != STATUS_OK)
        return command_fail(&error);
    printf("%s, as of %s (kamd %s, migration %u, PostgreSQL %u): the file is whole\n", manifest.company, manifest.time,
           manifest.kam_version, manifest.migration, manifest.postgresql / 10000);
    fflush(stdout);
    if (values[VERIFY] == NULL) {
        backup_tool_catch_signals();
        status = check_age(&manifest, &error);
        if (status == STATUS_OK)
            status = restore(options, file, &manifest, values[REPLACE] != NULL, &applied, &error);
        if (status == STATUS_OK)
            printf("restored, and brought up to date by %zu migrations; everybody has to log in again\n", applied);
    }
    close(file);
    return status == STATUS_OK ? EXIT_OK : command_fail(&error);
}

const struct command COMMAND_RESTORE = {.name = "restore",
                                        .help = "put the company of a backup into an empty database",
                                        .arguments = ARGUMENTS,
                                        .argument_count = ARGUMENT_COUNT,
                                        .run = run};
