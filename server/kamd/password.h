// SPDX-License-Identifier: Apache-2.0
// Reading a new password from the operator.
#ifndef KAM_KAMD_PASSWORD_H
#define KAM_KAMD_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { PASSWORD_BYTES_MIN = 10, PASSWORD_BYTES_MAX = 200 };

// From the first line of standard input, or from the terminal twice without echo. FAILED_PRECONDITION without a
// terminal. The caller wipes password_r with password_wipe().
enum status password_read(bool from_stdin, char password_r[PASSWORD_BYTES_MAX + 1], struct error *error)
    __attribute__((warn_unused_result));

void password_wipe(char password[PASSWORD_BYTES_MAX + 1]);

#endif
