// SPDX-License-Identifier: Apache-2.0
// Run by the build: writes the man pages of kam into the directory it is given, with the
// date it is given.
#include "man.h"

int main(int count, char *arguments[])
{
    struct app app;
    language_start();
    app_start(&app);
    enum exit_code code = count == 3 ? man_write(&app, arguments[1], arguments[2]) : EXIT_USAGE;
    return (int)app_finish(&app, code);
}
