// SPDX-License-Identifier: Apache-2.0
// Inside rpc/ only. server.c: method table, deadlines, draining. request.c: what comes in. answer.c: what goes out.
// call.c: what methods see of a call.
#ifndef KAM_RPC_INTERNAL_H
#define KAM_RPC_INTERNAL_H

#include <stdbool.h>
#include <uv.h>

#include "net/server.h"
#include "net/stream.h"
#include "rpc/call.h"
#include "rpc/deadlines.h"
#include "rpc/framing.h"
#include "rpc/metrics.h"
#include "rpc/server.h"

struct rpc_health;

// Metadata to be sent, in the order added.
struct rpc_metadata {
    struct rpc_metadata *next;
    const char *key;
    const char *value;
};

struct rpc_metadata_list {
    struct rpc_metadata *first, *last;
    size_t count;
};

struct rpc_call {
    struct rpc_server *server;
    struct net_stream *stream;
    struct arena *arena;
    struct rpc_call *next, *previous; // of the server
    struct rpc_call *next_resumed;
    const struct rpc_method *method; // NULL: refused before it reached one
    void *state;
    struct rpc_deadline deadline;
    bool has_deadline;
    bool is_given;    // the handler knows of it: on_close is owed
    bool has_headers; // initial metadata sent
    bool is_finished; // status sent
    bool is_paused, is_resuming;
    bool has_ended;       // the client's half-close arrived
    bool has_half_closed; // and was passed on
    enum status status;
    struct rpc_framing framing;
    unsigned message_count;
    uint8_t *request_bytes; // of the only message, or of the one given last
    size_t request_length;
    struct arena *message_arena; // client streaming: of the message given last
    uint8_t *held;               // came in while paused
    size_t held_length;
    struct rpc_metadata_list headers, trailers;
    uint64_t started_ns;
    const char *user_id;
    uint64_t queue_us, database_us;
};

struct rpc_server {
    uv_loop_t *loop;
    struct net_server *net;
    struct rpc_limits limits;
    void *context;
    const struct rpc_method **methods; // sorted by path
    size_t method_count;
    struct rpc_metrics *metrics;
    struct rpc_health *health;
    struct rpc_call *calls;
    struct rpc_call *resumed;
    struct rpc_deadlines deadlines;
    uv_timer_t deadline_timer;
    uv_timer_t drain_timer;
    uv_idle_t resume;
    unsigned open_handles;
    bool is_draining, has_told_handlers;
    uint64_t grace_ms;
    void (*on_drained)(void *context);
};

// server.c
const struct rpc_method *rpc_server_find_method(const struct rpc_server *server, const char *path);
bool rpc_server_has_service(const struct rpc_server *server, const char *service, size_t length);
void rpc_server_add_deadline(struct rpc_server *server, struct rpc_call *call, uint64_t timeout_ms);
void rpc_server_schedule_resume(struct rpc_call *call);

// request.c
extern const struct net_handler rpc_net_handler;
void rpc_request_go_on(struct rpc_call *call);

// answer.c
// An answer that is plain HTTP, for clients that do not speak gRPC.
void rpc_answer_http(struct rpc_call *call, const char *status, const char *extra_name, const char *extra_value);
// Ends a call that is not the handler's choice any more; what waits to be sent is dropped.
void rpc_answer_abort(struct rpc_call *call, const struct error *error);

// The standard services.
extern const struct rpc_method rpc_health_methods[];
extern const size_t rpc_health_method_count;
extern const struct rpc_method rpc_reflection_methods[];
extern const size_t rpc_reflection_method_count;
struct rpc_health *rpc_health_create(const struct rpc_server *server);
void rpc_health_destroy(struct rpc_health *health);
void rpc_health_stop(struct rpc_server *server);

#endif
