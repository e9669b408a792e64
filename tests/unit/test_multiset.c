/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_multiset.c - ordered multisets of values that come and go.
 */
#include "runtime/multiset.h"
#include "tests/unit/test.h"

static const struct multiset_place place = { .gid = 1 };

static void
add(struct multiset *m, uint64_t *root, int64_t v, int64_t n)
{
	struct column c = { .phys = PHYS_I64, .i64 = &v };

	multiset_add(m, root, &place, &c, NULL, 0, n);
}

TEST(first_and_last_follow_what_comes_and_goes)
{
	struct multiset *m = multiset_create((struct multiset_kind){ .phys = PHYS_I64 }, 3);
	int64_t n[64] = { 0 };
	uint64_t root = 0, random = 88172645463325252u;

	for (int i = 0; i < 100000; i++) {
		int64_t v, low = -1, high = -1;
		struct multiset_item first, last;
		bool any;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		v = (int64_t)(random % 64);
		if (n[v] > 0 && (random >> 32 & 3)) {
			add(m, &root, v, -1);
			n[v]--;
		} else {
			add(m, &root, v, 2);
			n[v] += 2;
		}
		for (int64_t k = 0; k < 64; k++) {
			if (n[k] == 0)
				continue;
			low = low < 0 ? k : low;
			high = k;
		}
		any = multiset_first(m, root, &first);
		EXPECT_EQ(multiset_last(m, root, &last), any);
		EXPECT_EQ(any ? *(const int64_t *)first.value : -1, low);
		EXPECT_EQ(any ? *(const int64_t *)last.value : -1, high);
	}
	multiset_destroy(m);
}

TEST(nan_is_above_all_numbers_and_zero_has_no_sign)
{
	double v[] = { 1.5, __builtin_nan(""), -0.0, 0.0 };
	struct column c = { .phys = PHYS_F64, .f64 = v };
	struct multiset *m = multiset_create((struct multiset_kind){ .phys = PHYS_F64 }, 3);
	struct multiset_item item;
	uint64_t root = 0;

	for (uint32_t i = 0; i < 4; i++)
		multiset_add(m, &root, &place, &c, NULL, i, 1);
	EXPECT_EQ(multiset_count(m, root, &c, NULL, 2), 2);
	EXPECT(multiset_first(m, root, &item));
	EXPECT(*(const double *)item.value == 0);
	EXPECT(multiset_last(m, root, &item));
	EXPECT(*(const double *)item.value != v[0]);
	multiset_destroy(m);
}

struct seen {
	int puts, drops;
};

static void
see(const struct multiset_row *row, void *arg)
{
	struct seen *s = arg;

	EXPECT(row->n > 0 || s->puts == 0); /* drops come first */
	s->puts += row->n > 0;
	s->drops += row->n == 0;
}

static struct seen
changes(struct multiset *m)
{
	struct seen s = { 0, 0 };

	multiset_changes(m, see, &s);
	multiset_saved(m);
	return s;
}

TEST(a_checkpoint_is_told_each_change_once)
{
	struct multiset *m = multiset_create((struct multiset_kind){ .phys = PHYS_I64 }, 3);
	uint64_t root = 0;
	struct seen s;

	add(m, &root, 5, 1);
	add(m, &root, 5, 1);
	add(m, &root, 7, 1);
	add(m, &root, 9, 1);
	add(m, &root, 9, -1); /* never written */
	s = changes(m);
	EXPECT_EQ(s.puts, 2);
	EXPECT_EQ(s.drops, 0);
	add(m, &root, 5, -2);
	add(m, &root, 7, -1);
	add(m, &root, 7, 1);
	s = changes(m);
	EXPECT_EQ(s.puts, 1);
	EXPECT_EQ(s.drops, 2); /* the old row of 7 goes before the new one */
	multiset_clear(m, &root, true);
	s = changes(m);
	EXPECT_EQ(s.drops, 1);
	EXPECT_EQ(multiset_rows(m), 0);
	multiset_destroy(m);
}

static uint64_t
next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random >> 11;
}

TEST(ranks_and_the_most_frequent_value_are_those_of_a_sorted_list)
{
	struct multiset *m = multiset_create((struct multiset_kind){
			.phys = PHYS_I64, .ranked = true }, 3);
	int64_t n[32] = { 0 }, total = 0;
	uint64_t root = 0, random = 88172645463325252u;

	for (int i = 0; i < 20000; i++) {
		int64_t v = (int64_t)(next_random(&random) % 32), most = -1;
		int64_t by = n[v] > 0 && next_random(&random) % 2 ? -1 : 3;
		int64_t rank, below = 0;
		struct multiset_item item;

		add(m, &root, v, by);
		n[v] += by;
		total += by;
		EXPECT_EQ(multiset_total(m, root), total);
		for (int64_t k = 0; k < 32; k++)
			if (n[k] > 0 && (most < 0 || n[k] > n[most]))
				most = k;
		EXPECT_EQ(multiset_most(m, root, &item), most >= 0);
		if (most < 0)
			continue;
		EXPECT_EQ(*(const int64_t *)item.value, most);
		EXPECT_EQ(item.n, n[most]);
		rank = (int64_t)(next_random(&random) % (uint64_t)total);
		for (v = 0; rank >= below + n[v]; v++)
			below += n[v];
		item = multiset_at(m, root, rank);
		EXPECT_EQ(*(const int64_t *)item.value, v);
	}
	multiset_destroy(m);
}

struct pair {
	int64_t value, beside, pane;
};

static int
pair_cmp(const struct pair *a, const struct pair *b)
{
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	if (a->beside != b->beside)
		return a->beside < b->beside ? -1 : 1;
	return (a->pane > b->pane) - (a->pane < b->pane);
}

static void
add_pair(struct multiset *m, uint64_t *root, const struct pair *p, int64_t n)
{
	const struct multiset_place at = { .pane_us = p->pane };
	struct column value = { .phys = PHYS_I64, .data = (void *)&p->value };
	struct column beside = { .phys = PHYS_I64,
				 .data = (void *)&p->beside };

	multiset_add(m, root, &at, &value, &beside, 0, n);
}

/* The list keeps panes in order and rows within them as they came. */
TEST(pairs_keep_the_order_in_which_they_came)
{
	struct multiset *m = multiset_create((struct multiset_kind){
			.phys = PHYS_I64, .ordered = true, .pairs = true,
			.beside = PHYS_I64 }, 5);
	uint64_t root = 0, random = 88172645463325252u;
	struct pair list[400];
	unsigned n = 0;

	for (int i = 0; i < 20000; i++) {
		struct pair p = { (int64_t)(next_random(&random) % 5),
				  (int64_t)(next_random(&random) % 3),
				  (int64_t)(next_random(&random) % 4) };
		struct multiset_item item;
		unsigned at = 0, first;

		for (; at < n && pair_cmp(&list[at], &p) != 0; at++)
			;
		if (at < n && (n > 300 || next_random(&random) % 2)) {
			add_pair(m, &root, &p, -1);
			memmove(&list[at], &list[at + 1],
				(n - at - 1) * sizeof(*list));
			n--;
		} else {
			add_pair(m, &root, &p, 1);
			for (at = n; at > 0 && list[at - 1].pane > p.pane; at--)
				list[at] = list[at - 1];
			list[at] = p;
			n++;
		}
		EXPECT_EQ(multiset_total(m, root), n);
		EXPECT_EQ(multiset_earliest(m, root, &item), n > 0);
		if (n == 0)
			continue;
		EXPECT_EQ(*(const int64_t *)item.value, list[0].value);
		EXPECT_EQ(*(const int64_t *)item.beside, list[0].beside);
		multiset_latest(m, root, &item);
		EXPECT_EQ(*(const int64_t *)item.value, list[n - 1].value);
		EXPECT_EQ(*(const int64_t *)item.beside, list[n - 1].beside);
		multiset_last(m, root, &item);
		item = multiset_earliest_of(m, root, item.value);
		for (first = 0; list[first].value !=
				*(const int64_t *)item.value; first++)
			;
		EXPECT_EQ(*(const int64_t *)item.beside, list[first].beside);
	}
	multiset_destroy(m);
}

TEST(what_is_merged_and_subtracted_again_leaves_nothing_to_save)
{
	struct multiset *m = multiset_create((struct multiset_kind){
			.phys = PHYS_I64, .ordered = true, .pairs = true,
			.beside = PHYS_I64 }, 5);
	uint64_t pane[2] = { 0 }, run = 0;
	struct pair p = { .value = 1 };

	for (p.pane = 0; p.pane < 2; p.pane++)
		for (p.beside = 0; p.beside < 50; p.beside++)
			add_pair(m, &pane[p.pane], &p, 2);
	EXPECT_EQ(multiset_rows(m), 100);
	multiset_merge(m, &run, pane[0]);
	multiset_merge(m, &run, pane[1]);
	EXPECT_EQ(multiset_total(m, run), 200);
	EXPECT_EQ(multiset_rows(m), 100);
	EXPECT_EQ(changes(m).puts, 100);
	multiset_subtract(m, &run, pane[0]);
	EXPECT_EQ(multiset_total(m, run), 100);
	EXPECT_EQ(changes(m).puts + changes(m).drops, 0);
	multiset_subtract(m, &run, pane[1]);
	EXPECT_EQ(run, 0);
	multiset_move(m, &pane[0], &(struct multiset_place){ .gid = 7 },
		      &pane[1]);
	EXPECT_EQ(multiset_total(m, pane[0]), 200);
	EXPECT_EQ(changes(m).drops, 50);
	multiset_destroy(m);
}
