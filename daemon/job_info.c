/* SPDX-License-Identifier: Apache-2.0
 * daemon/job_info.c - what people and metrics see of a job: a copy that its
 * thread makes and others read under the job's lock.
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/log.h"

const char *const job_state_text[] = {
	"CREATED", "CONNECTING", "RECOVERING", "RUNNING", "PAUSED",
	"BLOCKED", "RESTARTING", "FINISHED",   "STOPPED", "FAILED",
};

struct collected {
	struct partition_info *parts;
	unsigned n, size;
	int64_t lag, end_total, read_total;
	uint64_t lost;
	bool lag_known;
	unsigned nconnecting;
	char why[JOB_REASON_MAX]; /* the first reason that a partition gives */
};

static const char *const part_state_text[] = {
	"connecting", "reading", "caught up", "ended", "lost",
};

static void
collect_part(const struct source_status *s, void *arg)
{
	struct collected *c = arg;
	struct partition_info *p;

	if (c->n == c->size) {
		c->size = c->size ? 2 * c->size : 8;
		c->parts = mem_realloc(c->parts, c->size * sizeof(*c->parts));
	}
	p = &c->parts[c->n++];
	memset(p, 0, sizeof(*p));
	snprintf(p->source, sizeof(p->source), "%s", s->source);
	snprintf(p->topic, sizeof(p->topic), "%s", s->topic ? s->topic : "");
	snprintf(p->reason, sizeof(p->reason), "%s",
		 s->reason ? s->reason : "");
	p->partition = s->partition;
	p->next_offset = s->next_offset;
	p->end_offset = s->end_offset;
	p->record_time_us = s->record_time_us;
	p->wm_us = s->wm_us;
	p->idle_since_us = s->idle_since_us;
	p->lost = s->lost;
	c->lost += s->lost;
	p->state = part_state_text[s->state];
	c->nconnecting += s->state == PART_CONNECTING;
	if (!*c->why)
		snprintf(c->why, sizeof(c->why), "%s", p->reason);
	if (s->end_offset >= 0 && s->next_offset >= 0) {
		int64_t behind = s->end_offset - s->next_offset;

		c->lag += behind > 0 ? behind : 0;
		c->end_total += s->end_offset;
		c->read_total += s->next_offset;
		c->lag_known = true;
	}
}

static struct operator_info *
collect_ops(struct pipeline *p, unsigned *ret_n)
{
	struct op *const *ops = pipeline_ops(p, ret_n);
	struct operator_info *infos = mem_zalloc((*ret_n + 1) * sizeof(*infos));

	for (unsigned i = 0; i < *ret_n; i++) {
		const struct op *op = ops[i];
		struct operator_info *o = &infos[i];

		pipeline_op_name(p, i, o->name);
		o->rows_in = stat_get(op->stats.rows_in);
		o->rows_out = stat_get(op->stats.rows_out);
		o->late = stat_get(op->stats.late);
		o->errors = stat_get(op->stats.errors);
		o->skipped = stat_get(op->stats.skipped);
		o->unmatched = stat_get(op->stats.unmatched);
		o->expired = stat_get(op->stats.expired);
		o->pane_updates = stat_get(op->stats.pane_updates);
		o->state_rows = stat_get(op->stats.state_rows);
		o->state_bytes = stat_get(op->stats.state_bytes);
		o->ns = stat_get(op->stats.ns);
		o->wm_us = op->wm_us;
		snprintf(o->label, sizeof(o->label), "%s", op->label);
		o->is_filter = op->node->kind == PLAN_FILTER;
		o->is_window = op->node->kind == PLAN_WINDOW_AGGREGATE ||
			       op->node->kind == PLAN_SESSION_AGGREGATE;
		o->next_close_us = pipeline_next_close(p, op);
	}
	return infos;
}

/* Rows per second since the last time, smoothed over about three seconds. */
static double
smooth(double old, uint64_t before, uint64_t now, double seconds)
{
	double rate = now >= before ? (double)(now - before) / seconds : 0;
	double weight = seconds >= 3 ? 1 : seconds / 3;

	return old == 0 ? rate : old + (rate - old) * weight;
}

static void
take_notices(struct job *j, struct pipeline *p)
{
	const char *text;
	char quoted[512];

	while ((text = pipeline_notice(p))) {
		log_event(LOG_INFO, "notice", j->name, "text=%s",
			  log_quote(text, quoted, sizeof(quoted)));
		pthread_mutex_lock(&j->lock);
		snprintf(j->info.notice, sizeof(j->info.notice), "%s", text);
		pthread_mutex_unlock(&j->lock);
	}
}

/* Since when nothing moves. */
static void
publish_quiet(struct job_info *info, const struct pipeline *p, int64_t now_us)
{
	bool first = !info->figures_us || info->of_file;

	if (first || pipeline_rows_in(p) != info->rows_in)
		info->quiet_since_us = now_us;
	if (first || pipeline_watermark(p) != info->wm_us)
		info->wm_since_us = now_us;
}

/* Under the lock. */
static void
publish_rows(struct job_info *info, const struct pipeline *p, int64_t now_us,
	     double s)
{
	if (s > 0) {
		info->rows_in_s = smooth(info->rows_in_s, info->rows_in,
					 pipeline_rows_in(p), s);
		info->rows_out_s = smooth(info->rows_out_s, info->rows_out,
					  pipeline_rows_out(p), s);
	}
	publish_quiet(info, p, now_us);
	info->figures_us = now_us;
	info->rows_in = pipeline_rows_in(p);
	info->rows_out = pipeline_rows_out(p);
	info->late = pipeline_late(p);
	info->errors = pipeline_errors(p);
	info->wm_us = pipeline_watermark(p);
}

/* Rates of operators and partitions, which keep their numbers as long as a
 * pipeline lives; those of another one count from 0 again. */
static void
compare(const struct job_info *before, struct operator_info *ops,
	unsigned nops, struct collected *c, double s)
{
	for (unsigned i = 0; i < nops && i < before->nops; i++) {
		const struct operator_info *was = &before->ops[i];

		ops[i].rows_in_s = smooth(was->rows_in_s, was->rows_in,
					  ops[i].rows_in, s);
		ops[i].rows_out_s = smooth(was->rows_out_s, was->rows_out,
					   ops[i].rows_out, s);
	}
	for (unsigned i = 0; i < c->n && i < before->nparts; i++) {
		const struct partition_info *was = &before->parts[i];

		if (was->next_offset >= 0 && c->parts[i].next_offset >= 0)
			c->parts[i].records_s = smooth(
				was->records_s, (uint64_t)was->next_offset,
				(uint64_t)c->parts[i].next_offset, s);
	}
}

/* Under the lock; ops and the partitions of c are taken over. */
static void
publish_parts(struct job_info *info, const struct collected *c,
	      struct operator_info *ops, unsigned nops)
{
	info->skipped = info->state_rows = info->state_bytes = 0;
	for (unsigned i = 0; i < nops; i++) {
		info->skipped += ops[i].skipped;
		info->state_rows += ops[i].state_rows;
		info->state_bytes += ops[i].state_bytes;
	}
	info->lost = info->lost_before + c->lost;
	info->lag = c->lag_known ? c->lag : -1;
	info->end_total = c->lag_known ? c->end_total : -1;
	info->read_total = c->lag_known ? c->read_total : -1;
	free(info->ops);
	free(info->parts);
	info->ops = ops;
	info->nops = nops;
	info->parts = c->parts;
	info->nparts = c->n;
	info->of_file = false;
}

bool
job_publish(struct job *j, struct pipeline *p, int64_t now_us, char why[JOB_REASON_MAX])
{
	struct collected c = { .parts = NULL };
	struct operator_info *ops;
	unsigned nops;
	double s = 0;
	bool first;

	take_notices(j, p);
	pipeline_sources(p, collect_part, &c);
	ops = collect_ops(p, &nops);
	pthread_mutex_lock(&j->lock);
	first = j->info.nops == 0 || j->info.of_file;
	if (!first && now_us > j->info.figures_us)
		s = (double)(now_us - j->info.figures_us) / 1e6;
	if (s > 0)
		compare(&j->info, ops, nops, &c, s);
	publish_rows(&j->info, p, now_us, s);
	publish_parts(&j->info, &c, ops, nops);
	pthread_mutex_unlock(&j->lock);
	if (first) /* somebody may wait for them */
		uv_async_send(&j->js->async);
	memcpy(why, c.why, sizeof(c.why));
	return c.n > 0 && c.nconnecting == c.n;
}

/* Failures are told with their code by whoever decides on a restart. */
static void
log_reason(const struct job *j, enum job_state state, const char *reason)
{
	char quoted[2 * JOB_REASON_MAX];

	log_event(LOG_WARN,
		  state == JOB_CONNECTING ? "job_connecting"
		  : state == JOB_BLOCKED  ? "job_blocked"
					  : "job_trouble",
		  j->name, "reason=%s",
		  log_quote(reason, quoted, sizeof(quoted)));
}

void
job_keep_lost(struct job *j)
{
	pthread_mutex_lock(&j->lock);
	j->info.lost_before = j->info.lost;
	pthread_mutex_unlock(&j->lock);
}

/* Of one that stands. */
static void
forget_rates(struct job_info *info)
{
	info->rows_in_s = info->rows_out_s = 0;
	for (unsigned i = 0; i < info->nops; i++)
		info->ops[i].rows_in_s = info->ops[i].rows_out_s = 0;
	for (unsigned i = 0; i < info->nparts; i++)
		info->parts[i].records_s = 0;
}

void
job_set_state(struct job *j, enum job_state state, const char *reason,
	      const struct error *err)
{
	struct job_info *info = &j->info;
	bool changed, same_reason;
	struct timespec now;

	pthread_mutex_lock(&j->lock);
	changed = info->state != state;
	same_reason = strncmp(info->reason, reason, sizeof(info->reason) - 1) == 0;
	if (changed) {
		clock_gettime(CLOCK_REALTIME, &now);
		info->since_us = (int64_t)now.tv_sec * US_PER_SECOND +
				 now.tv_nsec / 1000;
	}
	info->state = state;
	if (!same_reason)
		snprintf(info->reason, sizeof(info->reason), "%s", reason);
	if (err)
		info->error = *err;
	else if (changed && state == JOB_RUNNING)
		error_clear(&info->error);
	if (state == JOB_PAUSED || state == JOB_STOPPED ||
	    state == JOB_FINISHED || state == JOB_FAILED)
		forget_rates(info);
	changed |= j->ended;
	pthread_mutex_unlock(&j->lock);
	if (changed)
		uv_async_send(&j->js->async);
	if (!same_reason && *reason && state != JOB_RESTARTING)
		log_reason(j, state, reason);
}

void
job_note_failure(struct job *j, const struct error *err)
{
	struct job_info *info = &j->info;

	pthread_mutex_lock(&j->lock);
	info->restarts++;
	info->failure_us = clock_wall_us();
	snprintf(info->failure, sizeof(info->failure), "%s", err->message);
	pthread_mutex_unlock(&j->lock);
}

enum job_command
job_command_of(struct job *j)
{
	enum job_command c;

	pthread_mutex_lock(&j->lock);
	c = j->command;
	pthread_mutex_unlock(&j->lock);
	return c;
}

enum job_state
job_state_of(struct job *j)
{
	enum job_state s;

	pthread_mutex_lock(&j->lock);
	s = j->info.state;
	pthread_mutex_unlock(&j->lock);
	return s;
}

void
jobs_summary(struct jobs *js, char *out, size_t size)
{
	unsigned counts[JOB_FAILED + 1] = { 0 };
	size_t n;
	const char *before = ": ";

	for (struct job *j = js->first; j; j = j->next)
		counts[job_state_of(j)]++;
	n = (size_t)snprintf(out, size, "%u job%s", js->n,
			     js->n == 1 ? "" : "s");
	for (unsigned s = 0; s <= JOB_FAILED && n < size; s++) {
		if (!counts[s])
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%u %s", before,
				      counts[s], job_state_text[s]);
		before = ", ";
	}
}

void
job_info_get(struct job *j, struct arena *a, struct job_info *ret)
{
	pthread_mutex_lock(&j->lock);
	*ret = j->info;
	ret->ops = arena_array(a, ret->nops + 1, struct operator_info);
	ret->parts = arena_array(a, ret->nparts + 1, struct partition_info);
	if (ret->nops)
		memcpy(ret->ops, j->info.ops, ret->nops * sizeof(*ret->ops));
	if (ret->nparts)
		memcpy(ret->parts, j->info.parts,
		       ret->nparts * sizeof(*ret->parts));
	pthread_mutex_unlock(&j->lock);
	if (ret->errors_full)
		snprintf(ret->full, sizeof(ret->full), "its table of errors is"
			 " full: %llu more were only counted; DELETE ERRORS"
			 " FOR JOB '%.60s' makes room",
			 (unsigned long long)ret->errors_lost, j->name);
	ret->name = j->name;
	ret->created_us = j->created_us;
}
