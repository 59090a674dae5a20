// SPDX-License-Identifier: Apache-2.0
// An error result of libpq, read as our vocabulary.
#ifndef KAM_DB_FAILURE_H
#define KAM_DB_FAILURE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/error.h"

// "" where there is none; valid as long as the result. NULL is allowed.
const char *failure_sqlstate(const PGresult *result);
const char *failure_constraint(const PGresult *result);

// Fills the error and returns its code; detail_json points into the result. place names the statement in the log, which
// gets what the client must not see, but no values; NULL is not logged.
enum status failure_to_error(const PGresult *result, const char *place, struct error *error_r);

// True when a prepared statement's result type changed under it (a migration ran): it must be prepared anew.
bool failure_is_stale_plan(const PGresult *result);

// Notice receiver for PQsetNoticeReceiver(): to the log, at debug.
void failure_log_notice(void *data, const PGresult *notice);

#endif
