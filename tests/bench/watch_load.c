// SPDX-License-Identifier: Apache-2.0
// Many clients that watch, each with a connection and a thread of its own (libkam), and one that writes: how long from
// the moment a change is sent to kamd until each of those whom it concerns has been told. The answer to the writer is
// on the way at the same time, so this is more than the time from the commit on; that is given as well.
//
// usage: watch_load --port N --ca FILE --account ID --watchers N --hear N --changes N < tokens
// The first line of the tokens is the writer's, the others are the watchers'. Each change is told to --hear of them.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kam.h"
#include "kam/v1/activity.pb-c.h"
#include "kam/v1/watch.pb-c.h"

enum { TOKEN_BYTES = 64, STACK_BYTES = 256 * 1024, PATIENCE_SECONDS = 60, MOST_WATCHERS = 10000 };

static const char *ca_file;
static char server[32];
static char current[KAM_UUID_TEXT_BYTES]; // the record that is being written; changes only while nobody hears
static int64_t *heard_ns;                 // when it was told, by order of arrival
static atomic_uint heard, begun;

struct watcher {
    char token[TOKEN_BYTES];
    pthread_t thread;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static _Noreturn void stop(const char *what, const struct kam_error *error)
{
    fprintf(stderr, "watch_load: %s: %s\n", what, error == NULL ? "" : error->message);
    exit(1);
}

static struct kam_client *open_client(const char *token)
{
    struct kam_error error = {0};
    const struct kam_config config = {.server = server, .ca_file = ca_file, .token = token, .deadline_ms = 120000};
    struct kam_client *client = kam_connect(&config, &error);
    if (client == NULL)
        stop("cannot connect", &error);
    return client;
}

static bool on_changes(void *data, const ProtobufCMessage *message)
{
    bool *has_begun = data;
    const Kam__V1__WatchResponse *response = (const Kam__V1__WatchResponse *)message;
    if (!*has_begun)
        atomic_fetch_add(&begun, 1);
    *has_begun = true;
    for (size_t at = 0; at < response->n_changes; at++)
        if (strcmp(response->changes[at]->record_id, current) == 0) {
            int64_t now = now_ns();
            heard_ns[atomic_fetch_add(&heard, 1)] = now;
        }
    return true;
}

static void *run(void *data)
{
    const struct watcher *watcher = data;
    struct kam_error error = {0};
    bool has_begun = false;
    const struct kam_watch watch = {.on_changes = on_changes, .data = &has_begun};
    kam_watch(open_client(watcher->token), &watch, &error);
    stop("a stream ended", &error);
}

static void wait_for(const atomic_uint *counter, unsigned wanted, const char *what)
{
    for (int64_t until_ns = now_ns() + (int64_t)PATIENCE_SECONDS * 1000000000; atomic_load(counter) < wanted;) {
        if (now_ns() > until_ns)
            stop(what, NULL);
        usleep(1000);
    }
}

static int compare(const void *one, const void *other)
{
    int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;
    return (left > right) - (left < right);
}

static void print(const char *name, int64_t *latencies_ns, size_t count, const char *end)
{
    qsort(latencies_ns, count, sizeof *latencies_ns, compare);
    int64_t middle_ns = latencies_ns[count / 2], late_ns = latencies_ns[count - 1 - count / 100];
    printf("\"%s\": {\"p50_ms\": %.2f, \"p99_ms\": %.2f, \"max_ms\": %.2f}%s", name, (double)middle_ns / 1e6,
           (double)late_ns / 1e6, (double)latencies_ns[count - 1] / 1e6, end);
}

static int64_t write_change(struct kam_client *client, const char *account_id)
{
    struct kam_error error = {0};
    ProtobufCMessage *response;
    Kam__V1__LogActivityRequest request = KAM__V1__LOG_ACTIVITY_REQUEST__INIT;
    Kam__V1__Activity activity = KAM__V1__ACTIVITY__INIT;
    activity.id = current;
    activity.account_id = (char *)(uintptr_t)account_id;
    activity.kind = KAM__V1__ACTIVITY_KIND__ACTIVITY_KIND_CALL;
    activity.subject = (char *)(uintptr_t) "bench";
    activity.result = (char *)(uintptr_t) "told";
    request.activity = &activity;
    if (kam_call(client, "/kam.v1.ActivityService/LogActivity", &request.base, &kam__v1__activity__descriptor, NULL,
                 &response, &error) != KAM_OK)
        stop("cannot write", &error);
    kam_message_free(response);
    return now_ns();
}

static void read_token(char token_r[TOKEN_BYTES])
{
    if (fgets(token_r, TOKEN_BYTES, stdin) == NULL)
        stop("too few tokens", NULL);
    token_r[strcspn(token_r, "\n")] = '\0';
}

int main(int count, char *arguments[])
{
    unsigned watchers = 0, hear = 0, changes = 0;
    const char *account_id = NULL;
    for (int at = 1; at + 1 < count; at += 2) {
        const char *name = arguments[at], *value = arguments[at + 1];
        if (strcmp(name, "--port") == 0)
            snprintf(server, sizeof server, "localhost:%s", value);
        else if (strcmp(name, "--ca") == 0)
            ca_file = value;
        else if (strcmp(name, "--account") == 0)
            account_id = value;
        else if (strcmp(name, "--watchers") == 0)
            watchers = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(name, "--hear") == 0)
            hear = (unsigned)strtoul(value, NULL, 10);
        else if (strcmp(name, "--changes") == 0)
            changes = (unsigned)strtoul(value, NULL, 10);
    }
    if (*server == '\0' || ca_file == NULL || account_id == NULL || watchers == 0 || watchers > MOST_WATCHERS ||
        hear == 0 || hear > watchers || changes == 0)
        stop("usage: see the source", NULL);

    char writer[TOKEN_BYTES];
    read_token(writer);
    struct watcher *all = calloc(watchers, sizeof *all);
    heard_ns = calloc(watchers, sizeof *heard_ns);
    size_t total = (size_t)hear * changes;
    int64_t *from_send = calloc(total, sizeof *from_send), *from_answer = calloc(total, sizeof *from_answer);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int64_t start_ns = now_ns();
    for (unsigned at = 0; at < watchers; at++) {
        read_token(all[at].token);
        if (pthread_create(&all[at].thread, &attributes, run, &all[at]) != 0)
            stop("cannot make a thread", NULL);
        // A few handshakes at a time.
        if (at >= 32)
            wait_for(&begun, at - 32, "the streams did not begin");
    }
    wait_for(&begun, watchers, "the streams did not begin");
    double seconds = (double)(now_ns() - start_ns) / 1e9;

    struct kam_client *client = open_client(writer);
    for (unsigned change = 0; change < changes; change++) {
        kam_uuid_make(current);
        atomic_store(&heard, 0);
        int64_t sent_ns = now_ns();
        int64_t answered_ns = write_change(client, account_id);
        wait_for(&heard, hear, "a change was not told to all");
        for (unsigned at = 0; at < hear; at++) {
            from_send[(size_t)change * hear + at] = heard_ns[at] - sent_ns;
            from_answer[(size_t)change * hear + at] = heard_ns[at] - answered_ns;
        }
    }
    printf("{\"watchers\": %u, \"hear\": %u, \"changes\": %u, \"begin_seconds\": %.1f, ", watchers, hear, changes,
           seconds);
    print("from_send", from_send, total, ", ");
    print("from_answer", from_answer, total, "}\n");
    fflush(stdout);
    _exit(0); // the threads wait for ever
}
