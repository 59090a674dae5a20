// SPDX-License-Identifier: Apache-2.0
// A blocking connection for operator commands (migrate, user add, check): no pool, no loop, errors as PostgreSQL words
// them, because the reader is the operator.
#ifndef KAM_DB_DIRECT_H
#define KAM_DB_DIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct db_direct;
struct db_rows;

// Untouched outputs on failure.
enum status db_direct_open(const char *conninfo, struct db_direct **direct_r, struct error *error)
    __attribute__((warn_unused_result));

// NULL is allowed. An open transaction is rolled back by the server.
void db_direct_close(struct db_direct *direct);

// Runs a script of any number of statements; without BEGIN in it they are one transaction. The error names the line it
// happened in.
enum status db_direct_exec(struct db_direct *direct, const char *script, struct error *error)
    __attribute__((warn_unused_result));

// Runs one statement with text parameters (NULL is SQL NULL). rows_r may be NULL; otherwise free it with
// db_rows_destroy(). error->detail_json points into the connection and is valid until its next use.
enum status db_direct_query(struct db_direct *direct, const char *sql, const char *const *parameters, size_t count,
                            struct db_rows **rows_r, struct error *error) __attribute__((warn_unused_result));

// True between BEGIN and its end, also after an error.
bool db_direct_is_in_transaction(const struct db_direct *direct);

size_t db_rows_count(const struct db_rows *rows);
size_t db_rows_column_count(const struct db_rows *rows);
// Text form, NULL for SQL NULL; valid as long as the rows.
const char *db_rows_value(const struct db_rows *rows, size_t row, size_t column);
void db_rows_destroy(struct db_rows *rows);

#endif
