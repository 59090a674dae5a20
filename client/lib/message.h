// SPDX-License-Identifier: Apache-2.0
// Messages by descriptor: reading and filling fields without knowing the type. Everything put into a message is its own
// heap memory, so that kam_message_free frees it.
#ifndef KAM_CLIENT_MESSAGE_H
#define KAM_CLIENT_MESSAGE_H

#include "kam.h"

// NULL when there is none. Accepts the name of the .proto and its lowerCamelCase form, of any length.
const ProtobufCFieldDescriptor *message_find_field(const ProtobufCMessageDescriptor *descriptor, const char *name);

// Set, or not the default: what goes over the wire.
bool message_has(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// Number of elements of a repeated field; 0 or 1 of others, as message_has says.
size_t message_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// Where element `index` (0 for singular fields) is stored: a pointer to char *, int32_t, ProtobufCMessage *,
// ProtobufCBinaryData, ... by type.
const void *message_value(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, size_t index);

// Makes room: marks a singular field as set (what it held is freed) or appends an element; zeroed. The caller fills it.
void *message_add(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// The sub-message of a singular field, made when it is not there.
ProtobufCMessage *message_sub(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// Appends or sets a text, copied.
void message_add_text(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const char *text);

// The text of a string field; "" when it is unset or not a singular string field.
const char *message_text(const ProtobufCMessage *message, const char *field_name);

// By name, for fields known to exist in the contract: a missing one is a broken invariant.
void message_set_text(ProtobufCMessage *message, const char *field_name, const char *text);
int64_t message_integer(const ProtobufCMessage *message, const char *field_name);
void message_set_integer(ProtobufCMessage *message, const char *field_name, int64_t value);
const ProtobufCMessage *message_get_sub(const ProtobufCMessage *message, const char *field_name);

// An enum value's number by its name; NULL when there is none.
const ProtobufCEnumValue *message_enum_by_name(const ProtobufCEnumDescriptor *descriptor, const char *name);
const ProtobufCEnumValue *message_enum_by_number(const ProtobufCEnumDescriptor *descriptor, int number);

// False when a google.protobuf.Timestamp in it is none: outside of the years 1 to 9999, or of nanoseconds that are no
// part of a second. Whoever counts with times relies on it.
bool message_has_sound_times(const ProtobufCMessage *message);

// A message's type for types the contract knows, by full name: what google.protobuf.Any may hold.
const ProtobufCMessageDescriptor *message_type_by_name(const char *full_name);

#endif
