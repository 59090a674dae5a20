// SPDX-License-Identifier: Apache-2.0
// The file known_servers: one line "host:port SHA256:..." per server whose key was accepted on first use.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

enum { LINE_BYTES = SERVER_NAME_BYTES + FINGERPRINT_BYTES + 4, PATH_BYTES = 4096 };

static enum kam_code file_failed(struct kam_error *error, const char *path)
{
    return error_set(error, KAM_UNKNOWN, "FILE", "%s: %s", path, strerror(errno));
}

// True when the line is the server's; the fingerprint is then copied.
static bool line_matches(const char *line, const char *server, char fingerprint_r[FINGERPRINT_BYTES])
{
    size_t length = strlen(server);
    if (strncmp(line, server, length) != 0 || line[length] != ' ')
        return false;
    size_t size = strcspn(line + length + 1, " \r\n");
    if (size >= FINGERPRINT_BYTES)
        size = FINGERPRINT_BYTES - 1;
    memcpy(fingerprint_r, line + length + 1, size);
    fingerprint_r[size] = '\0';
    return true;
}

enum kam_code known_servers_find(const char *home, const char *server, char fingerprint_r[FINGERPRINT_BYTES],
                                 struct kam_error *error)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/known_servers", home);
    fingerprint_r[0] = '\0';
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT ? KAM_OK : file_failed(error, path);
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, file) != NULL)
        if (line_matches(line, server, fingerprint_r))
            break;
    fclose(file);
    return KAM_OK;
}

static enum kam_code make_directory(const char *path, struct kam_error *error)
{
    char part[PATH_BYTES];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1; *at != '\0'; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            return file_failed(error, part);
        *at = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST ? KAM_OK : file_failed(error, part);
}

// Writes the whole file anew beside the old one and renames it, under a lock, so that two programs lose nothing of each
// other.
static enum kam_code rewrite(const char *path, const char *server, const char *fingerprint, struct kam_error *error)
{
    char fresh[PATH_BYTES + 8];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *target = fopen(fresh, "we");
    if (target == NULL)
        return file_failed(error, fresh);
    FILE *source = fopen(path, "re");
    char line[LINE_BYTES];
    char ignored[FINGERPRINT_BYTES];
    while (source != NULL && fgets(line, sizeof line, source) != NULL)
        if (!line_matches(line, server, ignored))
            fputs(line, target);
    if (source != NULL)
        fclose(source);
    if (fingerprint != NULL)
        fprintf(target, "%s %s\n", server, fingerprint);
    bool is_written = fflush(target) == 0 && fsync(fileno(target)) == 0;
    is_written = fclose(target) == 0 && is_written;
    if (!is_written || rename(fresh, path) != 0) {
        unlink(fresh);
        return file_failed(error, path);
    }
    return KAM_OK;
}

enum kam_code known_servers_set(const char *home, const char *server, const char *fingerprint, struct kam_error *error)
{
    enum kam_code code = make_directory(home, error);
    if (code != KAM_OK)
        return code;
    char path[PATH_BYTES], lock_path[PATH_BYTES + 8];
    snprintf(path, sizeof path, "%s/known_servers", home);
    snprintf(lock_path, sizeof lock_path, "%s.lock", path);
    int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        code = file_failed(error, lock_path);
    } else {
        code = rewrite(path, server, fingerprint, error);
    }
    if (lock >= 0)
        close(lock);
    return code;
}

bool kam_forget_server(const char *home, const char *server, struct kam_error *error_r)
{
    struct server_name name;
    char fingerprint[FINGERPRINT_BYTES];
    error_r->code = KAM_OK;
    if (server_name_parse(server, &name, error_r) != KAM_OK ||
        known_servers_find(home, name.name, fingerprint, error_r) != KAM_OK || *fingerprint == '\0')
        return false;
    return known_servers_set(home, name.name, NULL, error_r) == KAM_OK;
}
