// SPDX-License-Identifier: Apache-2.0
// What the files of libkam share.
#ifndef KAM_CLIENT_INTERNAL_H
#define KAM_CLIENT_INTERNAL_H

#include <libintl.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "kam.h"

// Milliseconds of the monotonic clock.
int64_t client_now_ms(void);

// ---- error.c

// A text in the language of the program, where it has chosen one (setlocale, bindtextdomain of "kam").
#define _(text) dgettext("kam", text)

// Clears the error and sets code, reason and message. Returns code. message and reason may point into the error's old
// content. The format is translated.
enum kam_code error_set(struct kam_error *error, enum kam_code code, const char *reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Memory that lives as long as the error's content.
struct arena *error_memory(struct kam_error *error);

// Fills the error from what a server sent: message (or NULL) and the bytes of a google.rpc.Status (or none).
void error_from_server(struct kam_error *error, enum kam_code code, const char *message, const uint8_t *details,
                       size_t length);

// ---- transport.c

// A TLS connection to one server. Reads and writes never block.
struct transport {
    int socket;
    SSL *tls;
};

// Resolves, connects and shakes hands until deadline_ms (of client_now_ms). Verifies nothing.
enum kam_code transport_open(struct transport *transport, SSL_CTX *context, const char *host, const char *port,
                             int64_t deadline_ms, struct kam_error *error);
void transport_close(struct transport *transport);

// Bytes moved, 0 when it would block, -1 when the connection is over.
ssize_t transport_read(struct transport *transport, uint8_t *bytes, size_t size);
ssize_t transport_write(struct transport *transport, const uint8_t *bytes, size_t size);

// Waits until bytes can be read, bytes held back can be written, or timeout_ms passed.
void transport_wait(const struct transport *transport, int64_t timeout_ms);

// Space for "SHA256:" and unpadded base64.
enum { FINGERPRINT_BYTES = 64 };

// The SHA-256 of the peer's SubjectPublicKeyInfo. False when the peer showed no certificate.
bool transport_fingerprint(const struct transport *transport, char fingerprint_r[FINGERPRINT_BYTES]);

// ---- known_servers.c

// Copies the remembered fingerprint of "host:port" into fingerprint_r, "" when there is none.
enum kam_code known_servers_find(const char *home, const char *server, char fingerprint_r[FINGERPRINT_BYTES],
                                 struct kam_error *error);

// Remembers it (or forgets the server when fingerprint is NULL). Written atomically; home is made with mode 0700 when
// missing.
enum kam_code known_servers_set(const char *home, const char *server, const char *fingerprint, struct kam_error *error);

// ---- server_name.c

enum { SERVER_NAME_BYTES = 300 };

struct server_name {
    char host[256];
    char port[8];
    char name[SERVER_NAME_BYTES]; // "host:port", "[::1]:port"
};

enum kam_code server_name_parse(const char *text, struct server_name *name_r, struct kam_error *error);

#endif
