// SPDX-License-Identifier: Apache-2.0
// The files of the embedded cluster: see embedded_cluster.h. Finding the binaries and stopping orphans is in
// embedded_host.c.
#include "kamd/embedded_cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "db/direct.h"
#include "kamd/embedded_host.h"

enum { OPERATOR_CONNECTIONS = 10, POLL_MS = 50, SLOW_START_POLLS = 200 };

static const char HOST_BASED_AUTHENTICATION[] = "# Written by kamd. The socket's directory belongs to one user and "
                                                "nobody else may enter it; there is no network access.\n"
                                                "local all all trust\n"
                                                "local replication all trust\n";

static enum status fail_errno(const char *what, const char *path, struct error *error)
{
    return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "%s %s: %s", what, path, strerror(errno));
}

static void sleep_ms(long milliseconds)
{
    struct timespec duration = {.tv_sec = milliseconds / 1000, .tv_nsec = (milliseconds % 1000) * 1000000L};
    while (nanosleep(&duration, &duration) != 0)
        continue;
}

enum status embedded_cluster_init(struct embedded_cluster *cluster, const char *directory, unsigned max_connections,
                                  struct error *error)
{
    *cluster = (struct embedded_cluster){.max_connections = max_connections, .lock_file = -1, .users_file = -1};
    char absolute[PATH_MAX];
    if (realpath(directory, absolute) == NULL)
        return fail_errno("cannot find", directory, error);
    int length = snprintf(cluster->directory, sizeof cluster->directory, "%s/postgresql", absolute);
    if (length < 0 || (size_t)length >= sizeof cluster->directory)
        return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "the path %s is too long", absolute);
    snprintf(cluster->data, sizeof cluster->data, "%s/data", cluster->directory);
    snprintf(cluster->log, sizeof cluster->log, "%s/start.log", cluster->directory);
    return STATUS_OK;
}

void embedded_cluster_finish(struct embedded_cluster *cluster)
{
    if (cluster->users_file >= 0)
        close(cluster->users_file);
    if (cluster->lock_file >= 0)
        close(cluster->lock_file);
    cluster->users_file = -1;
    cluster->lock_file = -1;
}

// ---- locks ----

static enum status open_file(const struct embedded_cluster *cluster, const char *name, int *file_r, struct error *error)
{
    char path[PATH_MAX / 2];
    snprintf(path, sizeof path, "%s/%s", cluster->directory, name);
    if (mkdir(cluster->directory, 0700) != 0 && errno != EEXIST)
        return fail_errno("cannot make directory", cluster->directory, error);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno("cannot open", path, error);
    *file_r = file;
    return STATUS_OK;
}

enum status embedded_cluster_try_lock(struct embedded_cluster *cluster, bool *is_ours_r, struct error *error)
{
    int file = -1;
    enum status code = open_file(cluster, "lock", &file, error);
    if (code != STATUS_OK)
        return code;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        cluster->lock_file = file;
        *is_ours_r = true;
        return STATUS_OK;
    }
    bool is_held = errno == EWOULDBLOCK;
    if (!is_held)
        code = fail_errno("cannot lock", cluster->directory, error);
    close(file);
    *is_ours_r = false;
    return code;
}

void embedded_cluster_wait_for_users(struct embedded_cluster *cluster)
{
    struct error error;
    if (open_file(cluster, "users", &cluster->users_file, &error) != STATUS_OK)
        return;
    while (flock(cluster->users_file, LOCK_EX) != 0 && errno == EINTR)
        continue;
}

enum status embedded_cluster_join(struct embedded_cluster *cluster, bool *is_joined_r, struct error *error)
{
    int file = -1;
    *is_joined_r = false;
    enum status code = open_file(cluster, "users", &file, error);
    if (code != STATUS_OK)
        return code;
    struct embedded_postmaster postmaster = {0};
    bool is_running = flock(file, LOCK_SH | LOCK_NB) == 0 &&
                      embedded_host_find_postmaster(cluster->data, &postmaster) &&
                      postmaster.socket_directory[0] != '\0'; // it writes that a little later than its number
    if (!is_running) {
        close(file);
        return STATUS_OK;
    }
    snprintf(cluster->socket_directory, sizeof cluster->socket_directory, "%s", postmaster.socket_directory);
    cluster->users_file = file;
    *is_joined_r = true;
    return STATUS_OK;
}

// ---- making the cluster ----

static enum status write_file(const char *directory, const char *name, const char *mode, const char *text,
                              struct error *error)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, mode);
    if (file == NULL)
        return fail_errno("cannot write", path, error);
    bool is_written = fputs(text, file) >= 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (fclose(file) != 0 || !is_written)
        return fail_errno("cannot write", path, error);
    return STATUS_OK;
}

// Under another name first, so that an initdb that was interrupted is never taken for a cluster.
static enum status make_cluster(const struct embedded_cluster *cluster, struct error *error)
{
    char unfinished[PATH_MAX / 2];
    snprintf(unfinished, sizeof unfinished, "%s/unfinished", cluster->directory);
    LOG(LOG_INFO, "making a database cluster", LOG_TEXT("directory", cluster->data));
    enum status code = embedded_host_remove_tree(unfinished, error);
    char *arguments[] = {"initdb",
                         "-D",
                         unfinished,
                         "-U",
                         "postgres",
                         "-A",
                         "trust",
                         "-E",
                         "UTF8",
                         "--locale=C.UTF-8",
                         "--data-checksums",
                         "--no-instructions",
                         NULL};
    if (code == STATUS_OK)
        code = embedded_host_run(cluster->binaries, arguments, cluster->log, error);
    if (code == STATUS_OK)
        code = write_file(unfinished, "pg_hba.conf", "w", HOST_BASED_AUTHENTICATION, error);
    if (code == STATUS_OK)
        code = write_file(unfinished, "postgresql.conf", "a",
                          "\n# Written anew by kamd at every start; ALTER SYSTEM overrides it.\ninclude = 'kam.conf'\n",
                          error);
    if (code == STATUS_OK && rename(unfinished, cluster->data) != 0)
        code = fail_errno("cannot rename", unfinished, error);
    return code;
}

static enum status write_settings(const struct embedded_cluster *cluster, struct error *error)
{
    long megabytes = embedded_host_memory_megabytes();
    long shared = megabytes / 4 < 32 ? 32 : megabytes / 4 > 8192 ? 8192 : megabytes / 4;
    char text[2048];
    snprintf(text, sizeof text,
             "max_connections = %u\n"
             "shared_buffers = %ldMB\n"
             "effective_cache_size = %ldMB\n"
             "fsync = on\n"
             "synchronous_commit = on\n"
             "wal_compression = on\n"
             "max_wal_size = 2GB\n"
             "random_page_cost = 1.1\n"
             "jit = off\n"
             "logging_collector = on\n"
             "log_directory = '../log'\n"
             "log_filename = 'postgresql-%%a.log'\n"
             "log_truncate_on_rotation = on\n"
             "log_rotation_age = 1d\n"
             "log_rotation_size = 0\n"
             "log_timezone = 'UTC'\n"
             // DETAIL lines and statements would carry personal data into the log.
             "log_error_verbosity = terse\n"
             "log_min_error_statement = panic\n",
             cluster->max_connections + OPERATOR_CONNECTIONS, shared, 2 * shared);
    return write_file(cluster->data, "kam.conf", "w", text, error);
}

static enum status check_version(const struct embedded_cluster *cluster, int *major_r, struct error *error)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/PG_VERSION", cluster->data);
    *major_r = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return errno == ENOENT && access(cluster->data, F_OK) != 0 ? STATUS_OK : fail_errno("cannot read", path, error);
    char text[16] = "";
    bool is_read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    *major_r = is_read ? atoi(text) : 0;
    return *major_r > 0 ? STATUS_OK
                        : error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "%s has no version in it", path);
}

// ---- the socket's directory ----

static enum status make_socket_directory(struct embedded_cluster *cluster, struct error *error)
{
    static const char SOCKET_NAME[] = "/.s.PGSQL.5432";
    snprintf(cluster->socket_directory, sizeof cluster->socket_directory, "%s/run", cluster->directory);
    cluster->has_foreign_socket_directory = false;
    if (strlen(cluster->socket_directory) + sizeof SOCKET_NAME <= sizeof((struct sockaddr_un *)NULL)->sun_path) {
        if (mkdir(cluster->socket_directory, 0700) == 0 || errno == EEXIST)
            return STATUS_OK;
        return fail_errno("cannot make directory", cluster->socket_directory, error);
    }
    cluster->has_foreign_socket_directory = true;
    static const char *const TEMPLATES[] = {EMBEDDED_SOCKET_PREFIX_RUN "XXXXXX", EMBEDDED_SOCKET_PREFIX_TMP "XXXXXX"};
    for (size_t i = 0; i < sizeof TEMPLATES / sizeof *TEMPLATES; i++) {
        snprintf(cluster->socket_directory, sizeof cluster->socket_directory, "%s", TEMPLATES[i]);
        if (mkdtemp(cluster->socket_directory) != NULL)
            return STATUS_OK;
    }
    return fail_errno("cannot make a directory in", "/tmp", error);
}

void embedded_cluster_clean_up(struct embedded_cluster *cluster)
{
    if (cluster->has_foreign_socket_directory && rmdir(cluster->socket_directory) != 0)
        LOG(LOG_DEBUG, "socket directory not removed", LOG_TEXT("directory", cluster->socket_directory));
    cluster->has_foreign_socket_directory = false;
}

enum status embedded_cluster_prepare(struct embedded_cluster *cluster, struct error *error)
{
    if (geteuid() == 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED",
                         "PostgreSQL does not run as root: start kamd as an unprivileged user");
    int major = 0;
    enum status code = check_version(cluster, &major, error);
    if (code == STATUS_OK)
        code = embedded_host_find_binaries(major, cluster->binaries, sizeof cluster->binaries, error);
    if (code == STATUS_OK && major == 0)
        code = make_cluster(cluster, error);
    if (code == STATUS_OK)
        code = embedded_host_stop_orphan(cluster->data, error);
    if (code == STATUS_OK)
        code = write_settings(cluster, error);
    if (code == STATUS_OK)
        code = make_socket_directory(cluster, error);
    if (code == STATUS_OK)
        code = embedded_host_disown_pid_file(cluster->data, cluster->socket_directory, error);
    return code;
}

// ---- roles and database ----

static enum status execute_unless(struct db_direct *direct, const char *condition, const char *sql, struct error *error)
{
    struct db_rows *rows = NULL;
    enum status code = db_direct_query(direct, condition, NULL, 0, &rows, error);
    if (code != STATUS_OK)
        return code;
    bool is_there = db_rows_count(rows) > 0;
    db_rows_destroy(rows);
    return is_there ? STATUS_OK : db_direct_exec(direct, sql, error);
}

// Each by itself, because it may have been interrupted between any two the last time.
static enum status make_database(struct db_direct *direct, struct error *error)
{
    static const char *const STEPS[][2] = {
        {"select from pg_roles where rolname = 'kam_owner'", "create role kam_owner login createrole"},
        {"select from pg_roles where rolname = 'kam_login'",
         "create role kam_login login noinherit nosuperuser nobypassrls"},
        {"select from pg_database where datname = 'kam'",
         "create database kam owner kam_owner encoding 'UTF8' template template0"},
        {"select where not has_database_privilege('public', 'kam', 'connect')",
         "revoke all on database kam from public; grant connect on database kam to kam_login"},
    };
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++) {
        enum status code = execute_unless(direct, STEPS[i][0], STEPS[i][1], error);
        if (code != STATUS_OK)
            return code;
    }
    return STATUS_OK;
}

enum status embedded_cluster_complete(struct embedded_cluster *cluster, atomic_bool *has_ended, struct error *error)
{
    char conninfo[PATH_MAX];
    embedded_host_conninfo(cluster->socket_directory, "postgres", "postgres", conninfo, sizeof conninfo);
    struct db_direct *direct = NULL;
    for (int polls = 1; db_direct_open(conninfo, &direct, error) != STATUS_OK; polls++) {
        if (atomic_load(has_ended))
            return embedded_host_fail_with_log("PostgreSQL ended while starting", cluster->log, error);
        if (polls % SLOW_START_POLLS == 0)
            LOG(LOG_INFO, "waiting for PostgreSQL to start", LOG_TEXT("directory", cluster->data));
        sleep_ms(POLL_MS);
    }
    enum status code = make_database(direct, error);
    db_direct_close(direct);
    return code;
}
