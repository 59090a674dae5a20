// SPDX-License-Identifier: Apache-2.0
// The language of texts: gettext, domain "kam".
#ifndef KAM_CLI_LANGUAGE_H
#define KAM_CLI_LANGUAGE_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) text
#define NC_(context, text) text // for language_label()

// Chooses the language: KAM_LANG, else LANGUAGE, LC_ALL, LC_MESSAGES, LANG. Works also where the system has not
// generated the locale (Debian's minimal images know only C.UTF-8): glibc then takes the texts by LANGUAGE.
// KAM_LOCALEDIR names another catalogue directory.
void language_start(void);

// Translates a text that needs a context: "field" for labels of the contract's fields, the enum's name for its values.
// Falls back to the text itself.
const char *language_label(const char *context, const char *text);

// A text that came from elsewhere, of the server's for example, where the catalogue has it; else the text itself.
const char *language_text(const char *text);

// Of a text that is kept in both languages, the one for the user.
const char *language_choose(const char *english, const char *chinese);

#endif
