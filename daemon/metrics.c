/* SPDX-License-Identifier: Apache-2.0
 * daemon/metrics.c - Prometheus text. Every family is a row of a table, so
 * that the manual's list can be made from the same place.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/time.h"
#include "base/version.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"

struct families {
	unsigned n;
	struct job_info *infos;
	struct arena arena;
};

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void
collect(struct job *j, void *arg)
{
	struct families *f = arg;

	job_info_get(j, &f->arena, &f->infos[f->n++]);
}

/* ---- one value a job ---- */

struct job_family {
	const char *name, *type, *help;
	double (*value)(const struct job_info *);
};

#define JOB_VALUE(name, expression)                   \
	static double name(const struct job_info *i) \
	{                                             \
		return (double)(expression);          \
	}
JOB_VALUE(rows_in, i->rows_in)
JOB_VALUE(rows_out, i->rows_out)
JOB_VALUE(rows_late, i->late)
JOB_VALUE(bad_records, i->errors)
JOB_VALUE(bad_kept, i->errors_kept)
JOB_VALUE(bad_lost, i->errors_lost)
JOB_VALUE(skipped, i->skipped)
JOB_VALUE(lost, i->lost)
JOB_VALUE(restarts, i->restarts)
JOB_VALUE(lag, i->lag)
JOB_VALUE(wm, i->wm_us == TIME_NONE || i->wm_us == TIME_END ? 0 : (double)i->wm_us / 1e6)
JOB_VALUE(cp_id, i->checkpoint)
JOB_VALUE(cp_at, (double)i->checkpoint_us / 1e6)
JOB_VALUE(cp_s, (double)i->checkpoint_duration_ns / 1e9)
JOB_VALUE(cp_rows, i->checkpoint_rows)
JOB_VALUE(state_rows, i->state_rows)
JOB_VALUE(state_bytes, i->state_bytes)
JOB_VALUE(wal_bytes, i->wal_bytes)

static const struct job_family job_families[] = {
	{ "sluice_job_rows_in_total", "counter", "Rows read from sources.", rows_in },
	{ "sluice_job_rows_out_total", "counter", "Rows written to sinks.", rows_out },
	{ "sluice_job_rows_late_total", "counter", "Rows behind the last window that could hold them.", rows_late },
	{ "sluice_job_bad_records_total", "counter", "Rows and records that could not be used.", bad_records },
	{ "sluice_job_bad_records_kept", "gauge", "Those in the table errors of the job's file.", bad_kept },
	{ "sluice_job_bad_records_lost_total", "counter", "Those past errors.max-rows or errors.max-bytes, which were only counted.", bad_lost },
	{ "sluice_job_skipped_records_total", "counter", "Records that give no row: tombstones, empty ones, and bad ones under scan.on-error = 'skip'.", skipped },
	{ "sluice_job_records_lost_total", "counter", "Records that were gone from their topics before they were read (scan.on-loss = 'skip'), since the daemon started.", lost },
	{ "sluice_job_restarts_total", "counter", "Failures that may pass after which the job was tried again, since the daemon started.", restarts },
	{ "sluice_job_lag_records", "gauge", "Records that the sources are behind; -1: not known.", lag },
	{ "sluice_job_watermark_seconds", "gauge", "Event time up to which results are complete, since 1970; 0: none yet.", wm },
	{ "sluice_job_checkpoint_id", "gauge", "Number of the last committed checkpoint.", cp_id },
	{ "sluice_job_checkpoint_timestamp_seconds", "gauge", "When it was committed, since 1970; 0: never.", cp_at },
	{ "sluice_job_checkpoint_duration_seconds", "gauge", "How long its commit took.", cp_s },
	{ "sluice_job_checkpoint_rows", "gauge", "State rows that it wrote.", cp_rows },
	{ "sluice_job_state_rows", "gauge", "Rows of keyed state.", state_rows },
	{ "sluice_job_state_bytes", "gauge", "Bytes of keyed state in memory.", state_bytes },
	{ "sluice_job_wal_bytes", "gauge", "Bytes of the state file's -wal after the last commit; more than 16 MiB: a reader keeps it from shrinking.", wal_bytes },
};

static void
write_jobs(const struct families *f, struct buf *out)
{
	for (size_t k = 0; k < ARRAY_LEN(job_families); k++) {
		const struct job_family *family = &job_families[k];

		head(out, family->name, family->type, family->help);
		for (unsigned i = 0; i < f->n; i++)
			buf_printf(out, "%s{job=\"%s\"} %.17g\n", family->name,
				   f->infos[i].name,
				   family->value(&f->infos[i]));
	}
}

static void
write_states(const struct families *f, struct buf *out)
{
	head(out, "sluice_job_state", "gauge",
	     "1 for the state that the job is in.");
	for (unsigned i = 0; i < f->n; i++)
		buf_printf(out, "sluice_job_state{job=\"%s\",state=\"%s\"} 1\n",
			   f->infos[i].name, job_state_text[f->infos[i].state]);
}

static void
write_stops(const struct families *f, struct buf *out)
{
	static const char name[] = "sluice_job_checkpoint_stop_seconds";

	head(out, name, "histogram",
	     "How long the pipeline stood still for a checkpoint's copy.");
	for (unsigned i = 0; i < f->n; i++) {
		const struct job_info *info = &f->infos[i];
		uint64_t sum = 0;

		for (size_t k = 0; k < ARRAY_LEN(job_stop_bounds_ms); k++) {
			sum += info->stop_counts[k];
			buf_printf(out,
				   "%s_bucket{job=\"%s\",le=\"%g\"} %" PRIu64
				   "\n", name, info->name,
				   job_stop_bounds_ms[k] / 1e3, sum);
		}
		buf_printf(out,
			   "%s_bucket{job=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
			   "%s_sum{job=\"%s\"} %.9f\n"
			   "%s_count{job=\"%s\"} %" PRIu64 "\n",
			   name, info->name, info->stop_count, name,
			   info->name, info->stop_sum_s, name, info->name,
			   info->stop_count);
	}
}

/* ---- one value an operator ---- */

struct op_family {
	const char *name, *type, *help;
	size_t at; /* a uint64_t in struct operator_info */
};

static const struct op_family op_families[] = {
	{ "sluice_operator_rows_in_total", "counter", "Rows that came into the operator.", offsetof(struct operator_info, rows_in) },
	{ "sluice_operator_rows_out_total", "counter", "Rows that left it.", offsetof(struct operator_info, rows_out) },
	{ "sluice_operator_rows_unmatched_total", "counter", "Rows taken back that it does not have.", offsetof(struct operator_info, unmatched) },
	{ "sluice_operator_state_expired_total", "counter", "Entries of state forgotten by table.exec.state.ttl.", offsetof(struct operator_info, expired) },
	{ "sluice_operator_pane_updates_total", "counter", "Rows added to window panes.", offsetof(struct operator_info, pane_updates) },
	{ "sluice_operator_busy_nanoseconds_total", "counter", "Time spent in it.", offsetof(struct operator_info, ns) },
};

static void
write_operators(const struct families *f, struct buf *out)
{
	for (size_t k = 0; k < ARRAY_LEN(op_families); k++) {
		const struct op_family *family = &op_families[k];

		head(out, family->name, family->type, family->help);
		for (unsigned i = 0; i < f->n; i++)
			for (unsigned o = 0; o < f->infos[i].nops; o++)
				buf_printf(
					out,
					"%s{job=\"%s\",operator=\"%s\"} %" PRIu64
					"\n",
					family->name, f->infos[i].name,
					f->infos[i].ops[o].name,
					*(const uint64_t
						  *)((const char *)&f->infos[i]
							     .ops[o] +
						     family->at));
	}
}

static void
label(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '\n')
			buf_putc(out, '\\');
		buf_putc(out, *text == '\n' ? 'n' : *text);
	}
}

/* Of a partition that several tables of the job read: only the one that is
 * furthest behind, since a series may be there once. */
static bool
is_other_behind(const struct job_info *info, unsigned at)
{
	const struct partition_info *p = &info->parts[at], *q;

	for (unsigned i = 0; i < info->nparts; i++) {
		q = &info->parts[i];
		if (i != at && q->partition == p->partition &&
		    q->end_offset >= 0 && strcmp(q->topic, p->topic) == 0 &&
		    (q->next_offset < p->next_offset ||
		     (q->next_offset == p->next_offset && i < at)))
			return true;
	}
	return false;
}

static void
write_partitions(const struct families *f, struct buf *out)
{
	head(out, "sluice_partition_lag_records", "gauge",
	     "Records behind the partition's end.");
	for (unsigned i = 0; i < f->n; i++)
		for (unsigned k = 0; k < f->infos[i].nparts; k++) {
			const struct partition_info *p = &f->infos[i].parts[k];

			if (p->end_offset < 0 ||
			    is_other_behind(&f->infos[i], k))
				continue;
			buf_printf(out,
				   "sluice_partition_lag_records{job=\"%s\",topic=\"",
				   f->infos[i].name);
			label(out, p->topic);
			buf_printf(out, "\",partition=\"%d\"} %" PRId64 "\n",
				   p->partition, p->end_offset - p->next_offset);
		}
}

/* ---- the process ---- */

static uint64_t
resident_bytes(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
one(struct buf *out, const char *name, const char *type, const char *help,
    double v)
{
	head(out, name, type, help);
	buf_printf(out, "%s %.17g\n", name, v);
}

static void
write_process(struct daemon *d, struct buf *out)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	head(out, "sluice_build_info", "gauge", "1, with the version.");
	buf_printf(out, "sluice_build_info{version=\"%s\"} 1\n",
		   SLUICE_VERSION);
	one(out, "process_cpu_seconds_total", "counter",
	    "CPU time of the process.",
	    (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
		    (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) /
			    1e6);
	one(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
	    (double)resident_bytes());
	one(out, "process_start_time_seconds", "gauge",
	    "When the daemon started, since 1970.",
	    (double)d->started_us / 1e6);
	one(out, "sluice_requests_total", "counter", "HTTP requests.",
	    (double)d->requests);
	one(out, "sluice_statements_total", "counter", "SQL statements run.",
	    (double)d->statements);
	one(out, "sluice_statement_errors_total", "counter",
	    "SQL statements that failed.", (double)d->statement_errors);
	one(out, "sluice_jobs", "gauge", "Jobs that the daemon keeps.",
	    (double)jobs_count(d->jobs));
}

void
metrics_write(struct daemon *d, struct buf *out)
{
	struct families f = { .n = 0 };

	arena_init(&f.arena);
	f.infos = arena_array(&f.arena, jobs_count(d->jobs) + 1,
			      struct job_info);
	jobs_each(d->jobs, collect, &f);
	write_process(d, out);
	write_states(&f, out);
	write_jobs(&f, out);
	write_stops(&f, out);
	write_operators(&f, out);
	write_partitions(&f, out);
	arena_release(&f.arena);
}
