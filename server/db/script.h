// SPDX-License-Identifier: Apache-2.0
// Where the statements of an SQL script end: quotes, dollar quotes and comments are skipped as PostgreSQL's lexer does
// (section 4.1 of its manual; standard_conforming_strings on).
#ifndef KAM_DB_SCRIPT_H
#define KAM_DB_SCRIPT_H

#include <stddef.h>

// Length of the first statement of the script, its semicolon included; 0 when only spaces and comments are left.
// Leading spaces and comments belong to the statement.
size_t script_first_statement(const char *script);

#endif
