// SPDX-License-Identifier: Apache-2.0
// How a method's call ends with an error: with google.rpc details (https://google.aip.dev/193).
#ifndef KAM_METHODS_DETAILS_H
#define KAM_METHODS_DETAILS_H

#include "base/arena.h"
#include "base/error.h"
#include "rpc/call.h"

enum { DETAILS_EXTRA_MAX = 16 };

// What of an error's details is not in struct error itself.
struct details {
    struct error error; // with the violations of detail_json added
    const ProtobufCMessage *extra[DETAILS_EXTRA_MAX];
    size_t extra_count;
};

// Reads error->detail_json, an object with any of
//   "metadata": {"k": "v"}, "violations": [{"field", "reason", "description"}], "preconditions": [{"type", "subject",
//   "description"}], "resources": [{"type", "name", "owner", "description"}]
// (each element with "values": {"k": "v"} where its description has values) into ErrorInfo, BadRequest,
// PreconditionFailure and one ResourceInfo each. What has another shape is left out.
void details_read(const struct error *error, struct arena *arena, struct details *details_r);

// Ends the call with the error, its details, and conflict (NULL for none).
void details_fail(struct rpc_call *call, const struct error *error, const ProtobufCMessage *conflict);

#endif
