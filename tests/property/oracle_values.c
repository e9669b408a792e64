/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_values.c - aggregates that SQLite lacks, as functions
 * of its own: all values are kept and sorted, and looked at when the group is
 * done. Nothing is shared with the engine.
 */
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/check.h"
#include "tests/property/oracle.h"

enum ask { ASK_MEDIAN, ASK_PERCENTILE, ASK_MODE, ASK_AND, ASK_OR, ASK_XOR };

struct values {
	sqlite3_value **v;
	int n, cap;
};

static int
value_cmp(const void *a, const void *b)
{
	sqlite3_value *x = *(sqlite3_value *const *)a;
	sqlite3_value *y = *(sqlite3_value *const *)b;

	if (sqlite3_value_type(x) == SQLITE_TEXT)
		return strcmp((const char *)sqlite3_value_text(x),
			      (const char *)sqlite3_value_text(y));
	if (sqlite3_value_type(x) == SQLITE_INTEGER &&
	    sqlite3_value_type(y) == SQLITE_INTEGER)
		return (sqlite3_value_int64(x) > sqlite3_value_int64(y)) -
		       (sqlite3_value_int64(x) < sqlite3_value_int64(y));
	return (sqlite3_value_double(x) > sqlite3_value_double(y)) -
	       (sqlite3_value_double(x) < sqlite3_value_double(y));
}

static void
values_step(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	struct values *s = sqlite3_aggregate_context(ctx, sizeof(*s));

	(void)n;
	if (sqlite3_value_type(args[0]) == SQLITE_NULL)
		return;
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		s->v = mem_realloc(s->v, (size_t)s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = sqlite3_value_dup(args[0]);
}

static void
give_percentile(sqlite3_context *ctx, const struct values *s, double p)
{
	double at = p * (s->n - 1);
	int low = (int)floor(at), high = (int)ceil(at);
	double below = sqlite3_value_double(s->v[low]);
	double above = sqlite3_value_double(s->v[high]);

	sqlite3_result_double(ctx, below == above
					   ? below
					   : (high - at) * below +
						     (at - low) * above);
}

static void
give_mode(sqlite3_context *ctx, const struct values *s)
{
	int best = 0, most = 0, first = 0;

	for (int i = 0; i < s->n; i++) {
		if (value_cmp(&s->v[first], &s->v[i]) != 0)
			first = i;
		if (i - first + 1 > most) {
			most = i - first + 1;
			best = first;
		}
	}
	sqlite3_result_value(ctx, s->v[best]);
}

static void
give_bits(sqlite3_context *ctx, const struct values *s, enum ask ask)
{
	int64_t bits = sqlite3_value_int64(s->v[0]);

	for (int i = 1; i < s->n; i++) {
		int64_t v = sqlite3_value_int64(s->v[i]);

		bits = ask == ASK_AND ? bits & v
		       : ask == ASK_OR ? bits | v : bits ^ v;
	}
	sqlite3_result_int64(ctx, bits);
}

static void
values_final(sqlite3_context *ctx)
{
	struct values *s = sqlite3_aggregate_context(ctx, sizeof(*s));
	enum ask ask = (enum ask)(intptr_t)sqlite3_user_data(ctx);

	if (s->n > 0) {
		qsort(s->v, (size_t)s->n, sizeof(*s->v), value_cmp);
		if (ask == ASK_MEDIAN)
			give_percentile(ctx, s, 0.5);
		else if (ask == ASK_PERCENTILE)
			give_percentile(ctx, s, 0.3);
		else if (ask == ASK_MODE)
			give_mode(ctx, s);
		else
			give_bits(ctx, s, ask);
	}
	for (int i = 0; i < s->n; i++)
		sqlite3_value_free(s->v[i]);
	free(s->v);
}

void
oracle_values_add(sqlite3 *db)
{
	static const char *const names[] = {
		[ASK_MEDIAN] = "median", [ASK_PERCENTILE] = "percentile_3",
		[ASK_MODE] = "mode", [ASK_AND] = "bit_and",
		[ASK_OR] = "bit_or", [ASK_XOR] = "bit_xor",
	};

	for (intptr_t i = 0; i < (intptr_t)ARRAY_LEN(names); i++)
		CHECK(sqlite3_create_function(db, names[i], 1, SQLITE_UTF8,
					      (void *)i, NULL, values_step,
					      values_final) == SQLITE_OK);
}
