/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/case.c - upper and lower case: ASCII at once, all others by
 * table, and the few characters whose other case is longer (sharp s is SS).
 */
#include "runtime/kernels/case.h"

#include <stdbool.h>

#include "base/check.h"
#include "base/str.h"
#include "runtime/kernels/case_table.h"

#define SIGMA 0x3a3
#define FINAL_SIGMA 0x3c2

/* Unicode's SpecialCasing without conditions. */
static const struct {
	uint32_t from, to[3];
} longer_upper[] = {
	{ 0xdf, { 'S', 'S' } },
	{ 0x149, { 0x2bc, 'N' } },
	{ 0x1f0, { 'J', 0x30c } },
	{ 0x390, { 0x399, 0x308, 0x301 } },
	{ 0x3b0, { 0x3a5, 0x308, 0x301 } },
	{ 0x587, { 0x535, 0x552 } },
	{ 0x1e96, { 'H', 0x331 } },
	{ 0x1e97, { 'T', 0x308 } },
	{ 0x1e98, { 'W', 0x30a } },
	{ 0x1e99, { 'Y', 0x30a } },
	{ 0x1e9a, { 'A', 0x2be } },
	{ 0xfb00, { 'F', 'F' } },
	{ 0xfb01, { 'F', 'I' } },
	{ 0xfb02, { 'F', 'L' } },
	{ 0xfb03, { 'F', 'F', 'I' } },
	{ 0xfb04, { 'F', 'F', 'L' } },
	{ 0xfb05, { 'S', 'T' } },
	{ 0xfb06, { 'S', 'T' } },
};

static bool
is_ascii(const char *text, size_t n)
{
	unsigned char all = 0;

	for (size_t i = 0; i < n; i++)
		all |= (unsigned char)text[i];
	return all < 0x80;
}

/* The code point in the other case, or itself. */
static uint32_t
look_up(uint32_t c, const struct case_range *table, size_t n)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table[middle].last < c)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == n || c < table[low].first ||
	    (c - table[low].first) % table[low].step != 0)
		return c;
	return (uint32_t)((int32_t)c + table[low].distance);
}

static uint32_t
to_upper_one(uint32_t c)
{
	if (c < 0x80)
		return c - ((c >= 'a' && c <= 'z') ? 32 : 0);
	return look_up(c, to_upper, ARRAY_LEN(to_upper));
}

static uint32_t
to_lower_one(uint32_t c)
{
	if (c < 0x80)
		return c + ((c >= 'A' && c <= 'Z') ? 32 : 0);
	return look_up(c, to_lower, ARRAY_LEN(to_lower));
}

static size_t
put_upper(uint32_t c, char *out)
{
	size_t n = 0;

	for (size_t i = 0; c >= 0xdf && i < ARRAY_LEN(longer_upper); i++) {
		if (longer_upper[i].from != c)
			continue;
		for (int k = 0; k < 3 && longer_upper[i].to[k]; k++)
			n += utf8_put(out + n, longer_upper[i].to[k]);
		return n;
	}
	return utf8_put(out, to_upper_one(c));
}

size_t
case_upper(const char *text, size_t n, char *out)
{
	size_t len = 0, pos = 0;

	if (is_ascii(text, n)) {
		for (size_t i = 0; i < n; i++)
			out[i] = text[i] >= 'a' && text[i] <= 'z'
					 ? (char)(text[i] - 32)
					 : text[i];
		return n;
	}
	while (pos < n)
		len += put_upper(utf8_next(text, n, &pos), out + len);
	return len;
}

static bool
has_case(uint32_t c)
{
	return to_upper_one(c) != c || to_lower_one(c) != c;
}

/* A capital sigma at the end of a word has a form of its own. */
static uint32_t
lower_sigma(const char *text, size_t n, size_t next, bool behind_letter)
{
	return behind_letter &&
			       (next == n ||
				!has_case(utf8_next(text, n, &next)))
		       ? FINAL_SIGMA
		       : to_lower_one(SIGMA);
}

size_t
case_lower(const char *text, size_t n, char *out)
{
	bool behind_letter = false;
	size_t len = 0, pos = 0;

	if (is_ascii(text, n)) {
		for (size_t i = 0; i < n; i++)
			out[i] = text[i] >= 'A' && text[i] <= 'Z'
					 ? (char)(text[i] + 32)
					 : text[i];
		return n;
	}
	while (pos < n) {
		uint32_t c = utf8_next(text, n, &pos), lower = to_lower_one(c);

		if (c == SIGMA)
			lower = lower_sigma(text, n, pos, behind_letter);
		behind_letter = has_case(c);
		if (c == 0x130) { /* I with dot: i and a dot above */
			len += utf8_put(out + len, 'i');
			lower = 0x307;
		}
		len += utf8_put(out + len, lower);
	}
	return len;
}
