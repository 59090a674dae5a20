// SPDX-License-Identifier: Apache-2.0
// Serves /metrics and /healthz with libmicrohttpd: see metrics_page.h.
#include "kamd/metrics_page.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { CONNECTIONS_MAX = 16, TIMEOUT_SECONDS = 15 };

struct metrics_page {
    struct MHD_Daemon *daemon;
    struct metrics_page_source source;
};

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, const char *text,
                              size_t length)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return answer(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result answer_metrics(struct metrics_page *page, struct MHD_Connection *connection)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (out == NULL)
        return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
    page->source.write(page->source.data, out);
    fclose(out);
    enum MHD_Result result = answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, length);
    free(text);
    return result;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    struct metrics_page *page = data;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    if (strcmp(url, "/metrics") == 0)
        return answer_metrics(page, connection);
    if (strcmp(url, "/healthz") != 0)
        return answer_text(connection, MHD_HTTP_NOT_FOUND, "/metrics or /healthz\n");
    if (page->source.is_serving(page->source.data))
        return answer_text(connection, MHD_HTTP_OK, "serving\n");
    return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not serving: the database is away\n");
}

static bool make_address(const char *text, uint16_t port, struct sockaddr_storage *address_r)
{
    struct sockaddr_in *four = (struct sockaddr_in *)address_r;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address_r;
    memset(address_r, 0, sizeof *address_r);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        return true;
    }
    return false;
}

enum status metrics_page_start(const char *address, uint16_t port, const struct metrics_page_source *source,
                               struct metrics_page **page_r, uint16_t *port_r, struct error *error)
{
    struct sockaddr_storage storage;
    if (!make_address(address, port, &storage))
        return error_set(error, STATUS_INVALID_ARGUMENT, "BAD_CONFIGURATION",
                         "metrics: %s is no numeric IPv4 or IPv6 address", address);
    struct metrics_page *page = calloc(1, sizeof *page);
    REQUIRE(page != NULL);
    page->source = *source;
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | (storage.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U);
    page->daemon = MHD_start_daemon(flags, port, NULL, NULL, on_request, page, MHD_OPTION_SOCK_ADDR,
                                    (struct sockaddr *)&storage, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
                                    MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_SECONDS, MHD_OPTION_END);
    if (page->daemon == NULL) {
        int code = errno;
        free(page);
        return error_set(error, STATUS_FAILED_PRECONDITION, "METRICS_ADDRESS", "cannot serve metrics on %s:%u: %s",
                         address, (unsigned)port, strerror(code));
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(page->daemon, MHD_DAEMON_INFO_BIND_PORT);
    *port_r = info != NULL && info->port != 0 ? info->port : port;
    *page_r = page;
    return STATUS_OK;
}

void metrics_page_stop(struct metrics_page *page)
{
    if (page == NULL)
        return;
    MHD_stop_daemon(page->daemon);
    free(page);
}
