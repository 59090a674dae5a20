// SPDX-License-Identifier: Apache-2.0
// kamd health: asks the kamd that runs with these settings whether it serves, for health checks of containers and
// service managers. It asks as clients do: TLS, HTTP/2, grpc.health.v1.
#include <stdio.h>
#include <string.h>

#include "grpc/health/v1/health.pb-c.h"
#include "kamd/command.h"
#include "net/probe.h"

enum { PATIENCE_SECONDS = 5 };

// The address that a listener on every address can be reached at.
static const char *address_of(const struct options *options)
{
    const char *address = options_text(options, OPTION_ADDRESS);
    if (strcmp(address, "*") == 0 || strcmp(address, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(address, "::") == 0 ? "::1" : address;
}

static enum status ask(const struct options *options, bool *is_serving_r, struct error *error)
{
    struct net_probe_answer answer;
    int64_t port = options_number(options, OPTION_PORT);
    if (port == 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "HEALTH", "--port 0 does not say where kamd listens");
    enum status status = net_probe(address_of(options), (uint16_t)port, "/grpc.health.v1.Health/Check",
                                   PATIENCE_SECONDS, &answer, error);
    if (status != STATUS_OK)
        return status;
    Grpc__Health__V1__HealthCheckResponse *response =
        answer.grpc_status == STATUS_OK
            ? grpc__health__v1__health_check_response__unpack(NULL, answer.length, answer.message)
            : NULL;
    *is_serving_r =
        response != NULL && response->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    if (response != NULL)
        grpc__health__v1__health_check_response__free_unpacked(response, NULL);
    return STATUS_OK;
}

static int run(struct options *options, const char *const *values)
{
    (void)values;
    struct error error;
    bool is_serving = false;
    if (ask(options, &is_serving, &error) != STATUS_OK)
        return command_fail(&error);
    puts(is_serving ? "serving" : "not serving");
    return is_serving ? EXIT_OK : EXIT_FAILED;
}

const struct command COMMAND_HEALTH = {
    .name = "health",
    .help = "ask the kamd that runs with these settings whether it serves (at its --address and --port)",
    .run = run};
