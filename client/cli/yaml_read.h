// SPDX-License-Identifier: Apache-2.0
// A YAML file (https://yaml.org/spec/1.2.2/) as a tree in which everything knows its line and column. One document of
// mappings, lists and texts: no anchors, aliases and tags, which nobody would see in a file that is meant to be read.
#ifndef KAM_CLI_YAML_READ_H
#define KAM_CLI_YAML_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum yaml_value_kind { YAML_VALUE_TEXT, YAML_VALUE_LIST, YAML_VALUE_MAPPING };

struct yaml_value {
    enum yaml_value_kind kind;
    size_t line, column; // where it begins, from 1; columns are characters
    const char *text;    // of a text, UTF-8
    bool is_plain;       // the text stands without quotes, so that 30 is a number and true a truth value
    size_t count;        // of a list's items, or of a mapping's keys
    struct yaml_value **items;
    struct yaml_value **keys; // of a mapping, texts; no two are the same
};

// What is wrong with the file, and where.
struct yaml_mistake {
    const char *text; // in the user's language
    size_t line, column;
};

enum { YAML_LARGEST_FILE_BYTES = 1024 * 1024, YAML_MOST_VALUES = 20000, YAML_MOST_DEPTH = 16 };

// The file's one value, in the arena. NULL and mistake_r when it is not a file as above, or has nothing in it.
struct yaml_value *yaml_read(struct arena *arena, const char *bytes, size_t length, struct yaml_mistake *mistake_r);

// The value of a mapping's key; NULL when it is no mapping or has none.
struct yaml_value *yaml_find(const struct yaml_value *mapping, const char *key);

// A text that stands for nothing: without quotes, and empty, ~ or null.
bool yaml_is_null(const struct yaml_value *value);

// By the core schema: plain whole numbers, true, false and null are no strings. A new reference; never NULL.
json_t *yaml_to_json(const struct yaml_value *value);

#endif
