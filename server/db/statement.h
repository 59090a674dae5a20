// SPDX-License-Identifier: Apache-2.0
// A prepared statement: text and parameter types. Constant data, made by the build from sql/.
#ifndef KAM_DB_STATEMENT_H
#define KAM_DB_STATEMENT_H

#include <stddef.h>
#include <stdint.h>

enum { DB_PARAMETERS_MAX = 128 };

struct db_statement {
    const char *name; // unique in the program; the server-side prepared statement's name (63 bytes at most)
    const char *sql;  // with $1, $2, ...
    const uint32_t *parameter_types; // PostgreSQL type oids
    size_t parameter_count;
    const char *place; // "sql/methods/account/get.sql:7", for logs
};

#endif
