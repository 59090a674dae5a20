// SPDX-License-Identifier: Apache-2.0
// Messages on the screen: lists, pages, JSON and CSV.
#ifndef KAM_CLI_OUTPUT_H
#define KAM_CLI_OUTPUT_H

#include <jansson.h>

#include "app.h"

// The text of a path ("name", "positions.account_name") in a message: several values joined with commas; past positions
// left out.
const char *output_cell(struct app *app, const ProtobufCMessage *message, const char *path, bool is_plain);

// The label of a field, in the user's language.
const char *output_label(const ProtobufCMessageDescriptor *message, const char *path);

// Rows as a table, as --json (under the name `field`) or --csv. columns: paths separated by spaces, or by commas.
// Ids that are shown short are remembered. EXIT_USAGE when --columns names what is no field.
enum exit_code output_rows(struct app *app, const ProtobufCMessageDescriptor *row, const ProtobufCMessage *const rows[],
                           size_t count, const char *field, const char *columns);

// What a cell of a list is said in: planned activities whose time has passed are bad, retired records dim.
enum tone output_tone(const struct app *app, const ProtobufCMessage *message, const char *path);

// A table inside a page.
void output_inner_table(struct app *app, const ProtobufCMessageDescriptor *row, const ProtobufCMessage *const rows[],
                        size_t count, const char *columns, const char *indent);

// One record as a page of sections; as --json or --csv, or the --columns of it, when asked for. EXIT_USAGE when
// --columns names what is no field.
enum exit_code output_record(struct app *app, const ProtobufCMessage *message);

// That page in two parts, for what hangs on the record to come between: title and first section, and all the rest.
void output_page_head(struct app *app, const ProtobufCMessage *message);
void output_page_rest(struct app *app, const ProtobufCMessage *message);

// One line that names the record: "K-000123 Acme".
const char *output_title(struct app *app, const ProtobufCMessage *message);

// True for a record that has no name of its own but its person's: a position, a profile.
bool output_is_named_by_contact(const ProtobufCMessage *message);

void output_json(struct app *app, const json_t *value);

// A heading inside a page.
void output_heading(struct app *app, const char *title);

// Those of the fields (names separated by blanks) that are set, as lines of a page, below a heading; N_(title), NULL
// for none.
void output_section(struct app *app, const ProtobufCMessage *message, const char *title, const char *fields);

// A text broken into lines that begin `indent` columns from the left, the first one where the cursor is. With its line
// break.
void output_wrapped(struct app *app, const char *text, size_t indent);

// A line of a page: a label and what it says, wrapped.
void output_line(struct app *app, const char *label, const char *value);

#endif
