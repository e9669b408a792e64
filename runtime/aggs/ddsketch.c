/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/ddsketch.c - buckets (key, n) by ascending key, which follows
 * the order of numbers; behind them room for some more. Bucket k > 0 holds
 * what lies above G^(k - 1 - SHIFT) up to G^(k - SHIFT), -k their negatives, 0
 * zero; infinities and NaN have keys of their own.
 */
#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "runtime/aggs/ddsketch.h"

#define ACCURACY 0.01
#define GROWTH ((1 + ACCURACY) / (1 - ACCURACY))
#define SHIFT 40000 /* makes keys of the smallest numbers positive */
#define KEY_INFINITE 100000
#define KEY_NAN 100001

struct bucket {
	int64_t key;
	int64_t n;
};

struct header {
	uint64_t n; /* buckets; room for more follows from the length */
	uint64_t unused;
};

static struct header *
header_of(const struct str *s)
{
	return (struct header *)s->ptr;
}

static struct bucket *
buckets_of(const struct str *s)
{
	return (struct bucket *)(header_of(s) + 1);
}

static uint64_t
buckets_n(const struct str *s)
{
	return s->len ? header_of(s)->n : 0;
}

static uint64_t
buckets_room(const struct str *s)
{
	return s->len ? (s->len - sizeof(struct header)) /
				sizeof(struct bucket)
		      : 0;
}

/* ---- keys ---- */

static int64_t
key_of(double v)
{
	int64_t key;

	if (v != v)
		return KEY_NAN;
	if (v == 0)
		return 0;
	if (isinf(v))
		return v > 0 ? KEY_INFINITE : -KEY_INFINITE;
	key = (int64_t)ceil(log(fabs(v)) / log(GROWTH)) + SHIFT;
	return v > 0 ? key : -key;
}

/* In the middle of the bucket, so that all of it is within ACCURACY. */
static double
number_of(int64_t key)
{
	int64_t exponent = (key < 0 ? -key : key) - SHIFT;
	double v;

	if (key == KEY_NAN)
		return NAN;
	if (key == 0)
		return 0;
	if (key == KEY_INFINITE || key == -KEY_INFINITE)
		return key > 0 ? INFINITY : -INFINITY;
	v = exp((double)exponent * log(GROWTH) - log((GROWTH + 1) / 2));
	return key > 0 ? v : -v;
}

/* ---- buckets ---- */

static uint64_t
bucket_from(const struct str *s, int64_t key)
{
	uint64_t low = 0, high = buckets_n(s);

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (buckets_of(s)[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
make_room(struct strheap *heap, struct str *s)
{
	uint64_t n = buckets_n(s), room = n < 2 ? 2 : n + n / 2;
	uint32_t bytes = (uint32_t)(sizeof(struct header) +
				    room * sizeof(struct bucket));
	char *copy = mem_zalloc(bytes);
	struct str fresh;

	if (s->len)
		memcpy(copy, s->ptr, s->len);
	fresh = str_ref(copy, bytes);
	fresh = strheap_put(heap, &fresh);
	free(copy);
	strheap_free(heap, s);
	*s = fresh;
}

static void
bucket_add(struct strheap *heap, struct str *s, int64_t key, int64_t n)
{
	uint64_t at = bucket_from(s, key), count = buckets_n(s);
	struct bucket *b = s->len ? buckets_of(s) : NULL;

	if (at < count && b[at].key == key) {
		b[at].n += n;
		CHECK(b[at].n >= 0);
		if (b[at].n > 0)
			return;
		memmove(&b[at], &b[at + 1], (count - at - 1) * sizeof(*b));
		header_of(s)->n = count - 1;
	} else {
		CHECK(n > 0);
		if (count == buckets_room(s))
			make_room(heap, s);
		b = buckets_of(s);
		memmove(&b[at + 1], &b[at], (count - at) * sizeof(*b));
		b[at] = (struct bucket){ key, n };
		header_of(s)->n = count + 1;
	}
	*s = str_ref(s->ptr, s->len); /* whose first bytes are in *s, too */
}

void
ddsketch_add(struct strheap *heap, struct str *s, double v, int64_t n)
{
	bucket_add(heap, s, key_of(v), n);
}

int64_t
ddsketch_count(const struct str *s, double v)
{
	int64_t key = key_of(v);
	uint64_t at = bucket_from(s, key);

	return at < buckets_n(s) && buckets_of(s)[at].key == key
		       ? buckets_of(s)[at].n : 0;
}

void
ddsketch_merge(struct strheap *heap, struct str *dst, const struct str *src,
	       int sign)
{
	for (uint64_t i = 0; i < buckets_n(src); i++) {
		const struct bucket b = buckets_of(src)[i];

		bucket_add(heap, dst, b.key, sign * b.n);
	}
}

double
ddsketch_at(const struct str *s, int64_t rank)
{
	uint64_t i = 0;

	while (rank >= buckets_of(s)[i].n) {
		rank -= buckets_of(s)[i].n;
		CHECK(++i < buckets_n(s));
	}
	return number_of(buckets_of(s)[i].key);
}

bool
ddsketch_valid(const struct str *s, int64_t n)
{
	struct header h;
	struct bucket b, last = { 0, 0 };

	if (s->len == 0)
		return n == 0;
	if (s->len < sizeof(h) + sizeof(b) ||
	    (s->len - sizeof(h)) % sizeof(b) != 0)
		return false;
	memcpy(&h, s->ptr, sizeof(h));
	if (h.n > buckets_room(s))
		return false;
	for (uint64_t i = 0; i < h.n; i++) {
		memcpy(&b, s->ptr + sizeof(h) + i * sizeof(b), sizeof(b));
		if (b.n <= 0 || b.n > n || (i > 0 && b.key <= last.key) ||
		    b.key < -KEY_INFINITE || b.key > KEY_NAN)
			return false;
		n -= b.n;
		last = b;
	}
	return n == 0;
}
