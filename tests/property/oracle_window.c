/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_window.c - rows become rows of windows: TUMBLE, HOP and
 * CUMULATE as a join against bounds, SESSION as gaps and islands, each as a
 * table function, and some in GROUP BY.
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

/* ---- which ---- */

static const int64_t sizes_s[] = { 1, 2, 4, 6, 10, 12, 20, 30 };

/* Who is late for a session depends on the others: nobody is there. */
static bool
wants_session(struct maker *m, const struct from *f, bool bare)
{
	if (m->c->strict || !f->of_tables)
		return false;
	return wants(m, F_SESSION, 8) || wants(m, F_OLD_SESSION, 0) ||
	       (bare && wants(m, F_SESSION_KEYS, 20));
}

static enum oracle_window
choose_kind(struct maker *m)
{
	if (wants(m, F_HOP, 0) || wants(m, F_HOP_DISTINCT, 0) ||
	    wants(m, F_HOP_MIN_MAX, 0) || wants(m, F_HOP_DOUBLE, 0) ||
	    wants(m, F_HOP_FILTER, 0) || wants(m, F_PARTLY_LATE, 0) ||
	    wants(m, F_OLD_HOP, 0) || wants(m, F_OLD_HOP_UNEVEN, 0))
		return ORACLE_HOP;
	if (wants(m, F_CUMULATE, 0) || wants(m, F_CUMULATE_DISTINCT, 0))
		return ORACLE_CUMULATE;
	if (wants(m, F_TUMBLE, 0) || wants(m, F_OLD_TUMBLE, 0))
		return ORACLE_TUMBLE;
	return roll(m, 3);
}

static struct window
choose_window(struct maker *m, const struct from *f, bool session)
{
	struct window w = { .kind = session ? ORACLE_SESSION : choose_kind(m),
			    .tables = f->tables, .over_rows = f->of_tables };
	bool one = w.kind == ORACLE_TUMBLE || session;
	unsigned panes = one ? 1 : 1 + roll(m, 6);

	w.slide_us = sizes_s[roll(m, one ? 8 : 5)] * US_PER_SECOND;
	if (session)
		w.slide_us = (1 + roll(m, 8)) * US_PER_SECOND / 2;
	else if (m->c->has[F_CLOCK_CHANGE])
		w.slide_us = roll(m, 2) ? 20 * US_PER_MINUTE
					: 30 * US_PER_SECOND;
	else if (roll(m, 5) == 0)
		w.slide_us += US_PER_SECOND / 2;
	w.size_us = panes * w.slide_us;
	/* No row is exactly a gap behind another one: whether that session has
	 * been closed a millisecond before depends on the steps. */
	if (session) {
		w.size_us += US_PER_SECOND / 4;
		return w;
	}
	if (wants(m, F_OFFSET, 20) || wants(m, F_NEGATIVE_OFFSET, 20))
		w.offset_us = roll(m, w.slide_us / 100000) * INT64_C(100000);
	if (wants(m, F_NEGATIVE_OFFSET, 50))
		w.offset_us = -w.offset_us;
	return w;
}

static void
mark_window(struct maker *m, const struct window *w)
{
	static const enum feature kinds[] = { F_TUMBLE, F_HOP, F_CUMULATE,
					      F_SESSION };

	maker_mark(m, kinds[w->kind]);
	if (w->offset_us)
		maker_mark(m, w->offset_us < 0 ? F_NEGATIVE_OFFSET : F_OFFSET);
	if (m->c->ltz)
		maker_mark(m, m->c->has[F_CLOCK_CHANGE] ? F_CLOCK_CHANGE
							: F_LOCAL_ZONE);
}

/* ---- for sluice ---- */

static const char *const kinds[] = { "TUMBLE", "HOP", "CUMULATE", "SESSION" };

/* Windows in GROUP BY have no offset; a size of HOP there need not be a
 * multiple of the slide. */
static void
make_old(struct maker *m, struct from *f, struct window *w)
{
	static const enum feature marks[] = {
		[ORACLE_TUMBLE] = F_OLD_TUMBLE, [ORACLE_HOP] = F_OLD_HOP,
		[ORACLE_SESSION] = F_OLD_SESSION,
	};
	struct text t;

	w->offset_us = 0;
	if (w->kind == ORACLE_HOP && wants(m, F_OLD_HOP_UNEVEN, 30)) {
		/* A window has a limit of slices. */
		int64_t unit = w->slide_us < 10 * US_PER_MINUTE
				       ? US_PER_SECOND / 2 : US_PER_MINUTE;

		w->size_us += roll(m, (unsigned)(w->slide_us / unit)) * unit;
		if (w->size_us % w->slide_us)
			maker_mark(m, F_OLD_HOP_UNEVEN);
	}
	text_init(&t);
	buf_printf(&t.flink, "%s(%s, ", kinds[w->kind], f->time);
	if (w->kind == ORACLE_HOP) {
		text_interval(&t, w->slide_us);
		buf_puts(&t.flink, ", ");
	}
	text_interval(&t, w->size_us);
	buf_putc(&t.flink, ')');
	snprintf(f->old, sizeof(f->old), "%s", buf_cstr(&t.flink));
	text_release(&t);
	maker_mark(m, marks[w->kind]);
}

static void
put_partition(const struct from *f, struct buf *out, const char *sep)
{
	for (unsigned i = 0; i < f->npartition; i++)
		buf_printf(out, "%s%s", i ? sep : "",
			   f->cols[f->partition[i]].name);
}

static void
put_function(struct text *t, const struct from *f, const struct window *w,
	     const char *name)
{
	buf_printf(&t->flink, "TABLE(%s(TABLE %s", kinds[w->kind], name);
	if (w->kind == ORACLE_SESSION && f->npartition > 0) {
		buf_puts(&t->flink, " PARTITION BY (");
		put_partition(f, &t->flink, ", ");
		buf_putc(&t->flink, ')');
	}
	buf_printf(&t->flink, ", DESCRIPTOR(%s), ", f->time);
	if (w->kind == ORACLE_HOP || w->kind == ORACLE_CUMULATE) {
		text_interval(t, w->slide_us);
		buf_puts(&t->flink, ", ");
	}
	text_interval(t, w->size_us);
	if (w->offset_us) {
		buf_puts(&t->flink, ", ");
		text_interval(t, w->offset_us);
	}
	buf_puts(&t->flink, "))");
}

/* ---- for SQLite ---- */

static void
put_window_join(struct maker *m, struct text *t, const struct from *f,
		const char *name, bool bare)
{
	unsigned w = m->q->nwindows;

	buf_printf(&t->lite, "(SELECT z.*, w.ws AS window_start, w.we AS"
		   " window_end, w.wt AS window_time FROM %s AS z JOIN"
		   " w%u_%u AS w ON local(z.%s) >= w.ws AND"
		   " local(z.%s) < w.we", name, m->number, w, f->time,
		   f->time);
	/* The window is still open when the row comes. */
	if (f->of_tables && !bare)
		buf_puts(&t->lite, " AND w.wt > z.wm");
	buf_puts(&t->lite, ")");
}

static void
put_partition_by(const struct from *f, struct buf *out, const char *more)
{
	buf_puts(out, "PARTITION BY ");
	put_partition(f, out, ", ");
	buf_printf(out, "%s%s", f->npartition && *more ? ", " : "",
		   f->npartition || *more ? more : "NULL");
}

/* A row is fresh when the one before it is further away than the gap; islands
 * are numbered by their fresh rows. */
static void
put_islands(struct text *t, const struct from *f, const struct window *w,
	    const char *name)
{
	struct buf *out = &t->lite;
	long long gap = (long long)w->size_us;

	buf_printf(out, "(SELECT * FROM (SELECT y.*, MIN(lt) OVER i AS"
		   " window_start, MAX(lt) OVER i + %lld AS window_end,"
		   " last_of(MAX(lt) OVER i + %lld) AS window_time"
		   " FROM (SELECT x.*, SUM(fresh) OVER (", gap, gap);
	put_partition_by(f, out, "");
	buf_printf(out, " ORDER BY lt) AS island FROM (SELECT z.*,"
		   " local(z.%s) AS lt, CASE WHEN local(z.%s) -"
		   " LAG(local(z.%s)) OVER (", f->time, f->time, f->time);
	put_partition_by(f, out, "");
	buf_printf(out, " ORDER BY local(z.%s)) <= %lld THEN 0 ELSE 1 END AS"
		   " fresh FROM %s AS z WHERE z.%s IS NOT NULL) AS x) AS y"
		   " WINDOW i AS (", f->time, gap, name, f->time);
	put_partition_by(f, out, "island");
	buf_puts(out, ")) WHERE window_time <= now_wm())");
}

/* ---- rows of windows ---- */

static void
add_column(struct from *f, const char *name, struct type t)
{
	struct col *col = &f->cols[f->ncols++];

	CHECK(f->ncols <= COLS_MAX);
	*col = (struct col){ .type = t, .orders = true };
	snprintf(col->name, sizeof(col->name), "%s", name);
}

/* Whose sessions they are: what the level will group by, or anything. */
static void
choose_partition(struct maker *m, struct from *f, const struct level *level)
{
	struct level any = { .upsert = level && level->upsert };

	level_choose_keys(m, f, &any);
	f->npartition = any.ngroup_cols;
	memcpy(f->partition, any.group_cols, sizeof(f->partition));
}

static void
put_windows(struct maker *m, struct from *f, struct window *w, bool bare)
{
	struct text t;

	CHECK(m->q->nwindows < WINDOWS_MAX);
	text_init(&t);
	if (*f->old)
		buf_puts(&t.flink, buf_cstr(&f->text.flink));
	else
		put_function(&t, f, w, buf_cstr(&f->text.flink));
	if (w->kind == ORACLE_SESSION)
		put_islands(&t, f, w, buf_cstr(&f->text.lite));
	else
		put_window_join(m, &t, f, buf_cstr(&f->text.lite), bare);
	text_clear(&f->text);
	both_text(&f->text, &t);
	text_release(&t);
	mark_window(m, w);
	w->bare = bare;
	m->q->windows[m->q->nwindows++] = *w;
	f->window = (int)w->kind;
	f->window_col = f->ncols;
	add_column(f, "window_start", type_timestamp(3));
	add_column(f, "window_end", type_timestamp(3));
	f->time_type = f->cols[COL_TS].type;
}

void
make_windows_from(struct maker *m, struct from *f, const struct level *level)
{
	bool session = !level->regrouped && wants_session(m, f, false);
	struct window w = choose_window(m, f, session);

	*f->old = '\0';
	if (session)
		choose_partition(m, f, level);
	if ((w.kind == ORACLE_TUMBLE && wants(m, F_OLD_TUMBLE, 10)) ||
	    (w.kind == ORACLE_HOP && (wants(m, F_OLD_HOP, 10) ||
				      wants(m, F_OLD_HOP_UNEVEN, 0))) ||
	    (session && wants(m, F_OLD_SESSION, 20)))
		make_old(m, f, &w);
	put_windows(m, f, &w, false);
}

void
make_bare_windows(struct maker *m, struct from *f)
{
	bool session = wants_session(m, f, true);
	struct window w = choose_window(m, f, session);

	*f->old = '\0';
	if (session) {
		choose_partition(m, f, NULL);
		maker_mark(m, F_SESSION_KEYS);
	}
	put_windows(m, f, &w, true);
	f->window = -1;
	f->has_bounds = true;
	f->bounds_col = f->window_col;
	f->of_tables = false; /* they are not rows of tables any more */
}

/* A condition that asks for bounds: before sessions are found for those that
 * group them, or rows are put into panes, each row gets its windows. */
static void
put_window_condition(struct maker *m, struct text *t, const struct from *f)
{
	both(t, " WHERE ");
	text_condition(t, m->c, &m->c->dice, f->cols + f->window_col, 2, 2);
	maker_mark(m, F_WINDOW_CONDITION);
}

/* (SELECT a, b, window_start, window_end FROM TABLE(...) WHERE p) AS r1 */
void
make_window_sub_query(struct maker *m, struct from *f)
{
	bool condition = wants(m, F_WINDOW_CONDITION, 8);
	struct text select;

	if (*f->old || !(wants(m, F_SUB_QUERY, 20) || condition))
		return;
	text_init(&select);
	both(&select, "(SELECT ");
	for (unsigned c = 0; c < f->ncols; c++)
		both(&select, "%s%s", c ? ", " : "", f->cols[c].name);
	both(&select, ", window_time FROM ");
	both_text(&select, &f->text);
	if (condition)
		put_window_condition(m, &select, f);
	else if (f->window != ORACLE_SESSION)
		put_where(m, &select, f);
	both(&select, ") AS r%u", m->names++);
	text_clear(&f->text);
	both_text(&f->text, &select);
	text_release(&select);
	maker_mark(m, F_SUB_QUERY);
}
