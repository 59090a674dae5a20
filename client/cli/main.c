// SPDX-License-Identifier: Apache-2.0
// kam, the command line of the key account manager.
#include "cli.h"

int main(int count, char *arguments[])
{
    struct app app;
    struct invocation invocation;
    language_start();
    app_start(&app);
    enum exit_code code = cli_parse(&app, count, arguments, &invocation);
    if (code == EXIT_OK && invocation.command != NULL)
        code = invocation.command->run != NULL ? invocation.command->run(&app, &invocation)
                                               : command_run_method(&app, &invocation);
    app_show_output(&app);
    if (fflush(stdout) != 0 && code == EXIT_OK)
        code = EXIT_REFUSED;
    app_finish(&app);
    return (int)code;
}
