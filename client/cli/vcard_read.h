// SPDX-License-Identifier: Apache-2.0
// vCards (2.1, 3.0, 4.0) as telephones and Outlook write them, as rows of a table of contacts. No library of Debian's
// for C reads them: libvformat and libvc know neither character sets nor 4.0.
#ifndef KAM_CLI_VCARD_READ_H
#define KAM_CLI_VCARD_READ_H

#include <stdbool.h>

#include "csv_read.h"

enum { VCARD_MOST_CARDS = 100000, VCARD_LINE_BYTES = 64 * 1024 };

// What else is to say of a card.
struct vcard_remark {
    const char *wrong;    // why it cannot be taken; NULL when it can
    const char *left_out; // names of the properties that contacts have no field for, with commas; "" for none
};

// True when the file is one of vCards: by its beginning, else by its name.
bool vcard_is_file(const char *path, const char *bytes, size_t length);

// Takes the bytes of a file apart. encoding: see csv_decode(). The table's header are names of fields ("name",
// "account", "phone", "phone", ...), its rows the cards with the line of their BEGIN:VCARD; *remarks_r has one for each
// row. NULL when it went well, else what is wrong with the file, in the user's language.
const char *vcard_read(struct arena *arena, const char *bytes, size_t length, const char *encoding,
                       struct csv_table *table_r, const struct vcard_remark **remarks_r);

#endif
