// SPDX-License-Identifier: Apache-2.0
// links: kam_net kam_base
// Listening sockets: shared between workers, never with another server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/listen.h"

static void close_all(const int *sockets, size_t count)
{
    for (size_t at = 0; at < count; at++)
        close(sockets[at]);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(client >= 0);
    int code = connect(client, (struct sockaddr *)&address, sizeof address);
    close(client);
    return code;
}

static void test_workers_share_a_port(void **state)
{
    (void)state;
    int sockets[4];
    uint16_t port = 0;
    struct error error;
    assert_int_equal(net_listen_sockets("127.0.0.1", 0, 4, sockets, &port, &error), STATUS_OK);
    assert_true(port > 0);
    for (int at = 0; at < 40; at++)
        assert_int_equal(connect_to(port), 0);
    int accepted = 0, used = 0;
    for (int at = 0; at < 4; at++) {
        int before = accepted;
        for (int client = accept(sockets[at], NULL, NULL); client >= 0; client = accept(sockets[at], NULL, NULL)) {
            accepted++;
            close(client);
        }
        used += accepted > before;
    }
    assert_int_equal(accepted, 40);
    assert_true(used > 1);
    close_all(sockets, 4);
}

static void test_second_server_is_refused(void **state)
{
    (void)state;
    for (size_t first = 1; first <= 2; first++) {
        for (size_t second = 1; second <= 2; second++) {
            int sockets[2], others[2] = {-7, -7};
            uint16_t port = 0, other_port = 77;
            struct error error;
            assert_int_equal(net_listen_sockets("127.0.0.1", 0, first, sockets, &port, &error), STATUS_OK);
            assert_int_equal(net_listen_sockets("127.0.0.1", port, second, others, &other_port, &error),
                             STATUS_FAILED_PRECONDITION);
            assert_non_null(strstr(error.message, "another process"));
            assert_int_equal(others[0], -7);
            assert_int_equal(other_port, 77);
            close_all(sockets, first);
            assert_int_equal(net_listen_sockets("127.0.0.1", port, second, others, &other_port, &error), STATUS_OK);
            assert_int_equal(other_port, port);
            close_all(others, second);
        }
    }
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const BAD[] = {"", "localhost", "127.0.0.1:80", "1.2.3", "::g", "[::1]"};
    int sockets[1];
    uint16_t port = 0;
    struct error error;
    for (size_t at = 0; at < sizeof BAD / sizeof *BAD; at++)
        assert_int_equal(net_listen_sockets(BAD[at], 0, 1, sockets, &port, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(net_listen_sockets("0.0.0.0", 0, 1, sockets, &port, &error), STATUS_OK);
    assert_int_equal(connect_to(port), 0);
    close_all(sockets, 1);
}

static void test_both_families(void **state)
{
    (void)state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    if (probe < 0) {
        print_message("this machine has no IPv6\n");
        skip();
    }
    close(probe);
    int sockets[2];
    uint16_t port = 0;
    struct error error;
    assert_int_equal(net_listen_sockets("::", 0, 2, sockets, &port, &error), STATUS_OK);
    assert_int_equal(connect_to(port), 0);
    close_all(sockets, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workers_share_a_port),
        cmocka_unit_test(test_second_server_is_refused),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
