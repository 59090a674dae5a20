// SPDX-License-Identifier: Apache-2.0
// Migrations at start and by command: see schema.h.
#include "kamd/schema.h"

#include "db/migrate.h"

enum { LOCK_PATIENCE_MS = 120000 };

// Made by the build from sql/migrations.
extern const struct db_migration migrations_table[];
extern const size_t migrations_table_count;

static struct db_migrate_options make_options(void)
{
    return (struct db_migrate_options){
        .migrations = migrations_table, .count = migrations_table_count, .lock_patience_ms = LOCK_PATIENCE_MS};
}

size_t schema_version(void)
{
    return migrations_table_count;
}

// ---- restoring ----

// The mark of a restore under way is a schema of its own: it is there for every role to see, and made and dropped in
// the same transactions as the rest.
static const char BEGIN_RESTORE[] = "create schema kam_restoring;"
                                    "do $$ begin"
                                    " if to_regnamespace('kam') is not null then"
                                    "  alter schema kam rename to kam_replaced;"
                                    " end if;"
                                    "end $$;"
                                    "create schema kam";
static const char UNDO_RESTORE[] = "do $$ begin"
                                   " if to_regnamespace('kam_restoring') is not null then"
                                   "  drop schema if exists kam cascade;"
                                   "  if to_regnamespace('kam_replaced') is not null then"
                                   "   alter schema kam_replaced rename to kam;"
                                   "  end if;"
                                   "  drop schema kam_restoring;"
                                   " end if;"
                                   "end $$";

static enum status ask_bool(struct db_direct *direct, const char *sql, bool *value_r, struct error *error)
{
    struct db_rows *rows = NULL;
    enum status status = db_direct_query(direct, sql, NULL, 0, &rows, error);
    if (status != STATUS_OK)
        return status;
    *value_r = db_rows_value(rows, 0, 0)[0] == 't';
    db_rows_destroy(rows);
    return STATUS_OK;
}

enum status schema_is_restoring(struct db_direct *direct, bool *is_restoring_r, struct error *error)
{
    return ask_bool(direct, "select to_regnamespace('kam_restoring') is not null", is_restoring_r, error);
}

static enum status check_restored(struct db_direct *direct, struct error *error)
{
    bool is_restoring = false;
    enum status status = schema_is_restoring(direct, &is_restoring, error);
    if (status == STATUS_OK && is_restoring)
        status = error_set(error, STATUS_FAILED_PRECONDITION, "RESTORE_UNFINISHED",
                           "a restore of this database was not finished: run kamd restore again, or kamd restore "
                           "--undo to have back what was there before");
    return status;
}

enum status schema_keep_away(struct db_direct *owner, bool is_alone, struct error *error)
{
    return db_migrate_keep_away(owner, is_alone, LOCK_PATIENCE_MS, error);
}

// The first migration makes the roles, which a dump of one schema does not hold.
enum status schema_begin_restore(struct db_direct *owner, struct error *error)
{
    enum status status = db_direct_exec(owner, "begin", error);
    if (status == STATUS_OK)
        status = db_direct_exec(owner, BEGIN_RESTORE, error);
    if (status == STATUS_OK)
        status = db_direct_exec(owner, migrations_table[0].sql, error);
    if (status == STATUS_OK)
        status = db_direct_exec(owner, "drop schema kam", error);
    return status != STATUS_OK ? status : db_direct_exec(owner, "commit", error);
}

enum status schema_undo_restore(struct db_direct *owner, struct error *error)
{
    return db_direct_exec(owner, UNDO_RESTORE, error);
}

enum status schema_is_empty(struct db_direct *owner, bool *is_empty_r, struct error *error)
{
    bool has_users = false;
    enum status status = ask_bool(owner, "select to_regclass('kam.app_user') is not null", &has_users, error);
    if (status != STATUS_OK)
        return status;
    if (has_users)
        return schema_lacks_users(owner, is_empty_r, error);
    // A schema without users that is not ours to judge.
    return ask_bool(owner,
                    "select not exists (select from pg_class c"
                    " where c.relnamespace = to_regnamespace('kam') and c.relname not like 'schema\\_%')",
                    is_empty_r, error);
}

// ---- migrating ----

static enum status migrate(struct db_direct *owner, size_t *applied_r, struct error *error)
{
    struct db_migrate_options options = make_options();
    size_t applied = 0;
    enum status status = db_migrate(owner, &options, &applied, error);
    // A server without the owner's connection asks which schema this is.
    if (status == STATUS_OK)
        status =
            db_direct_exec(owner, "grant select on kam.schema_migration, kam.schema_requirement to kam_auth", error);
    if (status == STATUS_OK)
        *applied_r = applied;
    return status;
}

enum status schema_migrate(struct db_direct *owner, size_t *applied_r, struct error *error)
{
    enum status status = check_restored(owner, error);
    return status != STATUS_OK ? status : migrate(owner, applied_r, error);
}

enum status schema_finish_restore(struct db_direct *owner, const char *time, size_t *applied_r, struct error *error)
{
    enum status status = migrate(owner, applied_r, error);
    if (status == STATUS_OK) // pg_dump keeps no statistics, and the first calls would be planned without any
        status = db_direct_exec(owner, "analyze", error);
    if (status == STATUS_OK)
        status = db_direct_exec(owner, "begin", error);
    if (status == STATUS_OK)
        status = db_direct_query(owner, "select kam.operator_begin_epoch($1::timestamptz)", &time, 1, NULL, error);
    if (status == STATUS_OK)
        status = db_direct_exec(owner, "drop schema if exists kam_replaced cascade; drop schema kam_restoring; commit",
                                error);
    return status;
}

enum status schema_check(struct db_direct *login, struct error *error)
{
    struct db_rows *rows = NULL;
    enum status status =
        db_direct_query(login, "select to_regrole('kam_auth') is not null and to_regnamespace('kam') is not null", NULL,
                        0, &rows, error);
    if (status != STATUS_OK)
        return status;
    bool is_there = db_rows_value(rows, 0, 0)[0] == 't';
    db_rows_destroy(rows);
    status = check_restored(login, error);
    if (status != STATUS_OK)
        return status;
    if (!is_there)
        return error_set(error, STATUS_FAILED_PRECONDITION, "SCHEMA_MISSING",
                         "the database has no kam schema yet: run kamd migrate --database-owner URL");
    status = db_direct_exec(login, "set role kam_auth", error);
    struct db_migrate_options options = make_options();
    size_t missing = 0;
    if (status == STATUS_OK)
        status = db_migrate_check(login, &options, &missing, error);
    if (status == STATUS_OK && missing > 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "SCHEMA_OUTDATED",
                         "the database lacks %zu migrations: run kamd migrate --database-owner URL", missing);
    return status;
}

enum status schema_lacks_users(struct db_direct *owner, bool *lacks_users_r, struct error *error)
{
    return ask_bool(owner, "select not exists (select from kam.app_user)", lacks_users_r, error);
}
