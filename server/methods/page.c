// SPDX-License-Identifier: Apache-2.0
// Page tokens: see page.h.
#include "methods/page.h"

#include <sodium.h>
#include <string.h>

#include "base/require.h"
#include "methods/path.h"
#include "methods/value.h"

enum { LENGTH_BYTES = 2, LENGTH_NULL = 0xFFFF, BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

// What timestamptz_recv() and date_recv() take: 4713 BC to 294276 AD, and to 5874897 AD.
static const int64_t TIMESTAMP_MIN = -211813488000000000, TIMESTAMP_END = 9223371331200000000;
static const int32_t DATE_MIN = -2451545, DATE_END = 2145031949;

bool page_find_fields(const ProtobufCMessageDescriptor *request, const ProtobufCMessageDescriptor *response,
                      struct page_fields *fields_r)
{
    struct page_fields fields = {
        .size = protobuf_c_message_descriptor_get_field_by_name(request, "page_size"),
        .token = protobuf_c_message_descriptor_get_field_by_name(request, "page_token"),
        .next_token = protobuf_c_message_descriptor_get_field_by_name(response, "next_page_token"),
    };
    if (fields.size == NULL || fields.token == NULL || fields.next_token == NULL ||
        fields.size->type != PROTOBUF_C_TYPE_INT32 || fields.token->type != PROTOBUF_C_TYPE_STRING ||
        fields.next_token->type != PROTOBUF_C_TYPE_STRING)
        return false;
    *fields_r = fields;
    return true;
}

void page_hash_request(const struct page_fields *fields, ProtobufCMessage *request, uint8_t hash_r[PAGE_HASH_BYTES])
{
    int32_t *size = path_member(request, fields->size);
    char **token = path_member(request, fields->token);
    int32_t kept_size = *size;
    char *kept_token = *token;
    *size = 0;
    *token = NULL;
    size_t length = protobuf_c_message_get_packed_size(request);
    struct arena *arena = arena_create(SIZE_MAX);
    uint8_t *packed = arena_alloc(arena, length);
    protobuf_c_message_pack(request, packed);
    *size = kept_size;
    *token = kept_token;
    uint8_t hash[crypto_generichash_BYTES];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof hash);
    // Two methods' requests can have the same bytes.
    const char *name = request->descriptor->name;
    crypto_generichash_update(&state, (const uint8_t *)name, strlen(name) + 1);
    crypto_generichash_update(&state, packed, length);
    crypto_generichash_final(&state, hash, sizeof hash);
    memcpy(hash_r, hash, PAGE_HASH_BYTES);
    arena_destroy(arena);
}

const char *page_write_token(const uint8_t hash[PAGE_HASH_BYTES], const struct db_parameter *keys, size_t key_count,
                             struct arena *arena)
{
    size_t size = PAGE_HASH_BYTES;
    for (size_t at = 0; at < key_count; at++)
        size += LENGTH_BYTES + (keys[at].bytes == NULL ? 0 : (size_t)keys[at].length);
    uint8_t *bytes = arena_alloc(arena, size);
    memcpy(bytes, hash, PAGE_HASH_BYTES);
    uint8_t *to = bytes + PAGE_HASH_BYTES;
    for (size_t at = 0; at < key_count; at++) {
        unsigned length = keys[at].bytes == NULL ? LENGTH_NULL : (unsigned)keys[at].length;
        REQUIRE(keys[at].bytes == NULL || length < LENGTH_NULL);
        *to++ = (uint8_t)(length >> 8);
        *to++ = (uint8_t)length;
        if (keys[at].bytes != NULL) {
            memcpy(to, keys[at].bytes, length);
            to += length;
        }
    }
    size_t encoded_size = sodium_base64_encoded_len(size, BASE64);
    char *encoded = arena_alloc(arena, encoded_size);
    sodium_bin2base64(encoded, encoded_size, bytes, size, BASE64);
    return encoded;
}

// UTF-8 without NUL, shortest forms only, no surrogates (RFC 3629): text_recv() refuses the rest, and a refusal would
// fail other calls' reads in the same transaction.
static bool is_text(const uint8_t *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint8_t lead = bytes[at];
        size_t more = lead < 0x80                    ? 0
                      : lead >= 0xC2 && lead <= 0xDF ? 1
                      : lead >= 0xE0 && lead <= 0xEF ? 2
                      : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                     : 4;
        if (lead == 0 || more == 4 || length - at <= more)
            return false;
        for (size_t next = 1; next <= more; next++)
            if ((bytes[at + next] & 0xC0) != 0x80)
                return false;
        uint8_t second = more > 0 ? bytes[at + 1] : 0x80;
        if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
            (lead == 0xF4 && second > 0x8F))
            return false;
        at += more + 1;
    }
    return true;
}

static bool is_key(uint32_t type, const uint8_t *bytes, size_t length)
{
    switch (type) {
    case VALUE_TEXT:
        return is_text(bytes, length);
    case VALUE_UUID:
        return length == 16;
    case VALUE_INT2:
        return length == 2;
    case VALUE_INT4:
        return length == 4;
    case VALUE_INT8:
    case VALUE_FLOAT8:
        return length == 8;
    case VALUE_BOOL:
        return length == 1;
    case VALUE_TIMESTAMPTZ:
        return length == 8 && value_get_int64(bytes) >= TIMESTAMP_MIN && value_get_int64(bytes) < TIMESTAMP_END;
    case VALUE_DATE:
        return length == 4 && value_get_int32(bytes) >= DATE_MIN && value_get_int32(bytes) < DATE_END;
    default:
        return false;
    }
}

static bool read_keys(const uint8_t *bytes, size_t length, const uint32_t *types, size_t key_count,
                      struct db_parameter *keys_r)
{
    for (size_t at = 0; at < key_count; at++) {
        if (length < LENGTH_BYTES)
            return false;
        size_t size = (size_t)bytes[0] << 8 | bytes[1];
        bytes += LENGTH_BYTES;
        length -= LENGTH_BYTES;
        keys_r[at] = (struct db_parameter){0};
        if (size == LENGTH_NULL)
            continue;
        if (size > length || !is_key(types[at], bytes, size))
            return false;
        keys_r[at] = (struct db_parameter){bytes, (int)size};
        bytes += size;
        length -= size;
    }
    return length == 0;
}

enum status page_read_token(const char *token, const uint8_t hash[PAGE_HASH_BYTES], const uint32_t *types,
                            size_t key_count, struct arena *arena, struct db_parameter *keys_r, struct error *error)
{
    memset(keys_r, 0, key_count * sizeof *keys_r);
    if (token == NULL || *token == '\0')
        return STATUS_OK;
    size_t size = strlen(token);
    uint8_t *bytes = arena_alloc(arena, size);
    size_t length = 0;
    const char *end = NULL;
    *error = (struct error){0};
    if (sodium_base642bin(bytes, size, token, size, NULL, &length, &end, BASE64) != 0 || *end != '\0' ||
        length < PAGE_HASH_BYTES)
        return error_add_violation(error, "page_token", "PAGE_TOKEN_MALFORMED",
                                   "is no page token; send next_page_token as it came, or nothing for the first page",
                                   NULL);
    if (memcmp(bytes, hash, PAGE_HASH_BYTES) != 0)
        return error_add_violation(
            error, "page_token", "PAGE_TOKEN_FOREIGN",
            "belongs to another request; keep all other fields as they were, or begin with the first page", NULL);
    if (!read_keys(bytes + PAGE_HASH_BYTES, length - PAGE_HASH_BYTES, types, key_count, keys_r))
        return error_add_violation(error, "page_token", "PAGE_TOKEN_DAMAGED", "is damaged; begin with the first page",
                                   NULL);
    return STATUS_OK;
}
