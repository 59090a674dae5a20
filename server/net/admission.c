// SPDX-License-Identifier: Apache-2.0
// Connection counting for the whole process: see admission.h. The total is an atomic; the addresses are a hash table
// under one lock, taken only when a connection begins or ends.
#include "net/admission.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { BUCKETS = 4096 };

struct entry {
    struct entry *next;
    struct net_peer_key key;
    uint32_t count;
};

static atomic_uint_fast32_t total;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buckets[BUCKETS];

void net_peer_key_make(const struct sockaddr *address, struct net_peer_key *key_r)
{
    *key_r = (struct net_peer_key){0};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        key_r->bytes[0] = 4;
        memcpy(key_r->bytes + 1, &v4.sin_addr, 4);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        bool is_v4 = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        key_r->bytes[0] = is_v4 ? 4 : 6;
        memcpy(key_r->bytes + 1, v6.sin6_addr.s6_addr + (is_v4 ? 12 : 0), is_v4 ? 4 : 8);
    }
}

// Whoever fills one chain on purpose needs that many networks; the chain is then as long as the connection limit
// allows.
static struct entry **find(const struct net_peer_key *key)
{
    uint32_t hash = 2166136261u;
    for (size_t at = 0; at < sizeof key->bytes; at++)
        hash = (hash ^ key->bytes[at]) * 16777619u;
    struct entry **link = &buckets[hash % BUCKETS];
    while (*link != NULL && memcmp(&(*link)->key, key, sizeof *key) != 0)
        link = &(*link)->next;
    return link;
}

static bool enter_address(const struct net_peer_key *key, uint32_t per_address_max)
{
    struct entry **link = find(key);
    if (*link == NULL) {
        struct entry *entry = calloc(1, sizeof *entry);
        REQUIRE(entry != NULL);
        entry->key = *key;
        *link = entry;
    }
    if ((*link)->count >= per_address_max)
        return false;
    (*link)->count++;
    return true;
}

bool net_admission_enter(const struct net_peer_key *key, uint32_t connections_max, uint32_t per_address_max)
{
    if (atomic_fetch_add(&total, 1) >= connections_max) {
        atomic_fetch_sub(&total, 1);
        return false;
    }
    pthread_mutex_lock(&lock);
    bool is_admitted = per_address_max > 0 && enter_address(key, per_address_max);
    pthread_mutex_unlock(&lock);
    if (!is_admitted)
        atomic_fetch_sub(&total, 1);
    return is_admitted;
}

void net_admission_leave(const struct net_peer_key *key)
{
    pthread_mutex_lock(&lock);
    struct entry **link = find(key);
    REQUIRE(*link != NULL && (*link)->count > 0);
    if (--(*link)->count == 0) {
        struct entry *entry = *link;
        *link = entry->next;
        free(entry);
    }
    pthread_mutex_unlock(&lock);
    atomic_fetch_sub(&total, 1);
}
