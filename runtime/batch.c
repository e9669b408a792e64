/* SPDX-License-Identifier: Apache-2.0
 * runtime/batch.c - batches and their memory: a dead batch goes back to its
 * pool with one arena block, so a pipeline at work allocates nothing. A
 * derived batch is a header over the columns of another one, which it holds.
 */
#include <stdlib.h>

#include "runtime/batch.h"

/* As many dead batches as one step usually has alive at a time. */
#define POOL_FREE_MAX 64

struct batch_pool {
	struct batch *free[POOL_FREE_MAX];
	unsigned nfree;
	unsigned nlive;
};

struct batch_pool *
batch_pool_create(void)
{
	return mem_zalloc(sizeof(struct batch_pool));
}

void
batch_pool_destroy(struct batch_pool *pool)
{
	if (!pool)
		return;
	CHECK(pool->nlive == 0);
	for (unsigned i = 0; i < pool->nfree; i++) {
		arena_release(&pool->free[i]->arena);
		free(pool->free[i]);
	}
	free(pool);
}

/* A header with one reference and an empty arena. */
static struct batch *
batch_header(struct batch_pool *pool)
{
	struct batch *b;

	if (pool && pool->nfree > 0) {
		struct arena kept = pool->free[--pool->nfree]->arena;

		b = pool->free[pool->nfree];
		*b = (struct batch){ .arena = kept };
	} else {
		b = mem_zalloc(sizeof(*b));
		arena_init(&b->arena);
	}
	b->refs = 1;
	b->pool = pool;
	if (pool)
		pool->nlive++;
	return b;
}

struct batch *
batch_create(struct batch_pool *pool, const struct schema *s, uint32_t cap)
{
	struct batch *b = batch_header(pool);

	CHECK(cap <= BATCH_ROWS);
	batch_own_columns(b, s);
	for (unsigned c = 0; c < s->ncols; c++)
		column_alloc(&b->col[c], phys_of(s->cols[c].type), cap,
			     &b->arena);
	return b;
}

void
batch_seal(struct batch *b, uint32_t rows)
{
	CHECK(rows <= BATCH_ROWS);
	b->rows = rows;
	b->nsel = rows;
}

struct batch *
batch_derive(struct batch *of)
{
	struct batch *b = batch_header(of->pool);

	b->rows = of->rows;
	b->nsel = of->nsel;
	b->sel = of->sel;
	b->weight = of->weight;
	b->col = of->col;
	b->schema = of->schema;
	b->base = batch_ref(of);
	b->raw = of->raw;
	b->run = of->run;
	b->nrun = of->nrun;
	b->now_us = of->now_us;
	return b;
}

void
batch_own_columns(struct batch *b, const struct schema *s)
{
	b->schema = s;
	b->col = arena_alloc(&b->arena, s->ncols * sizeof(*b->col));
}

static void
batch_bury(struct batch *b)
{
	struct batch_pool *pool = b->pool;

	if (pool)
		pool->nlive--;
	if (pool && pool->nfree < POOL_FREE_MAX) {
		arena_clear(&b->arena);
		pool->free[pool->nfree++] = b;
		return;
	}
	arena_release(&b->arena);
	free(b);
}

void
batch_unref(struct batch *b)
{
	while (b) {
		struct batch *base = b->base;

		CHECK(b->refs > 0);
		if (--b->refs > 0)
			return;
		batch_bury(b);
		b = base;
	}
}

void
column_alloc(struct column *c, enum phys phys, uint32_t cap, struct arena *a)
{
	c->phys = phys;
	c->data = arena_alloc(a, cap * phys_bytes(phys));
	c->nulls = NULL;
}

uint8_t *
column_nulls(struct column *c, uint32_t cap, struct arena *a)
{
	if (!c->nulls)
		c->nulls = arena_zalloc(a, cap);
	return c->nulls;
}

void
column_copy(struct column *dst, uint32_t to, uint32_t cap,
	    const struct column *src, uint32_t from, struct arena *a)
{
	CHECK(dst->phys == src->phys);
	CHECK(to < cap);
	if (column_is_null(src, from)) {
		column_set_null(dst, to, cap, a);
		return;
	}
	if (dst->nulls)
		dst->nulls[to] = 0;
	switch (dst->phys) {
	case PHYS_U8:
		dst->u8[to] = src->u8[from];
		break;
	case PHYS_I64:
		dst->i64[to] = src->i64[from];
		break;
	case PHYS_I128:
		dst->i128[to] = src->i128[from];
		break;
	case PHYS_F64:
		dst->f64[to] = src->f64[from];
		break;
	case PHYS_STR:
		dst->str[to] = str_dup(a, src->str[from]);
		break;
	}
}

bool
column_same(const struct column *a, uint32_t i, const struct column *b,
	    uint32_t j)
{
	size_t bytes = phys_bytes(a->phys);

	if (column_is_null(a, i) || column_is_null(b, j))
		return column_is_null(a, i) && column_is_null(b, j);
	if (a->phys == PHYS_STR)
		return str_eq(&a->str[i], &b->str[j]);
	return memcmp((const char *)a->data + i * bytes,
		      (const char *)b->data + j * bytes, bytes) == 0;
}

void
column_set_null(struct column *c, uint32_t to, uint32_t cap, struct arena *a)
{
	size_t bytes = phys_bytes(c->phys);

	CHECK(to < cap);
	column_nulls(c, cap, a)[to] = 1;
	memset((char *)c->data + to * bytes, 0, bytes);
}

struct value
column_value(const struct column *c, uint32_t row)
{
	struct value v = { .is_null = column_is_null(c, row) };

	switch (c->phys) {
	case PHYS_U8:
		v.u8 = c->u8[row];
		break;
	case PHYS_I64:
		v.i64 = c->i64[row];
		break;
	case PHYS_I128:
		v.i128 = c->i128[row];
		break;
	case PHYS_F64:
		v.f64 = c->f64[row];
		break;
	case PHYS_STR:
		v.str = c->str[row];
		break;
	}
	return v;
}

#define GATHER(member)                                             \
	do {                                                       \
		for (uint32_t i = 0; i < n; i++)                   \
			dst->member[i] = src->member[sel[i]];      \
	} while (0)

/* The values of the selected rows one behind the other. */
static void
column_gather(struct column *dst, const struct column *src,
	      const uint16_t *sel, uint32_t n)
{
	switch (dst->phys) {
	case PHYS_U8:
		GATHER(u8);
		break;
	case PHYS_I64:
		GATHER(i64);
		break;
	case PHYS_I128:
		GATHER(i128);
		break;
	case PHYS_F64:
		GATHER(f64);
		break;
	case PHYS_STR:
		GATHER(str);
		break;
	}
}

static void
column_compact(struct column *dst, const struct column *src,
	       const uint16_t *sel, uint32_t n, struct arena *a)
{
	if (sel)
		column_gather(dst, src, sel, n);
	else
		memcpy(dst->data, src->data, n * phys_bytes(dst->phys));
	if (dst->phys == PHYS_STR) {
		for (uint32_t i = 0; i < n; i++)
			dst->str[i] = str_dup(a, dst->str[i]);
	}
	if (!src->nulls)
		return;
	column_nulls(dst, n, a);
	for (uint32_t i = 0; i < n; i++)
		dst->nulls[i] = src->nulls[sel ? sel[i] : i];
}

struct batch *
batch_compact(struct batch_pool *pool, const struct batch *b)
{
	struct batch *copy = batch_create(pool, b->schema, b->nsel);
	int64_t *weight;

	for (unsigned c = 0; c < b->schema->ncols; c++)
		column_compact(&copy->col[c], &b->col[c], b->sel, b->nsel,
			       &copy->arena);
	if (b->weight) {
		weight = arena_alloc(&copy->arena, b->nsel * sizeof(*weight));
		for (uint32_t i = 0; i < b->nsel; i++)
			weight[i] = b->weight[b->sel ? b->sel[i] : i];
		copy->weight = weight;
	}
	copy->now_us = b->now_us;
	batch_seal(copy, b->nsel);
	return copy;
}

static void
column_check(const struct column *c, const struct batch *b, struct type t)
{
	static const char zero[16];
	size_t bytes = phys_bytes(c->phys);

	CHECK(c->phys == phys_of(t));
	CHECK(b->rows == 0 || c->data != NULL);
	if (c->nulls) {
		batch_each(b, row) {
			CHECK(c->nulls[row] <= 1);
			CHECK(!c->nulls[row] ||
			      memcmp((const char *)c->data + row * bytes, zero,
				     bytes) == 0);
		}
	}
	if (c->phys == PHYS_U8) {
		batch_each(b, row)
			CHECK(c->u8[row] <= 1);
	}
}

void
batch_check(const struct batch *b)
{
	CHECK(b->refs > 0);
	CHECK(b->rows <= BATCH_ROWS);
	CHECK(b->nsel <= b->rows);
	CHECK(b->sel || b->nsel == b->rows);
	for (uint32_t i = 0; b->sel && i < b->nsel; i++) {
		CHECK(b->sel[i] < b->rows);
		CHECK(i == 0 || b->sel[i - 1] < b->sel[i]);
	}
	if (b->weight) {
		batch_each(b, row)
			CHECK(b->weight[row] != 0);
	}
	for (unsigned c = 0; c < b->schema->ncols; c++)
		column_check(&b->col[c], b, b->schema->cols[c].type);
	for (unsigned i = 0; i < b->nrun; i++)
		CHECK(b->run[i].row_end <= b->rows);
}
