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
