// SPDX-License-Identifier: Apache-2.0
// Memory by lifetime: see arena.h. Blocks form a list, newest first; a request larger than a block gets one of its own.
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

enum { ALIGNMENT = 16, FIRST_BLOCK_BYTES = 2048, LARGEST_BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*function)(void *data);
    void *data;
};

struct arena {
    struct block *blocks;
    struct deferred *deferred;
    size_t ceiling_bytes;
    size_t used_bytes;
    size_t next_block_bytes;
};

static void *allocate_or_die(size_t size)
{
    void *memory = malloc(size);
    REQUIRE(memory != NULL);
    return memory;
}

struct arena *arena_create(size_t ceiling_bytes)
{
    struct arena *arena = allocate_or_die(sizeof *arena);
    *arena = (struct arena){.ceiling_bytes = ceiling_bytes, .next_block_bytes = FIRST_BLOCK_BYTES};
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct deferred *deferred = arena->deferred; deferred != NULL; deferred = deferred->next)
        deferred->function(deferred->data);
    while (arena->blocks != NULL) {
        struct block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

static struct block *add_block(struct arena *arena, size_t payload)
{
    size_t size = payload > arena->next_block_bytes ? payload : arena->next_block_bytes;
    struct block *block = allocate_or_die(sizeof *block + size);
    block->size = size;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    if (arena->next_block_bytes < LARGEST_BLOCK_BYTES)
        arena->next_block_bytes *= 2;
    return block;
}

void *arena_try_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size_t rounded = size == 0 ? ALIGNMENT : (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded > arena->ceiling_bytes - arena->used_bytes)
        return NULL;
    struct block *block = arena->blocks;
    if (block == NULL || block->size - block->used < rounded)
        block = add_block(arena, rounded);
    void *memory = block->bytes + block->used;
    block->used += rounded;
    arena->used_bytes += rounded;
    return memset(memory, 0, rounded);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *memory = arena_try_alloc(arena, size);
    REQUIRE(memory != NULL);
    return memory;
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list arguments)
{
    va_list measured;
    va_copy(measured, arguments);
    int length = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    REQUIRE(length >= 0);
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(arena, format, arguments);
    va_end(arguments);
    return text;
}

void arena_defer(struct arena *arena, void (*function)(void *data), void *data)
{
    struct deferred *deferred = arena_alloc(arena, sizeof *deferred);
    *deferred = (struct deferred){.next = arena->deferred, .function = function, .data = data};
    arena->deferred = deferred;
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}
