/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_run.c - runs the job of a case, event by event, and
 * beside it the few lines that know what the job has read and what time it is
 * by that: the watermark is the lowest over tables and partitions of the
 * highest time read, less the delay; a row meets the one of its step's start,
 * or with on-event that of the rows before it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "tests/property/oracle_text.h"
#include "tests/unit/rig_impl.h"

struct oracle_job {
	struct oracle_case *c;
	struct rig *rig;
	struct sqlite3 *db;
	struct buf *why;
	const struct row **rows; /* pushed, in order */
	unsigned pushed, read, committed;
	unsigned last_crash;
	bool ok, ended;
};

/* ---- script and rows as sluice gets them ---- */

static void
put_sink(const struct query *q, unsigned number, struct buf *out)
{
	char name[TYPE_NAME_MAX];

	if (q->sink == SINK_CLIENT)
		return;
	buf_printf(out, "CREATE TABLE o%u (", number);
	for (unsigned k = 0; k < q->ncols; k++)
		buf_printf(out, "%s%s %s", k ? ", " : "", q->cols[k].name,
			   type_name(q->cols[k].type, name));
	if (q->sink == SINK_UPSERT) {
		buf_puts(out, ", PRIMARY KEY (");
		for (unsigned k = 0; k < q->nkeys; k++)
			buf_printf(out, "%s%s", k ? ", " : "",
				   q->cols[k].name);
		buf_puts(out, ") NOT ENFORCED");
	}
	if (q->sink == SINK_PRINT)
		buf_puts(out, ") WITH ('connector' = 'print');\n");
	else if (q->sink == SINK_KAFKA)
		buf_printf(out, ") WITH ('connector' = 'kafka', 'topic' = '%s',"
			   " 'properties.bootstrap.servers' = 'rig',"
			   " 'format' = 'json');\n", q->topic);
	else
		buf_printf(out, ") WITH ('connector' = 'upsert-kafka',"
			   " 'topic' = '%s', 'properties.bootstrap.servers' ="
			   " 'rig', 'key.format' = 'json', 'value.format' ="
			   " 'json');\n", q->topic);
}

void
oracle_script(struct oracle_case *c, struct buf *out)
{
	bool set = c->nqueries > 1;

	if (c->ltz)
		buf_printf(out, "SET 'table.local-time-zone' = '%s';\n",
			   c->clock.zone);
	buf_append(out, c->ddl.flink.data, c->ddl.flink.len);
	for (unsigned i = 0; i < c->nqueries; i++)
		put_sink(&c->queries[i], i, out);
	buf_puts(out, set ? "EXECUTE STATEMENT SET BEGIN\n" : "");
	for (unsigned i = 0; i < c->nqueries; i++) {
		if (c->queries[i].sink != SINK_CLIENT)
			buf_printf(out, "INSERT INTO o%u ", i);
		buf_puts(out, buf_cstr(&c->queries[i].sql.flink));
		buf_puts(out, ";\n");
	}
	buf_puts(out, set ? "END;\n" : "");
}

static void
put_json_value(struct buf *out, const struct value *v, struct type t)
{
	char text[TIME_TEXT_MAX];
	int64_t scale = 1, u = v->i64;

	switch (t.kind) {
	case TYPE_BOOLEAN:
		buf_puts(out, v->u8 ? "true" : "false");
		break;
	case TYPE_DECIMAL:
		for (unsigned i = 0; i < t.scale; i++)
			scale *= 10;
		buf_printf(out, "%s%lld.%0*lld", u < 0 ? "-" : "",
			   (long long)(u < 0 ? -u : u) / scale, t.scale,
			   (long long)(u < 0 ? -u : u) % scale);
		break;
	case TYPE_DOUBLE:
		buf_f64(out, v->f64);
		break;
	case TYPE_VARCHAR:
		buf_json_string(out, str_data(&v->str), v->str.len);
		break;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		us_format(u, 3, ' ', text);
		buf_printf(out, "\"%s%s\"", text,
			   t.kind == TYPE_TIMESTAMP_LTZ ? "Z" : "");
		break;
	default:
		buf_i64(out, u);
	}
}

/* NULL is null, or no field at all. */
static void
put_json(struct oracle_case *c, const struct row *row, struct buf *out)
{
	const char *sep = "{";

	for (unsigned k = 0; k < BASE_COLS; k++) {
		struct type t = base_cols[k].type;

		if (row->v[k].is_null && (row - c->rows + k) % 2 == 0)
			continue;
		if (k == COL_TS && c->ltz)
			t = type_timestamp_ltz(3);
		buf_printf(out, "%s\"%s\":", sep, base_cols[k].name);
		if (row->v[k].is_null)
			buf_puts(out, "null");
		else
			put_json_value(out, &row->v[k], t);
		sep = ",";
	}
	buf_puts(out, *sep == '{' ? "{}" : "}");
}

void
oracle_case_print(struct oracle_case *c)
{
	static const char *const names[] = { "", "step", "checkpoint",
					     "crash", "look" };
	struct buf out;

	buf_init(&out);
	oracle_script(c, &out);
	for (unsigned i = 0; i < c->nqueries; i++)
		buf_printf(&out, "-- SQLite %u: %s\n", i,
			   buf_cstr(&c->queries[i].sql.lite));
	for (unsigned i = 0; i < c->nevents; i++) {
		const struct row *row = &c->rows[c->events[i].row];

		if (c->events[i].kind == EVENT_ROW) {
			buf_printf(&out, "-- t%u/%u ", row->table,
				   row->partition);
			put_json(c, row, &out);
			buf_putc(&out, '\n');
		} else {
			buf_printf(&out, "-- %s\n", names[c->events[i].kind]);
		}
	}
	fputs(buf_cstr(&out), stdout);
	buf_release(&out);
}

/* ---- time ---- */

/* The lowest over these tables after n rows. */
static int64_t
watermark_after(const struct oracle_job *r, unsigned n, uint8_t tables)
{
	const struct oracle_case *c = r->c;
	int64_t low = TIME_END;

	for (unsigned t = 0; t < c->ntables; t++) {
		int64_t high[4] = { TIME_NONE, TIME_NONE, TIME_NONE,
				    TIME_NONE };

		for (unsigned i = 0; i < n; i++) {
			const struct row *row = r->rows[i];
			const struct value *ts = &row->v[COL_TS];

			if (row->table == t && !ts->is_null &&
			    ts->i64 - c->tables[t].delay_us >
				    high[row->partition])
				high[row->partition] =
					ts->i64 - c->tables[t].delay_us;
		}
		for (unsigned p = 0; p < c->tables[t].nparts; p++)
			if (tables & 1u << t && high[p] < low)
				low = high[p];
	}
	return low;
}

/* Rows that the next step reads: what watermark does each of them meet? */
static void
time_rows(struct oracle_job *r)
{
	struct oracle_case *c = r->c;
	int64_t wm_us = watermark_after(r, r->read, 1);

	for (; r->read < r->pushed; r->read++) {
		struct row *row = (struct row *)r->rows[r->read];
		const struct value *ts = &row->v[COL_TS];
		int64_t us = ts->is_null ? TIME_NONE :
			     ts->i64 - c->tables[0].delay_us;

		row->wm_us = c->strict ? wm_us : TIME_NONE;
		if (c->tables[0].on_event && us > wm_us)
			wm_us = us;
	}
}

/* ---- events ---- */

static struct rig_topic *
topic_of(const struct query *q)
{
	return rig_topic(q->topic);
}

/* A step of on-event tables may be several, cut where a row would be late:
 * what belongs to each of them cannot be seen from here. */
static bool
step_is_one(const struct oracle_case *c)
{
	for (unsigned t = 0; t < c->ntables; t++)
		if (c->tables[t].on_event)
			return false;
	return true;
}

static bool
step_once(struct oracle_job *r, bool *ret_busy)
{
	struct oracle_case *c = r->c;
	size_t before[QUERIES_MAX];

	for (unsigned i = 0; i < c->nqueries; i++)
		before[i] = topic_of(&c->queries[i])->log.len;
	*ret_busy = rig_step_once(r->rig) == PIPELINE_BUSY;
	for (unsigned i = 0; i < c->nqueries; i++) {
		const struct buf *log = &topic_of(&c->queries[i])->log;

		if (log->len > before[i] &&
		    !oracle_log_step(&c->queries[i], log->data + before[i],
				     log->len - before[i], step_is_one(c), c,
				     r->why))
			return false;
	}
	return true;
}

static bool
run_steps(struct oracle_job *r)
{
	bool busy = true;

	if (!r->ended)
		time_rows(r);
	while (busy)
		if (!step_once(r, &busy))
			return false;
	return true;
}

static bool
look_at(struct oracle_job *r, struct query *q)
{
	const struct buf *log = &topic_of(q)->log;
	int64_t wm_us = r->ended ? TIME_END
				 : watermark_after(r, r->read, q->tables);
	struct buf got, want, last;
	bool ok;

	buf_init(&got);
	buf_init(&want);
	buf_init(&last);
	ok = oracle_log_whole(q, log->data, log->len, r->why);
	oracle_lite_answer(r->db, r->c, r->rows, r->read, q, wm_us, &want);
	if (q->sink == SINK_UPSERT)
		oracle_log_last(q, log->data, log->len, &last);
	else if (log->len > 0)
		buf_append(&last, log->data, log->len);
	if (ok)
		buf_puts(&got, rig_net_of(r->rig, buf_cstr(&last)));
	if (ok && strcmp(buf_cstr(&got), rig_net_of(r->rig,
						    buf_cstr(&want))) != 0) {
		buf_printf(r->why, "query %u %s: sluice has\n%sSQLite has\n%s",
			   (unsigned)(q - r->c->queries),
			   r->ended ? "at the end" : "midway", buf_cstr(&got),
			   rig_net_of(r->rig, buf_cstr(&want)));
		ok = false;
	}
	r->ok |= want.len > 0;
	if (r->ended && want.len == 0)
		memset(q->has, 0, sizeof(q->has)); /* shows nothing */
	buf_release(&got);
	buf_release(&want);
	buf_release(&last);
	return ok;
}

static bool
look(struct oracle_job *r)
{
	if (!run_steps(r))
		return false;
	for (unsigned i = 0; i < r->c->nqueries; i++)
		if (!look_at(r, &r->c->queries[i]))
			return false;
	return true;
}

static void
push(struct oracle_job *r, struct row *row)
{
	struct buf json;
	char topic[16];

	snprintf(topic, sizeof(topic), "t%u", row->table);
	buf_init(&json);
	put_json(r->c, row, &json);
	rig_push(r->rig, topic, row->partition, buf_cstr(&json));
	buf_release(&json);
	r->rows[r->pushed++] = row;
}

static void
crash(struct oracle_job *r)
{
	bool *has = r->c->has;

	has[F_CRASH] |= r->read > r->committed;
	has[F_CRASH_CLEAN] |= r->read == r->committed && r->read > 0;
	has[F_CRASH_TWICE] |= r->last_crash == r->committed + 1 &&
			      r->read > r->committed;
	r->last_crash = r->committed + 1;
	r->read = r->committed;
	rig_crash(r->rig);
}

static bool
run_event(struct oracle_job *r, const struct event *e)
{
	struct oracle_case *c = r->c;

	switch (e->kind) {
	case EVENT_ROW:
		push(r, &c->rows[e->row]);
		return true;
	case EVENT_STEP:
		c->has[F_STEPS] |= r->read > 0 && r->read < r->pushed;
		return run_steps(r);
	case EVENT_CHECKPOINT:
		c->has[F_CHECKPOINT] = true;
		rig_checkpoint(r->rig);
		r->committed = r->read;
		return true;
	case EVENT_CRASH:
		crash(r);
		return true;
	case EVENT_LOOK:
		c->has[F_EARLY_LOOK] = true;
		return look(r);
	}
	return true;
}

/* ---- what rows were late ---- */

static void
mark_late_row(struct oracle_case *c, const struct window *w,
	      const struct row *row)
{
	bool cumulate = w->kind == ORACLE_CUMULATE;
	int64_t stride = cumulate ? w->size_us : w->slide_us;
	int64_t us = clock_local(&c->clock, row->v[COL_TS].i64);
	int64_t start = (us / stride - 9) * stride + w->offset_us;
	unsigned open = 0, closed = 0;

	for (; start <= us; start += stride) {
		int64_t end = start + (cumulate ? w->slide_us : w->size_us);

		for (; end <= start + w->size_us; end += w->slide_us) {
			if (end <= us)
				continue;
			if (clock_reaches(&c->clock, end) - US_PER_MS >
			    row->wm_us)
				open++;
			else
				closed++;
		}
	}
	c->has[F_LATE] |= open == 0 && closed > 0;
	c->has[F_PARTLY_LATE] |= open > 0 && closed > 0;
}

static void
mark_late_rows(struct oracle_job *r)
{
	struct oracle_case *c = r->c;

	for (unsigned i = 0; i < c->nqueries; i++) {
		const struct query *q = &c->queries[i];

		for (unsigned w = 0; w < q->nwindows; w++) {
			if (!q->windows[w].over_rows || !c->strict)
				continue;
			for (unsigned k = 0; k < r->read; k++)
				if (!r->rows[k]->v[COL_TS].is_null)
					mark_late_row(c, &q->windows[w],
						      r->rows[k]);
		}
	}
}

/* ---- the whole ---- */

static bool
open_rig(struct oracle_job *r)
{
	struct error err = ERROR_INIT;
	struct buf script;
	char text[2048];

	buf_init(&script);
	oracle_script(r->c, &script);
	r->rig = rig_try(buf_cstr(&script), &err);
	buf_release(&script);
	if (!r->rig) {
		error_print(&err, text, sizeof(text));
		buf_puts(r->why, text);
		return false;
	}
	for (unsigned t = 0; t < r->c->ntables; t++) {
		char topic[16];

		snprintf(topic, sizeof(topic), "t%u", t);
		rig_partitions(r->rig, topic, r->c->tables[t].nparts);
	}
	return true;
}

static bool
run_all(struct oracle_job *r)
{
	struct oracle_case *c = r->c;

	for (unsigned i = 0; i < c->nevents; i++)
		if (!run_event(r, &c->events[i]))
			return false;
	if (!look(r))
		return false;
	mark_late_rows(r);
	r->ended = true;
	pipeline_finish(rig_pipeline(r->rig));
	return look(r);
}

bool
oracle_run(struct oracle_case *c, struct buf *why)
{
	struct oracle_job r = { .c = c, .why = why };
	bool ok;

	if (!open_rig(&r))
		return false;
	r.rows = mem_alloc((c->nrows + 1) * sizeof(*r.rows));
	r.db = oracle_lite_open(c);
	ok = run_all(&r);
	oracle_lite_close(r.db);
	free(r.rows);
	rig_close(r.rig);
	if (!r.ok)
		memset(c->has, 0, sizeof(c->has)); /* nobody had an answer */
	return ok;
}
