// SPDX-License-Identifier: Apache-2.0
// Wakes those who follow the change log: a worker that committed tells the other workers and, by one notification of
// the database, the other kamd of the same database; their notifications wake all workers here. Lives on the main
// thread's loop, with one connection to the database for the whole process.
#ifndef KAM_KAMD_PEERS_H
#define KAM_KAMD_PEERS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct peers;
struct worker;

// conninfo is borrowed.
struct peers *peers_open(uv_loop_t *loop, const char *conninfo);

// From now on these are woken; borrowed. Before the first peers_tell() of any of them counts.
void peers_set_workers(struct peers *peers, struct worker *const *workers, size_t count);

// This worker has committed something. Any thread, until peers_close(); never waits.
void peers_tell(struct peers *peers, unsigned worker_index);

// Whether other kamd are heard. Any thread.
bool peers_is_listening(const struct peers *peers);

// When all workers have ended. The loop must be run until it is empty. NULL is allowed.
void peers_close(struct peers *peers);

#endif
