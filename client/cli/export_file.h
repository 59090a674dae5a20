// SPDX-License-Identifier: Apache-2.0
// A file that is there whole or not at all: written beside its place under another name, which Ctrl-C removes.
#ifndef KAM_CLI_EXPORT_FILE_H
#define KAM_CLI_EXPORT_FILE_H

#include "app.h"

struct export_file {
    struct app *app;
    const char *path; // "-" is the standard output
    const char *temporary;
    void *converter; // iconv; NULL for UTF-8
    FILE *out;
    bool has_failed;
    int reason; // errno of the first failure
};

// encoding: "utf-8", "utf-8-bom" or "gb18030". Readable by its owner alone. Prints what went wrong.
enum exit_code export_file_open(struct app *app, const char *path, const char *encoding, struct export_file *file_r);

void export_file_write(struct export_file *file, const char *text);

// Puts it in its place when the code is EXIT_OK and all was written; removes it otherwise. Returns the code, or that of
// what went wrong.
enum exit_code export_file_close(struct export_file *file, enum exit_code code);

#endif
