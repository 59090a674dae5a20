// SPDX-License-Identifier: Apache-2.0
// Session tokens: "kam1.<role>.<43 characters>". The role's letter only chooses the pool; what the session may do, the
// database knows.
#ifndef KAM_METHODS_TOKEN_H
#define KAM_METHODS_TOKEN_H

#include <stdint.h>

#include "base/error.h"
#include "methods/table.h"

enum { TOKEN_HASH_BYTES = 32, TOKEN_TEXT_BYTES = 51 };

// Reads the value of the metadata key authorization (NULL when there was none).
enum status token_read(const char *authorization, enum table_role *role_r, uint8_t hash_r[TOKEN_HASH_BYTES],
                       struct error *error) __attribute__((warn_unused_result));

// A fresh token for a session of the role, and its hash.
void token_make(enum table_role role, char text_r[TOKEN_TEXT_BYTES], uint8_t hash_r[TOKEN_HASH_BYTES]);

// "rep" -> TABLE_ROLE_REP; TABLE_ROLE_COUNT for others.
enum table_role token_role_from_name(const char *name);

#endif
