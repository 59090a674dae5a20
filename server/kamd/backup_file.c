// SPDX-License-Identifier: Apache-2.0
// The header of a backup and the checksums: see backup_file.h.
#include "kamd/backup_file.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/require.h"

enum { CHECKSUM_BYTES = 32 };

static const char MAGIC[] = "kam-backup 1\n";
static const char HEADER_CHECKSUM[] = "\nheader-checksum = ";

static void to_hex(const uint8_t checksum[CHECKSUM_BYTES], char text_r[BACKUP_CHECKSUM_TEXT_BYTES])
{
    sodium_bin2hex(text_r, BACKUP_CHECKSUM_TEXT_BYTES, checksum, CHECKSUM_BYTES);
}

static void checksum_of(const char *text, size_t length, char text_r[BACKUP_CHECKSUM_TEXT_BYTES])
{
    uint8_t checksum[CHECKSUM_BYTES];
    crypto_generichash(checksum, sizeof checksum, (const uint8_t *)text, length, NULL, 0);
    to_hex(checksum, text_r);
}

static enum status fail_damaged(struct error *error, const char *how)
{
    return error_set(error, STATUS_DATA_LOSS, "BACKUP_DAMAGED", "%s", how);
}

// ---- header ----

enum status backup_file_write_header(int file, const struct backup_manifest *manifest, struct error *error)
{
    char header[BACKUP_HEADER_BYTES];
    char checksum[BACKUP_CHECKSUM_TEXT_BYTES];
    memset(header, '\n', sizeof header);
    int length = snprintf(header, sizeof header,
                          "%scompany = %s\nkam = %s\nmigration = %u\npostgresql = %u\ntime = %s\n"
                          "dump-bytes = %" PRIu64 "\ndump-checksum = %s\n",
                          MAGIC, manifest->company, manifest->kam_version, manifest->migration, manifest->postgresql,
                          manifest->time, manifest->dump_bytes, manifest->dump_checksum);
    checksum_of(header, (size_t)length, checksum);
    length += snprintf(header + length, sizeof header - (size_t)length, "%s%s", HEADER_CHECKSUM + 1, checksum);
    header[length] = '\n';
    if (pwrite(file, header, sizeof header, 0) != (ssize_t)sizeof header)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot write the backup: %s", strerror(errno));
    return STATUS_OK;
}

// The rest of the line that begins with the name; NULL without one.
static const char *find_value(const char *header, const char *name, size_t *length_r)
{
    char start[40];
    snprintf(start, sizeof start, "\n%s = ", name);
    const char *at = strstr(header, start);
    if (at == NULL)
        return NULL;
    at += strlen(start);
    *length_r = strcspn(at, "\n");
    return at;
}

static bool read_text(const char *header, const char *name, char *value_r, size_t capacity)
{
    size_t length;
    const char *value = find_value(header, name, &length);
    if (value == NULL || length >= capacity)
        return false;
    memcpy(value_r, value, length);
    value_r[length] = '\0';
    return true;
}

static bool read_number(const char *header, const char *name, uint64_t *value_r)
{
    char text[24];
    char *end;
    if (!read_text(header, name, text, sizeof text) || text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *value_r = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0;
}

// The header as it must be: lines, their checksum, and nothing but line ends after it.
static bool is_whole(const char *header)
{
    const char *at = strstr(header, HEADER_CHECKSUM);
    if (at == NULL)
        return false;
    char checksum[BACKUP_CHECKSUM_TEXT_BYTES];
    checksum_of(header, (size_t)(at + 1 - header), checksum);
    const char *found = at + strlen(HEADER_CHECKSUM);
    if (strncmp(found, checksum, BACKUP_CHECKSUM_TEXT_BYTES - 1) != 0)
        return false;
    const char *rest = found + BACKUP_CHECKSUM_TEXT_BYTES - 1;
    return strspn(rest, "\n") == (size_t)(header + BACKUP_HEADER_BYTES - rest);
}

static bool parse(const char *header, struct backup_manifest *manifest)
{
    uint64_t migration;
    uint64_t postgresql;
    if (!read_text(header, "company", manifest->company, sizeof manifest->company) ||
        !read_text(header, "kam", manifest->kam_version, sizeof manifest->kam_version) ||
        !read_text(header, "time", manifest->time, sizeof manifest->time) ||
        !read_text(header, "dump-checksum", manifest->dump_checksum, sizeof manifest->dump_checksum) ||
        !read_number(header, "dump-bytes", &manifest->dump_bytes) || !read_number(header, "migration", &migration) ||
        !read_number(header, "postgresql", &postgresql) || migration > UINT32_MAX || postgresql > UINT32_MAX ||
        manifest->dump_bytes > INT64_MAX - BACKUP_HEADER_BYTES)
        return false;
    manifest->migration = (unsigned)migration;
    manifest->postgresql = (unsigned)postgresql;
    return true;
}

enum status backup_file_read_header(int file, struct backup_manifest *manifest_r, struct error *error)
{
    static const char FAMILY[] = "kam-backup ";
    char header[BACKUP_HEADER_BYTES + 1] = "";
    ssize_t length = pread(file, header, BACKUP_HEADER_BYTES, 0);
    if (length < 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot read the backup: %s", strerror(errno));
    if (strncmp(header, FAMILY, strlen(FAMILY)) != 0)
        return fail_damaged(error, "this is no file that kamd backup made");
    if (strncmp(header, MAGIC, strlen(MAGIC)) != 0)
        return fail_damaged(error, "this backup has a form that this kamd does not know: a newer one made it, or it is "
                                   "damaged");
    struct backup_manifest manifest = {0};
    if (length != BACKUP_HEADER_BYTES || !is_whole(header) || !parse(header, &manifest))
        return fail_damaged(error, "the backup is damaged: its header is not as it was written");
    *manifest_r = manifest;
    return STATUS_OK;
}

// ---- the dump ----

struct backup_reader {
    int file;
    uint64_t rest_bytes;
    uint64_t offset;
    const struct backup_manifest *manifest;
    crypto_generichash_state state;
    uint8_t piece[BACKUP_PIECE_BYTES];
};

struct backup_reader *backup_reader_create(int file, const struct backup_manifest *manifest)
{
    struct backup_reader *reader = malloc(sizeof *reader);
    REQUIRE(reader != NULL);
    reader->file = file;
    reader->rest_bytes = manifest->dump_bytes;
    reader->offset = BACKUP_HEADER_BYTES;
    reader->manifest = manifest;
    crypto_generichash_init(&reader->state, NULL, 0, CHECKSUM_BYTES);
    return reader;
}

void backup_reader_destroy(struct backup_reader *reader)
{
    free(reader);
}

static enum status check_end(struct backup_reader *reader, struct error *error)
{
    uint8_t checksum[CHECKSUM_BYTES];
    char text[BACKUP_CHECKSUM_TEXT_BYTES];
    crypto_generichash_final(&reader->state, checksum, sizeof checksum);
    to_hex(checksum, text);
    if (strcmp(text, reader->manifest->dump_checksum) != 0)
        return fail_damaged(error, "the backup is damaged: its content is not what was written");
    return STATUS_OK;
}

enum status backup_reader_next(struct backup_reader *reader, const uint8_t **piece_r, size_t *length_r,
                               struct error *error)
{
    *length_r = 0;
    if (reader->rest_bytes == 0)
        return STATUS_OK;
    size_t wanted = reader->rest_bytes < BACKUP_PIECE_BYTES ? (size_t)reader->rest_bytes : BACKUP_PIECE_BYTES;
    ssize_t length = pread(reader->file, reader->piece, wanted, (off_t)reader->offset);
    if (length < 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot read the backup: %s", strerror(errno));
    if (length == 0)
        return fail_damaged(error, "the backup is damaged: its end is missing");
    crypto_generichash_update(&reader->state, reader->piece, (unsigned long long)length);
    reader->offset += (uint64_t)length;
    reader->rest_bytes -= (uint64_t)length;
    if (reader->rest_bytes == 0) {
        enum status status = check_end(reader, error);
        if (status != STATUS_OK)
            return status;
    }
    *piece_r = reader->piece;
    *length_r = (size_t)length;
    return STATUS_OK;
}

enum status backup_file_verify(int file, const struct backup_manifest *manifest, struct error *error)
{
    struct stat info;
    if (fstat(file, &info) != 0)
        return error_set(error, STATUS_FAILED_PRECONDITION, "BACKUP", "cannot read the backup: %s", strerror(errno));
    uint64_t wanted = manifest->dump_bytes + BACKUP_HEADER_BYTES;
    if ((uint64_t)info.st_size != wanted)
        return error_set(error, STATUS_DATA_LOSS, "BACKUP_DAMAGED",
                         "the backup is damaged: it has %" PRIu64 " bytes and should have %" PRIu64,
                         (uint64_t)info.st_size, wanted);
    struct backup_reader *reader = backup_reader_create(file, manifest);
    const uint8_t *piece;
    size_t length = 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && length > 0)
        status = backup_reader_next(reader, &piece, &length, error);
    backup_reader_destroy(reader);
    return status;
}
