// SPDX-License-Identifier: Apache-2.0
// One vocabulary for what went wrong: see error.h.
#include "base/error.h"

#include <inttypes.h>
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

static void __attribute__((format(printf, 3, 0)))
format_text(char *text, size_t capacity, const char *format, va_list arguments)
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

// The end of what is kept; each value is its name, NUL, its text, NUL.
static size_t kept_bytes(const char *values)
{
    const char *at = values, *name, *text;
    while (error_next_value(&at, &name, &text))
        continue;
    return (size_t)(at - values);
}

bool error_next_value(const char **at_r, const char **name_r, const char **text_r)
{
    if (**at_r == '\0')
        return false;
    *name_r = *at_r;
    *text_r = *name_r + strlen(*name_r) + 1;
    *at_r = *text_r + strlen(*text_r) + 1;
    return true;
}

bool error_keep_value(char values[ERROR_VALUES_BYTES], const char *name, const char *text)
{
    size_t used = kept_bytes(values), name_size = strlen(name) + 1, text_size = strlen(text) + 1;
    if (name_size == 1 || name_size + text_size + 1 > ERROR_VALUES_BYTES - used)
        return false;
    memcpy(values + used, name, name_size);
    memcpy(values + used + name_size, text, text_size);
    values[used + name_size + text_size] = '\0';
    return true;
}

static void keep_values(char kept[ERROR_VALUES_BYTES], const struct error_value *values)
{
    for (; values != NULL && values->name != NULL; values++) {
        char number[24];
        snprintf(number, sizeof number, "%" PRId64, values->number);
        error_keep_value(kept, values->name, values->text != NULL ? values->text : number);
    }
}

// Copies the text with the values in their places. A place without a value stays as it is.
static void fill_in(char *filled, size_t capacity, const char *text, const char *kept)
{
    size_t used = 0;
    while (*text != '\0' && used + 1 < capacity) {
        const char *at = kept, *name = "", *value = NULL, *found = NULL;
        size_t length = *text == '{' ? strcspn(text, "}") : 0;
        while (found == NULL && length > 1 && error_next_value(&at, &name, &value))
            if (strlen(name) == length - 1 && strncmp(name, text + 1, length - 1) == 0)
                found = value;
        if (found == NULL) {
            filled[used++] = *text++;
            continue;
        }
        int written = snprintf(filled + used, capacity - used, "%s", found);
        used = (size_t)written < capacity - used ? used + (size_t)written : capacity - 1;
        text += length + 1;
    }
    filled[used] = '\0';
    if (*text != '\0' || used + 1 == capacity)
        drop_partial_character(filled);
}

enum status error_refuse(struct error *error, enum status code, const char *reason, const char *text,
                         const struct error_value *values)
{
    error_set(error, code, reason, "%s", "");
    keep_values(error->values, values);
    fill_in(error->message, sizeof error->message, text, error->values);
    return code;
}

enum status error_add_violation(struct error *error, const char *field, const char *reason, const char *text,
                                const struct error_value *values)
{
    struct error_violation violation = {0};
    bool is_full = error->violation_count == ERROR_VIOLATIONS_MAX;
    snprintf(violation.field, sizeof violation.field, "%s", is_full ? "..." : field);
    drop_partial_character(violation.field);
    snprintf(violation.reason, sizeof violation.reason, "%s", is_full ? "MORE_FIELDS" : reason);
    keep_values(violation.values, is_full ? NULL : values);
    fill_in(violation.description, sizeof violation.description,
            is_full ? "more fields are wrong; correct these first" : text, violation.values);
    if (is_full) {
        error->violations[ERROR_VIOLATIONS_MAX - 1] = violation;
        return STATUS_INVALID_ARGUMENT;
    }
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
