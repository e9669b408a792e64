/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_view.c - the view under an operator's name: what its query
 * would say right now. A window aggregate's view adds up the panes of every
 * window that is open; times are text, so that people can read them.
 */
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/operator.h"
#include "runtime/store_impl.h"

struct view {
	struct store *s;
	const struct stored_op *o;
	const struct view_def *def;
	const struct plan_window *window; /* NULL: GROUP BY */
	const struct zone *zone; /* of windows on a local clock, or NULL */
	const struct store_table *groups;
	const struct store_table *panes;  /* NULL: GROUP BY */
	const struct store_table *values; /* where accumulators lie: panes, or
					   * groups */
	struct buf sql;
};

static long long
ll(int64_t v)
{
	return (long long)v;
}

/* ---- pieces of SQL ---- */

/* g."name" */
static const char *
column_text(struct view *v, char table, const struct store_table *t,
	    unsigned col)
{
	struct buf b;
	const char *text;

	CHECK(col < t->schema->ncols);
	buf_init(&b);
	buf_printf(&b, "%c.", table);
	sql_name(&b, t->cols[col].name);
	text = arena_strdup(&v->s->arena, buf_cstr(&b));
	buf_release(&b);
	return text;
}

/* Of the table that holds accumulators: p is its alias everywhere. */
static const char *
accumulator_text(struct view *v, unsigned col)
{
	return column_text(v, v->panes ? 'p' : 'g', v->values, col);
}

/* x - floor_mod(x, step): SQLite's % keeps the sign of x. */
static const char *
align_text(struct view *v, const char *x, int64_t step, int64_t offset)
{
	return arena_printf(&v->s->arena,
			    "((%s) - (((%s) - (%lld)) %% %lld + %lld)"
			    " %% %lld)",
			    x, x, ll(offset), ll(step), ll(step), ll(step));
}

/* An instant in microseconds as 2026-01-01 00:00:05.000, or as it is where
 * SQLite's calendar ends. */
static const char *
instant_text(struct view *v, const char *x, unsigned precision)
{
	struct arena *a = &v->s->arena;
	const char *seconds = arena_printf(
		a, "(%s) / 1000000", align_text(v, x, 1000000, 0));
	const char *micros = arena_printf(
		a, "(((%s) %% 1000000 + 1000000) %% 1000000)", x);

	return arena_printf(
		a,
		"coalesce(strftime('%%Y-%%m-%%d %%H:%%M:%%S', %s, 'unixepoch')"
		" || printf('.%s', %s%s), %s)",
		seconds, precision <= 3 ? "%03d" : "%06d", micros,
		precision <= 3 ? " / 1000" : "", x);
}

/* A value as people read it. */
static const char *
shown_text(struct view *v, struct type t, const char *x)
{
	struct arena *a = &v->s->arena;

	switch (t.kind) {
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return instant_text(v, x, t.precision);
	case TYPE_DATE:
		return arena_printf(a,
				    "coalesce(strftime('%%Y-%%m-%%d', (%s) *"
				    " 86400, 'unixepoch'), %s)",
				    x, x);
	case TYPE_TIME:
		return arena_printf(a,
				    "strftime('%%H:%%M:%%S', (%s) / 1000,"
				    " 'unixepoch') || %s",
				    x,
				    t.precision == 0
					    ? "''"
					    : arena_printf(a,
							   "printf('.%%03d',"
							   " (%s) %% 1000)",
							   x));
	default:
		return x;
	}
}

/* ---- aggregates over the panes of a window ---- */

/* Exact while 63 bits are enough, REAL beyond: SQLite's own sum() fails when
 * integers overflow. Texts are DECIMAL or wider than 63 bits. */
static const char *
sum_exact(struct view *v, const char *x)
{
	return arena_printf(&v->s->arena,
			    "CASE WHEN max(typeof(%s)) = 'text' THEN total(%s)"
			    " ELSE sum(%s >> 32) * 4294967296 +"
			    " sum(%s & 4294967295) END",
			    x, x, x, x);
}

/* NaN and infinities are texts, which SQLite would add as 0. */
static const char *
sum_f64(struct view *v, const char *x)
{
	return arena_printf(
		&v->s->arena,
		"CASE WHEN max(%s = 'NaN') OR (max(%s = 'Infinity') AND"
		" max(%s = '-Infinity')) THEN 'NaN'"
		" WHEN max(%s = 'Infinity') THEN 'Infinity'"
		" WHEN max(%s = '-Infinity') THEN '-Infinity'"
		" ELSE sum(%s) END",
		x, x, x, x, x, x);
}

static const char *
sum_of(struct view *v, struct type t, const char *x)
{
	return phys_of(t) == PHYS_F64 ? sum_f64(v, x) : sum_exact(v, x);
}

static const char *
sum_text(struct view *v, unsigned col)
{
	return sum_of(v, v->values->cols[col].type, accumulator_text(v, col));
}

/* x as a number to be compared: the infinities are numbers, NaN is not. */
static const char *
f64_number(struct view *v, const char *x)
{
	return arena_printf(&v->s->arena,
			    "CASE %s WHEN 'Infinity' THEN 9e999"
			    " WHEN '-Infinity' THEN -9e999"
			    " WHEN 'NaN' THEN NULL ELSE %s END",
			    x, x);
}

/* NaN is above all numbers: MAX takes it when there is one, MIN when there is
 * nothing else. */
static const char *
extreme_f64(struct view *v, const char *function, const char *x)
{
	const char *best = arena_printf(&v->s->arena, "%s(%s)", function,
					f64_number(v, x));

	return arena_printf(&v->s->arena,
			    "CASE WHEN %s max(%s = 'NaN') THEN 'NaN'"
			    " ELSE CASE %s WHEN 9e999 THEN 'Infinity'"
			    " WHEN -9e999 THEN '-Infinity' ELSE %s END END",
			    strcmp(function, "min") == 0
				    ? arena_printf(&v->s->arena,
						   "%s IS NULL AND", best)
				    : "",
			    x, best, best);
}

static const char *
extreme_text(struct view *v, const char *function, unsigned col)
{
	const char *x = accumulator_text(v, col);
	struct type t = v->values->cols[col].type;

	if (phys_of(t) == PHYS_F64)
		return extreme_f64(v, function, x);
	if (t.kind == TYPE_DECIMAL)
		x = arena_printf(&v->s->arena, "CAST(%s AS NUMERIC)", x);
	return arena_printf(&v->s->arena, "%s(%s)", function, x);
}

/* Integers divide as integers; everything else shows REAL. */
static const char *
ratio_text(struct view *v, struct type t, const char *sum, const char *n)
{
	if (type_is_integer(t))
		return arena_printf(&v->s->arena, "(%s) / nullif(%s, 0)", sum,
				    n);
	return arena_printf(&v->s->arena,
			    "CASE WHEN typeof(%s) = 'text' AND (%s) IN ('NaN',"
			    " 'Infinity', '-Infinity') THEN %s ELSE"
			    " CAST(%s AS REAL) / nullif(%s, 0) END",
			    sum, sum, sum, sum, n);
}

/* Of n values so many are TRUE: 1, 0, or NULL without values. */
static const char *
truth_text(struct view *v, enum view_how how, const char *n_true, const char *n)
{
	return arena_printf(&v->s->arena,
			    how == VIEW_ALL_TRUE
				    ? "CASE WHEN (%s) > 0 THEN (%s) = (%s) END"
				    : "CASE WHEN (%s) > 0 THEN (%s) > 0 END",
			    n, n_true, n);
}

/* The number of values and the sum of their squared distances from the mean,
 * in SQL. */
struct variance {
	const char *n, *squares;
};

static bool
shows_variance(const struct view_column *c)
{
	return c->how >= VIEW_VAR_POP && c->how <= VIEW_STDDEV_SAMP;
}

static const char *
variance_text(struct view *v, const struct view_column *c, struct variance x)
{
	struct arena *a = &v->s->arena;
	bool pop = c->how == VIEW_VAR_POP || c->how == VIEW_STDDEV_POP;
	bool whole = type_is_integer(c->type);
	const char *text = arena_printf(a, whole ? "(%s) / nullif(max(%s - %d, 0),"
						   " 0)"
						 : "max(%s, 0.0) /"
						   " nullif(max(%s - %d, 0),"
						   " 0)",
					x.squares, x.n, pop ? 0 : 1);

	if (c->how == VIEW_STDDEV_POP || c->how == VIEW_STDDEV_SAMP)
		text = arena_printf(a, "sqrt(%s)", text);
	return whole ? arena_printf(a, "CAST(%s AS INTEGER)", text) : text;
}

/* From n, the sum and the sum of squares. */
static const char *
squares_text(struct view *v, const struct view_column *c, const char *n,
	     const char *sum, const char *squares)
{
	return arena_printf(&v->s->arena,
			    type_is_integer(c->type)
				    ? "%s - CAST((%s) * (%s) / nullif(%s, 0) AS"
				      " INTEGER)"
				    : "%s - 1.0 * (%s) * (%s) / nullif(%s, 0)",
			    squares, sum, sum, n);
}

/* The sum of squares from its halves; it has twice the digits of the sum. */
static const char *
halves_text(struct view *v, const char *low, const char *high, unsigned scale)
{
	struct arena *a = &v->s->arena;
	const char *text = arena_printf(a,
					"((%s) + CASE WHEN (%s) > 0 THEN (%s) *"
					" 1.7014118346046923e38 ELSE 0 END)",
					low, high, high);

	return scale ? arena_printf(a, "%s * 1e-%u", text, 2 * scale) : text;
}

/* Of columns [col, col + 3) or so, as x() has them. */
static struct variance
exact_variance(struct view *v, const struct view_column *c,
	       const char *(*x)(struct view *v, unsigned col))
{
	const struct type t = v->values->cols[c->col + 1].type;
	const char *n = x(v, c->col);
	const char *squares = halves_text(v, x(v, c->col + 2u),
					  x(v, c->col + 3u), t.scale);

	return (struct variance){
		n, squares_text(v, c, n, x(v, c->col + 1u), squares),
	};
}

static const char *
own_text(struct view *v, unsigned col)
{
	return arena_printf(&v->s->arena, "CAST(%s AS NUMERIC)",
			    column_text(v, 'g', v->groups, col));
}

static const char *
pane_variance_text(struct view *v, const struct view_column *c)
{
	struct arena *a = &v->s->arena;
	const char *n = accumulator_text(v, c->col);
	const char *mean = accumulator_text(v, c->col + 1u);
	const char *m2 = accumulator_text(v, c->col + 2u);
	struct variance x;

	if (phys_of(v->values->cols[c->col + 1].type) != PHYS_F64)
		return variance_text(v, c, exact_variance(v, c, sum_text));
	x.n = arena_printf(a, "sum(%s)", n);
	x.squares = arena_printf(a, "sum(%s + %s * %s * %s) - sum(%s * %s) *"
				    " sum(%s * %s) / nullif(%s, 0)",
				 m2, n, mean, mean, n, mean, n, mean, x.n);
	return arena_printf(a, "CASE WHEN max(typeof(%s)) = 'text' THEN 'NaN'"
			       " ELSE %s END", m2, variance_text(v, c, x));
}

static const char *
group_variance_text(struct view *v, const struct view_column *c)
{
	struct arena *a = &v->s->arena;
	const char *m2 = column_text(v, 'g', v->groups, c->col + 2u);
	struct variance x = {
		column_text(v, 'g', v->groups, c->col), m2,
	};

	if (phys_of(v->values->cols[c->col + 1].type) != PHYS_F64)
		return variance_text(v, c, exact_variance(v, c, own_text));
	return arena_printf(a, "CASE WHEN typeof(%s) = 'text' THEN 'NaN' ELSE"
			       " %s END", m2, variance_text(v, c, x));
}

/* Of the values x, one row for each. */
static const char *
distinct_variance_text(struct view *v, const struct view_column *c,
		       struct type t)
{
	struct variance x = {
		"count(*)",
		squares_text(v, c, "count(*)", "sum(x)", "sum(x * x)"),
	};
	const char *text = variance_text(v, c, x);

	if (phys_of(t) != PHYS_F64)
		return text;
	return arena_printf(&v->s->arena, "CASE WHEN max(typeof(x)) = 'text'"
					  " THEN 'NaN' ELSE %s END", text);
}

/* What is counted, summed or averaged over x, one row for each value. */
static const char *
distinct_result(struct view *v, const struct view_column *c, struct type t)
{
	switch (c->how) {
	case VIEW_DISTINCT_SUM:
		return sum_of(v, t, "x");
	case VIEW_DISTINCT_AVG:
		return ratio_text(v, c->type, sum_of(v, t, "x"), "count(*)");
	case VIEW_DISTINCT_TRUE:
		return "count(CASE WHEN x THEN 1 END)";
	case VIEW_VAR_POP:
	case VIEW_VAR_SAMP:
	case VIEW_STDDEV_POP:
	case VIEW_STDDEV_SAMP:
		return distinct_variance_text(v, c, t);
	default:
		return "count(*)";
	}
}

/* Over the different values that the window (or group) has. */
static const char *
distinct_text(struct view *v, const struct view_column *c)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);
	struct arena *a = &v->s->arena;
	unsigned value;
	struct buf b;
	const char *text;

	CHECK(t);
	value = t->nkeys - 1u;
	buf_init(&b);
	buf_printf(&b, "(SELECT %s FROM (SELECT DISTINCT %s AS x FROM ",
		   distinct_result(v, c, t->cols[value].type),
		   column_text(v, 'd', t, value));
	sql_name(&b, t->name);
	buf_printf(&b, " d WHERE d._id = g._id");
	if (v->panes)
		buf_printf(&b, " AND %s >= w.s AND %s < w.e",
			   column_text(v, 'd', t, 0),
			   column_text(v, 'd', t, 0));
	if (c->col > 0)
		buf_printf(&b, " AND %s > 0", column_text(v, 'd', t, c->col));
	buf_puts(&b, "))");
	text = arena_strdup(a, buf_cstr(&b));
	buf_release(&b);
	return text;
}

/* The value of the first or last pane of the window that has one. */
static const char *
arrival_text(struct view *v, const struct view_column *c)
{
	const char *x = column_text(v, 'q', v->panes, c->col);
	struct buf b;
	const char *text;

	buf_init(&b);
	buf_printf(&b, "(SELECT %s FROM ", x);
	sql_name(&b, v->panes->name);
	buf_printf(&b,
		   " q WHERE q._id = g._id AND q._pane >= w.s AND"
		   " q._pane < w.e AND %s IS NOT NULL ORDER BY q._pane%s"
		   " LIMIT 1)",
		   x, c->how == VIEW_LAST ? " DESC" : "");
	text = arena_strdup(&v->s->arena, buf_cstr(&b));
	buf_release(&b);
	return text;
}

static const char *
pane_column_text(struct view *v, const struct view_column *c)
{
	struct arena *a = &v->s->arena;
	const char *sum;

	switch (c->how) {
	case VIEW_KEY:
	case VIEW_VALUE:
		return shown_text(v, c->type,
				  column_text(v, 'g', v->groups, c->col));
	case VIEW_WINDOW_START:
		return instant_text(v, "w.s", 3);
	case VIEW_WINDOW_END:
		return instant_text(v, "w.e", 3);
	case VIEW_SUM:
		sum = sum_text(v, c->col);
		return c->col2 == 0
			       ? sum
			       : arena_printf(a,
					      "CASE WHEN sum(%s) > 0 THEN %s"
					      " END",
					      accumulator_text(v, c->col2), sum);
	case VIEW_MIN:
		return shown_text(v, c->type, extreme_text(v, "min", c->col));
	case VIEW_MAX:
		return shown_text(v, c->type, extreme_text(v, "max", c->col));
	case VIEW_AVG:
		return ratio_text(v, c->type, sum_text(v, c->col),
				  sum_text(v, c->col2));
	case VIEW_VAR_POP:
	case VIEW_VAR_SAMP:
	case VIEW_STDDEV_POP:
	case VIEW_STDDEV_SAMP:
		return c->table == v->def->panes_table
			       ? pane_variance_text(v, c)
			       : distinct_text(v, c);
	case VIEW_FIRST:
	case VIEW_LAST:
		return shown_text(v, c->type, arrival_text(v, c));
	case VIEW_ALL_TRUE:
	case VIEW_ANY_TRUE:
		return truth_text(v, c->how, sum_text(v, c->col),
				  sum_text(v, c->col2));
	case VIEW_DISTINCT:
	case VIEW_DISTINCT_SUM:
	case VIEW_DISTINCT_AVG:
	case VIEW_DISTINCT_TRUE:
		return distinct_text(v, c);
	}
	return "NULL";
}

/* GROUP BY: one row of _groups has it all. */
static const char *
group_column_text(struct view *v, const struct view_column *c)
{
	const char *x;

	if (c->how == VIEW_DISTINCT || c->how == VIEW_DISTINCT_SUM ||
	    c->how == VIEW_DISTINCT_AVG || c->how == VIEW_DISTINCT_TRUE)
		return distinct_text(v, c);
	if (shows_variance(c))
		return c->table == v->def->groups_table
			       ? group_variance_text(v, c)
			       : distinct_text(v, c);
	CHECK(c->how != VIEW_WINDOW_START);
	CHECK(c->how != VIEW_WINDOW_END);
	x = column_text(v, 'g', v->groups, c->col);
	if (c->how == VIEW_AVG)
		return ratio_text(v, c->type, x,
				  column_text(v, 'g', v->groups, c->col2));
	if (c->how == VIEW_ALL_TRUE || c->how == VIEW_ANY_TRUE)
		return truth_text(v, c->how, x,
				  column_text(v, 'g', v->groups, c->col2));
	if (c->how == VIEW_SUM && c->col2 > 0)
		return arena_printf(&v->s->arena, "CASE WHEN %s > 0 THEN %s"
						  " END",
				    column_text(v, 'g', v->groups, c->col2),
				    x);
	return shown_text(v, c->type, x);
}

/* ---- windows ---- */

static const char *
quoted(struct view *v, const char *name)
{
	struct buf b;
	const char *text;

	buf_init(&b);
	sql_name(&b, name);
	text = arena_strdup(&v->s->arena, buf_cstr(&b));
	buf_release(&b);
	return text;
}

static void
collect_sources(const struct plan_node *n, struct buf *out)
{
	if (!n)
		return;
	if (n->kind == PLAN_WATERMARK) {
		buf_puts(out, out->len ? ", " : "");
		sql_text(out, n->watermark->table);
		return;
	}
	for (unsigned i = 0; i < n->ninputs; i++)
		collect_sources(n->inputs[i], out);
}

/* The first instant in (from, to] with another offset than `from` has. */
static int64_t
zone_change(const struct zone *z, int64_t from, int64_t to)
{
	int64_t offset = zone_offset_us(z, from);

	while (to - from > US_PER_SECOND) {
		int64_t middle = from + (to - from) / 2;

		middle -= floor_mod(middle, US_PER_SECOND);
		if (zone_offset_us(z, middle) == offset)
			from = middle;
		else
			to = middle;
	}
	return to;
}

/* The zone's offset at instant us, in SQL: its changes from 1970 to 2069. The
 * text is the same at every start, so that the view is made only once. */
static void
put_zone_offset(struct view *v)
{
	const struct zone *z = v->zone;
	int64_t end = INT64_C(36524) * US_PER_DAY, at = 0;
	int64_t offset = zone_offset_us(z, 0);

	buf_puts(&v->sql, "CASE");
	for (int64_t next; at < end; at = next) {
		next = at + US_PER_DAY;
		if (zone_offset_us(z, next) == offset)
			continue;
		buf_printf(&v->sql, " WHEN us < %lld THEN %lld",
			   ll(zone_change(z, at, next)), ll(offset));
		offset = zone_offset_us(z, next);
	}
	buf_printf(&v->sql, " WHEN 1 THEN %lld END", ll(offset));
}

/* utc(us): the operator's time in microseconds, NULL before the first; idle
 * inputs do not hold it back. wm(us): the same on the windows' clock. */
static void
put_watermark(struct view *v)
{
	struct buf sources;

	buf_init(&sources);
	collect_sources(v->o->op->node, &sources);
	buf_printf(&v->sql,
		   "utc(us) AS (SELECT CAST(strftime('%%s', t) AS INTEGER) *"
		   " 1000000 + CAST(substr(strftime('%%f', t), 4) AS INTEGER)"
		   " * 1000 FROM (SELECT coalesce(min(CASE WHEN idle_since IS"
		   " NULL THEN coalesce(watermark, '') END), min(watermark))"
		   " AS t FROM watermarks WHERE \"partition\" = -1 AND source"
		   " IN (%s))), wm(us) AS (SELECT us",
		   buf_cstr(&sources));
	if (v->zone) {
		buf_puts(&v->sql, " + ");
		put_zone_offset(v);
	}
	buf_puts(&v->sql, " FROM utc)");
	buf_release(&sources);
}

/* windows(s, e): every window that has a pane. The recursion goes from window
 * to window and leaps over gaps, so that one row in the far future does not
 * make it walk there. A user's column may be called s, but never _s. */
static void
put_hop_windows(struct view *v)
{
	const struct plan_window *w = v->window;
	struct arena *a = &v->s->arena;
	const char *pane = column_text(v, 'p', v->panes, 0);
	const char *table = quoted(v, v->panes->name);
	/* The first window that holds pane x starts behind x - size. */
	const char *next = arena_printf(
		a, "(SELECT min(%s) FROM %s p WHERE %s >= _s + %lld)", pane,
		table, pane, ll(w->slide_us));
	const char *first =
		arena_printf(a, "(SELECT min(%s) FROM %s p)", pane, table);

	buf_printf(&v->sql,
		   "starts(_s) AS (SELECT %s + %lld UNION ALL"
		   " SELECT max(_s + %lld, %s + %lld) FROM starts"
		   " WHERE _s IS NOT NULL),"
		   " windows(s, e) AS (SELECT _s, _s + %lld FROM starts"
		   " WHERE _s IS NOT NULL)",
		   align_text(v,
			      arena_printf(a, "%s - %lld", first,
					   ll(w->size_us)),
			      w->slide_us, w->offset_us),
		   ll(w->slide_us), ll(w->slide_us),
		   align_text(v,
			      arena_printf(a, "%s - %lld", next,
					   ll(w->size_us)),
			      w->slide_us, w->offset_us),
		   ll(w->slide_us), ll(w->size_us));
}

static void
put_tumble_windows(struct view *v)
{
	const struct plan_window *w = v->window;
	const char *pane = column_text(v, 'p', v->panes, 0);

	buf_printf(&v->sql,
		   "windows(s, e) AS (SELECT DISTINCT %s, %s + %lld FROM %s p)",
		   pane, pane, ll(w->size_us), quoted(v, v->panes->name));
}

/* From the first step with a pane on, each longer window holds it too. */
static void
put_cumulate_windows(struct view *v)
{
	const struct plan_window *w = v->window;
	const char *pane = column_text(v, 'p', v->panes, 0);

	buf_printf(&v->sql,
		   "bases(s, first) AS (SELECT %s, min(pane) FROM (SELECT"
		   " DISTINCT %s AS pane FROM %s p) GROUP BY 1),"
		   " windows(s, e) AS (SELECT s, %s + %lld FROM bases"
		   " UNION ALL SELECT s, e + %lld FROM windows"
		   " WHERE e < s + %lld)",
		   align_text(v, "pane", w->size_us, w->offset_us), pane,
		   quoted(v, v->panes->name),
		   align_text(v, "first", w->slide_us, w->offset_us),
		   ll(w->slide_us), ll(w->slide_us), ll(w->size_us));
}

static bool
name_taken(const char *const *names, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

/* As in tables: the second n is n_2. */
static const char *
column_name(struct view *v, const char *const *names, unsigned i)
{
	const char *name = v->def->cols[i].name;

	for (unsigned n = 2; name_taken(names, i, name); n++)
		name = arena_printf(&v->s->arena, "%s_%u",
				    v->def->cols[i].name, n);
	return name;
}

static void
put_columns(struct view *v)
{
	const char **names = arena_array(&v->s->arena, v->def->ncols,
					 const char *);

	for (unsigned i = 0; i < v->def->ncols; i++) {
		const struct view_column *c = &v->def->cols[i];

		names[i] = column_name(v, names, i);
		buf_printf(&v->sql, "%s%s AS ", i ? ", " : "",
			   v->panes ? pane_column_text(v, c)
				    : group_column_text(v, c));
		sql_name(&v->sql, names[i]);
	}
}

/* The number of our own column of this name, or -1. */
static int
own_column(const struct store_table *t, const char *name)
{
	for (unsigned i = 0; i < t->schema->ncols; i++)
		if (strcmp(t->cols[i].meaning, name) == 0)
			return (int)i;
	return -1;
}

static void
put_window_view(struct view *v)
{
	int rows = own_column(v->panes, "_rows");

	buf_puts(&v->sql, "WITH RECURSIVE ");
	put_watermark(v);
	buf_puts(&v->sql, ", ");
	switch (v->window->kind) {
	case WINDOW_TUMBLE:
		put_tumble_windows(v);
		break;
	case WINDOW_HOP:
		put_hop_windows(v);
		break;
	case WINDOW_CUMULATE:
		put_cumulate_windows(v);
		break;
	case WINDOW_SESSION: /* has no panes */
		break;
	}
	buf_puts(&v->sql, " SELECT ");
	put_columns(v);
	buf_printf(&v->sql,
		   " FROM windows w JOIN %s p ON p._pane >= w.s AND"
		   " p._pane < w.e JOIN %s g ON g._id = p._id"
		   " WHERE NOT coalesce(w.e - 1000 <= (SELECT us FROM wm), 0)"
		   " GROUP BY w.s, w.e, p._id",
		   quoted(v, v->panes->name), quoted(v, v->groups->name));
	if (rows >= 0)
		buf_printf(&v->sql, " HAVING sum(%s) > 0",
			   accumulator_text(v, (unsigned)rows));
}

static void
put_group_view(struct view *v)
{
	int rows = own_column(v->groups, "_rows");

	buf_puts(&v->sql, "SELECT ");
	put_columns(v);
	buf_printf(&v->sql, " FROM %s g", quoted(v, v->groups->name));
	if (rows >= 0)
		buf_printf(&v->sql, " WHERE %s > 0",
			   column_text(v, 'g', v->groups, (unsigned)rows));
}

/* ---- making it ---- */

/* 1: the file has exactly this view, 0: not, -1. */
static int
view_is_there(struct view *v, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&v->s->file,
			       "SELECT 1 FROM sqlite_schema WHERE"
			       " type = 'view' AND name = ? AND sql = ?",
			       &st, err);

	if (rc == 0) {
		store_bind_text(st, 1, v->o->name);
		store_bind_text(st, 2, buf_cstr(&v->sql));
		rc = store_step(&v->s->file, st, err);
	}
	sqlite3_finalize(st);
	return rc;
}

static int
view_replace(struct view *v, struct error *err)
{
	struct buf drop;
	int rc;

	buf_init(&drop);
	buf_puts(&drop, "DROP VIEW IF EXISTS ");
	sql_name(&drop, v->o->name);
	rc = store_exec(&v->s->file, buf_cstr(&drop), err);
	buf_release(&drop);
	if (rc < 0)
		return -1;
	return store_exec(&v->s->file, buf_cstr(&v->sql), err);
}

int
store_view_create(struct store *s, const struct stored_op *o,
		  const struct view_def *def, const struct zone *zone,
		  struct error *err)
{
	struct view v = { .s = s, .o = o, .def = def, .window = def->window };
	int rc;

	v.groups = store_table_of(s, o->op, def->groups_table);
	CHECK(v.groups);
	if (def->window) {
		v.panes = store_table_of(s, o->op, def->panes_table);
		CHECK(v.panes);
		if (def->window->is_ltz)
			v.zone = zone;
	}
	v.values = v.panes ? v.panes : v.groups;
	buf_init(&v.sql);
	buf_puts(&v.sql, "CREATE VIEW ");
	sql_name(&v.sql, o->name);
	buf_puts(&v.sql, " AS ");
	if (def->window)
		put_window_view(&v);
	else
		put_group_view(&v);
	rc = view_is_there(&v, err);
	if (rc == 0)
		rc = view_replace(&v, err);
	buf_release(&v.sql);
	return rc < 0 ? -1 : 0;
}
