// SPDX-License-Identifier: Apache-2.0
// The feed of one worker: looks after the change log for all who follow it, and tells each of them when there is
// something they may be able to see. What that is they read themselves, as their user (feed_page() in sql/), from the
// place where they are: so the database is asked once for everybody, and again only for those whom it concerns.
//
// The log is looked at when somebody says that something was committed (feed_wake), soon again while entries wait for
// an older transaction to end, and now and then in any case. Loop thread of the worker.
#ifndef KAM_METHODS_FEED_H
#define KAM_METHODS_FEED_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/uuid.h"
#include "db/list.h"
#include "db/pool.h"
#include "methods/feed_cursor.h"

struct feed;
struct table_statement;

// One that follows; embedded in whoever it is. user_id and on_news are theirs to set.
struct feed_follower {
    struct list of_user; // in the feed's table
    uint8_t user_id[UUID_BYTES];
    bool is_following;
    // There may be something after `from` for this user, and nothing between where the follower was told to read before
    // and `from`. May stop following.
    void (*on_news)(struct feed_follower *follower, const struct feed_place *from);
};

// news is the statement "news" of sql/methods/watch/watch.sql. auth is borrowed until feed_stop().
struct feed *feed_create(uv_loop_t *loop, struct db_pool *auth, const struct table_statement *news);

// Ends what is on its way, and closes the timer. Nobody may follow any more.
void feed_stop(struct feed *feed);

// After the loop has run out.
void feed_destroy(struct feed *feed);

// Tells of news from now on. The follower stands at `at`, where the log ended at that time. False: entries after it
// were told to others already; the follower must read again, and needs no news to do so.
bool feed_follow(struct feed *feed, struct feed_follower *follower, const struct feed_place *at);
// Twice does no harm.
void feed_unfollow(struct feed *feed, struct feed_follower *follower);

// Something was committed, here or elsewhere.
void feed_wake(struct feed *feed);

// The place up to which all followers were told; only while somebody follows.
const struct feed_place *feed_head(const struct feed *feed);

struct feed_figures {
    uint64_t polls;
    uint64_t lag_ms; // how long entries have waited for an older transaction, at the last look
};
void feed_get_figures(const struct feed *feed, struct feed_figures *figures_r);

#endif
