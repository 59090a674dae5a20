// SPDX-License-Identifier: Apache-2.0
// links: kam_methods kam_rpc kam_proto kam_base
// What every method does with a request before the database sees it: decode, validate, read the page token, bind. The
// first byte chooses the method, the rest is the request. A request that was found valid must bind without breaking an
// invariant.
#include <stdint.h>

#include "base/require.h"
#include "methods/bind.h"
#include "methods/method.h"
#include "methods/methods.h"
#include "methods/page.h"
#include "methods/validate.h"
#include "rpc/decode.h"

enum { CEILING_BYTES = 1 << 20, ARENA_BYTES = 1 << 25 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static bool read_page(const struct method *method, const struct method_variant *variant, ProtobufCMessage *request,
                      struct bind_values *values, struct arena *arena)
{
    if (variant->page == NULL)
        return true;
    uint8_t hash[PAGE_HASH_BYTES];
    struct error error;
    page_hash_request(&method->page, request, hash);
    const char *token = *(char **)path_member(request, method->page.token);
    return page_read_token(token, hash, variant->page->key_types, variant->page->key_count, arena, values->page_keys,
                           &error) == STATUS_OK;
}

static void bind_all(const struct method_variant *variant, const struct bind_values *values, struct arena *arena)
{
    for (size_t at = 0; at < variant->statement_count; at++) {
        const struct method_statement *statement = &variant->statements[at];
        for (size_t parameter = 0; parameter < statement->table->statement.parameter_count; parameter++) {
            const struct bind_parameter *bound = &statement->parameters[parameter];
            if (bound->source == TABLE_ARGUMENT)
                continue;
            struct db_parameter value = bind_value(bound, values, arena);
            REQUIRE(value.bytes == NULL || value.length >= 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    size_t method_count = 0;
    const struct rpc_method *methods = methods_rpc_table(&method_count);
    if (length == 0 || method_count == 0)
        return 0;
    const struct rpc_method *chosen = &methods[bytes[0] % method_count];
    const struct method *method = chosen->data;
    for (int role = 0; role < TABLE_ROLE_COUNT; role++) {
        const struct method_variant *variant = method->variants[role];
        if (variant == NULL)
            continue;
        struct arena *arena = arena_create(ARENA_BYTES);
        struct error error;
        ProtobufCMessage *request = NULL;
        const struct validate_mask *mask = variant->mask.resource != NULL ? &variant->mask : NULL;
        struct bind_values values = {.has_record_id = true, .password_hash = "$argon2id$"};
        if (rpc_decode(chosen->request, bytes + 1, length - 1, arena, CEILING_BYTES, &request, &error) == STATUS_OK &&
            validate_request(method->rules, request, mask, &error) == STATUS_OK &&
            read_page(method, variant, request, &values, arena)) {
            values.request = request;
            bind_all(variant, &values, arena);
        }
        arena_destroy(arena);
    }
    return 0;
}
