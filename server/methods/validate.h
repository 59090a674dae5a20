// SPDX-License-Identifier: Apache-2.0
// A request against the rules of the contract (proto/kam/v1/rules.proto), before anything else sees it.
#ifndef KAM_METHODS_VALIDATE_H
#define KAM_METHODS_VALIDATE_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

// The rules of a message and all messages below it, found once.
struct validate_rules;
struct validate_cache {
    struct arena *arena; // lives as long as the rules
    struct validate_rules *all;
};

const struct validate_rules *validate_compile(struct validate_cache *cache,
                                              const ProtobufCMessageDescriptor *descriptor);

// What an update may change. The fields of the resource that the mask does not name need not be there.
struct validate_mask {
    const char *resource; // field of the request: "account"
    const char *id;       // field of the resource that must be set: "id"
    const char *const *paths;
    size_t path_count;
};

// Clears what is output-only, then collects every violation. mask is NULL for requests without an update_mask. Fills
// error only on failure.
enum status validate_request(const struct validate_rules *rules, ProtobufCMessage *request,
                             const struct validate_mask *mask, struct error *error) __attribute__((warn_unused_result));

#endif
