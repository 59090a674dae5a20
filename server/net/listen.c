// SPDX-License-Identifier: Apache-2.0
// Listening sockets: see listen.h.
#include "net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static enum status fail(struct error *error, const char *what, const char *address, uint16_t port)
{
    const char *hint = errno == EADDRINUSE ? "; another process listens there" : "";
    return error_set(error, STATUS_FAILED_PRECONDITION, "CANNOT_LISTEN", "cannot %s %s port %u: %s%s", what, address,
                     port, strerror(errno), hint);
}

static bool parse_address(const char *address, uint16_t port, union socket_address *parsed_r, socklen_t *length_r)
{
    *parsed_r = (union socket_address){0};
    if (inet_pton(AF_INET, address, &parsed_r->v4.sin_addr) == 1) {
        parsed_r->v4.sin_family = AF_INET;
        parsed_r->v4.sin_port = htons(port);
        *length_r = sizeof parsed_r->v4;
        return true;
    }
    if (inet_pton(AF_INET6, address, &parsed_r->v6.sin6_addr) == 1) {
        parsed_r->v6.sin6_family = AF_INET6;
        parsed_r->v6.sin6_port = htons(port);
        *length_r = sizeof parsed_r->v6;
        return true;
    }
    return false;
}

static void set_flag(int descriptor, int level, int option, int value)
{
    // Only ever makes the bind that follows stricter; that one reports what goes wrong.
    (void)setsockopt(descriptor, level, option, &value, sizeof value);
}

static enum status open_one(const char *address, uint16_t port, bool is_first, bool is_shared, int *socket_r,
                            struct error *error)
{
    union socket_address parsed;
    socklen_t length = 0;
    if (!parse_address(address, port, &parsed, &length))
        return error_set(error, STATUS_INVALID_ARGUMENT, "BAD_ADDRESS", "not an IPv4 or IPv6 address: %s", address);
    int descriptor = socket(parsed.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return fail(error, "open a socket for", address, port);
    set_flag(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (parsed.any.sa_family == AF_INET6)
        set_flag(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (!is_first)
        set_flag(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
    if (bind(descriptor, &parsed.any, length) != 0) {
        enum status status = fail(error, "bind to", address, port);
        close(descriptor);
        return status;
    }
    if (is_first && is_shared)
        set_flag(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
    if (listen(descriptor, BACKLOG) != 0) {
        enum status status = fail(error, "listen on", address, port);
        close(descriptor);
        return status;
    }
    *socket_r = descriptor;
    return STATUS_OK;
}

static uint16_t bound_port(int descriptor)
{
    union socket_address bound = {0};
    socklen_t length = sizeof bound;
    if (getsockname(descriptor, &bound.any, &length) != 0)
        return 0;
    return ntohs(bound.any.sa_family == AF_INET ? bound.v4.sin_port : bound.v6.sin6_port);
}

enum status net_listen_sockets(const char *address, uint16_t port, size_t count, int *sockets_r, uint16_t *port_r,
                               struct error *error)
{
    enum { SOCKETS_MAX = 1024 };
    int opened[SOCKETS_MAX];
    if (count == 0 || count > SOCKETS_MAX)
        return error_set(error, STATUS_INVALID_ARGUMENT, "BAD_COUNT", "between 1 and %d sockets can be opened",
                         SOCKETS_MAX);
    for (size_t at = 0; at < count; at++) {
        enum status status = open_one(address, port, at == 0, count > 1, &opened[at], error);
        if (status != STATUS_OK) {
            while (at > 0)
                close(opened[--at]);
            return status;
        }
        if (at == 0)
            port = bound_port(opened[0]);
    }
    memcpy(sockets_r, opened, count * sizeof *opened);
    *port_r = port;
    return STATUS_OK;
}
