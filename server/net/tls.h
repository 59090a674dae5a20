// SPDX-License-Identifier: Apache-2.0
// Certificate, private key and TLS settings, shared by all workers of the process: TLS 1.3 (RFC 8446) only, ALPN "h2"
// only.
#ifndef KAM_NET_TLS_H
#define KAM_NET_TLS_H

#include "base/error.h"

enum { NET_TLS_FINGERPRINT_BYTES = 64 };

struct net_tls;

// Reads a certificate chain and its key from PEM files. Fails with FAILED_PRECONDITION and the file's name when they
// cannot be read or do not belong together; *tls_r is set on success only.
enum status net_tls_create(const char *certificate_path, const char *key_path, struct net_tls **tls_r,
                           struct error *error) __attribute__((warn_unused_result));

// Reads the same files again, for connections accepted from now on. On failure the old certificate stays. Any thread.
enum status net_tls_reload(struct net_tls *tls, struct error *error) __attribute__((warn_unused_result));

// After the servers that use it. NULL is allowed.
void net_tls_destroy(struct net_tls *tls);

// "SHA256:" and the base64 (without padding) of the SHA-256 of the public key (its SubjectPublicKeyInfo in DER): what
// clients pin. Any thread.
void net_tls_fingerprint(struct net_tls *tls, char fingerprint_r[NET_TLS_FINGERPRINT_BYTES]);

#endif
