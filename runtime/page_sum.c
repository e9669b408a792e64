/* SPDX-License-Identifier: Apache-2.0
 * runtime/page_sum.c - see page_sum.h. The log's format is SQLite's
 * (fileformat2.html, section 4), all its numbers big-endian.
 */
#include "runtime/page_sum.h"

#include <string.h>

#include "base/check.h"
#include "base/hash.h"

#define MARK 0x534c5047u /* "SLPG" */
#define SIZE_AT 16 /* two bytes, ... */
#define RESERVED_AT 20 /* of the header of an SQLite file */
#define LOG_MAGIC 0x377f0682u /* + 1: words are big-endian */
#define LOG_VERSION 3007000u

static uint32_t
get32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void
put32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
}

/* ---- pages ---- */

/* Of the header of an SQLite file: change counter, schema cookie, and who
 * wrote it last. SQLite's backup copies pages as they are, with their sums,
 * and sets these anew; a file is read the same with any of them. */
static const struct {
	uint16_t from, to;
} unsummed[] = { { 24, 28 }, { 40, 44 }, { 92, 100 } };

static uint32_t
page_crc(const unsigned char *page, uint32_t number, struct page_from from)
{
	unsigned char more[12];
	uint32_t crc = 0;
	size_t at = 0;

	for (size_t i = 0; number == 1 && i < ARRAY_LEN(unsummed); i++) {
		crc = crc32c(crc, page + at, unsummed[i].from - at);
		at = unsummed[i].to;
	}
	crc = crc32c(crc, page + at, PAGE_BYTES - PAGE_SUM_BYTES - at);
	put32(more, number);
	put32(more + 4, from.salt);
	put32(more + 8, from.frame);
	return crc32c(crc, more, sizeof(more));
}

bool
page_sum_fits(const unsigned char page[PAGE_BYTES])
{
	return page[SIZE_AT] << 8 == PAGE_BYTES && page[SIZE_AT + 1] == 0;
}

bool
page_sum_used(const unsigned char page[PAGE_BYTES])
{
	return (page[RESERVED_AT] == PAGE_SUM_BYTES && page_sum_fits(page)) ||
	       get32(page + PAGE_BYTES - PAGE_SUM_BYTES) == MARK;
}

enum page_sum
page_sum_check(const unsigned char page[PAGE_BYTES], uint32_t number,
	       struct page_from *ret_from)
{
	static const unsigned char none[PAGE_SUM_BYTES];
	const unsigned char *sum = page + PAGE_BYTES - PAGE_SUM_BYTES;
	struct page_from from = { get32(sum + 8), get32(sum + 12) };

	if (memcmp(sum, none, sizeof(none)) != 0 &&
	    (get32(sum) != MARK ||
	     get32(sum + 4) != page_crc(page, number, from)))
		return PAGE_SUM_BAD;
	*ret_from = from;
	return get32(sum) == MARK ? PAGE_SUM_GOOD : PAGE_SUM_NONE;
}

void
page_sum_put(unsigned char page[PAGE_BYTES], uint32_t number,
	     struct page_from from)
{
	unsigned char *sum = page + PAGE_BYTES - PAGE_SUM_BYTES;

	put32(sum, MARK);
	put32(sum + 4, page_crc(page, number, from));
	put32(sum + 8, from.salt);
	put32(sum + 12, from.frame);
}

void
page_sum_clear(unsigned char page[PAGE_BYTES])
{
	memset(page + PAGE_BYTES - PAGE_SUM_BYTES, 0, PAGE_SUM_BYTES);
}

/* ---- the log ---- */

static uint32_t
word_at(const unsigned char *p, bool big_endian)
{
	uint32_t v;

	if (big_endian)
		return get32(p);
	memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

static struct log_sum
log_sum_add(bool big_endian, struct log_sum s, const unsigned char *p,
	    size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		s.a += word_at(p + i, big_endian) + s.b;
		s.b += word_at(p + i + 4, big_endian) + s.a;
	}
	return s;
}

static struct log_sum
log_sum_at(const unsigned char *p)
{
	return (struct log_sum){ get32(p), get32(p + 4) };
}

static bool
same_sum(struct log_sum x, struct log_sum y)
{
	return x.a == y.a && x.b == y.b;
}

bool
log_header_read(const unsigned char h[LOG_HEADER_BYTES],
		struct log_header *ret)
{
	uint32_t magic = get32(h);
	struct log_sum zero = { 0, 0 };

	ret->big_endian = magic & 1;
	ret->salt[0] = get32(h + 16);
	ret->salt[1] = get32(h + 20);
	ret->sum = log_sum_at(h + 24);
	return (magic & ~1u) == LOG_MAGIC && get32(h + 4) == LOG_VERSION &&
	       get32(h + 8) == PAGE_BYTES &&
	       same_sum(ret->sum, log_sum_add(ret->big_endian, zero, h, 24));
}

void
log_frame_read(const unsigned char h[LOG_FRAME_HEADER_BYTES],
	       struct log_frame *ret)
{
	*ret = (struct log_frame){
		.page = get32(h),
		.commit = get32(h + 4),
		.salt = { get32(h + 8), get32(h + 12) },
		.sum = log_sum_at(h + 16),
	};
}

bool
log_frame_follows(bool big_endian, struct log_sum before,
		  const unsigned char h[LOG_FRAME_HEADER_BYTES],
		  const unsigned char page[PAGE_BYTES])
{
	struct log_sum s = log_sum_add(big_endian, before, h, 8);

	s = log_sum_add(big_endian, s, page, PAGE_BYTES);
	return same_sum(s, log_sum_at(h + 16));
}
