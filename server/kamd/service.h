// SPDX-License-Identifier: Apache-2.0
// The running server: signals on the main thread, workers on theirs, the metrics page, the certificate, the database
// beneath.
#ifndef KAM_KAMD_SERVICE_H
#define KAM_KAMD_SERVICE_H

#include "kamd/options.h"

// Serves until SIGTERM or SIGINT, then drains. STATUS_OK after an orderly end.
enum status service_run(struct options *options, struct error *error) __attribute__((warn_unused_result));

#endif
