// SPDX-License-Identifier: Apache-2.0
// Which statements one connection has prepared. Known by address: statements are constant data.
#ifndef KAM_DB_PREPARED_H
#define KAM_DB_PREPARED_H

#include <stddef.h>

#include "db/statement.h"

enum prepared_state {
    PREPARED_NOT,  // never sent, or its Parse failed or was skipped
    PREPARED_SENT, // a Parse is under way; what is sent behind it may count on it
    PREPARED_YES,
};

struct prepared_entry {
    const struct db_statement *statement;
    enum prepared_state state;
};

struct prepared {
    struct prepared_entry *entries;
    size_t capacity; // a power of two
    size_t count;
};

void prepared_finish(struct prepared *prepared);
enum prepared_state prepared_get(const struct prepared *prepared, const struct db_statement *statement);
void prepared_set(struct prepared *prepared, const struct db_statement *statement, enum prepared_state state);

#endif
