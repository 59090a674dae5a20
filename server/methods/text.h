// SPDX-License-Identifier: Apache-2.0
// A field's value as text for people and programs: scalars plainly, messages and lists as protobuf JSON
// (https://protobuf.dev/programming-guides/json/).
#ifndef KAM_METHODS_TEXT_H
#define KAM_METHODS_TEXT_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"

// "" when the field is not set. Lives in the arena or in the message.
const char *text_of_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct arena *arena);

#endif
