/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_batch.c - batches: who holds whom, what a copy copies, and
 * that the pool gives dead memory to the next batch.
 */
#include "runtime/batch.h"
#include "tests/unit/test.h"

static struct schema_column word_cols[] = {
	{ .name = "word", .type = TYPE_STRING_OF },
	{ .name = "n", .type = TYPE_OF(TYPE_INT) },
};
static const struct schema word_schema = { 2, word_cols };

/* Words of the given lengths, n = the row number. */
static struct batch *
words(struct batch_pool *pool, uint32_t rows, size_t length)
{
	struct batch *b = batch_create(pool, &word_schema, rows);
	char text[64];

	for (uint32_t i = 0; i < rows; i++) {
		memset(text, 'a' + (int)(i % 26), length);
		b->col[0].str[i] = str_from(&b->arena, text, length);
		b->col[1].i64[i] = i;
	}
	batch_seal(b, rows);
	batch_check(b);
	return b;
}

TEST(a_dead_batch_gives_its_memory_to_the_next)
{
	struct batch_pool *pool = batch_pool_create();
	struct batch *a = words(pool, 100, 5), *b;
	struct column *col = a->col;

	batch_unref(a);
	b = words(pool, 100, 5);
	EXPECT(b == a);
	EXPECT(b->col == col);
	EXPECT(b->base == NULL);
	EXPECT(b->sel == NULL);
	batch_unref(b);
	batch_pool_destroy(pool);
}

TEST(more_batches_than_the_pool_keeps_are_freed)
{
	struct batch_pool *pool = batch_pool_create();
	struct batch *b[200];

	for (int i = 0; i < 200; i++)
		b[i] = words(pool, 3, 20);
	for (int i = 0; i < 200; i++)
		batch_unref(b[i]);
	batch_pool_destroy(pool);
}

TEST(a_derived_batch_keeps_its_source_alive)
{
	struct batch_pool *pool = batch_pool_create();
	struct batch *b = words(pool, 10, 20), *d, *e;
	uint16_t *sel;

	b->now_us = 77;
	d = batch_derive(b);
	batch_unref(b);
	sel = arena_alloc(&d->arena, 2 * sizeof(*sel));
	sel[0] = 3;
	sel[1] = 7;
	d->sel = sel;
	d->nsel = 2;
	batch_check(d);
	e = batch_derive(d);
	batch_unref(d);
	EXPECT_EQ(e->now_us, 77);
	EXPECT_EQ(e->nsel, 2);
	EXPECT(memcmp(str_data(&e->col[0].str[7]), "hhhh", 4) == 0);
	batch_unref(e);
	batch_pool_destroy(pool);
}

TEST(a_projection_shares_columns_and_owns_others)
{
	static struct schema_column cols[] = {
		{ .name = "n", .type = TYPE_OF(TYPE_INT) },
		{ .name = "b", .type = TYPE_OF(TYPE_BOOLEAN) },
	};
	static const struct schema s = { 2, cols };
	struct batch *b = words(NULL, 4, 3), *d = batch_derive(b);

	batch_own_columns(d, &s);
	d->col[0] = b->col[1];
	column_alloc(&d->col[1], PHYS_U8, 4, &d->arena);
	for (int i = 0; i < 4; i++)
		d->col[1].u8[i] = i & 1;
	batch_check(d);
	batch_unref(b);
	EXPECT_EQ(d->col[0].i64[3], 3);
	EXPECT_EQ(d->col[1].u8[3], 1);
	batch_unref(d);
}

TEST(each_visits_live_rows_only)
{
	static const uint16_t sel[] = { 1, 2, 5 };
	struct batch *b = words(NULL, 6, 3);
	uint32_t sum = 0, n = 0;

	batch_each(b, row)
		sum += row;
	EXPECT_EQ(sum, 15);
	b->sel = sel;
	b->nsel = 3;
	batch_each(b, row) {
		if (row == 2)
			continue;
		n++;
		if (row == 5)
			break;
	}
	EXPECT_EQ(n, 2);
	EXPECT_EQ(batch_weight(b, 1), 1);
	batch_unref(b);
}

TEST(compact_copies_live_rows_with_their_bytes)
{
	static const uint16_t sel[] = { 1, 2, 5 };
	static const int64_t weight[] = { 9, 1, -1, 9, 9, 2 };
	struct batch *b = words(NULL, 6, 30), *c;

	column_set_null(&b->col[1], 2, 6, &b->arena);
	b->sel = sel;
	b->nsel = 3;
	b->weight = weight;
	b->now_us = 5;
	c = batch_compact(NULL, b);
	batch_unref(b);
	batch_check(c);
	EXPECT_EQ(c->rows, 3);
	EXPECT_EQ(c->nsel, 3);
	EXPECT(c->sel == NULL);
	EXPECT_EQ(c->weight[1], -1);
	EXPECT_EQ(c->weight[2], 2);
	EXPECT_EQ(c->now_us, 5);
	EXPECT_EQ(c->col[0].str[2].len, 30);
	EXPECT(memcmp(str_data(&c->col[0].str[2]), "ffff", 4) == 0);
	EXPECT(!column_is_null(&c->col[1], 0));
	EXPECT(column_is_null(&c->col[1], 1));
	EXPECT_EQ(c->col[1].i64[1], 0);
	EXPECT_EQ(c->col[1].i64[2], 5);
	batch_unref(c);
}

TEST(compact_without_selection_is_the_whole_batch)
{
	struct batch *b = words(NULL, 5, 13), *c = batch_compact(NULL, b);

	batch_unref(b);
	batch_check(c);
	EXPECT_EQ(c->rows, 5);
	EXPECT(c->weight == NULL);
	EXPECT(c->col[1].nulls == NULL);
	EXPECT(memcmp(str_data(&c->col[0].str[4]), "eeee", 4) == 0);
	batch_unref(c);
}

TEST(a_row_copied_over_a_null_is_a_value_again)
{
	struct arena a;
	struct column src, dst;

	arena_init(&a);
	column_alloc(&src, PHYS_I128, 2, &a);
	column_alloc(&dst, PHYS_I128, 2, &a);
	src.i128[0] = (i128)1 << 100;
	column_set_null(&src, 1, 2, &a);
	column_copy(&dst, 0, 2, &src, 1, &a);
	EXPECT(column_value(&dst, 0).is_null);
	EXPECT(dst.i128[0] == 0);
	column_copy(&dst, 0, 2, &src, 0, &a);
	EXPECT(!column_value(&dst, 0).is_null);
	EXPECT(column_value(&dst, 0).i128 == (i128)1 << 100);
	arena_release(&a);
}

TEST(values_of_every_shape_come_out_as_they_went_in)
{
	struct arena a;
	struct column c;

	arena_init(&a);
	column_alloc(&c, PHYS_U8, 1, &a);
	c.u8[0] = 1;
	EXPECT_EQ(column_value(&c, 0).u8, 1);
	column_alloc(&c, PHYS_F64, 1, &a);
	c.f64[0] = 1.5;
	EXPECT(column_value(&c, 0).f64 == 1.5);
	column_alloc(&c, PHYS_STR, 1, &a);
	c.str[0] = str_from(&a, "sluice", 6);
	EXPECT_EQ(column_value(&c, 0).str.len, 6);
	arena_release(&a);
}

TEST(unref_of_nothing_is_nothing)
{
	batch_unref(NULL);
	batch_pool_destroy(NULL);
}
