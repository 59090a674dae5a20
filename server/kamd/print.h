// SPDX-License-Identifier: Apache-2.0
// A query's rows as an aligned table, for the operator's lists.
#ifndef KAM_KAMD_PRINT_H
#define KAM_KAMD_PRINT_H

#include "kamd/options.h"

enum { PRINT_COLUMNS_MAX = 12 };

// Runs the query as the owner and prints its rows under the headings, of which the last is followed by NULL; the query
// has as many columns. Returns the exit code.
int print_query(const struct options *options, const char *sql, const char *const *headings);

#endif
