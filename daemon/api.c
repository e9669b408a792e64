/* SPDX-License-Identifier: Apache-2.0
 * daemon/api.c - paths to answers. On TCP only what Prometheus and load
 * balancers need.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "base/version.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/ndjson.h"
#include "daemon/script.h"

#define JSON "application/json"
#define TEXT "text/plain; version=0.0.4; charset=utf-8"

static void
reply_error(struct http_request *rq, unsigned status, struct error *err)
{
	struct buf out;

	buf_init(&out);
	ndjson_error(&out, 0, err);
	http_reply(rq, status, JSON, out.data, out.len);
	buf_release(&out);
}

/* ---- jobs ---- */

static void
partitions_json(const struct job_info *info, struct buf *out)
{
	json_key(out, "partitions");
	buf_putc(out, '[');
	for (unsigned i = 0; i < info->nparts; i++) {
		const struct partition_info *p = &info->parts[i];

		if (i)
			buf_putc(out, ',');
		buf_putc(out, '{');
		json_pair(out, "source", p->source);
		json_pair(out, "topic", p->topic);
		json_pair_i64(out, "partition", p->partition);
		json_pair(out, "state", p->state);
		json_pair_i64(out, "next_offset", p->next_offset);
		json_pair_i64(out, "end_offset", p->end_offset);
		json_pair_f64(out, "records_per_s", p->records_s);
		json_pair_time(out, "record_time", p->record_time_us);
		json_pair_time(out, "watermark", p->wm_us);
		json_pair_time(out, "idle_since", p->idle_since_us);
		json_pair_i64(out, "records_lost", (int64_t)p->lost);
		json_pair(out, "reason", *p->reason ? p->reason : NULL);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void
operators_json(const struct job_info *info, struct buf *out)
{
	json_key(out, "operators");
	buf_putc(out, '[');
	for (unsigned i = 0; i < info->nops; i++) {
		const struct operator_info *o = &info->ops[i];

		if (i)
			buf_putc(out, ',');
		buf_putc(out, '{');
		json_pair(out, "name", o->name);
		json_pair_i64(out, "rows_in", (int64_t)o->rows_in);
		json_pair_i64(out, "rows_out", (int64_t)o->rows_out);
		json_pair_f64(out, "rows_in_per_s", o->rows_in_s);
		json_pair_f64(out, "rows_out_per_s", o->rows_out_s);
		json_pair_i64(out, "rows_late", (int64_t)o->late);
		json_pair_i64(out, "errors", (int64_t)o->errors);
		json_pair_i64(out, "skipped", (int64_t)o->skipped);
		json_pair_i64(out, "rows_unmatched", (int64_t)o->unmatched);
		json_pair_i64(out, "state_expired", (int64_t)o->expired);
		json_pair_i64(out, "pane_updates", (int64_t)o->pane_updates);
		json_pair_i64(out, "state_rows", (int64_t)o->state_rows);
		json_pair_i64(out, "state_bytes", (int64_t)o->state_bytes);
		json_pair_f64(out, "ms", (double)o->ns / 1e6);
		json_pair_time(out, "watermark",
			       o->wm_us == TIME_END ? TIME_NONE : o->wm_us);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

static void
error_json(const struct job_info *info, struct buf *out)
{
	json_key(out, "error");
	if (info->error.code == ERR_NONE) {
		buf_puts(out, "null");
		return;
	}
	buf_putc(out, '{');
	json_pair(out, "code", error_name(info->error.code));
	json_pair(out, "message", info->error.message);
	json_pair(out, "note", *info->error.note ? info->error.note : NULL);
	buf_putc(out, '}');
}

void
api_job_json(struct job *j, bool full, struct buf *out)
{
	struct job_info info;
	struct arena a;

	arena_init(&a);
	job_info_get(j, &a, &info);
	buf_putc(out, '{');
	json_pair(out, "name", info.name);
	json_pair(out, "state", job_state_text[info.state]);
	json_pair_time(out, "since", info.since_us);
	json_pair_time(out, "created", info.created_us);
	json_pair_i64(out, "rows_in", (int64_t)info.rows_in);
	json_pair_i64(out, "rows_out", (int64_t)info.rows_out);
	json_pair_f64(out, "rows_in_per_s", info.rows_in_s);
	json_pair_f64(out, "rows_out_per_s", info.rows_out_s);
	json_pair_i64(out, "rows_late", (int64_t)info.late);
	json_pair_i64(out, "bad_records", (int64_t)info.errors);
	json_pair_i64(out, "bad_records_kept", (int64_t)info.errors_kept);
	json_pair_i64(out, "bad_records_lost", (int64_t)info.errors_lost);
	json_pair_i64(out, "skipped_records", (int64_t)info.skipped);
	json_pair_i64(out, "records_lost", (int64_t)info.lost);
	json_pair_i64(out, "restarts", (int64_t)info.restarts);
	json_pair(out, "last_failure", *info.failure ? info.failure : NULL);
	json_pair_time(out, "last_failure_at",
		       info.failure_us ? info.failure_us : TIME_NONE);
	json_pair_i64(out, "lag", info.lag);
	json_pair_i64(out, "read", info.read_total);
	json_pair_i64(out, "end", info.end_total);
	json_pair_time(out, "watermark",
		       info.wm_us == TIME_END ? TIME_NONE : info.wm_us);
	json_pair_i64(out, "checkpoint", (int64_t)info.checkpoint);
	json_pair_time(out, "checkpoint_at",
		       info.checkpoint_us ? info.checkpoint_us : TIME_NONE);
	json_pair_f64(out, "checkpoint_ms",
		      (double)info.checkpoint_duration_ns / 1e6);
	json_pair_i64(out, "checkpoint_rows", info.checkpoint_rows);
	json_pair_i64(out, "state_rows", (int64_t)info.state_rows);
	json_pair_i64(out, "state_bytes", (int64_t)info.state_bytes);
	json_pair_i64(out, "wal_bytes", (int64_t)info.wal_bytes);
	json_pair(out, "wal_held", *info.wal_held ? info.wal_held : NULL);
	json_pair(out, "reason", *info.reason ? info.reason : NULL);
	json_pair(out, "notice", *info.notice ? info.notice : NULL);
	error_json(&info, out);
	if (full) {
		json_pair(out, "statement", job_text_of(j).statement);
		json_pair(out, "script", job_text_of(j).script);
		operators_json(&info, out);
		partitions_json(&info, out);
	}
	buf_putc(out, '}');
	arena_release(&a);
}

static void
list_job(struct job *j, void *arg)
{
	struct buf *out = arg;

	if (out->data[out->len - 1] == '}')
		buf_putc(out, ',');
	api_job_json(j, false, out);
}

static void
get_jobs(struct daemon *d, struct http_request *rq)
{
	struct buf out;

	buf_init(&out);
	buf_puts(&out, "{\"jobs\":[");
	jobs_each(d->jobs, list_job, &out);
	buf_puts(&out, "]}\n");
	http_reply(rq, 200, JSON, out.data, out.len);
	buf_release(&out);
}

static void
get_job(struct daemon *d, struct http_request *rq, const char *name)
{
	struct error err = ERROR_INIT;
	struct job *j = jobs_find(d->jobs, name, &err);
	struct buf out;

	if (!j) {
		reply_error(rq, 404, &err);
		return;
	}
	buf_init(&out);
	api_job_json(j, true, &out);
	buf_putc(&out, '\n');
	http_reply(rq, 200, JSON, out.data, out.len);
	buf_release(&out);
}

/* ---- the rest ---- */

static void
post_session(struct daemon *d, struct http_request *rq)
{
	struct error err = ERROR_INIT;
	struct session *s;
	struct buf out;

	if (session_create(&d->sessions, clock_wall_us(), &s, &err) < 0) {
		reply_error(rq, 429, &err);
		return;
	}
	buf_init(&out);
	buf_putc(&out, '{');
	json_pair(&out, "session", s->id);
	buf_puts(&out, "}\n");
	http_reply(rq, 200, JSON, out.data, out.len);
	buf_release(&out);
}

static void
get_metrics(struct daemon *d, struct http_request *rq)
{
	struct buf out;

	buf_init(&out);
	metrics_write(d, &out);
	http_reply(rq, 200, TEXT, out.data, out.len);
	buf_release(&out);
}

static void
get_words(struct http_request *rq)
{
	struct buf out;

	buf_init(&out);
	words_write(&out);
	http_reply(rq, 200, JSON, out.data, out.len);
	buf_release(&out);
}

static void
reply_text(struct http_request *rq, unsigned status, const char *text)
{
	http_reply(rq, status, "text/plain", text, strlen(text));
}

static void
reply_stopping(struct http_request *rq)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERR_CANCELLED, "sluiced is stopping");
	reply_error(rq, 503, &err);
}

static void
no_such_path(struct http_request *rq)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERR_USAGE, "there is no %s here", http_path(rq));
	error_note(&err, http_is_tcp(rq)
				 ? "TCP has GET /metrics, /healthz, /readyz"
				 : "POST /v1/sql, POST /v1/sessions, GET "
				   "/v1/jobs, /v1/jobs/<name>, /v1/words, "
				   "/metrics, /healthz, /readyz");
	reply_error(rq, 404, &err);
}

/* The path is right. */
static void
wrong_method(struct http_request *rq, const char *allowed)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERR_USAGE, "%s takes %s only", http_path(rq), allowed);
	http_allow(rq, allowed);
	reply_error(rq, 405, &err);
}

void
api_handle(struct http_request *rq, void *arg)
{
	struct daemon *d = arg;
	const char *path = http_path(rq);
	bool get = http_method_of(rq) == HTTP_GET;
	bool post = http_method_of(rq) == HTTP_POST;

	d->requests++;
	if (get && strcmp(path, "/healthz") == 0)
		reply_text(rq, 200, "ok\n");
	else if (get && strcmp(path, "/readyz") == 0)
		reply_text(rq, d->ready && !d->stopping ? 200 : 503,
			   d->ready && !d->stopping ? "ready\n"
						    : "not ready\n");
	else if (get && strcmp(path, "/metrics") == 0)
		get_metrics(d, rq);
	else if (http_is_tcp(rq))
		no_such_path(rq);
	else if (post && strcmp(path, "/v1/sql") == 0 && !d->stopping)
		script_begin(d, rq);
	else if (post && strcmp(path, "/v1/sql") == 0)
		reply_stopping(rq);
	else if (post && strcmp(path, "/v1/sessions") == 0)
		post_session(d, rq);
	else if (get && strcmp(path, "/v1/jobs") == 0)
		get_jobs(d, rq);
	else if (get && strncmp(path, "/v1/jobs/", 9) == 0)
		get_job(d, rq, path + 9);
	else if (get && strcmp(path, "/v1/words") == 0)
		get_words(rq);
	else if (strcmp(path, "/v1/sql") == 0 ||
		 strcmp(path, "/v1/sessions") == 0)
		wrong_method(rq, "POST");
	else if ((strncmp(path, "/v1/jobs", 8) == 0 ||
		  strcmp(path, "/v1/words") == 0) && !get)
		wrong_method(rq, "GET");
	else
		no_such_path(rq);
}
