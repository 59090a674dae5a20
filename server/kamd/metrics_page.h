// SPDX-License-Identifier: Apache-2.0
// The page for Prometheus and the health probe, over plain HTTP on an address of its own: GET /metrics and GET
// /healthz.
#ifndef KAM_KAMD_METRICS_PAGE_H
#define KAM_KAMD_METRICS_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct metrics_page;

struct metrics_page_source {
    // Both are called on the page's own thread, one call at a time.
    void (*write)(void *data, FILE *out); // metrics in the text format of Prometheus
    bool (*is_serving)(void *data);       // what /healthz says
    void *data;
};

// address is numeric; port 0 picks a free one. source is copied.
enum status metrics_page_start(const char *address, uint16_t port, const struct metrics_page_source *source,
                               struct metrics_page **page_r, uint16_t *port_r, struct error *error)
    __attribute__((warn_unused_result));

// Waits for a request that is being answered. NULL is allowed.
void metrics_page_stop(struct metrics_page *page);

#endif
