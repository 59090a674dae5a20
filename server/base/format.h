// SPDX-License-Identifier: Apache-2.0
// The forms a text field can have (proto/kam/v1/rules.proto), for the server and for clients that would rather tell a
// slip at once.
#ifndef KAM_BASE_FORMAT_H
#define KAM_BASE_FORMAT_H

#include "contract.h"

// NULL when the text (valid UTF-8, not empty) has the form; otherwise what would be right: "must be ...".
const char *format_check(enum contract_format format, const char *text);

#endif
