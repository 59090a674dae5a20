// SPDX-License-Identifier: Apache-2.0
// Methods that are statements alone: a request in, one batch, a response out (docs/methods.md).
#ifndef KAM_METHODS_ENGINE_H
#define KAM_METHODS_ENGINE_H

#include "rpc/call.h"

extern const struct rpc_handler ENGINE_HANDLER;

struct method_call;

// Both end the call, later: from a call that was validated. write.c has the second.
void engine_read(struct method_call *call);
void engine_write(struct method_call *call);

// For a role without a variant: PERMISSION_DENIED, but UNAUTHENTICATED for who has no session.
void engine_refuse_role(struct method_call *call);

// The end of every kind of call: gives up what is on its way.
void engine_close(struct rpc_call *rpc);

// The state of a call that begins now, in its arena.
struct method_call *engine_begin(struct rpc_call *rpc, ProtobufCMessage *request);

#endif
