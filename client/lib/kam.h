// SPDX-License-Identifier: Apache-2.0
// libkam: a blocking client of kamd (gRPC over HTTP/2 over TLS 1.3). No global state; one thread per client at a time,
// any number of clients.
//
// Conventions: arguments are borrowed for the call unless a comment says otherwise; what a function hands out in a
// `..._r` argument belongs to the caller, who frees it as the comment says. Times end in _ms and are milliseconds. Text
// is UTF-8 with a NUL at the end. Text that came from a server is raw: it may hold control characters, so escape it
// before it goes to a terminal. Out of memory ends the process.
#ifndef KAM_H
#define KAM_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KAM_API __attribute__((visibility("default")))

// ---- Errors

// The status codes of gRPC.
enum kam_code {
    KAM_OK = 0,
    KAM_CANCELLED = 1,
    KAM_UNKNOWN = 2,
    KAM_INVALID_ARGUMENT = 3,
    KAM_DEADLINE_EXCEEDED = 4,
    KAM_NOT_FOUND = 5,
    KAM_ALREADY_EXISTS = 6,
    KAM_PERMISSION_DENIED = 7,
    KAM_RESOURCE_EXHAUSTED = 8,
    KAM_FAILED_PRECONDITION = 9,
    KAM_ABORTED = 10,
    KAM_OUT_OF_RANGE = 11,
    KAM_UNIMPLEMENTED = 12,
    KAM_INTERNAL = 13,
    KAM_UNAVAILABLE = 14,
    KAM_DATA_LOSS = 15,
    KAM_UNAUTHENTICATED = 16,
};

// "NOT_FOUND"; "UNKNOWN" for what is no code.
KAM_API const char *kam_code_name(enum kam_code code);

struct kam_value {
    const char *name;
    const char *value;
};

struct kam_violation {
    const char *field;       // path from the request message: "account.phone"
    const char *reason;      // stable, of the kind of violation: "TOO_LONG"; "" from older servers
    const char *description; // what was wrong and what would be right
};

struct kam_precondition {
    const char *type;
    const char *subject;
    const char *description; // what would satisfy it
};

struct kam_resource {
    const char *type;
    const char *name;
    const char *owner;
    const char *description;
};

struct kam_field_conflict {
    const char *field;
    const char *yours;
    const char *theirs;
};

// Why a call failed. Start with `struct kam_error error = {0};`. Every function that takes one frees what it held and
// fills it anew when it fails; kam_error_clear frees it in the end. Pointers live until then and are never NULL when
// code is not KAM_OK.
struct kam_error {
    enum kam_code code;
    const char *message;
    const char *reason;     // stable UPPER_SNAKE_CASE: the server's, or of this library: "" UNREACHABLE,
                            // SERVER_KEY_CHANGED, NOT_A_SERVER, BAD_JSON
    bool is_uncertain;      // the request may have been carried out: repeat it with the same request id
    int64_t retry_after_ms; // -1 when the server did not say
    // What the texts have in them, by name: of the message "limit", of the details "violations_0_limit",
    // "preconditions_0_days", "resources_0_similarity".
    const struct kam_value *values;
    size_t value_count;
    const struct kam_violation *violations;
    size_t violation_count;
    const struct kam_precondition *preconditions;
    size_t precondition_count;
    const struct kam_resource *resources;
    size_t resource_count;
    bool has_conflict; // somebody changed the record since
    int64_t conflict_version;
    const char *conflict_by;
    const struct kam_field_conflict *conflict_fields;
    size_t conflict_field_count;
    void *memory;
};

KAM_API void kam_error_clear(struct kam_error *error);

// ---- Connection

enum { KAM_DEFAULT_PORT = 7443, KAM_DEFAULT_DEADLINE_MS = 30000 };

// How the server's key came to be trusted.
enum kam_trust {
    KAM_TRUST_CHAIN,     // certificate chain and name verify
    KAM_TRUST_PINNED,    // the key is the one seen before
    KAM_TRUST_FIRST_USE, // never seen before; the key is remembered from now on
};

struct kam_config {
    const char *server;  // "host", "host:port", "[::1]:port"
    const char *home;    // directory of the file known_servers; NULL remembers nothing and trusts verified chains and
                         // `fingerprint` only
    const char *ca_file; // PEM; the chain must verify against it, no pin is used. NULL: the system's store, else a pin
    const char *fingerprint; // "SHA256:..." the key must have; NULL for none
    const char *token;       // of a session; NULL for none
    const char *user_agent;  // NULL for "libkam/VERSION"
    int64_t deadline_ms;     // of the connection, and of each call that names none; 0 for KAM_DEFAULT_DEADLINE_MS
};

struct kam_client;

// Connects and checks the server's key. NULL and error_r on failure. The pin is the SHA-256 of the
// SubjectPublicKeyInfo, so that a renewed certificate with the same key stays trusted. A changed key is refused:
// FAILED_PRECONDITION, reason SERVER_KEY_CHANGED.
KAM_API struct kam_client *kam_connect(const struct kam_config *config, struct kam_error *error_r);

// Closes. NULL is allowed. Calls that were not ended are ended.
KAM_API void kam_disconnect(struct kam_client *client);

// "host:port" as used for the pin; "SHA256:<base64>"; borrowed from the client.
KAM_API const char *kam_server(const struct kam_client *client);
KAM_API const char *kam_fingerprint(const struct kam_client *client);
KAM_API enum kam_trust kam_trust(const struct kam_client *client);

// Sends this token with all later calls; NULL for none. Copied.
KAM_API void kam_set_token(struct kam_client *client, const char *token);

// Forgets the remembered key of a server. False when there was none, or with error_r->code set when the file cannot be
// written.
KAM_API bool kam_forget_server(const char *home, const char *server, struct kam_error *error_r);

// ---- Calls

enum { KAM_UUID_TEXT_BYTES = 37 };

struct kam_metadata {
    const char *key; // lower case
    const char *value;
};

// All zero is a good default.
struct kam_call_options {
    const char *request_id; // UUID text; made anew when NULL
    int64_t deadline_ms;    // 0 for the client's
    const struct kam_metadata *metadata;
    size_t metadata_count;
};

struct kam_call;

// Starts a unary call of "/package.Service/Method" and returns at once; any number may be in flight on one client. The
// request is copied. Progress is made while any call of the client is waited for. Never NULL. A call whose outcome is
// UNAVAILABLE (the connection was lost, the server is draining or its database is away) is repeated with the same
// request id, at most 4 times with growing delays, within its deadline.
KAM_API struct kam_call *kam_call_begin(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                                        const ProtobufCMessageDescriptor *response,
                                        const struct kam_call_options *options);

// Waits for the outcome. On KAM_OK *response_r is the response, to be freed with kam_message_free. May be called once.
KAM_API enum kam_code kam_call_wait(struct kam_call *call, ProtobufCMessage **response_r, struct kam_error *error_r);

// Of a call that was waited for: the value of a metadata key of headers or trailers, or NULL. Borrowed from the call.
KAM_API const char *kam_call_metadata(const struct kam_call *call, const char *key);

// The request id the call is sent with. Borrowed from the call.
KAM_API const char *kam_call_request_id(const struct kam_call *call);

// Frees the call; cancels it when it is still running. NULL is allowed.
KAM_API void kam_call_end(struct kam_call *call);

// Begin, wait, end.
KAM_API enum kam_code kam_call(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                               const ProtobufCMessageDescriptor *response, const struct kam_call_options *options,
                               ProtobufCMessage **response_r, struct kam_error *error_r);

// Calls a server-streaming method; on_message gets each message (borrowed) as it comes and returns false to cancel,
// which gives KAM_CANCELLED. Not repeated once the first message came.
KAM_API enum kam_code kam_call_stream(struct kam_client *client, const char *method, const ProtobufCMessage *request,
                                      const ProtobufCMessageDescriptor *response,
                                      const struct kam_call_options *options,
                                      bool (*on_message)(void *data, const ProtobufCMessage *message), void *data,
                                      struct kam_error *error_r);

// ---- Watching

struct kam_watch {
    const char *cursor; // where to go on: of an earlier kam.v1.WatchResponse; NULL or "": from now on
    // Every kam.v1.WatchResponse (borrowed) as it comes; the first one, without changes, at once. False ends the watch.
    // May make other calls of the client. What is to be taken up after a crash needs the cursor kept only when the
    // changes were dealt with.
    bool (*on_changes)(void *data, const ProtobufCMessage *response);
    // NULL, or told once that the connection was lost (it is made anew, after growing pauses), and, with NULL, that all
    // is well again.
    void (*on_trouble)(void *data, const struct kam_error *error);
    void *data;
};

// Watches what changes (kam.v1.WatchService/Watch) until on_changes says to end (KAM_OK), or the server says that it
// makes no sense to go on: UNAUTHENTICATED when the session ended, FAILED_PRECONDITION, reason FEED_EPOCH, when the
// server was restored from a backup and everything has to be read anew. A broken connection, a server that stops and
// another one that takes over are taken up again from the last cursor; the first connection is not.
KAM_API enum kam_code kam_watch(struct kam_client *client, const struct kam_watch *watch, struct kam_error *error_r);

// ---- Messages

// An empty message; freed with kam_message_free.
KAM_API ProtobufCMessage *kam_message_new(const ProtobufCMessageDescriptor *descriptor);

// NULL is allowed.
KAM_API void kam_message_free(ProtobufCMessage *message);

// The message in protobuf's JSON mapping (lowerCamelCase, int64 as text, enums by name, unset fields left out), freed
// with free(). indent: spaces per level, 0 for one line.
KAM_API char *kam_json_format(const ProtobufCMessage *message, int indent);

// The other direction; field names in either spelling. NULL and error_r (INVALID_ARGUMENT, one violation with the path)
// on failure.
KAM_API ProtobufCMessage *kam_json_parse(const char *json, size_t length, const ProtobufCMessageDescriptor *descriptor,
                                         struct kam_error *error_r);

// ---- Identifiers

// A new version 7 UUID: what a client names the records it creates with.
KAM_API void kam_uuid_make(char text_r[KAM_UUID_TEXT_BYTES]);

// The version 5 UUID (RFC 9562, 5.5) of a name in a namespace, which is UUID text. False when it is not.
KAM_API bool kam_uuid_of_name(const char *namespace_id, const char *name, char text_r[KAM_UUID_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
