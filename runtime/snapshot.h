/* SPDX-License-Identifier: Apache-2.0
 * runtime/snapshot.h - one cut of a job's state: dirty rows as batches, made
 * on the job's thread between two steps, committed on a store thread. All
 * batches are copies without a pool, so that the snapshot can change threads.
 */
#ifndef RUNTIME_SNAPSHOT_H
#define RUNTIME_SNAPSHOT_H

#include "base/error.h"
#include "runtime/batch.h"

struct op;

enum snapshot_what {
	SNAPSHOT_PUT,       /* rows: upsert by key */
	SNAPSHOT_DROP,      /* rows: key columns only */
	SNAPSHOT_DROP_BELOW, /* all rows whose first column is < bound */
	SNAPSHOT_CLEAR,     /* all rows of the table */
};

struct snapshot_part {
	struct snapshot_part *next; /* in the order of the calls */
	enum snapshot_what what;
	const char *state_name;  /* of the operator, or its source */
	const struct table_def *def;
	struct batch *rows;
	int64_t bound;
};

/* What REPLAY ERRORS can do with a row of the table errors. */
enum bad_replay {
	BAD_REPLAY_UNKNOWN, /* an older sluice did not keep what it takes */
	BAD_REPLAY_RECORD,  /* its record has had no effect anywhere: it can
			     * go through the whole query again */
	BAD_REPLAY_ROW,     /* the row can go again below `place` */
	BAD_REPLAY_CUT,     /* the record is not kept as a whole */
	BAD_REPLAY_NO,      /* other parts of the query have used it, or rows
			     * that came later rest on it */
};
extern const char *const bad_replay_text[]; /* NULL, "record" ... */

/* A quarantined row; contract.md section 3, table errors. */
struct bad_row {
	struct bad_row *next;
	int64_t id;          /* 0: a new one; else it failed once more */
	int64_t at_us;
	const char *source, *topic, *op_name, *expression, *column_name;
	enum error_code code;
	const char *message;
	int32_t partition;   /* -1: none */
	int64_t offset;
	int64_t record_time_us;
	int64_t weight;
	struct str raw;      /* value bytes, up to 64 KiB */
	struct str key, headers; /* the bytes of all of them, or nothing */
	bool has_raw, has_key, has_headers;
	const char *row_json; /* or NULL */
	enum bad_replay replay;
	const char *place;   /* of BAD_REPLAY_ROW: the stateful operator whose
			      * results it is one of; else NULL */
};

/* A row of late_rows. */
struct late_row {
	struct late_row *next;
	int64_t at_us;
	const char *op_name;
	int64_t event_time_us, wm_us;
	const char *row_json;
};

struct op_summary { /* for operators and v_state */
	const char *state_name;
	uint64_t rows, bytes;
};

struct snapshot {
	uint64_t epoch;       /* checkpoint number, from 1 */
	uint64_t random_id[2];
	int64_t taken_at_us;
	int64_t stop_ns;      /* how long the pipeline stood for the copy */
	uint64_t rows_in, rows_out, rows_late, clock_moves; /* totals */
	uint64_t rows_bad;    /* likewise: quarantined, kept or only counted */
	struct snapshot_part *parts, **tail;
	struct bad_row *errors, **errors_tail;
	uint64_t nerrors, errors_bytes;
	uint64_t errors_counted; /* new ones, with those past the caps */
	struct late_row *late; /* the first ones since the last cut */
	uint64_t ngone;
	int64_t *gone;        /* ids in the table errors: replayed well */
	unsigned nops;
	struct op_summary *ops;
	uint64_t rows;        /* dirty rows in it */
	struct arena arena;   /* texts of errors and summaries */
	int64_t (*clock_ns)(void); /* of the pipeline_env; NULL: not measured */
	/* filled by store_commit() */
	int64_t duration_ns;
	uint64_t bytes_written;
	uint64_t errors_kept, errors_lost; /* struct store_errors */
	bool errors_full;
};

struct snapshot *snapshot_create(uint64_t epoch, int64_t taken_at_us);
void snapshot_destroy(struct snapshot *s); /* NULL is allowed */

/* In op_type.checkpoint(); `table` as op_table() numbered it. Rows must be
 * batches made with pool NULL whose strings live in their own arenas. */
int snapshot_put(struct snapshot *s, struct op *op, unsigned table,
		 struct batch *rows_take);
int snapshot_drop(struct snapshot *s, struct op *op, unsigned table,
		  struct batch *keys_take);
int snapshot_drop_below(struct snapshot *s, struct op *op, unsigned table,
			int64_t bound);
int snapshot_clear(struct snapshot *s, struct op *op, unsigned table);

#endif
