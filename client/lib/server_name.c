// SPDX-License-Identifier: Apache-2.0
// "host", "host:port", "[::1]", "[::1]:port" into its parts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static bool is_port(const char *text)
{
    char *end;
    if (*text < '0' || *text > '9' || strlen(text) > 5)
        return false;
    long port = strtol(text, &end, 10);
    return *end == '\0' && port > 0 && port < 65536;
}

enum kam_code server_name_parse(const char *text, struct server_name *name_r, struct kam_error *error)
{
    const char *host = text;
    size_t length = strcspn(text, ":");
    const char *rest = text + length;
    if (*text == '[') {
        host = text + 1;
        length = strcspn(host, "]");
        rest = host + length + (host[length] == ']');
    } else if (*rest == ':' && strchr(rest + 1, ':') != NULL) { // an IPv6 address without brackets has no port
        length = strlen(text);
        rest = text + length;
    }
    struct server_name name = {0};
    const char *port = *rest == ':' ? rest + 1 : rest;
    bool fits = length > 0 && length < sizeof name.host && strcspn(text, " \t\r\n/@") == strlen(text);
    if (!fits || (*rest != '\0' && !is_port(port)))
        return error_set(error, KAM_INVALID_ARGUMENT, "BAD_SERVER_NAME",
                         "'%s' is not a server: write host or host:port", text);
    memcpy(name.host, host, length);
    snprintf(name.port, sizeof name.port, "%s", *rest == '\0' ? "7443" : port);
    bool is_ipv6 = strchr(name.host, ':') != NULL;
    snprintf(name.name, sizeof name.name, is_ipv6 ? "[%s]:%s" : "%s:%s", name.host, name.port);
    *name_r = name;
    return KAM_OK;
}
