/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_query.c - random queries: where rows come from (tables,
 * views, sub-queries, UNION ALL), windows over them, and what SELECT makes of
 * both, one level upon the other. Aggregates stand in oracle_agg.c.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "tests/property/oracle_maker.h"

#define wants(m, f, percent) oracle_wants((m)->c, &(m)->c->dice, f, percent)

static unsigned
roll(struct maker *m, unsigned sides)
{
	return dice_roll(&m->c->dice, sides);
}

void
maker_mark(struct maker *m, enum feature f)
{
	m->q->has[f] = true;
}

static void
from_init(struct from *f)
{
	memset(f, 0, sizeof(*f));
	text_init(&f->text);
	f->window = -1;
}

static void
from_release(struct from *f)
{
	text_release(&f->text);
}

bool
put_where(struct maker *m, struct text *t, const struct from *f)
{
	if (!wants(m, F_WHERE, 25))
		return false;
	both(t, " WHERE ");
	text_condition(t, m->c, &m->c->dice, f->cols,
		       f->window < 0 ? f->ncols : f->window_col, 2);
	maker_mark(m, F_WHERE);
	return true;
}

/* ---- rows of tables ---- */

/* What may stand for a column in a view: of the same type, and as far from
 * overflow. `p` is a condition. */
static const struct {
	unsigned col;
	const char *flink, *lite;
} computed[] = {
	{ COL_S, "COALESCE(s, 'none')", NULL },
	{ COL_S, "CASE WHEN p THEN s ELSE 'other' END", NULL },
	{ COL_S, "SUBSTRING(s, 1, 2)", NULL },
	{ COL_N, "n + 1", NULL },
	{ COL_N, "ABS(n)", NULL },
	{ COL_N, "CASE WHEN p THEN n END", NULL },
	{ COL_N, "CHAR_LENGTH(s)", "LENGTH(s)" },
	{ COL_N, "n % 5", NULL },
	{ COL_N, "n / 3", NULL },
	{ COL_I, "COALESCE(i, n)", NULL },
	{ COL_V, "v - n", NULL },
	{ COL_V, "COALESCE(v, n)", NULL },
	{ COL_V, "CASE WHEN p THEN v ELSE -v END", NULL },
	{ COL_F, "NOT f", NULL },
	{ COL_F, "p", NULL },
	{ COL_F, "n > v", NULL },
	{ COL_D, "CASE WHEN p THEN d END", NULL },
	{ COL_D, "COALESCE(d, 1.50)", "COALESCE(d, 150)" },
	{ COL_D, "-d", NULL },
	{ COL_X, "x + x", NULL },
	{ COL_X, "x * 2", NULL },
	{ COL_X, "CASE WHEN p THEN x ELSE 0.5E0 END", NULL },
	{ COL_U, "COALESCE(u, TIMESTAMP '1970-01-01 00:00:00.000')",
	  "COALESCE(u, 0)" },
};

/* Copies text, with a condition for each letter p that stands alone. */
static void
put_computed(struct maker *m, struct text *t, const struct from *f, unsigned i)
{
	const char *flink = computed[i].flink, *lite = computed[i].lite;
	const char *p = strchr(flink, 'p');

	if (lite) {
		buf_puts(&t->flink, flink);
		buf_puts(&t->lite, lite);
	} else if (p && (p == flink || p[-1] == ' ')) {
		both(t, "%.*s", (int)(p - flink), flink);
		text_condition(t, m->c, &m->c->dice, f->cols, f->ncols, 1);
		both(t, "%s", p + 1);
	} else {
		both(t, "%s", flink);
	}
}

static void
put_column(struct maker *m, struct text *t, const struct from *f, unsigned col)
{
	if (wants(m, F_EXPRESSION, 8)) {
		unsigned at = roll(m, ARRAY_LEN(computed));

		for (unsigned i = 0; i < ARRAY_LEN(computed); i++) {
			unsigned k = (at + i) % ARRAY_LEN(computed);

			if (computed[k].col != col)
				continue;
			put_computed(m, t, f, k);
			both(t, " AS %s", base_cols[col].name);
			maker_mark(m, F_EXPRESSION);
			return;
		}
	}
	both(t, "%s", base_cols[col].name);
}

/* SELECT of all columns from a table, some of them computed. */
static void
put_branch(struct maker *m, struct text *t, struct from *f, const char *name)
{
	both(t, "SELECT ");
	for (unsigned c = 0; c < BASE_COLS; c++) {
		both(t, c ? ", " : "");
		put_column(m, t, f, c);
	}
	buf_puts(&t->lite, ", wm");
	both(t, " FROM %s", name);
	if (put_where(m, t, f) || roll(m, 2))
		return;
	both(t, " WHERE ");
	text_condition(t, m->c, &m->c->dice, f->cols, f->ncols, 1);
}

static void
table_columns(struct maker *m, struct from *f)
{
	f->ncols = BASE_COLS;
	for (unsigned c = 0; c < BASE_COLS; c++) {
		const struct base_col *b = &base_cols[c];
		struct col *col = &f->cols[c];

		*col = (struct col){ .type = b->type, .sums = b->sums,
				     .orders = b->orders };
		snprintf(col->name, sizeof(col->name), "%s", b->name);
	}
	if (m->c->ltz)
		f->cols[COL_TS].type = type_timestamp_ltz(3);
	snprintf(f->time, sizeof(f->time), "ts");
	f->of_tables = true;
}

/* A view of the query, or a sub-query where no name is needed. */
static void
put_named(struct maker *m, struct from *f, struct text *select, bool must_name)
{
	unsigned n = m->names++;

	text_clear(&f->text);
	if (must_name || wants(m, F_VIEW, 50)) {
		both(&m->c->ddl, "CREATE VIEW r%u AS ", n);
		both_text(&m->c->ddl, select);
		both(&m->c->ddl, ";\n");
		both(&f->text, "r%u", n);
		maker_mark(m, F_VIEW);
	} else {
		both(&f->text, "(");
		both_text(&f->text, select);
		both(&f->text, ") AS r%u", n);
		maker_mark(m, F_SUB_QUERY);
	}
}

/* Rows of one or two tables. A window needs them to have a name. */
static void
make_rows_from(struct maker *m, struct from *f, bool must_name)
{
	struct oracle_case *c = m->c;
	unsigned table = roll(m, c->ntables);
	bool two = c->ntables > 1 && wants(m, F_TWO_TABLES, 40);
	struct text select;
	char name[16];

	table_columns(m, f);
	f->tables = 1u << table;
	snprintf(name, sizeof(name), "t%u", table);
	if (!two && !wants(m, F_VIEW, 25) && !wants(m, F_SUB_QUERY, 10) &&
	    !wants(m, F_EXPRESSION, 10) && !wants(m, F_UNION_ALL, 15)) {
		both(&f->text, "%s", name);
		return;
	}
	text_init(&select);
	put_branch(m, &select, f, name);
	if (two || wants(m, F_UNION_ALL, 40)) {
		unsigned other = two ? 1 - table : table;

		both(&select, " UNION ALL ");
		snprintf(name, sizeof(name), "t%u", other);
		f->tables |= 1u << other;
		put_branch(m, &select, f, name);
		maker_mark(m, two ? F_TWO_TABLES : F_UNION_ALL);
	}
	put_named(m, f, &select, must_name);
	text_release(&select);
}

/* ---- one level upon the other ---- */

static void
make_window_level(struct maker *m, struct from *f, struct level *level)
{
	make_rows_from(m, f, true);
	make_windows_from(m, f, level);
	make_window_sub_query(m, f);
	level_make(m, f, level);
}

/* Grouped without both bounds, rows of windows are like any others. */
static void
make_group_level(struct maker *m, struct from *f, struct level *level)
{
	bool bare = wants(m, F_BARE_GROUP, 8) || wants(m, F_SESSION_KEYS, 0);

	make_rows_from(m, f, bare);
	if (bare) {
		make_bare_windows(m, f);
		maker_mark(m, F_BARE_GROUP);
	}
	level_make(m, f, level);
}

/* The level becomes what the next one reads. */
static void
wrap_level(struct maker *m, struct from *f, struct level *level,
	   bool must_name)
{
	struct from next;

	from_init(&next);
	put_named(m, &next, &level->select, must_name);
	memcpy(next.cols, level->cols, sizeof(next.cols));
	next.ncols = level->ncols;
	next.updating = level->updating;
	next.vanishing = level->vanishing;
	next.tables = f->tables;
	if (level->time_col)
		snprintf(next.time, sizeof(next.time), "%s", level->time_name);
	next.window = -1;
	if (level->window_col) {
		next.bounds_col = level->window_col - 1;
		next.has_bounds = true;
	}
	from_release(f);
	*f = next;
}

static void
make_nested(struct maker *m, struct from *f, struct level *level)
{
	unsigned levels = 1 + (roll(m, 4) == 0);

	level->inner = true;
	make_group_level(m, f, level);
	for (unsigned i = 0; i < levels; i++) {
		wrap_level(m, f, level, false);
		level->inner = i + 1 < levels;
		level_make(m, f, level);
	}
	maker_mark(m, F_NESTED);
}

static void
make_over_windows(struct maker *m, struct from *f, struct level *level,
		  enum feature how)
{
	level->inner = true;
	level->regrouped = how == F_REGROUP;
	level->give_time = how == F_CASCADE;
	make_window_level(m, f, level);
	level->give_time = false;
	level->inner = false;
	wrap_level(m, f, level, how == F_CASCADE);
	if (how == F_CASCADE) {
		f->time_type = m->c->ltz ? type_timestamp_ltz(3)
					 : type_timestamp(3);
		make_windows_from(m, f, level);
	} else if (how == F_REGROUP) {
		f->window = ORACLE_TUMBLE;
		f->window_col = f->bounds_col;
		*f->old = '\0';
	}
	level_make(m, f, level);
	maker_mark(m, how);
}

/* Two aggregates of the same rows meet again. */
static void
make_diamond(struct maker *m, struct from *f, struct level *level)
{
	struct text both_sides;
	struct level other;

	level->inner = level->alike = true;
	if (wants(m, F_UNITED_WINDOWS, 30)) {
		make_window_level(m, f, level);
		maker_mark(m, F_UNITED_WINDOWS);
	} else {
		make_group_level(m, f, level);
		maker_mark(m, F_DIAMOND);
	}
	other = *level;
	text_init(&other.select);
	level_make_alike(m, f, &other);
	text_init(&both_sides);
	both_text(&both_sides, &level->select);
	both(&both_sides, " UNION ALL ");
	both_text(&both_sides, &other.select);
	text_clear(&level->select);
	both_text(&level->select, &both_sides);
	text_release(&both_sides);
	text_release(&other.select);
	level->vanishing |= other.vanishing;
	for (unsigned i = 0; i < level->ncols; i++)
		level->cols[i].sums &= other.cols[i].sums;
	level->inner = level->alike = false;
	wrap_level(m, f, level, false);
	level_make(m, f, level);
	maker_mark(m, F_UNION_ALL);
}

/* What is the key of a sink is not NULL. */
static void
put_not_null(struct level *level)
{
	for (unsigned i = 0; i < level->nkeys; i++)
		both(&level->select, "%s%s IS NOT NULL",
		     i ? " AND " : " WHERE ", level->cols[i].name);
}

/* A query as a value, over rows that stand in it. */
static void
put_value_condition(struct maker *m, struct level *level, const struct from *f)
{
	both(&level->select, " WHERE %s > (WITH v (x) AS (VALUES (%u), (%u)) "
	     "SELECT MIN(x) FROM v)", f->cols[COL_N].name, roll(m, 50),
	     roll(m, 50));
	maker_mark(m, F_VALUE);
}

/* Rows that are all different, in an order of all their columns. */
static bool
put_top(struct maker *m, struct level *level)
{
	for (unsigned i = 0; i < level->ncols; i++)
		if (!level->cols[i].orders)
			return false;
	both(&level->select, " ORDER BY p%u%s, p0 DESC, p1, p2, p3 LIMIT %u",
	     1 + roll(m, 3), roll(m, 2) ? " DESC" : "", 1 + roll(m, 20));
	maker_mark(m, F_TOP);
	return true;
}

static void
make_plain(struct maker *m, struct from *f, struct level *level)
{
	unsigned at = roll(m, BASE_COLS);
	bool bare = wants(m, F_BARE, 20);
	bool top = !bare && !level->upsert && wants(m, F_TOP, 10);
	bool distinct = !bare && (top || wants(m, F_DISTINCT_ROWS, 20));

	make_rows_from(m, f, bare);
	if (bare)
		make_bare_windows(m, f);
	both(&level->select, distinct ? "SELECT DISTINCT " : "SELECT ");
	for (unsigned i = 0; i < 4; i++) {
		unsigned c = (at + i) % BASE_COLS;

		if (!f->cols[c].orders && f->cols[c].type.kind == TYPE_DOUBLE)
			c = COL_N; /* SQLite does not know -0.0 */
		if (bare && i >= 2) /* the bounds */
			c = f->bounds_col + i - 2;
		both(&level->select, "%s%s AS p%u", i ? ", " : "",
		     f->cols[c].name, i);
		level->cols[i] = f->cols[c];
	}
	level->ncols = 4;
	level->nkeys = distinct ? 4 : 0;
	level->updating = distinct;
	level->upsert &= distinct;
	both(&level->select, " FROM ");
	both_text(&level->select, &f->text);
	if (level->upsert)
		put_not_null(level);
	else if (wants(m, F_VALUE, 15))
		put_value_condition(m, level, f);
	else
		put_where(m, &level->select, f);
	if (top)
		level->vanishing = put_top(m, level);
	maker_mark(m, bare ? F_BARE : distinct ? F_DISTINCT_ROWS : F_PLAIN);
}

static enum need
choose_shape(struct maker *m)
{
	static const enum need any[] = {
		NEED_PLAIN, NEED_WINDOW, NEED_WINDOW, NEED_WINDOW, NEED_GROUP,
		NEED_GROUP, NEED_NESTED, NEED_NESTED, NEED_CASCADE,
		NEED_REGROUP, NEED_OVER_WINDOWS, NEED_DIAMOND,
	};
	enum need need = m->number == 0 ? feature_info[m->c->wish].need
					: NEED_ANY;

	switch (need) {
	case NEED_ANY:
		return any[roll(m, ARRAY_LEN(any))];
	case NEED_AGGREGATE:
		return any[1 + roll(m, ARRAY_LEN(any) - 1)];
	case NEED_GROUP_OR_WINDOW:
		return any[1 + roll(m, 5)];
	case NEED_UPDATING:
		return any[4 + roll(m, 4)];
	default:
		return need;
	}
}

static void
make_shape(struct maker *m, struct from *f, struct level *level)
{
	switch (choose_shape(m)) {
	case NEED_PLAIN: make_plain(m, f, level); break;
	case NEED_WINDOW: make_window_level(m, f, level); break;
	case NEED_NESTED: make_nested(m, f, level); break;
	case NEED_CASCADE: make_over_windows(m, f, level, F_CASCADE); break;
	case NEED_REGROUP: make_over_windows(m, f, level, F_REGROUP); break;
	case NEED_OVER_WINDOWS:
		make_over_windows(m, f, level, F_OVER_WINDOWS);
		break;
	case NEED_DIAMOND: make_diamond(m, f, level); break;
	default: make_group_level(m, f, level); break;
	}
}

/* Where the answer goes: only one updating query finds a sink without key. */
static void
choose_sink(struct maker *m, struct query *q, bool upsert)
{
	snprintf(q->topic, sizeof(q->topic), "o%u", m->number);
	if (upsert && q->nkeys > 0) {
		q->sink = SINK_UPSERT;
		q->has[F_UPSERT] = true;
	} else if (m->c->nqueries == 1) {
		q->sink = SINK_CLIENT;
		q->topic[0] = '\0';
	} else if (q->updating) {
		q->sink = SINK_PRINT;
		snprintf(q->topic, sizeof(q->topic), "print");
	} else {
		q->sink = SINK_KAFKA;
	}
}

static bool
is_print_taken(const struct oracle_case *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (c->queries[i].sink == SINK_PRINT)
			return true;
	return false;
}

static void
make_query(struct oracle_case *c, unsigned number)
{
	struct query *q = &c->queries[number];
	struct maker m = { .c = c, .q = q, .number = number,
			   .names = number * 100 };
	struct level level = { .upsert = is_print_taken(c, number) ||
					 wants(&m, F_UPSERT, 15) };
	struct from f;

	from_init(&f);
	text_init(&level.select);
	make_shape(&m, &f, &level);
	text_init(&q->sql);
	both_text(&q->sql, &level.select);
	memcpy(q->cols, level.cols, sizeof(q->cols));
	q->ncols = level.ncols;
	q->nkeys = level.nkeys;
	q->updating = level.updating;
	q->tables = f.tables;
	choose_sink(&m, q, level.upsert);
	text_release(&level.select);
	from_release(&f);
}

/* UTC, a clock that goes on, or one that is changed while rows come. */
static void
choose_clock(struct oracle_case *c)
{
	static const struct clock steady = {
		"Asia/Kolkata", 0, 330 * US_PER_MINUTE, 330 * US_PER_MINUTE,
	};
	static const struct clock changes[] = {
		{ "Europe/Berlin", INT64_C(1743296400) * US_PER_SECOND,
		  US_PER_HOUR, 2 * US_PER_HOUR },
		{ "Europe/Berlin", INT64_C(1761440400) * US_PER_SECOND,
		  2 * US_PER_HOUR, US_PER_HOUR },
	};
	struct dice *d = &c->dice;

	c->has[F_CLOCK_CHANGE] = oracle_wants(c, d, F_CLOCK_CHANGE, 5);
	c->ltz = c->has[F_CLOCK_CHANGE] ||
		 oracle_wants(c, d, F_LOCAL_ZONE, 10);
	if (c->has[F_CLOCK_CHANGE])
		c->clock = changes[dice_roll(d, 2)];
	else if (c->ltz)
		c->clock = steady;
}

/* One strict table, or several whose rows are never late. */
static void
make_tables(struct oracle_case *c)
{
	struct dice *d = &c->dice;

	c->strict = oracle_wants(c, d, F_LATE, 55) ||
		    oracle_wants(c, d, F_PARTLY_LATE, 0);
	c->strict &= !oracle_wants(c, d, F_PARTITIONS, 0) &&
		     !oracle_wants(c, d, F_TWO_TABLES, 0) &&
		     !oracle_wants(c, d, F_SESSION, 0) &&
		     !oracle_wants(c, d, F_OLD_SESSION, 0) &&
		     !oracle_wants(c, d, F_SESSION_KEYS, 0);
	c->ntables = !c->strict && oracle_wants(c, d, F_TWO_TABLES, 60) ? 2 : 1;
	for (unsigned i = 0; i < c->ntables; i++) {
		struct oracle_table *t = &c->tables[i];

		t->nparts = c->strict ? 1 :
			    oracle_wants(c, d, F_PARTITIONS, 60) ?
			    2 + dice_roll(d, 2) : 1;
		t->delay_us = dice_roll(d, 8) * 500 * US_PER_MS;
		if (!c->strict && t->delay_us == 0)
			t->delay_us = 250 * US_PER_MS;
		t->on_event = oracle_wants(c, d, F_ON_EVENT, 45) &&
			      !oracle_wants(c, d, F_ON_PERIODIC, 0);
		c->has[t->on_event ? F_ON_EVENT : F_ON_PERIODIC] = true;
		c->has[F_PARTITIONS] |= t->nparts > 1;
	}
	choose_clock(c);
}

static void
put_table(struct oracle_case *c, unsigned i)
{
	const struct oracle_table *table = &c->tables[i];
	struct text *t = &c->ddl;

	both(t, "CREATE TABLE t%u (", i);
	for (unsigned k = 0; k < BASE_COLS; k++) {
		buf_printf(&t->flink, "%s %s, ", base_cols[k].name,
			   k == COL_TS && c->ltz ? "TIMESTAMP_LTZ(3)"
						 : base_cols[k].sql_type);
		buf_printf(&t->lite, "%s, ", base_cols[k].name);
	}
	buf_puts(&t->lite, "wm);\n");
	buf_puts(&t->flink, "WATERMARK FOR ts AS ts - ");
	text_interval(t, table->delay_us);
	buf_printf(&t->flink, ") WITH ('connector' = 'kafka', 'topic' = 't%u',"
		   " 'properties.bootstrap.servers' = 'rig', 'format' ="
		   " 'json', 'scan.watermark.emit.strategy' = '%s');\n", i,
		   table->on_event ? "on-event" : "on-periodic");
}

static void
choose_begin(struct oracle_case *c)
{
	struct dice *d = &c->dice;

	c->begin_us = INT64_C(1767225600) * US_PER_SECOND;
	if (c->has[F_CLOCK_CHANGE]) {
		c->begin_us = c->clock.change_us -
			      dice_roll(d, 90) * US_PER_SECOND;
	} else if (oracle_wants(c, d, F_BEFORE_1970, 20)) {
		c->has[F_BEFORE_1970] = true;
		c->begin_us = -20 * US_PER_SECOND;
		if (dice_roll(d, 3) == 0 && !c->ltz)
			c->begin_us = INT64_C(-2000000000) * US_PER_SECOND;
	}
}

void
oracle_make_queries(struct oracle_case *c)
{
	struct dice *d = &c->dice;

	make_tables(c);
	choose_begin(c);
	for (unsigned i = 0; i < c->ntables; i++)
		put_table(c, i);
	c->nqueries = oracle_wants(c, d, F_STATEMENT_SET, 25) ?
		      2 + dice_roll(d, 2) : 1;
	c->has[F_STATEMENT_SET] = c->nqueries > 1;
	for (unsigned i = 0; i < c->nqueries; i++)
		make_query(c, i);
}
