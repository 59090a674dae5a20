// SPDX-License-Identifier: Apache-2.0
// What kam tells the program that started it. Stable across releases.
#ifndef KAM_CLI_EXIT_CODE_H
#define KAM_CLI_EXIT_CODE_H

enum exit_code {
    EXIT_OK = 0,
    EXIT_REFUSED = 1,       // refused or failed
    EXIT_USAGE = 2,         // the command line is wrong, or a name fits several records
    EXIT_NOT_FOUND = 3,     // no such record within reach
    EXIT_NOT_PERMITTED = 4, // not logged in, or not allowed
    EXIT_UNMET = 5,         // the record's state does not allow it; what is missing is listed
    EXIT_CONFLICT = 6,      // somebody changed the record since
    EXIT_UNREACHABLE = 7,   // no server, or not the one that is trusted
};

#endif
