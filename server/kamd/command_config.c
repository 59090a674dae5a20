// SPDX-License-Identifier: Apache-2.0
// kamd config: the effective settings.
#include "kamd/command.h"

static int run(struct options *options, const char *const *values)
{
    (void)values;
    options_print(options, stdout);
    return EXIT_OK;
}

const struct command COMMAND_CONFIG = {
    .name = "config", .help = "print the effective settings and where each came from, without secrets", .run = run};
