// SPDX-License-Identifier: Apache-2.0
// The operator's own connection to the database, as the schema's owner: for the commands beside serve.
#ifndef KAM_KAMD_OPERATOR_H
#define KAM_KAMD_OPERATOR_H

#include "base/error.h"
#include "db/direct.h"
#include "kamd/database.h"
#include "kamd/options.h"

struct operator;

// Connects to --database-owner; without --database to the private PostgreSQL of the data directory, which is started
// for the time of the command where no kamd runs. Started as root, the process becomes the data directory's user.
enum status operator_open(const struct options *options, struct operator** operator_r, struct error *error)
    __attribute__((warn_unused_result));

// The same, with the private PostgreSQL made and migrated only as far as needed.
enum status operator_open_for(const struct options *options, enum database_need need, struct operator** operator_r,
                              struct error *error) __attribute__((warn_unused_result));

// NULL is allowed.
void operator_close(struct operator* operator);

struct db_direct *operator_direct(struct operator* operator);
// The owner's connection string.
const char *operator_conninfo(const struct operator* operator);

#endif
