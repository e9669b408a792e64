/* SPDX-License-Identifier: Apache-2.0
 * runtime/pane_stack.c - both stacks are chains through the panes' entries, so
 * that a group pays for the panes it has rows in and for no others.
 */
#include <stdlib.h>

#include "runtime/pane_stack.h"

/* Behind the accumulators of a pane's entry; the suffixes follow. */
struct link {
	struct pane *next; /* in front: the newer one; in back: the older */
};
/* Behind those of a running entry. */
struct ends {
	struct pane *front, *back;
	int64_t block_us; /* to which the panes in back belong */
};

static inline struct link *
link_of(const struct panes *p, char *entry)
{
	return (struct link *)(entry + p->link_off);
}

static inline struct ends *
ends_of(const struct panes *p, const char *run)
{
	return (struct ends *)(run + p->link_off);
}

void
pane_stack_init(struct panes *p)
{
	uint32_t bytes = p->aggs->bytes;

	if (p->slicing.kind == WINDOW_TUMBLE || !p->aggs->stack) {
		p->aggs->stack = false;
		p->entry_bytes = bytes;
		accs_init(&p->run, bytes);
		return;
	}
	p->link_off = bytes;
	accs_init(&p->run, (bytes + (uint32_t)sizeof(struct ends) + 15) &
				   ~UINT32_C(15));
	bytes += sizeof(struct link);
	for (unsigned i = 0; i < p->aggs->n; i++) {
		struct agg *a = &p->aggs->agg[i];

		if (a->invertible || a->distinct)
			continue;
		a->stack_off = (bytes + a->align - 1) & ~(a->align - 1);
		bytes = a->stack_off + a->bytes;
	}
	p->entry_bytes = (bytes + 15) & ~UINT32_C(15);
}

/* for (a over the aggregates with a suffix) */
#define each_stacked(p, a)                                              \
	for (struct agg *a = (p)->aggs->agg;                            \
	     a < (p)->aggs->agg + (p)->aggs->n; a++)                    \
		if (a->stack_off)

static void
acc_clear(const struct agg *a, char *entry, uint32_t off)
{
	if (a->owns)
		a->type->release(a, entry, off, false);
	memset(entry + off, 0, a->bytes);
}

void
pane_stack_release(const struct panes *p, char *entry)
{
	each_stacked(p, a)
		acc_clear(a, entry, a->stack_off);
}

bool
pane_stack_is_empty(const struct panes *p, const char *run)
{
	return !ends_of(p, run)->front && !ends_of(p, run)->back;
}

/* The entry goes to the bottom of the front stack: below `newer`, if any. */
static void
front_put(struct panes *p, struct ends *ends, struct pane *pane, char *entry,
	  char *newer)
{
	each_stacked(p, a) {
		acc_clear(a, entry, a->stack_off);
		a->type->merge(a, &entry, a->stack_off, &entry, a->off, 1);
		if (newer)
			a->type->merge(a, &entry, a->stack_off, &newer,
				       a->stack_off, 1);
	}
	link_of(p, entry)->next = ends->front;
	ends->front = pane;
}

static void
back_put(struct panes *p, struct ends *ends, char *run, struct pane *pane,
	 char *entry)
{
	each_stacked(p, a)
		a->type->merge(a, &run, a->off, &entry, a->off, 1);
	link_of(p, entry)->next = ends->back;
	ends->back = pane;
}

static void
back_clear(struct panes *p, struct ends *ends, char *run)
{
	each_stacked(p, a)
		acc_clear(a, run, a->off);
	ends->back = NULL;
}

/* Back becomes front: front is empty, as a window spans two blocks at most. */
static void
stack_flip(struct panes *p, uint32_t gid, char *run)
{
	struct ends *ends = ends_of(p, run);
	struct pane *pane = ends->back;
	char *newer = NULL;

	CHECK(!ends->front);
	while (pane) {
		char *entry = accs_find(&pane->accs, gid);
		struct pane *older = link_of(p, entry)->next;

		front_put(p, ends, pane, entry, newer);
		newer = entry;
		pane = older;
	}
	back_clear(p, ends, run);
}

static void
stack_sync(struct panes *p, uint32_t gid, char *run, int64_t block_us)
{
	struct ends *ends = ends_of(p, run);

	if (ends->block_us == block_us)
		return;
	if (ends->back)
		stack_flip(p, gid, run);
	ends->block_us = block_us;
}

void
pane_stack_push(struct panes *p, struct pane *pane, uint32_t gid, char *run,
		char *entry)
{
	stack_sync(p, gid, run, slicing_block(&p->slicing, pane->start_us));
	back_put(p, ends_of(p, run), run, pane, entry);
}

void
pane_stack_pop(struct panes *p, struct pane *pane, uint32_t gid, char *run,
	       char *entry)
{
	struct ends *ends = ends_of(p, run);

	if (!ends->front)
		stack_flip(p, gid, run);
	CHECK(ends->front == pane);
	ends->front = link_of(p, entry)->next;
}

/* ---- a change behind the newest pane ---- */

/* The group's panes in the running window, oldest first, `also` among them. */
static uint32_t
stack_panes(struct panes *p, uint32_t gid, const struct ends *ends,
	    struct pane *also, struct pane **ret)
{
	uint32_t n = 0, nfront, at;

	for (struct pane *x = ends->front; x;
	     x = link_of(p, accs_find(&x->accs, gid))->next)
		ret[n++] = x;
	nfront = n;
	for (struct pane *x = ends->back; x;
	     x = link_of(p, accs_find(&x->accs, gid))->next)
		ret[n++] = x;
	for (uint32_t i = nfront, j = n; i + 1 < j; i++) {
		struct pane *x = ret[i];

		ret[i] = ret[--j];
		ret[j] = x;
	}
	for (at = n; at > 0 && ret[at - 1]->start_us > also->start_us; at--)
		;
	if (at > 0 && ret[at - 1] == also)
		return n;
	memmove(&ret[at + 1], &ret[at], (n - at) * sizeof(*ret));
	ret[at] = also;
	return n + 1;
}

void
pane_stack_rebuild(struct panes *p, struct pane *pane, uint32_t gid)
{
	struct pane **list = mem_alloc((p->n + 1) * sizeof(struct pane *));
	char *run, *newer = NULL;
	struct ends *ends;
	uint32_t n, split = 0;

	accs_touch(&p->run, NULL, &gid, 1, 0, &run);
	ends = ends_of(p, run);
	n = stack_panes(p, gid, ends, pane, list);
	ends->front = NULL;
	ends->block_us = slicing_block(&p->slicing, p->run_end_us);
	back_clear(p, ends, run);
	while (split < n && list[split]->start_us < ends->block_us)
		split++;
	for (uint32_t i = split; i-- > 0;) {
		char *entry = accs_find(&list[i]->accs, gid);

		front_put(p, ends, list[i], entry, newer);
		newer = entry;
	}
	for (uint32_t i = split; i < n; i++)
		back_put(p, ends, run, list[i],
			 accs_find(&list[i]->accs, gid));
	free(list);
}

/* ---- results ---- */

#define PIECE 64

/* tmp[i]: accumulators that are nobody's, zero before. */
static void
value_piece(struct panes *p, const struct agg *a, const uint32_t *gid,
	    char *const *run, char **tmp, uint32_t n)
{
	char *to[PIECE], *suffix[PIECE];
	int64_t block = slicing_block(&p->slicing,
				      p->run_end_us - p->slicing.width_us);
	uint32_t nsuffix = 0;

	for (uint32_t i = 0; i < n; i++) {
		struct pane *front;

		stack_sync(p, gid[i], run[i], block);
		front = ends_of(p, run[i])->front;
		if (!front)
			continue;
		to[nsuffix] = tmp[i];
		suffix[nsuffix++] = accs_find(&front->accs, gid[i]);
	}
	a->type->merge(a, to, 0, suffix, a->stack_off, nsuffix);
	a->type->merge(a, tmp, 0, run, a->off, n);
}

void
pane_stack_value(struct panes *p, const struct agg *a, const uint32_t *gid,
		 char *const *run, uint32_t n, struct column *out, uint32_t at,
		 uint32_t cap, struct arena *arena)
{
	uint32_t bytes = (a->bytes + 15) & ~UINT32_C(15);
	char *room = arena_alloc(arena, (size_t)PIECE * bytes), *tmp[PIECE];
	struct agg borrow = *a;
	struct strheap own; /* of those that cannot borrow what panes hold */

	strheap_init(&own);
	borrow.heap = a->makes_bytes ? &own : NULL;
	for (uint32_t i = 0; i < n; i += PIECE) {
		uint32_t piece = n - i < PIECE ? n - i : PIECE;

		memset(room, 0, (size_t)PIECE * bytes);
		for (uint32_t k = 0; k < piece; k++)
			tmp[k] = room + (size_t)k * bytes;
		value_piece(p, &borrow, gid + i, run + i, tmp, piece);
		a->type->value(&borrow, tmp, 0, piece, out, at + i, cap,
			       arena);
	}
	strheap_release(&own);
}
