// SPDX-License-Identifier: Apache-2.0
// Figures of the database pools, per role over all workers, in the text format of Prometheus.
#ifndef KAM_KAMD_POOL_METRICS_H
#define KAM_KAMD_POOL_METRICS_H

#include <stdio.h>

#include "kamd/worker.h"

// Any thread but the workers'. A worker that does not answer is left out.
void pool_metrics_write(struct worker *const *workers, size_t count, FILE *out);

#endif
