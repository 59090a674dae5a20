// SPDX-License-Identifier: Apache-2.0
// A contact as a vCard 3.0 (RFC 2426): the version that old telephones and Outlook read as well, which 4.0 is not.
#ifndef KAM_CLI_VCARD_H
#define KAM_CLI_VCARD_H

#include "base/arena.h"
#include "kam/v1/contact.pb-c.h"

// The card with its line ends (CRLF), lines folded at 75 octets between characters. Notes and what belongs to the
// profile stay behind: a telephone hands its address book to others.
const char *vcard_of_contact(struct arena *arena, const Kam__V1__Contact *contact);

#endif
