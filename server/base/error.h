// SPDX-License-Identifier: Apache-2.0
// One vocabulary for what went wrong: the gRPC status codes
// (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md), a stable reason for programs, a text for people.
#ifndef KAM_BASE_ERROR_H
#define KAM_BASE_ERROR_H

#include <stddef.h>

enum status {
    STATUS_OK = 0,
    STATUS_CANCELLED = 1,
    STATUS_UNKNOWN = 2,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_ABORTED = 10,
    STATUS_OUT_OF_RANGE = 11,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14,
    STATUS_DATA_LOSS = 15,
    STATUS_UNAUTHENTICATED = 16,
};

enum { ERROR_VIOLATIONS_MAX = 8 };

// One field of the request that is wrong; becomes google.rpc.BadRequest.FieldViolation.
struct error_violation {
    char field[96];        // path as in a field mask: "account.phone"
    char description[160]; // what was wrong and what would be right
};

// Owned by the caller, usually on its stack. Functions that fail fill it and return its code.
struct error {
    enum status code;
    char reason[64];    // stable, UPPER_SNAKE_CASE; becomes google.rpc.ErrorInfo.reason
    char message[512];  // UTF-8, for people
    int retry_after_ms; // > 0 becomes google.rpc.RetryInfo
    size_t violation_count;
    struct error_violation violations[ERROR_VIOLATIONS_MAX];
    // More of the error as JSON (borrowed, may be NULL): what a statement put into DETAIL. See methods/details.h.
    const char *detail_json;
};

// Sets code, reason and text, forgets violations. Cuts the text at a UTF-8 boundary where it is too long. Returns code.
enum status error_set(struct error *error, enum status code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Adds a field violation; the first one also sets INVALID_ARGUMENT, reason INVALID_FIELD and the message. Past
// ERROR_VIOLATIONS_MAX the rest is dropped and the last description says so. Returns STATUS_INVALID_ARGUMENT.
enum status error_add_violation(struct error *error, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// "NOT_FOUND" for STATUS_NOT_FOUND. Never NULL; unknown numbers give "UNKNOWN".
const char *status_name(enum status code);

#endif
