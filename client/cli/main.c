// SPDX-License-Identifier: Apache-2.0
// kam, the command line of the key account manager.
#include <string.h>

#include "cli.h"
#include "complete.h"

int main(int count, char *arguments[])
{
    struct app app;
    struct invocation invocation;
    language_start();
    app_start(&app);
    bool is_completion = count > 1 && strcmp(arguments[1], "__complete") == 0;
    enum exit_code code;
    if (is_completion) {
        invocation.command = NULL;
        code = complete_run(&app, count - 2, arguments + 2);
    } else {
        code = cli_parse(&app, count, arguments, &invocation);
    }
    if (code == EXIT_OK && invocation.command != NULL)
        code = invocation.command->run != NULL ? invocation.command->run(&app, &invocation)
                                               : command_run_method(&app, &invocation);
    return (int)app_finish(&app, code);
}
