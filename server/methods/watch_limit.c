// SPDX-License-Identifier: Apache-2.0
// Streams by user: see watch_limit.h. A table of those who have one; a mutex, because streams begin and end seldom.
#include "methods/watch_limit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { BUCKETS = 1024 };

struct entry {
    struct entry *next;
    uint8_t user_id[UUID_BYTES];
    unsigned count;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct entry *table[BUCKETS];

// The link that leads to the user's entry, or to the end of its list.
static struct entry **find(const uint8_t user_id[UUID_BYTES])
{
    unsigned hash = (unsigned)user_id[UUID_BYTES - 1] << 8 | user_id[UUID_BYTES - 2];
    struct entry **link = &table[hash % BUCKETS];
    while (*link != NULL && memcmp((*link)->user_id, user_id, UUID_BYTES) != 0)
        link = &(*link)->next;
    return link;
}

bool watch_limit_enter(const uint8_t user_id[UUID_BYTES])
{
    pthread_mutex_lock(&mutex);
    struct entry **link = find(user_id);
    if (*link == NULL) {
        *link = calloc(1, sizeof **link);
        REQUIRE(*link != NULL);
        memcpy((*link)->user_id, user_id, UUID_BYTES);
    }
    bool is_allowed = (*link)->count < WATCH_LIMIT_PER_USER;
    if (is_allowed)
        (*link)->count++;
    pthread_mutex_unlock(&mutex);
    return is_allowed;
}

void watch_limit_leave(const uint8_t user_id[UUID_BYTES])
{
    pthread_mutex_lock(&mutex);
    struct entry **link = find(user_id);
    struct entry *entry = *link;
    REQUIRE(entry != NULL && entry->count > 0);
    if (--entry->count == 0) {
        *link = entry->next;
        free(entry);
    }
    pthread_mutex_unlock(&mutex);
}
