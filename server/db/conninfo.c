// SPDX-License-Identifier: Apache-2.0
// Takes the password out of a connection string: see conninfo.h.
#include "db/conninfo.h"

#include <libpq-fe.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

static void put(FILE *out, const char *keyword, const char *value)
{
    fprintf(out, "%s='", keyword);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\')
            fputc('\\', out);
        fputc(*c, out);
    }
    fputs("' ", out);
}

static enum status split(const PQconninfoOption *options, FILE *out, char **password_r, struct error *error)
{
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val == NULL || option->val[0] == '\0')
            continue;
        if (strcmp(option->keyword, "password") == 0) {
            *password_r = strdup(option->val);
            REQUIRE(*password_r != NULL);
        } else if (option->dispchar[0] == '*') {
            return error_set(error, STATUS_INVALID_ARGUMENT, "CONNECTION_STRING",
                             "the connection string has %s, which would show on a command line; use a key without one",
                             option->keyword);
        } else {
            put(out, option->keyword, option->val);
        }
    }
    return STATUS_OK;
}

enum status db_conninfo_split(const char *conninfo, struct db_conninfo *split_r, struct error *error)
{
    PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    if (options == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "CONNECTION_STRING",
                         "the connection string of the database is malformed");
    struct db_conninfo made = {0};
    size_t length = 0;
    FILE *out = open_memstream(&made.open, &length);
    REQUIRE(out != NULL);
    enum status status = split(options, out, &made.password, error);
    REQUIRE(fclose(out) == 0);
    PQconninfoFree(options);
    if (status == STATUS_OK)
        *split_r = made;
    else
        db_conninfo_finish(&made);
    return status;
}

void db_conninfo_finish(struct db_conninfo *split)
{
    free(split->open);
    if (split->password != NULL)
        sodium_memzero(split->password, strlen(split->password));
    free(split->password);
    *split = (struct db_conninfo){0};
}
