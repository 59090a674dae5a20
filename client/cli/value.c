// SPDX-License-Identifier: Apache-2.0
#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/format.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/type/date.pb-c.h"
#include "json.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/common.pb-c.h"
#include "kam/v1/contact.pb-c.h"
#include "kam/v1/target.pb-c.h"
#include "language.h"
#include "message.h"
#include "text.h"
#include "when.h"

enum value_form value_form(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return VALUE_TEXT;
    case PROTOBUF_C_TYPE_BYTES:
        return VALUE_BYTES;
    case PROTOBUF_C_TYPE_BOOL:
        return VALUE_BOOL;
    case PROTOBUF_C_TYPE_ENUM:
        return VALUE_ENUM;
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        return VALUE_REAL;
    case PROTOBUF_C_TYPE_MESSAGE:
        if (field->descriptor == &google__protobuf__timestamp__descriptor)
            return VALUE_TIME;
        if (field->descriptor == &google__type__date__descriptor)
            return VALUE_DATE;
        if (field->descriptor == &kam__v1__target_counts__descriptor)
            return VALUE_COUNTS;
        return field->descriptor == &kam__v1__money__descriptor ? VALUE_MONEY : VALUE_MESSAGE;
    default:
        return VALUE_INTEGER;
    }
}

// ---- Money

static int currency_digits(const char *currency)
{
    static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
    static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";
    if (strlen(currency) != 3)
        return 2;
    return strstr(none, currency) != NULL ? 0 : strstr(three, currency) != NULL ? 3 : 2;
}

static int64_t power_of_ten(int digits)
{
    return digits == 0 ? 1 : 10 * power_of_ten(digits - 1);
}

enum { GROUPED_BYTES = 48 };

static uint64_t magnitude(int64_t minor_units)
{
    return minor_units < 0 ? 0 - (uint64_t)minor_units : (uint64_t)minor_units;
}

static void write_groups(uint64_t number, bool has_groups, char grouped_r[GROUPED_BYTES])
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number), used = 0;
    for (int at = 0; at < length; at++) {
        if (has_groups && at > 0 && (length - at) % 3 == 0)
            grouped_r[used++] = ',';
        grouped_r[used++] = digits[at];
    }
    grouped_r[used] = '\0';
}

const char *value_format_whole_money(struct arena *arena, const char *currency, int64_t minor_units, bool says_currency)
{
    uint64_t unit = (uint64_t)power_of_ten(currency_digits(currency));
    uint64_t whole = (magnitude(minor_units) + unit / 2) / unit;
    char grouped[GROUPED_BYTES];
    write_groups(whole, true, grouped);
    const char *space = !says_currency || *currency == '\0' ? "" : " ";
    return arena_printf(arena, "%s%s%s%s", says_currency ? currency : "", space,
                        minor_units < 0 && whole > 0 ? "-" : "", grouped);
}

const char *value_format_money(struct arena *arena, const char *currency, int64_t minor_units, bool has_groups)
{
    int digits = currency_digits(currency);
    uint64_t amount = magnitude(minor_units), unit = (uint64_t)power_of_ten(digits);
    char grouped[GROUPED_BYTES];
    write_groups(amount / unit, has_groups, grouped);
    const char *sign = minor_units < 0 ? "-" : "";
    const char *space = *currency == '\0' ? "" : " ";
    if (digits == 0)
        return arena_printf(arena, "%s%s%s%s", currency, space, sign, grouped);
    return arena_printf(arena, "%s%s%s%s.%0*" PRIu64, currency, space, sign, grouped, digits, amount % unit);
}

// Digits with optional groups of three and a fraction, into the smallest unit.
static bool parse_amount(const char *text, size_t length, int digits, int64_t *minor_units_r)
{
    int64_t amount = 0;
    int seen = 0, fraction = -1;
    bool is_negative = length > 0 && *text == '-';
    for (size_t at = is_negative ? 1 : 0; at < length; at++) {
        char mark = text[at];
        if (mark == ',' && fraction < 0 && seen > 0)
            continue;
        if (mark == '.' && fraction < 0) {
            fraction = 0;
            continue;
        }
        if (!isdigit((unsigned char)mark) || fraction == digits || __builtin_mul_overflow(amount, 10, &amount) ||
            __builtin_add_overflow(amount, mark - '0', &amount))
            return false;
        seen++;
        fraction += fraction >= 0;
    }
    if (seen == 0 || __builtin_mul_overflow(amount, power_of_ten(digits - (fraction < 0 ? 0 : fraction)), &amount))
        return false;
    *minor_units_r = is_negative ? -amount : amount;
    return true;
}

static bool is_currency(const char *text)
{
    return isalpha((unsigned char)text[0]) && isalpha((unsigned char)text[1]) && isalpha((unsigned char)text[2]);
}

bool value_parse_money(const char *text, char currency_r[4], int64_t *minor_units_r)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        length--;
    if (length < 4)
        return false;
    bool is_first = is_currency(text);
    if (!is_first && !is_currency(text + length - 3))
        return false;
    const char *currency = is_first ? text : text + length - 3;
    char code[4];
    for (int at = 0; at < 3; at++)
        code[at] = (char)toupper((unsigned char)currency[at]);
    code[3] = '\0';
    const char *amount = is_first ? text + 3 : text;
    size_t amount_length = length - 3;
    while (amount_length > 0 && *amount == ' ')
        amount++, amount_length--;
    while (amount_length > 0 && amount[amount_length - 1] == ' ')
        amount_length--;
    if (!parse_amount(amount, amount_length, currency_digits(code), minor_units_r))
        return false;
    memcpy(currency_r, code, sizeof code);
    return true;
}

// ---- Enums

// "ACCOUNT_STATUS_PROSPECT" without what it shares with "ACCOUNT_STATUS_UNSPECIFIED".
static const char *bare_name(const ProtobufCEnumDescriptor *descriptor, const ProtobufCEnumValue *value)
{
    const char *zero = descriptor->values[0].name;
    const char *end = strstr(zero, "UNSPECIFIED");
    size_t length = end == NULL ? 0 : (size_t)(end - zero);
    return strncmp(value->name, zero, length) == 0 ? value->name + length : value->name;
}

const char *value_enum_word(struct arena *arena, const ProtobufCEnumDescriptor *descriptor,
                            const ProtobufCEnumValue *value)
{
    char *word = arena_strdup(arena, bare_name(descriptor, value));
    for (char *at = word; *at != '\0'; at++)
        *at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
    return word;
}

const char *value_enum_label(struct arena *arena, const ProtobufCEnumDescriptor *descriptor,
                             const ProtobufCEnumValue *value)
{
    char *label = arena_strdup(arena, bare_name(descriptor, value));
    for (char *at = label; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : at == label ? *at : (char)tolower((unsigned char)*at);
    return language_label(descriptor->short_name, label);
}

const char *value_enum_words(struct arena *arena, const ProtobufCEnumDescriptor *descriptor)
{
    const char *all = "";
    for (unsigned at = 0; at < descriptor->n_values; at++)
        if (descriptor->values[at].value != 0)
            all = arena_printf(arena, "%s%s%s", all, *all == '\0' ? "" : ", ",
                               value_enum_word(arena, descriptor, &descriptor->values[at]));
    return all;
}

static const char *format_enum(struct arena *arena, const ProtobufCEnumDescriptor *descriptor, int number,
                               bool is_plain)
{
    const ProtobufCEnumValue *value = message_enum_by_number(descriptor, number);
    if (number == 0)
        return "";
    if (value == NULL)
        return arena_printf(arena, "%d", number);
    return is_plain ? value_enum_word(arena, descriptor, value) : value_enum_label(arena, descriptor, value);
}

// ---- Reading out

static const char *format_time(struct arena *arena, const Google__Protobuf__Timestamp *time, bool is_plain)
{
    char text[JSON_TIMESTAMP_BYTES];
    struct tm local;
    time_t seconds = (time_t)time->seconds;
    if (is_plain || localtime_r(&seconds, &local) == NULL)
        json_format_timestamp(time->seconds, is_plain ? time->nanos : 0, text);
    else
        strftime(text, sizeof text, "%Y-%m-%d %H:%M", &local);
    return arena_strdup(arena, text);
}

static int64_t integer_at(const ProtobufCFieldDescriptor *field, const void *value)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return *(const int64_t *)value;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return *(const uint32_t *)value;
    default:
        return *(const int32_t *)value;
    }
}

bool value_is_relationship(const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field)
{
    return (message == &kam__v1__position__descriptor && strcmp(field->name, "relationship") == 0) ||
           (message == &kam__v1__relationship_change__descriptor && strcmp(field->name, "level") == 0);
}

bool value_is_erased(const char *text)
{
    return strcmp(text, "[erased]") == 0;
}

const char *value_format_relationship(struct arena *arena, int64_t level)
{
    static const char *const words[] = {
        NULL,
        NC_("relationship", "known"),
        NC_("relationship", "meeting"),
        NC_("relationship", "accepted"),
        NC_("relationship", "trusted"),
        NC_("relationship", "allied"),
    };
    if (level < 1 || level >= (int64_t)(sizeof words / sizeof words[0]))
        return arena_printf(arena, "%" PRId64, level);
    return arena_printf(arena, "%" PRId64 " %s", level, language_label("relationship", words[level]));
}

bool value_is_percent(const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field)
{
    const struct contract_message *contract = contract_find_message(message);
    return contract != NULL && contract->fields[field - message->fields].format == CONTRACT_FORMAT_PERCENT;
}

const char *value_format_percent(struct arena *arena, int64_t hundredths, bool has_sign)
{
    uint64_t amount = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;
    const char *minus = hundredths < 0 ? "-" : "", *sign = has_sign ? " %" : "";
    if (amount % 100 == 0)
        return arena_printf(arena, "%s%" PRIu64 "%s", minus, amount / 100, sign);
    if (amount % 10 == 0)
        return arena_printf(arena, "%s%" PRIu64 ".%" PRIu64 "%s", minus, amount / 100, amount % 100 / 10, sign);
    return arena_printf(arena, "%s%" PRIu64 ".%02" PRIu64 "%s", minus, amount / 100, amount % 100, sign);
}

// How much of a target list is touched, and won: "####...... 8/20, 3 won".
static const char *format_counts(struct arena *arena, const Kam__V1__TargetCounts *counts, bool is_plain)
{
    enum { BAR = 10 };
    int touched = counts->entries - counts->untouched;
    if (counts->entries <= 0)
        return "";
    if (is_plain)
        return arena_printf(arena, "%d/%d", touched, counts->entries);
    char bar[BAR + 1];
    int filled = (int)((int64_t)touched * BAR / counts->entries);
    for (int at = 0; at < BAR; at++)
        bar[at] = at < filled ? '#' : '.';
    bar[BAR] = '\0';
    return arena_printf(arena, _("%s %d/%d, %d won"), bar, touched, counts->entries, counts->won);
}

// What an archive lacks: fields by their labels, and groups of records.
static const char *format_missing(struct arena *arena, const char *part)
{
    static const char *const groups[][2] = {
        {"figures", NC_("missing", "Figures")},
        {"supply", NC_("missing", "Suppliers")},
        {"contacts", NC_("missing", "People")},
        {"decider", NC_("missing", "Decider")},
    };
    for (size_t at = 0; at < sizeof groups / sizeof groups[0]; at++)
        if (strcmp(groups[at][0], part) == 0)
            return language_label("missing", groups[at][1]);
    const ProtobufCMessageDescriptor *account = &kam__v1__account__descriptor;
    const ProtobufCFieldDescriptor *field = message_find_field(account, part);
    return field == NULL
               ? arena_strdup(arena, part)
               : language_label("field", contract_find_message(account)->fields[field - account->fields].label_en);
}

static const char *format(struct arena *arena, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                          size_t index, bool is_plain)
{
    if (index >= message_count(message, field))
        return "";
    const void *value = message_value(message, field, index);
    switch (value_form(field)) {
    case VALUE_TEXT:
        if (!is_plain && message->descriptor == &kam__v1__account__descriptor && strcmp(field->name, "missing") == 0)
            return format_missing(arena, *(char *const *)value);
        return !is_plain && value_is_erased(*(char *const *)value) ? _("(erased person)")
                                                                   : arena_strdup(arena, *(char *const *)value);
    case VALUE_INTEGER:
        if (value_is_percent(message->descriptor, field))
            return value_format_percent(arena, integer_at(field, value), !is_plain);
        return !is_plain && value_is_relationship(message->descriptor, field)
                   ? value_format_relationship(arena, integer_at(field, value))
                   : arena_printf(arena, "%" PRId64, integer_at(field, value));
    case VALUE_REAL:
        return arena_printf(
            arena, "%g", field->type == PROTOBUF_C_TYPE_FLOAT ? (double)*(const float *)value : *(const double *)value);
    case VALUE_BOOL:
        return is_plain ? (*(const protobuf_c_boolean *)value ? "true" : "false")
                        : (*(const protobuf_c_boolean *)value ? _("yes") : _("no"));
    case VALUE_ENUM:
        return format_enum(arena, field->descriptor, *(const int *)value, is_plain);
    case VALUE_TIME:
        return format_time(arena, *(void *const *)value, is_plain);
    case VALUE_DATE: {
        const Google__Type__Date *date = *(void *const *)value;
        return arena_printf(arena, "%04d-%02d-%02d", date->year, date->month, date->day);
    }
    case VALUE_MONEY: {
        const Kam__V1__Money *money = *(void *const *)value;
        return value_format_money(arena, money->currency_code, money->minor_units, !is_plain);
    }
    case VALUE_COUNTS:
        return format_counts(arena, *(void *const *)value, is_plain);
    case VALUE_BYTES:
        return arena_printf(arena, _("%zu bytes"), ((const ProtobufCBinaryData *)value)->len);
    case VALUE_MESSAGE:
        break;
    }
    return "";
}

const char *value_format(struct arena *arena, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                         size_t index)
{
    return format(arena, message, field, index, false);
}

const char *value_format_plain(struct arena *arena, const ProtobufCMessage *message,
                               const ProtobufCFieldDescriptor *field, size_t index)
{
    return format(arena, message, field, index, true);
}

// ---- Reading in

static const char *parse_text(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                              const struct contract_field *contract, const char *text)
{
    size_t length = strlen(text);
    if (!text_is_utf8(text, length))
        return _("is not UTF-8 text");
    if (length > contract->max_bytes)
        return arena_printf(arena, _("is longer than %u bytes"), contract->max_bytes);
    for (const char *at = text; *at != '\0' && contract->format != CONTRACT_FORMAT_LONG_TEXT; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return _("must be one line");
    const char *wrong = *text == '\0' ? NULL : format_check(contract->format, text);
    if (wrong != NULL)
        return language_text(wrong);
    message_add_text(message, field, text);
    return NULL;
}

static const char *parse_integer(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                 const struct contract_field *contract, const char *text)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool is_narrow = field->type == PROTOBUF_C_TYPE_INT32 || field->type == PROTOBUF_C_TYPE_SINT32;
    int64_t least = contract->has_min ? contract->min : is_narrow ? INT32_MIN : INT64_MIN;
    int64_t most = contract->has_max ? contract->max : is_narrow ? INT32_MAX : INT64_MAX;
    if (errno != 0 || end == text || *end != '\0' || number < least || number > most)
        return contract->has_max ? arena_printf(arena, _("must be a whole number from %lld to %lld"), (long long)least,
                                                (long long)most)
                                 : _("must be a whole number");
    void *value = message_add(message, field);
    if (is_narrow)
        *(int32_t *)value = (int32_t)number;
    else
        *(int64_t *)value = number;
    return NULL;
}

static size_t length_without_blanks(const char *text, size_t length)
{
    while (length > 0 && text[length - 1] == ' ')
        length--;
    return length;
}

// "12.5", "12.5%", "12.5 %", with the sign as a Chinese keyboard has it too.
static const char *parse_percent(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                                 const struct contract_field *contract, const char *text)
{
    static const char wide_sign[] = "％";
    size_t length = length_without_blanks(text, strlen(text));
    if (length > 0 && text[length - 1] == '%')
        length--;
    else if (length >= sizeof wide_sign - 1 &&
             memcmp(text + length - (sizeof wide_sign - 1), wide_sign, sizeof wide_sign - 1) == 0)
        length -= sizeof wide_sign - 1;
    length = length_without_blanks(text, length);
    int64_t hundredths;
    if (!parse_amount(text, length, 2, &hundredths) || hundredths < contract->min || hundredths > contract->max)
        return arena_printf(arena, _("must be a percentage from %s to %s, with two digits after the point at most"),
                            value_format_percent(arena, contract->min, true),
                            value_format_percent(arena, contract->max, true));
    *(int32_t *)message_add(message, field) = (int32_t)hundredths;
    return NULL;
}

enum { FEWEST_LETTERS = 3 };

// By the word to type or its beginning, or by the label in the user's language.
static const char *parse_enum(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                              const char *text)
{
    const ProtobufCEnumDescriptor *descriptor = field->descriptor;
    for (unsigned at = 0; at < descriptor->n_values; at++) {
        const ProtobufCEnumValue *value = &descriptor->values[at];
        char *word = arena_strdup(arena, value_enum_word(arena, descriptor, value));
        bool is_meant =
            strcasecmp(text, word) == 0 || strcasecmp(text, value_enum_label(arena, descriptor, value)) == 0;
        for (char *dash = strchr(word, '-'); dash != NULL && !is_meant; dash = strchr(dash, '-'))
            *dash = '_';
        is_meant = is_meant || strcasecmp(text, word) == 0;
        if (is_meant && value->value != 0) {
            *(int *)message_add(message, field) = value->value;
            return NULL;
        }
    }
    const ProtobufCEnumValue *begun = NULL; // "tue" is tuesday where no other word begins so
    size_t length = strlen(text);
    for (unsigned at = 0; length >= FEWEST_LETTERS && at < descriptor->n_values; at++) {
        const ProtobufCEnumValue *value = &descriptor->values[at];
        if (value->value == 0 || strncasecmp(text, value_enum_word(arena, descriptor, value), length) != 0)
            continue;
        if (begun != NULL)
            return arena_printf(arena, _("must be one of: %s"), value_enum_words(arena, descriptor));
        begun = value;
    }
    if (begun == NULL)
        return arena_printf(arena, _("must be one of: %s"), value_enum_words(arena, descriptor));
    *(int *)message_add(message, field) = begun->value;
    return NULL;
}

static const char *parse_bool(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *text)
{
    static const char *const truths[] = {"yes", "true", "1", "y", "是", "on"};
    static const char *const lies[] = {"no", "false", "0", "n", "否", "off"};
    for (size_t at = 0; at < sizeof truths / sizeof truths[0]; at++) {
        bool is_true = strcasecmp(text, truths[at]) == 0;
        if (is_true || strcasecmp(text, lies[at]) == 0) {
            *(protobuf_c_boolean *)message_add(message, field) = is_true;
            return NULL;
        }
    }
    return _("must be yes or no");
}

static const char *parse_time(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *text,
                              time_t now)
{
    int64_t seconds;
    int32_t nanos;
    if (!when_parse_time(text, now, &seconds, &nanos))
        return _("must be a time: \"2026-11-21 14:30\", \"tomorrow 9:00\", \"monday 10:00\", \"in 3 days\", \"+2h\"");
    Google__Protobuf__Timestamp *time = (Google__Protobuf__Timestamp *)message_sub(message, field);
    time->seconds = seconds;
    time->nanos = nanos;
    return NULL;
}

static bool is_out_of_range(const struct contract_field *contract, int64_t number)
{
    return contract->has_min && contract->has_max && (number < contract->min || number > contract->max);
}

static const char *parse_date(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                              const struct contract_field *contract, const char *text, time_t now)
{
    int year, month, day;
    if (!when_parse_date(text, now, &year, &month, &day))
        return _("must be a date: \"2026-11-21\", \"today\", \"friday\", \"in 3 days\", \"+2w\", or a year");
    if (is_out_of_range(contract, year))
        return arena_printf(arena, _("must lie in the years %lld to %lld"), (long long)contract->min,
                            (long long)contract->max);
    Google__Type__Date *date = (Google__Type__Date *)message_sub(message, field);
    date->year = year;
    date->month = month;
    date->day = day;
    return NULL;
}

static const char *parse_money(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                               const struct contract_field *contract, const char *text)
{
    char currency[4];
    int64_t minor_units;
    if (!value_parse_money(text, currency, &minor_units))
        return _("must be an amount with its currency: \"CNY 5000000.00\"");
    if (is_out_of_range(contract, minor_units))
        return arena_printf(arena, _("must be an amount from %s to %s"),
                            value_format_money(arena, currency, contract->min, true),
                            value_format_money(arena, currency, contract->max, true));
    Kam__V1__Money *money = (Kam__V1__Money *)message_sub(message, field);
    money->minor_units = minor_units;
    message_set_text(&money->base, "currency_code", currency);
    return NULL;
}

const char *value_parse(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        const struct contract_field *contract, const char *text, time_t now)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED && message_count(message, field) >= contract->max_items)
        return arena_printf(arena, _("may be given at most %u times"), contract->max_items);
    switch (value_form(field)) {
    case VALUE_TEXT:
        return parse_text(arena, message, field, contract, text);
    case VALUE_INTEGER:
        if (contract->format == CONTRACT_FORMAT_PERCENT)
            return parse_percent(arena, message, field, contract, text);
        return parse_integer(arena, message, field, contract, text);
    case VALUE_BOOL:
        return parse_bool(message, field, text);
    case VALUE_ENUM:
        return parse_enum(arena, message, field, text);
    case VALUE_TIME:
        return parse_time(message, field, text, now);
    case VALUE_DATE:
        return parse_date(arena, message, field, contract, text, now);
    case VALUE_MONEY:
        return parse_money(arena, message, field, contract, text);
    case VALUE_REAL:
    case VALUE_COUNTS:
    case VALUE_BYTES:
    case VALUE_MESSAGE:
        break;
    }
    return _("cannot be given on the command line: use kam api");
}
