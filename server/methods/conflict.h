// SPDX-License-Identifier: Apache-2.0
// kam.v1.Conflict: both sides of an update that came too late.
#ifndef KAM_METHODS_CONFLICT_H
#define KAM_METHODS_CONFLICT_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "google/protobuf/field_mask.pb-c.h"

// current is the record as it is now. yours (the record as the caller wanted it, of current's type) and mask are NULL
// where the method has no mask. The result lives in the arena and borrows from the messages.
ProtobufCMessage *conflict_make(const ProtobufCMessage *current, const ProtobufCMessage *yours,
                                const Google__Protobuf__FieldMask *mask, struct arena *arena);

#endif
