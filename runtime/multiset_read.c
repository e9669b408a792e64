/* SPDX-License-Identifier: Apache-2.0
 * runtime/multiset_read.c - what is in a multiset: ends, ranks, the most
 * frequent value, the order of arrival. Nothing is changed here.
 */
#include "base/check.h"
#include "runtime/multiset_impl.h"

static bool
item_of(const struct multiset *m, uint32_t i, struct multiset_item *ret)
{
	struct multiset_key key = multiset_key_of(m, i);

	if (i == 0)
		return false;
	*ret = (struct multiset_item){
		.value = key.value, .beside = key.beside, .n = m->node[i].n,
		.pane_us = key.pane_us, .seq = key.seq,
	};
	return true;
}

bool
multiset_first(const struct multiset *m, uint64_t root,
	       struct multiset_item *ret)
{
	uint32_t t = (uint32_t)root;

	while (t && m->node[t].left)
		t = m->node[t].left;
	return item_of(m, t, ret);
}

bool
multiset_last(const struct multiset *m, uint64_t root,
	      struct multiset_item *ret)
{
	uint32_t t = (uint32_t)root;

	while (t && m->node[t].right)
		t = m->node[t].right;
	return item_of(m, t, ret);
}

void
multiset_each(const struct multiset *m, uint64_t root,
	      void (*fn)(const struct multiset_item *item, void *arg),
	      void *arg)
{
	for (uint32_t t = (uint32_t)root; t; t = m->node[t].right) {
		struct multiset_item item;

		multiset_each(m, m->node[t].left, fn, arg);
		item_of(m, t, &item);
		fn(&item, arg);
	}
}

int64_t
multiset_total(const struct multiset *m, uint64_t root)
{
	CHECK(m->more);
	return root ? m->more[root].total : 0;
}

int64_t
multiset_weight(const struct multiset *m, uint64_t root)
{
	CHECK(m->more);
	return root ? m->more[root].weight : 0;
}

bool
multiset_has(const struct multiset *m, uint64_t root, const void *value)
{
	uint32_t t = (uint32_t)root;

	while (t) {
		struct multiset_key key = multiset_key_of(m, t);
		int cmp = multiset_value_cmp(m->kind.phys, value, key.value);

		if (cmp == 0)
			return true;
		t = cmp < 0 ? m->node[t].left : m->node[t].right;
	}
	return false;
}

int64_t
multiset_all(const struct multiset *m, uint64_t root)
{
	CHECK(m->kind.bits);
	return root ? m->more[root].all : -1;
}

int64_t
multiset_any(const struct multiset *m, uint64_t root)
{
	CHECK(m->kind.bits);
	return root ? m->more[root].any : 0;
}

struct multiset_item
multiset_at(const struct multiset *m, uint64_t root, int64_t rank)
{
	uint32_t t = (uint32_t)root;
	struct multiset_item item;

	CHECK(m->kind.ranked);
	CHECK(rank >= 0);
	CHECK(rank < multiset_total(m, root));
	for (;;) {
		const struct multiset_node *node = &m->node[t];
		int64_t less = multiset_total(m, node->left);

		if (rank < less) {
			t = node->left;
		} else if (rank < less + node->n) {
			break;
		} else {
			rank -= less + node->n;
			t = node->right;
		}
	}
	item_of(m, t, &item);
	return item;
}

bool
multiset_most(const struct multiset *m, uint64_t root,
	      struct multiset_item *ret)
{
	uint32_t t = (uint32_t)root;
	int64_t most;

	CHECK(m->kind.ranked);
	if (t == 0)
		return false;
	most = m->more[t].most;
	for (;;) {
		const struct multiset_node *node = &m->node[t];

		if (node->left && m->more[node->left].most == most)
			t = node->left;
		else if (node->n == most)
			break;
		else
			t = node->right;
	}
	return item_of(m, t, ret);
}

bool
multiset_earliest(const struct multiset *m, uint64_t root,
		  struct multiset_item *ret)
{
	CHECK(m->kind.ordered);
	return item_of(m, root ? m->more[root].early : 0, ret);
}

bool
multiset_latest(const struct multiset *m, uint64_t root,
		struct multiset_item *ret)
{
	CHECK(m->kind.ordered);
	return item_of(m, root ? m->more[root].late : 0, ret);
}

/* Of the subtree, the earliest with the value. `above`, `below`: everything in
 * it is known not to be less, not to be more. */
static uint32_t
tree_earliest_of(const struct multiset *m, uint32_t t, const void *value,
		 bool above, bool below)
{
	struct multiset_key key = multiset_key_of(m, t);
	uint32_t best;
	int cmp;

	if (t == 0)
		return 0;
	if (above && below)
		return m->more[t].early;
	cmp = multiset_value_cmp(m->kind.phys, key.value, value);
	if (cmp < 0)
		return tree_earliest_of(m, m->node[t].right, value, above,
					below);
	if (cmp > 0)
		return tree_earliest_of(m, m->node[t].left, value, above,
					below);
	best = tree_earliest_of(m, m->node[t].left, value, above, true);
	best = multiset_sooner(m, t, best);
	return multiset_sooner(m, best, tree_earliest_of(m, m->node[t].right, value,
						true, below));
}

struct multiset_item
multiset_earliest_of(const struct multiset *m, uint64_t root,
		     const void *value)
{
	struct multiset_item item;

	CHECK(m->kind.ordered);
	CHECK(item_of(m, tree_earliest_of(m, (uint32_t)root, value, false,
					  false), &item));
	return item;
}
