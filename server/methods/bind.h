// SPDX-License-Identifier: Apache-2.0
// From a request to the parameters of a statement, through the descriptors.
#ifndef KAM_METHODS_BIND_H
#define KAM_METHODS_BIND_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/pool.h"
#include "methods/path.h"
#include "methods/table.h"

// A parameter whose path was found in the request's descriptor.
struct bind_parameter {
    enum table_source source;
    struct path path; // of TABLE_FIELD
    unsigned key;     // of TABLE_PAGE_KEY, from 1
    const char *name; // of TABLE_ARGUMENT
    uint32_t oid;
    bool is_password; // takes the hash, not the text
    char separator;   // between the items of a list inside a list
};

enum { BIND_PAGE_KEYS_MAX = 8 };

struct bind_argument {
    const char *name;
    struct db_parameter value;
};

// All that a call's statements can be given. Borrowed for bind_value() only.
struct bind_values {
    const ProtobufCMessage *request;
    uint8_t record_id[UUID_BYTES];
    bool has_record_id;
    uint8_t new_id[UUID_BYTES];
    int32_t page_limit;
    struct db_parameter page_keys[BIND_PAGE_KEYS_MAX];
    const char *password_hash;
    const struct bind_argument *arguments;
    size_t argument_count;
};

// False when the request has no such path or the types do not fit (sql/compile.py allows no such table).
bool bind_resolve(const ProtobufCMessageDescriptor *request, const struct table_parameter *parameter, uint32_t oid,
                  struct bind_parameter *parameter_r);

// The request must be valid (validate.h). Bytes live in the arena.
struct db_parameter bind_value(const struct bind_parameter *parameter, const struct bind_values *values,
                               struct arena *arena);

#endif
