// SPDX-License-Identifier: Apache-2.0
// kamd cert: makes sure that there is a certificate, and shows the fingerprint that clients pin.
#include <stdio.h>

#include "kamd/command.h"
#include "kamd/system.h"
#include "net/certificate.h"
#include "net/tls.h"

static const struct argument ARGUMENTS[] = {
    {.name = "host",
     .value_name = "NAME",
     .help = "host name for a new self-signed certificate; the machine's when not given"},
};

static enum status show(const struct options *options, const char *host, struct error *error)
{
    const char *certificate = options_text(options, OPTION_CERTIFICATE);
    const char *key = options_text(options, OPTION_KEY);
    bool is_new = false;
    enum status status = system_enter(options_text(options, OPTION_USER), options_text(options, OPTION_DATA), error);
    if (status == STATUS_OK && !options_is_given(options, OPTION_CERTIFICATE)) {
        status = system_make_directory_of(certificate, error);
        if (status == STATUS_OK)
            status = net_certificate_ensure(certificate, key, host, &is_new, error);
    }
    struct net_tls *tls = NULL;
    if (status == STATUS_OK)
        status = net_tls_create(certificate, key, &tls, error);
    if (status != STATUS_OK)
        return status;
    char fingerprint[NET_TLS_FINGERPRINT_BYTES];
    net_tls_fingerprint(tls, fingerprint);
    net_tls_destroy(tls);
    printf("certificate  %s%s\nkey          %s\nfingerprint  %s\n", certificate, is_new ? " (new)" : "", key,
           fingerprint);
    return STATUS_OK;
}

static int run(struct options *options, const char *const *values)
{
    struct error error;
    return show(options, values[0], &error) == STATUS_OK ? EXIT_OK : command_fail(&error);
}

const struct command COMMAND_CERT = {.name = "cert",
                                     .help =
                                         "make the self-signed certificate where there is none; print its fingerprint",
                                     .arguments = ARGUMENTS,
                                     .argument_count = sizeof ARGUMENTS / sizeof ARGUMENTS[0],
                                     .run = run};
