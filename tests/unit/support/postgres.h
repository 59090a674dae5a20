// SPDX-License-Identifier: Apache-2.0
// A throw-away PostgreSQL cluster for tests: own directory, Unix socket only, dies with the test program.
#ifndef KAM_TEST_POSTGRES_H
#define KAM_TEST_POSTGRES_H

#include <stdbool.h>
#include <sys/types.h>

struct test_postgres {
    char directory[64]; // holds the data directory, the log and the socket
    char conninfo[160]; // superuser "postgres", database "postgres"
    pid_t postmaster;   // 0 when stopped
};

// Makes the cluster and starts it. Any failure ends the test program with a message.
void test_postgres_start(struct test_postgres *postgres_r);

// Starts it again after test_postgres_kill().
void test_postgres_restart(struct test_postgres *postgres);

// kill -9 of the postmaster; its children notice and go, sooner or later.
void test_postgres_kill(struct test_postgres *postgres);

// Stops it at once and removes the directory.
void test_postgres_remove(struct test_postgres *postgres);

// Runs a script as superuser; ends the test program when it fails.
void test_postgres_exec(const struct test_postgres *postgres, const char *script);

// The first column of the first row as a number.
long test_postgres_number(const struct test_postgres *postgres, const char *sql);

// Waits until the query gives the number, for a minute at most; false when it never does.
bool test_postgres_wait_number(const struct test_postgres *postgres, const char *sql, long wanted);

#endif
