// SPDX-License-Identifier: Apache-2.0
// The self-signed certificate: see certificate.h.
#include "net/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/require.h"

enum { VALID_DAYS = 825, RENEW_DAYS = 30, HOST_NAME_BYTES = 254 };

// Marks certificates of our own making; they alone are renewed.
static const char COMMON_NAME[] = "kamd";

static enum status fail_file(struct error *error, const char *what, const char *path)
{
    return error_set(error, STATUS_FAILED_PRECONDITION, "CERTIFICATE_FILE", "cannot %s %s: %s", what, path,
                     strerror(errno));
}

static enum status fail_library(struct error *error, const char *what)
{
    char text[160];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return error_set(error, STATUS_INTERNAL, "CERTIFICATE", "cannot %s: %s", what, text);
}

// Writes a temporary file beside path and renames it, so that nobody ever reads half a file.
static enum status write_pem(const char *path, mode_t mode, EVP_PKEY *key, X509 *certificate, struct error *error)
{
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return error_set(error, STATUS_INVALID_ARGUMENT, "PATH_TOO_LONG", "path too long: %s", path);
    if (unlink(temporary) != 0 && errno != ENOENT)
        return fail_file(error, "remove", temporary);
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0)
        return fail_file(error, "create", temporary);
    FILE *file = fdopen(descriptor, "w");
    REQUIRE(file != NULL);
    int written =
        key != NULL ? PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) : PEM_write_X509(file, certificate);
    bool is_written = written == 1 && fflush(file) == 0 && fsync(descriptor) == 0;
    if (fclose(file) != 0 || !is_written || rename(temporary, path) != 0) {
        enum status status = fail_file(error, "write", path);
        unlink(temporary);
        return status;
    }
    return STATUS_OK;
}

static enum status ensure_key(const char *path, EVP_PKEY **key_r, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
        if (key == NULL)
            return fail_library(error, "read the private key");
        *key_r = key;
        return STATUS_OK;
    }
    if (errno != ENOENT)
        return fail_file(error, "open", path);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (key == NULL)
        return fail_library(error, "make a private key");
    enum status status = write_pem(path, 0600, key, NULL, error);
    if (status != STATUS_OK) {
        EVP_PKEY_free(key);
        return status;
    }
    *key_r = key;
    return STATUS_OK;
}

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    ERR_clear_error();
    return certificate;
}

static bool is_ours(X509 *certificate)
{
    char name[64] = "";
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_get_text_by_NID(subject, NID_commonName, name, sizeof name);
    return strcmp(name, COMMON_NAME) == 0 && X509_NAME_cmp(subject, X509_get_issuer_name(certificate)) == 0;
}

// True when the file holds a certificate that stays as it is. One that does not parse stays too: TLS start-up reports
// it.
static bool is_current(const char *path)
{
    if (access(path, F_OK) != 0)
        return false;
    X509 *certificate = read_certificate(path);
    if (certificate == NULL)
        return true;
    time_t soon = time(NULL) + (time_t)RENEW_DAYS * 86400;
    bool is_renewed = is_ours(certificate) && X509_cmp_time(X509_get0_notAfter(certificate), &soon) < 0;
    X509_free(certificate);
    return !is_renewed;
}

// Only what may stand in a DNS name goes into the certificate: the value below is a small language of its own.
static bool is_dns_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");
    return length > 0 && name[length] == '\0' && strcmp(name, "localhost") != 0;
}

static bool add_extension(X509 *certificate, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    bool is_added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static bool fill_certificate(X509 *certificate, EVP_PKEY *key, const char *host_name)
{
    unsigned char serial[16];
    BIGNUM *number = NULL;
    if (RAND_bytes(serial, sizeof serial) == 1) {
        serial[0] &= 0x7F;
        number = BN_bin2bn(serial, sizeof serial, NULL);
    }
    bool has_serial = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    char names[HOST_NAME_BYTES + 64] = "DNS:localhost,IP:127.0.0.1,IP:::1";
    if (is_dns_name(host_name)) {
        size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, ",DNS:%.*s", HOST_NAME_BYTES - 1, host_name);
    }
    X509_NAME *subject = X509_get_subject_name(certificate);
    return has_serial && X509_set_version(certificate, 2) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -86400) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), (long)VALID_DAYS * 86400) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)COMMON_NAME, -1, -1, 0) ==
               1 &&
           X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_alt_name, names) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

static enum status make_certificate(const char *path, EVP_PKEY *key, const char *host_name, struct error *error)
{
    char machine[HOST_NAME_BYTES] = "";
    if (host_name == NULL) {
        if (gethostname(machine, sizeof machine - 1) != 0)
            machine[0] = '\0';
        host_name = machine;
    }
    X509 *certificate = X509_new();
    REQUIRE(certificate != NULL);
    enum status status = fill_certificate(certificate, key, host_name) ? write_pem(path, 0644, NULL, certificate, error)
                                                                       : fail_library(error, "make a certificate");
    X509_free(certificate);
    return status;
}

enum status net_certificate_ensure(const char *certificate_path, const char *key_path, const char *host_name,
                                   bool *is_new_r, struct error *error)
{
    EVP_PKEY *key = NULL;
    enum status status = ensure_key(key_path, &key, error);
    if (status != STATUS_OK)
        return status;
    bool is_new = !is_current(certificate_path);
    if (is_new)
        status = make_certificate(certificate_path, key, host_name, error);
    EVP_PKEY_free(key);
    if (status == STATUS_OK)
        *is_new_r = is_new;
    return status;
}

static bool to_seconds(const ASN1_TIME *time, int64_t *seconds_r)
{
    struct tm utc;
    if (ASN1_TIME_to_tm(time, &utc) != 1)
        return false;
    *seconds_r = timegm(&utc);
    return true;
}

enum status net_certificate_validity(const char *path, int64_t *not_before_s_r, int64_t *not_after_s_r,
                                     struct error *error)
{
    int64_t not_before_s;
    int64_t not_after_s;
    X509 *certificate = read_certificate(path);
    bool is_read = certificate != NULL && to_seconds(X509_get0_notBefore(certificate), &not_before_s) &&
                   to_seconds(X509_get0_notAfter(certificate), &not_after_s);
    X509_free(certificate);
    if (!is_read)
        return error_set(error, STATUS_FAILED_PRECONDITION, "CERTIFICATE", "%s holds no readable certificate", path);
    *not_before_s_r = not_before_s;
    *not_after_s_r = not_after_s;
    return STATUS_OK;
}
