// SPDX-License-Identifier: Apache-2.0
// Runs PostgreSQL's own pg_dump and pg_restore, and carries bytes between them and a backup's file. Everything blocks:
// for operator commands.
#ifndef KAM_KAMD_BACKUP_TOOL_H
#define KAM_KAMD_BACKUP_TOOL_H

#include "base/error.h"
#include "kamd/backup_file.h"

// From now on SIGINT and SIGTERM end what runs here with CANCELLED, so that the caller can tidy up.
void backup_tool_catch_signals(void);

// Writes the schema kam as the exported snapshot sees it behind the header's place in the file, and fills dump_bytes
// and dump_checksum. Sessions and failed logins stay out: a restored company has none.
enum status backup_tool_dump(const char *conninfo, const char *snapshot, int file, struct backup_manifest *manifest,
                             struct error *error) __attribute__((warn_unused_result));

// Restores the dump in one transaction: all of it, or nothing. server_version is the target's, as a number (150014).
// What it makes belongs to the connection's user.
enum status backup_tool_load(const char *conninfo, unsigned server_version, int file,
                             const struct backup_manifest *manifest, struct error *error)
    __attribute__((warn_unused_result));

#endif
