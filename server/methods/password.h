// SPDX-License-Identifier: Apache-2.0
// Hashing passwords (argon2id, libsodium's crypto_pwhash) off the loop thread: it takes tens of milliseconds and 64 MiB
// each.
#ifndef KAM_METHODS_PASSWORD_H
#define KAM_METHODS_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct password_job;

enum { PASSWORD_HASH_BYTES = 128 }; // crypto_pwhash_STRBYTES

// hash is the new hash of password_start_hash(), else NULL; is_right says whether the password was that of the hash.
// The job is gone after it.
typedef void (*password_done)(void *owner, bool is_right, const char *hash);

// Both copy what they are given, wipe it afterwards, and call on_done once, later, on the loop. NULL when too many are
// waiting in the process. Verifying against a NULL hash takes as long as any, and is never right.
struct password_job *password_start_hash(uv_loop_t *loop, const char *password, void *owner, password_done on_done);
struct password_job *password_start_verify(uv_loop_t *loop, const char *password, const char *hash, void *owner,
                                           password_done on_done);

// on_done will not fire.
void password_abandon(struct password_job *job);

// The same at once, on the calling thread.
void password_hash_now(const char *password, char hash_r[PASSWORD_HASH_BYTES]);

// Process-wide, before threads start: libsodium's limits (OPSLIMIT_INTERACTIVE and MEMLIMIT_INTERACTIVE by default;
// tests take the least).
void password_set_cost(unsigned long long operations, size_t memory_bytes);

#endif
