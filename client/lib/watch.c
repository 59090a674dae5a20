// SPDX-License-Identifier: Apache-2.0
// Watching, across everything that can happen to a connection.
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "kam/v1/watch.pb-c.h"

enum {
    LONGEST_STREAM_MS = 24 * 60 * 60 * 1000, // then it is taken up anew
    FIRST_DELAY_MS = 200,
    LONGEST_DELAY_MS = 30000,
};

struct watching {
    const struct kam_watch *watch;
    char *cursor; // of the last message
    bool has_begun;
    bool is_over; // the caller said so
    bool is_in_trouble;
    unsigned failures; // since the last message
};

static void keep_cursor(struct watching *watching, const char *cursor)
{
    free(watching->cursor);
    watching->cursor = strdup(cursor);
    if (watching->cursor == NULL)
        abort();
}

static void tell_trouble(struct watching *watching, const struct kam_error *error)
{
    bool is_news = watching->is_in_trouble != (error != NULL);
    watching->is_in_trouble = error != NULL;
    if (is_news && watching->watch->on_trouble != NULL)
        watching->watch->on_trouble(watching->watch->data, error);
}

static bool on_message(void *data, const ProtobufCMessage *message)
{
    struct watching *watching = data;
    const Kam__V1__WatchResponse *response = (const Kam__V1__WatchResponse *)message;
    tell_trouble(watching, NULL);
    watching->has_begun = true;
    watching->failures = 0;
    watching->is_over = !watching->watch->on_changes(watching->watch->data, message);
    // Afterwards: a caller that dies in between gets these changes again.
    if (!watching->is_over)
        keep_cursor(watching, response->cursor);
    return !watching->is_over;
}

// Whether the same call can be expected to work in a while. What was never begun fails at once, where nothing says that
// it will pass.
static bool will_pass(const struct watching *watching, const struct kam_error *error)
{
    switch (error->code) {
    case KAM_UNAVAILABLE:
    case KAM_DEADLINE_EXCEEDED:
    case KAM_CANCELLED:
    case KAM_INTERNAL:
    case KAM_UNKNOWN:
        return watching->has_begun;
    case KAM_RESOURCE_EXHAUSTED:
        return watching->has_begun || error->retry_after_ms >= 0;
    default:
        return false;
    }
}

static void rest(struct watching *watching, const struct kam_error *error)
{
    int64_t delay_ms = FIRST_DELAY_MS;
    for (unsigned at = 0; at < watching->failures && delay_ms < LONGEST_DELAY_MS; at++)
        delay_ms *= 2;
    if (delay_ms > LONGEST_DELAY_MS)
        delay_ms = LONGEST_DELAY_MS;
    watching->failures++;
    // Half of it is random, so that many clients do not come back at once.
    uint8_t byte = 0;
    RAND_bytes(&byte, 1);
    delay_ms = delay_ms / 2 + delay_ms * byte / 512;
    if (error->retry_after_ms > delay_ms && error->retry_after_ms < LONGEST_DELAY_MS)
        delay_ms = error->retry_after_ms;
    int64_t until_ms = client_now_ms() + delay_ms;
    for (int64_t left_ms; (left_ms = until_ms - client_now_ms()) > 0;)
        usleep((useconds_t)(left_ms > 500 ? 500 : left_ms) * 1000);
}

enum kam_code kam_watch(struct kam_client *client, const struct kam_watch *watch, struct kam_error *error_r)
{
    struct watching watching = {.watch = watch};
    const struct kam_call_options options = {.deadline_ms = LONGEST_STREAM_MS};
    enum kam_code code;
    keep_cursor(&watching, watch->cursor == NULL ? "" : watch->cursor);
    for (;;) {
        Kam__V1__WatchRequest request = KAM__V1__WATCH_REQUEST__INIT;
        request.cursor = watching.cursor;
        code = kam_call_stream(client, "/kam.v1.WatchService/Watch", &request.base,
                               &kam__v1__watch_response__descriptor, &options, on_message, &watching, error_r);
        if (watching.is_over) {
            kam_error_clear(error_r);
            code = KAM_OK;
            break;
        }
        if (code == KAM_OK)
            code = error_set(error_r, KAM_UNAVAILABLE, "", "the server ended the stream");
        if (!will_pass(&watching, error_r))
            break;
        if (code != KAM_DEADLINE_EXCEEDED)
            tell_trouble(&watching, error_r);
        rest(&watching, error_r);
    }
    free(watching.cursor);
    return code;
}
