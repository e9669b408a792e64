/* SPDX-License-Identifier: Apache-2.0
 * daemon/tap.c - TAP: rows that pass an operator of a running job, as they
 * pass. The job's thread copies them into a ring (runtime/tap.h) and goes on;
 * a stream's thread takes them out, chooses, and writes lines. When the client
 * is too slow for the job, rows are skipped and counted: the job never waits.
 *
 * A tap stays while its job is restarted by itself; when the job stands, the
 * tap is over.
 */
#include "daemon/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/ndjson.h"
#include "daemon/planning.h"
#include "daemon/stream.h"
#include "parser/bind.h"
#include "runtime/eval.h"
#include "runtime/format.h"
#include "runtime/tap.h"

#define NOTICE_US US_PER_SECOND /* between two about skipped rows */
#define NICE 10 /* where processors are few, the jobs come first */

struct job_tap {
	struct job_tap *next;  /* L of the job: of job.taps */
	struct job *j;         /* main only; NULL: the job is over */
	struct tap *tap;
	unsigned op;           /* its number in the plan */
	unsigned statement;
	struct arena arena;    /* of all that follows */
	const char *job;       /* its name */
	const struct plan_node *node;
	struct expr *where;
	struct program *filter; /* NULL: all rows */

	uint64_t life;         /* job's thread: the last it was tapped in */
	atomic_uint lives;     /* how often it was */
	char ending[200];      /* written before over is set */
	atomic_bool over;

	/* the stream's thread */
	int64_t left;          /* of LIMIT; -1: no limit */
	bool changes;          /* rows have kinds */
	unsigned lives_told;
	uint64_t skipped_told, bad;
	int64_t notice_us;     /* not before */
	struct buf lines;
};

/* ---- the stream's thread ---- */

static bool
same_key(const struct job_tap *t, const struct batch *b, uint32_t x,
	 uint32_t y)
{
	for (uint16_t i = 0; i < t->node->nkey; i++) {
		if (!column_same(&b->col[t->node->key[i]], x,
				 &b->col[t->node->key[i]], y))
			return false;
	}
	return true;
}

/* -old directly before +new of the same key is an update. */
static bool
is_update(const struct job_tap *t, const struct batch *b, uint32_t old)
{
	return old + 1 < b->rows && b->weight[old] < 0 &&
	       b->weight[old + 1] > 0 && same_key(t, b, old, old + 1);
}

static enum change_kind
kind_of(const struct job_tap *t, const struct batch *b, uint32_t row)
{
	bool gone = batch_weight(b, row) < 0;

	if (t->node->mode == CHANGE_UPSERT)
		return gone ? KIND_DELETE : KIND_UPDATE_AFTER;
	if (!b->weight)
		return KIND_INSERT;
	if (gone)
		return is_update(t, b, row) ? KIND_UPDATE_BEFORE : KIND_DELETE;
	return row > 0 && is_update(t, b, row - 1) ? KIND_UPDATE_AFTER
						   : KIND_INSERT;
}

/* A row that the condition cannot be asked for is left out, as in a SELECT. */
static void
pass_bad(struct job_tap *t, struct stream *stream, const struct eval_result *r)
{
	char text[400];

	if (r->nerrors > 0 && t->bad == 0) {
		snprintf(text, sizeof(text), "a row is left out: %s%s%s",
			 error_name(r->errors[0].code),
			 r->errors[0].detail ? ": " : "",
			 r->errors[0].detail ? r->errors[0].detail : "");
		stream_notice(stream, text);
	}
	t->bad += r->nerrors;
	stream_set_bad(stream, t->bad);
}

static void
choose(struct job_tap *t, struct stream *stream, struct batch *b)
{
	struct eval_result r;
	const uint16_t *sel;
	uint32_t n;

	program_filter(t->filter, b, TIME_NONE, &b->arena, &sel, &n, &r);
	b->sel = sel;
	b->nsel = n;
	pass_bad(t, stream, &r);
}

static void
pass_batch(struct job_tap *t, struct stream *stream, struct batch *b,
	   const uint8_t *kinds)
{
	uint64_t rows = 0;

	if (t->filter)
		choose(t, stream, b);
	buf_clear(&t->lines);
	batch_each(b, row) {
		const char *op = NULL;

		if (t->left == 0)
			break;
		if (t->changes)
			op = change_kind_text[kinds ? kinds[row]
						    : kind_of(t, b, row)];
		ndjson_row_of(&t->lines, &t->node->schema, b, row, op);
		rows++;
		t->left -= t->left > 0;
	}
	if (rows > 0)
		stream_put(stream, &t->lines, rows);
}

/* The columns: from here on every row is seen that has room. */
static void
pass_beginning(struct job_tap *t, struct stream *stream)
{
	unsigned lives = atomic_load(&t->lives);
	char text[200];

	if (lives == t->lives_told)
		return;
	if (t->lives_told == 0) {
		buf_clear(&t->lines);
		ndjson_header(&t->lines, t->statement, &t->node->schema,
			      NDJSON_PASSING, false);
		stream_put(stream, &t->lines, 0);
	} else {
		snprintf(text, sizeof(text), "job \"%s\" was restarted: rows "
			 "that it reads again are shown again", t->job);
		stream_notice(stream, text);
	}
	t->lives_told = lives;
}

static void
pass_skipped(struct job_tap *t, struct stream *stream, bool at_once)
{
	uint64_t skipped = tap_skipped(t->tap);
	int64_t now_us = clock_steady_ns() / 1000;
	char text[80];

	if (skipped == t->skipped_told || (now_us < t->notice_us && !at_once))
		return;
	snprintf(text, sizeof(text), "tap skipped %llu row%s",
		 (unsigned long long)(skipped - t->skipped_told),
		 skipped - t->skipped_told == 1 ? "" : "s");
	t->skipped_told = skipped;
	t->notice_us = now_us + NOTICE_US;
	stream_set_skipped(stream, skipped);
	stream_notice(stream, text);
}

/* Until when to sleep for lack of rows: something may be left to say. */
static int
idle_ms(const struct job_tap *t)
{
	int64_t left_us = t->notice_us - clock_steady_ns() / 1000;

	if (tap_skipped(t->tap) == t->skipped_told)
		return -1;
	return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

/* -1: the client has not read for too long. */
static int
wait_for_room(struct job_tap *t, struct stream *stream, struct error *err)
{
	int64_t now_us = clock_wall_us(), until_us = stream_deadline(stream);

	if (now_us >= until_us)
		return stream_stalled(stream, err);
	if (until_us - now_us > US_PER_SECOND) /* clocks get set */
		until_us = now_us + US_PER_SECOND;
	tap_wait(t->tap, false, (int)((until_us - now_us) / 1000) + 1);
	return 0;
}

/* 1: the tap is over. */
static int
turn(struct job_tap *t, struct stream *stream, struct error *err)
{
	bool over = atomic_load(&t->over); /* before the last look */
	const uint8_t *kinds;
	struct batch *b;

	if (!stream_room(stream))
		return wait_for_room(t, stream, err);
	pass_beginning(t, stream);
	if (t->left == 0) /* LIMIT 0 */
		return 1;
	pass_skipped(t, stream, false);
	b = tap_take(t->tap, &kinds);
	if (b) {
		pass_batch(t, stream, b, kinds);
		batch_unref(b);
		return t->left == 0;
	}
	if (over) {
		stream_set_message(stream, t->ending);
		return 1;
	}
	tap_wait(t->tap, true, idle_ms(t));
	return 0;
}

static int
tap_run(struct stream *stream, void *self, struct error *err)
{
	struct job_tap *t = self;
	bool shutdown;
	int rc = 0;

	/* On Linux this is of the calling thread alone. */
	(void)!setpriority(PRIO_PROCESS, 0, NICE);
	while (rc == 0 && !stream_stopped(stream, &shutdown))
		rc = turn(t, stream, err);
	pass_skipped(t, stream, true);
	if (rc == 0 && shutdown)
		return stream_cancelled(err);
	return rc < 0 ? -1 : 0;
}

/* ---- the job's thread ---- */

void
job_taps_follow(struct job *j, struct pipeline *p, uint64_t life)
{
	if (!atomic_load_explicit(&j->taps_changed, memory_order_relaxed) ||
	    !atomic_exchange(&j->taps_changed, false))
		return;
	pipeline_untap(p);
	pthread_mutex_lock(&j->lock);
	for (struct job_tap *t = j->taps; t; t = t->next) {
		pipeline_tap(p, t->op, t->tap);
		if (t->life == life)
			continue;
		t->life = life;
		atomic_fetch_add(&t->lives, 1);
		tap_wake(t->tap);
	}
	pthread_mutex_unlock(&j->lock);
}

/* ---- the main thread ---- */

static void
taps_changed(struct job *j)
{
	atomic_store(&j->taps_changed, true);
	if (j->has_thread)
		runner_wake(&j->runner);
}

static void
leave_job(struct job_tap *t)
{
	struct job *j = t->j;

	if (!j)
		return;
	t->j = NULL;
	pthread_mutex_lock(&j->lock);
	for (struct job_tap **at = &j->taps; *at; at = &(*at)->next)
		if (*at == t) {
			*at = t->next;
			break;
		}
	pthread_mutex_unlock(&j->lock);
	taps_changed(j);
}

void
job_taps_end(struct job *j)
{
	enum job_state state = job_state_of(j);

	while (j->taps) {
		struct job_tap *t = j->taps;

		if (j->dropping)
			snprintf(t->ending, sizeof(t->ending),
				 "the tap ends: job \"%s\" was dropped",
				 j->name);
		else
			snprintf(t->ending, sizeof(t->ending),
				 "the tap ends: job \"%s\" is %s", j->name,
				 job_state_text[state]);
		leave_job(t);
		atomic_store(&t->over, true);
		tap_wake(t->tap);
	}
}

static void
tap_stream_wake(void *self)
{
	tap_wake(((struct job_tap *)self)->tap);
}

static void
tap_free(void *self)
{
	struct job_tap *t = self;

	leave_job(t);
	tap_close(t->tap);
	tap_unref(t->tap);
	buf_release(&t->lines);
	arena_release(&t->arena);
	free(t);
}

static const struct stream_type tap_stream_type = {
	.what = "TAP",
	.run = tap_run,
	.wake = tap_stream_wake,
	.free = tap_free,
};

/* The number of the operator that the statement names, or -1. */
static int
find_operator(struct script *s, const struct job_info *info)
{
	const char **names = arena_array(&s->arena, info->nops + 1,
					 const char *);
	const char *near;
	struct buf list;

	buf_init(&list);
	for (unsigned i = 0; i < info->nops; i++) {
		if (strcmp(info->ops[i].name, s->stmt->value) == 0) {
			buf_release(&list);
			return (int)i;
		}
		names[i] = info->ops[i].name;
		buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	error_set(&s->err, ERR_NO_OPERATOR, "job \"%s\" has no operator \"%s\"",
		  info->name, s->stmt->value);
	near = error_nearest(s->stmt->value, names, info->nops);
	if (near)
		error_hint(&s->err, "did you mean %s?", near);
	error_note(&s->err, "operators of \"%s\": %s", info->name,
		   buf_cstr(&list));
	buf_release(&list);
	return parse_error_at(&s->parse, s->stmt->value_at, &s->err);
}

static int
refuse_state(struct script *s, const struct job *j)
{
	const char *name = j->name;

	error_set(&s->err, ERR_JOB_STATE, "job \"%s\" is %s and cannot be "
		  "tapped", name, j->dropping ? "being dropped"
				  : job_state_text[job_state_of((void *)j)]);
	error_note(&s->err, "only a job that runs has rows; RESUME JOB '%s' "
		   "lets one go on", name);
	return parse_error_at(&s->parse, s->stmt->job_at, &s->err);
}

/* The plan, which gives names and types to what the job's thread will bring,
 * and the condition over it. */
static int
tap_plan(struct job_tap *t, struct script *s, const struct job *j)
{
	struct planned planned;
	const struct expr *where;

	if (plan_script(j->script, NULL, &t->arena, &planned, &s->err) < 0)
		return -1;
	CHECK(t->op < planned.plan->n);
	t->node = planned.plan->nodes[t->op];
	t->changes = (t->node->kind == PLAN_SINK ? t->node->inputs[0]
						 : t->node)->mode !=
		     CHANGE_APPEND;
	t->left = s->stmt->limit ? s->stmt->limit->value.i64 : -1;
	if (!s->stmt->where)
		return 0;
	if (bind_condition(&t->arena, &s->parse, s->stmt->where,
			   &t->node->schema, &s->session->settings, &t->where,
			   &s->err) < 0)
		return -1;
	where = t->where;
	return program_compile(&where, 1, &t->node->schema,
			       settings_zone(&s->session->settings), &t->arena,
			       &t->filter, &s->err);
}

static int
tap_new(struct script *s, struct job *j, unsigned op, struct job_tap **ret)
{
	const struct config *c = j->js->config;
	struct job_tap *t = mem_zalloc(sizeof(*t));

	arena_init(&t->arena);
	buf_init(&t->lines);
	t->op = op;
	t->statement = s->number;
	t->job = arena_strdup(&t->arena, j->name);
	if (tap_plan(t, s, j) < 0 ||
	    tap_create(&t->node->schema, (uint64_t)c->tap_rows,
		       (uint64_t)c->tap_bytes, &t->tap, &s->err) < 0) {
		arena_release(&t->arena);
		free(t);
		return -1;
	}
	*ret = t;
	return 0;
}

static int
refuse_too_many(struct script *s, const struct jobs *js)
{
	unsigned n = stream_count(js, &tap_stream_type);

	if (n < (unsigned)js->config->taps_max)
		return 0;
	return error_set(&s->err, ERR_TOO_MANY,
			 "%u taps are open already: [limits] taps", n);
}

/* The job has operators, or stands. */
static enum statement_rc
tap_begin(struct script *s)
{
	struct stream_events ev = { script_on_stream, s, s->number, false };
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);
	struct job_info info;
	struct job_tap *t;
	int op;

	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	if (!j->has_thread || j->dropping) {
		refuse_state(s, j);
		return STATEMENT_FAILED;
	}
	job_info_get(j, &s->arena, &info);
	op = find_operator(s, &info);
	if (op < 0 || refuse_too_many(s, j->js) < 0 ||
	    tap_new(s, j, (unsigned)op, &t) < 0)
		return STATEMENT_FAILED;
	if (stream_start(j->js, &tap_stream_type, t, &ev, &s->stream,
			 &s->err) < 0)
		return STATEMENT_FAILED;
	s->rows = 0;
	t->j = j;
	pthread_mutex_lock(&j->lock);
	t->next = j->taps;
	j->taps = t;
	pthread_mutex_unlock(&j->lock);
	taps_changed(j);
	return STATEMENT_WAITS;
}

static void
on_operators(void *arg, const struct error *err)
{
	struct script *s = arg;

	if (s->inside) {
		s->answered = true;
		if (err)
			s->err = *err;
	} else if (err) {
		script_go_on(s, err);
	} else if (tap_begin(s) == STATEMENT_FAILED) {
		script_go_on(s, &s->err);
	}
}

enum statement_rc
tap_statement(struct script *s)
{
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);

	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	s->inside = true;
	s->answered = false;
	job_operators_known(j, on_operators, s);
	s->inside = false;
	if (!s->answered)
		return STATEMENT_WAITS;
	return s->err.code == ERR_NONE ? tap_begin(s) : STATEMENT_FAILED;
}
