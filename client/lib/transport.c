// SPDX-License-Identifier: Apache-2.0
// TCP and TLS under a deadline. TLS is a byte pump over memory BIOs: OpenSSL's own socket writes would raise SIGPIPE in
// the program that uses us.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

enum { RECORD_BYTES = 17 * 1024 };

int64_t client_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void wait_for(int socket, short events, int64_t timeout_ms)
{
    struct pollfd entry = {.fd = socket, .events = events};
    int64_t longest_ms = 60 * 1000;
    poll(&entry, 1, (int)(timeout_ms < 0 ? 0 : timeout_ms > longest_ms ? longest_ms : timeout_ms));
}

// Sends what OpenSSL has ready. 1 when all is sent, 0 when it would block, -1 when the connection is over.
static int push(struct transport *transport)
{
    BIO *out = SSL_get_wbio(transport->tls);
    char scratch[RECORD_BYTES];
    char *bytes;
    long pending;
    while ((pending = BIO_get_mem_data(out, &bytes)) > 0) {
        size_t size = (size_t)pending < sizeof scratch ? (size_t)pending : sizeof scratch;
        ssize_t sent = send(transport->socket, bytes, size, MSG_NOSIGNAL);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        BIO_read(out, scratch, (int)sent); // drops what was sent
    }
    return 1;
}

// Takes what the socket has. 1 when bytes came, 0 when none are there yet, -1 when the connection is over.
static int pull(struct transport *transport)
{
    char bytes[RECORD_BYTES];
    ssize_t received = recv(transport->socket, bytes, sizeof bytes, 0);
    if (received < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (received == 0)
        return -1;
    return BIO_write(SSL_get_rbio(transport->tls), bytes, (int)received) == (int)received ? 1 : -1;
}

ssize_t transport_read(struct transport *transport, uint8_t *bytes, size_t size)
{
    for (;;) {
        ERR_clear_error();
        int count = SSL_read(transport->tls, bytes, (int)size);
        if (push(transport) < 0)
            return -1;
        if (count > 0)
            return count;
        if (SSL_get_error(transport->tls, count) != SSL_ERROR_WANT_READ)
            return -1;
        int pulled = pull(transport);
        if (pulled <= 0)
            return pulled;
    }
}

ssize_t transport_write(struct transport *transport, const uint8_t *bytes, size_t size)
{
    int pushed = push(transport);
    if (pushed <= 0)
        return pushed;
    ERR_clear_error();
    int count = SSL_write(transport->tls, bytes, size > RECORD_BYTES ? RECORD_BYTES : (int)size);
    if (count <= 0)
        return SSL_get_error(transport->tls, count) == SSL_ERROR_WANT_READ ? 0 : -1;
    return push(transport) < 0 ? -1 : count;
}

void transport_wait(const struct transport *transport, int64_t timeout_ms)
{
    bool wants_write = BIO_pending(SSL_get_wbio(transport->tls)) > 0;
    wait_for(transport->socket, wants_write ? POLLIN | POLLOUT : POLLIN, timeout_ms);
}

bool transport_fingerprint(const struct transport *transport, char fingerprint_r[FINGERPRINT_BYTES])
{
    X509 *certificate = SSL_get0_peer_certificate(transport->tls);
    unsigned char *encoded = NULL;
    int length = certificate == NULL ? -1 : i2d_PUBKEY(X509_get0_pubkey(certificate), &encoded);
    unsigned char digest[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    bool is_made = length > 0 && EVP_Digest(encoded, (size_t)length, digest, &digest_length, EVP_sha256(), NULL) == 1;
    OPENSSL_free(encoded);
    if (!is_made)
        return false;
    int size = EVP_EncodeBlock(text, digest, (int)digest_length);
    while (size > 0 && text[size - 1] == '=')
        size--;
    snprintf(fingerprint_r, FINGERPRINT_BYTES, "SHA256:%.*s", size, (const char *)text);
    return true;
}

// Connects to one address. -1 with errno set on failure.
static int connect_address(const struct addrinfo *address, int64_t deadline_ms)
{
    int handle = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (handle < 0)
        return -1;
    int failure = 0, yes = 1;
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(handle, address->ai_addr, address->ai_addrlen) != 0)
        failure = errno;
    while (failure == EINPROGRESS) {
        wait_for(handle, POLLOUT, deadline_ms - client_now_ms());
        struct pollfd entry = {.fd = handle, .events = POLLOUT};
        socklen_t length = sizeof failure;
        if (poll(&entry, 1, 0) == 1)
            getsockopt(handle, SOL_SOCKET, SO_ERROR, &failure, &length);
        else if (client_now_ms() >= deadline_ms)
            failure = ETIMEDOUT;
    }
    if (failure == 0)
        return handle;
    close(handle);
    errno = failure;
    return -1;
}

static enum kam_code shake_hands(struct transport *transport, const char *host, const char *port, int64_t deadline_ms,
                                 struct kam_error *error)
{
    for (;;) {
        ERR_clear_error();
        int result = SSL_connect(transport->tls);
        int reason = SSL_get_error(transport->tls, result);
        int pushed = push(transport);
        if (result == 1)
            return KAM_OK;
        if (reason != SSL_ERROR_WANT_READ || pushed < 0) {
            unsigned long detail = ERR_peek_error();
            return error_set(error, KAM_UNAVAILABLE, "NOT_A_SERVER", "%s port %s does not speak TLS 1.3: %s", host,
                             port, detail == 0 ? _("connection closed") : ERR_reason_error_string(detail));
        }
        int pulled = pull(transport);
        if (pulled < 0)
            return error_set(error, KAM_UNAVAILABLE, "NOT_A_SERVER", "%s port %s closed the connection", host, port);
        if (pulled == 0) {
            if (client_now_ms() >= deadline_ms)
                return error_set(error, KAM_UNAVAILABLE, "UNREACHABLE", "%s port %s does not answer", host, port);
            transport_wait(transport, deadline_ms - client_now_ms());
        }
    }
}

enum kam_code transport_open(struct transport *transport, SSL_CTX *context, const char *host, const char *port,
                             int64_t deadline_ms, struct kam_error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *addresses = NULL;
    int failure = getaddrinfo(host, port, &hints, &addresses);
    if (failure != 0) // 127.0.0.1 must be found on a machine whose only interface is the loopback
        hints.ai_flags = 0, failure = getaddrinfo(host, port, &hints, &addresses);
    if (failure != 0)
        return error_set(error, KAM_UNAVAILABLE, "UNREACHABLE", "cannot find %s: %s", host, gai_strerror(failure));
    transport->socket = -1;
    transport->tls = NULL;
    for (const struct addrinfo *at = addresses; at != NULL && transport->socket < 0; at = at->ai_next)
        transport->socket = connect_address(at, deadline_ms);
    failure = errno;
    freeaddrinfo(addresses);
    if (transport->socket < 0)
        return error_set(error, KAM_UNAVAILABLE, "UNREACHABLE", "cannot connect to %s port %s: %s", host, port,
                         strerror(failure));
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    transport->tls = SSL_new(context);
    if (in == NULL || out == NULL || transport->tls == NULL)
        abort();
    BIO_set_mem_eof_return(in, -1);
    BIO_set_mem_eof_return(out, -1);
    SSL_set_bio(transport->tls, in, out);
    struct in6_addr literal;
    bool is_address = inet_pton(AF_INET, host, &literal) == 1 || inet_pton(AF_INET6, host, &literal) == 1;
    if (is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(transport->tls), host);
    } else {
        SSL_set1_host(transport->tls, host);
        SSL_set_tlsext_host_name(transport->tls, host);
    }
    enum kam_code code = shake_hands(transport, host, port, deadline_ms, error);
    if (code != KAM_OK)
        transport_close(transport);
    return code;
}

void transport_close(struct transport *transport)
{
    if (transport->tls != NULL) {
        if (SSL_is_init_finished(transport->tls) && SSL_shutdown(transport->tls) >= 0)
            push(transport);
        SSL_free(transport->tls);
    }
    if (transport->socket >= 0)
        close(transport->socket);
    *transport = (struct transport){.socket = -1};
}
