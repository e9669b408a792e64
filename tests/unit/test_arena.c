/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_arena.c - arenas: nothing overlaps, nothing is lost, and
 * what is cleared is used again.
 */
#include "base/arena.h"
#include "tests/unit/test.h"

TEST(allocations_are_aligned_and_do_not_overlap)
{
	static const size_t sizes[] = { 1, 3, 16, 17, 100, 2000, 0, 70000 };
	unsigned char *data[400];
	struct arena a;

	arena_init(&a);
	for (int i = 0; i < 400; i++) {
		size_t n = sizes[i % 8];

		data[i] = arena_alloc(&a, n);
		EXPECT_EQ((uintptr_t)data[i] % 16, 0);
		memset(data[i], i & 255, n);
	}
	for (int i = 0; i < 400; i++)
		for (size_t j = 0; j < sizes[i % 8]; j++)
			EXPECT_EQ(data[i][j], i & 255);
	EXPECT(a.bytes >= 50 * 72137);
	EXPECT(a.bytes < 50 * 72137 + 1024 * 1024);
	arena_release(&a);
	EXPECT_EQ(a.bytes, 0);
}

TEST(text_is_packed_without_gaps)
{
	struct arena a;
	char *one, *two;

	arena_init(&a);
	one = arena_bytes(&a, 3);
	two = arena_bytes(&a, 5);
	EXPECT(two == one + 3);
	EXPECT_EQ((uintptr_t)arena_alloc(&a, 8) % 16, 0);
	arena_release(&a);
}

TEST(strings_are_copied_with_their_end)
{
	struct arena a;
	const char *long_text;

	arena_init(&a);
	EXPECT_STR(arena_strdup(&a, "sluice"), "sluice");
	EXPECT_STR(arena_strndup(&a, "sluice", 3), "slu");
	EXPECT_STR(arena_strndup(&a, NULL, 0), "");
	EXPECT_STR(arena_printf(&a, "%s-%d", "a", 42), "a-42");
	long_text = arena_printf(&a, "%010000d|", 7);
	EXPECT_EQ(strlen(long_text), 10001);
	EXPECT_STR(long_text + 9999, "7|");
	arena_release(&a);
}

TEST(new_things_are_zero_also_in_used_memory)
{
	struct pair { int64_t a, b; } *p;
	struct arena a;

	arena_init(&a);
	memset(arena_alloc(&a, 1000), 0xff, 1000);
	arena_clear(&a);
	p = arena_array(&a, 10, struct pair);
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(p[i].a, 0);
		EXPECT_EQ(p[i].b, 0);
	}
	p = arena_new(&a, struct pair);
	EXPECT_EQ(p->a | p->b, 0);
	arena_release(&a);
}

TEST(clearing_keeps_one_block_for_the_next_use)
{
	struct arena a;
	size_t bytes;
	char *first;

	arena_init(&a);
	for (int i = 0; i < 1000; i++)
		arena_alloc(&a, 100);
	bytes = a.bytes;
	arena_clear(&a);
	EXPECT(a.bytes > 0);
	EXPECT(a.bytes < bytes);
	bytes = a.bytes;
	first = arena_alloc(&a, 100);
	arena_clear(&a);
	EXPECT((char *)arena_alloc(&a, 100) == first);
	EXPECT_EQ(a.bytes, bytes);
	arena_release(&a);
	arena_clear(&a); /* of an empty one */
	EXPECT_EQ(a.bytes, 0);
}

TEST(one_huge_value_does_not_stay_for_ever)
{
	struct arena a;

	arena_init(&a);
	arena_alloc(&a, 50 * 1024 * 1024);
	arena_clear(&a);
	EXPECT_EQ(a.bytes, 0);
	arena_alloc(&a, 10);
	arena_alloc(&a, 50 * 1024 * 1024);
	arena_clear(&a);
	EXPECT(a.bytes <= 4096);
	arena_release(&a);
}

TEST(a_large_value_does_not_waste_the_block_before)
{
	struct arena a;
	char *one, *two;

	arena_init(&a);
	one = arena_bytes(&a, 10);
	arena_bytes(&a, 100000);
	two = arena_bytes(&a, 10);
	EXPECT(two == one + 10);
	arena_release(&a);
}

TEST(memory_by_hand_is_never_null)
{
	char *p = mem_alloc(0);

	EXPECT(p);
	p = mem_realloc(p, 4);
	memcpy(p, "abc", 4);
	p = mem_realloc(p, 100000);
	EXPECT_STR(p, "abc");
	free(p);
	p = mem_zalloc(3);
	EXPECT_EQ(p[0] | p[1] | p[2], 0);
	free(p);
	p = mem_strdup("");
	EXPECT_STR(p, "");
	free(p);
}
