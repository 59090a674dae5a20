// SPDX-License-Identifier: Apache-2.0
// Passwords on the thread pool: see password.h.
#include "methods/password.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { WAITING_MAX = 64 };

static unsigned long long cost_operations = crypto_pwhash_OPSLIMIT_INTERACTIVE;
static size_t cost_memory_bytes = crypto_pwhash_MEMLIMIT_INTERACTIVE;

// Of all loops: they share one thread pool.
static atomic_int waiting;

struct password_job {
    uv_work_t work;
    void *owner; // NULL once abandoned
    password_done on_done;
    char *password;
    bool verifies;
    bool is_right;
    char hash[crypto_pwhash_STRBYTES];
};

_Static_assert(PASSWORD_HASH_BYTES == crypto_pwhash_STRBYTES, "a hash fits");

void password_set_cost(unsigned long long operations, size_t memory_bytes)
{
    cost_operations = operations;
    cost_memory_bytes = memory_bytes;
}

void password_hash_now(const char *password, char hash_r[PASSWORD_HASH_BYTES])
{
    // Fails only for want of memory.
    REQUIRE(crypto_pwhash_str_alg(hash_r, password, strlen(password), cost_operations, cost_memory_bytes,
                                  crypto_pwhash_ALG_ARGON2ID13) == 0);
}

static uv_once_t nobody_once = UV_ONCE_INIT;
static char nobody_hash[crypto_pwhash_STRBYTES];

// What a password is compared with where there is none: of the same cost, and matched by nothing.
static void make_nobody(void)
{
    char secret[33];
    randombytes_buf(secret, sizeof secret - 1);
    for (size_t at = 0; at < sizeof secret - 1; at++)
        secret[at] = (char)('a' + (unsigned char)secret[at] % 26);
    secret[sizeof secret - 1] = '\0';
    password_hash_now(secret, nobody_hash);
    sodium_memzero(secret, sizeof secret);
}

static void on_work(uv_work_t *work)
{
    struct password_job *job = work->data;
    if (!job->verifies) {
        password_hash_now(job->password, job->hash);
        return;
    }
    uv_once(&nobody_once, make_nobody);
    bool is_somebody = job->hash[0] != '\0';
    bool is_match =
        crypto_pwhash_str_verify(is_somebody ? job->hash : nobody_hash, job->password, strlen(job->password)) == 0;
    job->is_right = is_match && is_somebody;
}

static void on_after_work(uv_work_t *work, int status)
{
    (void)status; // never cancelled
    struct password_job *job = work->data;
    atomic_fetch_sub(&waiting, 1);
    sodium_memzero(job->password, strlen(job->password));
    free(job->password);
    if (job->owner != NULL)
        job->on_done(job->owner, job->is_right, job->verifies ? NULL : job->hash);
    sodium_memzero(job->hash, sizeof job->hash);
    free(job);
}

static struct password_job *start(uv_loop_t *loop, struct password_job *job, const char *password)
{
    if (atomic_fetch_add(&waiting, 1) >= WAITING_MAX) {
        atomic_fetch_sub(&waiting, 1);
        free(job);
        return NULL;
    }
    job->password = strdup(password);
    REQUIRE(job->password != NULL);
    job->work.data = job;
    REQUIRE(uv_queue_work(loop, &job->work, on_work, on_after_work) == 0);
    return job;
}

static struct password_job *new_job(void *owner, password_done on_done)
{
    struct password_job *job = calloc(1, sizeof *job);
    REQUIRE(job != NULL && owner != NULL);
    job->owner = owner;
    job->on_done = on_done;
    return job;
}

struct password_job *password_start_hash(uv_loop_t *loop, const char *password, void *owner, password_done on_done)
{
    return start(loop, new_job(owner, on_done), password);
}

struct password_job *password_start_verify(uv_loop_t *loop, const char *password, const char *hash, void *owner,
                                           password_done on_done)
{
    struct password_job *job = new_job(owner, on_done);
    job->verifies = true;
    if (hash != NULL && strlen(hash) < sizeof job->hash)
        memcpy(job->hash, hash, strlen(hash));
    return start(loop, job, password);
}

void password_abandon(struct password_job *job)
{
    job->owner = NULL;
}
