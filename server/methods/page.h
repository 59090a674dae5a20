// SPDX-License-Identifier: Apache-2.0
// Page tokens (https://google.aip.dev/158): opaque to clients, base64url of 8 bytes of hash over the request without
// its page fields, then the key of the last row, value by value: two bytes of length (65535 for NULL) and PostgreSQL's
// binary form. They hold no right: the statement that uses the key shows what the caller may see, wherever the page
// begins.
#ifndef KAM_METHODS_PAGE_H
#define KAM_METHODS_PAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "db/pool.h"

enum { PAGE_HASH_BYTES = 8 };

// The fields of a list's request and response.
struct page_fields {
    const ProtobufCFieldDescriptor *size;
    const ProtobufCFieldDescriptor *token;
    const ProtobufCFieldDescriptor *next_token; // of the response
};

// True when the messages are a list's.
bool page_find_fields(const ProtobufCMessageDescriptor *request, const ProtobufCMessageDescriptor *response,
                      struct page_fields *fields_r);

// Over everything but page size and token.
void page_hash_request(const struct page_fields *fields, ProtobufCMessage *request, uint8_t hash_r[PAGE_HASH_BYTES]);

// The token after a row with these key values.
const char *page_write_token(const uint8_t hash[PAGE_HASH_BYTES], const struct db_parameter *keys, size_t key_count,
                             struct arena *arena);

// The key values of a token; of an empty one all NULL. Whatever is not a token of this request with keys of these types
// is a violation of page_token: nothing else reaches a statement.
enum status page_read_token(const char *token, const uint8_t hash[PAGE_HASH_BYTES], const uint32_t *types,
                            size_t key_count, struct arena *arena, struct db_parameter *keys_r, struct error *error)
    __attribute__((warn_unused_result));

#endif
