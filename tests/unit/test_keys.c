/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_keys.c - the dictionary of keys, and the heap of strings
 * beneath it.
 */
#include <math.h>

#include "base/hash.h"
#include "runtime/keys.h"
#include "tests/unit/test.h"

static const enum phys one_i64[] = { PHYS_I64 };
static const enum phys one_str[] = { PHYS_STR };
static const enum phys one_f64[] = { PHYS_F64 };

static uint32_t
gid_of(struct keys *k, const struct column *cols, uint32_t row)
{
	uint32_t gid;

	keys_lookup(k, cols, &row, 1, &gid);
	keys_ref(k, gid);
	return gid;
}

static uint32_t
gid_of_i64(struct keys *k, int64_t v)
{
	struct column c = { .phys = PHYS_I64, .i64 = &v };

	return gid_of(k, &c, 0);
}

TEST(a_key_has_the_same_number_every_time)
{
	int64_t v[2000];
	uint32_t row[2000], first[2000], again[2000];
	struct column c = { .phys = PHYS_I64, .i64 = v };
	struct keys k;

	keys_init(&k, 1, one_i64, 7);
	for (uint32_t i = 0; i < 2000; i++) {
		v[i] = (int64_t)(i * 1000003 % 500);
		row[i] = i;
	}
	keys_lookup(&k, &c, row, 2000, first);
	keys_lookup(&k, &c, row, 2000, again);
	EXPECT_EQ(k.live, 500);
	for (uint32_t i = 0; i < 2000; i++) {
		EXPECT_EQ(first[i], again[i]);
		EXPECT(first[i] < 500);
		EXPECT_EQ(k.col[0].i64[first[i]], v[i]);
	}
	keys_release(&k);
}

TEST(zero_has_one_sign_and_nan_is_one_key)
{
	double v[] = { 0.0, -0.0, NAN, -NAN, 1.0 };
	struct column c = { .phys = PHYS_F64, .f64 = v };
	struct keys k;

	keys_init(&k, 1, one_f64, 7);
	EXPECT_EQ(gid_of(&k, &c, 0), gid_of(&k, &c, 1));
	EXPECT_EQ(gid_of(&k, &c, 2), gid_of(&k, &c, 3));
	EXPECT_EQ(k.live, 2);
	EXPECT(!signbit(k.col[0].f64[0]));
	keys_release(&k);
}

TEST(null_equals_null_and_differs_from_the_empty_string)
{
	struct str v[3] = { { 0 }, { 0 }, { 0 } };
	uint8_t nulls[3] = { 1, 0, 1 };
	struct column c = { .phys = PHYS_STR, .str = v, .nulls = nulls };
	struct column plain = { .phys = PHYS_STR, .str = v };
	struct keys k;

	keys_init(&k, 1, one_str, 7);
	EXPECT_EQ(gid_of(&k, &c, 0), gid_of(&k, &c, 2));
	EXPECT(gid_of(&k, &c, 1) != gid_of(&k, &c, 0));
	/* also where the batch has no NULLs at all */
	EXPECT_EQ(gid_of(&k, &plain, 0), gid_of(&k, &c, 1));
	keys_release(&k);
}

TEST(long_strings_are_copied_and_given_back)
{
	char text[100];
	struct str v;
	struct column c = { .phys = PHYS_STR, .str = &v };
	struct keys k;
	size_t held = 0;

	keys_init(&k, 1, one_str, 7);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 100; i++) {
			snprintf(text, sizeof(text), "%0*d", 20 + i % 70, i);
			v = str_ref(text, (uint32_t)strlen(text));
			EXPECT_EQ(gid_of(&k, &c, 0) < 100, true);
			memset(text, 'x', sizeof(text) - 1);
		}
		EXPECT_EQ(k.live, 100);
		for (uint32_t gid = 0; gid < 100; gid++)
			keys_unref(&k, gid);
		EXPECT_EQ(k.live, 0);
		EXPECT_EQ(k.heap.bytes, 0);
		if (round == 0)
			held = k.heap.held;
		EXPECT_EQ(k.heap.held, held);
	}
	keys_release(&k);
}

TEST(freed_numbers_are_given_again)
{
	struct keys k;
	uint32_t a, b;

	keys_init(&k, 1, one_i64, 7);
	a = gid_of_i64(&k, 1);
	b = gid_of_i64(&k, 2);
	keys_unref(&k, a);
	EXPECT_EQ(gid_of_i64(&k, 3), a);
	EXPECT_EQ(gid_of_i64(&k, 2), b);
	EXPECT_EQ(k.live, 2);
	keys_release(&k);
}

/* Against a plain array: which of 300 keys are in, under what number. */
TEST(a_table_that_grows_and_shrinks_never_loses_a_key)
{
	int64_t gid_of_key[300];
	uint64_t random = 88172645463325252u;
	struct keys k;

	keys_init(&k, 1, one_i64, 99);
	memset(gid_of_key, -1, sizeof(gid_of_key));
	for (int i = 0; i < 200000; i++) {
		int64_t key;
		struct column c = { .phys = PHYS_I64, .i64 = &key };
		uint32_t found;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		key = (int64_t)(random % (i % 60000 < 30000 ? 300 : 30));
		found = keys_find(&k, &c, 0);
		EXPECT_EQ(found == KEYS_NONE ? -1 : (int64_t)found,
			  gid_of_key[key]);
		if (found == KEYS_NONE) {
			gid_of_key[key] = gid_of_i64(&k, key);
		} else if (random >> 40 & 1) {
			keys_unref(&k, found);
			gid_of_key[key] = -1;
		}
	}
	keys_release(&k);
}

TEST(several_columns_make_one_key)
{
	const enum phys phys[] = { PHYS_STR, PHYS_I64, PHYS_I128, PHYS_U8 };
	struct str s[4];
	int64_t n[4] = { 1, 1, 2, 1 };
	i128 wide[4] = { 5, 5, 5, (i128)1 << 100 };
	uint8_t flag[4] = { 1, 1, 1, 1 };
	struct column c[4] = {
		{ .phys = PHYS_STR, .str = s }, { .phys = PHYS_I64, .i64 = n },
		{ .phys = PHYS_I128, .i128 = wide },
		{ .phys = PHYS_U8, .u8 = flag },
	};
	struct keys k;

	for (int i = 0; i < 4; i++)
		s[i] = str_ref("the same long text", 18);
	keys_init(&k, 4, phys, 7);
	EXPECT_EQ(gid_of(&k, c, 0), gid_of(&k, c, 1));
	EXPECT_EQ(gid_of(&k, c, 2), 1);
	EXPECT_EQ(gid_of(&k, c, 3), 2);
	keys_release(&k);
}

TEST(without_columns_there_is_one_key)
{
	struct keys k;

	keys_init(&k, 0, NULL, 7);
	EXPECT_EQ(gid_of(&k, NULL, 0), 0);
	EXPECT_EQ(gid_of(&k, NULL, 5), 0);
	EXPECT_EQ(k.live, 1);
	keys_release(&k);
}

TEST(slots_do_not_depend_on_the_seed_of_the_table)
{
	struct keys a, b;
	unsigned used[KEYS_SLOTS] = { 0 }, most = 0;

	keys_init(&a, 1, one_i64, 1);
	keys_init(&b, 1, one_i64, 2);
	for (int64_t v = 0; v < 2560; v++) {
		unsigned slot = keys_slot(&a, gid_of_i64(&a, v));

		EXPECT_EQ(slot, keys_slot(&b, gid_of_i64(&b, v)));
		EXPECT(slot < KEYS_SLOTS);
		used[slot]++;
		most = used[slot] > most ? used[slot] : most;
	}
	EXPECT(most < 40); /* 10 on average */
	keys_release(&a);
	keys_release(&b);
}

TEST(a_checkpoint_is_told_what_came_and_what_went)
{
	const uint32_t *changed;
	struct keys k;
	uint32_t a, b;

	keys_init(&k, 1, one_i64, 7);
	a = gid_of_i64(&k, 1);
	b = gid_of_i64(&k, 2);
	EXPECT_EQ(keys_changed(&k, &changed), 2);
	keys_saved(&k);
	EXPECT_EQ(keys_changed(&k, &changed), 0);
	keys_unref(&k, a);
	EXPECT_EQ(keys_changed(&k, &changed), 1);
	EXPECT_EQ(changed[0], a);
	EXPECT_EQ(k.flags[a] & (KEY_LIVE | KEY_STORED), KEY_STORED);
	EXPECT_EQ(gid_of_i64(&k, 3), a);
	EXPECT_EQ(k.flags[a] & (KEY_LIVE | KEY_FRESH), KEY_LIVE | KEY_FRESH);
	EXPECT_EQ(keys_changed(&k, &changed), 1);
	keys_saved(&k);
	keys_unref(&k, b);
	keys_unref(&k, gid_of_i64(&k, 4)); /* came and went unseen */
	EXPECT_EQ(keys_changed(&k, &changed), 1);
	keys_release(&k);
}
