// SPDX-License-Identifier: Apache-2.0
// Connects as the owner: see operator.h.
#include "kamd/operator.h"

#include <stdlib.h>

#include "base/require.h"
#include "kamd/system.h"

struct operator
{
    struct database *database;
    struct db_direct *direct;
};

static enum status open_all(struct operator* operator, const struct options * options, enum database_need need,
                            struct error *error)
{
    // Only the private PostgreSQL has files of ours to be careful with.
    if (!options_is_given(options, OPTION_DATABASE) && !options_is_given(options, OPTION_DATABASE_OWNER)) {
        enum status status =
            system_enter(options_text(options, OPTION_USER), options_text(options, OPTION_DATA), error);
        if (status != STATUS_OK)
            return status;
    }
    enum status status = database_join(options, need, &operator->database, error);
    if (status != STATUS_OK)
        return status;
    const char *conninfo = database_owner_conninfo(operator->database);
    if (conninfo == NULL)
        return error_set(
            error, STATUS_INVALID_ARGUMENT, "OWNER_MISSING",
            "this needs the connection of the schema's owner: give --database-owner (or --database-owner-file)");
    status = db_direct_open(conninfo, &operator->direct, error);
    if (status == STATUS_OK)
        status = db_direct_exec(operator->direct, "set search_path = kam, pg_temp", error);
    return status;
}

enum status operator_open(const struct options *options, struct operator** operator_r, struct error *error)
{
    return operator_open_for(options, DATABASE_UP_TO_DATE, operator_r, error);
}

enum status operator_open_for(const struct options *options, enum database_need need, struct operator** operator_r,
                              struct error *error)
{
    struct operator* operator= calloc(1, sizeof *operator);
    REQUIRE(operator!= NULL);
    enum status status = open_all(operator, options, need, error);
    if (status != STATUS_OK) {
        operator_close(operator);
        return status;
    }
    *operator_r = operator;
    return STATUS_OK;
}

void operator_close(struct operator* operator)
{
    if (operator== NULL)
        return;
    db_direct_close(operator->direct);
    database_close(operator->database);
    free(operator);
}

struct db_direct *operator_direct(struct operator* operator)
{
    return operator->direct;
}

const char *operator_conninfo(const struct operator* operator)
{
    return database_owner_conninfo(operator->database);
}
