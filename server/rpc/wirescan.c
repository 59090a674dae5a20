// SPDX-License-Identifier: Apache-2.0
// The scan before unpacking: see wirescan.h.
#include "rpc/wirescan.h"

#include <stdio.h>
#include <string.h>

enum {
    WIRE_VARINT = 0,
    WIRE_FIXED64 = 1,
    WIRE_LENGTH = 2,
    WIRE_FIXED32 = 5,
    VARINT_BYTES_MAX = 10,
    SHORT_VARINT_BYTES_MAX = 5,
    // protobuf-c notes every element of a message while it unpacks (40 bytes, in slabs that double), and copies unknown
    // ones.
    ELEMENT_BYTES = 96,
    UNKNOWN_BYTES = 64,
    ALLOCATION_BYTES = 16,
};

// Where the scan is: for the path in an error.
struct place {
    const struct place *outer;
    const char *field;
};

struct scan {
    struct error *error;
    size_t left_bytes;
};

struct input {
    const uint8_t *at;
    const uint8_t *end;
};

static void format_path(const struct place *place, const char *field, char *path_r, size_t capacity)
{
    const char *names[RPC_WIRESCAN_DEPTH_MAX + 1];
    size_t count = 0;
    if (field != NULL)
        names[count++] = field;
    for (; place != NULL && place->field != NULL && count <= RPC_WIRESCAN_DEPTH_MAX; place = place->outer)
        names[count++] = place->field;
    path_r[0] = '\0';
    size_t used = 0;
    while (count > 0 && used + 1 < capacity) {
        int length = snprintf(path_r + used, capacity - used, "%s%s", used > 0 ? "." : "", names[--count]);
        used = length < 0 ? capacity : used + (size_t)length;
    }
}

static enum status fail(struct scan *scan, const struct place *place, const char *field, const char *text)
{
    char path[sizeof((struct error_violation *)NULL)->field];
    format_path(place, field, path, sizeof path);
    if (path[0] == '\0')
        return error_refuse(scan->error, STATUS_INVALID_ARGUMENT, "MESSAGE_MALFORMED", "the request {problem}",
                            ERROR_VALUES(ERROR_TEXT("problem", text)));
    *scan->error = (struct error){0};
    return error_add_violation(scan->error, path, "MALFORMED", text, NULL);
}

static enum status spend(struct scan *scan, size_t size)
{
    if (size <= scan->left_bytes) {
        scan->left_bytes -= size;
        return STATUS_OK;
    }
    return error_set(scan->error, STATUS_RESOURCE_EXHAUSTED, "MESSAGE_TOO_COMPLEX",
                     "the request has too many elements for one message; split it");
}

static bool read_varint(struct input *input, size_t bytes_max, uint64_t *value_r)
{
    uint64_t value = 0;
    for (size_t at = 0; at < bytes_max && input->at < input->end; at++) {
        uint8_t byte = *input->at++;
        value |= (uint64_t)(byte & 0x7F) << (7 * at);
        if ((byte & 0x80) == 0) {
            *value_r = value;
            return true;
        }
    }
    return false;
}

// Splits one element off the input: its payload, without a length prefix.
static const char *read_payload(struct input *input, unsigned wire_type, struct input *payload_r)
{
    const uint8_t *begin = input->at;
    size_t left = (size_t)(input->end - begin);
    uint64_t number = 0;
    size_t length = 0;
    switch (wire_type) {
    case WIRE_VARINT:
        if (!read_varint(input, VARINT_BYTES_MAX, &number))
            return "ends inside a number, or has one of more than 10 bytes";
        *payload_r = (struct input){.at = begin, .end = input->at};
        return NULL;
    case WIRE_FIXED64:
    case WIRE_FIXED32:
        length = wire_type == WIRE_FIXED64 ? 8 : 4;
        break;
    case WIRE_LENGTH:
        if (!read_varint(input, SHORT_VARINT_BYTES_MAX, &number))
            return "ends inside a length";
        begin = input->at;
        left = (size_t)(input->end - begin);
        if (number > left)
            return "ends inside a field: the length points behind the end";
        length = (size_t)number;
        break;
    default:
        return "contains a group or an unknown wire type, which proto3 does not have";
    }
    if (length > left)
        return "ends inside a number of fixed length";
    *payload_r = (struct input){.at = begin, .end = begin + length};
    input->at = begin + length;
    return NULL;
}

static unsigned wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_LENGTH;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    default:
        return WIRE_VARINT;
    }
}

// Elements of a packed field take at most 8 bytes each once decoded.
static enum status check_packed(struct scan *scan, const struct place *place, const ProtobufCFieldDescriptor *field,
                                struct input payload)
{
    unsigned wire_type = wire_type_of(field->type);
    size_t count = 0;
    if (wire_type != WIRE_VARINT) {
        size_t size = wire_type == WIRE_FIXED64 ? 8 : 4;
        count = (size_t)(payload.end - payload.at) / size;
        if (count * size != (size_t)(payload.end - payload.at))
            return fail(scan, place, field->name, "holds a packed list that ends inside a number");
    }
    while (wire_type == WIRE_VARINT && payload.at < payload.end) {
        uint64_t number = 0;
        if (!read_varint(&payload, VARINT_BYTES_MAX, &number))
            return fail(scan, place, field->name, "holds a packed list that ends inside a number");
        count++;
    }
    return spend(scan, count * 8);
}

static enum status check_message(struct scan *scan, const struct place *place,
                                 const ProtobufCMessageDescriptor *descriptor, struct input input, unsigned depth);

static enum status check_length_delimited(struct scan *scan, const struct place *place,
                                          const ProtobufCFieldDescriptor *field, struct input payload, unsigned depth)
{
    size_t length = (size_t)(payload.end - payload.at);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (depth == RPC_WIRESCAN_DEPTH_MAX)
            return fail(scan, place, field->name, "is nested too deeply");
        const struct place inner = {.outer = place, .field = field->name};
        return check_message(scan, &inner, field->descriptor, payload, depth + 1);
    }
    if (field->type == PROTOBUF_C_TYPE_STRING && !rpc_wirescan_is_text(payload.at, length))
        return fail(scan, place, field->name, "must be valid UTF-8 text without NUL characters");
    return spend(scan, length + 1 + ALLOCATION_BYTES);
}

static enum status check_element(struct scan *scan, const struct place *place, const ProtobufCFieldDescriptor *field,
                                 unsigned wire_type, struct input payload, unsigned depth)
{
    enum status status = spend(scan, ELEMENT_BYTES);
    if (status != STATUS_OK)
        return status;
    if (field == NULL)
        return spend(scan, UNKNOWN_BYTES + (size_t)(payload.end - payload.at));
    unsigned expected = wire_type_of(field->type);
    if (wire_type == expected)
        return expected == WIRE_LENGTH ? check_length_delimited(scan, place, field, payload, depth) : STATUS_OK;
    if (wire_type == WIRE_LENGTH && field->label == PROTOBUF_C_LABEL_REPEATED)
        return check_packed(scan, place, field, payload);
    return fail(scan, place, field->name, "has another type in the request than in the contract");
}

static enum status check_message(struct scan *scan, const struct place *place,
                                 const ProtobufCMessageDescriptor *descriptor, struct input input, unsigned depth)
{
    enum status status = spend(scan, descriptor->sizeof_message + ALLOCATION_BYTES);
    while (status == STATUS_OK && input.at < input.end) {
        uint64_t tag = 0;
        if (!read_varint(&input, SHORT_VARINT_BYTES_MAX, &tag) || tag >> 3 == 0 || tag > UINT32_MAX)
            return fail(scan, place, NULL, "contains a malformed field number");
        unsigned wire_type = (unsigned)(tag & 7);
        struct input payload;
        const char *problem = read_payload(&input, wire_type, &payload);
        if (problem != NULL)
            return fail(scan, place, NULL, problem);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        status = check_element(scan, place, field, wire_type, payload, depth);
    }
    return status;
}

enum status rpc_wirescan_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t length,
                               size_t decoded_max_bytes, struct error *error)
{
    struct scan scan = {.error = error, .left_bytes = decoded_max_bytes};
    const struct place top = {0};
    const struct input input = {.at = bytes, .end = length > 0 ? bytes + length : bytes};
    return check_message(&scan, &top, descriptor, input, 1);
}

// Bytes that follow the lead byte, and the range of the first of them, which excludes overlong forms, surrogates and
// what lies above U+10FFFF (RFC 3629, section 4).
static size_t followers(uint8_t lead, uint8_t *low_r, uint8_t *high_r)
{
    *low_r = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high_r = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 2;
    return lead >= 0xF0 && lead <= 0xF4 ? 3 : 0;
}

bool rpc_wirescan_is_text(const uint8_t *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint8_t lead = bytes[at++];
        if (lead == 0)
            return false;
        if (lead < 0x80)
            continue;
        uint8_t low, high;
        size_t count = followers(lead, &low, &high);
        if (count == 0 || count > length - at || bytes[at] < low || bytes[at] > high)
            return false;
        for (size_t next = 1; next < count; next++) {
            if ((bytes[at + next] & 0xC0) != 0x80)
                return false;
        }
        at += count;
    }
    return true;
}
