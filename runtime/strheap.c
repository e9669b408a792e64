/* SPDX-License-Identifier: Apache-2.0
 * runtime/strheap.c - slabs are cut into pieces of 14 sizes; a freed piece
 * goes onto the list of its size. Strings above the largest size are blocks
 * of their own, chained so that a release finds them.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "runtime/strheap.h"

#define SLAB_MIN 512
#define SLAB_MAX (64 * 1024)

/* At most a third of a piece is wasted. */
static const uint16_t class_bytes[STRHEAP_CLASSES] = {
	16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048,
};

/* A slab, or one large string behind its header. */
struct strheap_slab {
	struct strheap_slab *next, *prev;
	size_t bytes;
	size_t pad; /* 16-byte alignment of what follows */
};

void
strheap_init(struct strheap *h)
{
	*h = (struct strheap){ 0 };
}

void
strheap_release(struct strheap *h)
{
	struct strheap_slab *next;

	for (struct strheap_slab *s = h->slabs; s; s = next) {
		next = s->next;
		free(s);
	}
	strheap_init(h);
}

static unsigned
class_of(uint32_t len)
{
	unsigned c = 0;

	while (c < STRHEAP_CLASSES && class_bytes[c] < len)
		c++;
	return c;
}

static struct strheap_slab *
slab_add(struct strheap *h, size_t bytes)
{
	struct strheap_slab *s = mem_alloc(sizeof(*s) + bytes);

	s->bytes = bytes;
	s->prev = NULL;
	s->next = h->slabs;
	if (h->slabs)
		h->slabs->prev = s;
	h->slabs = s;
	h->held += sizeof(*s) + bytes;
	return s;
}

static void
slab_remove(struct strheap *h, struct strheap_slab *s)
{
	if (s->prev)
		s->prev->next = s->next;
	else
		h->slabs = s->next;
	if (s->next)
		s->next->prev = s->prev;
	h->held -= sizeof(*s) + s->bytes;
	free(s);
}

/* What is left of the old slab is lost: less than the largest class once per
 * slab of 64 KiB. */
static void *
piece_cut(struct strheap *h, unsigned class)
{
	size_t bytes = class_bytes[class];
	void *piece;

	if (!h->next || (size_t)(h->end - h->next) < bytes) {
		size_t slab = h->held < SLAB_MIN ? SLAB_MIN : h->held;

		if (slab > SLAB_MAX)
			slab = SLAB_MAX;
		if (slab < bytes)
			slab = bytes;
		h->next = (char *)(slab_add(h, slab) + 1);
		h->end = h->next + slab;
	}
	piece = h->next;
	h->next += bytes;
	return piece;
}

struct str
strheap_put(struct strheap *h, const struct str *s)
{
	unsigned class;
	char *to;

	if (s->len <= STR_INLINE_MAX)
		return *s;
	class = class_of(s->len);
	if (class == STRHEAP_CLASSES) {
		to = (char *)(slab_add(h, s->len) + 1);
		h->bytes += s->len;
	} else {
		to = h->free[class];
		if (to)
			memcpy(&h->free[class], to, sizeof(void *));
		else
			to = piece_cut(h, class);
		h->bytes += class_bytes[class];
	}
	memcpy(to, s->ptr, s->len);
	return str_ref(to, s->len);
}

void
strheap_free(struct strheap *h, const struct str *s)
{
	unsigned class;

	if (s->len <= STR_INLINE_MAX)
		return;
	class = class_of(s->len);
	if (class == STRHEAP_CLASSES) {
		h->bytes -= s->len;
		slab_remove(h, (struct strheap_slab *)s->ptr - 1);
		return;
	}
	h->bytes -= class_bytes[class];
	memcpy((char *)s->ptr, &h->free[class], sizeof(void *));
	h->free[class] = (char *)s->ptr;
}
