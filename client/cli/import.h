// SPDX-License-Identifier: Apache-2.0
// What the imports share: the file, which column is what, the calls in flight, the outcome of each row, and the report.
//
// A second run of the same file adds nothing: ids are version 5 UUIDs of the company (its root team), the kind and the
// row's key.
#ifndef KAM_CLI_IMPORT_H
#define KAM_CLI_IMPORT_H

#include "command.h"
#include "csv_read.h"

enum import_outcome {
    IMPORT_PENDING,
    IMPORT_ADDED,
    IMPORT_PRESENT,   // was there already
    IMPORT_WOULD_ADD, // of a dry run
    IMPORT_DUPLICATE, // looks like a record that somebody else made
    IMPORT_FAILED,
    IMPORT_NOT_TRIED, // the import ended before its turn
    IMPORT_OUTCOMES,
};

struct import_row {
    const struct csv_row *source; // NULL for rows the file implies (teams, managers)
    size_t line;
    const char *key; // what the row is called
    char id[KAM_UUID_TEXT_BYTES];
    ProtobufCMessage *request;
    enum import_outcome outcome;
    const char *handle; // code or login, once known
    const char *detail; // why, or what else is to know
    const char *secret; // a password that was made, for the report alone
    int64_t version;
    bool has_parent; // already, on the server
};

// A column's target: a name of the import's own, or an option of the command that adds one record.
struct import_target {
    const char *name;            // "annual-revenue"; NULL: the column is passed over
    const struct option *option; // NULL for targets of the import's own
    int64_t factor;              // of --map COLUMN=TARGET*FACTOR, 1 without
};

struct import_synonym {
    const char *header; // lower case, without spaces, underscores and dashes
    const char *target;
};

struct import {
    struct app *app;
    struct invocation *invocation;
    const char *kind; // "account"
    struct csv_table table;
    struct import_target targets[CSV_MOST_COLUMNS];
    const struct option *options;
    size_t option_count;
    struct import_row *rows;
    size_t row_count;
    char company_id[KAM_UUID_TEXT_BYTES];
    bool is_dry;
    enum exit_code failure; // what ended it early
};

// Reads the file, maps its columns and makes one row per line. own: the import's own targets, ends with NULL.
// Prints what is wrong.
enum exit_code import_open(struct import *import, const struct import_synonym *synonyms, const char *const *own);

// The column of a target; SIZE_MAX when there is none.
size_t import_column(const struct import *import, const char *target);
// The text of a target in a row, "" when there is none.
const char *import_cell(const struct import *import, const struct import_row *row, const char *target);

// Sets a row's request from the columns that are options; false when a cell does not fit (the row has failed then).
bool import_fill(struct import *import, struct import_row *row);

// Marks a row as failed.
void import_fail(struct import *import, struct import_row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The id of a key, folded so that upper and lower case, width and spaces do not matter.
void import_make_id(struct import *import, const char *kind, const char *key, char id_r[KAM_UUID_TEXT_BYTES]);

// Runs one call per row, several in flight, with a progress bar. begin returns NULL for rows that need none; end gets
// the outcome (response is NULL unless code is KAM_OK, and is freed after end). Stops on Ctrl-C and on errors that
// would befall every row.
void import_run(struct import *import, const char *title,
                struct kam_call *(*begin)(struct import *import, struct import_row *row),
                void (*end)(struct import *import, struct import_row *row, enum kam_code code,
                            const ProtobufCMessage *response));

// A refused row with the server's reason.
void import_fail_with_error(struct import *import, struct import_row *row);

// Writes the report, prints the summary; the exit code.
enum exit_code import_finish(struct import *import);

// Finds the company (its root team); prints why not.
enum exit_code import_find_company(struct import *import);

extern const struct flag import_account_flags[], import_user_flags[];

enum exit_code import_accounts(struct app *app, struct invocation *invocation);
enum exit_code import_users(struct app *app, struct invocation *invocation);

#endif
