// SPDX-License-Identifier: Apache-2.0
// kamd migrate: brings the database up to date, as its owner.
#include <stdio.h>

#include "kamd/command.h"
#include "kamd/operator.h"
#include "kamd/schema.h"

static int run(struct options *options, const char *const *values)
{
    (void)values;
    struct error error;
    struct operator* operator= NULL;
    size_t applied = 0;
    enum status status = operator_open(options, &operator, & error);
    if (status == STATUS_OK)
        status = schema_migrate(operator_direct(operator), &applied, &error);
    operator_close(operator);
    if (status != STATUS_OK)
        return command_fail(&error);
    if (applied == 0)
        printf("the database is up to date: migration %zu\n", schema_version());
    else
        printf("applied %zu migrations; the database is at migration %zu\n", applied, schema_version());
    return EXIT_OK;
}

const struct command COMMAND_MIGRATE = {
    .name = "migrate", .help = "bring the database's schema up to date, as its owner (--database-owner)", .run = run};
