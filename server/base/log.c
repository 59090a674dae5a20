// SPDX-License-Identifier: Apache-2.0
// One line per event: see log.h.
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 8192, VALUE_BYTES = 512 };

static atomic_int least_level = LOG_INFO;
static atomic_bool json_lines;

void log_configure(enum log_level least, bool as_json)
{
    atomic_store_explicit(&least_level, (int)least, memory_order_relaxed);
    atomic_store_explicit(&json_lines, as_json, memory_order_relaxed);
}

struct line {
    char bytes[LINE_BYTES];
    size_t length;
};

static void add(struct line *line, const char *bytes, size_t length)
{
    if (length > LINE_BYTES - 2 - line->length)
        length = LINE_BYTES - 2 - line->length;
    memcpy(line->bytes + line->length, bytes, length);
    line->length += length;
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

// JSON string rules; logfmt readers accept the same.
static void add_quoted(struct line *line, const char *text)
{
    add_text(line, "\"");
    for (size_t at = 0; text[at] != '\0' && at < VALUE_BYTES; at++) {
        unsigned char byte = (unsigned char)text[at];
        char escaped[8];
        if (byte == '"' || byte == '\\')
            add(line, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\%c", byte));
        else if (byte < 0x20 || byte == 0x7F)
            add(line, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", byte));
        else
            add(line, text + at, 1);
    }
    add_text(line, "\"");
}

static bool is_bare(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+@[]");
    return length > 0 && length < VALUE_BYTES && text[length] == '\0';
}

static void add_field(struct line *line, const char *key, const char *text, bool quote)
{
    if (json_lines) {
        add_text(line, line->length == 1 ? "\"" : ",\"");
        add_text(line, key);
        add_text(line, "\":");
    } else {
        add_text(line, line->length == 0 ? "" : " ");
        add_text(line, key);
        add_text(line, "=");
    }
    if (quote && (json_lines || !is_bare(text)))
        add_quoted(line, text);
    else
        add_text(line, text);
}

void log_write(enum log_level level, const char *message, const struct log_field *fields, unsigned count)
{
    static const char *const LEVELS[] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    struct line line = {.length = 0};
    if (json_lines)
        add_text(&line, "{");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm utc;
    gmtime_r(&now.tv_sec, &utc);
    char time_text[48];
    size_t length = strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(time_text + length, sizeof time_text - length, ".%03ldZ", now.tv_nsec / 1000000);
    add_field(&line, "time", time_text, true);
    add_field(&line, "level", LEVELS[level], true);
    add_field(&line, "msg", message, true);
    for (unsigned at = 0; at < count; at++) {
        char number[24];
        if (fields[at].text != NULL) {
            add_field(&line, fields[at].key, fields[at].text, true);
        } else {
            snprintf(number, sizeof number, "%lld", (long long)fields[at].number);
            add_field(&line, fields[at].key, number, false);
        }
    }
    add_text(&line, json_lines ? "}" : "");
    line.bytes[line.length++] = '\n';
    ssize_t written = write(STDERR_FILENO, line.bytes, line.length);
    (void)written; // nowhere left to report it
}
