/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_view.c - the view under an operator's name: what its query
 * would say right now. A window aggregate's view adds up the panes of every
 * window that is open; times are text, so that people can read them.
 */
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/store_view.h"

static long long
ll(int64_t v)
{
	return (long long)v;
}

/* ---- pieces of SQL ---- */

/* g."name" */
const char *
view_column_text(struct view *v, char table, const struct store_table *t,
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
const char *
view_instant_text(struct view *v, const char *x, unsigned precision)
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
const char *
view_shown_text(struct view *v, struct type t, const char *x)
{
	struct arena *a = &v->s->arena;

	switch (t.kind) {
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return view_instant_text(v, x, t.precision);
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
	const char *pane = view_column_text(v, 'p', v->panes, 0);
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
	const char *pane = view_column_text(v, 'p', v->panes, 0);

	buf_printf(&v->sql,
		   "windows(s, e) AS (SELECT DISTINCT %s, %s + %lld FROM %s p)",
		   pane, pane, ll(w->size_us), quoted(v, v->panes->name));
}

/* From the first step with a pane on, each longer window holds it too. */
static void
put_cumulate_windows(struct view *v)
{
	const struct plan_window *w = v->window;
	const char *pane = view_column_text(v, 'p', v->panes, 0);

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
			   v->panes ? view_pane_text(v, c)
				    : view_group_text(v, c));
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
			   view_accumulator_text(v, (unsigned)rows));
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
			   view_column_text(v, 'g', v->groups, (unsigned)rows));
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
