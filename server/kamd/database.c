// SPDX-License-Identifier: Apache-2.0
// Chooses between the given database and the private one: see database.h.
#include "kamd/database.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "kamd/embedded.h"
#include "kamd/schema.h"

struct database {
    const struct options *options;
    struct embedded *embedded; // NULL: a given database
    uv_loop_t *loop;           // NULL: joined by a command
    bool is_ready, has_failed, has_stopped;
    struct error error;
};

static bool is_given(const struct options *options)
{
    return options_is_given(options, OPTION_DATABASE) || options_is_given(options, OPTION_DATABASE_OWNER);
}

static struct database *new_database(const struct options *options)
{
    struct database *database = calloc(1, sizeof *database);
    REQUIRE(database != NULL);
    database->options = options;
    return database;
}

static struct embedded_options embedded_options_of(const struct options *options)
{
    return (struct embedded_options){.directory = options_text(options, OPTION_DATA),
                                     .max_connections = (unsigned)options_number(options, OPTION_DB_CONNECTIONS)};
}

static void on_ready(void *data, const struct error *error)
{
    struct database *database = data;
    database->is_ready = error == NULL;
    database->has_failed = error != NULL;
    if (error != NULL) {
        database->error = *error;
        database->error.detail_json = NULL; // borrowed from somewhere that goes away
    }
}

enum status database_open(const struct options *options, uv_loop_t *loop, const bool *is_stopping,
                          struct database **database_r, struct error *error)
{
    if (!options_is_given(options, OPTION_DATABASE) && options_is_given(options, OPTION_DATABASE_OWNER))
        return error_set(
            error, STATUS_INVALID_ARGUMENT, "BAD_CONFIGURATION",
            "--database-owner without --database: kamd serves with a role that owns nothing; give both or none");
    struct database *database = new_database(options);
    *database_r = database;
    if (is_given(options))
        return STATUS_OK;
    struct embedded_options embedded = embedded_options_of(options);
    LOG(LOG_INFO, "starting the private PostgreSQL", LOG_TEXT("data", embedded.directory));
    database->loop = loop;
    database->embedded = embedded_start(loop, &embedded, on_ready, database);
    while (!database->is_ready && !database->has_failed && !*is_stopping)
        uv_run(loop, UV_RUN_ONCE);
    if (database->has_failed)
        *error = database->error;
    else if (!database->is_ready)
        return error_set(error, STATUS_CANCELLED, "STOPPED", "stopped before the database had started");
    return database->is_ready ? STATUS_OK : error->code;
}

static enum status bring_up_to_date(const char *conninfo, struct error *error)
{
    struct db_direct *direct = NULL;
    size_t applied;
    enum status status = db_direct_open(conninfo, &direct, error);
    if (status == STATUS_OK)
        status = schema_migrate(direct, &applied, error);
    db_direct_close(direct);
    return status;
}

enum status database_join(const struct options *options, enum database_need need, struct database **database_r,
                          struct error *error)
{
    struct database *database = new_database(options);
    if (!is_given(options)) {
        struct embedded_options embedded = embedded_options_of(options);
        const char *cluster = arena_printf(options->arena, "%s/postgresql", embedded.directory);
        bool is_there = access(cluster, F_OK) == 0;
        enum status status = STATUS_OK;
        if (!is_there && need == DATABASE_AS_IT_IS)
            status =
                error_set(error, STATUS_NOT_FOUND, "NO_CLUSTER", "there is no database in %s yet", embedded.directory);
        if (status == STATUS_OK)
            status = embedded_open(&embedded, &database->embedded, error);
        if (status == STATUS_OK && need == DATABASE_UP_TO_DATE)
            status = bring_up_to_date(embedded_owner_conninfo(database->embedded), error);
        if (status != STATUS_OK) {
            database_close(database);
            return status;
        }
    }
    *database_r = database;
    return STATUS_OK;
}

static void on_stopped(void *data)
{
    struct database *database = data;
    database->has_stopped = true;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    if (database->embedded != NULL && database->loop == NULL)
        embedded_close(database->embedded);
    else if (database->embedded != NULL) {
        embedded_stop(database->embedded, on_stopped, database);
        while (!database->has_stopped)
            uv_run(database->loop, UV_RUN_ONCE);
    }
    free(database);
}

const char *database_login_conninfo(const struct database *database)
{
    return database->embedded != NULL ? embedded_login_conninfo(database->embedded)
                                      : options_text(database->options, OPTION_DATABASE);
}

const char *database_owner_conninfo(const struct database *database)
{
    if (database->embedded != NULL)
        return embedded_owner_conninfo(database->embedded);
    return options_is_given(database->options, OPTION_DATABASE_OWNER)
               ? options_text(database->options, OPTION_DATABASE_OWNER)
               : NULL;
}
