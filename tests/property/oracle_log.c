/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_log.c - what a changelog must keep to, whatever the
 * answer is: nothing is taken back that is not there, a step says at most -old
 * and +new of a group, side by side and different.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "tests/property/oracle.h"

struct line {
	const char *kind; /* two letters */
	const char *row;  /* behind the blank */
	size_t len, key_len;
	unsigned at;
};

/* ---- lines ---- */

/* Bytes of the first n values of a row and the blank behind. An instant that
 * is not of the rig's own day is two words. */
static size_t
key_bytes(const struct query *q, const char *row, size_t len)
{
	size_t at = 0;

	for (unsigned k = 0; k < q->nkeys; k++) {
		bool instant = type_is_instant(q->cols[k].type);
		unsigned words = instant && row[at] != '@' &&
				 row[at] != 'N' ? 2 : 1;

		for (; words > 0; words--) {
			while (at < len && row[at] != ' ')
				at++;
			at += at < len;
		}
	}
	return at;
}

static unsigned
lines_split(const struct query *q, const char *text, size_t n,
	    struct line **ret)
{
	const char *end = text + n;
	struct line *lines = NULL;
	unsigned count = 0;

	while (text < end) {
		const char *nl = memchr(text, '\n', end - text);
		struct line *l;

		if (count % 64 == 0)
			lines = mem_realloc(lines,
					    (count + 64) * sizeof(*lines));
		l = &lines[count];
		*l = (struct line){ .kind = text, .row = text + 3,
				    .len = nl - text - 3, .at = count };
		l->key_len = key_bytes(q, l->row, l->len);
		count++;
		text = nl + 1;
	}
	*ret = lines;
	return count;
}

static int
bytes_cmp(const char *a, size_t na, const char *b, size_t nb)
{
	int cmp = memcmp(a, b, na < nb ? na : nb);

	return cmp ? cmp : (na > nb) - (na < nb);
}

static int
by_key(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int cmp = bytes_cmp(x->row, x->key_len, y->row, y->key_len);

	return cmp ? cmp : (x->at > y->at) - (x->at < y->at);
}

static int
by_row(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int cmp = bytes_cmp(x->row, x->len, y->row, y->len);

	return cmp ? cmp : (x->at > y->at) - (x->at < y->at);
}

static bool
is_kind(const struct line *l, const char *kind)
{
	return l->kind[0] == kind[0] && l->kind[1] == kind[1];
}

static bool
complain(struct buf *why, const char *what, const struct line *l)
{
	buf_printf(why, "%s: %.*s\n", what, (int)(l->len + 3), l->kind);
	return false;
}

/* ---- one step ---- */

/* What the step says about one key. */
static bool
check_key(const struct query *q, const struct line *l, unsigned n,
	  struct buf *why)
{
	if (q->sink == SINK_UPSERT && n > 1)
		return complain(why, "a key twice in a step", l);
	if (q->sink == SINK_UPSERT)
		return true;
	if (n == 1 && !is_kind(l, "+I") && !is_kind(l, "-D"))
		return complain(why, "half of a pair", l);
	if (n == 1)
		return true;
	if (n > 2)
		return complain(why, "more than a pair in a step", l);
	if (!is_kind(&l[0], "-U") || !is_kind(&l[1], "+U") ||
	    l[1].at != l[0].at + 1)
		return complain(why, "no pair, or not side by side", l);
	if (bytes_cmp(l[0].row, l[0].len, l[1].row, l[1].len) == 0)
		return complain(why, "a pair that changes nothing", l);
	return true;
}

bool
oracle_log_step(const struct query *q, const char *text, size_t n, bool is_one,
		struct oracle_case *c, struct buf *why)
{
	struct line *lines;
	unsigned count = lines_split(q, text, n, &lines);
	bool keyed = is_one && q->nkeys > 0, ok = true;

	for (unsigned i = 0; i < count; i++) {
		c->has[F_UPDATE] |= is_kind(&lines[i], "-U");
		c->has[F_DELETE] |= is_kind(&lines[i], "-D");
		if (!q->updating && q->sink != SINK_UPSERT &&
		    !is_kind(&lines[i], "+I"))
			ok = complain(why, "only +I is due", &lines[i]);
	}
	if (count > 0 && keyed)
		qsort(lines, count, sizeof(*lines), by_key);
	for (unsigned i = 0, j; ok && keyed && i < count; i = j) {
		for (j = i + 1; j < count; j++)
			if (bytes_cmp(lines[i].row, lines[i].key_len,
				      lines[j].row, lines[j].key_len) != 0)
				break;
		ok = check_key(q, &lines[i], j - i, why);
	}
	if (!ok)
		buf_printf(why, "in the step\n%.*s", (int)n, text);
	free(lines);
	return ok;
}

/* ---- all of it ---- */

/* An upsert sink may be told only of the key's end. */
bool
oracle_log_whole(const struct query *q, const char *text, size_t n,
		 struct buf *why)
{
	bool keyed = q->sink == SINK_UPSERT, ok = true;
	struct line *lines;
	unsigned count = lines_split(q, text, n, &lines);

	if (count > 0)
		qsort(lines, count, sizeof(*lines), keyed ? by_key : by_row);
	for (unsigned i = 0, j; ok && i < count; i = j) {
		int there = 0;

		for (j = i; ok && j < count; j++) {
			const struct line *l = &lines[j];

			if (keyed ? bytes_cmp(l->row, l->key_len,
					      lines[i].row, lines[i].key_len)
				  : bytes_cmp(l->row, l->len, lines[i].row,
					      lines[i].len))
				break;
			there = l->kind[0] == '-' ? there - 1 :
				keyed ? 1 : there + 1;
			if (there < 0)
				ok = complain(why, "taken back, not there", l);
		}
	}
	free(lines);
	return ok;
}

void
oracle_log_last(const struct query *q, const char *text, size_t n,
		struct buf *out)
{
	struct line *lines;
	unsigned count = lines_split(q, text, n, &lines);

	if (count > 0)
		qsort(lines, count, sizeof(*lines), by_key);
	for (unsigned i = 0; i < count; i++) {
		const struct line *l = &lines[i];

		if (i + 1 < count &&
		    bytes_cmp(l->row, l->key_len, l[1].row,
			      l[1].key_len) == 0)
			continue;
		if (l->kind[0] == '+')
			buf_printf(out, "+I %.*s\n", (int)l->len, l->row);
	}
	free(lines);
}
