// SPDX-License-Identifier: Apache-2.0
// The contract as data, made by the build from the .proto files: what protobuf-c's descriptors do not carry. Constant,
// sorted as said.
#ifndef KAM_PROTO_CONTRACT_H
#define KAM_PROTO_CONTRACT_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Form of a text field, from option (kam.v1.rules).format.
enum contract_format {
    CONTRACT_FORMAT_TEXT,      // one line: no control characters
    CONTRACT_FORMAT_LONG_TEXT, // line breaks and tabs allowed
    CONTRACT_FORMAT_UUID,      // 36 characters, any version
    CONTRACT_FORMAT_EMAIL,     // something@something
    CONTRACT_FORMAT_URL,       // http:// or https://
    CONTRACT_FORMAT_PHONE,     // digits, spaces and + - ( ) . / # x
    CONTRACT_FORMAT_LOGIN,     // a-z 0-9 . _ - , starting with a letter
    CONTRACT_FORMAT_PASSWORD,  // at least 10 characters; never logged, hashed before it reaches a statement
    CONTRACT_FORMAT_CURRENCY,  // ISO 4217: three capital letters
    CONTRACT_FORMAT_PERCENT,   // of a whole number: hundredths of a percent
};

// One field of a message.
struct contract_field {
    const char *name;
    const char *comment;  // leading comment of the .proto, lines joined with '\n'
    const char *label_en; // short column or form label; the translation is gettext's
    bool is_required;     // must be set and not empty
    enum contract_format format;
    uint32_t max_bytes; // text and bytes; never 0
    uint32_t max_items; // repeated fields; never 0
    bool has_min, has_max;
    int64_t min, max;    // numbers, inclusive
    bool is_output_only; // set by the server; ignored or refused in a request
    bool is_guarded;     // personal or money: never logged
};

// One message; fields stand in the order of descriptor->fields.
struct contract_message {
    const ProtobufCMessageDescriptor *descriptor;
    const char *comment;
    const struct contract_field *fields;
};

struct contract_method {
    const char *path;    // "/kam.v1.AccountService/GetAccount"
    const char *service; // "kam.v1.AccountService"
    const char *name;    // "GetAccount"
    const char *comment;
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    bool client_streaming, server_streaming;
};

// A file as reflection sends it: a serialised FileDescriptorProto.
struct contract_file {
    const char *name; // "kam/v1/account.proto"
    const uint8_t *bytes;
    size_t length;
    const size_t *dependencies; // indexes into contract_files
    size_t dependency_count;
};

// A fully-qualified name (service, method, message, field's message, enum) and the file that defines it.
struct contract_symbol {
    const char *name;
    size_t file;
};

extern const struct contract_message contract_messages[];
extern const size_t contract_message_count;
extern const struct contract_method contract_methods[]; // sorted by path
extern const size_t contract_method_count;
extern const struct contract_file contract_files[]; // sorted by name
extern const size_t contract_file_count;
extern const struct contract_symbol contract_symbols[]; // sorted by name
extern const size_t contract_symbol_count;
extern const char *const contract_services[]; // sorted
extern const size_t contract_service_count;

// NULL when there is none. Defined in contract.c as well; linear over a few hundred entries is avoided by the callers
// that care.
const struct contract_message *contract_find_message(const ProtobufCMessageDescriptor *descriptor);
const struct contract_method *contract_find_method(const char *path);

#endif
