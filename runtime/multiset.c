/* SPDX-License-Identifier: Apache-2.0
 * runtime/multiset.c - treaps (Seidel and Aragon, 1996) in one array of nodes.
 * A value that is taken out but still has a row in the store stays as a dead
 * node, outside of its tree, until the next checkpoint has deleted the row.
 * What only some kinds need, sums over subtrees among it, lies in an array
 * beside the nodes, so that MIN and MAX do not pay for it.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "runtime/keys.h"
#include "runtime/multiset_impl.h"

struct multiset *
multiset_create(struct multiset_kind kind, uint64_t seed)
{
	struct multiset *m = mem_zalloc(sizeof(*m));

	m->kind = kind;
	m->seed = seed;
	m->cap = 16;
	m->n = 1;
	m->node = mem_zalloc(m->cap * sizeof(*m->node));
	if (kind.ranked || kind.bits || kind.ordered || kind.pairs)
		m->more = mem_zalloc(m->cap * sizeof(*m->more));
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
	free(m->more);
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

/* ---- keys ---- */

static const void *
cell_at(const struct column *c, uint32_t row)
{
	return column_is_null(c, row)
		       ? NULL
		       : (const char *)c->data + row * phys_bytes(c->phys);
}

/* Before all that have this value. */
static struct multiset_key
key_of_value(const struct multiset *m, const struct column *value,
	     const struct column *beside, uint32_t row)
{
	return (struct multiset_key){
		.value = cell_at(value, row),
		.beside = m->kind.pairs ? cell_at(beside, row) : NULL,
		.pane_us = INT64_MIN,
	};
}

struct multiset_key
multiset_key_of(const struct multiset *m, uint32_t i)
{
	const struct multiset_node *t = &m->node[i];
	struct multiset_key key = {
		.value = t->flags & NODE_NULL ? NULL : &t->value,
		.pane_us = t->pane_us,
	};

	if (!m->more)
		return key;
	key.seq = m->more[i].seq;
	if (m->kind.pairs && !(t->flags & NODE_BESIDE_NULL))
		key.beside = &m->more[i].beside;
	return key;
}

int
multiset_value_cmp(enum phys phys, const void *a, const void *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return phys_cmp(phys, a, b);
}

/* Without the order of arrival. */
static int
values_cmp(const struct multiset *m, const struct multiset_key *a,
	   const struct multiset_key *b)
{
	int cmp = multiset_value_cmp(m->kind.phys, a->value, b->value);

	return cmp == 0 && m->kind.pairs
		       ? multiset_value_cmp(m->kind.beside, a->beside, b->beside) : cmp;
}

static int
arrival_cmp(const struct multiset_key *a, const struct multiset_key *b)
{
	if (a->pane_us != b->pane_us)
		return a->pane_us < b->pane_us ? -1 : 1;
	return (a->seq > b->seq) - (a->seq < b->seq);
}

static int
key_cmp(const struct multiset *m, const struct multiset_key *a, uint32_t i)
{
	const struct multiset_key b = multiset_key_of(m, i);
	int cmp;

	if (!m->more)
		return phys_cmp(m->kind.phys, a->value, b.value);
	cmp = values_cmp(m, a, &b);
	return cmp == 0 && m->kind.ordered ? arrival_cmp(a, &b) : cmp;
}

/* ---- nodes ---- */

static void
node_touch(struct multiset *m, uint32_t i)
{
	if (m->node[i].flags & (NODE_LISTED | NODE_TRANSIENT))
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
node_take(struct multiset *m)
{
	uint32_t i = m->free_first, old = m->cap;

	if (i) {
		m->free_first = m->node[i].left;
		return i;
	}
	if (m->n == m->cap) {
		m->cap *= 2;
		m->node = mem_realloc(m->node, m->cap * sizeof(*m->node));
		memset(m->node + old, 0, old * sizeof(*m->node));
		if (m->more)
			m->more = mem_realloc(m->more,
					      m->cap * sizeof(*m->more));
	}
	return m->n++;
}

static void
cell_put(struct multiset *m, union multiset_cell *to, enum phys phys,
	 const void *v)
{
	if (phys == PHYS_STR)
		to->str = strheap_put(&m->heap, v);
	else if (phys == PHYS_F64 && !m->kind.ordered)
		to->f64 = f64_canonical(*(const double *)v);
	else
		memcpy(to, v, phys_bytes(phys));
}

/* The key's values are copied before the pool may move: they can be a node's
 * own. */
static uint32_t
node_create(struct multiset *m, const struct multiset_place *place,
	    const struct multiset_key *key, int64_t n)
{
	union multiset_cell value = { 0 }, beside = { 0 };
	uint32_t i, listed;
	struct multiset_node *t;

	if (key->value)
		cell_put(m, &value, m->kind.phys, key->value);
	if (key->beside)
		cell_put(m, &beside, m->kind.beside, key->beside);
	i = node_take(m);
	t = &m->node[i];
	listed = t->flags & NODE_LISTED;
	*t = (struct multiset_node){
		.value = value, .n = n,
		.pane_us = m->kind.ordered ? key->pane_us : place->pane_us,
		.gid = place->gid,
		.priority = (uint32_t)hash_u64(i, m->seed),
		.flags = NODE_USED | listed,
	};
	if (place->transient)
		t->flags |= NODE_TRANSIENT;
	if (!key->value)
		t->flags |= NODE_NULL;
	if (!key->beside)
		t->flags |= NODE_BESIDE_NULL;
	if (m->more)
		m->more[i] = (struct multiset_more){ .beside = beside,
					    .seq = key->seq };
	m->live += !place->transient;
	return i;
}

/* Its number may still stand in changed[]; the flag remembers that. */
static void
node_free(struct multiset *m, uint32_t i)
{
	struct multiset_node *t = &m->node[i];

	if (m->kind.phys == PHYS_STR)
		strheap_free(&m->heap, &t->value.str);
	if (m->kind.pairs && m->kind.beside == PHYS_STR)
		strheap_free(&m->heap, &m->more[i].beside.str);
	t->flags &= NODE_LISTED;
	t->left = m->free_first;
	m->free_first = i;
}

/* A node that has left its tree. */
static void
node_bury(struct multiset *m, uint32_t i, bool stored)
{
	m->live -= !(m->node[i].flags & NODE_TRANSIENT);
	m->node[i].n = 0;
	if (stored && (m->node[i].flags & NODE_STORED))
		node_touch(m, i);
	else
		node_free(m, i);
}

/* ---- trees ---- */

uint32_t
multiset_sooner(const struct multiset *m, uint32_t a, uint32_t b)
{
	struct multiset_key x, y;

	if (!a || !b)
		return a ? a : b;
	x = multiset_key_of(m, a);
	y = multiset_key_of(m, b);
	return arrival_cmp(&x, &y) < 0 ? a : b;
}

/* Whose early and late come before, behind those of t. */
static void
pull_arrival(struct multiset *m, uint32_t t, uint32_t child)
{
	struct multiset_more *x = &m->more[t];
	const struct multiset_more *c = &m->more[child];

	x->early = multiset_sooner(m, x->early, c->early);
	if (multiset_sooner(m, x->late, c->late) == x->late)
		x->late = c->late;
}

static void
pull_child(struct multiset *m, uint32_t t, uint32_t child)
{
	struct multiset_more *x = &m->more[t];
	const struct multiset_more *c = &m->more[child];

	if (child == 0)
		return;
	x->weight += c->weight;
	x->total += c->total;
	if (m->kind.bits) {
		x->all &= c->all;
		x->any |= c->any;
	} else if (m->kind.ordered) {
		pull_arrival(m, t, child);
	} else if (c->most > x->most) {
		x->most = c->most;
	}
}

/* No sum over 2^32 nodes leaves an int64. */
#define NODE_WEIGHT_MAX (INT64_C(1) << 30)

/* Equal values of ordered sets are given one by one. */
static int64_t
node_weight(const struct multiset *m, uint32_t t)
{
	int64_t bytes = MULTISET_VALUE_WEIGHT;

	if (m->kind.phys == PHYS_STR)
		bytes += m->node[t].value.str.len;
	if (m->kind.pairs && m->kind.beside == PHYS_STR)
		bytes += m->more[t].beside.str.len;
	if (!m->kind.ordered)
		return bytes;
	return m->node[t].n > NODE_WEIGHT_MAX / bytes ? NODE_WEIGHT_MAX
						      : bytes * m->node[t].n;
}

/* What is known of a subtree, from what is known of those below it. */
static void
tree_pull(struct multiset *m, uint32_t t)
{
	const struct multiset_node *node = &m->node[t];
	struct multiset_more *x;

	if (!m->more)
		return;
	x = &m->more[t];
	x->weight = node_weight(m, t);
	x->total = x->most = node->n;
	x->early = x->late = t;
	if (m->kind.bits)
		x->all = x->any = node->value.i64;
	pull_child(m, t, node->left);
	pull_child(m, t, node->right);
}

/* Nodes below the key to *ret_less, the others to *ret_rest. */
static void
tree_split(struct multiset *m, uint32_t t, const struct multiset_key *key,
	   uint32_t *ret_less, uint32_t *ret_rest)
{
	if (!t) {
		*ret_less = *ret_rest = 0;
		return;
	}
	if (key_cmp(m, key, t) > 0) {
		tree_split(m, m->node[t].right, key, &m->node[t].right,
			   ret_rest);
		*ret_less = t;
	} else {
		tree_split(m, m->node[t].left, key, ret_less,
			   &m->node[t].left);
		*ret_rest = t;
	}
	tree_pull(m, t);
}

static uint32_t
tree_join(struct multiset *m, uint32_t a, uint32_t b)
{
	if (!a || !b)
		return a ? a : b;
	if (m->node[a].priority > m->node[b].priority) {
		m->node[a].right = tree_join(m, m->node[a].right, b);
		tree_pull(m, a);
		return a;
	}
	m->node[b].left = tree_join(m, a, m->node[b].left);
	tree_pull(m, b);
	return b;
}

static uint32_t
tree_insert(struct multiset *m, uint32_t t, uint32_t i,
	    const struct multiset_key *key)
{
	if (!t || m->node[i].priority > m->node[t].priority) {
		tree_split(m, t, key, &m->node[i].left, &m->node[i].right);
		tree_pull(m, i);
		return i;
	}
	if (key_cmp(m, key, t) < 0)
		m->node[t].left = tree_insert(m, m->node[t].left, i, key);
	else
		m->node[t].right = tree_insert(m, m->node[t].right, i, key);
	tree_pull(m, t);
	return t;
}

static uint32_t
tree_remove(struct multiset *m, uint32_t t, uint32_t i,
	    const struct multiset_key *key)
{
	if (t == i)
		return tree_join(m, m->node[i].left, m->node[i].right);
	if (key_cmp(m, key, t) < 0)
		m->node[t].left = tree_remove(m, m->node[t].left, i, key);
	else
		m->node[t].right = tree_remove(m, m->node[t].right, i, key);
	tree_pull(m, t);
	return t;
}

/* n of node i has changed: so have the sums above it. */
static void
tree_repull(struct multiset *m, uint32_t t, uint32_t i,
	    const struct multiset_key *key)
{
	if (!m->more)
		return;
	if (t != i)
		tree_repull(m, key_cmp(m, key, t) < 0 ? m->node[t].left
						      : m->node[t].right,
			    i, key);
	tree_pull(m, t);
}

static uint32_t
tree_find(const struct multiset *m, uint32_t t, const struct multiset_key *key)
{
	while (t) {
		int cmp = key_cmp(m, key, t);

		if (cmp == 0)
			break;
		t = cmp < 0 ? m->node[t].left : m->node[t].right;
	}
	return t;
}

/* The first node at or above the key; 0: there is none. */
static uint32_t
tree_from(const struct multiset *m, uint32_t t, const struct multiset_key *key)
{
	uint32_t found = 0;

	while (t) {
		if (key_cmp(m, key, t) > 0) {
			t = m->node[t].right;
		} else {
			found = t;
			t = m->node[t].left;
		}
	}
	return found;
}

/* The first node whose values are the key's, at or above it. */
static uint32_t
tree_occurrence(const struct multiset *m, uint32_t t,
		const struct multiset_key *key)
{
	uint32_t i = m->kind.ordered ? tree_from(m, t, key)
				     : tree_find(m, t, key);
	struct multiset_key found = multiset_key_of(m, i);

	return i && values_cmp(m, key, &found) == 0 ? i : 0;
}

/* ---- sets ---- */

static uint32_t
set_insert(struct multiset *m, uint64_t *root,
	   const struct multiset_place *place, const struct multiset_key *key,
	   int64_t n)
{
	uint32_t i = node_create(m, place, key, n);
	struct multiset_key own = multiset_key_of(m, i);

	*root = tree_insert(m, (uint32_t)*root, i, &own);
	return i;
}

/* n of node i grows; without any it leaves. */
static void
set_change(struct multiset *m, uint64_t *root, uint32_t i, int64_t n)
{
	struct multiset_key own = multiset_key_of(m, i);

	m->node[i].n += n;
	CHECK(m->node[i].n >= 0);
	if (m->node[i].n > 0) {
		tree_repull(m, (uint32_t)*root, i, &own);
		node_touch(m, i);
		return;
	}
	*root = tree_remove(m, (uint32_t)*root, i, &own);
	node_bury(m, i, true);
}

static void
set_put(struct multiset *m, uint64_t *root, const struct multiset_place *place,
	const struct multiset_key *key, int64_t n)
{
	uint32_t i = tree_find(m, (uint32_t)*root, key);

	if (i)
		set_change(m, root, i, n);
	else
		node_touch(m, set_insert(m, root, place, key, n));
}

/* n occurrences of the key's values go, those that came first. */
static void
set_take(struct multiset *m, uint64_t *root, const struct multiset_key *key,
	 int64_t n)
{
	while (n > 0) {
		uint32_t i = tree_occurrence(m, (uint32_t)*root, key);
		int64_t part;

		CHECK(i);
		part = m->node[i].n < n ? m->node[i].n : n;
		set_change(m, root, i, -part);
		n -= part;
	}
}

void
multiset_add(struct multiset *m, uint64_t *root,
	     const struct multiset_place *place, const struct column *value,
	     const struct column *beside, uint32_t row, int64_t n)
{
	struct multiset_key key = key_of_value(m, value, beside, row);

	key.pane_us = place->pane_us;
	if (n < 0) {
		set_take(m, root, &key, -n);
		return;
	}
	if (m->kind.ordered)
		key.seq = ++m->seq;
	set_put(m, root, place, &key, n);
}

void
multiset_restore(struct multiset *m, uint64_t *root,
		 const struct multiset_place *place, uint64_t seq,
		 const struct column *value, const struct column *beside,
		 uint32_t row, int64_t n)
{
	struct multiset_key key = key_of_value(m, value, beside, row);
	uint32_t i;

	key.pane_us = place->pane_us;
	key.seq = seq;
	if (seq > m->seq)
		m->seq = seq;
	i = set_insert(m, root, place, &key, n);
	m->node[i].flags |= NODE_STORED;
}

int64_t
multiset_count(const struct multiset *m, uint64_t root,
	       const struct column *value, const struct column *beside,
	       uint32_t row)
{
	struct multiset_key key = key_of_value(m, value, beside, row);
	uint32_t i;
	int64_t n = 0;

	while ((i = tree_occurrence(m, (uint32_t)root, &key)) != 0) {
		n += m->node[i].n;
		if (!m->kind.ordered)
			break;
		key.pane_us = m->node[i].pane_us;
		key.seq = m->more[i].seq + 1;
	}
	return n;
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

/* ---- one set and another ---- */

/* The pool may move while src is read: nodes are numbers here. */
static void
tree_put_all(struct multiset *m, uint64_t *dst,
	     const struct multiset_place *place, uint32_t t)
{
	for (; t; t = m->node[t].right) {
		struct multiset_place own = *place;
		struct multiset_key key;

		tree_put_all(m, dst, place, m->node[t].left);
		key = multiset_key_of(m, t);
		if (place->transient)
			own.pane_us = key.pane_us;
		else
			key.pane_us = place->pane_us;
		set_put(m, dst, &own, &key, m->node[t].n);
	}
}

void
multiset_merge(struct multiset *m, uint64_t *dst, uint64_t src)
{
	const struct multiset_place place = { .transient = true };

	tree_put_all(m, dst, &place, (uint32_t)src);
}

void
multiset_move(struct multiset *m, uint64_t *dst,
	      const struct multiset_place *place, uint64_t *src)
{
	tree_put_all(m, dst, place, (uint32_t)*src);
	multiset_clear(m, src, true);
}

static void
tree_take_all(struct multiset *m, uint64_t *dst, uint32_t t)
{
	for (; t; t = m->node[t].right) {
		struct multiset_key key;

		tree_take_all(m, dst, m->node[t].left);
		key = multiset_key_of(m, t);
		key.seq = 0; /* all of its pane go: no matter in which order */
		set_take(m, dst, &key, m->node[t].n);
	}
}

void
multiset_subtract(struct multiset *m, uint64_t *dst, uint64_t src)
{
	tree_take_all(m, dst, (uint32_t)src);
}

/* ---- checkpoints ---- */

void
multiset_changes(struct multiset *m,
		 void (*fn)(const struct multiset_row *row, void *arg),
		 void *arg)
{
	for (int puts = 0; puts < 2; puts++) {
		for (uint32_t k = 0; k < m->nchanged; k++) {
			uint32_t i = m->changed[k];
			const struct multiset_node *t = &m->node[i];
			const struct multiset_key key = multiset_key_of(m, i);
			struct multiset_row row = {
				.pane_us = t->pane_us, .gid = t->gid,
				.seq = key.seq, .value = key.value,
				.beside = key.beside, .n = t->n,
			};

			if (!(t->flags & NODE_USED) ||
			    (t->flags & NODE_TRANSIENT))
				continue;
			if ((t->n > 0) == puts)
				fn(&row, arg);
		}
	}
}

void
multiset_saved(struct multiset *m)
{
	for (uint32_t k = 0; k < m->nchanged; k++) {
		uint32_t i = m->changed[k];
		struct multiset_node *t = &m->node[i];

		t->flags &= ~(uint32_t)NODE_LISTED;
		if (!(t->flags & NODE_USED) || (t->flags & NODE_TRANSIENT))
			continue;
		if (t->n > 0)
			t->flags |= NODE_STORED;
		else
			node_free(m, i);
	}
	m->nchanged = 0;
}

const struct multiset_kind *
multiset_kind(const struct multiset *m)
{
	return &m->kind;
}

size_t
multiset_rows(const struct multiset *m)
{
	return m->live;
}

size_t
multiset_bytes(const struct multiset *m)
{
	return m->cap * (sizeof(*m->node) + (m->more ? sizeof(*m->more) : 0)) +
	       m->heap.held + m->changed_cap * sizeof(*m->changed);
}
