// SPDX-License-Identifier: Apache-2.0
// TLS contexts and sessions: see tls.h and tls_session.h.
#include "net/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "net/tls_session.h"

struct net_tls {
    char *certificate_path;
    char *key_path;
    pthread_mutex_t lock;
    SSL_CTX *context; // replaced whole by a reload; sessions keep the one they began with
};

static const unsigned char H2[] = {2, 'h', '2'};

static int on_alpn(SSL *session, const unsigned char **chosen_r, unsigned char *length_r, const unsigned char *offered,
                   unsigned offered_length, void *argument)
{
    (void)session;
    (void)argument;
    unsigned char *chosen = NULL;
    if (SSL_select_next_proto(&chosen, length_r, H2, sizeof H2, offered, offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen_r = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum status fail(struct error *error, const char *what, const char *path)
{
    char text[160];
    unsigned long code = ERR_peek_last_error();
    ERR_error_string_n(code, text, sizeof text);
    ERR_clear_error();
    return error_set(error, STATUS_FAILED_PRECONDITION, "TLS_CONFIGURATION", "%s %s: %s", what, path, text);
}

static SSL_CTX *context_create(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    REQUIRE(context != NULL);
    REQUIRE(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1);
    // Idle connections give their record buffers back: 34 KiB less for each of them.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Tickets carry the state; a cache here would only grow.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    REQUIRE(SSL_CTX_set_num_tickets(context, 1) == 1);
    SSL_CTX_set_alpn_select_cb(context, on_alpn, NULL);
    return context;
}

static enum status context_load(const struct net_tls *tls, SSL_CTX **context_r, struct error *error)
{
    SSL_CTX *context = context_create();
    enum status status = STATUS_OK;
    if (SSL_CTX_use_certificate_chain_file(context, tls->certificate_path) != 1)
        status = fail(error, "cannot use the certificate", tls->certificate_path);
    else if (SSL_CTX_use_PrivateKey_file(context, tls->key_path, SSL_FILETYPE_PEM) != 1)
        status = fail(error, "cannot use the private key", tls->key_path);
    else if (SSL_CTX_check_private_key(context) != 1)
        status = fail(error, "the certificate does not belong to the private key", tls->key_path);
    if (status != STATUS_OK) {
        SSL_CTX_free(context);
        return status;
    }
    *context_r = context;
    return STATUS_OK;
}

enum status net_tls_create(const char *certificate_path, const char *key_path, struct net_tls **tls_r,
                           struct error *error)
{
    struct net_tls *tls = calloc(1, sizeof *tls);
    REQUIRE(tls != NULL);
    tls->certificate_path = strdup(certificate_path);
    tls->key_path = strdup(key_path);
    REQUIRE(tls->certificate_path != NULL && tls->key_path != NULL);
    pthread_mutex_init(&tls->lock, NULL);
    enum status status = context_load(tls, &tls->context, error);
    if (status != STATUS_OK) {
        net_tls_destroy(tls);
        return status;
    }
    *tls_r = tls;
    return STATUS_OK;
}

enum status net_tls_reload(struct net_tls *tls, struct error *error)
{
    SSL_CTX *fresh = NULL;
    enum status status = context_load(tls, &fresh, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *old = tls->context;
    tls->context = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old);
    return STATUS_OK;
}

void net_tls_destroy(struct net_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    pthread_mutex_destroy(&tls->lock);
    free(tls->certificate_path);
    free(tls->key_path);
    free(tls);
}

void net_tls_fingerprint(struct net_tls *tls, char fingerprint_r[NET_TLS_FINGERPRINT_BYTES])
{
    pthread_mutex_lock(&tls->lock);
    EVP_PKEY *key = X509_get0_pubkey(SSL_CTX_get0_certificate(tls->context));
    unsigned char *encoded = NULL;
    int encoded_length = i2d_PUBKEY(key, &encoded);
    pthread_mutex_unlock(&tls->lock);
    REQUIRE(encoded_length > 0);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    REQUIRE(EVP_Digest(encoded, (size_t)encoded_length, digest, NULL, EVP_sha256(), NULL) == 1);
    OPENSSL_free(encoded);
    unsigned char text[NET_TLS_FINGERPRINT_BYTES];
    int length = EVP_EncodeBlock(text, digest, sizeof digest);
    while (length > 0 && text[length - 1] == '=')
        length--;
    snprintf(fingerprint_r, NET_TLS_FINGERPRINT_BYTES, "SHA256:%.*s", length, (const char *)text);
}

// The BIO between OpenSSL and a connection holds no bytes itself: it passes them through the worker's shared buffers.
struct link {
    const struct net_tls_transport *transport;
    void *data;
};

static int link_read(BIO *bio, char *bytes, int capacity)
{
    struct link *link = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    size_t taken = capacity > 0 ? link->transport->take(link->data, bytes, (size_t)capacity) : 0;
    if (taken == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    return (int)taken;
}

static int link_write(BIO *bio, const char *bytes, int length)
{
    struct link *link = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (length > 0)
        link->transport->put(link->data, bytes, (size_t)length);
    return length;
}

static long link_control(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int link_destroy(BIO *bio)
{
    free(BIO_get_data(bio));
    return 1;
}

static BIO_METHOD *link_method;
static pthread_once_t link_method_once = PTHREAD_ONCE_INIT;

static void link_method_destroy(void)
{
    BIO_meth_free(link_method);
}

static void link_method_create(void)
{
    link_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "kam connection");
    REQUIRE(link_method != NULL);
    BIO_meth_set_read(link_method, link_read);
    BIO_meth_set_write(link_method, link_write);
    BIO_meth_set_ctrl(link_method, link_control);
    BIO_meth_set_destroy(link_method, link_destroy);
    OPENSSL_atexit(link_method_destroy);
}

static BIO *link_create(const struct net_tls_transport *transport, void *data)
{
    pthread_once(&link_method_once, link_method_create);
    BIO *bio = BIO_new(link_method);
    if (bio == NULL)
        return NULL;
    struct link *link = malloc(sizeof *link);
    REQUIRE(link != NULL);
    *link = (struct link){.transport = transport, .data = data};
    BIO_set_data(bio, link);
    BIO_set_init(bio, 1);
    return bio;
}

SSL *net_tls_new_session(struct net_tls *tls, const struct net_tls_transport *transport, void *data)
{
    pthread_mutex_lock(&tls->lock);
    SSL *session = SSL_new(tls->context);
    pthread_mutex_unlock(&tls->lock);
    if (session == NULL)
        return NULL;
    BIO *bio = link_create(transport, data);
    if (bio == NULL) {
        SSL_free(session);
        return NULL;
    }
    SSL_set_bio(session, bio, bio);
    SSL_set_accept_state(session);
    return session;
}

bool net_tls_is_h2(const SSL *session)
{
    const unsigned char *name = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(session, &name, &length);
    return length == 2 && memcmp(name, "h2", 2) == 0;
}
