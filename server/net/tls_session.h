// SPDX-License-Identifier: Apache-2.0
// Inside net/ only: TLS sessions that read from and write to a connection without buffers of their own.
#ifndef KAM_NET_TLS_SESSION_H
#define KAM_NET_TLS_SESSION_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct net_tls;

// Where a session's ciphertext comes from and goes to. take gives at most capacity bytes, 0 when there are none for
// now; put takes everything.
struct net_tls_transport {
    size_t (*take)(void *data, void *bytes_r, size_t capacity);
    void (*put)(void *data, const void *bytes, size_t length);
};

// A server session over the transport (borrowed, with its data, until SSL_free). NULL when OpenSSL is out of memory.
SSL *net_tls_new_session(struct net_tls *tls, const struct net_tls_transport *transport, void *data);

// True when the finished handshake agreed on HTTP/2.
bool net_tls_is_h2(const SSL *session);

#endif
