// SPDX-License-Identifier: Apache-2.0
// What kamd asks of the operating system at start: a data directory of its own, no privileges, one process at a time.
#ifndef KAM_KAMD_SYSTEM_H
#define KAM_KAMD_SYSTEM_H

#include "base/error.h"

// Makes the directory (and its parents) with mode 0700 for itself. Started as root, it is given to the user named, or
// to kam where that user exists, else to postgres, and the process becomes that user for good; otherwise user must be
// "" or the present one.
enum status system_enter(const char *user, const char *directory, struct error *error)
    __attribute__((warn_unused_result));

// Takes the lock of the data directory, held until the process ends; a second kamd gets FAILED_PRECONDITION with the
// first one's process id.
enum status system_lock(const char *directory, struct error *error) __attribute__((warn_unused_result));

// Makes the directory that a file will be in, with mode 0700, where it is missing.
enum status system_make_directory_of(const char *file_path, struct error *error) __attribute__((warn_unused_result));

// Writes a whole small file at once (a new one takes the old one's place), so that a reader never sees half of it.
enum status system_write_file(const char *path, const char *text, struct error *error)
    __attribute__((warn_unused_result));

// Raises the limit of open files as far as the system allows without asking.
void system_raise_file_limit(void);

#endif
