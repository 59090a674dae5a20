// SPDX-License-Identifier: Apache-2.0
// Requests against the contract's rules: see validate.h.
#include "methods/validate.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "base/format.h"
#include "base/require.h"
#include "contract.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "kam/v1/common.pb-c.h"
#include "methods/path.h"
#include "methods/value.h"

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z
static const int64_t SECONDS_MIN = -62135596800, SECONDS_MAX = 253402300799;
enum { NANOS_MAX = 999999999, PLACE_BYTES = 256, LIST_BYTES = 90, QUOTE_BYTES = 40, DATE_BYTES = 40 };

struct validate_field {
    const ProtobufCFieldDescriptor *field;
    const struct contract_field *rules; // NULL for messages that are not ours
    const struct validate_rules *below; // of messages
};

struct validate_rules {
    struct validate_rules *next;
    const ProtobufCMessageDescriptor *descriptor;
    struct validate_field *fields;
    unsigned field_count;
};

const struct validate_rules *validate_compile(struct validate_cache *cache,
                                              const ProtobufCMessageDescriptor *descriptor)
{
    for (struct validate_rules *known = cache->all; known != NULL; known = known->next)
        if (known->descriptor == descriptor)
            return known;
    const struct contract_message *message = contract_find_message(descriptor);
    struct validate_rules *rules = arena_alloc(cache->arena, sizeof *rules);
    // Known before its fields are: messages may contain themselves.
    *rules = (struct validate_rules){.next = cache->all, .descriptor = descriptor, .field_count = descriptor->n_fields};
    cache->all = rules;
    rules->fields = arena_alloc(cache->arena, (descriptor->n_fields + 1) * sizeof *rules->fields);
    for (unsigned at = 0; at < descriptor->n_fields; at++) {
        struct validate_field *field = &rules->fields[at];
        field->field = &descriptor->fields[at];
        field->rules = message != NULL && message->fields != NULL ? &message->fields[at] : NULL;
        if (field->field->type == PROTOBUF_C_TYPE_MESSAGE)
            field->below = validate_compile(cache, field->field->descriptor);
    }
    return rules;
}

// ---- one value ----

struct check {
    const struct validate_mask *mask;
    const Google__Protobuf__FieldMask *update_mask;
    struct error *error;
    bool is_wrong;
};

// reason, text and values as of error_add_violation().
static void wrong(struct check *check, const char *place, const char *reason, const char *text,
                  const struct error_value *values)
{
    check->is_wrong = true;
    error_add_violation(check->error, place, reason, text, values);
}

// Whether a character shows something: kam.is_visible() is the same rule in the database.
static bool is_visible_character(utf8proc_int32_t character)
{
    static const utf8proc_int32_t EMPTY_BRAILLE_CELL = 0x2800;
    const utf8proc_property_t *property = utf8proc_get_property(character);
    switch (property->category) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
        return false;
    default:
        return !property->ignorable && character != EMPTY_BRAILLE_CELL;
    }
}

// Empty, or nothing to see in it. Bytes that are no UTF-8 are seen; refusing them is not asked here.
static bool is_blank(const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;
    while (*at != '\0') {
        utf8proc_int32_t character;
        utf8proc_ssize_t length = utf8proc_iterate(at, -1, &character);
        if (length <= 0 || is_visible_character(character))
            return false;
        at += length;
    }
    return true;
}

// What a record is known by in lists. These are not required in every request, but never blank where they are given.
static bool is_name(const char *field)
{
    return strcmp(field, "name") == 0 || strcmp(field, "subject") == 0;
}

static void check_text(struct check *check, const char *place, const struct contract_field *rules, const char *text)
{
    size_t length = strlen(text);
    if (length > rules->max_bytes) {
        wrong(check, place, "TOO_LONG", "must have at most {limit} bytes, has {actual} (a Chinese character takes 3)",
              ERROR_VALUES(ERROR_NUMBER("limit", rules->max_bytes), ERROR_NUMBER("actual", length)));
        return;
    }
    const char *advice = format_check(rules->format, text);
    if (advice != NULL)
        wrong(check, place, "WRONG_FORMAT", advice, NULL);
}

static void check_number(struct check *check, const char *place, const struct contract_field *rules, int64_t number)
{
    bool is_low = rules->has_min && number < rules->min;
    bool is_high = rules->has_max && number > rules->max;
    if (!is_low && !is_high)
        return;
    if (rules->has_min && rules->has_max)
        wrong(check, place, "OUT_OF_RANGE", "must be {min} to {max}, got {actual}",
              ERROR_VALUES(ERROR_NUMBER("min", rules->min), ERROR_NUMBER("max", rules->max),
                           ERROR_NUMBER("actual", number)));
    else if (is_low)
        wrong(check, place, "TOO_SMALL", "must be at least {min}, got {actual}",
              ERROR_VALUES(ERROR_NUMBER("min", rules->min), ERROR_NUMBER("actual", number)));
    else
        wrong(check, place, "TOO_LARGE", "must be at most {max}, got {actual}",
              ERROR_VALUES(ERROR_NUMBER("max", rules->max), ERROR_NUMBER("actual", number)));
}

// Names with commas between them, as many as there is room for.
struct list {
    char text[LIST_BYTES];
    size_t length;
};

static void list_add(struct list *list, const char *name)
{
    static const char MORE[] = ", ...";
    size_t room = sizeof list->text - sizeof MORE - list->length;
    bool is_full = list->length >= sizeof MORE && strcmp(list->text + list->length - (sizeof MORE - 1), MORE) == 0;
    if (is_full)
        return;
    if (strlen(name) + 2 > room)
        name = "...";
    list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                                     list->length > 0 ? ", " : "", name);
}

static void check_enum(struct check *check, const char *place, const ProtobufCEnumDescriptor *descriptor, int number)
{
    if (protobuf_c_enum_descriptor_get_value(descriptor, number) != NULL)
        return;
    struct list names = {.length = 0};
    for (unsigned at = 0; at < descriptor->n_values; at++)
        if (descriptor->values[at].value != 0)
            list_add(&names, descriptor->values[at].name);
    wrong(check, place, "UNKNOWN_VALUE", "{actual} is no {type}; there is {known}",
          ERROR_VALUES(ERROR_NUMBER("actual", number), ERROR_TEXT("type", descriptor->short_name),
                       ERROR_TEXT("known", names.text)));
}

static void check_timestamp(struct check *check, const char *place, const Google__Protobuf__Timestamp *timestamp)
{
    if (timestamp->seconds < SECONDS_MIN || timestamp->seconds > SECONDS_MAX)
        wrong(check, place, "TIME_OUT_OF_RANGE", "must lie in the years 1 to 9999; {actual} seconds since 1970 do not",
              ERROR_VALUES(ERROR_NUMBER("actual", timestamp->seconds)));
    else if (timestamp->nanos < 0 || timestamp->nanos > NANOS_MAX)
        wrong(check, place, "NANOS_OUT_OF_RANGE", "nanos must be 0 to 999999999, got {actual}",
              ERROR_VALUES(ERROR_NUMBER("actual", timestamp->nanos)));
}

// The places name the fields as people know them: the date, not its year.
static void check_years(struct check *check, const char *place, const struct contract_field *rules, int64_t year)
{
    if (rules == NULL || !rules->has_min || !rules->has_max || (year >= rules->min && year <= rules->max))
        return;
    wrong(check, place, "DATE_OUT_OF_RANGE", "must lie in the years {min} to {max}, got {actual}",
          ERROR_VALUES(ERROR_NUMBER("min", rules->min), ERROR_NUMBER("max", rules->max), ERROR_NUMBER("actual", year)));
}

static void check_date(struct check *check, const char *place, const struct contract_field *rules,
                       const Google__Type__Date *date)
{
    int64_t days;
    if (date->year < 1 || date->year > 9999)
        wrong(check, place, "YEAR_OUT_OF_RANGE", "year must be 1 to 9999, got {actual}",
              ERROR_VALUES(ERROR_NUMBER("actual", date->year)));
    else if (date->month < 1 || date->month > 12)
        wrong(check, place, "MONTH_OUT_OF_RANGE", "month must be 1 to 12 (1 when unknown), got {actual}",
              ERROR_VALUES(ERROR_NUMBER("actual", date->month)));
    else if (date->day < 1 || date->day > 31)
        wrong(check, place, "DAY_OUT_OF_RANGE", "day must be 1 to 31 (1 when unknown), got {actual}",
              ERROR_VALUES(ERROR_NUMBER("actual", date->day)));
    else if (!value_days_from_date(date->year, date->month, date->day, &days)) {
        char text[DATE_BYTES];
        snprintf(text, sizeof text, "%04" PRId32 "-%02" PRId32 "-%02" PRId32, date->year, date->month, date->day);
        wrong(check, place, "NO_SUCH_DAY", "there is no {date} in the calendar",
              ERROR_VALUES(ERROR_TEXT("date", text)));
    } else {
        check_years(check, place, rules, date->year);
    }
}

static void check_amount(struct check *check, const char *place, const struct contract_field *rules, int64_t amount)
{
    if (rules == NULL || !rules->has_min || !rules->has_max || (amount >= rules->min && amount <= rules->max))
        return;
    wrong(
        check, place, "AMOUNT_OUT_OF_RANGE",
        "must be {min} to {max} in the smallest unit of its currency, got {actual}",
        ERROR_VALUES(ERROR_NUMBER("min", rules->min), ERROR_NUMBER("max", rules->max), ERROR_NUMBER("actual", amount)));
}

static void check_message(struct check *check, const char *place, const struct validate_rules *rules,
                          ProtobufCMessage *message, bool is_resource);

static void check_value(struct check *check, const char *place, const struct validate_field *field, const void *member)
{
    const struct contract_field *rules = field->rules;
    switch (field->field->type) {
    case PROTOBUF_C_TYPE_STRING:
        if (rules != NULL)
            check_text(check, place, rules, *(char *const *)member);
        return;
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData *data = member;
        if (rules != NULL && data->len > rules->max_bytes)
            wrong(check, place, "TOO_MANY_BYTES", "must have at most {limit} bytes, has {actual}",
                  ERROR_VALUES(ERROR_NUMBER("limit", rules->max_bytes), ERROR_NUMBER("actual", data->len)));
        return;
    }
    case PROTOBUF_C_TYPE_ENUM:
        check_enum(check, place, field->field->descriptor, *(const int *)member);
        return;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        if (rules != NULL)
            check_number(check, place, rules, *(const int32_t *)member);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        if (rules != NULL)
            check_number(check, place, rules, *(const int64_t *)member);
        return;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        if (rules != NULL)
            check_number(check, place, rules, *(const uint32_t *)member);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        if (!isfinite(*(const double *)member))
            wrong(check, place, "NOT_FINITE", "must be a finite number", NULL);
        return;
    case PROTOBUF_C_TYPE_MESSAGE: {
        ProtobufCMessage *message = *(ProtobufCMessage *const *)member;
        if (message->descriptor == &google__protobuf__timestamp__descriptor)
            check_timestamp(check, place, (const Google__Protobuf__Timestamp *)message);
        else if (message->descriptor == &google__type__date__descriptor)
            check_date(check, place, rules, (const Google__Type__Date *)message);
        else if (message->descriptor != &google__protobuf__field_mask__descriptor)
            check_message(check, place, field->below, message, false);
        if (message->descriptor == &kam__v1__money__descriptor)
            check_amount(check, place, rules, ((const Kam__V1__Money *)message)->minor_units);
        return;
    }
    default:
        return;
    }
}

// ---- messages ----

static bool is_empty_element(const ProtobufCFieldDescriptor *field, const void *member)
{
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return is_blank(*(char *const *)member);
    return field->type == PROTOBUF_C_TYPE_ENUM && *(const int *)member == 0;
}

static void check_list(struct check *check, const char *place, const struct validate_field *field,
                       const ProtobufCMessage *message)
{
    size_t count = path_count(message, field->field);
    if (field->rules != NULL && count > field->rules->max_items) {
        wrong(check, place, "TOO_MANY", "must have at most {limit} items, has {actual}",
              ERROR_VALUES(ERROR_NUMBER("limit", field->rules->max_items), ERROR_NUMBER("actual", count)));
        return;
    }
    const char *items = *(char **)path_member(message, field->field);
    for (size_t at = 0; at < count; at++) {
        char item_place[PLACE_BYTES];
        // A path that deep is cut; the message names its beginning.
        int length = snprintf(item_place, sizeof item_place, "%s[%zu]", place, at);
        REQUIRE(length > 0);
        const void *member = items + at * value_size(field->field);
        if (is_empty_element(field->field, member))
            wrong(check, item_place, "EMPTY_ITEM", "must not be empty; leave it out instead", NULL);
        else
            check_value(check, item_place, field, member);
    }
}

// Whether the mask names a field of the resource; everything is named where there is no mask.
static bool is_named(const struct check *check, const char *field)
{
    if (check->update_mask == NULL)
        return true;
    if (strcmp(field, check->mask->id) == 0)
        return true;
    for (size_t at = 0; at < check->update_mask->n_paths; at++)
        if (strcmp(check->update_mask->paths[at], field) == 0)
            return true;
    return false;
}

static bool is_missing(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (!path_is_present(message, field))
        return true;
    if (field->type == PROTOBUF_C_TYPE_STRING && field->label != PROTOBUF_C_LABEL_REPEATED)
        return is_blank(*(char **)path_member(message, field));
    return false;
}

static bool is_required(const struct check *check, const struct validate_field *field, bool is_resource)
{
    if (field->rules == NULL)
        return false;
    if (is_resource && check->mask != NULL && strcmp(field->field->name, check->mask->id) == 0)
        return true;
    // An amount of money without its currency is nothing.
    bool is_wanted = field->rules->is_required || field->rules->format == CONTRACT_FORMAT_CURRENCY ||
                     (is_resource && is_name(field->field->name));
    return is_wanted && (!is_resource || is_named(check, field->field->name));
}

static void check_field(struct check *check, const char *place, const struct validate_field *field,
                        ProtobufCMessage *message, bool is_resource)
{
    if (field->rules != NULL && field->rules->is_output_only) {
        path_clear(message, field->field);
        return;
    }
    if (is_missing(message, field->field)) {
        if (is_required(check, field, is_resource))
            wrong(check, place, "REQUIRED", "must be set", NULL);
        // Text of blanks only is not nothing: it has a form to keep too.
        if (!path_is_present(message, field->field))
            return;
        if (field->rules != NULL && is_name(field->field->name) && !is_required(check, field, is_resource))
            wrong(check, place, "BLANK", "must hold a character that can be seen", NULL);
    }
    if (field->field->label == PROTOBUF_C_LABEL_REPEATED)
        check_list(check, place, field, message);
    else
        check_value(check, place, field, path_member(message, field->field));
}

static void check_message(struct check *check, const char *place, const struct validate_rules *rules,
                          ProtobufCMessage *message, bool is_resource)
{
    for (unsigned at = 0; at < rules->field_count; at++) {
        const struct validate_field *field = &rules->fields[at];
        char field_place[PLACE_BYTES];
        if (*place == '\0')
            snprintf(field_place, sizeof field_place, "%s", field->field->name);
        else
            snprintf(field_place, sizeof field_place, "%s.%s", place, field->field->name);
        const ProtobufCFieldDescriptor *descriptor = field->field;
        bool is_top = *place == '\0';
        if (is_top && check->mask != NULL && strcmp(descriptor->name, check->mask->resource) == 0 &&
            path_is_set(message, descriptor))
            check_message(check, field_place, field->below, *(ProtobufCMessage **)path_member(message, descriptor),
                          true);
        else
            check_field(check, field_place, field, message, is_resource);
    }
}

// ---- the update mask ----

static bool is_allowed(const struct validate_mask *mask, const char *path)
{
    for (size_t at = 0; at < mask->path_count; at++)
        if (strcmp(mask->paths[at], path) == 0)
            return true;
    return false;
}

// The start of a text that came with the request, cut between characters.
static const char *quote(const char *text, char quoted_r[QUOTE_BYTES + 1])
{
    size_t length = strnlen(text, QUOTE_BYTES);
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    memcpy(quoted_r, text, length);
    quoted_r[length] = '\0';
    return quoted_r;
}

static void check_mask_path(struct check *check, size_t at)
{
    const Google__Protobuf__FieldMask *update_mask = check->update_mask;
    const char *path = update_mask->paths[at];
    if (!is_allowed(check->mask, path)) {
        struct list names = {.length = 0};
        for (size_t known = 0; known < check->mask->path_count; known++)
            list_add(&names, check->mask->paths[known]);
        char quoted[QUOTE_BYTES + 1];
        wrong(check, "update_mask", "NOT_CHANGEABLE", "'{name}' cannot be changed here; these can: {known}",
              ERROR_VALUES(ERROR_TEXT("name", quote(path, quoted)), ERROR_TEXT("known", names.text)));
        return;
    }
    for (size_t before = 0; before < at; before++)
        if (strcmp(update_mask->paths[before], path) == 0) {
            char quoted[QUOTE_BYTES + 1];
            wrong(check, "update_mask", "NAMED_TWICE", "'{name}' is named twice; name each field once",
                  ERROR_VALUES(ERROR_TEXT("name", quote(path, quoted))));
            return;
        }
}

static void check_mask(struct check *check)
{
    if (check->update_mask->n_paths == 0)
        wrong(check, "update_mask", "MASK_EMPTY", "must name at least one field", NULL);
    for (size_t at = 0; at < check->update_mask->n_paths && check->error->violation_count < ERROR_VIOLATIONS_MAX; at++)
        check_mask_path(check, at);
}

enum status validate_request(const struct validate_rules *rules, ProtobufCMessage *request,
                             const struct validate_mask *mask, struct error *error)
{
    struct error found = {0};
    struct check check = {.mask = mask, .error = &found};
    if (mask != NULL) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field_by_name(rules->descriptor, "update_mask");
        REQUIRE(field != NULL);
        check.update_mask = *(Google__Protobuf__FieldMask **)path_member(request, field);
        if (check.update_mask != NULL)
            check_mask(&check);
    }
    check_message(&check, "", rules, request, false);
    if (!check.is_wrong)
        return STATUS_OK;
    *error = found;
    return STATUS_INVALID_ARGUMENT;
}
