/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_errors.c - quarantined rows come with a commit, up to the
 * caps; those that were replayed well go with the commit that has their
 * effect. What the table holds is counted anew whenever rows have gone.
 */
#include "runtime/store_errors.h"

#include "base/check.h"
#include "runtime/store_impl.h"

/* Less room than that is none for a usual record. */
#define FULL_BYTES 4096

/* ---- how full it is ---- */

int
store_count_errors(struct store *s, struct store_errors *ret,
		   struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&s->file,
			       "SELECT count(*), coalesce(sum("
			       "coalesce(length(raw), 0)"
			       " + coalesce(length(key), 0)"
			       " + coalesce(length(headers), 0)"
			       " + coalesce(length(\"row\"), 0)), 0)"
			       " FROM errors",
			       &st, err);

	if (rc == 0)
		rc = store_step(&s->file, st, err);
	if (rc == 1) {
		ret->rows = (uint64_t)sqlite3_column_int64(st, 0);
		ret->bytes = (uint64_t)sqlite3_column_int64(st, 1);
	}
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

struct store_errors
store_errors(const struct store *s)
{
	struct store_errors e = s->errors;

	e.ever = s->totals.errors;
	e.full = e.lost > 0 &&
		 (e.rows >= s->errors_rows_max ||
		  e.bytes + FULL_BYTES > s->errors_bytes_max);
	return e;
}

static uint64_t
bad_row_bytes(const struct bad_row *r)
{
	return (r->has_raw ? r->raw.len : 0) + (r->has_key ? r->key.len : 0) +
	       (r->has_headers ? r->headers.len : 0) +
	       (r->row_json ? strlen(r->row_json) : 0);
}

/* ---- with a commit ---- */

static void
bind_bytes(sqlite3_stmt *st, int i, const struct str *s, bool has)
{
	if (has)
		sqlite3_bind_blob64(st, i, str_data(s), s->len, SQLITE_STATIC);
}

static int
insert_error(struct store *s, const struct bad_row *r, struct error *err)
{
	sqlite3_stmt *st = s->put_error;
	int i = 0;

	store_bind_time(st, ++i, r->at_us);
	store_bind_text(st, ++i, r->source);
	store_bind_text(st, ++i, r->topic);
	if (r->partition >= 0) {
		sqlite3_bind_int64(st, i + 1, r->partition);
		sqlite3_bind_int64(st, i + 2, r->offset);
	}
	i += 2;
	store_bind_time(st, ++i, r->record_time_us);
	store_bind_text(st, ++i, r->op_name);
	store_bind_text(st, ++i, r->expression);
	store_bind_text(st, ++i, error_name(r->code));
	store_bind_text(st, ++i, r->column_name);
	store_bind_text(st, ++i, r->message);
	bind_bytes(st, ++i, &r->raw, r->has_raw);
	store_bind_text(st, ++i, r->row_json);
	sqlite3_bind_int64(st, ++i, r->weight);
	bind_bytes(st, ++i, &r->key, r->has_key);
	bind_bytes(st, ++i, &r->headers, r->has_headers);
	store_bind_text(st, ++i, bad_replay_text[r->replay]);
	store_bind_text(st, ++i, r->place);
	return store_run(&s->file, st, err);
}

/* A row that was replayed and failed: what is wrong with it now. */
static int
update_error(struct store *s, const struct bad_row *r, struct error *err)
{
	sqlite3_stmt *st = s->again_error;
	int i = 0;

	store_bind_time(st, ++i, r->at_us);
	store_bind_text(st, ++i, r->op_name);
	store_bind_text(st, ++i, r->expression);
	store_bind_text(st, ++i, error_name(r->code));
	store_bind_text(st, ++i, r->column_name);
	store_bind_text(st, ++i, r->message);
	store_bind_text(st, ++i, r->row_json);
	store_bind_text(st, ++i, bad_replay_text[r->replay]);
	store_bind_text(st, ++i, r->place);
	sqlite3_bind_int64(st, ++i, r->id);
	return store_run(&s->file, st, err);
}

static int
delete_gone(struct store *s, const struct snapshot *snap, struct error *err)
{
	for (uint64_t i = 0; i < snap->ngone; i++) {
		sqlite3_bind_int64(s->gone_error, 1, snap->gone[i]);
		if (store_run(&s->file, s->gone_error, err) < 0)
			return -1;
	}
	return 0;
}

static int
prepare(struct store *s, struct error *err)
{
	if (store_prepare(&s->file,
			  "INSERT INTO errors(at, source, topic,"
			  " \"partition\", \"offset\", record_time, operator,"
			  " expression, code, column_name, message, raw,"
			  " \"row\", weight, key, headers, replay, place)"
			  " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			  &s->put_error, err) < 0 ||
	    store_prepare(&s->file,
			  "UPDATE errors SET replayed_at = ?, operator = ?,"
			  " expression = ?, code = ?, column_name = ?,"
			  " message = ?, \"row\" = ?, replay = ?, place = ?"
			  " WHERE id = ?",
			  &s->again_error, err) < 0)
		return -1;
	return store_prepare(&s->file, "DELETE FROM errors WHERE id = ?",
			     &s->gone_error, err);
}

/* Past the caps rows are only counted; the oldest stay: the first failure
 * tells most. */
static int
insert_new(struct store *s, const struct snapshot *snap,
	   struct store_errors *e, struct error *err)
{
	uint64_t inserted = 0;

	for (const struct bad_row *r = snap->errors; r; r = r->next) {
		uint64_t more = bad_row_bytes(r);

		if (r->id)
			continue;
		if (e->rows >= s->errors_rows_max ||
		    e->bytes + more > s->errors_bytes_max)
			break;
		if (insert_error(s, r, err) < 0)
			return -1;
		inserted++;
		e->rows++;
		e->bytes += more;
	}
	CHECK(inserted <= snap->errors_counted);
	e->lost += snap->errors_counted - inserted;
	return 0;
}

int
store_commit_errors(struct store *s, const struct snapshot *snap,
		    struct store_errors *ret, struct error *err)
{
	bool changed = snap->ngone > 0;

	*ret = s->errors;
	if (prepare(s, err) < 0 || delete_gone(s, snap, err) < 0)
		return -1;
	for (const struct bad_row *r = snap->errors; r; r = r->next) {
		if (r->id && update_error(s, r, err) < 0)
			return -1;
		changed |= r->id != 0;
	}
	if (changed && store_count_errors(s, ret, err) < 0)
		return -1;
	return insert_new(s, snap, ret, err);
}

/* ---- late rows: the newest stay ---- */

static int
put_late(struct store *s, const struct late_row *r, struct error *err)
{
	sqlite3_stmt *st = s->put_late;

	store_bind_time(st, 1, r->at_us);
	store_bind_text(st, 2, r->op_name);
	store_bind_time(st, 3, r->event_time_us);
	store_bind_time(st, 4, r->wm_us);
	store_bind_text(st, 5, r->row_json);
	return store_run(&s->file, st, err);
}

int
store_commit_late(struct store *s, const struct snapshot *snap,
		  struct error *err)
{
	if (!snap->late)
		return 0;
	if (store_prepare(&s->file,
			  "INSERT INTO late_rows(at, operator, event_time,"
			  " watermark, \"row\") VALUES(?,?,?,?,?)",
			  &s->put_late, err) < 0 ||
	    store_prepare(&s->file,
			  "DELETE FROM late_rows WHERE rowid <="
			  " (SELECT max(rowid) FROM late_rows) - ?",
			  &s->trim_late, err) < 0)
		return -1;
	for (const struct late_row *r = snap->late; r; r = r->next)
		if (put_late(s, r, err) < 0)
			return -1;
	sqlite3_bind_int64(s->trim_late, 1, (int64_t)s->late_rows_max);
	return store_run(&s->file, s->trim_late, err);
}

/* ---- which rows ---- */

const char *const errors_column_names[ERRORS_COLUMNS] = {
	[ERRORS_ID] = "id",	  [ERRORS_CODE] = "code",
	[ERRORS_SOURCE] = "source", [ERRORS_TOPIC] = "topic",
	[ERRORS_OPERATOR] = "operator",
};

void
errors_where_sql(const struct errors_where *w, struct buf *out)
{
	static const char *const compare[] = {
		[ERRORS_EQ] = "=", [ERRORS_NE] = "<>", [ERRORS_LT] = "<",
		[ERRORS_LE] = "<=", [ERRORS_GT] = ">", [ERRORS_GE] = ">=",
	};

	buf_puts(out, "(1");
	for (unsigned i = 0; i < w->n; i++) {
		const struct errors_term *t = &w->term[i];

		buf_printf(out, " AND %s %s ", errors_column_names[t->column],
			   compare[t->compare]);
		if (t->column == ERRORS_ID)
			buf_printf(out, "%lld", (long long)t->id);
		else
			sql_text(out, t->text);
	}
	buf_puts(out, ")");
}

/* ---- reading ---- */

static bool
column_bytes(sqlite3_stmt *st, int i, struct arena *a, struct str *ret)
{
	if (sqlite3_column_type(st, i) == SQLITE_NULL)
		return false;
	*ret = str_from(a, sqlite3_column_blob(st, i),
			(size_t)sqlite3_column_bytes(st, i));
	return true;
}

static enum bad_replay
column_replay(sqlite3_stmt *st, int i)
{
	const char *text = (const char *)sqlite3_column_text(st, i);

	for (enum bad_replay r = BAD_REPLAY_RECORD; text && r <= BAD_REPLAY_NO;
	     r++)
		if (strcmp(text, bad_replay_text[r]) == 0)
			return r;
	return BAD_REPLAY_UNKNOWN;
}

static struct bad_row *
read_error(sqlite3_stmt *st, struct arena *a)
{
	struct bad_row *r = arena_new(a, struct bad_row);
	int i = 0;

	r->id = sqlite3_column_int64(st, i++);
	r->source = store_column_text(st, i++, a);
	r->topic = store_column_text(st, i++, a);
	r->partition = sqlite3_column_type(st, i) == SQLITE_NULL
			       ? -1 : sqlite3_column_int(st, i);
	i++;
	r->offset = sqlite3_column_int64(st, i++);
	r->record_time_us = store_column_time(st, i++);
	r->op_name = store_column_text(st, i++, a);
	r->has_raw = column_bytes(st, i++, a, &r->raw);
	r->has_key = column_bytes(st, i++, a, &r->key);
	r->has_headers = column_bytes(st, i++, a, &r->headers);
	r->row_json = store_column_text(st, i++, a);
	r->replay = column_replay(st, i++);
	r->place = store_column_text(st, i++, a);
	return r;
}

static int
prepare_where(struct store *s, const char *what, const struct errors_where *w,
	      const char *tail, sqlite3_stmt **ret, struct error *err)
{
	struct buf sql;
	int rc;

	buf_init(&sql);
	buf_puts(&sql, what);
	errors_where_sql(w, &sql);
	buf_puts(&sql, tail);
	rc = store_prepare(&s->file, buf_cstr(&sql), ret, err);
	buf_release(&sql);
	return rc;
}

int
store_read_errors(struct store *s, const struct errors_where *w, int64_t from,
		  int64_t to, unsigned max, uint64_t bytes_max,
		  struct arena *a, struct bad_row **ret, struct error *err)
{
	sqlite3_stmt *st = NULL;
	struct bad_row **tail = ret;
	uint64_t bytes = 0;
	unsigned n = 0;
	int rc = prepare_where(s, "SELECT id, source, topic, \"partition\","
			       " \"offset\", record_time, operator, raw, key,"
			       " headers, \"row\", replay, place FROM errors"
			       " WHERE ", w,
			       " AND id BETWEEN ? AND ? ORDER BY id", &st,
			       err);

	*ret = NULL;
	if (rc < 0)
		return -1;
	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, to);
	while (n < max && bytes < bytes_max &&
	       (rc = store_step(&s->file, st, err)) == 1) {
		struct bad_row *r = read_error(st, a);

		*tail = r;
		tail = &r->next;
		bytes += bad_row_bytes(r);
		n++;
	}
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

int
store_last_error(struct store *s, int64_t *ret, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(&s->file,
			       "SELECT coalesce(max(id), 0) FROM errors", &st,
			       err);

	if (rc == 0)
		rc = store_step(&s->file, st, err);
	if (rc == 1)
		*ret = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc < 0 ? -1 : 0;
}

/* ---- deleting ---- */

static int
delete_where(struct store *s, const struct errors_where *w, uint64_t *ret_rows,
	     struct store_errors *ret, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc = prepare_where(s, "DELETE FROM errors WHERE ", w, "", &st,
			       err);

	if (rc == 0)
		rc = store_run(&s->file, st, err);
	*ret_rows = (uint64_t)sqlite3_changes64(s->file.db);
	sqlite3_finalize(st);
	*ret = s->errors;
	return rc < 0 ? -1 : store_count_errors(s, ret, err);
}

int
store_delete_errors(struct store *s, const struct errors_where *w,
		    uint64_t *ret_rows, struct error *err)
{
	struct store_errors left;

	if (store_begin(&s->file, err) < 0)
		return -1;
	if (delete_where(s, w, ret_rows, &left, err) < 0 ||
	    store_end(&s->file, err) < 0) {
		store_rollback(&s->file);
		return -1;
	}
	s->errors = left;
	return 0;
}
