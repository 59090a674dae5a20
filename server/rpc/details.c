// SPDX-License-Identifier: Apache-2.0
// Error details: see details.h.
#include "rpc/details.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"

enum { SHORT_DESCRIPTION_BYTES = 48, FIXED_DETAILS = 3 };

// What goes in; smaller each time it turned out too large.
struct selection {
    size_t description_bytes;
    size_t extra_count;
    size_t violation_count;
    size_t precondition_count; // of the PreconditionFailure, when there is one
    bool is_cut;
};

static void add_any(Google__Rpc__Status *status, struct arena *arena, const ProtobufCMessage *message)
{
    Google__Protobuf__Any *any = arena_alloc(arena, sizeof *any);
    google__protobuf__any__init(any);
    any->type_url = arena_printf(arena, "type.googleapis.com/%s", message->descriptor->name);
    any->value.len = protobuf_c_message_get_packed_size(message);
    any->value.data = arena_alloc(arena, any->value.len);
    protobuf_c_message_pack(message, any->value.data);
    status->details[status->n_details++] = any;
}

static bool is_error_info(const ProtobufCMessage *message)
{
    return message->descriptor == &google__rpc__error_info__descriptor;
}

static const Google__Rpc__PreconditionFailure *find_failure(const ProtobufCMessage *const *extra, size_t extra_count)
{
    for (size_t at = 0; at < extra_count; at++)
        if (extra[at]->descriptor == &google__rpc__precondition_failure__descriptor)
            return (const Google__Rpc__PreconditionFailure *)extra[at];
    return NULL;
}

// A value of a precondition that is left out.
static bool is_of_cut(const char *key, const struct selection *selection)
{
    static const char list[] = "preconditions_";
    return strncmp(key, list, strlen(list)) == 0 &&
           strtoul(key + strlen(list), NULL, 10) >= selection->precondition_count;
}

static void add_value(Google__Rpc__ErrorInfo *info, struct arena *arena, const char *key, const char *value)
{
    Google__Rpc__ErrorInfo__MetadataEntry *entry = arena_alloc(arena, sizeof *entry);
    google__rpc__error_info__metadata_entry__init(entry);
    entry->key = arena_strdup(arena, key);
    entry->value = arena_strdup(arena, value);
    info->metadata[info->n_metadata++] = entry;
}

static void add_values(Google__Rpc__ErrorInfo *info, struct arena *arena, const char *values, const char *prefix)
{
    const char *name, *text;
    while (error_next_value(&values, &name, &text))
        add_value(info, arena, arena_printf(arena, "%s%s", prefix, name), text);
}

static void add_error_info(Google__Rpc__Status *status, struct arena *arena, const struct error *error,
                           const ProtobufCMessage *const *extra, const struct selection *selection,
                           size_t all_preconditions)
{
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    info.reason = arena_strdup(arena, error->reason);
    info.domain = arena_strdup(arena, "kam.v1");
    const Google__Rpc__ErrorInfo *given = NULL;
    for (size_t at = 0; at < selection->extra_count; at++)
        if (is_error_info(extra[at]))
            given = (const Google__Rpc__ErrorInfo *)extra[at];
    size_t given_count = given == NULL ? 0 : given->n_metadata;
    // A value takes at least three bytes where it is kept.
    size_t most = given_count + (1 + selection->violation_count) * (ERROR_VALUES_BYTES / 3) + 2;
    info.metadata = arena_alloc(arena, most * sizeof *info.metadata);
    for (size_t at = 0; at < given_count; at++)
        if (!is_of_cut(given->metadata[at]->key, selection))
            info.metadata[info.n_metadata++] = given->metadata[at];
    add_values(&info, arena, error->values, "");
    for (size_t at = 0; at < selection->violation_count; at++)
        add_values(&info, arena, error->violations[at].values, arena_printf(arena, "violations_%zu_", at));
    if (selection->is_cut)
        add_value(&info, arena, "details", "cut");
    if (selection->precondition_count < all_preconditions)
        add_value(&info, arena, "preconditions_total", arena_printf(arena, "%zu", all_preconditions));
    add_any(status, arena, &info.base);
}

static char *copy_start(struct arena *arena, const char *text, size_t bytes_max)
{
    size_t length = strlen(text);
    if (length <= bytes_max)
        return arena_copy(arena, text, length);
    length = bytes_max;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return arena_printf(arena, "%.*s…", (int)length, text);
}

static void add_bad_request(Google__Rpc__Status *status, struct arena *arena, const struct error *error,
                            const struct selection *selection)
{
    Google__Rpc__BadRequest__FieldViolation violations[ERROR_VIOLATIONS_MAX];
    Google__Rpc__BadRequest__FieldViolation *list[ERROR_VIOLATIONS_MAX];
    Google__Rpc__BadRequest request = GOOGLE__RPC__BAD_REQUEST__INIT;
    for (size_t at = 0; at < selection->violation_count; at++) {
        google__rpc__bad_request__field_violation__init(&violations[at]);
        violations[at].field = arena_strdup(arena, error->violations[at].field);
        violations[at].description = copy_start(arena, error->violations[at].description, selection->description_bytes);
        violations[at].reason = arena_strdup(arena, error->violations[at].reason);
        list[at] = &violations[at];
    }
    request.n_field_violations = selection->violation_count;
    request.field_violations = list;
    add_any(status, arena, &request.base);
}

static void add_retry_info(Google__Rpc__Status *status, struct arena *arena, int retry_after_ms)
{
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    delay.seconds = retry_after_ms / 1000;
    delay.nanos = retry_after_ms % 1000 * 1000000;
    retry.retry_delay = &delay;
    add_any(status, arena, &retry.base);
}

// The first ones of it.
static void add_failure(Google__Rpc__Status *status, struct arena *arena,
                        const Google__Rpc__PreconditionFailure *failure, size_t count)
{
    Google__Rpc__PreconditionFailure part = *failure;
    part.n_violations = count;
    if (count > 0)
        add_any(status, arena, &part.base);
}

static Google__Rpc__Status *build(const struct error *error, struct arena *arena, const ProtobufCMessage *const *extra,
                                  const struct selection *selection, size_t all_preconditions)
{
    Google__Rpc__Status *status = arena_alloc(arena, sizeof *status);
    google__rpc__status__init(status);
    status->code = (int32_t)error->code;
    status->message = arena_strdup(arena, error->message);
    status->details = arena_alloc(arena, (FIXED_DETAILS + selection->extra_count) * sizeof(Google__Protobuf__Any *));
    add_error_info(status, arena, error, extra, selection, all_preconditions);
    if (selection->violation_count > 0)
        add_bad_request(status, arena, error, selection);
    if (error->retry_after_ms > 0)
        add_retry_info(status, arena, error->retry_after_ms);
    for (size_t at = 0; at < selection->extra_count; at++)
        if (extra[at]->descriptor == &google__rpc__precondition_failure__descriptor)
            add_failure(status, arena, (const Google__Rpc__PreconditionFailure *)extra[at],
                        selection->precondition_count);
        else if (!is_error_info(extra[at]))
            add_any(status, arena, extra[at]);
    return status;
}

// The message travels twice: in here, and percent-encoded beside it.
static size_t room_for(const struct error *error)
{
    size_t encoded_message = 0;
    for (const char *at = error->message; *at != '\0'; at++)
        encoded_message += *at >= 0x20 && *at <= 0x7E && *at != '%' ? 1 : 3;
    size_t room = (RPC_DETAILS_ENCODED_BYTES - encoded_message) / 4 * 3;
    return room < RPC_DETAILS_BYTES ? room : RPC_DETAILS_BYTES;
}

static void shrink(struct selection *selection, const ProtobufCMessage *const *extra)
{
    bool is_failure_last = selection->extra_count > 0 && find_failure(extra + selection->extra_count - 1, 1) != NULL;
    selection->is_cut = true;
    if (selection->description_bytes > SHORT_DESCRIPTION_BYTES)
        selection->description_bytes = SHORT_DESCRIPTION_BYTES;
    else if (is_failure_last && selection->precondition_count > 0)
        selection->precondition_count -= 1 + selection->precondition_count / 8; // thousands take a few dozen steps
    else if (selection->extra_count > 0)
        selection->extra_count--;
    else if (selection->violation_count > 0)
        selection->violation_count--;
}

void *rpc_details_pack(const struct error *error, struct arena *arena, const ProtobufCMessage *const *extra,
                       size_t extra_count, size_t *length_r)
{
    struct selection selection = {
        .description_bytes = sizeof error->violations[0].description,
        .extra_count = extra_count,
        .violation_count = error->violation_count,
    };
    const Google__Rpc__PreconditionFailure *failure = find_failure(extra, extra_count);
    selection.precondition_count = failure == NULL ? 0 : failure->n_violations;
    size_t room = room_for(error), all_preconditions = selection.precondition_count;
    Google__Rpc__Status *status = build(error, arena, extra, &selection, all_preconditions);
    size_t length = google__rpc__status__get_packed_size(status);
    while (length > room && (selection.extra_count > 0 || selection.violation_count > 0)) {
        shrink(&selection, extra);
        status = build(error, arena, extra, &selection, all_preconditions);
        length = google__rpc__status__get_packed_size(status);
    }
    uint8_t *packed = arena_alloc(arena, length);
    google__rpc__status__pack(status, packed);
    *length_r = length;
    return packed;
}
