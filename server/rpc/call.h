// SPDX-License-Identifier: Apache-2.0
// One gRPC call on the server (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): what a method sees of
// it.
//
// Everything here runs on the loop thread of the worker that owns the call. A callback never fires inside the function
// that caused it. After on_close the call and its arena are gone.
#ifndef KAM_RPC_CALL_H
#define KAM_RPC_CALL_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct rpc_call;

// What a method does with a call. One constant table per kind of method; all members but on_close may be NULL.
struct rpc_handler {
    void (*on_start)(struct rpc_call *call);
    // A whole request message: decoded, checked for UTF-8, depth and size; lives in the call's arena. A method without
    // client streaming gets exactly one (rpc answers UNIMPLEMENTED itself otherwise, as gRPC's list of status codes has
    // it), and gets it after the client's half-close. With client streaming a message lives until the next one is given
    // (see rpc_call_pause) or on_close.
    void (*on_message)(struct rpc_call *call, ProtobufCMessage *message);
    // The client has sent its last message. Only for methods with client streaming.
    void (*on_half_close)(struct rpc_call *call);
    // rpc_call_send() returned false before, and there is room again.
    void (*on_drain)(struct rpc_call *call);
    // Last callback, exactly once, whether the call was finished, or the client cancelled it, or the connection broke,
    // or the deadline passed (rpc itself answers DEADLINE_EXCEEDED then).
    void (*on_close)(struct rpc_call *call);
    // The server is draining (rpc_server_drain): a call that would go on for ever, a watch, ends itself now.
    void (*on_shutdown)(struct rpc_call *call);
};

struct rpc_method {
    const char *path; // "/kam.v1.AccountService/GetAccount"
    const ProtobufCMessageDescriptor *request;
    const ProtobufCMessageDescriptor *response;
    bool client_streaming;
    bool server_streaming;
    const struct rpc_handler *handler;
    const void *data; // the handler's own, see rpc_call_method()
};

const struct rpc_method *rpc_call_method(const struct rpc_call *call);
struct arena *rpc_call_arena(struct rpc_call *call);
void *rpc_call_worker_context(const struct rpc_call *call); // what was given to rpc_server_create()
void rpc_call_set_state(struct rpc_call *call, void *state);
void *rpc_call_state(const struct rpc_call *call);

// The value of a metadata key (lower case), NULL when absent; keys ending in -bin come decoded. Repeated keys: the
// first.
const char *rpc_call_metadata(const struct rpc_call *call, const char *key);
const char *rpc_call_peer(const struct rpc_call *call); // "127.0.0.1", for logs and limits

// The request message's bytes as they came (valid as long as the call), for hashing. Unary requests only.
void rpc_call_request_bytes(const struct rpc_call *call, const void **bytes_r, size_t *length_r);

// Client streaming: no message is given, and the client is held back by flow control, until rpc_call_resume(). The
// message given last stays valid meanwhile.
void rpc_call_pause(struct rpc_call *call);
void rpc_call_resume(struct rpc_call *call);

// Before the first message: adds to the initial metadata. Any time before the end: adds to the trailers. Copied. Values
// of keys ending in -bin are base64-encoded here; in others bytes outside printable ASCII become '?'.
void rpc_call_add_header(struct rpc_call *call, const char *key, const char *value);
void rpc_call_add_trailer(struct rpc_call *call, const char *key, const char *value);

// Sends one message (packed at once, message is not kept). False: more than the low-water mark is waiting for the
// client; stop until on_drain. Unary methods use rpc_call_reply().
bool rpc_call_send(struct rpc_call *call, const ProtobufCMessage *message);
// Ends the call with OK.
void rpc_call_finish(struct rpc_call *call);
// One message and OK.
void rpc_call_reply(struct rpc_call *call, const ProtobufCMessage *message);
// Ends the call with an error. Status details (google.rpc.Status for grpc-status-details-bin) may be given packed, or
// NULL.
void rpc_call_fail(struct rpc_call *call, const struct error *error, const void *details, size_t details_length);

// For the log line and the metrics of the call.
void rpc_call_note_user(struct rpc_call *call, const char *user_id);
void rpc_call_note_database_us(struct rpc_call *call, uint64_t queue_us, uint64_t database_us);

#endif
