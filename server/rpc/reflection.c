// SPDX-License-Identifier: Apache-2.0
// grpc.reflection.v1 and v1alpha (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md): the contract, for
// generic tools. The two versions have the same messages on the wire under different names, so the code of v1 serves
// both.
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "contract.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"
#include "grpc/reflection/v1alpha/reflection.pb-c.h"
#include "rpc/internal.h"

enum { ANSWER_ARENA_BYTES = 16 * 1024 * 1024 };

// One answer being made, in an arena of its own: a stream may ask for ever.
struct answer {
    struct rpc_call *call;
    struct arena *arena;
    bool *is_sent; // by file: what this stream has got already
    Grpc__Reflection__V1__ServerReflectionResponse response;
};

static int compare_file(const void *key, const void *element)
{
    const struct contract_file *file = element;
    return strcmp(key, file->name);
}

static int compare_symbol(const void *key, const void *element)
{
    const struct contract_symbol *symbol = element;
    return strcmp(key, symbol->name);
}

static const struct contract_file *find_file(const char *name)
{
    return bsearch(name, contract_files, contract_file_count, sizeof *contract_files, compare_file);
}

static const struct contract_symbol *find_symbol(const char *name)
{
    return bsearch(name, contract_symbols, contract_symbol_count, sizeof *contract_symbols, compare_symbol);
}

static void answer_error(struct answer *answer, enum status code, const char *what, const char *name)
{
    Grpc__Reflection__V1__ErrorResponse *error = arena_alloc(answer->arena, sizeof *error);
    grpc__reflection__v1__error_response__init(error);
    error->error_code = (int32_t)code;
    error->error_message = arena_printf(answer->arena, "%s: %s", what, name);
    answer->response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE;
    answer->response.error_response = error;
}

// Adds the file and what it imports, as far as this stream has not seen them; the one asked for is sent in any case.
// Imports have no cycles: protoc refuses them.
static void add_file(struct answer *answer, size_t index, bool is_asked_for,
                     Grpc__Reflection__V1__FileDescriptorResponse *files)
{
    if (answer->is_sent[index] && !is_asked_for)
        return;
    answer->is_sent[index] = true;
    const struct contract_file *file = &contract_files[index];
    // Packing only reads the bytes; the generated type lacks the const.
    files->file_descriptor_proto[files->n_file_descriptor_proto++] =
        (ProtobufCBinaryData){.len = file->length, .data = (uint8_t *)(uintptr_t)file->bytes};
    for (size_t at = 0; at < file->dependency_count; at++)
        add_file(answer, file->dependencies[at], false, files);
}

static void answer_file(struct answer *answer, size_t index)
{
    Grpc__Reflection__V1__FileDescriptorResponse *files = arena_alloc(answer->arena, sizeof *files);
    grpc__reflection__v1__file_descriptor_response__init(files);
    files->file_descriptor_proto = arena_alloc(answer->arena, contract_file_count * sizeof(ProtobufCBinaryData));
    add_file(answer, index, true, files);
    answer->response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
    answer->response.file_descriptor_response = files;
}

static void answer_file_name(struct answer *answer, const char *name)
{
    const struct contract_file *file = find_file(name);
    if (file == NULL)
        answer_error(answer, STATUS_NOT_FOUND, "no such file", name);
    else
        answer_file(answer, (size_t)(file - contract_files));
}

static void answer_symbol(struct answer *answer, const char *name)
{
    const struct contract_symbol *symbol = find_symbol(name);
    if (symbol == NULL)
        answer_error(answer, STATUS_NOT_FOUND, "no such symbol", name);
    else
        answer_file(answer, symbol->file);
}

// Calls found() for every extension of a type until it returns true.
static bool walk_extensions(const char *type, bool (*found)(void *data, size_t file, int32_t number), void *data)
{
    for (size_t index = 0; index < contract_file_count; index++) {
        Google__Protobuf__FileDescriptorProto *file = google__protobuf__file_descriptor_proto__unpack(
            NULL, contract_files[index].length, contract_files[index].bytes);
        REQUIRE(file != NULL);
        bool is_done = false;
        for (size_t at = 0; at < file->n_extension && !is_done; at++) {
            const Google__Protobuf__FieldDescriptorProto *extension = file->extension[at];
            if (extension->extendee[0] == '.' && strcmp(extension->extendee + 1, type) == 0)
                is_done = found(data, index, extension->number);
        }
        google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
        if (is_done)
            return true;
    }
    return false;
}

struct wanted_extension {
    int32_t number;
    size_t file;
};

static bool is_wanted(void *data, size_t file, int32_t number)
{
    struct wanted_extension *wanted = data;
    wanted->file = file;
    return wanted->number == number;
}

static void answer_extension(struct answer *answer, const Grpc__Reflection__V1__ExtensionRequest *request)
{
    struct wanted_extension wanted = {.number = request->extension_number};
    if (walk_extensions(request->containing_type, is_wanted, &wanted))
        answer_file(answer, wanted.file);
    else
        answer_error(answer, STATUS_NOT_FOUND, "no such extension of", request->containing_type);
}

enum { EXTENSIONS_MAX = 64 };

static bool collect_number(void *data, size_t file, int32_t number)
{
    (void)file;
    Grpc__Reflection__V1__ExtensionNumberResponse *numbers = data;
    numbers->extension_number[numbers->n_extension_number++] = number;
    return numbers->n_extension_number == EXTENSIONS_MAX;
}

static void answer_extension_numbers(struct answer *answer, char *type)
{
    if (find_symbol(type) == NULL) {
        answer_error(answer, STATUS_NOT_FOUND, "no such type", type);
        return;
    }
    Grpc__Reflection__V1__ExtensionNumberResponse *numbers = arena_alloc(answer->arena, sizeof *numbers);
    grpc__reflection__v1__extension_number_response__init(numbers);
    numbers->base_type_name = type;
    numbers->extension_number = arena_alloc(answer->arena, EXTENSIONS_MAX * sizeof(int32_t));
    walk_extensions(type, collect_number, numbers);
    answer->response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE;
    answer->response.all_extension_numbers_response = numbers;
}

// What the method table really serves, not what the contract could.
static void answer_services(struct answer *answer)
{
    const struct rpc_server *server = answer->call->server;
    Grpc__Reflection__V1__ListServiceResponse *list = arena_alloc(answer->arena, sizeof *list);
    grpc__reflection__v1__list_service_response__init(list);
    list->service = arena_alloc(answer->arena, server->method_count * sizeof *list->service);
    const char *last = "";
    for (size_t at = 0; at < server->method_count; at++) {
        const char *path = server->methods[at]->path + 1;
        char *name = arena_copy(answer->arena, path, strcspn(path, "/"));
        if (strcmp(name, last) == 0)
            continue;
        Grpc__Reflection__V1__ServiceResponse *service = arena_alloc(answer->arena, sizeof *service);
        grpc__reflection__v1__service_response__init(service);
        service->name = name;
        list->service[list->n_service++] = service;
        last = name;
    }
    answer->response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
    answer->response.list_services_response = list;
}

static void fill_answer(struct answer *answer, const Grpc__Reflection__V1__ServerReflectionRequest *request)
{
    switch (request->message_request_case) {
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
        answer_file_name(answer, request->file_by_filename);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
        answer_symbol(answer, request->file_containing_symbol);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
        answer_extension(answer, request->file_containing_extension);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
        answer_extension_numbers(answer, request->all_extension_numbers_of_type);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
        answer_services(answer);
        break;
    default:
        answer_error(answer, STATUS_INVALID_ARGUMENT, "the request asks for nothing this server knows",
                     "message_request");
        break;
    }
}

static void on_start(struct rpc_call *call)
{
    rpc_call_set_state(call, arena_alloc(rpc_call_arena(call), contract_file_count * sizeof(bool)));
}

static void on_message(struct rpc_call *call, ProtobufCMessage *message)
{
    Grpc__Reflection__V1__ServerReflectionRequest *request = (Grpc__Reflection__V1__ServerReflectionRequest *)message;
    struct answer answer = {
        .call = call,
        .arena = arena_create(ANSWER_ARENA_BYTES),
        .is_sent = rpc_call_state(call),
        .response = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT,
    };
    answer.response.valid_host = request->host;
    answer.response.original_request = request;
    fill_answer(&answer, request);
    // A client that asks and does not read is not asked what else it wants.
    if (!rpc_call_send(call, &answer.response.base))
        rpc_call_pause(call);
    arena_destroy(answer.arena);
}

static void on_half_close(struct rpc_call *call)
{
    rpc_call_finish(call);
}

static void on_close(struct rpc_call *call)
{
    (void)call;
}

static void on_shutdown(struct rpc_call *call)
{
    rpc_call_finish(call);
}

static const struct rpc_handler REFLECTION = {
    .on_start = on_start,
    .on_message = on_message,
    .on_half_close = on_half_close,
    .on_drain = rpc_call_resume,
    .on_close = on_close,
    .on_shutdown = on_shutdown,
};

const struct rpc_method rpc_reflection_methods[] = {
    {
        .path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        .request = &grpc__reflection__v1__server_reflection_request__descriptor,
        .response = &grpc__reflection__v1__server_reflection_response__descriptor,
        .client_streaming = true,
        .server_streaming = true,
        .handler = &REFLECTION,
    },
    {
        .path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        .request = &grpc__reflection__v1alpha__server_reflection_request__descriptor,
        .response = &grpc__reflection__v1alpha__server_reflection_response__descriptor,
        .client_streaming = true,
        .server_streaming = true,
        .handler = &REFLECTION,
    },
};
const size_t rpc_reflection_method_count = sizeof rpc_reflection_methods / sizeof *rpc_reflection_methods;
