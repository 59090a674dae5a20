// SPDX-License-Identifier: Apache-2.0
// A connection of its own that listens for NOTIFY and sends it, so that several servers of one database wake each
// other.
//
// What is sent is only "look": many wishes to send become one, and what was sent while nobody listened is gone. So
// whoever needs to be sure looks now and then by itself, and whenever the connection was made anew. It is made anew by
// itself, after growing pauses. Everything runs on the loop thread.
#ifndef KAM_DB_LISTEN_H
#define KAM_DB_LISTEN_H

#include <stdbool.h>
#include <uv.h>

struct db_listen;

struct db_listen_options {
    const char *conninfo; // borrowed for its life
    const char *channel;  // an identifier of SQL that needs no quotes
    // Somebody else sent, or may have while the connection was away.
    void (*on_heard)(void *data);
    void *data;
};

struct db_listen *db_listen_open(uv_loop_t *loop, const struct db_listen_options *options);

// Tells the others, soon. Lost when the connection is away.
void db_listen_notify(struct db_listen *listen);

// Whether it hears. Any thread.
bool db_listen_is_up(const struct db_listen *listen);

// Closes. The memory goes when the loop has run on. NULL is allowed.
void db_listen_close(struct db_listen *listen);

#endif
