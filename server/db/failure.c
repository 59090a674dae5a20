// SPDX-License-Identifier: Apache-2.0
// An error result of libpq, read as our vocabulary: see failure.h.
#include "db/failure.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "db/sqlstate.h"

enum { REPEAT_SECONDS = 10 };

static const char *field_or_empty(const PGresult *result, int field)
{
    const char *text = result == NULL ? NULL : PQresultErrorField(result, field);
    return text == NULL ? "" : text;
}

const char *failure_sqlstate(const PGresult *result)
{
    return field_or_empty(result, PG_DIAG_SQLSTATE);
}

const char *failure_constraint(const PGresult *result)
{
    return field_or_empty(result, PG_DIAG_CONSTRAINT_NAME);
}

static bool is_upper_snake(const char *text)
{
    if (!isupper((unsigned char)text[0]))
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if (!isupper((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
            return false;
    return strlen(text) < sizeof(((struct error *)NULL)->reason);
}

static void take_own_texts(const PGresult *result, const struct sqlstate_meaning *meaning, struct error *error)
{
    const char *hint = field_or_empty(result, PG_DIAG_MESSAGE_HINT);
    const char *message = field_or_empty(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = field_or_empty(result, PG_DIAG_MESSAGE_DETAIL);
    error_set(error, meaning->code, is_upper_snake(hint) ? hint : meaning->reason, "%s",
              message[0] != '\0' ? message : meaning->message);
    if (detail[0] == '{' || detail[0] == '[')
        error->detail_json = detail;
}

static void take_constraint_as_reason(const PGresult *result, struct error *error)
{
    const char *constraint = failure_constraint(result);
    size_t length = strlen(constraint);
    if (length == 0 || length >= sizeof error->reason)
        return;
    for (size_t i = 0; i <= length; i++)
        error->reason[i] = (char)toupper((unsigned char)constraint[i]);
}

// A full disk fails every write; the operator needs to read of it, not of each.
static bool is_first_in_a_while(void)
{
    static _Atomic(time_t) last_time;
    time_t now = time(NULL);
    time_t seen = atomic_load(&last_time);
    return now - seen >= REPEAT_SECONDS && atomic_compare_exchange_strong(&last_time, &seen, now);
}

enum status failure_to_error(const PGresult *result, const char *place, struct error *error_r)
{
    const char *sqlstate = failure_sqlstate(result);
    struct sqlstate_meaning meaning = sqlstate_find(sqlstate);
    error_set(error_r, meaning.code, meaning.reason, "%s", meaning.message);
    if (meaning.has_own_message) {
        take_own_texts(result, &meaning, error_r);
        return error_r->code;
    }
    if (meaning.names_constraint)
        take_constraint_as_reason(result, error_r);
    if (place == NULL)
        return error_r->code;
    // Only the text of an internal error is logged: those of classes 22 and 23 quote the caller's values.
    if (meaning.code == STATUS_INTERNAL)
        LOG(LOG_ERROR, "statement failed", LOG_TEXT("place", place), LOG_TEXT("sqlstate", sqlstate),
            LOG_TEXT("error", field_or_empty(result, PG_DIAG_MESSAGE_PRIMARY)));
    else if (strncmp(sqlstate, "53", 2) == 0 && is_first_in_a_while())
        LOG(LOG_ERROR, "the database is out of resources", LOG_TEXT("sqlstate", sqlstate),
            LOG_TEXT("error", field_or_empty(result, PG_DIAG_MESSAGE_PRIMARY)));
    else
        LOG(LOG_DEBUG, "statement failed", LOG_TEXT("place", place), LOG_TEXT("sqlstate", sqlstate),
            LOG_TEXT("constraint", failure_constraint(result)));
    return error_r->code;
}

bool failure_is_stale_plan(const PGresult *result)
{
    return strcmp(failure_sqlstate(result), "0A000") == 0 &&
           strcmp(field_or_empty(result, PG_DIAG_SOURCE_FUNCTION), "RevalidateCachedQuery") == 0;
}

void failure_log_notice(void *data, const PGresult *notice)
{
    (void)data;
    LOG(LOG_DEBUG, "database notice", LOG_TEXT("sqlstate", failure_sqlstate(notice)),
        LOG_TEXT("notice", field_or_empty(notice, PG_DIAG_MESSAGE_PRIMARY)));
}
