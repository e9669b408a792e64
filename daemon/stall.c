/* SPDX-License-Identifier: Apache-2.0
 * daemon/stall.c - follows the rows from the sources to the sinks and tells
 * where they stop.
 */
#include "daemon/stall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"

static void
put_time(struct buf *out, int64_t us)
{
	char text[TIME_TEXT_MAX];

	us_format_iso(us, text);
	buf_puts(out, text);
}

/* ---- the job as a whole ---- */

static const char *
or_else(const char *text, const char *otherwise)
{
	return *text ? text : otherwise;
}

static void
explain_failed(const struct job_info *info, struct buf *out)
{
	const struct error *err = &info->error;

	buf_printf(out, "the job has failed: %s\n", err->message);
	buf_printf(out, "what to do: %s\n",
		   *err->note ? err->note : error_remedy(err->code));
	if (!strstr(err->note, "RESUME JOB"))
		buf_printf(out, "RESUME JOB '%s' goes on from its last "
			   "checkpoint once that is done\n", info->name);
}

/* True: it does not run, which is all there is to say. */
static bool
explain_state(const struct job_info *info, struct buf *out)
{
	switch (info->state) {
	case JOB_PAUSED:
		buf_printf(out, "the job is paused: RESUME JOB '%s' goes on\n",
			   info->name);
		return true;
	case JOB_STOPPED:
		buf_printf(out, "the job is stopped: RESUME JOB '%s' goes on "
			   "from its last checkpoint\n", info->name);
		return true;
	case JOB_FINISHED:
		buf_puts(out, "the job has finished: its input has ended and "
			 "all results are written\n");
		return true;
	case JOB_FAILED:
		explain_failed(info, out);
		return true;
	case JOB_RESTARTING:
		buf_printf(out, "the job waits to be tried again: %s\n",
			   or_else(info->reason, info->error.message));
		return true;
	case JOB_CREATED:
	case JOB_RECOVERING:
		buf_puts(out, "the job is about to start: it reads its "
			 "state\n");
		return true;
	case JOB_BLOCKED:
		buf_printf(out, "the job is blocked: %s\n",
			   or_else(info->reason, "its sink takes no rows"));
		return true;
	default:
		return false;
	}
}

/* ---- sources ---- */

struct source_sum {
	const char *name, *topic;
	unsigned parts, connecting, idle;
	int64_t next, end; /* -1: not known of all */
	int64_t record_time_us;
	int64_t idle_since_us;
};

/* The partitions of the source that parts[at] belongs to. */
static struct source_sum
source_at(const struct job_info *info, unsigned at)
{
	const struct partition_info *first = &info->parts[at];
	struct source_sum s = { .name = first->source, .topic = first->topic,
			    .record_time_us = TIME_NONE,
			    .idle_since_us = TIME_NONE };

	for (unsigned i = at; i < info->nparts; i++) {
		const struct partition_info *p = &info->parts[i];

		if (strcmp(p->source, s.name) != 0)
			continue;
		s.parts++;
		s.connecting += strcmp(p->state, "connecting") == 0;
		if (p->idle_since_us != TIME_NONE) {
			s.idle++;
			s.idle_since_us = p->idle_since_us;
		}
		if (p->next_offset < 0 || p->end_offset < 0 || s.end < 0) {
			s.next = s.end = -1;
		} else {
			s.next += p->next_offset;
			s.end += p->end_offset;
		}
		if (p->record_time_us > s.record_time_us)
			s.record_time_us = p->record_time_us;
	}
	return s;
}

static bool
is_first_of_source(const struct job_info *info, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (strcmp(info->parts[i].source, info->parts[at].source) == 0)
			return false;
	return true;
}

static void
explain_reasons(const struct job_info *info, const struct source_sum *s,
		struct buf *out)
{
	for (unsigned i = 0; i < info->nparts; i++) {
		const struct partition_info *p = &info->parts[i];

		if (strcmp(p->source, s->name) != 0 || !*p->reason)
			continue;
		if (p->partition >= 0)
			buf_printf(out, "%s: partition %d of %s: %s\n",
				   s->name, (int)p->partition, p->topic,
				   p->reason);
		else
			buf_printf(out, "%s: %s\n", s->name, p->reason);
	}
}

static void
explain_source(const struct job_info *info, unsigned at, struct buf *out)
{
	struct source_sum s = source_at(info, at);
	size_t before = out->len;

	explain_reasons(info, &s, out);
	if (s.connecting == s.parts) {
		if (out->len == before)
			buf_printf(out, "%s: not connected yet\n", s.name);
		return;
	}
	if (s.end == 0) {
		buf_printf(out, "%s: the topic %s is empty (%u partition%s)\n",
			   s.name, s.topic, s.parts, s.parts == 1 ? "" : "s");
	} else if (s.end > 0 && s.next == s.end && info->rows_in == 0) {
		buf_printf(out, "%s: the job began at the end of %s, and "
			   "nothing has been written there since: "
			   "'scan.startup.mode' = 'earliest-offset' reads what "
			   "was there before\n", s.name, s.topic);
	} else if (s.end > 0 && s.next >= s.end) {
		buf_printf(out, "%s: all that %s has is read", s.name,
			   s.topic);
		if (s.record_time_us != TIME_NONE) {
			buf_puts(out, "; its last record is of ");
			put_time(out, s.record_time_us);
		}
		buf_putc(out, '\n');
	}
}

/* ---- rows on their way ---- */

/* Past the caps of its table of errors they are only counted. */
static void
tell_where_they_are(const struct job_info *info, uint64_t n, struct buf *out)
{
	uint64_t listed = n - info->errors_lost;

	if (info->errors_lost == 0)
		buf_printf(out, "; SHOW ERRORS FOR JOB '%s' lists them\n",
			   info->name);
	else if (listed > 0)
		buf_printf(out, "; SHOW ERRORS FOR JOB '%s' has %" PRIu64
			   " of them, the others were only counted\n",
			   info->name, listed);
	else
		buf_puts(out, "; they were only counted, since its table of "
			 "errors was full\n");
}

static void
explain_errors(const struct job_info *info, const char *sample,
	       struct buf *out)
{
	uint64_t gone = info->errors_ever - info->errors_kept -
			info->errors_lost; /* replayed well, or deleted */
	uint64_t n = info->errors - gone;

	if (n == 0)
		return;
	if (n >= info->rows_in && info->rows_out == 0)
		buf_printf(out, "all %" PRIu64 " records are bad", n);
	else
		buf_printf(out, "%" PRIu64 " rows could not be used", n);
	if (sample)
		buf_printf(out, ", the last of them: %s", sample);
	tell_where_they_are(info, n, out);
	if (*info->full)
		buf_printf(out, "%s\n", info->full);
}

static void
explain_filters(const struct job_info *info, struct buf *out)
{
	for (unsigned i = 0; i < info->nops; i++) {
		const struct operator_info *o = &info->ops[i];
		const char *where = strstr(o->label, "; where ");

		if (o->rows_in == 0 || o->rows_out > 0 ||
		    (!o->is_filter && !where))
			continue;
		buf_printf(out, "all %" PRIu64 " rows were filtered out: none "
			   "has %s\n", o->rows_in,
			   where ? where + strlen("; where ")
				 : o->label + strlen("filter "));
	}
}

/* ---- time ---- */

bool
stall_holds(const struct job_info *info, const struct partition_info *p)
{
	if (p->idle_since_us != TIME_NONE || p->partition < 0)
		return false;
	for (unsigned i = 0; i < info->nparts; i++) {
		const struct partition_info *q = &info->parts[i];

		if (strcmp(q->source, p->source) == 0 && q->partition >= 0 &&
		    q->idle_since_us == TIME_NONE && q->wm_us < p->wm_us)
			return false;
	}
	return true;
}

/* Partitions that wait while others of their source have gone on. */
static void
explain_holding(const struct job_info *info, struct buf *out)
{
	for (unsigned i = 0; i < info->nparts; i++) {
		const struct partition_info *p = &info->parts[i];
		bool others = false;

		for (unsigned k = 0; k < info->nparts; k++) {
			const struct partition_info *q = &info->parts[k];

			others |= strcmp(p->source, q->source) == 0 &&
				  q->wm_us > p->wm_us;
		}
		if (!others || !stall_holds(info, p))
			continue;
		buf_printf(out, "%s: partition %d of %s holds the watermark "
			   "back", p->source, (int)p->partition, p->topic);
		if (p->wm_us == TIME_NONE) {
			buf_puts(out, ": no row with a time has come from it");
		} else {
			buf_puts(out, " at ");
			put_time(out, p->wm_us);
		}
		if (p->record_time_us != TIME_NONE) {
			buf_puts(out, "; its last record is of ");
			put_time(out, p->record_time_us);
		}
		buf_puts(out, ". Once it has been idle for "
			 "'scan.watermark.idle-timeout' it no longer counts\n");
	}
}

static void
explain_window(const struct job_info *info, const struct operator_info *o,
	       struct buf *out)
{
	if (o->late > 0)
		buf_printf(out, "%s: %" PRIu64 " of %" PRIu64 " rows came after "
			   "their windows had closed: a watermark further "
			   "behind the rows (ts - INTERVAL '5' SECOND) waits "
			   "for them\n", o->name, o->late, o->rows_in);
	if (o->wm_us == TIME_END)
		return;
	if (o->wm_us == TIME_NONE) {
		buf_printf(out, "%s: no watermark has come yet, so no window "
			   "can close\n", o->name);
		explain_holding(info, out);
		return;
	}
	if (o->state_rows == 0)
		return;
	buf_printf(out, "%s: windows are open", o->name);
	if (o->next_close_us != TIME_NONE) {
		buf_puts(out, ", the next one ends at ");
		put_time(out, o->next_close_us);
	}
	buf_puts(out, "; the watermark is at ");
	put_time(out, o->wm_us);
	buf_puts(out, " and moves when later rows come\n");
	explain_holding(info, out);
}

static void
explain_idle(const struct job_info *info, struct buf *out)
{
	for (unsigned i = 0; i < info->nparts; i++) {
		struct source_sum s;

		if (!is_first_of_source(info, i))
			continue;
		s = source_at(info, i);
		if (s.idle != s.parts)
			continue;
		buf_printf(out, "%s: all its partitions are idle, since ",
			   s.name);
		put_time(out, s.idle_since_us);
		buf_puts(out, ": its time stands still until a row comes\n");
	}
}

void
stall_explain(const struct job_info *info, const char *sample,
	      struct buf *out)
{
	size_t before = out->len;

	if (explain_state(info, out))
		return;
	for (unsigned i = 0; i < info->nparts; i++)
		if (is_first_of_source(info, i))
			explain_source(info, i, out);
	explain_errors(info, sample, out);
	explain_filters(info, out);
	for (unsigned i = 0; i < info->nops; i++)
		if (info->ops[i].is_window)
			explain_window(info, &info->ops[i], out);
	explain_idle(info, out);
	if (info->rows_out > 0)
		buf_printf(out, "%" PRIu64 " rows have been written\n",
			   info->rows_out);
	if (out->len == before)
		buf_puts(out, "nothing holds the job up: rows come out as rows "
			 "come in\n");
}

/* ---- the remark of SHOW JOBS ---- */

static bool
has_event_time(const struct job_info *info)
{
	for (unsigned i = 0; i < info->nparts; i++)
		if (info->parts[i].wm_us != TIME_NONE)
			return true;
	return false;
}

const char *
stall_remark(const struct job_info *info, int64_t now_us,
	     char out[STALL_REMARK_MAX])
{
	int64_t quiet_us = now_us - info->quiet_since_us;
	int64_t stands_us = now_us - info->wm_since_us;
	char until[TIME_TEXT_MAX] = "none yet";

	if (info->state != JOB_RUNNING || info->of_file ||
	    !info->quiet_since_us)
		return NULL;
	if (info->lag > 0 && quiet_us >= STALL_QUIET_US) {
		snprintf(out, STALL_REMARK_MAX, "STALLED: %lld records wait "
			 "and none was read for %lld s: EXPLAIN STALL '%s'",
			 (long long)info->lag,
			 (long long)(quiet_us / US_PER_SECOND), info->name);
		return out;
	}
	if (!has_event_time(info) || quiet_us >= STALL_QUIET_US ||
	    stands_us < STALL_TIME_US)
		return NULL;
	if (info->wm_us != TIME_NONE)
		us_format_iso(info->wm_us, until);
	snprintf(out, STALL_REMARK_MAX, "STALLED: records come, but the "
		 "watermark (%s) has not moved for %lld s: EXPLAIN STALL '%s'",
		 until, (long long)(stands_us / US_PER_SECOND), info->name);
	return out;
}
