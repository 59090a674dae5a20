// SPDX-License-Identifier: Apache-2.0
// Safe decoding: see decode.h.
#include "rpc/decode.h"

#include "rpc/wirescan.h"

struct budget {
    struct arena *arena;
    size_t left_bytes;
};

static void *budget_allocate(void *data, size_t size)
{
    struct budget *budget = data;
    if (size > budget->left_bytes)
        return NULL;
    budget->left_bytes -= size;
    return arena_try_alloc(budget->arena, size);
}

static void budget_free(void *data, void *pointer)
{
    // Goes with the arena; also what protobuf-c gives back when it fails.
    (void)data;
    (void)pointer;
}

enum status rpc_decode(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t length,
                       struct arena *arena, size_t decoded_max_bytes, ProtobufCMessage **message_r, struct error *error)
{
    enum status status = rpc_wirescan_check(descriptor, bytes, length, decoded_max_bytes, error);
    if (status != STATUS_OK)
        return status;
    struct budget budget = {.arena = arena, .left_bytes = decoded_max_bytes};
    ProtobufCAllocator allocator = {.alloc = budget_allocate, .free = budget_free, .allocator_data = &budget};
    static const uint8_t NOTHING[1];
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &allocator, length, length > 0 ? bytes : NOTHING);
    if (message == NULL)
        return error_refuse(error, STATUS_INVALID_ARGUMENT, "MESSAGE_MALFORMED", "the request is not a valid {type}",
                            ERROR_VALUES(ERROR_TEXT("type", descriptor->name)));
    *message_r = message;
    return STATUS_OK;
}
