// SPDX-License-Identifier: Apache-2.0
// From what people call a record to its id: a code, an id, a short id from an earlier list, a login, or a unique part
// of a name.
#ifndef KAM_CLI_RESOLVE_H
#define KAM_CLI_RESOLVE_H

#include "command.h"

struct reference {
    char id[KAM_UUID_TEXT_BYTES];
    int64_t version;                      // 0 when it is not known yet
    char account_id[KAM_UUID_TEXT_BYTES]; // of a position
};

// Prints what did not fit: EXIT_NOT_FOUND, or EXIT_USAGE with the candidates when it fits several. `at` is the account
// of a position, or NULL.
enum exit_code resolve_record(struct app *app, enum record_kind kind, const char *text, const char *at,
                              struct reference *reference_r);

// A code in the form the server has it; NULL when the text is none.
const char *resolve_code(struct app *app, const char *text);

// Says on stderr where a merged account went.
void resolve_note_merged(struct app *app, const ProtobufCMessage *account);

#endif
