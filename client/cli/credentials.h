// SPDX-License-Identifier: Apache-2.0
// The file $KAM_HOME/session: JSON, mode 0600, in a directory of mode 0700, replaced atomically.
#ifndef KAM_CLI_CREDENTIALS_H
#define KAM_CLI_CREDENTIALS_H

#include "app.h"

// Reads it into app->credentials; a missing or unreadable file leaves them empty.
void credentials_load(struct app *app);

// Writes app->credentials. Prints why not.
enum exit_code credentials_save(struct app *app);

// Removes the file.
void credentials_remove(struct app *app);

// Writes a file of $KAM_HOME: mode 0600, beside the old one, then renamed over it. False with errno.
bool credentials_write_file(struct app *app, const char *path, const char *text, size_t length);

#endif
