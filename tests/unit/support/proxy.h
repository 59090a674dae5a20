// SPDX-License-Identifier: Apache-2.0
// A proxy between a pool and PostgreSQL that spoils the k-th message of the server, in a thread of its own.
#ifndef KAM_TEST_PROXY_H
#define KAM_TEST_PROXY_H

#include <stdbool.h>

#include "support/postgres.h"

enum test_proxy_fault {
    TEST_PROXY_NONE,
    TEST_PROXY_ERROR, // an ErrorResponse instead of the message, and nothing more until ReadyForQuery, as PostgreSQL
                      // does
    TEST_PROXY_CUT,   // the connection ends before the message
    TEST_PROXY_CUT_INSIDE, // the connection ends in the middle of the message
};

struct test_proxy;

// Listens in a directory of its own; the proxied server's conninfo with the host exchanged is written to conninfo_r.
struct test_proxy *test_proxy_start(const struct test_postgres *postgres, const char *user, char conninfo_r[160]);

// Counts the server's messages on all connections from now on; spoils number count (from 0), once.
void test_proxy_arm(struct test_proxy *proxy, enum test_proxy_fault fault, long count);

// Whether the armed fault has happened.
bool test_proxy_has_fired(const struct test_proxy *proxy);

void test_proxy_stop(struct test_proxy *proxy);

#endif
