// SPDX-License-Identifier: Apache-2.0
// One line per event on stderr, as logfmt or JSON. No personal data and no secrets go in here.
#ifndef KAM_BASE_LOG_H
#define KAM_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

// Process-wide. Any thread, at any time.
void log_configure(enum log_level least, bool as_json);

// A pair of key and value. Make them with the functions below; keys are plain ASCII words.
struct log_field {
    const char *key;
    const char *text; // NULL: the number counts
    int64_t number;
};

#define LOG_TEXT(key_, text_) ((struct log_field){.key = (key_), .text = (text_)})
#define LOG_NUMBER(key_, number_) ((struct log_field){.key = (key_), .number = (int64_t)(number_)})

// Writes one line with a single write(2), so that lines of several threads do not mix. Values are escaped and cut at
// 512 bytes.
void log_write(enum log_level level, const char *message, const struct log_field *fields, unsigned count);

#define LOG(level_, message_, ...)                                                                                     \
    log_write(                                                                                                         \
        (level_), (message_), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}},                               \
        (unsigned)(sizeof((const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}}) / sizeof(struct log_field)) - 1)

#endif
