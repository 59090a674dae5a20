// SPDX-License-Identifier: Apache-2.0
// What the embedded cluster needs of the machine: see embedded_host.h.
#include "kamd/embedded_host.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

enum { MAJOR_LEAST = 15, LOG_TAIL_BYTES = 300, FAST_STOP_POLLS = 600, IMMEDIATE_STOP_POLLS = 100, POLL_MS = 100 };

// ---- binaries ----

static bool has_program(const char *directory, const char *program)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, program);
    return access(path, X_OK) == 0;
}

// What "PROGRAM --version" says; 0 when it says nothing of use.
static int major_of(const char *directory, const char *program)
{
    char command[PATH_MAX];
    char line[128] = "";
    snprintf(command, sizeof command, "'%s/%s' --version", directory, program);
    FILE *pipe = strchr(directory, '\'') == NULL ? popen(command, "re") : NULL;
    if (pipe == NULL)
        return 0;
    bool is_read = fgets(line, sizeof line, pipe) != NULL;
    pclose(pipe);
    const char *number = is_read ? strpbrk(line, "0123456789") : NULL;
    return number == NULL ? 0 : atoi(number);
}

struct search {
    const char *first; // two programs that must be there; the first tells the version
    const char *second;
    int least, most;
    int found;
    char *directory;
    size_t capacity;
};

static void consider(struct search *search, const char *directory)
{
    if (!has_program(directory, search->first) || !has_program(directory, search->second) ||
        strlen(directory) >= search->capacity)
        return;
    int major = major_of(directory, search->first);
    if (major < search->least || major > search->most || major <= search->found)
        return;
    search->found = major;
    strcpy(search->directory, directory);
}

static void consider_path(struct search *search)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path == NULL ? "" : path);
    char *rest = copy;
    for (char *part = strsep(&rest, ":"); part != NULL; part = strsep(&rest, ":"))
        if (part[0] == '/')
            consider(search, part);
    free(copy);
}

static bool find(struct search *search)
{
    static const char *const PATTERNS[] = {"/usr/lib/postgresql/*/bin",
                                           "/usr/pgsql-*/bin"}; // Debian's, PGDG's on Red Hat
    for (size_t i = 0; i < sizeof PATTERNS / sizeof *PATTERNS; i++) {
        glob_t places;
        if (glob(PATTERNS[i], 0, NULL, &places) == 0)
            for (size_t k = 0; k < places.gl_pathc; k++)
                consider(search, places.gl_pathv[k]);
        globfree(&places);
    }
    consider_path(search);
    return search->found != 0;
}

enum status embedded_host_find_tools(int server_major, char *directory_r, size_t capacity, struct error *error)
{
    struct search search = {.first = "pg_dump",
                            .second = "pg_restore",
                            .least = server_major,
                            .most = server_major,
                            .directory = directory_r,
                            .capacity = capacity};
    if (find(&search))
        return STATUS_OK;
    search.most = INT_MAX;
    if (find(&search))
        return STATUS_OK;
    return error_set(error, STATUS_FAILED_PRECONDITION, "TOOLS",
                     "no pg_dump and pg_restore of version %d or later are installed: install the package "
                     "postgresql-client-%d",
                     server_major, server_major);
}

enum status embedded_host_find_binaries(int major, char *directory_r, size_t capacity, struct error *error)
{
    struct search search = {.first = "postgres",
                            .second = "initdb",
                            .least = major != 0 ? major : MAJOR_LEAST,
                            .most = major != 0 ? major : INT_MAX,
                            .directory = directory_r,
                            .capacity = capacity};
    if (find(&search))
        return STATUS_OK;
    if (major != 0)
        return error_set(
            error, STATUS_FAILED_PRECONDITION, "EMBEDDED",
            "the data directory was made by PostgreSQL %d, which is not installed here (package postgresql-%d); "
            "to change the version, back up with the old one and restore",
            major, major);
    return error_set(
        error, STATUS_FAILED_PRECONDITION, "EMBEDDED",
        "no PostgreSQL server (15 or later) is installed: install the package postgresql, or give --database");
}

// ---- processes ----

enum status embedded_host_fail_with_log(const char *text, const char *log, struct error *error)
{
    char tail[LOG_TAIL_BYTES + 1] = "";
    FILE *file = fopen(log, "r");
    if (file != NULL) {
        if (fseek(file, -LOG_TAIL_BYTES, SEEK_END) != 0)
            rewind(file);
        tail[fread(tail, 1, LOG_TAIL_BYTES, file)] = '\0';
        fclose(file);
    }
    size_t length = strlen(tail);
    while (length > 0 && tail[length - 1] == '\n')
        tail[--length] = '\0';
    return error_set(error, STATUS_UNAVAILABLE, "EMBEDDED", "%s (see %s): %s", text, log, tail);
}

enum status embedded_host_run(const char *directory, char *arguments[], const char *log, struct error *error)
{
    char *name = arguments[0];
    char program[PATH_MAX];
    snprintf(program, sizeof program, "%s/%s", directory, name);
    arguments[0] = program; // PostgreSQL's programs find each other by it
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
    pid_t child = 0;
    int failure = posix_spawn(&child, program, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "cannot run %s: %s", program,
                         strerror(failure));
    int result = 0;
    while (waitpid(child, &result, 0) < 0)
        if (errno != EINTR)
            return error_set(error, STATUS_INTERNAL, "EMBEDDED", "lost sight of %s: %s", program, strerror(errno));
    if (result == 0)
        return STATUS_OK;
    arguments[0] = name;
    char text[64];
    snprintf(text, sizeof text, "%s failed", name);
    return embedded_host_fail_with_log(text, log, error);
}

// A process number may belong to another program by now, but a postmaster's working directory is its data directory.
// False for a process that ended and was not waited for.
static bool works_in(long process, const char *data)
{
    char link[64];
    char directory[PATH_MAX] = "";
    char wanted[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/%ld/cwd", process);
    ssize_t length = readlink(link, directory, sizeof directory - 1);
    return length > 0 && realpath(data, wanted) != NULL && strcmp(directory, wanted) == 0;
}

// postmaster.pid: process id, data directory, start time, port, socket directory, each on a line (PostgreSQL's
// utils/pidfile.h).
bool embedded_host_find_postmaster(const char *data, struct embedded_postmaster *postmaster_r)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/postmaster.pid", data);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    char lines[5][PATH_MAX / 2] = {{0}};
    for (size_t i = 0; i < 5; i++) {
        if (fgets(lines[i], (int)sizeof lines[i], file) == NULL)
            break;
        lines[i][strcspn(lines[i], "\n")] = '\0';
    }
    fclose(file);
    long process = strtol(lines[0], NULL, 10);
    if (process <= 1 || process > INT_MAX)
        return false;
    if (!works_in(process, data))
        return false;
    *postmaster_r = (struct embedded_postmaster){.process = (pid_t)process};
    snprintf(postmaster_r->socket_directory, sizeof postmaster_r->socket_directory, "%s", lines[4]);
    return true;
}

static bool has_ended_after(const char *data, const struct embedded_postmaster *postmaster, int polls)
{
    struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    for (int i = 0; i < polls; i++) {
        if (!works_in(postmaster->process, data))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

enum status embedded_host_stop_orphan(const char *data, struct error *error)
{
    struct embedded_postmaster postmaster;
    if (!embedded_host_find_postmaster(data, &postmaster))
        return STATUS_OK;
    LOG(LOG_WARNING, "stopping a PostgreSQL that an earlier kamd left running",
        LOG_NUMBER("process", postmaster.process));
    kill(postmaster.process, SIGINT);
    if (!has_ended_after(data, &postmaster, FAST_STOP_POLLS)) {
        kill(postmaster.process, SIGQUIT);
        if (!has_ended_after(data, &postmaster, IMMEDIATE_STOP_POLLS))
            return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED",
                             "a PostgreSQL of an earlier kamd (process %ld) does not end", (long)postmaster.process);
    }
    const char *directory = postmaster.socket_directory;
    bool is_foreign = strncmp(directory, EMBEDDED_SOCKET_PREFIX_RUN, strlen(EMBEDDED_SOCKET_PREFIX_RUN)) == 0 ||
                      strncmp(directory, EMBEDDED_SOCKET_PREFIX_TMP, strlen(EMBEDDED_SOCKET_PREFIX_TMP)) == 0;
    if (is_foreign && rmdir(directory) != 0)
        LOG(LOG_DEBUG, "socket directory not removed", LOG_TEXT("directory", directory));
    return STATUS_OK;
}

// PostgreSQL refuses to start while the process number in postmaster.pid is alive, whatever that process is now; after
// a container was killed, the numbers begin anew and it often is. Our own number in its place is let pass (we will be
// the parent), and the rest of the file, by which PostgreSQL finds leftover backends, stays.
enum status embedded_host_disown_pid_file(const char *data, const char *socket_directory, struct error *error)
{
    char path[PATH_MAX];
    char text[PATH_MAX];
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432.lock", socket_directory);
    unlink(path);
    snprintf(path, sizeof path, "%s/postmaster.pid", data);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return STATUS_OK;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    const char *rest = strchr(text, '\n');
    file = fopen(path, "w");
    bool is_written = file != NULL && fprintf(file, "%ld%s", (long)getpid(), rest == NULL ? "\n" : rest) > 0;
    if (file != NULL && fclose(file) == 0 && is_written)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "cannot write %s: %s", path, strerror(errno));
}

// ---- the rest ----

long embedded_host_memory_megabytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);
    long page_bytes = sysconf(_SC_PAGESIZE);
    long long bytes = (long long)pages * page_bytes;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "r"); // "max" where the container has no limit
    if (file != NULL) {
        long long limit = 0;
        if (fscanf(file, "%lld", &limit) == 1 && limit > 0 && limit < bytes)
            bytes = limit;
        fclose(file);
    }
    return (long)(bytes / (1024 * 1024));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

enum status embedded_host_remove_tree(const char *path, struct error *error)
{
    enum { OPEN_DIRECTORIES = 16 };
    if (nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED_PRECONDITION, "EMBEDDED", "cannot remove %s: %s", path, strerror(errno));
}

void embedded_host_conninfo(const char *socket_directory, const char *user, const char *database, char *conninfo_r,
                            size_t capacity)
{
    size_t used = (size_t)snprintf(conninfo_r, capacity, "port=5432 user='%s' dbname='%s' host='", user, database);
    for (const char *c = socket_directory; *c != '\0' && used + 4 < capacity; c++) {
        if (*c == '\'' || *c == '\\')
            conninfo_r[used++] = '\\';
        conninfo_r[used++] = *c;
    }
    snprintf(conninfo_r + used, capacity - used, "'");
}
