// SPDX-License-Identifier: Apache-2.0
// The database beneath kamd: the one named in the settings, or a private PostgreSQL in the data directory.
#ifndef KAM_KAMD_DATABASE_H
#define KAM_KAMD_DATABASE_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "kamd/options.h"

struct database;

// For serve: starts the private PostgreSQL where no other is named, and supervises it on the loop. Runs the loop until
// it accepts connections, or until *is_stopping becomes true: CANCELLED. On failure, too, *database_r is set when there
// is something to close.
enum status database_open(const struct options *options, uv_loop_t *loop, const bool *is_stopping,
                          struct database **database_r, struct error *error) __attribute__((warn_unused_result));

// What a command needs of the private PostgreSQL.
enum database_need {
    DATABASE_AS_IT_IS,   // NOT_FOUND where the data directory has none yet
    DATABASE_MADE,       // made where there is none, without the schema
    DATABASE_UP_TO_DATE, // made, with the present schema
};

// For the other commands: the private PostgreSQL is used as it runs, or runs for the time of the command where no kamd
// serves. A given database is left as it is.
enum status database_join(const struct options *options, enum database_need need, struct database **database_r,
                          struct error *error) __attribute__((warn_unused_result));

// Stops the private PostgreSQL that was started here, and waits until it has stopped. NULL is allowed.
void database_close(struct database *database);

// Connection strings, valid until database_close(). The owner's is NULL where the settings name a database without it.
const char *database_login_conninfo(const struct database *database);
const char *database_owner_conninfo(const struct database *database);

#endif
