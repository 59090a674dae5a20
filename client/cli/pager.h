// SPDX-License-Identifier: Apache-2.0
// Long output on a terminal goes through $PAGER (less -FRX by default).
#ifndef KAM_CLI_PAGER_H
#define KAM_CLI_PAGER_H

#include <stddef.h>

// Writes the text to stdout, through the pager when it is longer than the terminal is high. PAGER="" or "cat" means
// none.
void pager_show(const char *text, size_t length, size_t height);

#endif
