// SPDX-License-Identifier: Apache-2.0
// The words that completion offers: which begin as typed, how the shell has to find them, and those that the server
// knows.
#ifndef KAM_CLI_COMPLETE_WORDS_H
#define KAM_CLI_COMPLETE_WORDS_H

#include "command.h"

enum { MOST_COMPLETIONS = 200 };

struct completions {
    struct app *app;
    bool is_bash;
    char quote;            // of the word that is being typed: ' or ", NUL when there is none
    const char *beginning; // what the words begin with
    bool wants_files;
    const char *words[MOST_COMPLETIONS], *meanings[MOST_COMPLETIONS];
    size_t count;
};

// Keeps a word that begins as typed, once.
void completions_add(struct completions *found, const char *word, const char *meaning);
void completions_want_files(struct completions *found);

// Records of the kind whose code or name begins as typed, from the server. Nothing where nobody is logged in.
void complete_records(struct app *app, enum record_kind kind, const char *beginning, struct completions *found);

// The words as bash has them (quoted as typed, cut at "=") become those that are meant.
void completions_read_bash(struct completions *found, char *const **words, int *count);

void completions_print(struct completions *found);

#endif
