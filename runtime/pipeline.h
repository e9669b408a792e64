/* SPDX-License-Identifier: Apache-2.0
 * runtime/pipeline.h - a compiled plan that runs in steps, one thread at a
 * time, without a clock or an event loop of its own.
 *
 *	pipeline_create()		operators opened
 *	store_attach() | nothing	state sent back (jobs with a store)
 *	pipeline_start()		sources and sinks opened
 *	{ pipeline_step() | pipeline_cut() ... pipeline_committed() }*
 *	pipeline_destroy()
 *
 * A step runs a few source batches once through the operators in topological
 * order: at each operator rows, then time, then settle (runtime.md section 1).
 * Between steps all edges are empty: that is when a cut may be taken.
 */
#ifndef RUNTIME_PIPELINE_H
#define RUNTIME_PIPELINE_H

#include <stdatomic.h>

#include "parser/plan.h"
#include "runtime/connector.h"
#include "runtime/operator.h"
#include "runtime/snapshot.h"

struct pipeline_env {
	struct connector_env connector;
	uint64_t seed;               /* of hash tables, RAND() and UUID() */
	int64_t (*clock_ns)(void);   /* for op_stats.ns; NULL: not measured */
	unsigned step_batches;       /* per source and step; 4 */
	int64_t state_bytes_max;     /* budget of keyed state */
	uint64_t errors_rows_max, errors_bytes_max; /* kept per checkpoint */
	uint64_t late_rows_max; /* likewise; 0: they are only counted */
	const struct sink_type *client_sink; /* of a SELECT, or NULL */
	void *client;
	/* Connectors by name; NULL: those of the registry. */
	const struct source_type *(*find_source)(const char *connector);
	const struct sink_type *(*find_sink)(const char *connector);
};

enum pipeline_rc {
	PIPELINE_FAIL = -1, /* err says why; only destroy() follows */
	PIPELINE_IDLE,      /* at rest, nothing to read: wait for a descriptor
			     * or pipeline_next_us() */
	PIPELINE_BUSY,      /* at rest, more to read: call again */
	PIPELINE_BLOCKED,   /* a sink has no room; the step stays open until
			     * its wake_fd: call again then. Or at rest: the
			     * state is over its budget */
	PIPELINE_ENDED,     /* at rest, every source has ended; without the
			     * final watermark until pipeline_finish() */
	PIPELINE_DONE,      /* as ENDED, and nothing more will come out */
};

int pipeline_create(const struct plan *plan, const struct pipeline_env *env,
		    struct pipeline **ret, struct error *err);
int pipeline_start(struct pipeline *p, int64_t now_us, struct error *err);
enum pipeline_rc pipeline_step(struct pipeline *p, int64_t now_us,
			       struct error *err);
/* Sends the final watermark in the next steps: all windows fire (bounded
 * input at its end, STOP WITH DRAIN). The cut before it is the last one. */
void pipeline_finish(struct pipeline *p);
/* Pause: no source is polled; steps still serve sinks and timers. */
void pipeline_pause(struct pipeline *p, bool paused);
/* From any thread: the running step returns PIPELINE_FAIL (ERR_CANCELLED) at
 * the next operator. */
void pipeline_stop(struct pipeline *p);
void pipeline_destroy(struct pipeline *p); /* NULL is allowed */

/* ---- checkpoints ---- */
bool pipeline_at_rest(const struct pipeline *p);
/* Cuts sinks and copies dirty state; at rest only. The commit must wait for
 * pipeline_acked() >= epoch; then pipeline_committed() follows, or, when it
 * cannot be committed, pipeline_destroy(). */
int pipeline_cut(struct pipeline *p, uint64_t epoch, int64_t now_us,
		 struct snapshot **ret, struct error *err);
int pipeline_acked(struct pipeline *p, uint64_t *ret_epoch, struct error *err);
int pipeline_committed(struct pipeline *p, uint64_t epoch, struct error *err);
/* The last checkpoint has output that is only now on its way: without another
 * one, whose commit waits for it, it would be sent again after a restart. */
bool pipeline_owes(const struct pipeline *p);
/* The job is forgotten with its state: sinks clear away what is not committed.
 * Only pipeline_destroy() follows. */
void pipeline_abandon(struct pipeline *p);

/* ---- another place to read from ---- */
/* Of a scan of a pipeline that was created and nothing more: where the
 * partitions of its source are (connector.h), in arena a. May wait. */
int op_seek(struct op *scan, const struct seek *to, struct arena *a,
	    struct seek_part **ret, unsigned *ret_n, struct error *err);

/* ---- waiting ---- */
/* Sources and sinks of one job: each has a descriptor and a thread's work. */
#define PIPELINE_FDS_MAX 64
/* Descriptors to watch for reading; call pipeline_woken() when any is ready. */
unsigned pipeline_fds(struct pipeline *p, int fds[PIPELINE_FDS_MAX]);
void pipeline_woken(struct pipeline *p);
int64_t pipeline_next_us(const struct pipeline *p); /* TIME_END: none */
/* Blocking work to run on threads; see connector.h. */
unsigned pipeline_work(struct pipeline *p, struct blocking_work *ret,
		       unsigned max);

/* ---- looking in: job thread only, but for op_stats ---- */
struct op *const *pipeline_ops(const struct pipeline *p, unsigned *ret_n);
const struct plan *pipeline_plan(const struct pipeline *p);
/* What people call operator i, "filter_3" or its state's name: no two of a
 * pipeline have the same. */
void pipeline_op_name(const struct pipeline *p, unsigned i, char ret[64]);
/* The tap gets what operator i puts out from here on (of a sink: what it
 * writes), and is held until pipeline_untap(), which is for all of them. */
void pipeline_tap(struct pipeline *p, unsigned i, struct tap *t);
void pipeline_untap(struct pipeline *p);

struct source_status { /* one per partition of a scan */
	const char *source; /* table */
	const char *topic;
	int32_t partition;
	int64_t next_offset, end_offset; /* consumed into steps; -1 unknown */
	int64_t record_time_us;
	int64_t wm_us;      /* TIME_NONE: none yet */
	int64_t idle_since_us; /* TIME_NONE: not idle */
	uint64_t lost;      /* records gone before they were read */
	enum part_state state;
	const char *reason;
};
/* Calls fn for each partition of each scan; for a scan that knows none yet
 * once, with topic NULL, partition -1 and the source's reason. */
void pipeline_sources(struct pipeline *p,
		      void (*fn)(const struct source_status *, void *),
		      void *arg);
/* Why it is blocked, or NULL; names the sink. */
const char *pipeline_reason(struct pipeline *p);
/* What a sink complains of though it has room still, in the client's words;
 * NULL: nothing. */
const char *pipeline_trouble(struct pipeline *p);
/* What the user should know about how sources began or went on: each text
 * once, then NULL. Valid until the next call. */
const char *pipeline_notice(struct pipeline *p);
/* The lowest watermark over all sinks, TIME_NONE before the first. */
int64_t pipeline_watermark(const struct pipeline *p);
/* When the next window of an operator ends, if it has any open: TIME_NONE
 * else, for sessions, and before the first watermark. */
int64_t pipeline_next_close(const struct pipeline *p, const struct op *op);
uint64_t pipeline_rows_in(const struct pipeline *p);  /* of sources */
uint64_t pipeline_rows_out(const struct pipeline *p); /* of sinks */
uint64_t pipeline_late(const struct pipeline *p);
uint64_t pipeline_errors(const struct pipeline *p);   /* quarantined */
/* The first of those that wait for a cut; NULL: none. */
const struct bad_row *pipeline_first_bad(const struct pipeline *p);

/* ---- for the store (runtime/store.h) ---- */
struct state_table { /* one op_table() */
	struct op *op;
	unsigned number; /* within the operator */
	const struct table_def *def;
};
unsigned pipeline_tables(struct pipeline *p, const struct state_table **ret);
const struct view_def *pipeline_view(struct pipeline *p, const struct op *op);
void op_name_state(struct op *op, const char *state_name); /* copied */
/* Where the counts of all runs before this one stood: rows_in and the others
 * of pipeline_*() and of each snapshot go on from there. Before start. */
struct pipeline_totals {
	uint64_t rows_in, rows_out, rows_late, clock_moves;
	uint64_t errors; /* quarantined, kept or not */
};
void pipeline_set_totals(struct pipeline *p, const struct pipeline_totals *t);
/* Before pipeline_start(): the last committed checkpoint, for the sinks. */
void pipeline_set_epoch(struct pipeline *p, uint64_t epoch);

#endif
