// SPDX-License-Identifier: Apache-2.0
// The flags of one command (kamd user add --role ...), beside the settings of options.h.
#ifndef KAM_KAMD_ARGUMENTS_H
#define KAM_KAMD_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct argument {
    const char *name;       // "role" for --role; NULL for words without a flag, in order
    const char *value_name; // "ROLE"; NULL for a switch
    bool is_required;
    const char *help;
};

// Fills values_r (one per entry; NULL where not given, "yes" for a switch) from the words of the command line, which
// are borrowed. INVALID_ARGUMENT with a text that names the word.
enum status arguments_parse(const struct argument *table, size_t count, int word_count, char **words,
                            const char **values_r, struct error *error) __attribute__((warn_unused_result));

// "--role ROLE --team TEAM [--company NAME] LOGIN"
void arguments_print_usage(const struct argument *table, size_t count, FILE *out);
// One line per flag with its help.
void arguments_print_help(const struct argument *table, size_t count, FILE *out);

#endif
