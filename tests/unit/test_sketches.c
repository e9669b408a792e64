/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_sketches.c - what HyperLogLog and DDSketch promise: errors
 * within their bounds, the same in any order and any pieces, nothing left of
 * what was taken away, and no damage taken for a sketch.
 */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hash.h"
#include "runtime/aggs/ddsketch.h"
#include "runtime/aggs/hyperloglog.h"
#include "tests/unit/test.h"

static uint64_t
hash_of(uint64_t v)
{
	return hash_stable(&v, sizeof(v));
}

static void
add_range(struct strheap *heap, struct str *s, uint64_t from, uint64_t to)
{
	for (uint64_t v = from; v < to; v++)
		hyperloglog_add(heap, s, hash_of(v));
}

TEST(up_to_255_values_are_counted_exactly_and_stay_small)
{
	struct strheap heap;
	struct str s = { 0 };

	strheap_init(&heap);
	EXPECT_EQ(hyperloglog_estimate(&s), 0);
	for (uint64_t n = 1; n <= 255; n++) {
		add_range(&heap, &s, 0, n);
		EXPECT_EQ(hyperloglog_estimate(&s), n);
		EXPECT(s.len <= 8 + 16 * n || n < 3);
		EXPECT(hyperloglog_valid(&s));
	}
	EXPECT(s.len < 4096);
	strheap_free(&heap, &s);
	EXPECT_EQ(heap.bytes, 0);
	strheap_release(&heap);
}

/* The standard error over many sets is what the header says. */
TEST(the_standard_error_of_many_values_is_1_6_percent)
{
	static const uint64_t sizes[] = { 256, 1000, 5000, 20000, 100000 };

	for (unsigned k = 0; k < ARRAY_LEN(sizes); k++) {
		double squares = 0, sum = 0;
		const int sets = 60;

		for (int i = 0; i < sets; i++) {
			uint64_t from = (uint64_t)(i + 1) << 32;
			struct strheap heap;
			struct str s = { 0 };
			double error;

			strheap_init(&heap);
			add_range(&heap, &s, from, from + sizes[k]);
			error = (double)hyperloglog_estimate(&s) /
					(double)sizes[k] - 1;
			sum += error;
			squares += error * error;
			EXPECT(s.len <= 4096 + 8);
			strheap_release(&heap);
		}
		printf("# %" PRIu64 " values: standard error %.4f mean %.4f\n",
		       sizes[k], sqrt(squares / sets), sum / sets);
		EXPECT(sqrt(squares / sets) < 0.0163 * 1.25);
		EXPECT(fabs(sum / sets) < 0.0163 * 3 / sqrt(sets));
	}
}

TEST(sketches_of_pieces_make_the_sketch_of_the_whole)
{
	for (uint64_t n = 1; n < 3000; n = n * 3 / 2 + 1) {
		struct str whole = { 0 }, a = { 0 }, b = { 0 };
		struct strheap heap;

		strheap_init(&heap);
		add_range(&heap, &whole, 0, n);
		add_range(&heap, &a, n / 3, n);
		add_range(&heap, &b, 0, n / 2);
		hyperloglog_merge(&heap, &b, &a);
		EXPECT_EQ(hyperloglog_estimate(&b),
			  hyperloglog_estimate(&whole));
		hyperloglog_merge(&heap, &whole, &b);
		EXPECT_EQ(hyperloglog_estimate(&whole),
			  hyperloglog_estimate(&b));
		strheap_release(&heap);
	}
}

static int
f64_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

TEST(quantiles_are_within_1_percent_of_any_distribution)
{
	static double v[20000];

	for (int shape = 0; shape < 4; shape++) {
		struct strheap heap;
		struct str s = { 0 };

		strheap_init(&heap);
		for (unsigned i = 0; i < ARRAY_LEN(v); i++) {
			double u = (double)(hash_of(i) >> 11) / 0x1p53;

			v[i] = shape == 0   ? u
			       : shape == 1 ? exp(40 * u - 20)
			       : shape == 2 ? 1000 - 2000 * u
					    : floor(10 * u);
			ddsketch_add(&heap, &s, v[i], 1);
		}
		qsort(v, ARRAY_LEN(v), sizeof(*v), f64_order);
		for (int64_t rank = 0; rank < (int64_t)ARRAY_LEN(v);
		     rank += 37) {
			double got = ddsketch_at(&s, rank);

			EXPECT(fabs(got - v[rank]) <=
			       fabs(v[rank]) * 0.0100001);
		}
		strheap_release(&heap);
	}
}

TEST(numbers_at_the_ends_of_double_have_their_buckets)
{
	static const double v[] = {
		-INFINITY, -1.7976931348623157e308, -1e-300, -5e-324, -0.0,
		0.0, 5e-324, 2.2250738585072014e-308, 1.0,
		1.7976931348623157e308, INFINITY, NAN,
	};
	struct strheap heap;
	struct str s = { 0 };

	strheap_init(&heap);
	for (unsigned i = 0; i < ARRAY_LEN(v); i++)
		ddsketch_add(&heap, &s, v[i], 1);
	EXPECT(ddsketch_valid(&s, ARRAY_LEN(v)));
	EXPECT(ddsketch_at(&s, 0) == -INFINITY);
	EXPECT(fabs(ddsketch_at(&s, 1) / v[1] - 1) <= 0.0101);
	EXPECT(ddsketch_at(&s, 4) == 0);
	EXPECT(ddsketch_at(&s, 5) == 0);
	EXPECT(fabs(ddsketch_at(&s, 7) / v[7] - 1) <= 0.0101);
	EXPECT(fabs(ddsketch_at(&s, 9) / v[9] - 1) <= 0.0101);
	EXPECT(isfinite(ddsketch_at(&s, 9)));
	EXPECT(ddsketch_at(&s, 10) == INFINITY);
	EXPECT(isnan(ddsketch_at(&s, 11)));
	strheap_release(&heap);
}

TEST(what_is_taken_away_leaves_nothing_behind)
{
	struct str a = { 0 }, b = { 0 };
	struct strheap heap;

	strheap_init(&heap);
	for (int i = 0; i < 500; i++)
		ddsketch_add(&heap, &a, i * 0.7 - 100, 2);
	for (int i = 300; i < 900; i++)
		ddsketch_add(&heap, &b, i * 0.7 - 100, 1);
	ddsketch_merge(&heap, &a, &b, 1);
	ddsketch_merge(&heap, &a, &b, -1);
	EXPECT(ddsketch_valid(&a, 1000));
	EXPECT(ddsketch_count(&a, 350 * 0.7 - 100) >= 2);
	for (int i = 0; i < 500; i++)
		ddsketch_add(&heap, &a, i * 0.7 - 100, -2);
	EXPECT(ddsketch_valid(&a, 0));
	EXPECT_EQ(ddsketch_count(&a, 10), 0);
	strheap_release(&heap);
}

/* Damaged bytes are refused or harmless. */
TEST(damaged_sketches_are_refused_or_read_within_their_bytes)
{
	struct str hll = { 0 }, dd = { 0 };
	struct strheap heap;

	strheap_init(&heap);
	add_range(&heap, &hll, 0, 20);
	for (int i = 0; i < 20; i++)
		ddsketch_add(&heap, &dd, i, 1);
	for (uint64_t seed = 0; seed < 20000; seed++) {
		const struct str *from = seed % 2 ? &hll : &dd;
		uint64_t r = hash_of(seed);
		uint32_t len = r % 8 ? from->len
				     : (uint32_t)(r >> 8) % from->len;
		char *copy = mem_alloc(len + 1);
		struct str s;

		memcpy(copy, from->ptr, len);
		if (len > 0)
			copy[(r >> 16) % (len < 32 ? len : 32)] ^=
				(char)(1u << (r >> 48) % 8);
		s = str_ref(copy, len);
		if (from == &hll && hyperloglog_valid(&s))
			EXPECT(hyperloglog_estimate(&s) >= 0);
		if (from == &dd && len > 12 && ddsketch_valid(&s, 20))
			ddsketch_at(&s, 19);
		free(copy);
	}
	strheap_release(&heap);
}
