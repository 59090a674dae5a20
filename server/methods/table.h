// SPDX-License-Identifier: Apache-2.0
// What the build makes of sql/methods (sql/compile.py writes methods_table.c): the methods and their statements,
// constant and checked.
#ifndef KAM_METHODS_TABLE_H
#define KAM_METHODS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/statement.h"

// Whose pool a call uses. The first three are the roles of sessions; auth serves handlers without a session.
enum table_role { TABLE_ROLE_REP, TABLE_ROLE_MANAGER, TABLE_ROLE_SERVICE, TABLE_ROLE_AUTH, TABLE_ROLE_COUNT };

// Where a parameter's value comes from.
enum table_source {
    TABLE_FIELD,      // a path in the request
    TABLE_RECORD_ID,  // the record's id, as given or made for this call
    TABLE_NEW_ID,     // a fresh UUID, one for the whole call
    TABLE_PAGE_LIMIT, // rows of a page and one more
    TABLE_PAGE_KEY,   // a key of the row after which the page begins
    TABLE_ARGUMENT,   // a value that the handler gives by name
};

struct table_parameter {
    enum table_source source;
    const char *name; // path or argument name
    unsigned key;     // of TABLE_PAGE_KEY, from 1
};

struct table_column {
    const char *name; // a path in the message that the row becomes, or "page.N"
    uint32_t type;    // PostgreSQL type oid
};

enum table_part { TABLE_INTO, TABLE_DO, TABLE_ANSWER, TABLE_STATEMENT };

struct table_statement {
    struct db_statement statement;
    enum table_part part;
    const char
        *argument; // of TABLE_INTO ".", a message or a list of the response, "nothing"; of TABLE_STATEMENT its name
    const struct table_parameter *parameters; // statement.parameter_count of them
    const struct table_column *columns;
    size_t column_count;
};

// The statements for some of the roles.
struct table_variant {
    const struct table_statement *statements;
    size_t statement_count;
    const char *const *mask; // paths that the update mask may hold
    size_t mask_count;
};

struct table_method {
    const char *path; // "/kam.v1.AccountService/GetAccount"
    bool is_write;
    const char *handler;                                    // NULL: statements alone
    const char *record;                                     // path of the record's id in the request, or NULL
    const char *version;                                    // path of the version the caller saw, or NULL
    int32_t page_size;                                      // when the request names none
    const struct table_variant *variants[TABLE_ROLE_COUNT]; // NULL: the role may not call it
};

extern const struct table_method table_methods[]; // sorted by path
extern const size_t table_method_count;

// What goes around the statements (docs/methods.md).
extern const struct db_statement table_begin_read;  // token hash -> user id
extern const struct db_statement table_begin_write; // token hash, request id, method, payload hash
extern const struct db_statement table_end_write;   // request id, method, payload hash, record id

#endif
