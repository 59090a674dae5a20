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

enum status schema_migrate(struct db_direct *owner, size_t *applied_r, struct error *error)
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
    struct db_rows *rows = NULL;
    enum status status = db_direct_query(owner, "select not exists (select from kam.app_user)", NULL, 0, &rows, error);
    if (status != STATUS_OK)
        return status;
    *lacks_users_r = db_rows_value(rows, 0, 0)[0] == 't';
    db_rows_destroy(rows);
    return STATUS_OK;
}
