// SPDX-License-Identifier: Apache-2.0
// Listening TCP sockets, one per worker on the same port.
#ifndef KAM_NET_LISTEN_H
#define KAM_NET_LISTEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

// Opens count non-blocking sockets listening on a numeric IPv4 or IPv6 address ("::" takes both families); port 0 picks
// a free one. With more than one the kernel spreads connections over them (SO_REUSEPORT). The first is bound without
// that flag, so that a port which another process listens on, with the flag or without, is refused with
// FAILED_PRECONDITION. On failure nothing stays open and outputs are untouched.
enum status net_listen_sockets(const char *address, uint16_t port, size_t count, int *sockets_r, uint16_t *port_r,
                               struct error *error) __attribute__((warn_unused_result));

#endif
