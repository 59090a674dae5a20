// SPDX-License-Identifier: Apache-2.0
// Figures of the streams that watch, added up over the workers, for the page of metrics.
#ifndef KAM_KAMD_WATCH_METRICS_H
#define KAM_KAMD_WATCH_METRICS_H

#include <stddef.h>
#include <stdio.h>

struct peers;
struct worker;

// Writes them in the text format of Prometheus. A worker that does not answer is left out. Any thread but the workers'.
void watch_metrics_write(struct worker *const *workers, size_t count, const struct peers *peers, FILE *out);

#endif
