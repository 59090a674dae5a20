// SPDX-License-Identifier: Apache-2.0
// The schema this kamd was built with, and the one the database has.
#ifndef KAM_KAMD_SCHEMA_H
#define KAM_KAMD_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "db/direct.h"

// The number of migrations this kamd knows.
size_t schema_version(void);

// Brings the database up to date as its owner, under the advisory lock; *applied_r is how many migrations that took.
enum status schema_migrate(struct db_direct *owner, size_t *applied_r, struct error *error)
    __attribute__((warn_unused_result));

// FAILED_PRECONDITION with what to do when the schema is not the one this kamd needs. Any role that may connect to
// kam_auth.
enum status schema_check(struct db_direct *login, struct error *error) __attribute__((warn_unused_result));

// True when nobody can log in yet. The owner only.
enum status schema_lacks_users(struct db_direct *owner, bool *lacks_users_r, struct error *error)
    __attribute__((warn_unused_result));

#endif
