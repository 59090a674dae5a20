// SPDX-License-Identifier: Apache-2.0
// Load generator: keeps N calls in flight on each of C TLS connections to kamd, each call with an id of its own, for a
// number of seconds, and prints what came back as one JSON object. One thread, epoll; a closed loop, as pgbench is.
//
// usage: load --port P --method get|list|page|today|check|board|log|idle --accounts N --connections C
// --in-flight F --seconds S --seed X < tokens
// Standard input: one session token per line; connection i uses line i modulo their number. idle: one call on each
// connection, then "idle" on standard output and silence until the time is over.
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"
#include "base/uuid.h"
#include "kam/v1/account.pb-c.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/board.pb-c.h"
#include "kam/v1/overview.pb-c.h"
#include "kam/v1/process.pb-c.h"

enum { OPPORTUNITIES_PER_ACCOUNT = 10 };
enum { BODY_BYTES = 1024, TOKENS_MAX = 4096, HISTOGRAM_BUCKETS = 4000, WRITE_BYTES = 64 * 1024 };

struct options {
    int port;
    const char *method;
    uint64_t accounts;
    int connections;
    int in_flight;
    double seconds;
    uint64_t seed;
};

struct call {
    struct connection *connection;
    uint64_t start_ns;
    bool is_ok;
    size_t body_length;
    size_t body_sent;
    uint8_t body[BODY_BYTES];
};

struct connection {
    struct load *load;
    SSL *ssl;
    int socket;
    nghttp2_session *session;
    char authorization[256];
    int open_calls;
    size_t out_length;
    size_t out_sent;
    uint8_t out[WRITE_BYTES];
};

struct load {
    struct options options;
    SSL_CTX *tls;
    struct connection *connections;
    uint64_t random_state;
    uint64_t start_ns;
    uint64_t end_ns;
    bool is_over;
    bool is_idle;
    int idle_connections;
    uint64_t ok;
    uint64_t failed;
    uint64_t bytes;
    char first_failure[256];
    uint64_t histogram[HISTOGRAM_BUCKETS]; // logarithmic: 100 buckets to a factor of ten, from one microsecond
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// xorshift64*: reproducible from the seed.
static uint64_t next_random(struct load *load)
{
    uint64_t x = load->random_state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    load->random_state = x;
    return x * 0x2545F4914F6CDD1DULL;
}

static void record_latency(struct load *load, uint64_t elapsed_ns)
{
    double microseconds = (double)elapsed_ns / 1000.0;
    double position = 0;
    while (microseconds >= 10 && position < HISTOGRAM_BUCKETS - 200) {
        microseconds /= 10;
        position += 100;
    }
    position += (microseconds < 1 ? 0 : (microseconds - 1) / 9 * 100);
    load->histogram[(size_t)position]++;
}

static double percentile_us(const struct load *load, double share)
{
    uint64_t wanted = (uint64_t)((double)(load->ok + load->failed) * share);
    uint64_t seen = 0;
    for (size_t at = 0; at < HISTOGRAM_BUCKETS; at++) {
        seen += load->histogram[at];
        if (seen > wanted) {
            double scale = 1;
            for (size_t decade = at / 100; decade > 0; decade--)
                scale *= 10;
            return scale * (1 + (double)(at % 100 + 1) / 100 * 9);
        }
    }
    return 0;
}

// The generator's records have their number, in decimal digits, as the hexadecimal digits of their id.
static void format_id(uint64_t number, char id_r[UUID_TEXT_BYTES])
{
    snprintf(id_r, UUID_TEXT_BYTES, "00000000-0000-0000-0000-%012llu", (unsigned long long)(number % 1000000000000));
}

static const char *build_body(struct load *load, struct call *call)
{
    char account_id[UUID_TEXT_BYTES];
    format_id(1 + next_random(load) % load->options.accounts, account_id);
    uint8_t *message = call->body + 5;
    size_t length;
    const char *path;
    if (strcmp(load->options.method, "get") == 0 || load->is_idle) {
        Kam__V1__GetAccountRequest request = KAM__V1__GET_ACCOUNT_REQUEST__INIT;
        request.id = account_id;
        length = kam__v1__get_account_request__pack(&request, message);
        path = "/kam.v1.AccountService/GetAccount";
    } else if (strcmp(load->options.method, "list") == 0) {
        Kam__V1__ListActivitiesRequest request = KAM__V1__LIST_ACTIVITIES_REQUEST__INIT;
        request.account_id = account_id;
        request.page_size = 50;
        length = kam__v1__list_activities_request__pack(&request, message);
        path = "/kam.v1.ActivityService/ListActivities";
    } else if (strcmp(load->options.method, "page") == 0) {
        Kam__V1__GetAccountPageRequest request = KAM__V1__GET_ACCOUNT_PAGE_REQUEST__INIT;
        request.id = account_id;
        length = kam__v1__get_account_page_request__pack(&request, message);
        path = "/kam.v1.OverviewService/GetAccountPage";
    } else if (strcmp(load->options.method, "today") == 0) {
        Kam__V1__GetTodayRequest request = KAM__V1__GET_TODAY_REQUEST__INIT;
        length = kam__v1__get_today_request__pack(&request, message);
        path = "/kam.v1.OverviewService/GetToday";
    } else if (strcmp(load->options.method, "check") == 0) {
        char id[UUID_TEXT_BYTES];
        format_id((next_random(load) % load->options.accounts) * OPPORTUNITIES_PER_ACCOUNT + 1, id); // an open one
        Kam__V1__CheckOpportunityRequest request = KAM__V1__CHECK_OPPORTUNITY_REQUEST__INIT;
        request.id = id;
        length = kam__v1__check_opportunity_request__pack(&request, message);
        path = "/kam.v1.ProcessService/CheckOpportunity";
    } else if (strcmp(load->options.method, "board") == 0) {
        Kam__V1__GetBoardRequest request = KAM__V1__GET_BOARD_REQUEST__INIT;
        length = kam__v1__get_board_request__pack(&request, message);
        path = "/kam.v1.BoardService/GetBoard";
    } else {
        uint8_t uuid[UUID_BYTES];
        char id[UUID_TEXT_BYTES];
        uuid_make(uuid);
        uuid_format(uuid, id);
        Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
        activity.id = id;
        activity.account_id = account_id;
        activity.kind = KAM__V1__ACTIVITY_KIND__ACTIVITY_KIND_CALL;
        activity.subject = "bench: asked about the delivery of the second pump";
        activity.result = "they confirm the date";
        Kam__V1__LogActivityRequest request = KAM__V1__LOG_ACTIVITY_REQUEST__INIT;
        request.activity = &activity;
        REQUIRE(kam__v1__log_activity_request__get_packed_size(&request) < BODY_BYTES - 5);
        length = kam__v1__log_activity_request__pack(&request, message);
        path = "/kam.v1.ActivityService/LogActivity";
    }
    call->body[0] = 0;
    for (int at = 0; at < 4; at++)
        call->body[1 + at] = (uint8_t)(length >> (24 - 8 * at));
    call->body_length = 5 + length;
    call->body_sent = 0;
    return path;
}

static ssize_t on_read_body(nghttp2_session *session, int32_t stream_id, uint8_t *buffer, size_t length,
                            uint32_t *flags, nghttp2_data_source *source, void *user_data)
{
    (void)session, (void)stream_id, (void)user_data;
    struct call *call = source->ptr;
    size_t rest = call->body_length - call->body_sent;
    size_t taken = rest < length ? rest : length;
    memcpy(buffer, call->body + call->body_sent, taken);
    call->body_sent += taken;
    if (call->body_sent == call->body_length)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)taken;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
                        NGHTTP2_NV_FLAG_NONE};
}

static void begin_call(struct connection *connection)
{
    struct load *load = connection->load;
    struct call *call = calloc(1, sizeof *call);
    REQUIRE(call != NULL);
    call->connection = connection;
    const char *path = build_body(load, call);
    char request_id[UUID_TEXT_BYTES];
    uint8_t uuid[UUID_BYTES];
    uuid_make(uuid);
    uuid_format(uuid, request_id);
    nghttp2_nv headers[] = {
        header(":method", "POST"),
        header(":scheme", "https"),
        header(":path", path),
        header(":authority", "localhost"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
        header("authorization", connection->authorization),
        header("kam-request-id", request_id),
    };
    size_t count = sizeof headers / sizeof *headers - (strcmp(load->options.method, "log") == 0 ? 0 : 1);
    nghttp2_data_provider body = {.source.ptr = call, .read_callback = on_read_body};
    call->start_ns = now_ns();
    int32_t stream = nghttp2_submit_request(connection->session, NULL, headers, count, &body, call);
    REQUIRE(stream >= 0);
    connection->open_calls++;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *user_data)
{
    (void)flags;
    struct connection *connection = user_data;
    struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (call == NULL)
        return 0;
    if (name_length == 11 && memcmp(name, "grpc-status", 11) == 0)
        call->is_ok = value_length == 1 && value[0] == '0';
    char *failure = connection->load->first_failure;
    if (name_length == 12 && memcmp(name, "grpc-message", 12) == 0 && failure[0] == '\0')
        snprintf(failure, sizeof connection->load->first_failure, "%.*s", (int)value_length, (const char *)value);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream_id, const uint8_t *data, size_t length,
                   void *user_data)
{
    (void)session, (void)flags, (void)stream_id, (void)data;
    struct connection *connection = user_data;
    connection->load->bytes += length;
    return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t stream_id, uint32_t error_code, void *user_data)
{
    struct connection *connection = user_data;
    struct load *load = connection->load;
    struct call *call = nghttp2_session_get_stream_user_data(session, stream_id);
    if (call == NULL)
        return 0;
    if (error_code != 0 && load->first_failure[0] == '\0')
        snprintf(load->first_failure, sizeof load->first_failure, "stream reset with code %u", error_code);
    if (error_code == 0 && call->is_ok)
        load->ok++;
    else
        load->failed++;
    record_latency(load, now_ns() - call->start_ns);
    free(call);
    connection->open_calls--;
    if (load->is_idle)
        load->idle_connections++;
    else if (!load->is_over)
        begin_call(connection);
    return 0;
}

// Sends what nghttp2 has to say; false when the socket takes no more.
static bool flush(struct connection *connection)
{
    for (;;) {
        while (connection->out_sent < connection->out_length) {
            int written = SSL_write(connection->ssl, connection->out + connection->out_sent,
                                    (int)(connection->out_length - connection->out_sent));
            if (written <= 0) {
                REQUIRE(SSL_get_error(connection->ssl, written) == SSL_ERROR_WANT_WRITE);
                return false;
            }
            connection->out_sent += (size_t)written;
        }
        connection->out_sent = connection->out_length = 0;
        const uint8_t *data;
        ssize_t length;
        while ((length = nghttp2_session_mem_send(connection->session, &data)) > 0) {
            REQUIRE(connection->out_length + (size_t)length <= WRITE_BYTES);
            memcpy(connection->out + connection->out_length, data, (size_t)length);
            connection->out_length += (size_t)length;
            if (connection->out_length > WRITE_BYTES / 2)
                break;
        }
        REQUIRE(length >= 0);
        if (connection->out_length == 0)
            return true;
    }
}

static void read_input(struct connection *connection)
{
    static uint8_t buffer[WRITE_BYTES];
    for (;;) {
        int length = SSL_read(connection->ssl, buffer, sizeof buffer);
        if (length <= 0) {
            int problem = SSL_get_error(connection->ssl, length);
            if (problem != SSL_ERROR_WANT_READ && problem != SSL_ERROR_WANT_WRITE) {
                fprintf(stderr, "load: the server closed a connection\n");
                exit(1);
            }
            return;
        }
        if (nghttp2_session_mem_recv(connection->session, buffer, (size_t)length) < 0) {
            fprintf(stderr, "load: the server broke the HTTP/2 protocol\n");
            exit(1);
        }
    }
}

static void open_connection(struct load *load, struct connection *connection, const char *token)
{
    connection->load = load;
    snprintf(connection->authorization, sizeof connection->authorization, "Bearer %s", token);
    connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->options.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("load: connect");
        exit(1);
    }
    int on = 1;
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->ssl = SSL_new(load->tls);
    SSL_set_fd(connection->ssl, connection->socket);
    if (SSL_connect(connection->ssl) != 1) {
        ERR_print_errors_fp(stderr);
        exit(1);
    }
    REQUIRE(fcntl(connection->socket, F_SETFL, O_NONBLOCK) == 0);
    nghttp2_session_callbacks *callbacks;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_client_new(&connection->session, callbacks, connection);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
    nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 1);
    nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, 1 << 24);
}

static size_t read_tokens(char tokens[TOKENS_MAX][128])
{
    size_t count = 0;
    while (count < TOKENS_MAX && fgets(tokens[count], sizeof tokens[count], stdin) != NULL) {
        tokens[count][strcspn(tokens[count], "\r\n")] = '\0';
        count += tokens[count][0] != '\0';
    }
    return count;
}

static void run(struct load *load, int epoll)
{
    for (int at = 0; at < load->options.connections; at++) {
        for (int call = 0; call < (load->is_idle ? 1 : load->options.in_flight); call++)
            begin_call(&load->connections[at]);
        flush(&load->connections[at]);
    }
    int open_calls = 1;
    while (!load->is_over || open_calls > 0) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, 100);
        for (int at = 0; at < count; at++) {
            struct connection *connection = events[at].data.ptr;
            read_input(connection);
            flush(connection);
        }
        if (load->idle_connections == load->options.connections) {
            puts("idle");
            fflush(stdout);
            load->idle_connections = 0;
        }
        uint64_t now = now_ns();
        if (!load->is_over && now >= load->end_ns)
            load->is_over = true;
        open_calls = 0;
        for (int at = 0; load->is_over && at < load->options.connections; at++)
            open_calls += load->connections[at].open_calls;
        if (load->is_over && now > load->end_ns + 30000000000ULL) {
            fprintf(stderr, "load: %d calls unanswered 30 s after the end\n", open_calls);
            exit(1);
        }
    }
}

static struct options parse_options(int argc, char **argv)
{
    struct options options = {
        .method = "get", .accounts = 1, .connections = 1, .in_flight = 1, .seconds = 1, .seed = 1};
    static const struct option LONG[] = {
        {"port", required_argument, NULL, 'p'},      {"method", required_argument, NULL, 'm'},
        {"accounts", required_argument, NULL, 'a'},  {"connections", required_argument, NULL, 'c'},
        {"in-flight", required_argument, NULL, 'f'}, {"seconds", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'x'},      {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "", LONG, NULL)) != -1) {
        switch (option) {
        case 'p':
            options.port = atoi(optarg);
            break;
        case 'm':
            options.method = optarg;
            break;
        case 'a':
            options.accounts = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            options.connections = atoi(optarg);
            break;
        case 'f':
            options.in_flight = atoi(optarg);
            break;
        case 's':
            options.seconds = atof(optarg);
            break;
        case 'x':
            options.seed = strtoull(optarg, NULL, 10);
            break;
        default:
            fprintf(stderr, "usage: load --port P --method get|list|page|today|check|board|log|idle --accounts N "
                            "--connections C --in-flight F --seconds S\n");
            exit(2);
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    static char tokens[TOKENS_MAX][128];
    struct load load = {.options = parse_options(argc, argv)};
    load.is_idle = strcmp(load.options.method, "idle") == 0;
    load.random_state = load.options.seed * 0x9E3779B97F4A7C15ULL | 1;
    size_t token_count = read_tokens(tokens);
    REQUIRE(token_count > 0 && load.options.connections > 0 && load.options.accounts > 0);
    load.tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(load.tls, TLS1_3_VERSION);
    SSL_CTX_set_alpn_protos(load.tls, (const unsigned char *)"\x02h2", 3);
    SSL_CTX_set_mode(load.tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    load.connections = calloc((size_t)load.options.connections, sizeof *load.connections);
    REQUIRE(load.connections != NULL);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int at = 0; at < load.options.connections; at++) {
        struct connection *connection = &load.connections[at];
        open_connection(&load, connection, tokens[(size_t)at % token_count]);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
        REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, connection->socket, &event) == 0);
    }
    load.start_ns = now_ns();
    load.end_ns = load.start_ns + (uint64_t)(load.options.seconds * 1e9);
    run(&load, epoll);
    double seconds = (double)(now_ns() - load.start_ns) / 1e9;
    printf(
        "{\"ok\": %llu, \"failed\": %llu, \"seconds\": %.3f, \"per_second\": %.1f, \"p50_us\": %.0f, \"p99_us\": %.0f, "
        "\"bytes\": %llu, \"failure\": \"%s\"}\n",
        (unsigned long long)load.ok, (unsigned long long)load.failed, seconds, (double)load.ok / seconds,
        percentile_us(&load, 0.5), percentile_us(&load, 0.99), (unsigned long long)load.bytes, load.first_failure);
    return 0;
}
