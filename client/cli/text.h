// SPDX-License-Identifier: Apache-2.0
// Text for a terminal: how wide it is, where to cut it, and nothing in it that could command the terminal.
#ifndef KAM_CLI_TEXT_H
#define KAM_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

// A copy in which control characters (C0, DEL, C1), bidirectional overrides and bytes that are not UTF-8 are written
// out as \x1b or \u202e. With keep_lines line breaks stay; otherwise line breaks and tabs become spaces.
char *text_clean(struct arena *arena, const char *text, bool keep_lines);

// The text as names are compared: no matter the case, the width of letters, and how accents are written.
const char *text_fold(struct arena *arena, const char *text);

// Terminal columns of a clean text: 2 for East Asian wide characters, 0 for combining ones, one grapheme at most 2.
size_t text_width(const char *text);

// The text itself when it is at most `width` columns wide, else a copy that ends in an ellipsis and is at most that
// wide.
const char *text_cut(struct arena *arena, const char *text, size_t width);

// Bytes of the longest beginning that is at most `width` columns wide, ending at a space where there is one. At least
// one grapheme. Ends before a line break. For wrapping.
size_t text_fit_line(const char *text, size_t width);

bool text_is_utf8(const char *text, size_t length);

// The text as it is for a program or a file, which are owed UTF-8: another one is made clean, with its line breaks.
const char *text_make_utf8(struct arena *arena, const char *text);

// Number of edits (insert, delete, replace, swap neighbours) between two ASCII words, at most `limit`.
size_t text_distance(const char *left, const char *right, size_t limit);

#endif
