// SPDX-License-Identifier: Apache-2.0
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *session_path(struct app *app)
{
    return arena_printf(app->arena, "%s/session", app->home);
}

static const char *text_of(struct app *app, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : arena_strdup(app->arena, text);
}

void credentials_load(struct app *app)
{
    json_t *object = json_load_file(session_path(app), 0, NULL);
    app->credentials = (struct credentials){
        .server = text_of(app, object, "server"),
        .token = text_of(app, object, "token"),
        .login = text_of(app, object, "login"),
        .user_id = text_of(app, object, "user_id"),
        .name = text_of(app, object, "name"),
        .role = text_of(app, object, "role"),
        .time_zone = text_of(app, object, "time_zone"),
    };
    json_decref(object);
}

static bool make_home(struct app *app)
{
    char *path = arena_strdup(app->arena, app->home);
    for (char *at = path + 1; *at != '\0'; at++)
        if (*at == '/') {
            *at = '\0';
            if (mkdir(path, 0700) != 0 && errno != EEXIST)
                return false;
            *at = '/';
        }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool credentials_write_file(struct app *app, const char *path, const char *text, size_t length)
{
    const char *fresh = arena_printf(app->arena, "%s.%ld", path, (long)getpid());
    if (!make_home(app))
        return false;
    int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return false;
    bool is_written = write(file, text, length) == (ssize_t)length && fsync(file) == 0;
    is_written = close(file) == 0 && is_written;
    if (is_written && rename(fresh, path) == 0)
        return true;
    int reason = errno;
    unlink(fresh);
    errno = reason;
    return false;
}

enum exit_code credentials_save(struct app *app)
{
    const struct credentials *own = &app->credentials;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "server", own->server, "token", own->token,
                               "login", own->login, "user_id", own->user_id, "name", own->name, "role", own->role,
                               "time_zone", own->time_zone);
    char *text = object == NULL ? NULL : json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    errno = EILSEQ;
    bool is_written = text != NULL && credentials_write_file(app, session_path(app), text, strlen(text));
    int reason = errno;
    free(text);
    if (is_written)
        return EXIT_OK;
    return app_refuse(app, EXIT_REFUSED, _("cannot keep the session in %s: %s"), session_path(app), strerror(reason));
}

void credentials_remove(struct app *app)
{
    unlink(session_path(app));
}
