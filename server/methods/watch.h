// SPDX-License-Identifier: Apache-2.0
// kam.v1.WatchService/Watch, and what the streams of a worker share.
#ifndef KAM_METHODS_WATCH_H
#define KAM_METHODS_WATCH_H

#include <stdint.h>
#include <uv.h>

#include "methods/handler.h"

struct watches;

extern const struct method_handler WATCH_HANDLER;

struct watches *watches_create(uv_loop_t *loop, struct db_pool *auth);

// When no call is left: closes timers. Then let the loop run out, then destroy.
void watches_stop(struct watches *watches);
void watches_destroy(struct watches *watches);

// Something was committed, here or elsewhere. Loop thread.
void watches_wake(struct watches *watches);

struct watch_figures {
    uint64_t streams;
    uint64_t polls;   // looks at the log for all of them together
    uint64_t reads;   // pages read for one of them
    uint64_t changes; // told
    uint64_t lag_ms;  // how long entries have waited for an older transaction to end
};
void watches_get_figures(const struct watches *watches, struct watch_figures *figures_r);

#endif
