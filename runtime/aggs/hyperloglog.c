/* SPDX-License-Identifier: Apache-2.0
 * runtime/aggs/hyperloglog.c - a header of 8 bytes, then either sorted hashes
 * of 8 bytes each, with room for some more, or 4096 registers of one byte.
 */
#include <math.h>

#include "base/arena.h"
#include "base/check.h"
#include "runtime/aggs/hyperloglog.h"

#define PRECISION 12 /* bits of the hash that choose a register */
#define REGISTERS (1u << PRECISION)
#define RANK_MAX (64 - PRECISION + 1)
#define SPARSE_MAX 255
#define MARK_SPARSE 1
#define MARK_DENSE 2

struct header {
	uint16_t mark;
	uint16_t n;    /* hashes */
	uint16_t room; /* for hashes */
	uint16_t unused;
};

#define DENSE_BYTES ((uint32_t)sizeof(struct header) + REGISTERS)

/* Sketches are longer than what fits into a struct str: there is a pointer. */
static struct header *
header_of(const struct str *s)
{
	return (struct header *)s->ptr;
}

static uint64_t *
hashes_of(const struct str *s)
{
	return (uint64_t *)(header_of(s) + 1);
}

static uint8_t *
registers_of(const struct str *s)
{
	return (uint8_t *)(header_of(s) + 1);
}

static uint32_t
sparse_bytes(unsigned room)
{
	return (uint32_t)(sizeof(struct header) + room * sizeof(uint64_t));
}

/* The bytes that the string holds change with its header. */
static void
sketch_replace(struct strheap *heap, struct str *s, const void *bytes,
	       uint32_t n)
{
	const struct str fresh = str_ref(bytes, n);
	struct str put = strheap_put(heap, &fresh);

	strheap_free(heap, s);
	*s = put;
}

/* ---- registers ---- */

static void
register_raise(uint8_t *registers, uint64_t hash)
{
	uint64_t rest = hash << PRECISION;
	unsigned rank = rest ? (unsigned)__builtin_clzll(rest) + 1 : RANK_MAX;
	uint8_t *r = &registers[hash >> (64 - PRECISION)];

	if (rank > *r)
		*r = (uint8_t)rank;
}

static void
make_dense(struct strheap *heap, struct str *s)
{
	struct {
		struct header head;
		uint8_t registers[REGISTERS];
	} dense = { .head = { .mark = MARK_DENSE } };
	unsigned n = s->len ? header_of(s)->n : 0;

	for (unsigned i = 0; i < n; i++)
		register_raise(dense.registers, hashes_of(s)[i]);
	sketch_replace(heap, s, &dense, DENSE_BYTES);
}

/* ---- hashes ---- */

static void
make_room(struct strheap *heap, struct str *s, unsigned n)
{
	static const uint16_t steps[] = { 2, 3, 5, 7, 11, 15, 23, 31, 47, 63,
					  95, 127, SPARSE_MAX };
	struct {
		struct header head;
		uint64_t hash[SPARSE_MAX];
	} sparse = { .head = { .mark = MARK_SPARSE } };
	unsigned i = 0;

	if (s->len)
		memcpy(&sparse, s->ptr, s->len);
	while (steps[i] < n)
		i++;
	sparse.head.room = steps[i];
	sketch_replace(heap, s, &sparse, sparse_bytes(steps[i]));
}

static void
sparse_add(struct strheap *heap, struct str *s, uint64_t hash)
{
	unsigned low = 0, high = s->len ? header_of(s)->n : 0, n = high;
	uint64_t *h;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (hashes_of(s)[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < n && hashes_of(s)[low] == hash)
		return;
	if (n == SPARSE_MAX) {
		make_dense(heap, s);
		register_raise(registers_of(s), hash);
		return;
	}
	if (s->len == 0 || n == header_of(s)->room)
		make_room(heap, s, n + 1);
	h = hashes_of(s);
	memmove(&h[low + 1], &h[low], (n - low) * sizeof(*h));
	h[low] = hash;
	header_of(s)->n = (uint16_t)(n + 1);
	*s = str_ref(s->ptr, s->len);
}

void
hyperloglog_add(struct strheap *heap, struct str *s, uint64_t hash)
{
	if (s->len && header_of(s)->mark == MARK_DENSE)
		register_raise(registers_of(s), hash);
	else
		sparse_add(heap, s, hash);
}

void
hyperloglog_merge(struct strheap *heap, struct str *dst, const struct str *src)
{
	if (src->len == 0)
		return;
	if (header_of(src)->mark == MARK_SPARSE) {
		for (unsigned i = 0; i < header_of(src)->n; i++)
			hyperloglog_add(heap, dst, hashes_of(src)[i]);
		return;
	}
	if (dst->len == 0 || header_of(dst)->mark == MARK_SPARSE)
		make_dense(heap, dst);
	for (unsigned i = 0; i < REGISTERS; i++)
		if (registers_of(src)[i] > registers_of(dst)[i])
			registers_of(dst)[i] = registers_of(src)[i];
}

/* ---- the estimate: Ertl 2017, algorithm 6 ---- */

static double
sigma(double x)
{
	double y = 1, z = x, last;

	if (x == 1)
		return INFINITY;
	do {
		x *= x;
		last = z;
		z += x * y;
		y += y;
	} while (z != last);
	return z;
}

static double
tau(double x)
{
	double y = 1, z = 1 - x, last;

	if (x == 0 || x == 1)
		return 0;
	do {
		x = sqrt(x);
		last = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != last);
	return z / 3;
}

int64_t
hyperloglog_estimate(const struct str *s)
{
	unsigned count[RANK_MAX + 1] = { 0 };
	const double m = REGISTERS;
	double z;

	if (s->len == 0)
		return 0;
	if (header_of(s)->mark == MARK_SPARSE)
		return header_of(s)->n;
	for (unsigned i = 0; i < REGISTERS; i++)
		count[registers_of(s)[i]]++;
	z = m * tau(1 - count[RANK_MAX] / m);
	for (unsigned k = RANK_MAX - 1; k > 0; k--)
		z = 0.5 * (z + count[k]);
	z += m * sigma(count[0] / m);
	return (int64_t)llround(m * m / (2 * M_LN2 * z));
}

bool
hyperloglog_valid(const struct str *s)
{
	struct header h;

	if (s->len <= STR_INLINE_MAX)
		return s->len == 0;
	memcpy(&h, s->ptr, sizeof(h));
	if (h.mark == MARK_SPARSE)
		return h.room <= SPARSE_MAX && h.n <= h.room &&
		       s->len == sparse_bytes(h.room);
	if (h.mark != MARK_DENSE || s->len != DENSE_BYTES)
		return false;
	for (unsigned i = 0; i < REGISTERS; i++)
		if ((uint8_t)s->ptr[sizeof(h) + i] > RANK_MAX)
			return false;
	return true;
}
