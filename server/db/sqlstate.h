// SPDX-License-Identifier: Apache-2.0
// What an SQLSTATE means to a caller: PostgreSQL's codes (appendix A of its manual) and our own class KA, whose three
// digits are the gRPC status code the statement chose (KA005 is NOT_FOUND).
#ifndef KAM_DB_SQLSTATE_H
#define KAM_DB_SQLSTATE_H

#include <stdbool.h>

#include "base/error.h"

struct sqlstate_meaning {
    enum status code;
    const char *reason;
    const char *message;   // for the client; PostgreSQL's own text may name what it may not see
    bool has_own_message;  // class KA: message, HINT (reason) and DETAIL (JSON) are meant for the client
    bool names_constraint; // the violated constraint is the reason
};

// Never NULL; unknown codes are INTERNAL. "" (no code) means the connection: UNAVAILABLE.
struct sqlstate_meaning sqlstate_find(const char *sqlstate);

// Serialization failure or deadlock: the same batch may succeed when sent again.
bool sqlstate_is_conflict(const char *sqlstate);

#endif
