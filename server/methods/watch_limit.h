// SPDX-License-Identifier: Apache-2.0
// How many streams each user has open, over all workers. Any thread.
#ifndef KAM_METHODS_WATCH_LIMIT_H
#define KAM_METHODS_WATCH_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

enum { WATCH_LIMIT_PER_USER = 32 };

// False when the user has as many as allowed already; else give it back with watch_limit_leave().
bool watch_limit_enter(const uint8_t user_id[UUID_BYTES]);
void watch_limit_leave(const uint8_t user_id[UUID_BYTES]);

#endif
