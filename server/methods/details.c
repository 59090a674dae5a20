// SPDX-License-Identifier: Apache-2.0
// Errors with details: see details.h.
#include "methods/details.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "google/rpc/error_details.pb-c.h"
#include "rpc/details.h"

enum { VALUES_MAX = 1024 }; // more than any client takes

static char *text_member(const json_t *object, const char *key, struct arena *arena)
{
    const char *text = json_string_value(json_object_get(object, key));
    return arena_strdup(arena, text == NULL ? "" : text);
}

// Values of the message, or of the detail whose place is the prefix, as entries of ErrorInfo.metadata.
static void read_values(const json_t *values, const char *prefix, struct arena *arena, Google__Rpc__ErrorInfo *info)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        if (info->n_metadata == VALUES_MAX)
            return;
        Google__Rpc__ErrorInfo__MetadataEntry *entry = arena_alloc(arena, sizeof *entry);
        google__rpc__error_info__metadata_entry__init(entry);
        entry->key = arena_printf(arena, "%s%s", prefix, key);
        if (json_is_string(value))
            entry->value = arena_strdup(arena, json_string_value(value));
        else if (json_is_integer(value))
            entry->value = arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        info->metadata[info->n_metadata++] = entry;
    }
}

static void read_metadata(const json_t *json, struct arena *arena, struct details *details)
{
    static const char *const lists[] = {"preconditions", "resources"};
    Google__Rpc__ErrorInfo *info = arena_alloc(arena, sizeof *info);
    google__rpc__error_info__init(info);
    info->metadata = arena_alloc(arena, VALUES_MAX * sizeof *info->metadata);
    read_values(json_object_get(json, "metadata"), "", arena, info);
    for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++) {
        size_t at;
        json_t *row;
        json_array_foreach(json_object_get(json, lists[list]), at, row)
            read_values(json_object_get(row, "values"), arena_printf(arena, "%s_%zu_", lists[list], at), arena, info);
    }
    if (info->n_metadata > 0)
        details->extra[details->extra_count++] = &info->base;
}

static void keep_values(char kept[ERROR_VALUES_BYTES], const json_t *values)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)values, key, value)
    {
        char number[24];
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        error_keep_value(kept, key, json_is_string(value) ? json_string_value(value) : number);
    }
}

static void read_violations(const json_t *json, struct error *error)
{
    size_t at;
    json_t *row;
    json_array_foreach(json_object_get(json, "violations"), at, row)
    {
        const char *field = json_string_value(json_object_get(row, "field"));
        const char *description = json_string_value(json_object_get(row, "description"));
        if (field == NULL || description == NULL)
            continue;
        // Adding the first one sets code, reason and message, which the statement has chosen already.
        struct error chosen = *error;
        const char *reason = json_string_value(json_object_get(row, "reason"));
        size_t place = error->violation_count;
        error_add_violation(error, field, reason == NULL ? "" : reason, description, NULL);
        if (place < error->violation_count)
            keep_values(error->violations[place].values, json_object_get(row, "values"));
        error->code = chosen.code;
        memcpy(error->reason, chosen.reason, sizeof error->reason);
        memcpy(error->message, chosen.message, sizeof error->message);
        memcpy(error->values, chosen.values, sizeof error->values);
        error->retry_after_ms = chosen.retry_after_ms;
    }
}

static void read_preconditions(const json_t *json, struct arena *arena, struct details *details)
{
    json_t *rows = json_object_get(json, "preconditions");
    size_t count = json_array_size(rows);
    if (count == 0)
        return;
    Google__Rpc__PreconditionFailure *failure = arena_alloc(arena, sizeof *failure);
    google__rpc__precondition_failure__init(failure);
    failure->violations = arena_alloc(arena, count * sizeof *failure->violations);
    size_t at;
    json_t *row;
    json_array_foreach(rows, at, row)
    {
        Google__Rpc__PreconditionFailure__Violation *violation = arena_alloc(arena, sizeof *violation);
        google__rpc__precondition_failure__violation__init(violation);
        violation->type = text_member(row, "type", arena);
        violation->subject = text_member(row, "subject", arena);
        violation->description = text_member(row, "description", arena);
        failure->violations[failure->n_violations++] = violation;
    }
    details->extra[details->extra_count++] = &failure->base;
}

static void read_resources(const json_t *json, struct arena *arena, struct details *details)
{
    size_t at;
    json_t *row;
    json_array_foreach(json_object_get(json, "resources"), at, row)
    {
        if (details->extra_count == DETAILS_EXTRA_MAX)
            return;
        Google__Rpc__ResourceInfo *info = arena_alloc(arena, sizeof *info);
        google__rpc__resource_info__init(info);
        info->resource_type = text_member(row, "type", arena);
        info->resource_name = text_member(row, "name", arena);
        info->owner = text_member(row, "owner", arena);
        info->description = text_member(row, "description", arena);
        details->extra[details->extra_count++] = &info->base;
    }
}

void details_read(const struct error *error, struct arena *arena, struct details *details_r)
{
    *details_r = (struct details){.error = *error};
    if (error->detail_json == NULL)
        return;
    json_t *json = json_loads(error->detail_json, 0, NULL);
    if (json_is_object(json)) {
        read_metadata(json, arena, details_r);
        read_violations(json, &details_r->error);
        read_preconditions(json, arena, details_r);
        read_resources(json, arena, details_r);
    }
    json_decref(json);
}

void details_fail(struct rpc_call *call, const struct error *error, const ProtobufCMessage *conflict)
{
    // Larger than what a client takes, cut to size by rpc_details_pack().
    struct arena *arena = arena_create(SIZE_MAX);
    struct details details;
    details_read(error, arena, &details);
    if (conflict != NULL && details.extra_count < DETAILS_EXTRA_MAX)
        details.extra[details.extra_count++] = conflict;
    size_t length = 0;
    const void *packed = rpc_details_pack(&details.error, arena, details.extra, details.extra_count, &length);
    rpc_call_fail(call, &details.error, packed, length);
    arena_destroy(arena);
}
