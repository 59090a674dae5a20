// SPDX-License-Identifier: Apache-2.0
// One unary gRPC call over TLS, blocking: how a command asks a kamd of the same machine.
#ifndef KAM_NET_PROBE_H
#define KAM_NET_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { NET_PROBE_ANSWER_BYTES = 256 };

struct net_probe_answer {
    int grpc_status; // -1 without one
    size_t length;   // of the message, without its prefix
    uint8_t message[NET_PROBE_ANSWER_BYTES];
};

// Sends an empty message to the method ("/grpc.health.v1.Health/Check") at a numeric address. The certificate is not
// verified: nothing secret is said, and a name to verify is not known. UNAVAILABLE when nothing answers within the
// time, or not in gRPC.
enum status net_probe(const char *address, uint16_t port, const char *path, int patience_seconds,
                      struct net_probe_answer *answer_r, struct error *error) __attribute__((warn_unused_result));

#endif
