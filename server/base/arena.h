// SPDX-License-Identifier: Apache-2.0
// Memory by lifetime: everything of one call lives in one arena and goes with it, at once.
#ifndef KAM_BASE_ARENA_H
#define KAM_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

// Makes an arena that hands out at most ceiling_bytes in all. Never NULL: out of memory ends the process.
struct arena *arena_create(size_t ceiling_bytes);

// Runs the deferred functions, last registered first, then frees everything. NULL is allowed.
void arena_destroy(struct arena *arena);

// Zeroed memory aligned for any type, or NULL when the ceiling would be passed (size 0 gives a unique pointer).
void *arena_try_alloc(struct arena *arena, size_t size);

// The same for sizes that do not come from a peer: the ceiling is a broken invariant here. Never NULL.
void *arena_alloc(struct arena *arena, size_t size);

// A copy of size bytes followed by one NUL byte, so that text stays a C string. Never NULL (see arena_alloc).
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list arguments) __attribute__((format(printf, 2, 0)));

// Has function(data) called when the arena is destroyed: for what is not memory (a result of libpq, a file).
void arena_defer(struct arena *arena, void (*function)(void *data), void *data);

// Bytes handed out so far.
size_t arena_used_bytes(const struct arena *arena);

#endif
