// SPDX-License-Identifier: Apache-2.0
// A proxy that spoils the k-th message of the server: see proxy.h. Frontend/backend protocol 3.0: every message of the
// server is a type byte and a length that counts itself.
#include "support/proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINKS_MAX = 64, HEADER_BYTES = 5, CHUNK_BYTES = 64 * 1024 };

struct link {
    int client; // -1: free
    int server;
    char *buffer; // of the server, not forwarded yet
    size_t used, capacity;
    bool drops_until_ready; // after an error was put in
};

struct test_proxy {
    char directory[64];
    char path[96];
    char server_path[96];
    int listener;
    int wake[2];
    pthread_t thread;
    struct link links[LINKS_MAX];
    atomic_int fault;
    atomic_long left;
    atomic_bool has_fired;
};

static const char ERROR_BODY[] = "SERROR\0VERROR\0C58000\0Minjected\0";

static void close_link(struct link *link)
{
    close(link->client);
    close(link->server);
    free(link->buffer);
    *link = (struct link){.client = -1, .server = -1};
}

static bool send_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(descriptor, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool send_error(int descriptor)
{
    char message[HEADER_BYTES + sizeof ERROR_BODY];
    uint32_t length = htonl((uint32_t)(4 + sizeof ERROR_BODY));
    message[0] = 'E';
    memcpy(message + 1, &length, sizeof length);
    memcpy(message + HEADER_BYTES, ERROR_BODY, sizeof ERROR_BODY); // its own NUL ends the fields
    return send_all(descriptor, message, sizeof message);
}

// Whether this message is the one; only those that answer a statement can be exchanged for an error.
static enum test_proxy_fault next_fault(struct test_proxy *proxy, char type)
{
    int fault = atomic_load(&proxy->fault);
    if (fault == TEST_PROXY_NONE || (fault == TEST_PROXY_ERROR && strchr("12DCnTt", type) == NULL))
        return TEST_PROXY_NONE;
    if (atomic_fetch_sub(&proxy->left, 1) > 0)
        return TEST_PROXY_NONE;
    atomic_store(&proxy->fault, TEST_PROXY_NONE);
    atomic_store(&proxy->has_fired, true);
    return (enum test_proxy_fault)fault;
}

static bool forward_message(struct test_proxy *proxy, struct link *link, const char *message, size_t size)
{
    if (link->drops_until_ready && message[0] != 'Z')
        return true;
    link->drops_until_ready = false;
    switch (next_fault(proxy, message[0])) {
    case TEST_PROXY_CUT:
        return false;
    case TEST_PROXY_CUT_INSIDE:
        send_all(link->client, message, size / 2);
        return false;
    case TEST_PROXY_ERROR:
        link->drops_until_ready = true;
        return send_error(link->client);
    case TEST_PROXY_NONE:
        break;
    }
    return send_all(link->client, message, size);
}

static bool forward_from_server(struct test_proxy *proxy, struct link *link)
{
    if (link->capacity - link->used < CHUNK_BYTES) {
        link->capacity = link->used + 2 * (size_t)CHUNK_BYTES;
        link->buffer = realloc(link->buffer, link->capacity);
        if (link->buffer == NULL)
            abort();
    }
    ssize_t received = recv(link->server, link->buffer + link->used, CHUNK_BYTES, 0);
    if (received <= 0)
        return false;
    link->used += (size_t)received;
    size_t start = 0;
    while (link->used - start >= HEADER_BYTES) {
        uint32_t length = 0;
        memcpy(&length, link->buffer + start + 1, sizeof length);
        size_t size = 1 + (size_t)ntohl(length);
        if (link->used - start < size)
            break;
        if (!forward_message(proxy, link, link->buffer + start, size))
            return false;
        start += size;
    }
    memmove(link->buffer, link->buffer + start, link->used - start);
    link->used -= start;
    return true;
}

static bool forward_from_client(struct link *link)
{
    char chunk[CHUNK_BYTES];
    ssize_t received = recv(link->client, chunk, sizeof chunk, 0);
    return received > 0 && send_all(link->server, chunk, (size_t)received);
}

static void accept_link(struct test_proxy *proxy)
{
    int client = accept(proxy->listener, NULL, NULL);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", proxy->server_path);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    struct link *place = NULL;
    for (int i = 0; i < LINKS_MAX && place == NULL; i++)
        if (proxy->links[i].client < 0)
            place = &proxy->links[i];
    if (client < 0 || place == NULL || connect(server, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(client);
        close(server);
        return;
    }
    *place = (struct link){.client = client, .server = server};
}

static void *run(void *data)
{
    struct test_proxy *proxy = data;
    for (;;) {
        struct pollfd polled[2 + 2 * LINKS_MAX] = {{.fd = proxy->wake[0], .events = POLLIN},
                                                   {.fd = proxy->listener, .events = POLLIN}};
        for (int i = 0; i < LINKS_MAX; i++) {
            polled[2 + 2 * i] = (struct pollfd){.fd = proxy->links[i].client, .events = POLLIN};
            polled[3 + 2 * i] = (struct pollfd){.fd = proxy->links[i].server, .events = POLLIN};
        }
        if (poll(polled, 2 + 2 * LINKS_MAX, -1) < 0 || polled[0].revents != 0)
            break;
        for (int i = 0; i < LINKS_MAX; i++) {
            struct link *link = &proxy->links[i];
            if (link->client < 0)
                continue;
            bool is_alive = true;
            if (polled[3 + 2 * i].revents != 0)
                is_alive = forward_from_server(proxy, link);
            if (is_alive && polled[2 + 2 * i].revents != 0)
                is_alive = forward_from_client(link);
            if (!is_alive)
                close_link(link);
        }
        if (polled[1].revents != 0)
            accept_link(proxy);
    }
    return NULL;
}

struct test_proxy *test_proxy_start(const struct test_postgres *postgres, const char *user, char conninfo_r[160])
{
    struct test_proxy *proxy = calloc(1, sizeof *proxy);
    if (proxy == NULL)
        abort();
    snprintf(proxy->directory, sizeof proxy->directory, "/tmp/kam-proxy-XXXXXX");
    if (mkdtemp(proxy->directory) == NULL || pipe(proxy->wake) != 0)
        abort();
    snprintf(proxy->path, sizeof proxy->path, "%s/.s.PGSQL.5432", proxy->directory);
    snprintf(proxy->server_path, sizeof proxy->server_path, "%s/.s.PGSQL.5432", postgres->directory);
    snprintf(conninfo_r, 160, "host=%s user=%s dbname=postgres", proxy->directory, user);
    for (int i = 0; i < LINKS_MAX; i++)
        proxy->links[i] = (struct link){.client = -1, .server = -1};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", proxy->path);
    proxy->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(proxy->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(proxy->listener, LINKS_MAX) != 0 || pthread_create(&proxy->thread, NULL, run, proxy) != 0)
        abort();
    return proxy;
}

void test_proxy_arm(struct test_proxy *proxy, enum test_proxy_fault fault, long count)
{
    atomic_store(&proxy->has_fired, false);
    atomic_store(&proxy->left, count);
    atomic_store(&proxy->fault, (int)fault);
}

bool test_proxy_has_fired(const struct test_proxy *proxy)
{
    return atomic_load(&proxy->has_fired);
}

void test_proxy_stop(struct test_proxy *proxy)
{
    if (write(proxy->wake[1], "x", 1) != 1)
        abort();
    pthread_join(proxy->thread, NULL);
    for (int i = 0; i < LINKS_MAX; i++)
        if (proxy->links[i].client >= 0)
            close_link(&proxy->links[i]);
    close(proxy->listener);
    close(proxy->wake[0]);
    close(proxy->wake[1]);
    unlink(proxy->path);
    rmdir(proxy->directory);
    free(proxy);
}
