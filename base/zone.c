/* SPDX-License-Identifier: Apache-2.0
 * base/zone.c - reads zone files (RFC 8536, version 2 and later) once and
 * keeps them for good: a few kilobytes each, found again by name.
 */
#include "base/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"

#define ZONE_DIR "/usr/share/zoneinfo/"
#define NAME_MAX_BYTES 64
#define FILE_MAX_BYTES ((size_t)256 * 1024)
#define TRANSITIONS_MAX 10000
#define FIXED_MAX (18 * 3600) /* as java.time */

static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones; /* newest first; only ever prepended to */

static struct zone *
zone_create(const char *name)
{
	struct zone *z = mem_zalloc(sizeof(*z));

	z->name = mem_strdup(name);
	return z;
}

static void
zone_destroy(struct zone *z)
{
	free(z->name);
	free(z->at);
	free(z->offset);
	free(z);
}

static int64_t
read_be(const unsigned char *p, size_t bytes)
{
	uint64_t v = p[0] & 0x80 ? UINT64_MAX : 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return (int64_t)v;
}

/* The header of a data block and the bytes behind it. */
struct block {
	char version;
	size_t isut, isstd, leap, times, types, chars;
	const unsigned char *data;
	size_t bytes;
};

#define HEADER_BYTES 44

static bool
block_read(const unsigned char *p, size_t n, size_t time_bytes,
	   struct block *ret)
{
	size_t *const counts[] = { &ret->isut, &ret->isstd, &ret->leap,
				   &ret->times, &ret->types, &ret->chars };

	if (n < HEADER_BYTES || memcmp(p, "TZif", 4) != 0)
		return false;
	ret->version = (char)p[4];
	for (size_t i = 0; i < 6; i++) {
		int64_t count = read_be(p + 20 + 4 * i, 4);

		if (count < 0 || count > TRANSITIONS_MAX)
			return false;
		*counts[i] = (size_t)count;
	}
	ret->data = p + HEADER_BYTES;
	ret->bytes = ret->times * (time_bytes + 1) + ret->types * 6 +
		     ret->chars + ret->leap * (time_bytes + 4) + ret->isstd +
		     ret->isut;
	return ret->types > 0 && n - HEADER_BYTES >= ret->bytes;
}

static bool
read_transitions(struct zone *z, const struct block *b)
{
	const unsigned char *type_of = b->data + b->times * 8;
	const unsigned char *types = type_of + b->times;

	z->first = read_be(types, 4);
	z->n_transitions = b->times;
	z->at = mem_zalloc(b->times * sizeof(*z->at));
	z->offset = mem_zalloc(b->times * sizeof(*z->offset));
	for (size_t i = 0; i < b->times; i++) {
		z->at[i] = read_be(b->data + i * 8, 8);
		if (type_of[i] >= b->types || (i && z->at[i] <= z->at[i - 1]))
			return false;
		z->offset[i] = (int32_t)read_be(types + type_of[i] * 6, 4);
	}
	return true;
}

/* "\n<TZ string>\n" behind the second block; it may be empty. */
static bool
read_footer(struct zone *z, const unsigned char *p, size_t n)
{
	const unsigned char *end;

	if (n < 2 || *p != '\n')
		return false;
	end = memchr(p + 1, '\n', n - 1);
	if (!end)
		return false;
	z->has_rule = end > p + 1;
	return !z->has_rule ||
	       zone_rule_parse((const char *)p + 1, (size_t)(end - p) - 1,
			       &z->rule);
}

/* The first block has 32-bit times, for readers of the last century. */
static bool
read_file(struct zone *z, const unsigned char *p, size_t n)
{
	const unsigned char *end = p + n;
	struct block b;

	if (!block_read(p, n, 4, &b) || b.version < '2')
		return false;
	p = b.data + b.bytes;
	if (!block_read(p, (size_t)(end - p), 8, &b))
		return false;
	p = b.data + b.bytes;
	return read_transitions(z, &b) &&
	       read_footer(z, p, (size_t)(end - p));
}

/* Names come from users: nothing of them may leave the directory. */
static bool
name_is_safe(const char *name)
{
	size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"abcdefghijklmnopqrstuvwxyz"
				"0123456789_+-/");

	return n > 0 && n <= NAME_MAX_BYTES && !name[n] && name[0] != '/' &&
	       name[n - 1] != '/';
}

static struct zone *
zone_load(const char *name)
{
	char path[sizeof(ZONE_DIR) + NAME_MAX_BYTES];
	struct zone *z = NULL;
	unsigned char *data;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s%s", ZONE_DIR, name);
	file = fopen(path, "rbe");
	if (!file)
		return NULL;
	data = mem_alloc(FILE_MAX_BYTES);
	n = fread(data, 1, FILE_MAX_BYTES, file);
	if (!ferror(file)) {
		z = zone_create(name);
		if (!read_file(z, data, n)) {
			zone_destroy(z);
			z = NULL;
		}
	}
	free(data);
	fclose(file);
	return z;
}

/* Two digits at most; false without any. */
static bool
read_two(const char **p, int *ret)
{
	const char *begin = *p;

	*ret = 0;
	while (**p >= '0' && **p <= '9' && *p - begin < 2)
		*ret = *ret * 10 + (*(*p)++ - '0');
	return *p > begin;
}

/* [UTC|GMT]+-h[h][:mm[:ss]] and the names of zero. */
static bool
read_fixed(const char *name, int64_t *ret_second)
{
	const char *p = name;
	int hour, minute = 0, second = 0;
	bool negative;

	*ret_second = 0;
	if (strncmp(p, "UTC", 3) == 0 || strncmp(p, "GMT", 3) == 0)
		p += 3;
	if (strcmp(name, "Z") == 0 || (p > name && !*p))
		return true;
	if (*p != '+' && *p != '-')
		return false;
	negative = *p++ == '-';
	if (!read_two(&p, &hour))
		return false;
	if (*p == ':') {
		p++;
		if (!read_two(&p, &minute))
			return false;
		if (*p == ':') {
			p++;
			if (!read_two(&p, &second))
				return false;
		}
	}
	*ret_second = (hour * 60 + minute) * 60 + second;
	if (*p || minute > 59 || second > 59 || *ret_second > FIXED_MAX)
		return false;
	if (negative)
		*ret_second = -*ret_second;
	return true;
}

static struct zone *
zone_make(const char *name)
{
	struct zone *z;
	int64_t second;

	if (read_fixed(name, &second)) {
		z = zone_create(name);
		z->first = second;
		return z;
	}
	return name_is_safe(name) ? zone_load(name) : NULL;
}

const struct zone *
zone_get(const char *name)
{
	struct zone *z;

	pthread_mutex_lock(&zones_lock);
	for (z = zones; z; z = z->next) {
		if (strcmp(z->name, name) == 0)
			break;
	}
	if (!z) {
		z = zone_make(name);
		if (z) {
			z->next = zones;
			zones = z;
		}
	}
	pthread_mutex_unlock(&zones_lock);
	return z;
}

const char *
zone_name(const struct zone *z)
{
	return z->name;
}

/* How many transitions are at or before that instant. */
static size_t
transitions_until(const struct zone *z, int64_t utc_second)
{
	size_t low = 0, high = z->n_transitions;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->at[middle] <= utc_second)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t
zone_offset_us(const struct zone *z, int64_t utc_us)
{
	int64_t second = floor_div(utc_us, US_PER_SECOND);
	size_t passed = transitions_until(z, second);
	int64_t offset;

	if (passed == z->n_transitions && z->has_rule)
		offset = zone_rule_offset(&z->rule, second);
	else
		offset = passed > 0 ? z->offset[passed - 1] : z->first;
	return offset * US_PER_SECOND;
}

/* No offset is as large as a day: the right one held, holds or will hold
 * within a day of the same reading in UTC. */
int64_t
zone_to_utc(const struct zone *z, int64_t local_us)
{
	int64_t candidates[3];

	/* TIME_NONE and TIME_END are the same everywhere. */
	if (local_us < INT64_MIN + 2 * US_PER_DAY ||
	    local_us > INT64_MAX - 2 * US_PER_DAY)
		return local_us;
	candidates[0] = zone_offset_us(z, local_us - US_PER_DAY);
	candidates[1] = zone_offset_us(z, local_us - candidates[0]);
	candidates[2] = zone_offset_us(z, local_us + US_PER_DAY);
	for (size_t i = 0; i < 3; i++) {
		int64_t utc_us = local_us - candidates[i];

		if (zone_offset_us(z, utc_us) == candidates[i])
			return utc_us;
	}
	return local_us - candidates[0]; /* a gap: nobody read this clock */
}
