/* SPDX-License-Identifier: Apache-2.0
 * base/arena.c - bump allocation in blocks that double up to 256 KB. What is
 * larger than a quarter of a block gets its own, put behind the newest one,
 * so that the newest goes on being filled.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* Under AddressSanitizer the unused part of a block is out of bounds. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define BLOCK_MIN ((size_t)4096)
#define BLOCK_MAX ((size_t)256 * 1024)
#define ALIGNMENT ((size_t)16)

struct arena_block {
	struct arena_block *older;
	size_t size; /* of the bytes behind this header */
};

_Static_assert(sizeof(struct arena_block) == ALIGNMENT,
	       "the bytes behind a block's header are aligned");

static char *
block_data(struct arena_block *block)
{
	return (char *)(block + 1);
}

static struct arena_block *
block_create(struct arena *a, size_t size)
{
	struct arena_block *block;

	CHECK(size <= SIZE_MAX - sizeof(*block));
	block = mem_alloc(sizeof(*block) + size);
	block->size = size;
	block->older = NULL;
	a->bytes += size;
	ASAN_POISON_MEMORY_REGION(block_data(block), size);
	return block;
}

static void
block_destroy(struct arena *a, struct arena_block *block)
{
	ASAN_UNPOISON_MEMORY_REGION(block_data(block), block->size);
	a->bytes -= block->size;
	free(block);
}

void
arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

void
arena_release(struct arena *a)
{
	struct arena_block *block = a->first;

	while (block) {
		struct arena_block *older = block->older;

		block_destroy(a, block);
		block = older;
	}
	CHECK(a->bytes == 0);
	arena_init(a);
}

void
arena_clear(struct arena *a)
{
	struct arena_block *kept = a->first;

	/* One huge value must not pin its memory for ever. */
	if (!kept || kept->size > BLOCK_MAX) {
		arena_release(a);
		return;
	}
	while (kept->older) {
		struct arena_block *block = kept->older;

		kept->older = block->older;
		block_destroy(a, block);
	}
	a->next = block_data(kept);
	a->end = a->next + kept->size;
	ASAN_POISON_MEMORY_REGION(a->next, kept->size);
}

/* A block of its own for one large value. */
static char *
alloc_apart(struct arena *a, size_t bytes)
{
	struct arena_block *block = block_create(a, bytes);

	if (a->first) {
		block->older = a->first->older;
		a->first->older = block;
	} else {
		a->first = block;
		a->next = a->end = block_data(block) + bytes;
	}
	ASAN_UNPOISON_MEMORY_REGION(block_data(block), bytes);
	return block_data(block);
}

static void
add_block(struct arena *a)
{
	size_t size = a->first ? a->first->size * 2 : BLOCK_MIN;
	struct arena_block *block;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	block = block_create(a, size);
	block->older = a->first;
	a->first = block;
	a->next = block_data(block);
	a->end = a->next + size;
}

static char *
alloc_aligned(struct arena *a, size_t bytes, size_t alignment)
{
	size_t pad = -(uintptr_t)a->next & (alignment - 1);
	size_t left = (size_t)(a->end - a->next);
	char *data;

	/* An empty arena has no room even for nothing: never NULL. */
	if (!a->next || pad > left || bytes > left - pad) {
		size_t block = a->first ? a->first->size : BLOCK_MIN;

		if (bytes > (block < BLOCK_MAX ? block : BLOCK_MAX) / 4)
			return alloc_apart(a, bytes);
		add_block(a);
		pad = 0;
	}
	data = a->next + pad;
	a->next = data + bytes;
	ASAN_UNPOISON_MEMORY_REGION(data, bytes);
	return data;
}

void *
arena_alloc(struct arena *a, size_t bytes)
{
	return alloc_aligned(a, bytes, ALIGNMENT);
}

void *
arena_zalloc(struct arena *a, size_t bytes)
{
	return memset(arena_alloc(a, bytes), 0, bytes);
}

char *
arena_bytes(struct arena *a, size_t bytes)
{
	return alloc_aligned(a, bytes, 1);
}

char *
arena_strndup(struct arena *a, const char *text, size_t n)
{
	char *copy = arena_bytes(a, n + 1);

	if (n > 0)
		memcpy(copy, text, n);
	copy[n] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *a, const char *text)
{
	return arena_strndup(a, text, strlen(text));
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	CHECK(n >= 0);
	text = arena_bytes(a, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

static void *
mem_checked(void *p, size_t bytes)
{
	if (!p) {
		fprintf(stderr, "out of memory: no %zu bytes\n", bytes);
		abort();
	}
	return p;
}

void *
mem_alloc(size_t bytes)
{
	return mem_checked(malloc(bytes ? bytes : 1), bytes);
}

void *
mem_zalloc(size_t bytes)
{
	return mem_checked(calloc(1, bytes ? bytes : 1), bytes);
}

void *
mem_realloc(void *p, size_t bytes)
{
	return mem_checked(realloc(p, bytes ? bytes : 1), bytes);
}

char *
mem_strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(mem_alloc(bytes), text, bytes);
}
