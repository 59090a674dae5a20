// SPDX-License-Identifier: Apache-2.0
// A throw-away PostgreSQL cluster for tests: see postgres.h.
#include "support/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/direct.h"

enum { WAIT_STEP_US = 20 * 1000, WAIT_STEPS = 3000 };

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "test cluster: %s: %s\n", what, strerror(errno));
    exit(99);
}

// The newest /usr/lib/postgresql/N/bin.
static const char *find_binaries(void)
{
    static char newest[256];
    if (newest[0] != '\0')
        return newest;
    glob_t found;
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
        give_up("no PostgreSQL server binaries");
    int best = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int major = atoi(found.gl_pathv[i] + strlen("/usr/lib/postgresql/"));
        if (major > best) {
            best = major;
            snprintf(newest, sizeof newest, "%s", found.gl_pathv[i]);
        }
    }
    globfree(&found);
    return newest;
}

// PostgreSQL refuses to run as root. The kernel stops it when the test program ends, however that happens.
static void become_server(pid_t parent, const char *log)
{
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (user != NULL && (setgid(user->pw_gid) != 0 || setgroups(0, NULL) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    if (getppid() != parent)
        _exit(126);
    int descriptor = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (descriptor < 0)
        _exit(126);
    dup2(descriptor, STDOUT_FILENO);
    dup2(descriptor, STDERR_FILENO);
    if (chdir("/") != 0)
        _exit(126);
}

static pid_t spawn(const struct test_postgres *postgres, const char *program, char *const arguments[])
{
    char path[320];
    char log[96];
    snprintf(path, sizeof path, "%s/%s", find_binaries(), program);
    snprintf(log, sizeof log, "%s/log", postgres->directory);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0)
        give_up("fork");
    if (child == 0) {
        become_server(parent, log);
        execv(path, arguments);
        _exit(127);
    }
    return child;
}

static void run_initdb(const struct test_postgres *postgres)
{
    char data[96];
    snprintf(data, sizeof data, "%s/data", postgres->directory);
    char *arguments[] = {"initdb",    "-D",
                         data,        "-U",
                         "postgres",  "-A",
                         "trust",     "-E",
                         "UTF8",      "--locale=C.UTF-8",
                         "--no-sync", "--no-instructions",
                         NULL};
    pid_t child = spawn(postgres, "initdb", arguments);
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != 0)
        give_up("initdb failed");
}

static bool is_ready(const struct test_postgres *postgres)
{
    struct db_direct *direct = NULL;
    struct error error;
    if (db_direct_open(postgres->conninfo, &direct, &error) != STATUS_OK)
        return false;
    db_direct_close(direct);
    return true;
}

void test_postgres_restart(struct test_postgres *postgres)
{
    char data[96];
    char socket_setting[128];
    snprintf(data, sizeof data, "%s/data", postgres->directory);
    snprintf(socket_setting, sizeof socket_setting, "unix_socket_directories=%s", postgres->directory);
    char *arguments[] = {"postgres",
                         "-D",
                         data,
                         "-c",
                         socket_setting,
                         "-c",
                         "listen_addresses=",
                         "-c",
                         "fsync=off",
                         "-c",
                         "max_connections=60",
                         "-c",
                         "shared_buffers=32MB",
                         "-c",
                         "deadlock_timeout=50ms",
                         "-c",
                         "log_min_messages=fatal",
                         "-c",
                         "autovacuum=off",
                         NULL};
    for (int i = 0; i < WAIT_STEPS; i++) {
        // After a kill it refuses to start as long as a backend of the old one lives.
        if (postgres->postmaster == 0)
            postgres->postmaster = spawn(postgres, "postgres", arguments);
        if (is_ready(postgres))
            return;
        if (waitpid(postgres->postmaster, NULL, WNOHANG) == postgres->postmaster)
            postgres->postmaster = 0;
        usleep(WAIT_STEP_US);
    }
    give_up("the server did not start; see its log");
}

// A test that ends early leaves nothing behind either.
static struct test_postgres *left_over;

static void remove_left_over(void)
{
    if (left_over != NULL)
        test_postgres_remove(left_over);
}

void test_postgres_start(struct test_postgres *postgres_r)
{
    static bool is_registered;
    if (!is_registered)
        is_registered = atexit(remove_left_over) == 0;
    memset(postgres_r, 0, sizeof *postgres_r);
    snprintf(postgres_r->directory, sizeof postgres_r->directory, "/tmp/kam-test-XXXXXX");
    if (mkdtemp(postgres_r->directory) == NULL)
        give_up("mkdtemp");
    const struct passwd *user = geteuid() == 0 ? getpwnam("postgres") : NULL;
    if (geteuid() == 0 && (user == NULL || chown(postgres_r->directory, user->pw_uid, user->pw_gid) != 0))
        give_up("no user postgres to run the server as");
    snprintf(postgres_r->conninfo, sizeof postgres_r->conninfo, "host=%s user=postgres dbname=postgres",
             postgres_r->directory);
    left_over = postgres_r;
    run_initdb(postgres_r);
    test_postgres_restart(postgres_r);
}

void test_postgres_kill(struct test_postgres *postgres)
{
    kill(postgres->postmaster, SIGKILL);
    waitpid(postgres->postmaster, NULL, 0);
    postgres->postmaster = 0;
}

void test_postgres_remove(struct test_postgres *postgres)
{
    if (postgres->postmaster > 0) {
        kill(postgres->postmaster, SIGQUIT);
        waitpid(postgres->postmaster, NULL, 0);
    }
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", postgres->directory);
    if (system(command) != 0)
        fprintf(stderr, "test cluster: cannot remove %s\n", postgres->directory);
    if (left_over == postgres)
        left_over = NULL;
}

static struct db_direct *open_or_die(const struct test_postgres *postgres)
{
    struct db_direct *direct = NULL;
    struct error error;
    if (db_direct_open(postgres->conninfo, &direct, &error) == STATUS_OK)
        return direct;
    fprintf(stderr, "test cluster: %s\n", error.message);
    exit(99);
}

void test_postgres_exec(const struct test_postgres *postgres, const char *script)
{
    struct db_direct *direct = open_or_die(postgres);
    struct error error;
    if (db_direct_exec(direct, script, &error) != STATUS_OK) {
        fprintf(stderr, "test cluster: %s\n", error.message);
        exit(99);
    }
    db_direct_close(direct);
}

long test_postgres_number(const struct test_postgres *postgres, const char *sql)
{
    struct db_direct *direct = open_or_die(postgres);
    struct error error;
    struct db_rows *rows = NULL;
    if (db_direct_query(direct, sql, NULL, 0, &rows, &error) != STATUS_OK || db_rows_count(rows) == 0) {
        fprintf(stderr, "test cluster: %s: %s\n", sql, rows == NULL ? error.message : "no row");
        exit(99);
    }
    const char *value = db_rows_value(rows, 0, 0);
    long number = value == NULL ? -1 : atol(value);
    db_rows_destroy(rows);
    db_direct_close(direct);
    return number;
}

bool test_postgres_wait_number(const struct test_postgres *postgres, const char *sql, long wanted)
{
    for (int i = 0; i < WAIT_STEPS; i++) {
        if (test_postgres_number(postgres, sql) == wanted)
            return true;
        usleep(WAIT_STEP_US);
    }
    return false;
}
