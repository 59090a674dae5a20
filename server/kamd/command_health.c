// SPDX-License-Identifier: Apache-2.0
// kamd health: asks the kamd that runs with these settings whether it serves, for health checks of containers and
// service managers.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "kamd/command.h"

enum { PATIENCE_SECONDS = 5 };

static const char REQUEST[] = "GET /healthz HTTP/1.0\r\n\r\n";

static enum status ask(const char *address, uint16_t port, char answer_r[256], struct error *error)
{
    struct sockaddr_storage storage = {.ss_family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET};
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    void *place = storage.ss_family == AF_INET6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr;
    four->sin_port = htons(port); // the same place in both
    if (inet_pton(storage.ss_family, address, place) != 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "METRICS", "metrics: %s is no numeric IPv4 or IPv6 address",
                         address);
    int connection = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    size_t length = 0;
    if (connection >= 0) {
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        socklen_t size = storage.ss_family == AF_INET6 ? sizeof *six : sizeof *four;
        if (connect(connection, (struct sockaddr *)&storage, size) == 0 &&
            send(connection, REQUEST, sizeof REQUEST - 1, 0) == (ssize_t)sizeof REQUEST - 1)
            for (ssize_t got; length < 255 && (got = recv(connection, answer_r + length, 255 - length, 0)) > 0;)
                length += (size_t)got;
        close(connection);
    }
    answer_r[length] = '\0';
    return length > 0 ? STATUS_OK
                      : error_set(error, STATUS_UNAVAILABLE, "METRICS", "nothing answers on %s port %u", address,
                                  (unsigned)port);
}

static int run(struct options *options, const char *const *values)
{
    (void)values;
    struct error error;
    char address[64];
    char answer[256];
    uint16_t port;
    if (!options_split_endpoint(options_text(options, OPTION_METRICS), address, sizeof address, &port)) {
        error_set(&error, STATUS_FAILED_PRECONDITION, "METRICS", "metrics are off, and health is asked there");
        return command_fail(&error);
    }
    if (ask(address, port, answer, &error) != STATUS_OK)
        return command_fail(&error);
    bool is_serving = strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200", 4) == 0;
    puts(is_serving ? "serving" : "not serving");
    return is_serving ? EXIT_OK : EXIT_FAILED;
}

const struct command COMMAND_HEALTH = {
    .name = "health",
    .help = "ask the kamd that runs with these settings whether it serves (at its --metrics address)",
    .run = run};
