// SPDX-License-Identifier: Apache-2.0
// A client, its connection and its calls, as client.c (trust), session.c (HTTP/2) and call.c (gRPC) share them.
#ifndef KAM_CLIENT_CLIENT_H
#define KAM_CLIENT_CLIENT_H

#include <nghttp2/nghttp2.h>

#include "internal.h"

// A reply larger than this is refused; the server's own limit is lower.
enum { LARGEST_REPLY_BYTES = 64 * 1024 * 1024, CALL_ARENA_BYTES = 64 * 1024 * 1024 };

enum call_state {
    CALL_WAITING, // to be sent at start_ms
    CALL_SENT,    // on the wire
    CALL_DONE,
};

struct kam_call {
    struct kam_call *next;
    struct kam_client *client;
    struct arena *arena;
    const char *method;
    char request_id[KAM_UUID_TEXT_BYTES];
    struct kam_metadata *metadata;
    size_t metadata_count;
    uint8_t *frame; // the request with its gRPC prefix
    size_t frame_bytes;
    const ProtobufCMessageDescriptor *response;
    bool is_stream;
    bool has_streamed; // a message was handed out: the call cannot be repeated
    bool may_be_done;  // an attempt was sent and its outcome is unknown
    int64_t deadline_ms;
    int64_t start_ms;
    int attempts;
    enum call_state state;
    struct kam_error error; // once done

    // The attempt under way.
    int32_t stream_id;
    size_t frame_sent_bytes;
    int http_status;
    int grpc_status; // -1 until it came
    bool is_grpc;
    char *grpc_message;
    uint8_t *details;
    size_t details_bytes;
    struct reply_header *headers;
    uint8_t *body;
    size_t body_bytes, body_capacity;
};

struct reply_header {
    struct reply_header *next;
    const char *key, *value;
};

struct kam_client {
    struct server_name server;
    char *home, *ca_file, *wanted_fingerprint, *token, *user_agent;
    int64_t default_deadline_ms;
    SSL_CTX *tls_context;
    char fingerprint[FINGERPRINT_BYTES];
    enum kam_trust trust;

    struct transport transport;
    nghttp2_session *session; // NULL when not connected
    bool is_draining;         // the server said GOAWAY: finish what runs, then connect anew
    const uint8_t *unsent;
    size_t unsent_bytes;
    bool has_unread; // more may have arrived than one session_advance() reads
    int64_t heard_ms; // when bytes came last
    bool is_pinged;   // since

    struct kam_call *calls;
};

// ---- client.c

// Opens a connection and checks the server's key.
enum kam_code client_open(struct kam_client *client, int64_t deadline_ms, struct kam_error *error);

// ---- session.c

// Makes the HTTP/2 session on an open transport.
enum kam_code session_open(struct kam_client *client, struct kam_error *error);
void session_close(struct kam_client *client);

// Sends the call's request. False when the connection takes no more requests.
bool session_submit(struct kam_client *client, struct kam_call *call);
void session_cancel(struct kam_client *client, struct kam_call *call);

// Moves what can be moved without waiting. False when the connection is over.
bool session_advance(struct kam_client *client);

// For streams that may be silent for hours: asks a server that was silent for a minute whether it is there. False when it
// does not answer.
bool session_keep_alive(struct kam_client *client);

// ---- call.c

// The stream of a sent call is closed; code is HTTP/2's.
void call_on_close(struct kam_call *call, uint32_t code);
void call_on_header(struct kam_call *call, const char *key, size_t key_bytes, const char *value, size_t value_bytes);
// False when the reply is larger than we take.
bool call_on_data(struct kam_call *call, const uint8_t *bytes, size_t size);

#endif
