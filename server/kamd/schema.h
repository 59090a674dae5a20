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
// FAILED_PRECONDITION, reason RESTORE_UNFINISHED, where a restore was interrupted.
enum status schema_migrate(struct db_direct *owner, size_t *applied_r, struct error *error)
    __attribute__((warn_unused_result));

// FAILED_PRECONDITION with what to do when the schema is not the one this kamd needs. Any role that may connect to
// kam_auth.
enum status schema_check(struct db_direct *login, struct error *error) __attribute__((warn_unused_result));

// ---- for backup and restore; the owner only ----

// Keeps migrations, backups (alone) and restores away until the connection closes.
enum status schema_keep_away(struct db_direct *owner, bool is_alone, struct error *error)
    __attribute__((warn_unused_result));

// Moves the schema that is there aside, makes the roles, and marks the database: until schema_finish_restore() nobody
// can serve from it.
enum status schema_begin_restore(struct db_direct *owner, struct error *error) __attribute__((warn_unused_result));
// Brings what was restored up to date, begins a new feed epoch, drops what was moved aside. time is the backup's.
enum status schema_finish_restore(struct db_direct *owner, const char *time, size_t *applied_r, struct error *error)
    __attribute__((warn_unused_result));
// Drops what was restored so far and puts back what was moved aside. Nothing is done without a mark.
enum status schema_undo_restore(struct db_direct *owner, struct error *error) __attribute__((warn_unused_result));
enum status schema_is_restoring(struct db_direct *direct, bool *is_restoring_r, struct error *error)
    __attribute__((warn_unused_result));

// True where there is no schema, or one that never had a user.
enum status schema_is_empty(struct db_direct *owner, bool *is_empty_r, struct error *error)
    __attribute__((warn_unused_result));

// True when nobody can log in yet. The owner only.
enum status schema_lacks_users(struct db_direct *owner, bool *lacks_users_r, struct error *error)
    __attribute__((warn_unused_result));

#endif
