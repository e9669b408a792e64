/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_net.c - what is left of a step's changes: pairs cancel,
 * readers see -U +U, upsert sinks one change per key.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "runtime/operators/net.h"
#include "tests/unit/test.h"

static struct schema_column cols[] = {
	{ "k", { .kind = TYPE_BIGINT, .nullable = true }, TIME_ATTR_NONE },
	{ "v", { .kind = TYPE_VARCHAR, .nullable = true,
		 .length = TYPE_LENGTH_MAX }, TIME_ATTR_NONE },
};
static const struct schema schema = { 2, cols };
static const uint16_t first_column[] = { 0 };

/* "+ 1 a", "- 1 a", "+3 1 a" (weight 3); "_" is NULL. */
static void
add_row(struct batch *b, int64_t *weight, const char *text)
{
	char sign, k[16], v[64];
	int times = 1;
	uint32_t row = b->rows++;

	if (text[1] == ' ')
		EXPECT(sscanf(text, "%c %15s %63s", &sign, k, v) == 3);
	else
		EXPECT(sscanf(text, "%c%d %15s %63s", &sign, &times, k, v)
		       == 4);
	weight[row] = sign == '+' ? times : -times;
	b->col[0].i64[row] = atoll(k);
	b->col[1].str[row] = str_from(&b->arena, v, strlen(v));
	if (k[0] == '_')
		column_set_null(&b->col[0], row, BATCH_ROWS, &b->arena);
	if (v[0] == '_')
		column_set_null(&b->col[1], row, BATCH_ROWS, &b->arena);
}

static struct batch *
batch_of(const char *const *rows)
{
	struct batch *b = batch_create(NULL, &schema, BATCH_ROWS);
	int64_t *weight = arena_alloc(&b->arena, BATCH_ROWS * sizeof(*weight));

	for (; *rows; rows++)
		add_row(b, weight, *rows);
	b->weight = weight;
	batch_seal(b, b->rows);
	return b;
}

static void
add(struct net *n, const char *const *rows)
{
	struct batch *b = batch_of(rows);

	net_add(n, b);
	batch_unref(b);
}
#define ADD(n, ...) add(n, (const char *const[]){ __VA_ARGS__, NULL })

static const char *
changes_text(const struct batch *b, const uint8_t *kinds)
{
	static struct buf text;

	batch_check(b);
	buf_clear(&text);
	batch_each(b, row) {
		buf_printf(&text, "%s%s", text.len ? ", " : "",
			   change_kind_text[kinds[row]]);
		if (column_is_null(&b->col[0], row))
			buf_puts(&text, " NULL ");
		else
			buf_printf(&text, " %lld ",
				   (long long)b->col[0].i64[row]);
		if (column_is_null(&b->col[1], row))
			buf_puts(&text, "NULL");
		else
			buf_str(&text, b->col[1].str[row]);
	}
	return buf_cstr(&text);
}

static const char *
settled(struct net *n)
{
	const uint8_t *kinds;
	const char *text;
	struct batch *b;

	net_settle(n);
	b = net_batch(n, NULL, 0, n->nchanges, &kinds);
	text = changes_text(b, kinds);
	batch_unref(b);
	net_release(n);
	return text;
}

/* Of rows that come once, without the row at place `dead`; -1: all live. */
static const char *
paired(const struct net *n, int dead, const char *const *rows)
{
	struct batch *b = batch_of(rows);
	uint16_t *sel = arena_alloc(&b->arena, b->rows * sizeof(*sel));
	const char *text;
	uint32_t k = 0;

	for (uint32_t i = 0; dead >= 0 && i < b->rows; i++)
		if (i != (uint32_t)dead)
			sel[k++] = (uint16_t)i;
	if (dead >= 0) {
		b->sel = sel;
		b->nsel = k;
	}
	text = changes_text(b, net_pairs(n, b));
	batch_unref(b);
	return text;
}
#define PAIRED(n, dead, ...) \
	paired(n, dead, (const char *const[]){ __VA_ARGS__, NULL })

static void
changelog(struct net *n, unsigned nkeys)
{
	net_init(n, NET_CHANGELOG, &schema, nkeys, first_column, 7);
}

TEST(an_answer_from_the_middle_of_a_step_is_never_seen)
{
	struct net n;

	changelog(&n, 1);
	ADD(&n, "- 1 a", "+ 1 b");
	ADD(&n, "- 1 b", "+ 1 c");
	EXPECT_STR(settled(&n), "-U 1 a, +U 1 c");

	changelog(&n, 1);
	ADD(&n, "- 1 a", "+ 1 b", "- 1 b", "+ 1 a");
	EXPECT_STR(settled(&n), "");
}

TEST(lone_rows_are_inserted_and_deleted_pairs_are_updates)
{
	struct net n;

	changelog(&n, 1);
	ADD(&n, "+ 1 a", "- 2 b", "- 3 c", "+ 3 d");
	EXPECT_STR(settled(&n), "+I 1 a, -D 2 b, -U 3 c, +U 3 d");
}

TEST(a_pair_torn_apart_by_other_keys_comes_out_together)
{
	struct net n;

	changelog(&n, 1);
	ADD(&n, "+ 1 b", "+ 2 x", "- 1 a");
	EXPECT_STR(settled(&n), "-U 1 a, +U 1 b, +I 2 x");
}

TEST(the_first_retractions_and_the_last_insertions_survive)
{
	struct net n;

	changelog(&n, 0);
	ADD(&n, "+ 1 a", "+ 2 b", "- 1 a", "+ 1 a");
	EXPECT_STR(settled(&n), "+I 2 b, +I 1 a");

	changelog(&n, 0);
	ADD(&n, "- 1 a", "+ 2 b", "+ 1 a", "- 1 a");
	EXPECT_STR(settled(&n), "-U 1 a, +U 2 b");
}

TEST(without_a_key_only_neighbours_are_pairs)
{
	struct net n;

	changelog(&n, 0);
	ADD(&n, "- 1 a", "+ 1 b", "+ 1 c");
	EXPECT_STR(settled(&n), "-U 1 a, +U 1 b, +I 1 c");

	changelog(&n, 0);
	ADD(&n, "+ 1 c", "- 1 a");
	EXPECT_STR(settled(&n), "+I 1 c, -D 1 a");
}

TEST(weights_beyond_one_are_so_many_rows)
{
	struct net n;

	changelog(&n, 0);
	ADD(&n, "+3 1 a", "-1 1 a", "-2 2 b");
	EXPECT_STR(settled(&n), "+I 1 a, +I 1 a, -D 2 b, -D 2 b");
}

TEST(an_upsert_sink_gets_one_change_per_key)
{
	struct net n;

	net_init(&n, NET_UPSERT, &schema, 1, first_column, 7);
	ADD(&n, "- 1 a", "+ 1 b", "+ 2 x", "- 3 y", "+ 4 z", "- 4 z");
	EXPECT_STR(settled(&n), "+U 1 b, +I 2 x, -D 3 y");
}

/* By position alone the retraction that comes last would delete the key. */
TEST(an_upsert_sink_keeps_the_row_that_came_before_the_old_one_went)
{
	struct net n;

	net_init(&n, NET_UPSERT, &schema, 1, first_column, 7);
	ADD(&n, "+ 1 b", "- 1 a");
	EXPECT_STR(settled(&n), "+U 1 b");
}

TEST(of_an_upsert_stream_the_last_change_of_a_key_counts)
{
	struct net n;

	net_init(&n, NET_LAST, &schema, 1, first_column, 7);
	ADD(&n, "+ 1 a", "+ 1 b", "+ 2 x", "- 2 _", "- 3 _", "+ 3 y");
	EXPECT_STR(settled(&n), "+U 1 b, -D 2 NULL, +U 3 y");
}

TEST(null_is_a_key_and_a_value_like_others)
{
	struct net n;

	changelog(&n, 1);
	ADD(&n, "- _ a", "+ _ _", "- 0 _", "+ 0 a-text-of-more-than-12");
	EXPECT_STR(settled(&n), "-U NULL a, +U NULL NULL, -U 0 NULL,"
		   " +U 0 a-text-of-more-than-12");

	changelog(&n, 1);
	ADD(&n, "- _ _", "+ _ _");
	EXPECT_STR(settled(&n), "");
}

TEST(many_keys_over_many_batches_keep_their_order)
{
	struct net n;
	char text[64];
	const uint8_t *kinds;
	struct batch *b;

	net_init(&n, NET_UPSERT, &schema, 1, first_column, 7);
	for (int round = 0; round < 3; round++) {
		for (int k = 0; k < 1000; k++) {
			snprintf(text, sizeof(text), "- %d v%d", k, round);
			ADD(&n, text);
			snprintf(text, sizeof(text), "+ %d v%d", k, round + 1);
			ADD(&n, text);
		}
	}
	net_settle(&n);
	EXPECT_EQ(n.nchanges, 1000);
	EXPECT(n.bytes > 0);
	b = net_batch(&n, NULL, 0, 1000, &kinds);
	batch_each(b, row) {
		struct str v3 = str_ref("v3", 2);

		EXPECT_EQ(b->col[0].i64[row], row);
		EXPECT(str_eq(&b->col[1].str[row], &v3));
		EXPECT_EQ(kinds[row], KIND_UPDATE_AFTER);
	}
	batch_unref(b);
	net_release(&n);
}

TEST(pairs_that_come_once_are_updates_and_say_nothing_when_equal)
{
	struct net n;

	changelog(&n, 1);
	EXPECT_STR(PAIRED(&n, -1, "- 1 a", "+ 1 b", "+ 2 c", "- 3 d", "- 4 e",
			  "+ 4 e", "- 5 f", "+ 6 f"),
		   "-U 1 a, +U 1 b, +I 2 c, -D 3 d, -D 5 f, +I 6 f");
	EXPECT_STR(PAIRED(&n, 1, "- 1 a", "+ 1 b", "- _ _", "+ _ a"),
		   "-D 1 a, -U NULL NULL, +U NULL a");
	net_release(&n);
	changelog(&n, 0);
	EXPECT_STR(PAIRED(&n, -1, "- 1 a", "+ 2 b"), "-U 1 a, +U 2 b");
	net_release(&n);
}

TEST(upserts_that_come_once_are_the_row_or_its_end)
{
	struct net n;

	net_init(&n, NET_UPSERT, &schema, 1, first_column, 7);
	EXPECT_STR(PAIRED(&n, -1, "- 1 a", "+ 1 b", "+ 2 c", "- 3 d", "- 4 e",
			  "+ 4 e"),
		   "+U 1 b, +I 2 c, -D 3 d");
	EXPECT_STR(PAIRED(&n, 0, "- 1 a", "+ 1 b", "- 2 c"), "+I 1 b, -D 2 c");
	net_release(&n);
	net_init(&n, NET_LAST, &schema, 1, first_column, 7);
	EXPECT_STR(PAIRED(&n, -1, "+ 1 b", "- 2 _", "+ 3 d"),
		   "+U 1 b, -D 2 NULL, +U 3 d");
	net_release(&n);
}
