/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_hash.c - hashes that others compute as well must give their
 * values; those in stored state must never change; ours must spread.
 */
#include "base/hash.h"
#include "tests/unit/test.h"

static int32_t
java_murmur2(const char *text)
{
	return (int32_t)murmur2(text, strlen(text));
}

TEST(partitions_are_those_of_java_clients)
{
	/* org.apache.kafka.common.utils.UtilsTest.testMurmur2() */
	EXPECT_EQ(java_murmur2("21"), -973932308);
	EXPECT_EQ(java_murmur2("foobar"), -790332482);
	EXPECT_EQ(java_murmur2("a-little-bit-long-string"), -985981536);
	EXPECT_EQ(java_murmur2("a-little-bit-longer-string"), -1486304829);
	EXPECT_EQ(java_murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89"
			       "h8"),
		  -58897971);
	EXPECT_EQ(java_murmur2("abc"), 479470107);
}

TEST(crc32c_is_that_of_rfc_3720)
{
	unsigned char data[32];
	uint32_t crc;

	EXPECT_EQ(crc32c(0, "123456789", 9), 0xe3069283);
	EXPECT_EQ(crc32c(0, "", 0), 0);
	memset(data, 0, sizeof(data));
	EXPECT_EQ(crc32c(0, data, 32), 0x8a9136aa);
	memset(data, 0xff, sizeof(data));
	EXPECT_EQ(crc32c(0, data, 32), 0x62a8ab43);
	for (unsigned i = 0; i < 32; i++)
		data[i] = (unsigned char)i;
	EXPECT_EQ(crc32c(0, data, 32), 0x46dd794e);
	/* in pieces of any size */
	for (size_t cut = 0; cut <= 32; cut++) {
		crc = crc32c(0, data, cut);
		EXPECT_EQ(crc32c(crc, data + cut, 32 - cut), 0x46dd794e);
	}
}

TEST(stable_hashes_never_change)
{
	EXPECT_EQ(hash_stable("", 0), UINT64_C(0xefd01f60ba992926));
	EXPECT_EQ(hash_stable("sluice", 6), UINT64_C(0xbc994db9d32abd3c));
	EXPECT_EQ(hash_stable("a\0b", 3), UINT64_C(0xab78f5eca36d0e2b));
}

TEST(each_byte_of_a_text_changes_its_hash)
{
	unsigned char data[70];

	for (size_t n = 1; n <= sizeof(data); n++) {
		uint64_t before;

		memset(data, 'x', sizeof(data));
		before = hash_bytes(data, n, 1);
		EXPECT(hash_bytes(data, n - 1, 1) != before);
		EXPECT(hash_bytes(data, n, 2) != before);
		for (size_t i = 0; i < n; i++) {
			data[i] ^= 1;
			EXPECT(hash_bytes(data, n, 1) != before);
			data[i] ^= 1;
		}
		EXPECT_EQ(hash_bytes(data, n, 1), before);
	}
}

/* Counts numbers in 1024 slots by the low or the high bits of their hash. */
static unsigned
fullest_slot(unsigned shift, bool as_text)
{
	unsigned slots[1024] = { 0 }, most = 0;

	for (uint64_t i = 0; i < 64 * 1024; i++) {
		char text[24];
		int n = snprintf(text, sizeof(text), "user-%" PRIu64, i);
		uint64_t h = as_text ? hash_bytes(text, (size_t)n, 7)
				     : hash_u64(i, 7);
		unsigned *slot = &slots[h >> shift & 1023];

		if (++*slot > most)
			most = *slot;
	}
	return most;
}

TEST(keys_that_count_up_spread_over_all_slots)
{
	/* 64 on average, and eight standard deviations above it at most */
	EXPECT(fullest_slot(0, false) < 128);
	EXPECT(fullest_slot(54, false) < 128);
	EXPECT(fullest_slot(0, true) < 128);
	EXPECT(fullest_slot(54, true) < 128);
}
