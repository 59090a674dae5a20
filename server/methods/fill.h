// SPDX-License-Identifier: Apache-2.0
// From the rows of a statement to messages, through the descriptors.
#ifndef KAM_METHODS_FILL_H
#define KAM_METHODS_FILL_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "methods/path.h"
#include "methods/table.h"

// A column whose path was found in the descriptor of the message that a row becomes.
struct fill_column {
    struct path path;
    uint32_t oid;
    unsigned page_key; // "page.N": N, and no path; 0 for others
};

// False when the message has no such path or the types cannot fit (sql/compile.py allows no such table).
bool fill_resolve(const ProtobufCMessageDescriptor *message, const struct table_column *column,
                  struct fill_column *column_r);

// Puts the value (binary; NULL leaves the field unset) into the message. False when it does not fit, or when an array
// has another length than the one that filled the same list before.
bool fill_value(const struct fill_column *column, ProtobufCMessage *message, const void *bytes, int length,
                struct arena *arena);

// Appends the element to a repeated field whose array has room (fill_reserve).
void fill_reserve(ProtobufCMessage *message, const ProtobufCFieldDescriptor *list, size_t count, struct arena *arena);
void fill_append(ProtobufCMessage *message, const ProtobufCFieldDescriptor *list, ProtobufCMessage *element);

#endif
