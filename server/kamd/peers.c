// SPDX-License-Identifier: Apache-2.0
// Wake-ups between workers and between processes: see peers.h.
#include "kamd/peers.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/require.h"
#include "db/listen.h"
#include "kamd/worker.h"

// Values of `told`: nobody, several, or one worker's index and FIRST.
enum { NOBODY, SEVERAL, FIRST };

// After a look: what is told meanwhile goes together, so that busy workers do not keep this thread busy.
enum { PAUSE_MS = 10 };

struct peers {
    uv_async_t async;
    uv_timer_t pause;
    unsigned open_handles;
    struct db_listen *listen;
    struct worker *const *workers;
    size_t worker_count;
    atomic_uint told;       // who has, since the last look
    atomic_bool is_pausing; // nobody need be woken: the pause ends with a look
};

static void wake_but(struct peers *peers, unsigned told)
{
    for (size_t at = 0; at < peers->worker_count; at++)
        if (told != FIRST + at)
            worker_wake(peers->workers[at]);
}

static void on_pause_over(uv_timer_t *timer);

static void look(struct peers *peers)
{
    unsigned told = atomic_exchange(&peers->told, NOBODY);
    if (told == NOBODY)
        return;
    atomic_store(&peers->is_pausing, true);
    REQUIRE(uv_timer_start(&peers->pause, on_pause_over, PAUSE_MS, 0) == 0);
    // The one that told has woken its own already.
    wake_but(peers, told);
    db_listen_notify(peers->listen);
}

static void on_pause_over(uv_timer_t *timer)
{
    struct peers *peers = timer->data;
    // In this order: who still saw the pause has told before.
    atomic_store(&peers->is_pausing, false);
    look(peers);
}

static void on_told(uv_async_t *async)
{
    struct peers *peers = async->data;
    if (!atomic_load(&peers->is_pausing))
        look(peers);
}

static void on_heard(void *data)
{
    struct peers *peers = data;
    wake_but(peers, SEVERAL);
}

void peers_tell(struct peers *peers, unsigned worker_index)
{
    unsigned before = NOBODY, own = FIRST + worker_index;
    if (!atomic_compare_exchange_strong(&peers->told, &before, own) && before != own)
        atomic_store(&peers->told, SEVERAL);
    if (!atomic_load(&peers->is_pausing))
        uv_async_send(&peers->async);
}

bool peers_is_listening(const struct peers *peers)
{
    return db_listen_is_up(peers->listen);
}

struct peers *peers_open(uv_loop_t *loop, const char *conninfo)
{
    struct peers *peers = calloc(1, sizeof *peers);
    REQUIRE(peers != NULL);
    REQUIRE(uv_async_init(loop, &peers->async, on_told) == 0 && uv_timer_init(loop, &peers->pause) == 0);
    peers->async.data = peers;
    peers->pause.data = peers;
    peers->open_handles = 2;
    const struct db_listen_options options = {
        .conninfo = conninfo, .channel = "kam_change", .on_heard = on_heard, .data = peers};
    peers->listen = db_listen_open(loop, &options);
    return peers;
}

void peers_set_workers(struct peers *peers, struct worker *const *workers, size_t count)
{
    peers->workers = workers;
    peers->worker_count = count;
}

static void on_closed(uv_handle_t *handle)
{
    struct peers *peers = handle->data;
    if (--peers->open_handles == 0)
        free(peers);
}

void peers_close(struct peers *peers)
{
    if (peers == NULL)
        return;
    db_listen_close(peers->listen);
    uv_close((uv_handle_t *)&peers->async, on_closed);
    uv_close((uv_handle_t *)&peers->pause, on_closed);
}
