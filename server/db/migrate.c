// SPDX-License-Identifier: Apache-2.0
// Migrations: see migrate.h.
#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/require.h"
#include "db/script.h"

// The lock is polled: waiting inside pg_advisory_lock() would hold a snapshot, and CREATE INDEX CONCURRENTLY waits for
// all of those.
enum { LOCK_POLL_MS = 200 };

// A migration takes the locks of several tables while the other servers work, in another order than they do. It gives
// way, mostly before PostgreSQL looks for deadlocks (after a second) and ends whomever it finds, and begins again; nor
// does it keep everybody waiting behind it for one who is long. Each fourth attempt waits longer than that second, as
// then only PostgreSQL cancels an autovacuum that is in the way.
#define GIVE_WAY "begin; set local lock_timeout = '250ms'"
#define INSIST "begin; set local lock_timeout = '1500ms'"
enum { INSIST_EACH = 4 };

// An arbitrary constant: "kam" and "migr" as ASCII.
#define LOCK_KEY "460362, 1835624306"

static const char BOOKKEEPING[] = "create schema if not exists kam;"
                                  "create table if not exists kam.schema_migration ("
                                  " number int primary key,"
                                  " name text not null,"
                                  " checksum text not null,"
                                  " applied_at timestamptz not null default now());"
                                  "create table if not exists kam.schema_requirement ("
                                  " is_only_row boolean primary key default true check (is_only_row),"
                                  " min_server_migration int not null);"
                                  "insert into kam.schema_requirement (min_server_migration) values (0)"
                                  " on conflict do nothing;";

static void sleep_ms(int milliseconds)
{
    struct timespec duration = {.tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000L};
    while (nanosleep(&duration, &duration) != 0)
        continue;
}

static enum status query_text(struct db_direct *direct, const char *sql, char text_r[64], struct error *error)
{
    struct db_rows *rows = NULL;
    enum status code = db_direct_query(direct, sql, NULL, 0, &rows, error);
    if (code != STATUS_OK)
        return code;
    const char *value = db_rows_count(rows) == 0 ? NULL : db_rows_value(rows, 0, 0);
    snprintf(text_r, 64, "%s", value == NULL ? "" : value);
    db_rows_destroy(rows);
    return STATUS_OK;
}

static enum status lock(struct db_direct *direct, bool is_alone, int patience_ms, struct error *error)
{
    const char *sql =
        is_alone ? "select pg_try_advisory_lock(" LOCK_KEY ")" : "select pg_try_advisory_lock_shared(" LOCK_KEY ")";
    for (int waited_ms = 0;; waited_ms += LOCK_POLL_MS) {
        char is_ours[64];
        enum status code = query_text(direct, sql, is_ours, error);
        if (code != STATUS_OK || is_ours[0] == 't')
            return code;
        if (waited_ms >= patience_ms)
            return error_set(
                error, STATUS_UNAVAILABLE, "MIGRATION_RUNNING",
                "another process is migrating, backing up or restoring this database; try again when it is "
                "done");
        sleep_ms(LOCK_POLL_MS);
    }
}

static void unlock(struct db_direct *direct)
{
    char was_ours[64];
    struct error error;
    if (query_text(direct, "select pg_advisory_unlock(" LOCK_KEY ")", was_ours, &error) != STATUS_OK)
        LOG(LOG_DEBUG, "migration lock not released", LOG_TEXT("error", error.message)); // it ends with the connection
}

static enum status check_requirement(struct db_direct *direct, const struct db_migrate_options *options,
                                     struct error *error)
{
    char text[64];
    enum status code = query_text(direct, "select max(min_server_migration) from kam.schema_requirement", text, error);
    if (code != STATUS_OK)
        return code;
    long required = strtol(text, NULL, 10);
    long known = options->count == 0 ? 0 : (long)options->migrations[options->count - 1].number;
    if (required <= known)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED_PRECONDITION, "SERVER_TOO_OLD",
                     "the database needs a server that knows migration %ld; this one knows up to %ld: upgrade it",
                     required, known);
}

static const struct db_migration *find_migration(const struct db_migrate_options *options, long number)
{
    for (size_t i = 0; i < options->count; i++)
        if ((long)options->migrations[i].number == number)
            return &options->migrations[i];
    return NULL;
}

// Fills is_applied_r (one per migration).
static enum status compare_with_recorded(struct db_direct *direct, const struct db_migrate_options *options,
                                         bool *is_applied_r, struct error *error)
{
    struct db_rows *rows = NULL;
    enum status code = db_direct_query(direct, "select number, checksum from kam.schema_migration order by number",
                                       NULL, 0, &rows, error);
    if (code != STATUS_OK)
        return code;
    long highest = 0;
    for (size_t row = 0; row < db_rows_count(rows) && code == STATUS_OK; row++) {
        long number = strtol(db_rows_value(rows, row, 0), NULL, 10);
        const struct db_migration *migration = find_migration(options, number);
        highest = number;
        if (migration == NULL)
            continue; // a newer server's
        if (strcmp(migration->checksum, db_rows_value(rows, row, 1)) != 0)
            code = error_set(error, STATUS_FAILED_PRECONDITION, "MIGRATION_CHANGED",
                             "migration %04u_%s was changed after it had been applied to this database",
                             migration->number, migration->name);
        is_applied_r[migration - options->migrations] = true;
    }
    db_rows_destroy(rows);
    for (size_t i = 0; i < options->count && code == STATUS_OK; i++)
        if (!is_applied_r[i] && (long)options->migrations[i].number < highest)
            code = error_set(error, STATUS_FAILED_PRECONDITION, "MIGRATION_ORDER",
                             "migration %04u_%s is missing in this database though %04ld is applied",
                             options->migrations[i].number, options->migrations[i].name, highest);
    return code;
}

static enum status record(struct db_direct *direct, const struct db_migration *migration, struct error *error)
{
    char number[16];
    snprintf(number, sizeof number, "%u", migration->number);
    const char *parameters[] = {number, migration->name, migration->checksum};
    return db_direct_query(direct, "insert into kam.schema_migration (number, name, checksum) values ($1::int, $2, $3)",
                           parameters, 3, NULL, error);
}

static enum status try_in_transaction(struct db_direct *direct, const struct db_migration *migration, int attempt,
                                      struct error *error)
{
    enum status code = db_direct_exec(direct, attempt % INSIST_EACH == 0 ? INSIST : GIVE_WAY, error);
    if (code == STATUS_OK)
        code = db_direct_exec(direct, migration->sql, error);
    // A COMMIT inside would leave half a migration without a record when the rest fails.
    if (code == STATUS_OK && !db_direct_is_in_transaction(direct))
        code = error_set(error, STATUS_INTERNAL, "MIGRATION_INVALID", "it ends its transaction itself");
    if (code == STATUS_OK)
        code = record(direct, migration, error);
    if (code == STATUS_OK)
        return db_direct_exec(direct, "commit", error);
    struct error rollback_error;
    if (db_direct_exec(direct, "rollback", &rollback_error) != STATUS_OK)
        LOG(LOG_DEBUG, "rollback failed", LOG_TEXT("error", rollback_error.message));
    return code;
}

static enum status apply_in_transaction(struct db_direct *direct, const struct db_migration *migration, int patience_ms,
                                        struct error *error)
{
    struct timespec start = {0}; // when it gave way first
    for (int attempt = 1;; attempt++) {
        enum status code = try_in_transaction(direct, migration, attempt, error);
        if (code != STATUS_ABORTED)
            return code;
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (attempt == 1)
            start = now;
        if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 >= patience_ms)
            return code;
        LOG(LOG_INFO, "migration gave way", LOG_NUMBER("number", migration->number), LOG_TEXT("to", error->message));
        sleep_ms(LOCK_POLL_MS);
    }
}

static enum status apply_by_statement(struct db_direct *direct, const struct db_migration *migration,
                                      struct error *error)
{
    const char *rest = migration->sql;
    for (size_t length; (length = script_first_statement(rest)) > 0; rest += length) {
        char *statement = strndup(rest, length);
        REQUIRE(statement != NULL);
        enum status code = db_direct_exec(direct, statement, error);
        free(statement);
        if (code != STATUS_OK)
            return code;
    }
    return record(direct, migration, error);
}

static enum status apply(struct db_direct *direct, const struct db_migration *migration, int patience_ms,
                         struct error *error)
{
    // The search path and the like are the migration's own affair and end with it.
    enum status code = migration->no_transaction ? apply_by_statement(direct, migration, error)
                                                 : apply_in_transaction(direct, migration, patience_ms, error);
    if (code == STATUS_OK) {
        LOG(LOG_INFO, "migration applied", LOG_NUMBER("number", migration->number), LOG_TEXT("name", migration->name));
        return STATUS_OK;
    }
    struct error cause = *error;
    return error_set(error, cause.code, cause.reason, "migration %04u_%s: %s", migration->number, migration->name,
                     cause.message);
}

static enum status apply_missing(struct db_direct *direct, const struct db_migrate_options *options, size_t *applied_r,
                                 struct error *error)
{
    bool *is_applied = calloc(options->count + 1, sizeof *is_applied);
    REQUIRE(is_applied != NULL);
    enum status code = db_direct_exec(direct, BOOKKEEPING, error);
    if (code == STATUS_OK)
        code = check_requirement(direct, options, error);
    if (code == STATUS_OK)
        code = compare_with_recorded(direct, options, is_applied, error);
    size_t applied = 0;
    for (size_t i = 0; i < options->count && code == STATUS_OK; i++) {
        if (is_applied[i])
            continue;
        code = apply(direct, &options->migrations[i], options->lock_patience_ms, error);
        if (code != STATUS_OK)
            break;
        applied++;
        if (options->on_applied != NULL)
            options->on_applied(options->data, &options->migrations[i]);
    }
    free(is_applied);
    if (code == STATUS_OK)
        *applied_r = applied;
    return code;
}

enum status db_migrate(struct db_direct *direct, const struct db_migrate_options *options, size_t *applied_r,
                       struct error *error)
{
    enum status code = lock(direct, true, options->lock_patience_ms, error);
    if (code != STATUS_OK)
        return code;
    code = apply_missing(direct, options, applied_r, error);
    unlock(direct);
    return code;
}

enum status db_migrate_keep_away(struct db_direct *direct, bool is_alone, int lock_patience_ms, struct error *error)
{
    return lock(direct, is_alone, lock_patience_ms, error);
}

enum status db_migrate_check(struct db_direct *direct, const struct db_migrate_options *options, size_t *missing_r,
                             struct error *error)
{
    char exists[64];
    enum status code = query_text(direct, "select to_regclass('kam.schema_migration') is not null", exists, error);
    if (code != STATUS_OK)
        return code;
    if (exists[0] != 't') {
        *missing_r = options->count;
        return STATUS_OK;
    }
    bool *is_applied = calloc(options->count + 1, sizeof *is_applied);
    REQUIRE(is_applied != NULL);
    code = check_requirement(direct, options, error);
    if (code == STATUS_OK)
        code = compare_with_recorded(direct, options, is_applied, error);
    size_t missing = 0;
    for (size_t i = 0; i < options->count; i++)
        missing += !is_applied[i];
    free(is_applied);
    if (code == STATUS_OK)
        *missing_r = missing;
    return code;
}
