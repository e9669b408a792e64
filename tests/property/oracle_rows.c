/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_rows.c - what a case is made of besides its queries:
 * rows with NULLs, ties, late ones and extremes, and what happens to the job
 * while they come.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "tests/property/oracle_text.h"

const struct feature_info feature_info[FEATURES] = {
#define FEATURE(name, text, need) { text, NEED_##need },
	ORACLE_FEATURES(FEATURE)
#undef FEATURE
};

#define STRING { .kind = TYPE_VARCHAR, .nullable = true, \
		 .length = TYPE_LENGTH_MAX }
#define DECIMAL_OF(p, s) { .kind = TYPE_DECIMAL, .nullable = true, \
			   .precision = (p), .scale = (s) }
#define OF(k) { .kind = (k), .nullable = true }
#define MS_INSTANT { .kind = TYPE_TIMESTAMP, .nullable = true, .precision = 3 }

const struct base_col base_cols[BASE_COLS] = {
	[COL_S] = { "s", "STRING", STRING, false, true, 11, 11 },
	[COL_I] = { "i", "INT", OF(TYPE_INT), false, true, 8, 6 },
	[COL_N] = { "n", "INT", OF(TYPE_INT), true, true, 8, 8 },
	[COL_B] = { "b", "BIGINT", OF(TYPE_BIGINT), false, true, 8, 6 },
	[COL_V] = { "v", "BIGINT", OF(TYPE_BIGINT), true, true, 8, 8 },
	[COL_F] = { "f", "BOOLEAN", OF(TYPE_BOOLEAN), false, true, 2, 2 },
	[COL_E] = { "e", "DECIMAL(18, 4)", DECIMAL_OF(18, 4), false, true,
		    7, 5 },
	[COL_D] = { "d", "DECIMAL(10, 2)", DECIMAL_OF(10, 2), true, true,
		    7, 7 },
	[COL_Y] = { "y", "DOUBLE", OF(TYPE_DOUBLE), false, false, 7, 7 },
	[COL_X] = { "x", "DOUBLE", OF(TYPE_DOUBLE), true, true, 7, 7 },
	[COL_U] = { "u", "TIMESTAMP(3)", MS_INSTANT, false, true, 6, 6 },
	[COL_TS] = { "ts", "TIMESTAMP(3)", MS_INSTANT, false, true, 0, 0 },
};

static const char *const strings[] = {
	"", "a", "b", "A", "ab", "abc", "\xc3\xa9", "0", "twelve-bytes",
	"more-than-twelve-bytes", "more-than-twelve-bytes-too",
};
static const int32_t ints[] = { 0, 1, -1, 2, 7, -5, INT32_MAX, INT32_MIN };
static const int32_t small_ints[] = { 0, 1, -1, 2, 3, -4, 1000, -999 };
static const int64_t bigints[] = { 0, 1, -1, 3, -8, (INT64_C(1) << 53) + 1,
				   INT64_MAX, INT64_MIN };
static const int64_t wide_ints[] = { 0, 1, -1, 5, -7, 100,
				     INT64_C(1000000000000),
				     INT64_C(-999999999999) };
static const int64_t wide_decimals[] = { 0, 10000, -2500, 1, -7500,
					 INT64_C(999999999999999999),
					 INT64_C(-999999999999999999) };
static const int64_t decimals[] = { 0, 150, -275, 1, -25, 9999999, -9999998 };
static const double doubles[] = { -0.0, 0.0, 0.1, 1e300, -1e300, 1e-300,
				  2.5 };
/* Eighths: sums are exact. */
static const double eighths[] = { 0.0, 0.5, -0.5, 1.25, -1000.125, 3.0,
				  0.375 };
static const int64_t instants_ms[] = {
	0, -1, INT64_C(1767225600000), INT64_C(1767225630500),
	INT64_C(-2208988800000), INT64_C(253402300799999),
};

unsigned
dice_roll(struct dice *d, unsigned sides)
{
	return hash_u64(d->n++, d->seed) % sides;
}

bool
oracle_wants(const struct oracle_case *c, struct dice *d, enum feature f,
	     unsigned percent)
{
	return dice_roll(d, 100) < percent || c->wish == f;
}

struct value
base_value(unsigned column, unsigned i)
{
	struct value v = { 0 };

	CHECK(i < base_cols[column].nvalues);
	switch (column) {
	case COL_S: v.str = str_ref(strings[i], strlen(strings[i])); break;
	case COL_I: v.i64 = ints[i]; break;
	case COL_N: v.i64 = small_ints[i]; break;
	case COL_B: v.i64 = bigints[i]; break;
	case COL_V: v.i64 = wide_ints[i]; break;
	case COL_F: v.u8 = (uint8_t)i; break;
	case COL_E: v.i64 = wide_decimals[i]; break;
	case COL_D: v.i64 = decimals[i]; break;
	case COL_Y: v.f64 = doubles[i]; break;
	case COL_X: v.f64 = eighths[i]; break;
	case COL_U: v.i64 = instants_ms[i] * US_PER_MS; break;
	default: CHECK(!"a column without values");
	}
	return v;
}

int64_t
clock_reaches(const struct clock *c, int64_t local_us)
{
	if (local_us - c->after_us >= c->change_us)
		return local_us - c->after_us;
	if (local_us - c->before_us <= c->change_us)
		return local_us - c->before_us;
	return c->change_us; /* it jumps over it */
}

/* ---- rows ---- */

/* How a case's rows look. */
struct style {
	unsigned null_percent, null_time_percent;
	unsigned domain[BASE_COLS]; /* bits: values in use */
	int64_t grid_ms;            /* of times */
	unsigned pause_ms;          /* between rows, at most */
	unsigned back_ms;           /* out of order, at most */
	bool many_groups;
	bool on_edge; /* times on the edges of seconds, and just before */
};

static struct style
choose_style(struct oracle_case *c)
{
	struct dice *d = &c->dice;
	static const int64_t grids[] = { 1, 100, 500, 1000 };
	struct style s = {
		.null_percent = oracle_wants(c, d, F_NULL_VALUE, 60) ||
				oracle_wants(c, d, F_NULL_KEY, 0) ?
				5 + dice_roll(d, 30) : 0,
		.null_time_percent = oracle_wants(c, d, F_NULL_TIME, 20) ?
				     5 : 0,
		.grid_ms = grids[dice_roll(d, 4)],
		.pause_ms = 1 + dice_roll(d, 2000),
		.back_ms = dice_roll(d, 3) ? dice_roll(d, 12000) : 0,
		.many_groups = oracle_wants(c, d, F_MANY_GROUPS, 0),
		.on_edge = oracle_wants(c, d, F_LAST_MS, 25),
	};

	if (oracle_wants(c, d, F_LATE, 0) || oracle_wants(c, d, F_PARTLY_LATE,
							   0))
		s.back_ms = 12000;
	if (oracle_wants(c, d, F_TIES, 15))
		s.grid_ms = 1000;
	for (unsigned k = 0; k < BASE_COLS; k++) {
		s.domain[k] = 1 + dice_roll(d, 2047);
		s.domain[k] |= dice_roll(d, 3) ? 0 : 2047;
	}
	if (oracle_wants(c, d, F_EMPTY_STRING, 0))
		s.domain[COL_S] |= 1;
	if (oracle_wants(c, d, F_EXTREME, 0))
		s.domain[COL_I] = s.domain[COL_B] = s.domain[COL_E] = 2047;
	return s;
}

static unsigned
choose_value(struct dice *d, unsigned domain, unsigned n)
{
	unsigned i = dice_roll(d, n);

	for (unsigned k = 0; k < n; k++, i = (i + 1) % n)
		if (domain & 1u << i)
			return i;
	return i;
}

static void
fill_row(struct oracle_case *c, const struct style *s, struct row *row)
{
	struct dice *d = &c->dice;

	for (unsigned k = 0; k < COL_TS; k++) {
		struct value *v = &row->v[k];

		if (dice_roll(d, 100) < s->null_percent) {
			*v = (struct value){ .is_null = true };
			c->has[F_NULL_VALUE] = true;
			continue;
		}
		*v = base_value(k, choose_value(d, s->domain[k],
						base_cols[k].nvalues));
		c->has[F_EMPTY_STRING] |= k == COL_S && v->str.len == 0;
		c->has[F_EXTREME] |= k == COL_B && (v->i64 == INT64_MAX ||
						    v->i64 == INT64_MIN);
	}
	if (s->many_groups)
		row->v[COL_V].i64 = dice_roll(d, 500);
	if (s->many_groups)
		row->v[COL_V].is_null = false;
}

/* Highest times so far, of each table and partition. */
struct tops {
	int64_t us[TABLES][4];
};

/* The time of the next row at `now`: rows of a table that is not strict keep
 * within the delay of its watermark. */
static int64_t
choose_time(struct oracle_case *c, const struct style *s, struct row *row,
	    int64_t now_ms, struct tops *tops)
{
	struct dice *d = &c->dice;
	int64_t delay_us = c->tables[row->table].delay_us;
	int64_t *top = &tops->us[row->table][row->partition];
	int64_t ms = now_ms;

	if (s->back_ms && dice_roll(d, 3) == 0)
		ms -= dice_roll(d, s->back_ms);
	ms -= floor_mod(ms, s->grid_ms);
	if (s->on_edge)
		ms -= floor_mod(ms, 1000) + dice_roll(d, 2);
	if (!c->strict && *top != TIME_NONE &&
	    ms * US_PER_MS <= *top - delay_us)
		ms = (*top - delay_us) / US_PER_MS + 1;
	if (ms * US_PER_MS > *top)
		*top = ms * US_PER_MS;
	else
		c->has[*top == ms * US_PER_MS ? F_TIES : F_OUT_OF_ORDER] =
			true;
	c->has[F_LAST_MS] |= floor_mod(ms, 1000) == 999;
	return ms * US_PER_MS;
}

static unsigned
choose_nrows(struct oracle_case *c, const struct style *s)
{
	struct dice *d = &c->dice;

	if (oracle_wants(c, d, F_MANY_ROWS, 0))
		return 2100 + dice_roll(d, 200);
	if (s->many_groups)
		return 700 + dice_roll(d, 200);
	return 1 + dice_roll(d, dice_roll(d, 4) ? 80 : 300);
}

static void
make_all_rows(struct oracle_case *c, struct style *s)
{
	struct dice *d = &c->dice;
	int64_t now_ms = c->begin_us / US_PER_MS;
	struct tops tops;

	for (unsigned t = 0; t < TABLES; t++)
		for (unsigned p = 0; p < 4; p++)
			tops.us[t][p] = TIME_NONE;
	c->nrows = choose_nrows(c, s);
	c->rows = mem_zalloc(c->nrows * sizeof(*c->rows));
	if (c->nrows > 300)
		s->pause_ms = 1 + s->pause_ms / 10;
	for (unsigned i = 0; i < c->nrows; i++) {
		struct row *row = &c->rows[i];

		row->table = dice_roll(d, c->ntables);
		row->partition = dice_roll(d, c->tables[row->table].nparts);
		fill_row(c, s, row);
		now_ms += dice_roll(d, s->pause_ms);
		if (c->nrows <= 300 && dice_roll(d, 40) == 0)
			now_ms += dice_roll(d, 15000);
		row->v[COL_TS].i64 = choose_time(c, s, row, now_ms, &tops);
		if (dice_roll(d, 100) < s->null_time_percent) {
			row->v[COL_TS] = (struct value){ .is_null = true };
			c->has[F_NULL_TIME] = true;
		}
	}
	c->has[F_MANY_ROWS] = c->nrows > 2048;
}

/* ---- events ---- */

static void
add_event(struct oracle_case *c, enum event_kind kind, unsigned row)
{
	c->events[c->nevents++] = (struct event){ kind, row };
}

static void
add_trouble(struct oracle_case *c, unsigned crash_percent)
{
	struct dice *d = &c->dice;

	if (dice_roll(d, 3) == 0) {
		add_event(c, EVENT_CHECKPOINT, 0);
		if (oracle_wants(c, d, F_CRASH_CLEAN, 15))
			add_event(c, EVENT_CRASH, 0);
	}
	if (dice_roll(d, 100) < crash_percent) {
		add_event(c, EVENT_CRASH, 0);
		if (oracle_wants(c, d, F_CRASH_TWICE, 30)) {
			add_event(c, EVENT_STEP, 0);
			add_event(c, EVENT_CRASH, 0);
		}
	}
	if (dice_roll(d, 12) == 0)
		add_event(c, EVENT_LOOK, 0);
}

void
oracle_make_rows(struct oracle_case *c)
{
	struct dice *d = &c->dice;
	struct style s = choose_style(c);
	unsigned rows_a_step = 1 + dice_roll(d, 30);
	unsigned crash_percent = dice_roll(d, 3) == 0 ? 25 : 8;

	make_all_rows(c, &s);
	if (dice_roll(d, 8) == 0)
		rows_a_step = c->nrows;
	if (c->nrows > 300)
		rows_a_step *= 20;
	c->events = mem_alloc((c->nrows * 8 + 8) * sizeof(*c->events));
	for (unsigned i = 0; i < c->nrows; i++) {
		add_event(c, EVENT_ROW, i);
		if (dice_roll(d, rows_a_step) > 0)
			continue;
		add_event(c, EVENT_STEP, 0);
		add_trouble(c, crash_percent);
	}
}

/* ---- the case ---- */

void
oracle_case_init(struct oracle_case *c, uint64_t number)
{
	memset(c, 0, sizeof(*c));
	c->number = number;
	c->wish = (number & 255) % FEATURES;
	c->dice.seed = number;
	text_init(&c->ddl);
	oracle_make_queries(c);
	oracle_make_rows(c);
}

void
oracle_case_release(struct oracle_case *c)
{
	for (unsigned i = 0; i < c->nqueries; i++)
		text_release(&c->queries[i].sql);
	text_release(&c->ddl);
	free(c->rows);
	free(c->events);
}
