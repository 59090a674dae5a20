// SPDX-License-Identifier: Apache-2.0
// Migrations: forward only, each in one transaction, recorded with its checksum in kam.schema_migration.
//
// A rolling upgrade works in both directions: an old server tolerates migrations it does not know, unless one of them
// says that it needs a newer server, with  update kam.schema_requirement set min_server_migration = N  (the least
// number a server must know).
#ifndef KAM_DB_MIGRATE_H
#define KAM_DB_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "db/direct.h"

struct db_migration {
    unsigned number;  // from 1 upwards without gaps
    const char *name; // "teams_and_users"
    const char *sql;
    const char *checksum; // of the sql: BLAKE2b, 32 bytes, as hexadecimal text
    bool no_transaction; // statement by statement, each on its own (CREATE INDEX CONCURRENTLY); must be repeatable when
                         // it failed half-way
};

struct db_migrate_options {
    const struct db_migration *migrations;
    size_t count;
    int lock_patience_ms; // how long to wait for another migration to end, and for those who use the tables of one
    void (*on_applied)(void *data, const struct db_migration *migration); // may be NULL
    void *data;
};

// Applies what is missing, in order, and tells how many that were. The connection is the owner's, outside a
// transaction. Fails with FAILED_PRECONDITION, reason
//   MIGRATION_CHANGED  a recorded migration has another checksum than ours
//   MIGRATION_ORDER    one of ours is missing though a later one is recorded
//   SERVER_TOO_OLD     the schema needs a newer server
// with UNAVAILABLE (reason MIGRATION_RUNNING) when another one holds the lock for too long, and with what PostgreSQL
// said, naming the migration; what was applied before stays.
enum status db_migrate(struct db_direct *direct, const struct db_migrate_options *options, size_t *applied_r,
                       struct error *error) __attribute__((warn_unused_result));

// Keeps migrations away until the connection closes, and waits for one that runs; the same UNAVAILABLE. Alone: also
// everybody else who calls this. db_migrate() on the same connection is not kept away.
enum status db_migrate_keep_away(struct db_direct *direct, bool is_alone, int lock_patience_ms, struct error *error)
    __attribute__((warn_unused_result));

// Counts what db_migrate() would apply; the same refusals, nothing is changed.
enum status db_migrate_check(struct db_direct *direct, const struct db_migrate_options *options, size_t *missing_r,
                             struct error *error) __attribute__((warn_unused_result));

#endif
