// SPDX-License-Identifier: Apache-2.0
// kamd serve: runs the server in the foreground.
#include "kamd/command.h"
#include "kamd/service.h"

static int run(struct options *options, const char *const *values)
{
    (void)values;
    struct error error;
    return service_run(options, &error) == STATUS_OK ? EXIT_OK : command_fail(&error);
}

const struct command COMMAND_SERVE = {
    .name = "serve",
    .help = "run the server in the foreground until SIGTERM or SIGINT; SIGHUP reloads the certificate",
    .run = run};
