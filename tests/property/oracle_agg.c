/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_agg.c - SELECT keys, aggregates ... GROUP BY ... HAVING
 * over whatever stands in FROM. Where SQLite differs it is spelled out: AVG of
 * integers truncates toward zero, of DECIMAL it has six digits or more and
 * rounds half up, and an aggregate without keys over no rows is no row.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "tests/property/oracle_maker.h"

#define wants(m, f, percent) oracle_wants((m)->c, &(m)->c->dice, f, percent)

enum fn {
	FN_COUNT_ROWS, FN_COUNT, FN_SUM, FN_AVG, FN_MIN, FN_MAX, FN_ANY_VALUE,
	FN_BOOL_AND, FN_BOOL_OR, FN_COUNT_IF, FN_VAR_POP, FN_VAR_SAMP,
	FN_STDDEV_POP, FN_STDDEV_SAMP, FN_MEDIAN, FN_PERCENTILE, FN_MODE,
	FN_BIT_AND, FN_BIT_OR, FN_BIT_XOR, FN_APPROX_DISTINCT, FN_KINDS
};

static const struct {
	const char *name, *lite; /* for SQLite */
} fns[] = {
	{ "COUNT", "COUNT" },   { "COUNT", "COUNT" },   { "SUM", "SUM" },
	{ "AVG", "AVG" },       { "MIN", "MIN" },       { "MAX", "MAX" },
	{ "ANY_VALUE", "MIN" }, { "BOOL_AND", "MIN" },  { "BOOL_OR", "MAX" },
	{ "COUNT_IF", "COUNT" }, { "VAR_POP", "" },      { "VAR_SAMP", "" },
	{ "STDDEV_POP", "" },   { "STDDEV_SAMP", "" }, /* put_lite_int() */
	/* oracle_values.c */
	{ "MEDIAN", "MEDIAN" }, { "PERCENTILE", "PERCENTILE_3" },
	{ "MODE", "MODE" },     { "BIT_AND", "BIT_AND" },
	{ "BIT_OR", "BIT_OR" }, { "BIT_XOR", "BIT_XOR" },
	{ "APPROX_DISTINCT", "COUNT" },
};

struct agg {
	enum fn fn;
	bool distinct, filter;
	int kind; /* wished type of the argument; -1: any */
	const struct col *arg; /* NULL: rows */
	struct text arg_text;  /* the column, or an expression of it */
	struct text text;
	struct col result;
};

static unsigned
roll(struct maker *m, unsigned sides)
{
	return dice_roll(&m->c->dice, sides);
}

/* Something of the column's own type that is computed from it. */
static void
put_expression(struct maker *m, struct text *t, const struct level *level,
	       const struct col *col)
{
	int kind = col->type.kind;

	if (col->sums && (kind == TYPE_INT || kind == TYPE_BIGINT) &&
	    roll(m, 2)) {
		if (roll(m, 2))
			both(t, "(%s + 1)", col->name);
		else
			both(t, "ABS(%s)", col->name);
		return;
	}
	both(t, "CASE WHEN ");
	text_condition(t, m->c, &m->c->dice, level->inputs, level->ninputs, 0);
	both(t, " THEN %s END", col->name);
}

/* ---- one aggregate ---- */

static void
wish_double(struct maker *m, struct agg *a)
{
	a->kind = TYPE_DOUBLE;
	a->fn = roll(m, 2) ? FN_SUM : FN_AVG;
	a->distinct = false;
}

static void
wish_distinct(struct maker *m, struct agg *a)
{
	a->distinct = true;
	a->fn = FN_COUNT + roll(m, 3);
}

static void
wish_of(struct maker *m, struct agg *a, int kind)
{
	a->kind = kind;
	a->fn = kind == TYPE_BOOLEAN ? FN_COUNT : FN_COUNT + roll(m, 5);
}

/* What the case's wish says about the first aggregate of each level. */
static void
agg_obey(struct maker *m, struct agg *a, bool inner)
{
	enum feature f = m->c->wish;

	if (f >= F_COUNT_ROWS && f <= F_APPROX_DISTINCT) {
		a->fn = FN_COUNT_ROWS + (f - F_COUNT_ROWS);
		a->distinct = a->filter = false;
	} else if (f >= F_COUNT_DISTINCT && f <= F_COUNT_IF_DISTINCT) {
		a->fn = FN_COUNT + (f - F_COUNT_DISTINCT);
		a->distinct = true;
	} else if (f >= F_COUNT_ROWS_FILTER &&
		   f <= F_APPROX_DISTINCT_FILTER) {
		a->fn = FN_COUNT_ROWS + (f - F_COUNT_ROWS_FILTER);
		a->filter = true;
	}
	switch (f) {
	case F_OF_STRING: wish_of(m, a, TYPE_VARCHAR); break;
	case F_OF_INT: wish_of(m, a, TYPE_INT); break;
	case F_OF_BIGINT: wish_of(m, a, TYPE_BIGINT); break;
	case F_OF_BOOLEAN: wish_of(m, a, TYPE_BOOLEAN); break;
	case F_OF_DECIMAL: wish_of(m, a, TYPE_DECIMAL); break;
	case F_OF_DOUBLE: wish_of(m, a, TYPE_DOUBLE); break;
	case F_OF_TIMESTAMP: wish_of(m, a, TYPE_TIMESTAMP); break;
	case F_DISTINCT_FILTER:
		a->filter = true;
		/* fall through */
	case F_HOP_DISTINCT:
	case F_CUMULATE_DISTINCT:
	case F_NESTED_DISTINCT:
		wish_distinct(m, a);
		break;
	case F_HOP_MIN_MAX:
	case F_NESTED_MIN_MAX:
		a->fn = roll(m, 2) ? FN_MIN : FN_MAX;
		break;
	case F_HOP_FILTER:
	case F_NESTED_FILTER:
		a->filter = true;
		break;
	case F_HOP_DOUBLE:
	case F_NESTED_DOUBLE:
		wish_double(m, a);
		if (inner)
			a->fn = FN_SUM; /* of a mean there is no exact sum */
		break;
	default:
		break;
	}
}

static bool
is_variance(const struct agg *a)
{
	return a->fn >= FN_VAR_POP && a->fn <= FN_STDDEV_SAMP;
}

static bool
takes(const struct agg *a, const struct col *col)
{
	int kind = col->type.kind;

	if (a->kind >= 0 && kind != a->kind)
		return false;
	if (is_variance(a))
		return col->sums && kind == TYPE_INT;
	if (a->fn == FN_MEDIAN || a->fn == FN_PERCENTILE)
		return col->sums && (kind == TYPE_INT || kind == TYPE_DOUBLE);
	if (a->fn >= FN_BIT_AND && a->fn <= FN_BIT_XOR)
		return kind == TYPE_INT || kind == TYPE_BIGINT;
	if (a->fn == FN_MODE)
		return col->orders && kind != TYPE_BOOLEAN;
	if (a->fn == FN_APPROX_DISTINCT)
		return true;
	if (a->fn == FN_SUM || a->fn == FN_AVG)
		return col->sums;
	if (a->fn == FN_MIN || a->fn == FN_MAX || a->fn == FN_ANY_VALUE)
		return col->orders && col->type.kind != TYPE_BOOLEAN;
	return a->fn == FN_COUNT || col->type.kind == TYPE_BOOLEAN;
}

/* A column that the function takes, of the wished type if there is one. */
static void
choose_argument(struct maker *m, const struct level *level, struct agg *a)
{
	unsigned n = level->ninputs, at = roll(m, n);

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < n; i++) {
			const struct col *col = &level->inputs[(at + i) % n];

			if (takes(a, col)) {
				a->arg = col;
				return;
			}
		}
		a->kind = -1;
	}
	a->fn = FN_COUNT_ROWS;
}

static bool
gives_count(const struct agg *a)
{
	return a->fn == FN_COUNT || a->fn == FN_COUNT_ROWS ||
	       a->fn == FN_COUNT_IF || a->fn == FN_APPROX_DISTINCT;
}

static struct type
result_type(const struct agg *a)
{
	struct type t = a->arg ? a->arg->type : TYPE_OF(TYPE_BIGINT);
	unsigned scale = t.scale < 6 && a->fn == FN_AVG ? 6 : t.scale;

	if (gives_count(a))
		return TYPE_OF(TYPE_BIGINT);
	if (a->fn == FN_MEDIAN || a->fn == FN_PERCENTILE)
		return TYPE_OF(TYPE_DOUBLE);
	if (t.kind == TYPE_DECIMAL && (a->fn == FN_SUM || a->fn == FN_AVG))
		return type_decimal(DECIMAL_MAX, scale);
	return t;
}

static void
choose_aggregate(struct maker *m, const struct level *level, unsigned number,
		 struct agg *a)
{
	*a = (struct agg){
		.fn = roll(m, FN_KINDS), .kind = -1,
		.distinct = roll(m, 5) == 0, .filter = roll(m, 5) == 0,
	};
	if (number == 0 && m->number == 0)
		agg_obey(m, a, level->inner);
	if (level->alike) {
		a->fn = a->fn == FN_AVG || a->fn > FN_ANY_VALUE ? FN_SUM
								: a->fn;
		a->kind = TYPE_BIGINT;
	}
	if (a->fn != FN_COUNT_ROWS)
		choose_argument(m, level, a);
	if (a->fn == FN_COUNT_ROWS || a->fn >= FN_VAR_POP)
		a->distinct = false;
	a->result = (struct col){
		.type = result_type(a),
		.sums = gives_count(a) ||
			(a->fn < FN_VAR_POP && a->arg->sums && (a->fn != FN_AVG ||
			 a->arg->type.kind != TYPE_DOUBLE)),
		.orders = true,
	};
}

/* ---- its text ---- */

/* "FN(DISTINCT x) FILTER (WHERE p)" */
static void
put_call(struct text *t, struct agg *a, const char *fn, const char *lite,
	 struct text *filter)
{
	bool condition = a->fn == FN_COUNT_IF;
	bool once = a->fn == FN_APPROX_DISTINCT && !a->distinct;

	buf_puts(&t->flink, fn);
	buf_puts(&t->lite, lite);
	both(t, "(%s", a->distinct ? "DISTINCT " : "");
	buf_puts(&t->lite, once ? "DISTINCT " : "");
	buf_puts(&t->lite, condition ? "CASE WHEN " : "");
	both_text(t, &a->arg_text);
	buf_puts(&t->lite, condition ? " THEN 1 END" : "");
	buf_puts(&t->flink, a->fn == FN_PERCENTILE ? ", 0.3" : "");
	both(t, ")");
	if (!a->filter)
		return;
	both(t, " FILTER (WHERE ");
	both_text(t, filter);
	both(t, ")");
}

/* The call as SQLite has it. */
static void
put_lite_call(struct buf *out, struct agg *a, const char *fn,
	      struct text *filter)
{
	struct text t;

	text_init(&t);
	put_call(&t, a, fn, fn, filter);
	buf_append(out, t.lite.data, t.lite.len);
	text_release(&t);
}

static void
put_lite_avg(struct buf *out, struct agg *a, struct text *filter)
{
	unsigned from = a->arg->type.scale, to = a->result.type.scale;
	long long factor = 1;

	for (; from < to; from++)
		factor *= 10;
	if (a->arg->type.kind != TYPE_DECIMAL) {
		put_lite_call(out, a, "SUM", filter);
		buf_puts(out, " / ");
		put_lite_call(out, a, "COUNT", filter);
		return;
	}
	/* (2 * |sum| * factor + n) / (2 * n), and the sign */
	buf_puts(out, "CASE WHEN ");
	put_lite_call(out, a, "SUM", filter);
	buf_puts(out, " < 0 THEN -1 ELSE 1 END * ((2 * ABS(");
	put_lite_call(out, a, "SUM", filter);
	buf_printf(out, ") * %lld + ", factor);
	put_lite_call(out, a, "COUNT", filter);
	buf_puts(out, ") / (2 * ");
	put_lite_call(out, a, "COUNT", filter);
	buf_puts(out, "))");
}

/* Flink's own formula, each division truncating; x * x stands for x. */
static void
put_lite_variance(struct buf *out, struct agg *a, struct text *filter)
{
	struct buf x, of;
	bool root = a->fn == FN_STDDEV_POP || a->fn == FN_STDDEV_SAMP;
	int less = a->fn == FN_VAR_SAMP || a->fn == FN_STDDEV_SAMP;

	buf_init(&x);
	buf_init(&of);
	buf_printf(&x, "(%s)", buf_cstr(&a->arg_text.lite));
	if (a->filter)
		buf_printf(&of, " FILTER (WHERE %s)", buf_cstr(&filter->lite));
	buf_printf(out,
		   "(SUM(%s * %s)%s - SUM(%s)%s * SUM(%s)%s / COUNT(%s)%s) /"
		   " nullif(COUNT(%s)%s - %d, 0)",
		   buf_cstr(&x), buf_cstr(&x), buf_cstr(&of), buf_cstr(&x),
		   buf_cstr(&of), buf_cstr(&x), buf_cstr(&of), buf_cstr(&x),
		   buf_cstr(&of), buf_cstr(&x), buf_cstr(&of), less);
	if (root) {
		buf_clear(&x);
		buf_printf(&x, "CAST(sqrt(%s) AS INTEGER)", buf_cstr(out));
		buf_clear(out);
		buf_puts(out, buf_cstr(&x));
	}
	buf_release(&x);
	buf_release(&of);
}

/* NULL where INT is too narrow for it. */
static void
put_lite_int(struct buf *out, struct agg *a, struct text *filter)
{
	struct buf v;

	buf_init(&v);
	put_lite_variance(&v, a, filter);
	buf_printf(out, "CASE WHEN (%s) <= 2147483647 THEN (%s) END",
		   buf_cstr(&v), buf_cstr(&v));
	buf_release(&v);
}

static void
put_aggregate(struct maker *m, const struct level *level, struct agg *a)
{
	struct text filter, call;

	text_init(&filter);
	text_init(&call);
	text_init(&a->text);
	text_init(&a->arg_text);
	if (a->arg && wants(m, F_OF_EXPRESSION, 12)) {
		put_expression(m, &a->arg_text, level, a->arg);
		maker_mark(m, F_OF_EXPRESSION);
	} else {
		both(&a->arg_text, "%s", a->arg ? a->arg->name : "*");
	}
	if (a->filter)
		text_condition(&filter, m->c, &m->c->dice, level->inputs,
			       level->ninputs, 1);
	put_call(&call, a, fns[a->fn].name, fns[a->fn].lite, &filter);
	if (is_variance(a)) {
		buf_append(&a->text.flink, call.flink.data, call.flink.len);
		put_lite_int(&a->text.lite, a, &filter);
	} else if (a->fn == FN_AVG && a->arg->type.kind != TYPE_DOUBLE) {
		buf_append(&a->text.flink, call.flink.data, call.flink.len);
		buf_puts(&a->text.lite, "(");
		put_lite_avg(&a->text.lite, a, &filter);
		buf_puts(&a->text.lite, ")");
	} else {
		both_text(&a->text, &call);
	}
	text_release(&filter);
	text_release(&call);
	text_release(&a->arg_text);
}

static void
mark_type(struct maker *m, const struct agg *a)
{
	static const struct { int kind; enum feature f; } types[] = {
		{ TYPE_VARCHAR, F_OF_STRING }, { TYPE_INT, F_OF_INT },
		{ TYPE_BIGINT, F_OF_BIGINT }, { TYPE_BOOLEAN, F_OF_BOOLEAN },
		{ TYPE_DECIMAL, F_OF_DECIMAL }, { TYPE_DOUBLE, F_OF_DOUBLE },
		{ TYPE_TIMESTAMP, F_OF_TIMESTAMP },
	};

	for (unsigned i = 0; a->arg && i < ARRAY_LEN(types); i++)
		if (a->arg->type.kind == types[i].kind)
			maker_mark(m, types[i].f);
}

static void
mark_aggregate(struct maker *m, const struct from *f, const struct agg *a)
{
	bool min_max = a->fn == FN_MIN || a->fn == FN_MAX;
	bool sum = a->fn == FN_SUM || a->fn == FN_AVG;
	bool real = a->arg && a->arg->type.kind == TYPE_DOUBLE;
	const struct { bool is; enum feature f; } marks[] = {
		{ !a->distinct && !a->filter, F_COUNT_ROWS + a->fn },
		{ a->distinct, F_COUNT_DISTINCT + a->fn - FN_COUNT },
		{ a->filter && !a->distinct, F_COUNT_ROWS_FILTER + a->fn },
		{ a->filter && a->distinct, F_DISTINCT_FILTER },
		{ f->window == ORACLE_HOP && a->distinct, F_HOP_DISTINCT },
		{ f->window == ORACLE_HOP && min_max, F_HOP_MIN_MAX },
		{ f->window == ORACLE_HOP && sum && real, F_HOP_DOUBLE },
		{ f->window == ORACLE_HOP && a->filter, F_HOP_FILTER },
		{ f->window == ORACLE_CUMULATE && a->distinct,
		  F_CUMULATE_DISTINCT },
		{ f->updating && min_max, F_NESTED_MIN_MAX },
		{ f->updating && a->distinct, F_NESTED_DISTINCT },
		{ f->updating && a->filter, F_NESTED_FILTER },
		{ f->updating && sum && real, F_NESTED_DOUBLE },
	};

	for (unsigned i = 0; i < ARRAY_LEN(marks); i++)
		if (marks[i].is)
			maker_mark(m, marks[i].f);
	mark_type(m, a);
}

/* ---- keys ---- */

static bool
may_be_key(const struct from *f, const struct level *level, unsigned c)
{
	if (f->window >= 0 && (c == f->window_col || c == f->window_col + 1))
		return false;
	/* Both bounds would make it a window again. */
	if (f->has_bounds && c == f->bounds_col + 1)
		return false;
	for (unsigned i = 0; i < level->ngroup_cols; i++)
		if (level->group_cols[i] == c)
			return false;
	return true;
}

static int
wished_key_kind(enum feature f)
{
	switch (f) {
	case F_KEY_STRING: return TYPE_VARCHAR;
	case F_KEY_INT: return TYPE_INT;
	case F_KEY_BIGINT: return TYPE_BIGINT;
	case F_KEY_BOOLEAN: return TYPE_BOOLEAN;
	case F_KEY_DECIMAL: return TYPE_DECIMAL;
	case F_KEY_DOUBLE: return TYPE_DOUBLE;
	case F_KEY_TIMESTAMP: return TYPE_TIMESTAMP;
	default: return -1;
	}
}

/* Column c is what the wish asks of a key. */
static bool
is_wished_key(const struct maker *m, const struct from *f, unsigned c)
{
	const struct col *col = &f->cols[c];

	if (m->c->wish == F_MANY_GROUPS)
		return f->of_tables && strcmp(col->name, "v") == 0;
	if (m->c->wish == F_NESTED_KEY || m->c->wish == F_DELETE)
		return col->changes;
	return col->type.kind == wished_key_kind(m->c->wish);
}

static unsigned
choose_nkeys(struct maker *m, const struct from *f, struct level *level,
	     bool at_least_one)
{
	static const uint8_t usual[] = { 0, 1, 1, 1, 1, 1, 2, 2, 2, 3 };
	unsigned n = usual[roll(m, ARRAY_LEN(usual))];

	if (wants(m, F_NO_KEY, 0))
		n = 0;
	else if (wants(m, F_ONE_KEY, 0))
		n = 1;
	else if (wants(m, F_TWO_KEYS, 0))
		n = 2;
	else if (wants(m, F_THREE_KEYS, 0))
		n = 3;
	at_least_one |= level->upsert && f->window < 0;
	at_least_one |= wished_key_kind(m->c->wish) >= 0;
	at_least_one |= wants(m, F_NESTED_KEY, 0) || wants(m, F_DELETE, 0);
	at_least_one |= wants(m, F_MANY_GROUPS, 0) || wants(m, F_NULL_KEY, 0);
	at_least_one |= wants(m, F_ROLLUP, 0) || wants(m, F_CUBE, 0) ||
			wants(m, F_GROUPING_SETS, 0);
	return n == 0 && at_least_one ? 1 : n;
}

static void
choose_keys(struct maker *m, const struct from *f, struct level *level,
	    bool at_least_one)
{
	unsigned n = choose_nkeys(m, f, level, at_least_one);
	unsigned at = roll(m, f->ncols);

	level->ngroup_cols = 0;
	for (unsigned i = 0; i < f->ncols && n > 0; i++) {
		unsigned c = (at + i) % f->ncols;

		if (!is_wished_key(m, f, c) || !may_be_key(f, level, c))
			continue;
		level->group_cols[level->ngroup_cols++] = c;
		break;
	}
	for (unsigned i = 0; i < 40 && level->ngroup_cols < n; i++) {
		unsigned c = roll(m, f->ncols);

		if (may_be_key(f, level, c))
			level->group_cols[level->ngroup_cols++] = c;
	}
}

void
level_choose_keys(struct maker *m, const struct from *f, struct level *level)
{
	choose_keys(m, f, level, level->upsert && f->window < 0);
}

static void
mark_keys(struct maker *m, const struct from *f, const struct level *level)
{
	static const enum feature counts[] = { F_NO_KEY, F_ONE_KEY, F_TWO_KEYS,
					       F_THREE_KEYS };

	maker_mark(m, counts[level->ngroup_cols]);
	for (unsigned i = 0; i < level->ngroup_cols; i++) {
		const struct col *col = &f->cols[level->group_cols[i]];

		for (enum feature k = F_KEY_STRING; k <= F_KEY_TIMESTAMP; k++)
			if (wished_key_kind(k) == col->type.kind)
				maker_mark(m, k);
		if (col->changes)
			maker_mark(m, F_NESTED_KEY);
		if (m->c->wish == F_MANY_GROUPS &&
		    is_wished_key(m, f, level->group_cols[i]))
			maker_mark(m, F_MANY_GROUPS);
	}
}

/* ---- the SELECT ---- */

void
put_item(struct maker *m, struct level *level, struct text *expr,
	 const char *prefix, const struct col *col)
{
	struct col *out = &level->cols[level->ncols];

	CHECK(level->ncols < COLS_MAX);
	*out = *col;
	snprintf(out->name, sizeof(out->name), "%s%u", prefix, m->names++);
	both(&level->select, level->ncols ? ", " : "SELECT ");
	both_text(&level->select, expr);
	both(&level->select, " AS %s", out->name);
	level->ncols++;
}

/* The columns to group by, or what is computed from them. */
static void
write_keys(struct maker *m, const struct from *f, struct level *level)
{
	for (unsigned i = 0; i < level->ngroup_cols; i++) {
		const struct col *col = &f->cols[level->group_cols[i]];

		text_init(&level->key_text[i]);
		if (f->window != ORACLE_SESSION &&
		    wants(m, F_KEY_EXPRESSION, 8)) {
			put_expression(m, &level->key_text[i], level, col);
			maker_mark(m, F_KEY_EXPRESSION);
		} else {
			both(&level->key_text[i], "%s", col->name);
		}
	}
}

/* A condition over results; true: there is one. */
static bool
put_having(struct maker *m, const struct from *f, struct level *level,
	   struct agg *aggs, unsigned naggs)
{
	bool alone = level->ngroup_cols == 0 && f->window < 0;
	struct agg *a = naggs ? &aggs[roll(m, naggs)] : NULL;

	if (alone) /* SQLite gives a row for no rows, too */
		buf_puts(&level->select.lite, " HAVING COUNT(*) > 0");
	if (!wants(m, F_HAVING, 15))
		return false;
	buf_puts(&level->select.flink, " HAVING ");
	buf_puts(&level->select.lite, alone ? " AND " : " HAVING ");
	if (!a || roll(m, 3) == 0) {
		both(&level->select, "COUNT(*) > %u", 1 + roll(m, 2));
	} else {
		static const char *const ops[] = { "<=", ">", "<>" };

		both_text(&level->select, &a->text);
		if (roll(m, 4) == 0 || a->result.type.kind ==
				       TYPE_TIMESTAMP_LTZ) {
			both(&level->select, " IS NOT NULL");
		} else {
			both(&level->select, " %s ", ops[roll(m, 3)]);
			text_literal(&level->select, m->c, &m->c->dice,
				     &a->result);
		}
	}
	maker_mark(m, F_HAVING);
	return true;
}

/* WHERE of the level; into a sink with keys they must not be NULL. */
static void
put_level_where(struct maker *m, const struct from *f, struct level *level,
		bool condition)
{
	const char *sep = " WHERE ";

	for (unsigned i = 0; level->upsert && !level->inner &&
			     i < level->ngroup_cols; i++, sep = " AND ") {
		both(&level->select, "%s", sep);
		both_text(&level->select, &level->key_text[i]);
		both(&level->select, " IS NOT NULL");
	}
	if (!condition)
		return;
	both(&level->select, "%s", sep);
	text_condition(&level->select, m->c, &m->c->dice, level->inputs,
		       level->ninputs, 2);
	maker_mark(m, F_WHERE);
	if (f->updating)
		maker_mark(m, F_NESTED_WHERE);
}

/* The aggregate, or what is computed from it and the number of rows. */
static void
put_result(struct maker *m, struct level *level, struct agg *a)
{
	int kind = a->result.type.kind;
	struct text t;

	if (!wants(m, F_RESULT_EXPRESSION, 10)) {
		put_item(m, level, &a->text, "a", &a->result);
		return;
	}
	text_init(&t);
	if (kind == TYPE_BIGINT && a->result.sums && roll(m, 2)) {
		both_text(&t, &a->text);
		both(&t, " + COUNT(*)");
	} else {
		both(&t, "CASE WHEN COUNT(*) > %u THEN ", roll(m, 3));
		both_text(&t, &a->text);
		both(&t, " END");
	}
	put_item(m, level, &t, "a", &a->result);
	text_release(&t);
	maker_mark(m, F_RESULT_EXPRESSION);
}

static void
put_level(struct maker *m, const struct from *f, struct level *level,
	  struct agg *aggs, unsigned naggs, bool where)
{
	bool has_having;

	text_clear(&level->select);
	level->ncols = 0;
	level->sessions = f->window == ORACLE_SESSION;
	sets_choose(m, level);
	write_keys(m, f, level);
	put_keys(m, f, level);
	level->updating = f->updating || f->window < 0;
	/* The results only, now and then: their keys are not in the answer. */
	if (naggs > 0 && !level->inner && !level->upsert && roll(m, 10) == 0) {
		text_clear(&level->select);
		level->ncols = level->nkeys = 0;
	}
	for (unsigned i = 0; i < naggs; i++) {
		aggs[i].result.changes = level->updating;
		put_aggregate(m, level, &aggs[i]);
		mark_aggregate(m, f, &aggs[i]);
		put_result(m, level, &aggs[i]);
	}
	both(&level->select, " FROM ");
	buf_append(&level->select.flink, f->text.flink.data,
		   f->text.flink.len);
	buf_append(&level->select.lite, f->text.lite.data, f->text.lite.len);
	put_level_where(m, f, level, where);
	put_group_by(f, level);
	has_having = put_having(m, f, level, aggs, naggs);
	level->vanishing = level->updating &&
			   (has_having || f->updating);
	sets_expand(level);
	mark_keys(m, f, level);
	if (f->window < 0)
		maker_mark(m, F_GROUP);
	for (unsigned i = 0; i < naggs; i++)
		text_release(&aggs[i].text);
	for (unsigned i = 0; i < level->ngroup_cols; i++)
		text_release(&level->key_text[i]);
}

/* What aggregates may look at: the window's own bounds are no columns to them. */
static void
find_inputs(const struct from *f, struct level *level)
{
	level->ninputs = 0;
	for (unsigned c = 0; c < f->ncols; c++)
		if (f->window < 0 ||
		    (c != f->window_col && c != f->window_col + 1))
			level->inputs[level->ninputs++] = f->cols[c];
}

void
level_make(struct maker *m, const struct from *f, struct level *level)
{
	bool where = wants(m, F_WHERE, 20) ||
		     (f->updating && wants(m, F_NESTED_WHERE, 20));
	bool may_empty = f->window < 0 && f->updating &&
			 (where || f->vanishing);
	unsigned naggs = 1 + roll(m, 4);
	struct agg aggs[4];

	find_inputs(f, level);
	if (f->window == ORACLE_SESSION) {
		/* Sessions are grouped by those whose they are. A condition
		 * would be asked before they are found. */
		where = false;
		level->ngroup_cols = f->npartition;
		memcpy(level->group_cols, f->partition,
		       sizeof(level->group_cols));
	} else {
		choose_keys(m, f, level, may_empty);
	}
	if (level->alike)
		naggs = 1;
	else if (level->ngroup_cols > 0 && roll(m, 30) == 0)
		naggs = 0; /* GROUP BY alone: distinct keys */
	for (unsigned i = 0; i < naggs; i++)
		choose_aggregate(m, level, i, &aggs[i]);
	put_level(m, f, level, aggs, naggs, where);
}

void
level_make_alike(struct maker *m, const struct from *f, struct level *level)
{
	struct agg a;

	choose_aggregate(m, level, 0, &a);
	put_level(m, f, level, &a, 1, wants(m, F_WHERE, 20));
}
