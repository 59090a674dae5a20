// SPDX-License-Identifier: Apache-2.0
// Errors as values: texts and the details of google.rpc.Status, in an arena of the error's own.
#include <libintl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "internal.h"
#include "kam/v1/common.pb-c.h"

enum { ERROR_BYTES = 4 * 1024 * 1024, MOST_DETAILS = 200 };

static const char *const code_names[] = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

const char *kam_code_name(enum kam_code code)
{
    return (size_t)code < sizeof code_names / sizeof code_names[0] ? code_names[code] : "UNKNOWN";
}

void kam_error_clear(struct kam_error *error)
{
    arena_destroy(error->memory);
    *error = (struct kam_error){0};
}

struct arena *error_memory(struct kam_error *error)
{
    if (error->memory == NULL)
        error->memory = arena_create(ERROR_BYTES);
    return error->memory;
}

// Begins a new content; the old one is handed back because the new texts may be made from it.
static struct arena *begin(struct kam_error *error, enum kam_code code)
{
    struct arena *old = error->memory;
    *error = (struct kam_error){.code = code, .message = "", .reason = "", .conflict_by = "", .retry_after_ms = -1};
    return old;
}

enum kam_code error_set(struct kam_error *error, enum kam_code code, const char *reason, const char *format, ...)
{
    struct arena *old = begin(error, code);
    va_list arguments;
    va_start(arguments, format);
    error->message = arena_vprintf(error_memory(error), dgettext("kam", format), arguments);
    va_end(arguments);
    error->reason = arena_strdup(error_memory(error), reason);
    arena_destroy(old);
    return code;
}

static void take_bad_request(struct kam_error *error, const Google__Rpc__BadRequest *bad)
{
    size_t count = bad->n_field_violations < MOST_DETAILS ? bad->n_field_violations : MOST_DETAILS;
    struct kam_violation *violations = arena_alloc(error_memory(error), count * sizeof *violations);
    for (size_t at = 0; at < count; at++) {
        violations[at].field = arena_strdup(error_memory(error), bad->field_violations[at]->field);
        violations[at].reason = arena_strdup(error_memory(error), bad->field_violations[at]->reason);
        violations[at].description = arena_strdup(error_memory(error), bad->field_violations[at]->description);
    }
    error->violations = violations;
    error->violation_count = count;
}

static void take_info(struct kam_error *error, const Google__Rpc__ErrorInfo *info)
{
    size_t count = info->n_metadata < MOST_DETAILS ? info->n_metadata : MOST_DETAILS;
    struct kam_value *values = arena_alloc(error_memory(error), count * sizeof *values);
    for (size_t at = 0; at < count; at++) {
        values[at].name = arena_strdup(error_memory(error), info->metadata[at]->key);
        values[at].value = arena_strdup(error_memory(error), info->metadata[at]->value);
    }
    error->reason = arena_strdup(error_memory(error), info->reason);
    error->values = values;
    error->value_count = count;
}

static void take_preconditions(struct kam_error *error, const Google__Rpc__PreconditionFailure *failure)
{
    size_t count = failure->n_violations < MOST_DETAILS ? failure->n_violations : MOST_DETAILS;
    struct kam_precondition *preconditions = arena_alloc(error_memory(error), count * sizeof *preconditions);
    for (size_t at = 0; at < count; at++) {
        preconditions[at].type = arena_strdup(error_memory(error), failure->violations[at]->type);
        preconditions[at].subject = arena_strdup(error_memory(error), failure->violations[at]->subject);
        preconditions[at].description = arena_strdup(error_memory(error), failure->violations[at]->description);
    }
    error->preconditions = preconditions;
    error->precondition_count = count;
}

static void take_conflict(struct kam_error *error, const Kam__V1__Conflict *conflict)
{
    size_t count = conflict->n_fields < MOST_DETAILS ? conflict->n_fields : MOST_DETAILS;
    struct kam_field_conflict *fields = arena_alloc(error_memory(error), count * sizeof *fields);
    for (size_t at = 0; at < count; at++) {
        fields[at].field = arena_strdup(error_memory(error), conflict->fields[at]->field);
        fields[at].yours = arena_strdup(error_memory(error), conflict->fields[at]->yours);
        fields[at].theirs = arena_strdup(error_memory(error), conflict->fields[at]->theirs);
    }
    error->has_conflict = true;
    error->conflict_version = conflict->current_version;
    error->conflict_by = arena_strdup(error_memory(error), conflict->updated_by);
    error->conflict_fields = fields;
    error->conflict_field_count = count;
}

static void take_resource(struct kam_error *error, struct kam_resource *resources,
                          const Google__Rpc__ResourceInfo *info)
{
    resources[error->resource_count++] = (struct kam_resource){
        .type = arena_strdup(error_memory(error), info->resource_type),
        .name = arena_strdup(error_memory(error), info->resource_name),
        .owner = arena_strdup(error_memory(error), info->owner),
        .description = arena_strdup(error_memory(error), info->description),
    };
}

// A detail that cannot be read is passed over: the code and the message stand without it.
static void take_detail(struct kam_error *error, struct kam_resource *resources, const Google__Protobuf__Any *any)
{
    const char *name = strrchr(any->type_url, '/');
    name = name == NULL ? any->type_url : name + 1;
    const ProtobufCMessageDescriptor *descriptor = NULL;
    const ProtobufCMessageDescriptor *const known[] = {
        &google__rpc__error_info__descriptor,    &google__rpc__bad_request__descriptor,
        &google__rpc__retry_info__descriptor,    &google__rpc__precondition_failure__descriptor,
        &google__rpc__resource_info__descriptor, &kam__v1__conflict__descriptor,
    };
    for (size_t at = 0; at < sizeof known / sizeof known[0]; at++)
        if (strcmp(known[at]->name, name) == 0)
            descriptor = known[at];
    if (descriptor == NULL)
        return;
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, any->value.len, any->value.data);
    if (message == NULL)
        return;
    if (descriptor == &google__rpc__error_info__descriptor)
        take_info(error, (Google__Rpc__ErrorInfo *)message);
    else if (descriptor == &google__rpc__bad_request__descriptor)
        take_bad_request(error, (Google__Rpc__BadRequest *)message);
    else if (descriptor == &google__rpc__precondition_failure__descriptor)
        take_preconditions(error, (Google__Rpc__PreconditionFailure *)message);
    else if (descriptor == &kam__v1__conflict__descriptor)
        take_conflict(error, (Kam__V1__Conflict *)message);
    else if (descriptor == &google__rpc__resource_info__descriptor)
        take_resource(error, resources, (Google__Rpc__ResourceInfo *)message);
    else {
        const Google__Protobuf__Duration *delay = ((Google__Rpc__RetryInfo *)message)->retry_delay;
        if (delay != NULL && delay->seconds >= 0 && delay->seconds < INT32_MAX)
            error->retry_after_ms = delay->seconds * 1000 + delay->nanos / 1000000;
    }
    protobuf_c_message_free_unpacked(message, NULL);
}

void error_from_server(struct kam_error *error, enum kam_code code, const char *message, const uint8_t *details,
                       size_t length)
{
    struct arena *old = begin(error, code);
    error->message = arena_strdup(error_memory(error), message == NULL ? "" : message);
    Google__Rpc__Status *status = length > 0 ? google__rpc__status__unpack(NULL, length, details) : NULL;
    if (status != NULL) {
        if (*status->message != '\0')
            error->message = arena_strdup(error_memory(error), status->message);
        size_t count = status->n_details < MOST_DETAILS ? status->n_details : MOST_DETAILS;
        struct kam_resource *resources = arena_alloc(error_memory(error), count * sizeof *resources);
        error->resources = resources;
        for (size_t at = 0; at < count; at++)
            take_detail(error, resources, status->details[at]);
        google__rpc__status__free_unpacked(status, NULL);
    }
    if (*error->message == '\0')
        error->message = kam_code_name(code);
    arena_destroy(old);
}
