// SPDX-License-Identifier: Apache-2.0
// The settings of kamd: one table, three sources. A flag --NAME wins over the environment KAM_NAME, which wins over
// "name = value" in the file given with --config; dashes become underscores in the environment.
#ifndef KAM_KAMD_OPTIONS_H
#define KAM_KAMD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"

enum option_id {
    OPTION_CONFIG,
    OPTION_DATA,
    OPTION_USER,
    OPTION_DATABASE,
    OPTION_DATABASE_FILE,
    OPTION_DATABASE_OWNER,
    OPTION_DATABASE_OWNER_FILE,
    OPTION_ADDRESS,
    OPTION_PORT,
    OPTION_METRICS,
    OPTION_CERTIFICATE,
    OPTION_KEY,
    OPTION_WORKERS,
    OPTION_DB_CONNECTIONS,
    OPTION_DB_QUEUE_LENGTH,
    OPTION_DB_WRITE_DEPTH,
    OPTION_DB_SHARED_READS,
    OPTION_MAX_CONNECTIONS,
    OPTION_MAX_CONNECTIONS_PER_ADDRESS,
    OPTION_MAX_STREAMS,
    OPTION_MAX_METADATA,
    OPTION_MAX_MESSAGE,
    OPTION_HANDSHAKE_TIMEOUT,
    OPTION_REQUEST_TIMEOUT,
    OPTION_IDLE_TIMEOUT,
    OPTION_KEEPALIVE,
    OPTION_KEEPALIVE_TIMEOUT,
    OPTION_DRAIN_TIME,
    OPTION_LOG_LEVEL,
    OPTION_LOG_FORMAT,
    OPTION_READY_FILE,
    OPTION_COUNT
};

enum option_type {
    OPTION_TYPE_TEXT,
    OPTION_TYPE_PATH,
    OPTION_TYPE_SECRET, // shown masked
    OPTION_TYPE_NUMBER,
    OPTION_TYPE_BYTES,    // 4096, 8KiB, 4MiB
    OPTION_TYPE_DURATION, // in ms: 500ms, 30s, 5m, 1h
    OPTION_TYPE_CHOICE,   // one of the words in choices
    OPTION_TYPE_ENDPOINT, // ADDRESS:PORT or "off"
};

struct option {
    const char *name; // "db-connections": --db-connections, KAM_DB_CONNECTIONS, db-connections = 80
    enum option_type type;
    int64_t least, most;      // numbers, bytes and durations, inclusive
    const char *default_text; // "" for none; options_load() fills in what depends on the machine
    const char *choices;      // "debug|info|warning|error"
    const char *argument;     // what stands for the value in the help
    const char *help;
    bool is_reloadable; // taken up again on SIGHUP
};

extern const struct option OPTIONS[OPTION_COUNT];

enum option_source { OPTION_FROM_DEFAULT, OPTION_FROM_FILE, OPTION_FROM_ENVIRONMENT, OPTION_FROM_FLAG };

struct option_value {
    const char *text; // as given; never NULL
    int64_t number;   // of numbers, bytes and durations
    enum option_source source;
    const char *place; // "/etc/kam/kamd.conf:7", "KAM_PORT", "--port", "default"
};

struct options {
    struct arena *arena;
    int word_count; // the command line as it was given, for options_reload()
    char **words;
    struct option_value values[OPTION_COUNT];
};

// Reads all sources. arguments are the flags after the command ("--name value" or "--name=value"); words that are no
// setting are left for the command: they are moved to the front of arguments and counted in *rest_count_r. Secrets
// given by file are read here, so that OPTION_DATABASE is the URL either way. INVALID_ARGUMENT with a text that names
// the place.
enum status options_load(int count, char **arguments, struct options *options_r, int *rest_count_r, struct error *error)
    __attribute__((warn_unused_result));
void options_finish(struct options *options);

// Reads all sources again and takes over the settings that are reloadable. On failure nothing changes.
enum status options_reload(struct options *options, struct error *error) __attribute__((warn_unused_result));

const char *options_text(const struct options *options, enum option_id id);
int64_t options_number(const struct options *options, enum option_id id);

// True when the option was set by anything but its default.
bool options_is_given(const struct options *options, enum option_id id);

// The help text of all options, wrapped for a terminal.
void options_print_help(FILE *out);

// The effective settings in the form of a configuration file, each with where it came from; secrets masked.
void options_print(const struct options *options, FILE *out);

// A connection string fit for people and logs: passwords replaced by "***". In the arena.
const char *options_mask_url(struct arena *arena, const char *url);

// "ADDRESS:PORT" into its parts; address_r has room for size bytes. False when it is not of that form.
bool options_split_endpoint(const char *text, char *address_r, size_t size, uint16_t *port_r);

#endif
