/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_lite.c - what SQLite answers: the rows that were read
 * go into its tables, the windows that are closed into tables of bounds, and
 * the query is run as it stands. Windows are listed by a plain loop over time
 * that shares nothing with the engine's arithmetic.
 */
#include <sqlite3.h>

#include "base/check.h"
#include "runtime/eval.h"
#include "tests/property/oracle.h"
#include "tests/unit/rig_impl.h"
#include "tests/unit/test.h"

static void
lite_exec(sqlite3 *db, const char *sql)
{
	char *message;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		FAIL("SQLite: %s in\n%s", message, sql);
}

static sqlite3_stmt *
lite_prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *s;

	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		FAIL("SQLite: %s in\n%s", sqlite3_errmsg(db), sql);
	return s;
}

/* local(t): what the clock shows then */
static void
local_function(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	const struct oracle_case *c = sqlite3_user_data(ctx);

	(void)n;
	if (sqlite3_value_type(args[0]) == SQLITE_INTEGER)
		sqlite3_result_int64(ctx,
				     clock_local(&c->clock,
						 sqlite3_value_int64(args[0])));
}

/* last_of(t): the last moment before the clock shows t */
static void
last_of_function(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	const struct oracle_case *c = sqlite3_user_data(ctx);

	(void)n;
	if (sqlite3_value_type(args[0]) == SQLITE_INTEGER)
		sqlite3_result_int64(
			ctx, clock_reaches(&c->clock,
					   sqlite3_value_int64(args[0])) -
				     US_PER_MS);
}

/* now_wm(): the watermark of the query that is asked */
static int64_t now_wm_us;

static void
now_wm_function(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	(void)n, (void)args;
	sqlite3_result_int64(ctx, now_wm_us);
}

static void
add_function(sqlite3 *db, const char *name, int nargs, struct oracle_case *c,
	     void (*fn)(sqlite3_context *, int, sqlite3_value **))
{
	CHECK(sqlite3_create_function(db, name, nargs, SQLITE_UTF8, c, fn,
				      NULL, NULL) == SQLITE_OK);
}

sqlite3 *
oracle_lite_open(struct oracle_case *c)
{
	char sql[80];
	sqlite3 *db;

	CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
	lite_exec(db, "PRAGMA case_sensitive_like = ON");
	add_function(db, "local", 1, c, local_function);
	add_function(db, "last_of", 1, c, last_of_function);
	add_function(db, "now_wm", 0, c, now_wm_function);
	oracle_values_add(db);
	for (unsigned q = 0; q < c->nqueries; q++) {
		for (unsigned w = 0; w < c->queries[q].nwindows; w++) {
			snprintf(sql, sizeof(sql),
				 "CREATE TABLE w%u_%u (ws, we, wt)", q, w);
			lite_exec(db, sql);
		}
	}
	lite_exec(db, buf_cstr(&c->ddl.lite));
	return db;
}

void
oracle_lite_close(sqlite3 *db)
{
	sqlite3_close(db);
}

/* ---- what it reads ---- */

static void
bind_value(sqlite3_stmt *s, int at, const struct value *v, struct type t)
{
	if (v->is_null) {
		sqlite3_bind_null(s, at);
		return;
	}
	switch (t.kind) {
	case TYPE_VARCHAR:
		sqlite3_bind_text(s, at, str_data(&v->str), (int)v->str.len,
				  SQLITE_TRANSIENT);
		break;
	case TYPE_DOUBLE:
		/* As keys -0.0 and 0.0 are one, called 0.0. */
		sqlite3_bind_double(s, at, v->f64 == 0 ? 0.0 : v->f64);
		break;
	case TYPE_BOOLEAN:
		sqlite3_bind_int(s, at, v->u8);
		break;
	default:
		sqlite3_bind_int64(s, at, v->i64);
	}
}

static void
fill_table(sqlite3 *db, unsigned table, const struct row *const *rows,
	   unsigned n)
{
	char sql[120];
	sqlite3_stmt *s;

	snprintf(sql, sizeof(sql), "DELETE FROM t%u", table);
	lite_exec(db, sql);
	snprintf(sql, sizeof(sql), "INSERT INTO t%u VALUES"
		 " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", table);
	_Static_assert(BASE_COLS == 12, "and wm");
	s = lite_prepare(db, sql);
	for (unsigned i = 0; i < n; i++) {
		if (rows[i]->table != table)
			continue;
		for (int k = 0; k < BASE_COLS; k++)
			bind_value(s, k + 1, &rows[i]->v[k],
				   base_cols[k].type);
		sqlite3_bind_int64(s, BASE_COLS + 1, rows[i]->wm_us);
		CHECK(sqlite3_step(s) == SQLITE_DONE);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
}

/* Bounds of all windows that begin in [from, to] and are closed, and their
 * last moment: all three but that on the local clock. */
static void
fill_windows(sqlite3 *db, const struct oracle_case *c, unsigned q,
	     unsigned number, int64_t from_us, int64_t to_us, int64_t wm_us)
{
	const struct window *w = &c->queries[q].windows[number];
	bool cumulate = w->kind == ORACLE_CUMULATE;
	int64_t stride = cumulate ? w->size_us : w->slide_us;
	int64_t start = (from_us / stride - 2) * stride + w->offset_us;
	char sql[80];
	sqlite3_stmt *s;

	snprintf(sql, sizeof(sql), "DELETE FROM w%u_%u", q, number);
	lite_exec(db, sql);
	snprintf(sql, sizeof(sql), "INSERT INTO w%u_%u VALUES (?, ?, ?)", q,
		 number);
	s = lite_prepare(db, sql);
	for (; start <= to_us; start += stride) {
		int64_t end = start + (cumulate ? w->slide_us : w->size_us);

		for (; end <= start + w->size_us; end += w->slide_us) {
			int64_t last = clock_reaches(&c->clock, end) -
				       US_PER_MS;

			if (last > wm_us && !w->bare)
				break;
			sqlite3_bind_int64(s, 1, start);
			sqlite3_bind_int64(s, 2, end);
			sqlite3_bind_int64(s, 3, last);
			CHECK(sqlite3_step(s) == SQLITE_DONE);
			sqlite3_reset(s);
		}
	}
	sqlite3_finalize(s);
}

static void
fill_all_windows(sqlite3 *db, struct oracle_case *c, unsigned number,
		 const struct row *const *rows, unsigned n, int64_t wm_us)
{
	const struct query *q = &c->queries[number];
	int64_t from = TIME_END, to = TIME_NONE;
	int64_t around = c->has[F_CLOCK_CHANGE] ? US_PER_HOUR : 0;

	for (unsigned i = 0; i < n; i++) {
		const struct value *ts = &rows[i]->v[COL_TS];
		int64_t us;

		if (ts->is_null || !(q->tables & 1u << rows[i]->table))
			continue;
		us = clock_local(&c->clock, ts->i64);
		from = us < from ? us : from;
		to = us > to ? us : to;
	}
	for (unsigned w = 0; w < q->nwindows; w++)
		around += q->windows[w].size_us;
	if (from > to) { /* no window */
		from = around;
		to = -around - 1;
	}
	for (unsigned w = 0; w < q->nwindows; w++)
		if (q->windows[w].kind != ORACLE_SESSION)
			fill_windows(db, c, number, w, from - around,
				     to + around, wm_us);
}

/* ---- what it says ---- */

static struct value
result_value(sqlite3_stmt *s, int at, struct type t)
{
	struct value v = { 0 };
	int kind = sqlite3_column_type(s, at);
	int want = t.kind == TYPE_VARCHAR ? SQLITE_TEXT :
		   t.kind == TYPE_DOUBLE ? SQLITE_FLOAT : SQLITE_INTEGER;

	if (kind == SQLITE_NULL) {
		v.is_null = true;
		return v;
	}
	if (kind != want)
		FAIL("SQLite: column %d is of another type in\n%s", at,
		     sqlite3_sql(s));
	if (want == SQLITE_TEXT)
		v.str = str_ref((const char *)sqlite3_column_text(s, at),
				sqlite3_column_bytes(s, at));
	else if (want == SQLITE_FLOAT)
		v.f64 = sqlite3_column_double(s, at);
	else if (t.kind == TYPE_BOOLEAN)
		v.u8 = (uint8_t)sqlite3_column_int(s, at);
	else if (phys_of(t) == PHYS_I128)
		v.i128 = sqlite3_column_int64(s, at);
	else
		v.i64 = sqlite3_column_int64(s, at);
	return v;
}

static void
put_result(struct query *q, sqlite3_stmt *s, struct buf *out)
{
	struct arena a;
	struct buf line;

	arena_init(&a);
	buf_init(&line);
	for (unsigned k = 0; k < q->ncols; k++) {
		struct value v = result_value(s, (int)k, q->cols[k].type);

		buf_putc(&line, ' ');
		if (v.is_null)
			buf_puts(&line, "NULL");
		else
			buf_str(&line, value_text(v, q->cols[k].type,
						  rig_zone(), &a));
		q->has[F_NULL_KEY] |= v.is_null && k < q->nkeys;
	}
	buf_puts(out, "+I");
	rig_shorten(out, line.data, line.len);
	buf_putc(out, '\n');
	buf_release(&line);
	arena_release(&a);
}

void
oracle_lite_answer(sqlite3 *db, struct oracle_case *c,
		   const struct row *const *rows, unsigned n, struct query *q,
		   int64_t wm_us, struct buf *out)
{
	unsigned number = (unsigned)(q - c->queries);
	sqlite3_stmt *s;
	int rc;

	now_wm_us = wm_us;
	lite_exec(db, "BEGIN");
	for (unsigned t = 0; t < c->ntables; t++)
		fill_table(db, t, rows, n);
	fill_all_windows(db, c, number, rows, n, wm_us);
	lite_exec(db, "COMMIT");
	s = lite_prepare(db, buf_cstr(&q->sql.lite));
	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		put_result(q, s, out);
	if (rc != SQLITE_DONE)
		FAIL("SQLite: %s in\n%s", sqlite3_errmsg(db),
		     sqlite3_sql(s));
	sqlite3_finalize(s);
}
