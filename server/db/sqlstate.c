// SPDX-License-Identifier: Apache-2.0
// SQLSTATE to status: see sqlstate.h. The first row whose prefix fits counts.
#include "db/sqlstate.h"

#include <string.h>

static const struct {
    const char *prefix;
    struct sqlstate_meaning meaning;
} TABLE[] = {
    {"KA003", {STATUS_INVALID_ARGUMENT, "INVALID_ARGUMENT", "the request is not valid", true, false}},
    {"KA005", {STATUS_NOT_FOUND, "NOT_FOUND", "not found", true, false}},
    {"KA006", {STATUS_ALREADY_EXISTS, "ALREADY_EXISTS", "already exists", true, false}},
    {"KA007", {STATUS_PERMISSION_DENIED, "PERMISSION_DENIED", "permission denied", true, false}},
    {"KA008", {STATUS_RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED", "a limit is reached", true, false}},
    {"KA009",
     {STATUS_FAILED_PRECONDITION, "FAILED_PRECONDITION", "the record's state does not allow this", true, false}},
    {"KA010", {STATUS_ABORTED, "ABORTED", "the record was changed meanwhile", true, false}},
    {"KA011", {STATUS_OUT_OF_RANGE, "OUT_OF_RANGE", "out of range", true, false}},
    {"KA016", {STATUS_UNAUTHENTICATED, "UNAUTHENTICATED", "log in first", true, false}},
    {"KA100", {STATUS_ABORTED, "REQUEST_REPLAYED", "this request was already carried out", true, false}},
    {"KA101", {STATUS_ABORTED, "NOTHING_CHANGED", "nothing was changed", true, false}},
    {"08", {STATUS_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database is not available; try again", false, false}},
    {"22", {STATUS_INVALID_ARGUMENT, "INVALID_VALUE", "a value is malformed or out of range", false, false}},
    {"23502", {STATUS_INVALID_ARGUMENT, "VALUE_MISSING", "a required value is missing", false, false}},
    {"23503",
     {STATUS_FAILED_PRECONDITION, "REFERENCE_VIOLATED", "it refers to a record that does not exist, or is still in use",
      false, true}},
    {"23505",
     {STATUS_ALREADY_EXISTS, "ALREADY_EXISTS", "a record with the same identifying value already exists", false, true}},
    {"23514", {STATUS_INVALID_ARGUMENT, "VALUE_NOT_ALLOWED", "a value is not one of those allowed", false, true}},
    {"23P01", {STATUS_FAILED_PRECONDITION, "OVERLAP", "it overlaps with an existing record", false, true}},
    {"40001", {STATUS_ABORTED, "CONCURRENT_CHANGE", "somebody changed the same records; try again", false, false}},
    {"40P01", {STATUS_ABORTED, "CONCURRENT_CHANGE", "somebody changed the same records; try again", false, false}},
    {"42501", {STATUS_PERMISSION_DENIED, "PERMISSION_DENIED", "permission denied", false, false}},
    {"53",
     {STATUS_RESOURCE_EXHAUSTED, "DATABASE_EXHAUSTED", "the database is out of resources; try again later", false,
      false}},
    {"55P03", {STATUS_ABORTED, "LOCKED", "somebody is changing the same records; try again", false, false}},
    {"57014", {STATUS_CANCELLED, "CANCELLED", "the statement was cancelled", false, false}},
    {"57P", {STATUS_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database is restarting; try again", false, false}},
};

struct sqlstate_meaning sqlstate_find(const char *sqlstate)
{
    if (sqlstate[0] == '\0')
        return (struct sqlstate_meaning){.code = STATUS_UNAVAILABLE,
                                         .reason = "DATABASE_UNAVAILABLE",
                                         .message = "the connection to the database broke; try again"};
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        if (strncmp(sqlstate, TABLE[i].prefix, strlen(TABLE[i].prefix)) == 0)
            return TABLE[i].meaning;
    return (struct sqlstate_meaning){.code = STATUS_INTERNAL, .reason = "INTERNAL", .message = "internal error"};
}

bool sqlstate_is_conflict(const char *sqlstate)
{
    return strcmp(sqlstate, "40001") == 0 || strcmp(sqlstate, "40P01") == 0;
}
