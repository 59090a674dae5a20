// SPDX-License-Identifier: Apache-2.0
// The file that kamd backup makes: a header of 4096 bytes, then what pg_dump wrote in its custom format. The header is
// text, so that "head" shows it, and  tail -c +4097 FILE | pg_restore --list  works without kamd:
//
//   kam-backup 1
//   company = ACME
//   kam = 0.1.0
//   migration = 19
//   postgresql = 150014
//   time = 2026-11-21T23:35:46Z
//   dump-bytes = 123456
//   dump-checksum = BLAKE2b of the dump, 32 bytes, as hexadecimal text
//   header-checksum = the same of all lines above
//   (empty lines up to 4096 bytes)
//
// Every byte of the file is under one of the checksums. They find damage, not malice: who can write the file can
// also compute them, and restoring runs what is in it as the owner of the database.
#ifndef KAM_KAMD_BACKUP_FILE_H
#define KAM_KAMD_BACKUP_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { BACKUP_HEADER_BYTES = 4096, BACKUP_CHECKSUM_TEXT_BYTES = 65 };

struct backup_manifest {
    char company[256];    // on one line
    char kam_version[32]; // of the kamd that made it
    unsigned migration;   // the newest one in the database
    unsigned postgresql;  // server_version_num
    char time[32];        // the moment whose state it holds, UTC
    uint64_t dump_bytes;
    char dump_checksum[BACKUP_CHECKSUM_TEXT_BYTES];
};

// Writes the header into the first bytes of the file.
enum status backup_file_write_header(int file, const struct backup_manifest *manifest, struct error *error)
    __attribute__((warn_unused_result));

// Reads and checks the header. DATA_LOSS, reason BACKUP_DAMAGED, when it is not one, or not whole.
enum status backup_file_read_header(int file, struct backup_manifest *manifest_r, struct error *error)
    __attribute__((warn_unused_result));

// Reads the dump through and compares length and checksum; the same errors.
enum status backup_file_verify(int file, const struct backup_manifest *manifest, struct error *error)
    __attribute__((warn_unused_result));

// ---- reading the dump in pieces ----

enum { BACKUP_PIECE_BYTES = 128 * 1024 };

struct backup_reader;

// Starts behind the header.
struct backup_reader *backup_reader_create(int file, const struct backup_manifest *manifest);
void backup_reader_destroy(struct backup_reader *reader);

// The next piece, valid until the next call; *length_r 0 at the end. The last piece is given out only when length and
// checksum of the whole are right, so that who needs all of it never gets all of a damaged one.
enum status backup_reader_next(struct backup_reader *reader, const uint8_t **piece_r, size_t *length_r,
                               struct error *error) __attribute__((warn_unused_result));

#endif
