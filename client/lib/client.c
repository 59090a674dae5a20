// SPDX-License-Identifier: Apache-2.0
// A client: its settings, and whether the server's key is to be trusted.
#include "client.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    if (text == NULL)
        return NULL;
    char *copied = strdup(text);
    if (copied == NULL)
        abort();
    return copied;
}

static enum kam_code make_context(struct kam_client *client, struct kam_error *error)
{
    static const unsigned char protocols[] = {2, 'h', '2'};
    client->tls_context = SSL_CTX_new(TLS_client_method());
    if (client->tls_context == NULL)
        abort();
    SSL_CTX_set_min_proto_version(client->tls_context, TLS1_3_VERSION);
    SSL_CTX_set_alpn_protos(client->tls_context, protocols, sizeof protocols);
    // The handshake goes on with any certificate; client_open judges it, because a pinned key needs no chain.
    SSL_CTX_set_verify(client->tls_context, SSL_VERIFY_NONE, NULL);
    if (client->ca_file == NULL) {
        SSL_CTX_set_default_verify_dir(client->tls_context); // looked into only for the issuers that are met
    } else if (SSL_CTX_load_verify_file(client->tls_context, client->ca_file) != 1) {
        unsigned long detail = ERR_get_error();
        return error_set(error, KAM_INVALID_ARGUMENT, "BAD_CA_FILE", "%s: %s", client->ca_file,
                         ERR_reason_error_string(detail) == NULL ? _("cannot be read")
                                                                 : ERR_reason_error_string(detail));
    }
    return KAM_OK;
}

static enum kam_code key_changed(struct kam_client *client, const char *known, struct kam_error *error)
{
    return error_set(
        error, KAM_FAILED_PRECONDITION, "SERVER_KEY_CHANGED",
        "the key of %s is not the one seen before: somebody may be listening in.\nseen before: %s\nshown now:   %s",
        client->server.name, known, client->fingerprint);
}

static bool is_pinned(const struct kam_client *client)
{
    char known[FINGERPRINT_BYTES];
    struct kam_error ignored = {0};
    if (client->wanted_fingerprint != NULL)
        return strcmp(client->wanted_fingerprint, client->fingerprint) == 0;
    bool is_known = client->home != NULL &&
                    known_servers_find(client->home, client->server.name, known, &ignored) == KAM_OK &&
                    strcmp(known, client->fingerprint) == 0;
    kam_error_clear(&ignored);
    return is_known;
}

// The chain against the system's bundle of certificates. Reading that takes longer than all the rest of a call, so only
// a key that is not pinned is worth it.
static long verify_with_bundle(struct kam_client *client)
{
    SSL *tls = client->transport.tls;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    SSL_CTX_set_default_verify_file(client->tls_context);
    if (context == NULL || X509_STORE_CTX_init(context, SSL_CTX_get_cert_store(client->tls_context),
                                               SSL_get0_peer_certificate(tls), SSL_get_peer_cert_chain(tls)) != 1)
        abort();
    X509_STORE_CTX_set_default(context, "ssl_server");
    X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(context), SSL_get0_param(tls));
    long verdict = X509_verify_cert(context) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    return verdict;
}

static enum kam_code judge_key(struct kam_client *client, struct kam_error *error)
{
    char known[FINGERPRINT_BYTES];
    if (!transport_fingerprint(&client->transport, client->fingerprint))
        return error_set(error, KAM_UNAVAILABLE, "NOT_A_SERVER", "%s shows no certificate", client->server.name);
    if (client->wanted_fingerprint != NULL && strcmp(client->wanted_fingerprint, client->fingerprint) != 0)
        return key_changed(client, client->wanted_fingerprint, error);
    long verdict = SSL_get_verify_result(client->transport.tls);
    if (verdict != X509_V_OK && client->ca_file == NULL && !is_pinned(client))
        verdict = verify_with_bundle(client);
    if (verdict == X509_V_OK) {
        client->trust = KAM_TRUST_CHAIN;
        return KAM_OK;
    }
    if (client->ca_file != NULL)
        return error_set(error, KAM_FAILED_PRECONDITION, "BAD_CERTIFICATE",
                         "the certificate of %s does not verify against %s: %s", client->server.name, client->ca_file,
                         X509_verify_cert_error_string(verdict));
    if (client->home == NULL) {
        client->trust = KAM_TRUST_PINNED;
        return client->wanted_fingerprint != NULL
                   ? KAM_OK
                   : error_set(error, KAM_FAILED_PRECONDITION, "BAD_CERTIFICATE",
                               "the certificate of %s does not verify: %s", client->server.name,
                               X509_verify_cert_error_string(verdict));
    }
    enum kam_code code = known_servers_find(client->home, client->server.name, known, error);
    if (code != KAM_OK)
        return code;
    bool is_known = *known != '\0';
    if (is_known && strcmp(known, client->fingerprint) != 0 && client->wanted_fingerprint == NULL)
        return key_changed(client, known, error);
    // A reconnection of the client that met the key first still counts as first use.
    if (client->trust != KAM_TRUST_FIRST_USE)
        client->trust = is_known ? KAM_TRUST_PINNED : KAM_TRUST_FIRST_USE;
    if (is_known && strcmp(known, client->fingerprint) == 0)
        return KAM_OK;
    return known_servers_set(client->home, client->server.name, client->fingerprint, error);
}

enum kam_code client_open(struct kam_client *client, int64_t deadline_ms, struct kam_error *error)
{
    enum kam_code code = transport_open(&client->transport, client->tls_context, client->server.host,
                                        client->server.port, deadline_ms, error);
    if (code != KAM_OK)
        return code;
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(client->transport.tls, &protocol, &length);
    if (length != 2 || memcmp(protocol, "h2", 2) != 0)
        code = error_set(error, KAM_UNAVAILABLE, "NOT_A_SERVER", "%s does not speak HTTP/2", client->server.name);
    else
        code = judge_key(client, error);
    if (code == KAM_OK)
        code = session_open(client, error);
    if (code != KAM_OK)
        transport_close(&client->transport);
    return code;
}

struct kam_client *kam_connect(const struct kam_config *config, struct kam_error *error_r)
{
    struct server_name server;
    if (server_name_parse(config->server, &server, error_r) != KAM_OK)
        return NULL;
    struct kam_client *client = calloc(1, sizeof *client);
    if (client == NULL)
        abort();
    client->server = server;
    client->home = copy(config->home);
    client->ca_file = copy(config->ca_file);
    client->wanted_fingerprint = copy(config->fingerprint);
    client->token = copy(config->token);
    client->user_agent = copy(config->user_agent == NULL ? "libkam/" KAM_VERSION : config->user_agent);
    client->default_deadline_ms = config->deadline_ms > 0 ? config->deadline_ms : KAM_DEFAULT_DEADLINE_MS;
    client->transport.socket = -1;
    client->trust = KAM_TRUST_PINNED;
    enum kam_code code = make_context(client, error_r);
    if (code == KAM_OK)
        code = client_open(client, client_now_ms() + client->default_deadline_ms, error_r);
    if (code == KAM_OK)
        return client;
    kam_disconnect(client);
    return NULL;
}

void kam_disconnect(struct kam_client *client)
{
    if (client == NULL)
        return;
    while (client->calls != NULL)
        kam_call_end(client->calls);
    session_close(client);
    SSL_CTX_free(client->tls_context);
    free(client->home);
    free(client->ca_file);
    free(client->wanted_fingerprint);
    kam_set_token(client, NULL);
    free(client->user_agent);
    free(client);
}

const char *kam_server(const struct kam_client *client)
{
    return client->server.name;
}

const char *kam_fingerprint(const struct kam_client *client)
{
    return client->fingerprint;
}

enum kam_trust kam_trust(const struct kam_client *client)
{
    return client->trust;
}

void kam_set_token(struct kam_client *client, const char *token)
{
    if (client->token != NULL)
        OPENSSL_cleanse(client->token, strlen(client->token));
    free(client->token);
    client->token = copy(token);
}
