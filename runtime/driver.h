/* SPDX-License-Identifier: Apache-2.0
 * runtime/driver.h - the inside of a pipeline: shared by pipeline.c, compile.c,
 * operator.c, cut.c, status.c, quarantine.c, late.c and
 * replay.c, and by nobody else.
 */
#ifndef RUNTIME_DRIVER_H
#define RUNTIME_DRIVER_H

#include "runtime/pipeline.h"
#include "runtime/replay.h"

/* Where an operator stands within a pass. Below the operator that the pass
 * has reached all are in PHASE_ROWS, and may have been given rows early. */
enum phase {
	PHASE_ROWS,   /* push() of every queued batch, port 0 first */
	PHASE_TIME,   /* watermark(), if the minimum of the inputs rose */
	PHASE_END,    /* end() of each port that brings nothing more */
	PHASE_TIMER,
	PHASE_SETTLE, /* if it got rows or time */
	PHASE_PASS,   /* time and status go onto the out-edges */
};

/* What the driver remembers of one operator. */
struct drive {
	struct op *op;
	enum phase phase;
	bool more;     /* a hook returned OP_MORE: resume() comes next */
	bool held;     /* op_hold(): it keeps rows for the next pass */
	bool due;      /* and that is this pass: resume() before any push() */
	bool touched;  /* got rows or time in this pass: settle() is due */
	bool skip;     /* a scan that waits for a slower one in this step */
	bool waits;    /* a scan: rows of it would wait for a value */
	bool of_value; /* all its rows end in a query as a value */
	unsigned group; /* of scans whose rows meet in some operator */
	bool *told_end; /* by port: end() has been called */
	int64_t wm_us; /* in PHASE_TIME: what watermark() is told */
	enum edge_status status; /* of its output, from PHASE_TIME on */
};

struct bad_rows { /* quarantined since the last cut */
	struct arena arena;
	struct bad_row *first, **tail;
	uint64_t n, bytes;
	uint64_t counted; /* new ones, with those past the caps */
	uint64_t nlate;
	struct late_row *late, **late_tail;
};

/* Rows of the table errors on their way through the query again. */
struct replay {
	enum { REPLAY_NONE, REPLAY_WAITS, REPLAY_RUNS } phase;
	unsigned n; /* of the step that comes, or is under way */
	struct replay_item {
		int64_t id;
		bool failed;
	} item[REPLAY_ROWS_MAX];
	uint64_t late_before;
	struct replay_counts counts;
	/* Those that went well since the last cut. */
	size_t ngone, gone_size;
	int64_t *gone;
};

#define PIPELINE_MAGIC 0x91be11edu

struct pipeline {
	unsigned magic;
	const struct plan *plan;
	struct pipeline_env env;
	struct arena arena;
	struct batch_pool *pool;

	unsigned nops;
	struct op **ops; /* topological: inputs before readers */
	struct drive *drive; /* the same order */
	unsigned nedges;
	struct edge *edges;
	unsigned nscans, nsinks, nscalars;
	struct op **scans, **sinks, **scalars;
	bool **reads; /* by scalar, by operator: its first input comes from it */

	unsigned ntables, tables_size;
	struct state_table *tables;
	const struct view_def **views; /* by number of the operator */
	const char **sources;          /* what op_source() says, or NULL */

	/* the step under way */
	bool open;        /* a pass has begun and not ended */
	bool waited;      /* for room in a sink, in this step */
	bool no_room;     /* why the last pipeline_step() came back BLOCKED */
	bool over_budget; /* keyed state; sources are not asked */
	char reason[160]; /* of pipeline_reason() */
	char notice[320]; /* of pipeline_notice() */
	bool told_unmatched;
	unsigned at;      /* operator that the pass has reached */
	unsigned nheld;   /* operators with rows for another pass */
	bool value_known; /* and sources that had to wait */
	bool polling;     /* sources are asked in this pass */
	bool polled;      /* they were in the last step */
	int64_t now_us;   /* of the step under way, or the last one */
	int64_t gap_us;   /* time since the last step that counts as polled */
	int64_t lap_ns;   /* clock at the end of the last hook */
	enum pipeline_rc last;

	bool started, failed, paused;
	bool finishing;   /* pipeline_finish(): the next step is the final one */
	bool final;       /* the step under way, or the last one, is it */
	atomic_bool stop;

	struct pipeline_totals before; /* of all runs before this one */
	uint64_t clock_moves;
	uint64_t cut_epoch; /* of the cut that is open; 0: none */
	struct bad_rows errors;
	atomic_uint_fast64_t nerrors;
	struct replay replay;
};

struct pipeline *pipeline_check(struct pipeline *p);
/* Rows that would wait for a value are not read before it is known. */
bool pipeline_scan_waits(const struct pipeline *p, const struct op *scan);
struct drive *pipeline_drive(const struct op *op);

/* Bytes of state in all operators (status.c). */
uint64_t pipeline_state_bytes(const struct pipeline *p);

/* ---- edges (operator.c) ---- */
void edge_push(struct edge *e, struct batch *b_take);
struct batch *edge_pop(struct edge *e); /* NULL: empty */
void edge_clear(struct edge *e);

/* ---- for the operators that live with the driver ---- */

/* scan and watermark: the operator keeps rows that belong behind the coming
 * watermark. The driver runs another pass without polling sources, which
 * begins for this operator with resume(). */
void op_hold(struct op *op);
/* A value is known that sources have waited for: they are asked in one more
 * pass of this step. */
void op_value_known(struct op *op);
/* Time was moved by the clock instead of by rows (idle partition, cap on the
 * future): checkpoints.clock_moves. */
void op_clock_moved(struct op *op);
/* True when no reader is left that wants rows (LIMIT). */
bool op_is_dead(const struct op *op);

/* ---- replay.c ---- */
/* The step that begins is one of replayed rows: it asks no source. */
bool replay_step_begin(struct pipeline *p);
void replay_step_end(struct pipeline *p);
/* A row of it cannot be used once more; NULL: it was not replayed, or has
 * failed elsewhere already. */
struct replay_item *replay_failed(struct pipeline *p,
				  const struct raw_record *rec);
/* Moves those that went well into the snapshot. */
void replay_move(struct pipeline *p, struct snapshot *s);
void replay_release(struct pipeline *p);

/* ---- quarantine.c ---- */
void bad_rows_init(struct bad_rows *bad);
void bad_rows_release(struct bad_rows *bad);
/* Scans, filters and the like: what becomes of one row there is no other
 * row's business. */
bool op_passes_rows(const struct op *op);
/* Moves all of them into the snapshot. */
void bad_rows_move(struct bad_rows *bad, struct snapshot *s);
/* As op_quarantine(), for a record that never became a row. */
void op_quarantine_record(struct op *op, const struct batch *b, uint32_t row,
			  enum error_code code, const char *column,
			  const char *detail);

#endif
