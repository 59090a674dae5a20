// SPDX-License-Identifier: Apache-2.0
// The certificate kamd makes for itself when it is given none.
#ifndef KAM_NET_CERTIFICATE_H
#define KAM_NET_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

// Makes sure that both PEM files exist: a private key (ECDSA P-256, mode 0600) and a self-signed certificate for
// localhost, 127.0.0.1, ::1 and host_name (NULL: the machine's), valid for about two years (RFC 5280). An existing key
// is always kept, because clients pin it; a certificate of our own making that expires within 30 days is made anew with
// it; any other certificate is left alone. *is_new_r tells whether a certificate was written.
enum status net_certificate_ensure(const char *certificate_path, const char *key_path, const char *host_name,
                                   bool *is_new_r, struct error *error) __attribute__((warn_unused_result));

// When the first certificate of a PEM file begins and ends to be valid, in seconds since 1970.
enum status net_certificate_validity(const char *path, int64_t *not_before_s_r, int64_t *not_after_s_r,
                                     struct error *error) __attribute__((warn_unused_result));

#endif
