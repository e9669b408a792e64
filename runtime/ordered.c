/* SPDX-License-Identifier: Apache-2.0
 * runtime/ordered.c - numbers in an order; see ordered.h. Parents have the
 * higher priorities, which are drawn by hash: so the tree is as deep as one
 * made of numbers in random order, however they come.
 */
#include "runtime/ordered.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"

void
ordered_init(struct ordered *o, ordered_cmp *cmp, const void *arg,
	     uint64_t seed)
{
	*o = (struct ordered){ .cmp = cmp, .arg = arg, .seed = seed,
			       .root = ORDERED_NONE };
}

void
ordered_release(struct ordered *o)
{
	free(o->node);
	o->node = NULL;
}

void
ordered_reserve(struct ordered *o, uint32_t n)
{
	if (n <= o->cap)
		return;
	o->cap = o->cap ? o->cap : 64;
	while (o->cap < n)
		o->cap *= 2;
	o->node = mem_realloc(o->node, o->cap * sizeof(*o->node));
}

/* Divides the tree at `at` into what comes before the number and behind it. */
static void
split(struct ordered *o, uint32_t at, uint32_t number, uint32_t *before,
      uint32_t *behind)
{
	while (at != ORDERED_NONE) {
		if (o->cmp(o->arg, at, number) < 0) {
			*before = at;
			before = &o->node[at].right;
			at = *before;
		} else {
			*behind = at;
			behind = &o->node[at].left;
			at = *behind;
		}
	}
	*before = *behind = ORDERED_NONE;
}

void
ordered_put(struct ordered *o, uint32_t number)
{
	struct ordered_node *new = &o->node[number];
	uint32_t *link = &o->root;

	CHECK(number < o->cap);
	new->priority = (uint32_t)hash_u64(number, o->seed);
	while (*link != ORDERED_NONE &&
	       o->node[*link].priority >= new->priority) {
		struct ordered_node *at = &o->node[*link];

		CHECK(*link != number);
		link = o->cmp(o->arg, number, *link) < 0 ? &at->left
							  : &at->right;
	}
	split(o, *link, number, &new->left, &new->right);
	*link = number;
}

/* Puts two trees, one behind the other, where `link` points to. */
static void
join(struct ordered *o, uint32_t *link, uint32_t before, uint32_t behind)
{
	while (before != ORDERED_NONE && behind != ORDERED_NONE) {
		if (o->node[before].priority > o->node[behind].priority) {
			*link = before;
			link = &o->node[before].right;
			before = *link;
		} else {
			*link = behind;
			link = &o->node[behind].left;
			behind = *link;
		}
	}
	*link = before != ORDERED_NONE ? before : behind;
}

void
ordered_take(struct ordered *o, uint32_t number)
{
	uint32_t *link = &o->root;

	while (*link != number) {
		struct ordered_node *at;

		CHECK(*link != ORDERED_NONE);
		at = &o->node[*link];
		link = o->cmp(o->arg, number, *link) < 0 ? &at->left
							  : &at->right;
	}
	join(o, link, o->node[number].left, o->node[number].right);
}

uint32_t
ordered_first(const struct ordered *o)
{
	uint32_t at = o->root;

	while (at != ORDERED_NONE && o->node[at].left != ORDERED_NONE)
		at = o->node[at].left;
	return at;
}

uint32_t
ordered_last(const struct ordered *o)
{
	uint32_t at = o->root;

	while (at != ORDERED_NONE && o->node[at].right != ORDERED_NONE)
		at = o->node[at].right;
	return at;
}

/* Down to the first of the tree at `at`. */
static uint32_t
walk_down(const struct ordered *o, struct ordered_walk *w, uint32_t at)
{
	for (; at != ORDERED_NONE; at = o->node[at].left) {
		CHECK(w->n < ORDERED_DEPTH_MAX);
		w->path[w->n++] = at;
	}
	return w->n ? w->path[w->n - 1] : ORDERED_NONE;
}

uint32_t
ordered_walk_begin(const struct ordered *o, struct ordered_walk *w)
{
	w->n = 0;
	return walk_down(o, w, o->root);
}

uint32_t
ordered_walk_next(const struct ordered *o, struct ordered_walk *w)
{
	uint32_t at = w->path[--w->n];

	return walk_down(o, w, o->node[at].right);
}

size_t
ordered_bytes(const struct ordered *o)
{
	return o->cap * sizeof(*o->node);
}
