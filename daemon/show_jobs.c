/* SPDX-License-Identifier: Apache-2.0
 * daemon/show_jobs.c - looking at jobs: SHOW JOBS, DESCRIBE JOB, SHOW
 * WATERMARKS from their running figures; SHOW ERRORS and SHOW STATE from their
 * files, which have what the last checkpoint had.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/str.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/errors.h"
#include "daemon/ndjson.h"
#include "daemon/script.h"
#include "daemon/session.h"
#include "daemon/stall.h"
#include "runtime/store_look.h"

/* ---- cells ---- */

static void
time_cell(struct buf *out, int64_t us)
{
	char text[TIME_TEXT_MAX];

	if (us == TIME_NONE || us == 0 || us == TIME_END) {
		ndjson_cell(out, NULL);
		return;
	}
	us_format_iso(us, text);
	ndjson_cell(out, text);
}

static void
count_cell(struct buf *out, int64_t n)
{
	if (n >= 0)
		ndjson_cell_i64(out, n);
	else
		ndjson_cell(out, NULL);
}

/* An empty text is nothing to show. */
static void
text_cell(struct buf *out, const char *text)
{
	ndjson_cell(out, *text ? text : NULL);
}

static void
begin(struct script *s, unsigned n, const char *const *columns)
{
	ndjson_header_of(&s->out, s->number, n, columns);
	s->rows = 0;
}

static void
end_row(struct script *s)
{
	ndjson_row_end(&s->out);
	s->rows++;
}

/* The job that the statement names, or an error at its name. */
static struct job *
job_of(struct script *s)
{
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);

	if (!j)
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
	return j;
}

/* ---- SHOW JOBS ---- */

static const char *
remark(struct script *s, const struct job_info *info)
{
	char stalled[STALL_REMARK_MAX];

	if (info->error.code != ERR_NONE)
		return info->error.message;
	if (*info->reason)
		return info->reason;
	if (stall_remark(info, clock_wall_us(), stalled))
		return arena_strdup(&s->arena, stalled);
	if (*info->full)
		return info->full;
	if (*info->wal_held)
		return info->wal_held;
	return *info->notice ? info->notice : NULL;
}

static void
job_row(struct job *j, void *arg)
{
	struct script *s = arg;
	struct job_info info;

	job_info_get(j, &s->arena, &info);
	ndjson_row_begin(&s->out);
	ndjson_cell(&s->out, info.name);
	ndjson_cell(&s->out, job_state_text[info.state]);
	time_cell(&s->out, info.since_us);
	ndjson_cell_i64(&s->out, (int64_t)info.rows_in);
	ndjson_cell_i64(&s->out, (int64_t)info.rows_out);
	count_cell(&s->out, info.lag);
	time_cell(&s->out, info.wm_us);
	time_cell(&s->out, info.checkpoint_us);
	ndjson_cell(&s->out, remark(s, &info));
	end_row(s);
}

static enum statement_rc
run_show_jobs(struct script *s)
{
	static const char *const columns[] = {
		"name", "state", "since", "#rows_in", "#rows_out",
		"#lag", "watermark", "last_checkpoint", "error",
	};

	begin(s, ARRAY_LEN(columns), columns);
	jobs_each(s->d->jobs, job_row, s);
	return STATEMENT_OK;
}

/* ---- DESCRIBE JOB ---- */

/* The remark, and how often it was tried again so far. */
static const char *
with_restarts(struct script *s, const struct job_info *info)
{
	const char *text = remark(s, info);
	char at[TIME_TEXT_MAX];

	if (!info->restarts)
		return text;
	us_format_iso(info->failure_us, at);
	return arena_printf(&s->arena, "%s%srestarted %" PRIu64 " times, the "
			    "last time at %s: %s", text ? text : "",
			    text ? "; " : "", info->restarts, at,
			    info->failure);
}

static void
describe_job_row(struct script *s, const struct job_info *info)
{
	ndjson_row_begin(&s->out);
	ndjson_cell(&s->out, "job");
	ndjson_cell(&s->out, info->name);
	ndjson_cell(&s->out, job_state_text[info->state]);
	ndjson_cell_i64(&s->out, (int64_t)info->rows_in);
	ndjson_cell_i64(&s->out, (int64_t)info->rows_out);
	ndjson_cell_i64(&s->out, (int64_t)(info->rows_in_s + 0.5));
	count_cell(&s->out, info->lag);
	time_cell(&s->out, info->wm_us);
	ndjson_cell_i64(&s->out, (int64_t)info->late);
	ndjson_cell_i64(&s->out, (int64_t)info->errors);
	ndjson_cell_i64(&s->out, (int64_t)info->state_rows);
	ndjson_cell_i64(&s->out, (int64_t)info->state_bytes);
	ndjson_cell(&s->out, with_restarts(s, info));
	end_row(s);
}

static void
describe_operator_row(struct script *s, const struct job_info *info,
		      const struct operator_info *o)
{
	/* A file tells what state there is, not what was counted. */
	bool unknown = info->of_file;

	ndjson_row_begin(&s->out);
	ndjson_cell(&s->out, "operator");
	ndjson_cell(&s->out, o->name);
	ndjson_cell(&s->out, NULL);
	count_cell(&s->out, unknown ? -1 : (int64_t)o->rows_in);
	count_cell(&s->out, unknown ? -1 : (int64_t)o->rows_out);
	count_cell(&s->out, unknown ? -1 : (int64_t)(o->rows_in_s + 0.5));
	ndjson_cell(&s->out, NULL);
	time_cell(&s->out, o->wm_us);
	count_cell(&s->out, unknown ? -1 : (int64_t)o->late);
	count_cell(&s->out, unknown ? -1 : (int64_t)o->errors);
	ndjson_cell_i64(&s->out, (int64_t)o->state_rows);
	ndjson_cell_i64(&s->out, (int64_t)o->state_bytes);
	text_cell(&s->out, o->label);
	end_row(s);
}

static int64_t
lag_of(const struct partition_info *p)
{
	if (p->next_offset < 0 || p->end_offset < 0)
		return -1;
	return p->end_offset > p->next_offset ? p->end_offset - p->next_offset
					      : 0;
}

static const char *
part_name(struct script *s, const struct partition_info *p)
{
	if (!*p->topic)
		return p->source;
	return arena_printf(&s->arena, "%s %s[%d]", p->source, p->topic,
			    (int)p->partition);
}

static void
describe_partition_row(struct script *s, const struct job_info *info,
		       const struct partition_info *p)
{
	ndjson_row_begin(&s->out);
	ndjson_cell(&s->out, "partition");
	ndjson_cell(&s->out, part_name(s, p));
	ndjson_cell(&s->out, p->idle_since_us != TIME_NONE ? "idle"
							   : p->state);
	count_cell(&s->out, p->next_offset);
	ndjson_cell(&s->out, NULL);
	count_cell(&s->out, info->of_file ? -1
					  : (int64_t)(p->records_s + 0.5));
	count_cell(&s->out, lag_of(p));
	time_cell(&s->out, p->wm_us);
	for (int i = 0; i < 4; i++)
		ndjson_cell(&s->out, NULL);
	if (p->lost && !*p->reason)
		ndjson_cell(&s->out,
			    arena_printf(&s->arena, "%" PRIu64 " records were "
					 "lost before they were read", p->lost));
	else
		text_cell(&s->out, p->reason);
	end_row(s);
}

static enum statement_rc
run_describe_job(struct script *s)
{
	static const char *const columns[] = {
		"part", "name", "state", "#rows_in", "#rows_out",
		"#rows_per_second", "#lag", "watermark", "#late", "#errors",
		"#state_rows", "#state_bytes", "detail",
	};
	struct job *j = job_of(s);
	struct job_info info;

	if (!j)
		return STATEMENT_FAILED;
	job_info_get(j, &s->arena, &info);
	begin(s, ARRAY_LEN(columns), columns);
	describe_job_row(s, &info);
	for (unsigned i = 0; i < info.nops; i++)
		describe_operator_row(s, &info, &info.ops[i]);
	for (unsigned i = 0; i < info.nparts; i++)
		describe_partition_row(s, &info, &info.parts[i]);
	return STATEMENT_OK;
}

/* ---- SHOW WATERMARKS ---- */

static void
watermark_rows(struct job *j, void *arg)
{
	struct script *s = arg;
	struct job_info info;

	job_info_get(j, &s->arena, &info);
	for (unsigned i = 0; i < info.nparts; i++) {
		const struct partition_info *p = &info.parts[i];

		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, info.name);
		ndjson_cell(&s->out, p->source);
		text_cell(&s->out, p->topic);
		ndjson_cell_i64(&s->out, p->partition);
		time_cell(&s->out, p->wm_us);
		time_cell(&s->out, p->idle_since_us);
		ndjson_cell(&s->out, stall_holds(&info, p) ? "true" : "false");
		end_row(s);
	}
}

static enum statement_rc
run_show_watermarks(struct script *s)
{
	static const char *const columns[] = {
		"job", "source", "topic", "#partition", "watermark",
		"idle_since", "holds",
	};
	struct job *j = s->stmt->job ? job_of(s) : NULL;

	if (s->stmt->job && !j)
		return STATEMENT_FAILED;
	begin(s, ARRAY_LEN(columns), columns);
	if (j)
		watermark_rows(j, s);
	else
		jobs_each(s->d->jobs, watermark_rows, s);
	return STATEMENT_OK;
}

/* ---- from the file ---- */

/* Bytes that are no text, as X'...' in part. */
static void
blob_cell(struct script *s, const struct store_cell *c)
{
	size_t n = c->n < 64 ? c->n : 64;
	struct buf text;

	if (utf8_valid(c->text, c->n) && !memchr(c->text, '\0', c->n)) {
		ndjson_cell(&s->out,
			    arena_strndup(&s->arena, c->text, c->n));
		return;
	}
	buf_init(&text);
	buf_puts(&text, "X'");
	for (size_t i = 0; i < n; i++)
		buf_printf(&text, "%02X", (unsigned char)c->text[i]);
	buf_puts(&text, n < c->n ? "...'" : "'");
	ndjson_cell(&s->out, buf_cstr(&text));
	buf_release(&text);
}

static void
look_cell(struct script *s, const struct store_cell *c)
{
	switch (c->kind) {
	case CELL_INTEGER:
		ndjson_cell_i64(&s->out, c->i64);
		break;
	case CELL_TEXT:
	case CELL_BLOB:
		blob_cell(s, c);
		break;
	default: /* these tables have no REAL */
		ndjson_cell(&s->out, NULL);
	}
}

static void
look_row(void *arg, unsigned n, const struct store_cell *cells)
{
	struct script *s = arg;

	ndjson_row_begin(&s->out);
	for (unsigned i = 0; i < n; i++)
		look_cell(s, &cells[i]);
	end_row(s);
}

static enum statement_rc
run_look(struct script *s, struct job *j, const char *sql, unsigned n,
	 const char *const *columns)
{
	struct store_look *look;
	int rc;

	if (store_look_open(job_path(j), &look, &s->err) < 0)
		return STATEMENT_FAILED;
	begin(s, n, columns);
	rc = store_look(look, sql, look_row, s, &s->err);
	store_look_close(look);
	return rc < 0 ? STATEMENT_FAILED : STATEMENT_OK;
}

static enum statement_rc
run_show_errors_of(struct script *s, struct job *j)
{
	static const char *const columns[] = {
		"#id", "at", "code", "source", "topic", "#partition",
		"#offset", "column", "operator", "expression", "message",
		"raw", "row", "#weight", "key", "replay", "replayed_at",
	};
	struct errors_where where;
	enum statement_rc rc;
	struct buf sql;

	if (errors_where_of(s, &where) < 0)
		return STATEMENT_FAILED;
	/* The newest thousand: the file has all. */
	buf_init(&sql);
	buf_puts(&sql, "SELECT * FROM (SELECT id, at, code, source,"
		 " topic, \"partition\", \"offset\", column_name,"
		 " operator, expression, message, raw, \"row\", weight,"
		 " key, replay, replayed_at FROM errors WHERE ");
	errors_where_sql(&where, &sql);
	buf_puts(&sql, " ORDER BY id DESC LIMIT 1000) ORDER BY id");
	rc = run_look(s, j, buf_cstr(&sql), ARRAY_LEN(columns), columns);
	buf_release(&sql);
	return rc;
}

struct summary {
	struct script *s;
	const char *job;
};

static void
summary_row(void *arg, unsigned n, const struct store_cell *cells)
{
	struct summary *sum = arg;

	ndjson_row_begin(&sum->s->out);
	ndjson_cell(&sum->s->out, sum->job);
	for (unsigned i = 0; i < n; i++)
		look_cell(sum->s, &cells[i]);
	end_row(sum->s);
}

static void
summarize_errors(struct job *j, void *arg)
{
	struct script *s = arg;
	struct summary sum = { s, job_text_of(j).name };
	struct error unheard = ERROR_INIT;
	struct store_look *look;

	/* A job without a file, such as one that failed at once, has none. */
	if (store_look_open(job_path(j), &look, &unheard) < 0)
		return;
	store_look(look, "SELECT code, source, operator, count(*), min(at),"
		   " max(at) FROM errors GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
		   summary_row, &sum, &unheard);
	store_look_close(look);
}

static enum statement_rc
run_show_errors(struct script *s)
{
	static const char *const columns[] = {
		"job", "code", "source", "operator", "#rows", "first_at",
		"last_at",
	};
	struct job *j = s->stmt->job ? job_of(s) : NULL;

	if (s->stmt->job)
		return j ? run_show_errors_of(s, j) : STATEMENT_FAILED;
	begin(s, ARRAY_LEN(columns), columns);
	jobs_each(s->d->jobs, summarize_errors, s);
	return STATEMENT_OK;
}

static enum statement_rc
run_show_state(struct script *s)
{
	static const char *const columns[] = {
		"operator", "kind", "keys", "window", "#rows", "#bytes",
	};
	struct job *j = job_of(s);

	if (!j)
		return STATEMENT_FAILED;
	return run_look(s, j, "SELECT name, kind, keys, \"window\","
			" state_rows, state_bytes FROM operators"
			" WHERE columns IS NOT NULL ORDER BY name",
			ARRAY_LEN(columns), columns);
}

/* ---- EXPLAIN STALL ---- */

struct sample {
	struct arena *arena;
	const char *text;
};

static void
take_sample(void *arg, unsigned n, const struct store_cell *cells)
{
	struct sample *sample = arg;

	if (n == 2 && cells[0].kind == CELL_TEXT && cells[1].kind == CELL_TEXT)
		sample->text = arena_printf(sample->arena, "%.*s: %.*s",
					    (int)cells[0].n, cells[0].text,
					    (int)cells[1].n, cells[1].text);
}

/* The newest row that could not be used, or NULL. */
static const char *
sample_error(struct script *s, struct job *j)
{
	struct error unheard = ERROR_INIT;
	struct store_look *look;
	struct sample sample = { &s->arena, NULL };

	if (store_look_open(job_path(j), &look, &unheard) < 0)
		return NULL;
	store_look(look, "SELECT code, message FROM errors ORDER BY id DESC "
		   "LIMIT 1", take_sample, &sample, &unheard);
	store_look_close(look);
	return sample.text;
}

static enum statement_rc
run_explain_stall(struct script *s)
{
	static const char *const columns[] = { "why" };
	struct job *j = job_of(s);
	struct job_info info;
	struct buf text;

	if (!j)
		return STATEMENT_FAILED;
	job_info_get(j, &s->arena, &info);
	buf_init(&text);
	stall_explain(&info, info.errors ? sample_error(s, j) : NULL, &text);
	begin(s, ARRAY_LEN(columns), columns);
	for (const char *p = buf_cstr(&text); *p;) {
		size_t n = strcspn(p, "\n");

		ndjson_row_begin(&s->out);
		ndjson_cell(&s->out, arena_strndup(&s->arena, p, n));
		end_row(s);
		p += n + (p[n] == '\n');
	}
	buf_release(&text);
	return STATEMENT_OK;
}

enum statement_rc
show_jobs_run(struct script *s)
{
	switch (s->stmt->kind) {
	case AST_STMT_DESCRIBE_JOB:
		return run_describe_job(s);
	case AST_STMT_SHOW_WATERMARKS:
		return run_show_watermarks(s);
	case AST_STMT_SHOW_ERRORS:
		return run_show_errors(s);
	case AST_STMT_SHOW_STATE:
		return run_show_state(s);
	case AST_STMT_EXPLAIN_STALL:
		return run_explain_stall(s);
	case AST_STMT_EXPLAIN_ANALYZE:
		return analyze_run(s);
	default:
		return run_show_jobs(s);
	}
}
