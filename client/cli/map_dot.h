// SPDX-License-Identifier: Apache-2.0
// The power map as a graph for Graphviz (https://graphviz.org/doc/info/lang.html), and as the picture that its program
// dot draws of it.
#ifndef KAM_CLI_MAP_DOT_H
#define KAM_CLI_MAP_DOT_H

#include "app.h"
#include "kam/v1/map.pb-c.h"

// DOT. Whatever people are called, it is text in it.
const char *map_dot(struct arena *arena, const Kam__V1__PowerMap *map);

// Has dot draw it into a file, "-" the standard output. Prints what went wrong.
enum exit_code map_write_svg(struct app *app, const char *dot, const char *path);

#endif
