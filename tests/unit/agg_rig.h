/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/agg_rig.h - one aggregating operator without a pipeline around
 * it: rows and watermarks in, text out, checkpoints into tables in memory and
 * back into a fresh operator.
 */
#ifndef TESTS_UNIT_AGG_RIG_H
#define TESTS_UNIT_AGG_RIG_H

#include "runtime/driver.h"

/* Columns of the input. */
enum {
	IN_TS, IN_KS, IN_KD, IN_KI, IN_VI, IN_VB, IN_VD, IN_VN, IN_VW, IN_VS,
	IN_F, IN_VF, IN_COLS
};
extern const char *const in_names[IN_COLS];

struct in_row {
	int64_t w;
	struct value v[IN_COLS];
};

/* +1 row: key ks = k (NULL: NULL) and every value column holds v; f TRUE. */
struct in_row in_row(int64_t ts_ms, const char *k, int64_t v);
/* The same row taken back. */
struct in_row minus(struct in_row r);
/* With the column NULL. */
struct in_row with_null(struct in_row r, int column);

struct agg_setup {
	const char *keys;  /* "ks ki" */
	/* "count(*), sum(distinct vi) f, percentile(vi/0.5)": f = FILTER */
	const char *aggs;
	enum window_kind kind;
	int64_t size_ms, slide_ms, offset_ms; /* size 0: GROUP BY; a
					       * session's is the gap */
	const char *zone;  /* windows on TIMESTAMP_LTZ in that zone */
	bool retract;      /* rows may be taken back */
	bool upsert;       /* GROUP BY: answers by key */
};

struct stored_row {
	char *key;
	struct batch *b; /* a reference */
	uint32_t row;
	int64_t first;
};
struct stored_table {
	struct stored_row *row;
	uint32_t n, cap;
};

struct agg_rig {
	const struct agg_setup *setup;
	struct arena arena;
	struct plan plan;
	struct plan_node in, node;
	struct plan_node *inputs[1];
	struct plan_group group;
	struct pipeline *p;
	struct op *op;
	struct buf out;       /* emitted since the last agg_rig_out() */
	char *text;
	unsigned batches_most; /* the most batches that waited in the edge */
	struct stored_table table[32];
	uint64_t put_rows;     /* of the last checkpoint */
	uint64_t epoch;
};

void agg_rig_open(struct agg_rig *r, const struct agg_setup *setup);
void agg_rig_close(struct agg_rig *r);

void agg_rig_push(struct agg_rig *r, const struct in_row *rows, uint32_t n);
#define PUSH(r, ...)                                                      \
	agg_rig_push(r, (const struct in_row[]){ __VA_ARGS__ },           \
		     (uint32_t)ARRAY_LEN(((const struct in_row[]){ __VA_ARGS__ })))
void agg_rig_push_batch(struct agg_rig *r, struct batch *b_take);
const struct schema *agg_rig_schema(void);
void agg_rig_watermark(struct agg_rig *r, int64_t wm_ms);
void agg_rig_watermark_us(struct agg_rig *r, int64_t wm_us);
/* The end of a step: settle(). */
void agg_rig_settle(struct agg_rig *r);
/* Lines "+a|0|10000|9999|7|1\n": keys, window_start, window_end, window_time
 * in ms, aggregates. Lives until the next call. */
const char *agg_rig_out(struct agg_rig *r);
#define OUT(r, want) EXPECT_STR(agg_rig_out(r), want)

/* How values are written there: DOUBLE with so many digits, 17 at first. */
extern unsigned agg_rig_digits;
void agg_rig_cell(struct buf *out, struct type t, struct value v);

/* A checkpoint into the tables. */
void agg_rig_cut(struct agg_rig *r);
/* The operator is lost and made again from the tables. */
void agg_rig_restart(struct agg_rig *r);
/* Rows of the table whose suffix that is. */
uint32_t agg_rig_stored(struct agg_rig *r, const char *suffix);

#endif
