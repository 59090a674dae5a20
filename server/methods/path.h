// SPDX-License-Identifier: Apache-2.0
// A way from a message to one of its ends, as docs/methods.md writes it: "registered_capital.minor_units",
// "members[].user_id".
#ifndef KAM_METHODS_PATH_H
#define KAM_METHODS_PATH_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { PATH_DEPTH_MAX = 8 };

struct path {
    const ProtobufCFieldDescriptor *fields[PATH_DEPTH_MAX];
    unsigned depth;
    int each;     // index of the repeated message whose elements it goes through, -1 for none
    bool is_list; // ends in a repeated field
};

// False where the descriptor has no such path.
bool path_resolve(const ProtobufCMessageDescriptor *descriptor, const char *text, struct path *path_r);

const ProtobufCFieldDescriptor *path_end(const struct path *path);

// ---- members of protobuf-c structs ----

// Where the field's value stands in the message.
void *path_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
// The count of a repeated field; 0 for others.
size_t path_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
// False for a message that is NULL and a oneof's member that is not the one set; true for the rest (proto3 scalars are
// always there).
bool path_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
// False for what proto3 does not send: unset, zero, empty.
bool path_is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
// Back to unset, zero, empty.
void path_clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
// Says of a oneof's member that it is the one set.
void path_mark(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

// The singular message from fields[from] to fields[to - 1], NULL when one on the way is not set.
const ProtobufCMessage *path_walk(const struct path *path, unsigned from, unsigned to, const ProtobufCMessage *message);
// The same, making what is missing in the arena.
ProtobufCMessage *path_make(const struct path *path, unsigned from, unsigned to, ProtobufCMessage *message,
                            struct arena *arena);

// An empty message in the arena.
ProtobufCMessage *path_new_message(const ProtobufCMessageDescriptor *descriptor, struct arena *arena);
// A NULL where the ceiling of the arena would be passed.
ProtobufCMessage *path_try_new_message(const ProtobufCMessageDescriptor *descriptor, struct arena *arena);

#endif
