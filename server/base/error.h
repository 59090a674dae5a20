// SPDX-License-Identifier: Apache-2.0
// One vocabulary for what went wrong: the gRPC status codes
// (https://github.com/grpc/grpc/blob/master/doc/statuscodes.md), a stable reason for programs, a text for people.
#ifndef KAM_BASE_ERROR_H
#define KAM_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

// A named value of a text: fills its place "{limit}" and goes to the client, which may say it in another language.
struct error_value {
    const char *name;
    const char *text; // NULL: the number counts
    int64_t number;
};

#define ERROR_TEXT(name_, text_) ((struct error_value){.name = (name_), .text = (text_)})
#define ERROR_NUMBER(name_, number_) ((struct error_value){.name = (name_), .number = (int64_t)(number_)})
// A list of values for the functions below, which take NULL for none.
#define ERROR_VALUES(...) ((const struct error_value[]){__VA_ARGS__, {0}})

enum { ERROR_VALUES_BYTES = 192 };

// One field of the request that is wrong; becomes google.rpc.BadRequest.FieldViolation.
struct error_violation {
    char field[96];                  // path as in a field mask: "account.phone"
    char reason[32];                 // stable, of the kind of violation: "TOO_LONG"; "" when there is none
    char description[160];           // what was wrong and what would be right
    char values[ERROR_VALUES_BYTES]; // read them with error_next_value()
};

// Owned by the caller, usually on its stack. Functions that fail fill it and return its code.
struct error {
    enum status code;
    char reason[64];                 // stable, UPPER_SNAKE_CASE; becomes google.rpc.ErrorInfo.reason
    char message[512];               // UTF-8, for people
    int retry_after_ms;              // > 0 becomes google.rpc.RetryInfo
    char values[ERROR_VALUES_BYTES]; // of the message; become google.rpc.ErrorInfo.metadata
    size_t violation_count;
    struct error_violation violations[ERROR_VIOLATIONS_MAX];
    // More of the error as JSON (borrowed, may be NULL): what a statement put into DETAIL. See methods/details.h.
    const char *detail_json;
};

// Sets code, reason and text, forgets violations. Cuts the text at a UTF-8 boundary where it is too long. Returns code.
enum status error_set(struct error *error, enum status code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// The same for an error that a client gets to see: text has "{name}" where a value belongs; values end with one without
// a name, NULL for none.
enum status error_refuse(struct error *error, enum status code, const char *reason, const char *text,
                         const struct error_value *values);

// Adds a field violation; the first one also sets INVALID_ARGUMENT, reason INVALID_FIELD and the message. reason, text
// and values as above. Past ERROR_VIOLATIONS_MAX the rest is dropped and the last description says so. Returns
// STATUS_INVALID_ARGUMENT.
enum status error_add_violation(struct error *error, const char *field, const char *reason, const char *text,
                                const struct error_value *values);

// Walks the values kept in an error or a violation: start with *at_r = values. False at the end.
bool error_next_value(const char **at_r, const char **name_r, const char **text_r);

// Keeps one more value; false when there is no room.
bool error_keep_value(char values[ERROR_VALUES_BYTES], const char *name, const char *text);

// "NOT_FOUND" for STATUS_NOT_FOUND. Never NULL; unknown numbers give "UNKNOWN".
const char *status_name(enum status code);

#endif
