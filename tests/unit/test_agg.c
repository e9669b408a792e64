/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_agg.c - the table of aggregate functions, and entries in
 * chunks. What the functions compute: test_group_aggregate, test_agg_property.
 */
#include "parser/functions.h"
#include "runtime/accs.h"
#include "tests/unit/test.h"

TEST(every_aggregate_that_the_parser_knows_can_be_computed)
{
	unsigned found = 0;

	for (unsigned id = FN_NONE + 1; id < FN_COUNT_OF; id++) {
		const struct function *f = function_get((enum function_id)id);
		const struct agg_type *t =
			agg_type_of((enum function_id)id);

		if (!!t != !!(f->flags & FN_AGGREGATE))
			FAIL("%s: declared and computed differ", f->name);
		found += t != NULL;
	}
	EXPECT(found >= 5);
}

/* A key for gids 0, 1, 2 ... n - 1 each. */
static void
keys_fill(struct keys *k, int64_t n)
{
	static const enum phys phys[] = { PHYS_I64 };

	keys_init(k, 1, phys, 1);
	for (int64_t v = 0; v < n; v++) {
		struct column c = { .phys = PHYS_I64, .i64 = &v };
		uint32_t row = 0, gid;

		keys_lookup(k, &c, &row, 1, &gid);
		EXPECT_EQ(gid, v);
	}
}

TEST(an_entry_holds_its_key_until_it_is_given_up)
{
	const uint32_t gid[] = { 700, 3, 700, 699, 3 };
	char *entry[ARRAY_LEN(gid)];
	struct keys k;
	struct accs a;

	keys_fill(&k, 1000);
	accs_init(&a, 16);
	accs_touch(&a, &k, gid, ARRAY_LEN(gid), 0, entry);
	EXPECT_EQ(a.n, 3);
	EXPECT(entry[0] == entry[2]);
	EXPECT(entry[1] == entry[4]);
	EXPECT(entry[0] != entry[3]);
	EXPECT_EQ(k.refs[700], 1);
	EXPECT_EQ(k.refs[3], 1);
	EXPECT_EQ(k.refs[4], 0);
	EXPECT(accs_find(&a, 699) == entry[3]);
	EXPECT(accs_find(&a, 698) == NULL);
	EXPECT(accs_find(&a, 100000) == NULL);
	accs_untouch(&a, 3);
	EXPECT(accs_find(&a, 3) == NULL);
	EXPECT_EQ(a.n, 2);
	accs_release(&a);
	keys_release(&k);
}

TEST(an_entry_that_comes_back_is_empty)
{
	uint32_t gid = 5;
	char *entry;
	struct accs a;

	accs_init(&a, 16);
	accs_touch(&a, NULL, &gid, 1, ACCS_DIRTY, &entry);
	memset(entry, 0xff, 16);
	accs_untouch(&a, gid);
	accs_touch(&a, NULL, &gid, 1, 0, &entry);
	for (int i = 0; i < 16; i++)
		EXPECT_EQ(entry[i], 0);
	accs_release(&a);
}

TEST(dirty_entries_are_taken_once_and_in_order)
{
	const uint32_t touched[] = { 5000, 17, 300, 18 };
	const uint32_t dirty[] = { 5000, 18, 17, 18 };
	const uint32_t want[] = { 17, 18, 5000 };
	char *entry[CHUNK_GIDS];
	uint32_t gid[CHUNK_GIDS], cursor = 0, n, seen = 0;
	struct accs a;

	accs_init(&a, 8);
	accs_touch(&a, NULL, touched, 4, 0, entry);
	EXPECT(!accs_is_dirty(&a));
	accs_touch(&a, NULL, dirty, 4, ACCS_DIRTY, entry);
	EXPECT(accs_is_dirty(&a));
	while ((n = accs_take_dirty(&a, &cursor, gid, entry)) > 0)
		for (uint32_t i = 0; i < n; i++)
			EXPECT_EQ(gid[i], want[seen++]);
	EXPECT_EQ(seen, 3);
	EXPECT(!accs_is_dirty(&a));
	cursor = 0;
	EXPECT_EQ(accs_take_dirty(&a, &cursor, gid, entry), 0);
	accs_release(&a);
}
