// SPDX-License-Identifier: Apache-2.0
// One vocabulary for what went wrong: see error.h.
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A cut inside a multi-byte character would make the text invalid UTF-8, which gRPC clients refuse.
static void drop_partial_character(char *text)
{
    size_t length = strlen(text);
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (length - (start - 1) < wanted)
        text[start - 1] = '\0';
}

static void __attribute__((format(printf, 3, 0))) format_text(char *text, size_t capacity, const char *format,
                                                                va_list arguments)
{
    int length = vsnprintf(text, capacity, format, arguments);
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= capacity)
        drop_partial_character(text);
}

enum status error_set(struct error *error, enum status code, const char *reason, const char *format, ...)
{
    *error = (struct error){.code = code};
    snprintf(error->reason, sizeof error->reason, "%s", reason);
    va_list arguments;
    va_start(arguments, format);
    format_text(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return code;
}

enum status error_add_violation(struct error *error, const char *field, const char *format, ...)
{
    if (error->violation_count == ERROR_VIOLATIONS_MAX) {
        struct error_violation *last = &error->violations[ERROR_VIOLATIONS_MAX - 1];
        snprintf(last->field, sizeof last->field, "%s", "...");
        snprintf(last->description, sizeof last->description, "%s", "more fields are wrong; correct these first");
        return STATUS_INVALID_ARGUMENT;
    }
    struct error_violation violation = {0};
    snprintf(violation.field, sizeof violation.field, "%s", field);
    drop_partial_character(violation.field);
    va_list arguments;
    va_start(arguments, format);
    format_text(violation.description, sizeof violation.description, format, arguments);
    va_end(arguments);
    if (error->violation_count == 0)
        error_set(error, STATUS_INVALID_ARGUMENT, "INVALID_FIELD", "%s: %s", violation.field, violation.description);
    error->violations[error->violation_count++] = violation;
    return STATUS_INVALID_ARGUMENT;
}

const char *status_name(enum status code)
{
    static const char *const NAMES[] = {
        "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
        "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
        "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
        "DATA_LOSS", "UNAUTHENTICATED",
    };
    return (size_t)code < sizeof NAMES / sizeof *NAMES ? NAMES[code] : "UNKNOWN";
}
