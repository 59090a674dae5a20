// SPDX-License-Identifier: Apache-2.0
// How many connections the whole process and one peer address may hold. Any thread.
#ifndef KAM_NET_ADMISSION_H
#define KAM_NET_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

// The peer as limits see it: an IPv4 address, or the /64 network of an IPv6 address, because one customer owns all of
// that.
struct net_peer_key {
    uint8_t bytes[9];
};

void net_peer_key_make(const struct sockaddr *address, struct net_peer_key *key_r);

// Takes a place for the peer, or returns false when one of the limits is reached.
bool net_admission_enter(const struct net_peer_key *key, uint32_t connections_max, uint32_t per_address_max);

// Gives the place back: once for each net_admission_enter() that returned true.
void net_admission_leave(const struct net_peer_key *key);

#endif
