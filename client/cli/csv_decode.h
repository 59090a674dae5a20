// SPDX-License-Identifier: Apache-2.0
// The encoding of a spreadsheet's file: UTF-8, UTF-16 as "Unicode text" has it, or what Chinese spreadsheets write.
#ifndef KAM_CLI_CSV_DECODE_H
#define KAM_CLI_CSV_DECODE_H

#include <stddef.h>

#include "base/arena.h"

// Makes UTF-8 without a byte order mark of the bytes. encoding: a name that iconv knows, NULL to find out: by the mark,
// else UTF-8 where all of it is, else GB18030 (GBK is a part of it) where it reads as Chinese. *encoding_r is the one
// that was used. NULL when it went well, else what is wrong (with the line where it is known), in the user's language.
const char *csv_decode(struct arena *arena, const char *encoding, const char **bytes, size_t *length,
                       const char **encoding_r);

#endif
