// SPDX-License-Identifier: Apache-2.0
// A blocking gRPC call: see probe.h.
#include "net/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"

enum { PREFIX_BYTES = 5, CHUNK_BYTES = 4096 };

struct probe {
    SSL *ssl;
    struct net_probe_answer *answer;
    uint8_t prefix[PREFIX_BYTES];
    size_t prefix_length;
    bool is_over;
};

// ---- HTTP/2 ----

static ssize_t on_send(nghttp2_session *session, const uint8_t *bytes, size_t length, int flags, void *data)
{
    (void)session;
    (void)flags;
    struct probe *probe = data;
    int written = SSL_write(probe->ssl, bytes, (int)length);
    return written > 0 ? written : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *data)
{
    (void)session;
    (void)frame;
    (void)flags;
    struct probe *probe = data;
    if (name_length == strlen("grpc-status") && memcmp(name, "grpc-status", name_length) == 0 && value_length > 0 &&
        value_length < 3)
        probe->answer->grpc_status = atoi((const char *)value); // nghttp2 ends values with NUL
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes, size_t length,
                   void *data)
{
    (void)session;
    (void)flags;
    (void)stream;
    struct probe *probe = data;
    struct net_probe_answer *answer = probe->answer;
    for (size_t at = 0; at < length; at++) {
        if (probe->prefix_length < PREFIX_BYTES)
            probe->prefix[probe->prefix_length++] = bytes[at];
        else if (answer->length < NET_PROBE_ANSWER_BYTES)
            answer->message[answer->length++] = bytes[at];
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *data)
{
    (void)session;
    (void)stream;
    (void)code;
    struct probe *probe = data;
    probe->is_over = true;
    return 0;
}

static ssize_t read_request(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t capacity,
                            uint32_t *flags_r, nghttp2_data_source *source, void *data)
{
    (void)session;
    (void)stream;
    (void)source;
    (void)data;
    REQUIRE(capacity >= PREFIX_BYTES);
    memset(buffer, 0, PREFIX_BYTES); // not compressed, nothing long
    *flags_r |= NGHTTP2_DATA_FLAG_EOF;
    return PREFIX_BYTES;
}

static nghttp2_nv header(const char *name, const char *value)
{
    union {
        const char *text;
        uint8_t *bytes; // nghttp2 copies it
    } name_of = {name}, value_of = {value};
    return (nghttp2_nv){
        .name = name_of.bytes, .namelen = strlen(name), .value = value_of.bytes, .valuelen = strlen(value)};
}

static void submit(nghttp2_session *session, const char *path)
{
    const nghttp2_nv headers[] = {header(":method", "POST"),   header(":scheme", "https"),
                                  header(":path", path),       header(":authority", "localhost"),
                                  header("te", "trailers"),    header("content-type", "application/grpc"),
                                  header("user-agent", "kamd")};
    const nghttp2_data_provider body = {.read_callback = read_request};
    REQUIRE(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0) == 0);
    REQUIRE(nghttp2_submit_request(session, NULL, headers, sizeof headers / sizeof *headers, &body, NULL) > 0);
}

static nghttp2_session *new_session(struct probe *probe)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    REQUIRE(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    REQUIRE(nghttp2_session_client_new(&session, callbacks, probe) == 0);
    nghttp2_session_callbacks_del(callbacks);
    return session;
}

// True when the stream has ended.
static bool talk(struct probe *probe, const char *path, time_t deadline)
{
    uint8_t chunk[CHUNK_BYTES];
    nghttp2_session *session = new_session(probe);
    submit(session, path);
    bool is_alive = true;
    while (!probe->is_over && is_alive && time(NULL) <= deadline) {
        int length = 0;
        is_alive = nghttp2_session_send(session) == 0 && (length = SSL_read(probe->ssl, chunk, sizeof chunk)) > 0 &&
                   nghttp2_session_mem_recv(session, chunk, (size_t)length) == length;
    }
    nghttp2_session_del(session);
    return probe->is_over;
}

// ---- connecting ----

static int connect_to(const char *address, uint16_t port, int patience_seconds)
{
    struct sockaddr_storage storage = {.ss_family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET};
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    void *place = storage.ss_family == AF_INET6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr;
    four->sin_port = htons(port); // the same place in both
    if (inet_pton(storage.ss_family, address, place) != 1) {
        errno = EINVAL;
        return -1;
    }
    int connection = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        return -1;
    struct timeval patience = {.tv_sec = patience_seconds};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    socklen_t size = storage.ss_family == AF_INET6 ? sizeof *six : sizeof *four;
    if (connect(connection, (struct sockaddr *)&storage, size) == 0)
        return connection;
    int reason = errno;
    close(connection);
    errno = reason;
    return -1;
}

static bool speaks_tls(struct probe *probe, SSL_CTX *context, int connection)
{
    static const uint8_t ALPN[] = {2, 'h', '2'};
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    probe->ssl = SSL_new(context);
    REQUIRE(probe->ssl != NULL);
    return SSL_set_alpn_protos(probe->ssl, ALPN, sizeof ALPN) == 0 && SSL_set_fd(probe->ssl, connection) == 1 &&
           SSL_connect(probe->ssl) == 1;
}

enum status net_probe(const char *address, uint16_t port, const char *path, int patience_seconds,
                      struct net_probe_answer *answer_r, struct error *error)
{
    *answer_r = (struct net_probe_answer){.grpc_status = -1};
    struct probe probe = {.answer = answer_r};
    int connection = connect_to(address, port, patience_seconds);
    if (connection < 0)
        return error_set(error, STATUS_UNAVAILABLE, "PROBE", "nothing answers on %s port %u: %s", address,
                         (unsigned)port, strerror(errno));
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    REQUIRE(context != NULL);
    bool has_answered = speaks_tls(&probe, context, connection) && talk(&probe, path, time(NULL) + patience_seconds);
    SSL_free(probe.ssl);
    SSL_CTX_free(context);
    close(connection);
    if (has_answered && answer_r->grpc_status >= 0)
        return STATUS_OK;
    return error_set(error, STATUS_UNAVAILABLE, "PROBE", "what listens on %s port %u does not answer in gRPC", address,
                     (unsigned)port);
}
