// SPDX-License-Identifier: Apache-2.0
// A connection string for another program, whose command line everybody may read.
#ifndef KAM_DB_CONNINFO_H
#define KAM_DB_CONNINFO_H

#include "base/error.h"

struct db_conninfo {
    char *open;     // keywords and values without the password
    char *password; // NULL without
};

// INVALID_ARGUMENT when it is malformed or has a secret that only a command line could carry (sslpassword). Free with
// db_conninfo_finish().
enum status db_conninfo_split(const char *conninfo, struct db_conninfo *split_r, struct error *error)
    __attribute__((warn_unused_result));
void db_conninfo_finish(struct db_conninfo *split);

#endif
