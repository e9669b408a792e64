/* SPDX-License-Identifier: Apache-2.0
 * runtime/multiset.c - treaps (Seidel and Aragon, 1996) in one array of nodes.
 * A value that is taken out but still has a row in the store stays as a dead
 * node, outside of its tree, until the next checkpoint has deleted the row.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "runtime/keys.h"
#include "runtime/multiset.h"

enum node_flags {
	NODE_USED = 1,
	NODE_STORED = 2, /* has a row in the store */
	NODE_LISTED = 4, /* in changed[] */
};

struct node {
	union {
		uint8_t u8;
		int64_t i64;
		i128 i128;
		double f64;
		struct str str;
	} value;
	int64_t n;
	int64_t pane_us;
	uint32_t gid;
	uint32_t left, right; /* left: also the next free node */
	uint32_t priority;
	uint32_t flags;
};

struct multiset {
	enum phys phys;
	uint64_t seed;
	struct node *node; /* [0] is nobody */
	uint32_t n, cap;
	uint32_t free_first;
	uint32_t live; /* in trees */
	struct strheap heap;
	uint32_t *changed;
	uint32_t nchanged, changed_cap;
};

struct multiset *
multiset_create(enum phys phys, uint64_t seed)
{
	struct multiset *m = mem_zalloc(sizeof(*m));

	m->phys = phys;
	m->seed = seed;
	m->cap = 16;
	m->n = 1;
	m->node = mem_zalloc(m->cap * sizeof(*m->node));
	strheap_init(&m->heap);
	return m;
}

void
multiset_destroy(struct multiset *m)
{
	if (!m)
		return;
	strheap_release(&m->heap);
	free(m->node);
	free(m->changed);
	free(m);
}

static int
f64_cmp(double a, double b)
{
	if (a != a || b != b)
		return (a != a) - (b != b);
	return (a > b) - (a < b);
}

int
phys_cmp(enum phys phys, const void *a, const void *b)
{
	switch (phys) {
	case PHYS_U8:
		return *(const uint8_t *)a - *(const uint8_t *)b;
	case PHYS_I64: {
		int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

		return (x > y) - (x < y);
	}
	case PHYS_I128: {
		i128 x = *(const i128 *)a, y = *(const i128 *)b;

		return (x > y) - (x < y);
	}
	case PHYS_F64:
		return f64_cmp(*(const double *)a, *(const double *)b);
	case PHYS_STR:
		return str_cmp(a, b);
	}
	return 0;
}

static const void *
column_at(const struct column *c, uint32_t row)
{
	return (const char *)c->data + row * phys_bytes(c->phys);
}

/* ---- nodes ---- */

static void
node_touch(struct multiset *m, uint32_t i)
{
	if (m->node[i].flags & NODE_LISTED)
		return;
	m->node[i].flags |= NODE_LISTED;
	if (m->nchanged == m->changed_cap) {
		m->changed_cap = m->changed_cap ? 2 * m->changed_cap : 16;
		m->changed = mem_realloc(m->changed, m->changed_cap *
						     sizeof(*m->changed));
	}
	m->changed[m->nchanged++] = i;
}

static uint32_t
node_create(struct multiset *m, const struct column *value, uint32_t row)
{
	uint32_t i = m->free_first, listed;
	struct node *t;

	if (i) {
		m->free_first = m->node[i].left;
	} else {
		if (m->n == m->cap) {
			m->cap *= 2;
			m->node = mem_realloc(m->node,
					      m->cap * sizeof(*m->node));
			memset(m->node + m->n, 0,
			       (m->cap - m->n) * sizeof(*m->node));
		}
		i = m->n++;
	}
	t = &m->node[i];
	listed = t->flags & NODE_LISTED;
	*t = (struct node){ .flags = NODE_USED | listed };
	t->priority = (uint32_t)hash_u64(i, m->seed);
	if (m->phys == PHYS_STR)
		t->value.str = strheap_put(&m->heap, &value->str[row]);
	else if (m->phys == PHYS_F64)
		t->value.f64 = f64_canonical(value->f64[row]);
	else
		memcpy(&t->value, column_at(value, row), phys_bytes(m->phys));
	m->live++;
	return i;
}

/* Its number may still stand in changed[]; the flag remembers that. */
static void
node_free(struct multiset *m, uint32_t i)
{
	struct node *t = &m->node[i];

	if (m->phys == PHYS_STR)
		strheap_free(&m->heap, &t->value.str);
	t->flags &= NODE_LISTED;
	t->left = m->free_first;
	m->free_first = i;
}

/* A node that has left its tree. */
static void
node_bury(struct multiset *m, uint32_t i, bool stored)
{
	m->live--;
	m->node[i].n = 0;
	if (stored && (m->node[i].flags & NODE_STORED))
		node_touch(m, i);
	else
		node_free(m, i);
}

/* ---- trees ---- */

/* Values below `v` to *ret_less, the others to *ret_rest. */
static void
tree_split(struct multiset *m, uint32_t t, const void *v, uint32_t *ret_less,
	   uint32_t *ret_rest)
{
	if (!t) {
		*ret_less = *ret_rest = 0;
	} else if (phys_cmp(m->phys, &m->node[t].value, v) < 0) {
		tree_split(m, m->node[t].right, v, &m->node[t].right,
			   ret_rest);
		*ret_less = t;
	} else {
		tree_split(m, m->node[t].left, v, ret_less, &m->node[t].left);
		*ret_rest = t;
	}
}

static uint32_t
tree_join(struct multiset *m, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	if (m->node[a].priority > m->node[b].priority) {
		m->node[a].right = tree_join(m, m->node[a].right, b);
		return a;
	}
	m->node[b].left = tree_join(m, a, m->node[b].left);
	return b;
}

static uint32_t
tree_insert(struct multiset *m, uint32_t t, uint32_t i)
{
	int cmp;

	if (!t)
		return i;
	if (m->node[i].priority > m->node[t].priority) {
		tree_split(m, t, &m->node[i].value, &m->node[i].left,
			   &m->node[i].right);
		return i;
	}
	cmp = phys_cmp(m->phys, &m->node[i].value, &m->node[t].value);
	if (cmp < 0)
		m->node[t].left = tree_insert(m, m->node[t].left, i);
	else
		m->node[t].right = tree_insert(m, m->node[t].right, i);
	return t;
}

static uint32_t
tree_remove(struct multiset *m, uint32_t t, uint32_t i)
{
	int cmp;

	if (t == i)
		return tree_join(m, m->node[i].left, m->node[i].right);
	cmp = phys_cmp(m->phys, &m->node[i].value, &m->node[t].value);
	if (cmp < 0)
		m->node[t].left = tree_remove(m, m->node[t].left, i);
	else
		m->node[t].right = tree_remove(m, m->node[t].right, i);
	return t;
}

static uint32_t
tree_find(const struct multiset *m, uint32_t t, const void *v)
{
	while (t) {
		int cmp = phys_cmp(m->phys, v, &m->node[t].value);

		if (cmp == 0)
			break;
		t = cmp < 0 ? m->node[t].left : m->node[t].right;
	}
	return t;
}

/* ---- sets ---- */

static uint32_t
set_insert(struct multiset *m, uint64_t *root, int64_t pane_us, uint32_t gid,
	   const struct column *value, uint32_t row)
{
	uint32_t i = node_create(m, value, row);

	m->node[i].pane_us = pane_us;
	m->node[i].gid = gid;
	*root = tree_insert(m, (uint32_t)*root, i);
	return i;
}

void
multiset_add(struct multiset *m, uint64_t *root, int64_t pane_us, uint32_t gid,
	     const struct column *value, uint32_t row, int64_t n)
{
	uint32_t i = tree_find(m, (uint32_t)*root, column_at(value, row));

	if (!i)
		i = set_insert(m, root, pane_us, gid, value, row);
	m->node[i].n += n;
	CHECK(m->node[i].n >= 0);
	if (m->node[i].n > 0) {
		node_touch(m, i);
		return;
	}
	*root = tree_remove(m, (uint32_t)*root, i);
	node_bury(m, i, true);
}

void
multiset_restore(struct multiset *m, uint64_t *root, int64_t pane_us,
		 uint32_t gid, const struct column *value, uint32_t row,
		 int64_t n)
{
	uint32_t i = set_insert(m, root, pane_us, gid, value, row);

	m->node[i].n = n;
	m->node[i].flags |= NODE_STORED;
}

int64_t
multiset_count(const struct multiset *m, uint64_t root,
	       const struct column *value, uint32_t row)
{
	return m->node[tree_find(m, (uint32_t)root, column_at(value, row))].n;
}

const void *
multiset_first(const struct multiset *m, uint64_t root)
{
	uint32_t t = (uint32_t)root;

	while (t && m->node[t].left)
		t = m->node[t].left;
	return t ? &m->node[t].value : NULL;
}

const void *
multiset_last(const struct multiset *m, uint64_t root)
{
	uint32_t t = (uint32_t)root;

	while (t && m->node[t].right)
		t = m->node[t].right;
	return t ? &m->node[t].value : NULL;
}

static void
tree_clear(struct multiset *m, uint32_t t, bool stored)
{
	while (t) {
		uint32_t right = m->node[t].right;

		tree_clear(m, m->node[t].left, stored);
		node_bury(m, t, stored);
		t = right;
	}
}

void
multiset_clear(struct multiset *m, uint64_t *root, bool stored)
{
	tree_clear(m, (uint32_t)*root, stored);
	*root = 0;
}

/* ---- checkpoints ---- */

void
multiset_changes(struct multiset *m,
		 void (*fn)(const struct multiset_row *row, void *arg),
		 void *arg)
{
	for (int puts = 0; puts < 2; puts++) {
		for (uint32_t k = 0; k < m->nchanged; k++) {
			const struct node *t = &m->node[m->changed[k]];
			struct multiset_row row = {
				.pane_us = t->pane_us, .gid = t->gid,
				.value = &t->value, .n = t->n,
			};

			if ((t->flags & NODE_USED) && (t->n > 0) == puts)
				fn(&row, arg);
		}
	}
}

void
multiset_saved(struct multiset *m)
{
	for (uint32_t k = 0; k < m->nchanged; k++) {
		uint32_t i = m->changed[k];
		struct node *t = &m->node[i];

		t->flags &= ~(uint32_t)NODE_LISTED;
		if (!(t->flags & NODE_USED))
			continue;
		if (t->n > 0)
			t->flags |= NODE_STORED;
		else
			node_free(m, i);
	}
	m->nchanged = 0;
}

size_t
multiset_rows(const struct multiset *m)
{
	return m->live;
}

size_t
multiset_bytes(const struct multiset *m)
{
	return m->cap * sizeof(*m->node) + m->heap.held +
	       m->changed_cap * sizeof(*m->changed);
}
