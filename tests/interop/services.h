// SPDX-License-Identifier: Apache-2.0
// The methods of the interop server.
#ifndef KAM_TESTS_INTEROP_SERVICES_H
#define KAM_TESTS_INTEROP_SERVICES_H

#include "rpc/call.h"
#include "test.pb-c.h"

extern const struct rpc_method test_service_methods[];
extern const size_t test_service_method_count;
extern const struct rpc_method extra_service_methods[];
extern const size_t extra_service_method_count;

enum { SERVICE_PAYLOAD_MAX_BYTES = 64 * 1024 * 1024 };

// A timer of a call: fires once, not after service_timer_stop(), and is gone with the call.
struct service_timer;
struct service_timer *service_timer_start(struct rpc_call *call, uint64_t delay_ms,
                                          void (*on_time)(struct rpc_call *call));
void service_timer_stop(struct service_timer *timer);

// Ends the call with the status asked for, or with OK.
void service_finish(struct rpc_call *call, const Grpc__Testing__EchoStatus *status);

#endif
