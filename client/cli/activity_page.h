// SPDX-License-Identifier: Apache-2.0
// What an activity carries, below its page: preparation and feedback, the SPIN sheet, comments.
#ifndef KAM_CLI_ACTIVITY_PAGE_H
#define KAM_CLI_ACTIVITY_PAGE_H

#include "command.h"

// After the page of an activity was printed.
enum exit_code activity_page_print_parts(struct app *app, struct invocation *invocation,
                                         const ProtobufCMessage *response);

// kam activity spin: the sheet with what may be asked.
enum exit_code activity_page_show_spin(struct app *app, struct invocation *invocation);

// kam activity spin edit: asks for all of the sheet when nothing was said.
enum exit_code activity_page_edit_spin(struct app *app, struct invocation *invocation);

#endif
