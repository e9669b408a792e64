/* SPDX-License-Identifier: Apache-2.0
 * base/arena.h - memory that lives and goes together: an AST, a plan, a batch.
 * Arenas are parameters, never ambient. Not for more than one thread at once.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *first; /* newest block; owned */
	char *next;
	char *end;
	size_t bytes; /* of all blocks, for accounting */
};

void arena_init(struct arena *a);
/* Frees everything; the arena may be used again. */
void arena_release(struct arena *a);
/* As arena_release(), but keeps one block for the next use. */
void arena_clear(struct arena *a);

/* Aligned to 16 bytes; contents undefined. Never NULL: aborts when the system
 * is out of memory (Linux overcommits; a NULL here could only be a limit). */
void *arena_alloc(struct arena *a, size_t bytes);
void *arena_zalloc(struct arena *a, size_t bytes);
/* No alignment: for text. */
char *arena_bytes(struct arena *a, size_t bytes);
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t n);
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define arena_new(a, type) ((type *)arena_zalloc(a, sizeof(type)))
#define arena_array(a, n, type) ((type *)arena_zalloc(a, (n) * sizeof(type)))

/* xmalloc and friends: memory for structures that are freed by hand; abort
 * instead of NULL, for the same reason. */
void *mem_alloc(size_t bytes);
void *mem_zalloc(size_t bytes);
void *mem_realloc(void *p, size_t bytes);
char *mem_strdup(const char *text);

#endif
