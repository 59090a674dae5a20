// SPDX-License-Identifier: Apache-2.0
// links: kam_rpc kam_test_proto kam_proto kam_base
// Scan and unpack, for a message that has every kind of field. What was unpacked obeys what the scan promises, and
// packs again into bytes that decode to the same.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "rpc/decode.h"
#include "rpc/wirescan.h"
#include "test.pb-c.h"

enum { CEILING_BYTES = 1 << 20, ARENA_BYTES = 1 << 23 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_text(const char *text)
{
    REQUIRE(rpc_wirescan_is_text((const uint8_t *)text, strlen(text)));
}

static void check(const Grpc__Testing__Nested *nested, unsigned depth)
{
    REQUIRE(depth <= RPC_WIRESCAN_DEPTH_MAX);
    check_text(nested->text);
    if (nested->choice_case == GRPC__TESTING__NESTED__CHOICE_WORD)
        check_text(nested->word);
    for (size_t at = 0; at < nested->n_texts; at++)
        check_text(nested->texts[at]);
    for (size_t at = 0; at < nested->n_labels; at++) {
        check_text(nested->labels[at]->key);
        check_text(nested->labels[at]->value);
    }
    if (nested->child != NULL)
        check(nested->child, depth + 1);
    for (size_t at = 0; at < nested->n_children; at++)
        check(nested->children[at], depth + 1);
}

static uint8_t *pack(const ProtobufCMessage *message, size_t *length_r)
{
    size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(length > 0 ? length : 1);
    REQUIRE(packed != NULL);
    REQUIRE(protobuf_c_message_pack(message, packed) == length);
    *length_r = length;
    return packed;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    struct error error;
    ProtobufCMessage *message = NULL;
    if (rpc_decode(&grpc__testing__nested__descriptor, bytes, length, arena, CEILING_BYTES, &message, &error) ==
        STATUS_OK) {
        check((const Grpc__Testing__Nested *)message, 1);
        size_t first_length = 0, second_length = 0;
        uint8_t *first = pack(message, &first_length);
        ProtobufCMessage *again = NULL;
        if (rpc_decode(&grpc__testing__nested__descriptor, first, first_length, arena, CEILING_BYTES * 4, &again,
                       &error) == STATUS_OK) {
            uint8_t *second = pack(again, &second_length);
            REQUIRE(first_length == second_length && memcmp(first, second, first_length) == 0);
            free(second);
        }
        free(first);
    } else {
        REQUIRE(error.code == STATUS_INVALID_ARGUMENT || error.code == STATUS_RESOURCE_EXHAUSTED);
        check_text(error.message);
    }
    arena_destroy(arena);
    return 0;
}
