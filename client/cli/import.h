// SPDX-License-Identifier: Apache-2.0
// What the imports share: the file, which column is what, the calls in flight, the outcome of each row, and the report.
//
// A second run of the same file adds nothing: ids are version 5 UUIDs of the company (its root team), the kind and the
// row's key.
#ifndef KAM_CLI_IMPORT_H
#define KAM_CLI_IMPORT_H

#include <stdio.h>

#include "command.h"
#include "csv_read.h"
#include "import_clean.h"
#include "vcard_read.h"

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

// One record to be. A row of the file makes several where a cell names several people.
struct import_row {
    const struct csv_row *source; // NULL for rows the file implies (teams, managers)
    size_t line;
    size_t part, part_count; // which of the people of the file's row; part_count is 1 for all others
    const char *key;         // what the row is called
    char id[KAM_UUID_TEXT_BYTES];
    ProtobufCMessage *request;
    enum import_outcome outcome;
    const char *handle;   // code or login, once known
    const char *detail;   // why, or what else is to know
    const char *changes;  // what was changed in its cells to make values of them
    const char *secret;   // a password that was made, for the report alone
    const char *parent;   // of an account: the name of its parent
    const char *name_key; // of an account that would be added: its name as names are compared
    struct import_row *parent_row;
};

// A column's target: an option of the command that adds one record, or one of the import's own.
struct import_target {
    const char *name;            // "annual-revenue"; NULL: the column is passed over
    const struct option *option; // NULL for targets of the import's own
    int64_t factor;              // of --map COLUMN=TARGET*FACTOR, 1 without
};

struct import_synonym {
    const char *header; // lower case, without spaces, underscores and dashes
    const char *target;
};
extern const struct import_synonym import_account_synonyms[], import_contact_synonyms[], import_activity_synonyms[],
    import_opportunity_synonyms[];

// A word in the cells of a field, and the value it means.
struct import_word {
    const char *field;
    const char *word;
    const char *value;
};
extern const struct import_word import_words[];

// What a mapping file says (import_mapping.c), in the order of the file.
struct import_mapping {
    bool has_columns; // then nothing is guessed
    struct import_word *columns, *words, *defaults, *factors;
    size_t column_count, word_count, default_count, factor_count;
    const char *encoding, *currency, *fill_down;
    size_t heading_rows;
    enum clean_date_order date_order;
    bool is_unsplit;
};

struct import {
    struct app *app;
    struct invocation *invocation;
    const char *kind; // "account"
    const struct import_synonym *synonyms;
    const char *const *own; // targets of the import's own, ends with NULL
    struct import_mapping mapping;
    struct csv_table table;
    struct import_target targets[CSV_MOST_COLUMNS];
    const struct option *options;
    size_t option_count;
    struct import_synonym *names; // all headings that mean a field, folded; made by import_open()
    size_t name_count;
    struct import_row *rows;
    size_t row_count;
    struct import_row **by_id; // import_index_rows()
    size_t by_id_count;
    char company_id[KAM_UUID_TEXT_BYTES];
    bool is_cards;                      // the file is one of vCards
    const struct vcard_remark *remarks; // of these, one for each row of the table
    bool is_dry;
    enum exit_code failure; // what ended it early
};

// ---- The file (import_file.c, import_heading.c, import_target.c)

// Reads the mapping and the file, finds its heading, maps its columns and makes one row per line. The caller has set
// app, invocation, kind, synonyms, own and options. Prints what is wrong.
enum exit_code import_open(struct import *import);

// Finds the heading among the first rows of the table and takes it off, with what stands above. Says what is skipped.
enum exit_code import_find_heading(struct import *import);

// Gathers the headings that mean a field: synonyms, names, labels in English and the user's language.
void import_gather_names(struct import *import);
// Guesses a column's target from its heading; name is NULL when nothing fits.
void import_guess_target(const struct import *import, const char *heading, struct import_target *target_r);
bool import_find_target(const struct import *import, const char *name, struct import_target *target_r);
// "Year_Established" and "year established" are one heading.
const char *import_fold_heading(struct arena *arena, const char *text);
// Targets of all columns: by the mapping file, by guess, by --map.
enum exit_code import_map_columns(struct import *import);

// The column of a target; SIZE_MAX when there is none.
size_t import_column(const struct import *import, const char *target);
// The text of a target in a row, "" when there is none.
const char *import_cell(const struct import *import, const struct import_row *row, const char *target);

// ---- The mapping file (import_mapping.c)

enum exit_code import_read_mapping(struct import *import, const char *path);
enum exit_code import_write_mapping(struct import *import, const char *path);

// ---- Rows (import_fill.c)

// Sets a row's request from the columns that are options; false when a cell does not fit (the row has failed then).
bool import_fill(struct import *import, struct import_row *row);

// Marks a row as failed.
void import_fail(struct import *import, struct import_row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Notes what was changed in a cell.
void import_note(struct import *import, struct import_row *row, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The id of a key, folded so that upper and lower case, width and spaces do not matter.
void import_make_id(struct import *import, const char *kind, const char *key, char id_r[KAM_UUID_TEXT_BYTES]);

// Sorts the rows that are pending by their ids; those with the id of an earlier one fail.
void import_index_rows(struct import *import);
// The row of an id; NULL when there is none.
struct import_row *import_find_row(const struct import *import, const char *id);

// ---- Calls (import_run.c, import_send.c)

// Runs one call per row, several in flight, with a progress bar. begin returns NULL for rows that need none; end gets
// the outcome (response is NULL unless code is KAM_OK, and is freed after end). Stops on Ctrl-C and on errors that
// would befall every row.
void import_run(struct import *import, const char *title,
                struct kam_call *(*begin)(struct import *import, struct import_row *row),
                void (*end)(struct import *import, struct import_row *row, enum kam_code code,
                            const ProtobufCMessage *response));

// Sends the rows that are pending, many in a call. A row waits for the call of its parent's. is_in_order: one call
// after the other, so that of two rows that are alike the first one comes in; otherwise a few are in flight. Stops as
// import_run does.
void import_send(struct import *import, const char *method, size_t rows_per_call, bool is_in_order);

struct import_progress {
    const char *title;
    size_t done, count;
    bool is_shown;
    int64_t last_ms;
};
// begin also has Ctrl-C noticed instead of ending the program, until end.
void import_progress_begin(struct import *import, struct import_progress *progress, const char *title);
void import_progress_draw(struct import_progress *progress);
void import_progress_end(struct import *import, struct import_progress *progress);
bool import_is_interrupted(void);
// Errors that every further row would meet as well.
bool import_ends_with(enum kam_code code);
void import_pause(int64_t pause_ms);

// A refused row with the server's reason.
void import_fail_with_error(struct import *import, struct import_row *row);

// Marks rows that a dry run would add as duplicates where they look like an earlier one of another call.
void import_compare_rows(struct import *import);

// ---- The end (import_report.c)

// Writes the report and the file of failed rows, prints the summary; the exit code.
enum exit_code import_finish(struct import *import);

// Finds the company (its root team); prints why not.
enum exit_code import_find_company(struct import *import);

extern const struct flag import_account_flags[], import_contact_flags[], import_activity_flags[],
    import_opportunity_flags[], import_user_flags[];

enum exit_code import_accounts(struct app *app, struct invocation *invocation);
enum exit_code import_contacts(struct app *app, struct invocation *invocation);
enum exit_code import_activities(struct app *app, struct invocation *invocation);
enum exit_code import_opportunities(struct app *app, struct invocation *invocation);
enum exit_code import_users(struct app *app, struct invocation *invocation);

#endif
