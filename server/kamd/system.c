// SPDX-License-Identifier: Apache-2.0
// Data directory, privileges and the lock: see system.h.
#include "kamd/system.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status fail_errno(const char *what, const char *path, struct error *error)
{
    return error_set(error, STATUS_FAILED_PRECONDITION, "SYSTEM", "%s %s: %s", what, path, strerror(errno));
}

static enum status make_directory(const char *path, struct error *error)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return error_set(error, STATUS_INVALID_ARGUMENT, "SYSTEM", "the data directory's path is empty or too long");
    memcpy(part, path, length + 1);
    for (size_t at = 1; at <= length; at++) {
        if (part[at] != '/' && part[at] != '\0')
            continue;
        part[at] = '\0';
        if (mkdir(part, at == length ? 0700 : 0755) != 0 && errno != EEXIST)
            return fail_errno("cannot make directory", part, error);
        part[at] = path[at];
    }
    return STATUS_OK;
}

enum status system_make_directory_of(const char *file_path, struct error *error)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(file_path, '/');
    if (slash == NULL || slash == file_path)
        return STATUS_OK;
    snprintf(directory, sizeof directory, "%.*s", (int)(slash - file_path), file_path);
    return make_directory(directory, error);
}

static const struct passwd *find_user(const char *user)
{
    if (user[0] != '\0')
        return getpwnam(user);
    const struct passwd *found = getpwnam("kam");
    return found != NULL ? found : getpwnam("postgres");
}

static enum status become(const struct passwd *user, const char *directory, struct error *error)
{
    struct stat info;
    if (stat(directory, &info) != 0)
        return fail_errno("cannot look at", directory, error);
    // A directory of root's that we did not make would be taken away from its owner without being asked to.
    if (info.st_uid == 0 && (info.st_mode & 077) != 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "SYSTEM",
                         "%s belongs to root and others may enter it: give kamd a directory of its own with --data",
                         directory);
    if (info.st_uid == 0 && chown(directory, user->pw_uid, user->pw_gid) != 0)
        return fail_errno("cannot give away", directory, error);
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        return fail_errno("cannot become user", user->pw_name, error);
    setenv("HOME", directory, 1);
    setenv("USER", user->pw_name, 1);
    setenv("LOGNAME", user->pw_name, 1);
    return STATUS_OK;
}

enum status system_enter(const char *user, const char *directory, struct error *error)
{
    umask(0077);
    if (geteuid() != 0) {
        const struct passwd *self = getpwuid(geteuid());
        if (user[0] != '\0' && (self == NULL || strcmp(user, self->pw_name) != 0))
            return error_set(error, STATUS_FAILED_PRECONDITION, "SYSTEM", "only root can become user %s", user);
        return make_directory(directory, error);
    }
    const struct passwd *target = find_user(user);
    if (target == NULL || target->pw_uid == 0)
        return error_set(
            error, STATUS_FAILED_PRECONDITION, "SYSTEM",
            "kamd does not run as root: start it as another user, or create the user kam (useradd --system kam)");
    umask(0022);
    enum status status = make_directory(directory, error);
    umask(0077);
    return status != STATUS_OK ? status : become(target, directory, error);
}

enum status system_lock(const char *directory, struct error *error)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/kamd.lock", directory);
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        return fail_errno("cannot open", path, error);
    char owner[24] = "";
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        ssize_t length = read(file, owner, sizeof owner - 1);
        owner[length > 0 ? strcspn(owner, "\n") : 0] = '\0';
        close(file);
        return error_set(error, STATUS_FAILED_PRECONDITION, "DATA_DIRECTORY_IN_USE",
                         "another kamd (process %s) uses the data directory %s", owner, directory);
    }
    int length = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
    if (ftruncate(file, 0) != 0 || pwrite(file, owner, (size_t)length, 0) != length)
        return fail_errno("cannot write", path, error);
    return STATUS_OK;
}

enum status system_write_file(const char *path, const char *text, struct error *error)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid()) >= (int)sizeof temporary)
        return error_set(error, STATUS_INVALID_ARGUMENT, "SYSTEM", "the path %.100s... is too long", path);
    FILE *file = fopen(temporary, "we");
    if (file == NULL)
        return fail_errno("cannot write", temporary, error);
    bool is_written = fputs(text, file) >= 0;
    if (fclose(file) != 0 || !is_written || rename(temporary, path) != 0)
        return fail_errno("cannot write", path, error);
    return STATUS_OK;
}

void system_raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    // Without it kamd runs all the same, with fewer connections.
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}
