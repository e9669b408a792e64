/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_view_agg.c - aggregates in SQL: what the panes of a window, or
 * the columns of a group, say together.
 */
#include <string.h>

#include "base/check.h"
#include "runtime/store_view.h"

/* ---- sums ---- */

const char *
view_accumulator_text(struct view *v, unsigned col)
{
	return view_column_text(v, v->panes ? 'p' : 'g', v->values, col);
}

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
	return sum_of(v, v->values->cols[col].type, view_accumulator_text(v, col));
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
	const char *x = view_accumulator_text(v, col);
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
			    view_column_text(v, 'g', v->groups, col));
}

static const char *
pane_variance_text(struct view *v, const struct view_column *c)
{
	struct arena *a = &v->s->arena;
	const char *n = view_accumulator_text(v, c->col);
	const char *mean = view_accumulator_text(v, c->col + 1u);
	const char *m2 = view_accumulator_text(v, c->col + 2u);
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
	const char *m2 = view_column_text(v, 'g', v->groups, c->col + 2u);
	struct variance x = {
		view_column_text(v, 'g', v->groups, c->col), m2,
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
		   view_column_text(v, 'd', t, value));
	sql_name(&b, t->name);
	buf_printf(&b, " d WHERE d._id = g._id");
	if (v->panes)
		buf_printf(&b, " AND %s >= w.s AND %s < w.e",
			   view_column_text(v, 'd', t, 0),
			   view_column_text(v, 'd', t, 0));
	if (c->col > 0)
		buf_printf(&b, " AND %s > 0", view_column_text(v, 'd', t, c->col));
	buf_puts(&b, "))");
	text = arena_strdup(a, buf_cstr(&b));
	buf_release(&b);
	return text;
}

/* ---- one value out of many ---- */

/* " FROM t d WHERE d is of the group, and of a pane of the window" */
static void
put_rows_of(struct view *v, const struct store_table *t, struct buf *b)
{
	buf_puts(b, " FROM ");
	sql_name(b, t->name);
	buf_puts(b, " d WHERE d._id = g._id");
	if (v->panes)
		buf_puts(b, " AND d._pane >= w.s AND d._pane < w.e");
}

static const char *
finish_text(struct view *v, struct buf *b)
{
	const char *text = arena_strdup(&v->s->arena, buf_cstr(b));

	buf_release(b);
	return text;
}

/* What orders by a column as the runtime does. */
static const char *
order_text(struct view *v, const struct store_table *t, unsigned col)
{
	const char *x = view_column_text(v, 'd', t, col);
	struct arena *a = &v->s->arena;

	if (phys_of(t->cols[col].type) == PHYS_F64)
		return arena_printf(a, "CASE %s WHEN 'NaN' THEN 'NaN' ELSE %s"
				       " END", x, f64_number(v, x));
	if (t->cols[col].type.kind == TYPE_DECIMAL)
		return arena_printf(a, "CAST(%s AS NUMERIC)", x);
	return x;
}

/* The value of the first or last pane of the window that has one. */
static const char *
arrival_text(struct view *v, const struct view_column *c)
{
	const char *x = view_column_text(v, 'd', v->panes, c->col);
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "(SELECT %s", x);
	put_rows_of(v, v->panes, &b);
	buf_printf(&b, " AND %s IS NOT NULL ORDER BY d._pane%s LIMIT 1)", x,
		   c->how == VIEW_LAST ? " DESC" : "");
	return finish_text(v, &b);
}

/* The same of rows that stand in the order of arrival. */
static const char *
sequence_text(struct view *v, const struct view_column *c)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);
	const char *way = c->how == VIEW_LATEST ? " DESC" : "";
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "(SELECT %s", view_column_text(v, 'd', t, c->col));
	put_rows_of(v, t, &b);
	buf_puts(&b, " ORDER BY ");
	if (v->panes)
		buf_printf(&b, "d._pane%s, ", way);
	buf_printf(&b, "d._seq%s LIMIT 1)", way);
	return finish_text(v, &b);
}

/* Of panes, or of rows with _seq. */
static const char *
best_text(struct view *v, const struct view_column *c)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "(SELECT %s", view_column_text(v, 'd', t, c->col));
	put_rows_of(v, t, &b);
	buf_printf(&b, " AND %s IS NOT NULL ORDER BY %s%s",
		   view_column_text(v, 'd', t, c->col2),
		   order_text(v, t, c->col2),
		   c->how == VIEW_ARG_MAX ? " DESC" : "");
	buf_puts(&b, v->panes ? ", d._pane" : "");
	buf_puts(&b, c->table != v->def->panes_table ? ", d._seq" : "");
	buf_puts(&b, " LIMIT 1)");
	return finish_text(v, &b);
}

/* Each value (x; as it is ordered: o) and how often it is there (c). */
static void
put_counts(struct view *v, const struct view_column *c, struct buf *b)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);

	buf_printf(b, "(SELECT %s AS x, %s AS o, ",
		   view_column_text(v, 'd', t, c->col),
		   order_text(v, t, c->col));
	if (c->once)
		buf_puts(b, "1 AS c");
	else
		buf_printf(b, "sum(%s) AS c",
			   view_column_text(v, 'd', t, c->col2));
	put_rows_of(v, t, b);
	buf_puts(b, " GROUP BY 1)");
}

static const char *
mode_text(struct view *v, const struct view_column *c)
{
	struct buf b;

	buf_init(&b);
	buf_puts(&b, "(SELECT x FROM ");
	put_counts(v, c, &b);
	buf_puts(&b, " ORDER BY c DESC, o LIMIT 1)");
	return finish_text(v, &b);
}

/* Between the values at places k and k + (f > 0), f of the way. */
static const char *
percentile_text(struct view *v, const struct view_column *c)
{
	struct buf b;

	buf_init(&b);
	buf_printf(&b,
		   "(SELECT l + f * (h - l) FROM (SELECT max(f) AS f,"
		   " max(CASE WHEN e > k AND e - c <= k THEN o END) AS l,"
		   " max(CASE WHEN e > k + (f > 0) AND e - c <= k + (f > 0)"
		   " THEN o END) AS h FROM (SELECT o, c, e,"
		   " CAST(q AS INTEGER) AS k, q - CAST(q AS INTEGER) AS f"
		   " FROM (SELECT o, c, sum(c) OVER (ORDER BY o) AS e,"
		   " %.17g * (sum(c) OVER () - 1) AS q FROM ", c->percentage);
	put_counts(v, c, &b);
	buf_puts(&b, "))))");
	return finish_text(v, &b);
}

/* A value in JSON, which has no bytes; nested ones are stored as that. */
static const char *
json_text(struct view *v, struct type t, const char *x)
{
	if (type_is_binary(t))
		return arena_printf(&v->s->arena, "hex(%s)", x);
	if (type_is_nested(t))
		return arena_printf(&v->s->arena, "json(%s)", x);
	return view_shown_text(v, t, x);
}

static const char *
list_text(struct view *v, const struct view_column *c)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "(SELECT json_group_array(%s) FROM (SELECT %s AS x",
		   json_text(v, t->cols[c->col].type, "x"),
		   view_column_text(v, 'd', t, c->col));
	put_rows_of(v, t, &b);
	buf_printf(&b, " ORDER BY %sd._seq))", v->panes ? "d._pane, " : "");
	return finish_text(v, &b);
}

static const char *
counts_text(struct view *v, const struct view_column *c)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "(SELECT json_group_object(CAST(%s AS TEXT), c) FROM ",
		   json_text(v, t->cols[c->col].type, "x"));
	put_counts(v, c, &b);
	buf_puts(&b, ")");
	return finish_text(v, &b);
}

/* Texts (x) with their keys (k) as they arrived, of equal ones the first if
 * they count once. */
static void
put_texts(struct view *v, const struct view_column *c, struct buf *b)
{
	const struct store_table *t =
		store_table_of(v->s, v->o->op, c->table);
	bool object = c->how == VIEW_JSON_OBJECT;
	const char *x = view_column_text(v, 'd', t, c->col);
	const char *k = object ? view_column_text(v, 'd', t, c->col2) : "1";
	const char *pane = v->panes ? "d._pane" : "0";

	buf_printf(b, "(SELECT x, k FROM (SELECT %s AS x, %s AS k, %s AS p,"
		      " d._seq AS s, row_number() OVER (PARTITION BY %s, %s"
		      " ORDER BY %s, d._seq) AS place", x, k, pane, k, x, pane);
	put_rows_of(v, t, b);
	buf_printf(b, ")%s ORDER BY %sp, s)", c->once ? " WHERE place = 1" : "",
		   object ? "k, " : "");
}

static const char *
texts_text(struct view *v, const struct view_column *c)
{
	struct buf b;

	buf_init(&b);
	if (c->how == VIEW_JOINED) {
		buf_puts(&b, "(SELECT group_concat(x, ");
		sql_text(&b, c->separator ? c->separator : ",");
		buf_puts(&b, ") FROM ");
	} else if (c->how == VIEW_JSON_ARRAY) {
		buf_puts(&b, "(SELECT '[' || coalesce(group_concat("
			     "coalesce(x, 'null'), ','), '') || ']' FROM ");
	} else {
		buf_puts(&b, "(SELECT '{' || coalesce(group_concat("
			     "json_quote(k) || ':' || coalesce(x, 'null'),"
			     " ','), '') || '}' FROM ");
	}
	put_texts(v, c, &b);
	buf_puts(&b, ")");
	return finish_text(v, &b);
}

/* NULL: it is not about a single value. */
static const char *
single_text(struct view *v, const struct view_column *c)
{
	switch (c->how) {
	case VIEW_EARLIEST:
	case VIEW_LATEST:
		return view_shown_text(v, c->type, sequence_text(v, c));
	case VIEW_MODE:
		return view_shown_text(v, c->type, mode_text(v, c));
	case VIEW_PERCENTILE:
		return percentile_text(v, c);
	case VIEW_ARG_MIN:
	case VIEW_ARG_MAX:
		return c->table == v->def->groups_table
			       ? NULL
			       : view_shown_text(v, c->type, best_text(v, c));
	case VIEW_LIST:
		return list_text(v, c);
	case VIEW_COUNTS:
		return counts_text(v, c);
	case VIEW_JOINED:
	case VIEW_JSON_ARRAY:
	case VIEW_JSON_OBJECT:
		return texts_text(v, c);
	case VIEW_NONE:
		return "NULL";
	default:
		return NULL;
	}
}

/* ---- a column of the view ---- */

const char *
view_pane_text(struct view *v, const struct view_column *c)
{
	struct arena *a = &v->s->arena;
	const char *sum, *x = single_text(v, c);

	if (x)
		return x;
	switch (c->how) {
	case VIEW_KEY:
	case VIEW_VALUE:
		return view_shown_text(v, c->type,
				  view_column_text(v, 'g', v->groups, c->col));
	case VIEW_WINDOW_START:
		return view_instant_text(v, "w.s", 3);
	case VIEW_WINDOW_END:
		return view_instant_text(v, "w.e", 3);
	case VIEW_SUM:
		sum = sum_text(v, c->col);
		return c->col2 == 0
			       ? sum
			       : arena_printf(a,
					      "CASE WHEN sum(%s) > 0 THEN %s"
					      " END",
					      view_accumulator_text(v, c->col2), sum);
	case VIEW_MIN:
		return view_shown_text(v, c->type, extreme_text(v, "min", c->col));
	case VIEW_MAX:
		return view_shown_text(v, c->type, extreme_text(v, "max", c->col));
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
		return view_shown_text(v, c->type, arrival_text(v, c));
	case VIEW_ALL_TRUE:
	case VIEW_ANY_TRUE:
		return truth_text(v, c->how, sum_text(v, c->col),
				  sum_text(v, c->col2));
	case VIEW_DISTINCT:
	case VIEW_DISTINCT_SUM:
	case VIEW_DISTINCT_AVG:
	case VIEW_DISTINCT_TRUE:
		return distinct_text(v, c);
	case VIEW_ONE:
		x = view_accumulator_text(v, c->col);
		return arena_printf(a, "CASE count(%s) WHEN 1 THEN max(%s) END",
				    x, x);
	default:
		return "NULL";
	}
}

/* GROUP BY: one row of _groups has it all. */
const char *
view_group_text(struct view *v, const struct view_column *c)
{
	const char *x = single_text(v, c);

	if (x)
		return x;
	if (c->how == VIEW_DISTINCT || c->how == VIEW_DISTINCT_SUM ||
	    c->how == VIEW_DISTINCT_AVG || c->how == VIEW_DISTINCT_TRUE)
		return distinct_text(v, c);
	if (shows_variance(c))
		return c->table == v->def->groups_table
			       ? group_variance_text(v, c)
			       : distinct_text(v, c);
	CHECK(c->how != VIEW_WINDOW_START);
	CHECK(c->how != VIEW_WINDOW_END);
	x = view_column_text(v, 'g', v->groups, c->col);
	if (c->how == VIEW_AVG)
		return ratio_text(v, c->type, x,
				  view_column_text(v, 'g', v->groups, c->col2));
	if (c->how == VIEW_ALL_TRUE || c->how == VIEW_ANY_TRUE)
		return truth_text(v, c->how, x,
				  view_column_text(v, 'g', v->groups, c->col2));
	if (c->how == VIEW_SUM && c->col2 > 0)
		return arena_printf(&v->s->arena, "CASE WHEN %s > 0 THEN %s"
						  " END",
				    view_column_text(v, 'g', v->groups, c->col2),
				    x);
	return view_shown_text(v, c->type, x);
}
