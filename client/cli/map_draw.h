// SPDX-License-Identifier: Apache-2.0
// The power map on a terminal: who decides, who is for us, whom nobody talks to.
#ifndef KAM_CLI_MAP_DRAW_H
#define KAM_CLI_MAP_DRAW_H

#include "app.h"
#include "kam/v1/map.pb-c.h"

void map_draw(struct app *app, const Kam__V1__PowerMap *map);

// What is wrong, as a sentence.
const char *map_warning_text(struct app *app, const Kam__V1__MapWarning *warning);

#endif
