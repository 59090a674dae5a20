// SPDX-License-Identifier: Apache-2.0
// Values of fields as people read and write them.
#ifndef KAM_CLI_VALUE_H
#define KAM_CLI_VALUE_H

#include <time.h>

#include "base/arena.h"
#include "contract.h"

enum value_form {
    VALUE_TEXT,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_BOOL,
    VALUE_ENUM,
    VALUE_TIME,
    VALUE_DATE,
    VALUE_MONEY,
    VALUE_COUNTS, // of a target list
    VALUE_BYTES,
    VALUE_MESSAGE, // made of fields of its own
};

enum value_form value_form(const ProtobufCFieldDescriptor *field);

// One element for people: local time, "CNY 5,000,000.00", the label of an enum value in the user's language, "yes". The
// text is as the server sent it: clean it before it goes to a terminal. "" when it is unset.
const char *value_format(struct arena *arena, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                         size_t index);

// The same for programs (CSV): ISO times in UTC, plain amounts, enum values as they are typed.
const char *value_format_plain(struct arena *arena, const ProtobufCMessage *message,
                               const ProtobufCFieldDescriptor *field, size_t index);

// True for levels of a relationship, which have words: "2 meeting".
bool value_is_relationship(const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field);
// What the server puts in place of the name of a person whose data was erased, and of what the log said of them.
bool value_is_erased(const char *text);

const char *value_format_relationship(struct arena *arena, int64_t level);

// True for whole numbers of hundredths of a percent, which people read and write as "12.5 %".
bool value_is_percent(const ProtobufCMessageDescriptor *message, const ProtobufCFieldDescriptor *field);
const char *value_format_percent(struct arena *arena, int64_t hundredths, bool has_sign);

// Adds the value that the text means to the field. NULL when it fits, else what would be right, in the user's language.
const char *value_parse(struct arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                        const struct contract_field *contract, const char *text, time_t now);

// "site-visit", the way an enum value is typed; the label people see; all that may be typed, for help and errors.
const char *value_enum_word(struct arena *arena, const ProtobufCEnumDescriptor *descriptor,
                            const ProtobufCEnumValue *value);
const char *value_enum_label(struct arena *arena, const ProtobufCEnumDescriptor *descriptor,
                             const ProtobufCEnumValue *value);
const char *value_enum_words(struct arena *arena, const ProtobufCEnumDescriptor *descriptor);

// "CNY 12.34" to a currency and an amount in its smallest unit, and back. Digits after the point as ISO 4217 has them.
bool value_parse_money(const char *text, char currency_r[4], int64_t *minor_units_r);
const char *value_format_money(struct arena *arena, const char *currency, int64_t minor_units, bool has_groups);

// "CNY 1,235", rounded to the next whole unit, halves away from zero; without the currency where it is not said.
const char *value_format_whole_money(struct arena *arena, const char *currency, int64_t minor_units,
                                     bool says_currency);

#endif
