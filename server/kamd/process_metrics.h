// SPDX-License-Identifier: Apache-2.0
// Figures of the process as the operating system sees it, under the names Prometheus' own libraries use
// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
#ifndef KAM_KAMD_PROCESS_METRICS_H
#define KAM_KAMD_PROCESS_METRICS_H

#include <stdio.h>

// Writes them in the text format of Prometheus. Any thread.
void process_metrics_write(FILE *out);

#endif
