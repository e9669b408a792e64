/* SPDX-License-Identifier: Apache-2.0
 * runtime/batch.h - up to 2048 rows as typed columns: what moves on every edge
 * and into and out of state. Refcounted within one thread; never shared
 * between threads except by handing over the only reference.
 *
 * Rules (batch_check() knows them):
 * - value bytes under a NULL are 0, so equality and hashing need no branch;
 * - `sel` is ascending; rows outside of it are dead: never evaluated, counted
 *   or emitted, though their values may be looked at by the watermark;
 * - weights are never 0; NULL weights: all +1 (every append-only edge);
 * - on an edge no column is constant-compressed: each has `rows` values;
 * - an ordered changelog: row i happened before row i + 1.
 */
#ifndef RUNTIME_BATCH_H
#define RUNTIME_BATCH_H

#include "base/arena.h"
#include "base/check.h"
#include "base/types.h"
#include "parser/schema.h"

#define BATCH_ROWS 2048

struct column {
	enum phys phys;
	union {
		void *data;
		uint8_t *u8;
		int64_t *i64;
		i128 *i128;
		double *f64;
		struct str *str;
	};
	uint8_t *nulls; /* NULL: no NULL in any row; else 1 = NULL */
};

/* The source record that became the row at the same position. Bytes live in
 * the batch's arena. */
struct raw_record {
	const char *value; /* NULL: a tombstone */
	const char *key;   /* NULL: no key */
	uint32_t value_len;
	uint32_t key_len;
	int64_t offset;       /* Kafka offset, byte offset in a file, number */
	int64_t timestamp_us; /* TIME_NONE: the source has none */
	uint32_t part;        /* index as in source_type.parts() */
	bool headers_too_large; /* so they are empty here */
	uint16_t replay;      /* of quarantined ones that go again: their
			       * number in pipeline_replay(), from 1; else 0 */
	struct str headers;   /* of Kafka, where a column reads them */
};

/* Rows [start of the run, row_end) came from one partition, in offset order. */
struct run {
	uint32_t part;
	uint32_t row_end;
	int64_t offset_first;
};

struct batch_pool;

struct batch {
	uint32_t refs;
	uint32_t rows;        /* positions */
	uint32_t nsel;        /* live rows; == rows when sel is NULL */
	const uint16_t *sel;  /* NULL: all rows are live */
	const int64_t *weight; /* per position; NULL: all +1 */
	struct column *col;   /* schema->ncols of them */
	const struct schema *schema;
	struct batch *base;   /* columns, raw, sel may live there; a reference */
	const struct raw_record *raw; /* rows of them; NULL behind state */
	const struct run *run; /* scan to watermark operator only */
	uint16_t nrun;
	int64_t now_us;       /* PROCTIME() of all its rows */
	struct arena arena;
	struct batch_pool *pool; /* or NULL: freed, not reused */
};

/* Pools reuse the memory of dead batches; one per job thread. */
struct batch_pool *batch_pool_create(void);
void batch_pool_destroy(struct batch_pool *pool); /* all batches dead by then */

/* An empty batch with room for `cap` rows in every column, nulls NULL. The
 * pool may be NULL. The caller fills columns, then sets rows and nsel with
 * batch_seal(). */
struct batch *batch_create(struct batch_pool *pool, const struct schema *s,
			   uint32_t cap);
void batch_seal(struct batch *b, uint32_t rows);
/* A batch with the same rows, columns, weights, raw and time as `of`, which it
 * keeps a reference to; a filter then gives it another sel, a projection
 * other columns and schema (batch_own_columns()). */
struct batch *batch_derive(struct batch *of);
/* Fresh, uninitialised column headers for another schema; each must be set
 * by sharing (col[i] = base column) or column_alloc(). */
void batch_own_columns(struct batch *b, const struct schema *s);

static inline struct batch *
batch_ref(struct batch *b)
{
	b->refs++;
	return b;
}
void batch_unref(struct batch *b); /* NULL is allowed */

void column_alloc(struct column *c, enum phys phys, uint32_t cap,
		  struct arena *a);
/* The null map, made (all 0) when there is none yet. */
uint8_t *column_nulls(struct column *c, uint32_t cap, struct arena *a);
static inline bool
column_is_null(const struct column *c, uint32_t row)
{
	return c->nulls && c->nulls[row];
}

/* Copies value (and NULL) of one row; strings longer than 12 bytes are copied
 * into arena `a`. dst has room for `cap` rows. */
void column_copy(struct column *dst, uint32_t to, uint32_t cap,
		 const struct column *src, uint32_t from, struct arena *a);
/* A NULL at row `to`, value bytes zeroed. */
void column_set_null(struct column *c, uint32_t to, uint32_t cap,
		     struct arena *a);
/* The same value bit for bit, or both NULL; columns of one type. */
bool column_same(const struct column *a, uint32_t i, const struct column *b,
		 uint32_t j);
struct value column_value(const struct column *c, uint32_t row);

/* A dense copy of the live rows, strings included: for state, exchanges, and
 * rows that outlive their sources. */
struct batch *batch_compact(struct batch_pool *pool, const struct batch *b);

/* CHECKs the rules above. */
void batch_check(const struct batch *b);

/* for (row over live rows), row is uint32_t. `break` and `continue` work. */
#define batch_each(b, row)                                              \
	for (uint32_t row##_i_ = 0, row;                                \
	     row##_i_ < (b)->nsel &&                                    \
	     (row = (b)->sel ? (b)->sel[row##_i_] : row##_i_, true);    \
	     row##_i_++)

static inline int64_t
batch_weight(const struct batch *b, uint32_t row)
{
	return b->weight ? b->weight[row] : 1;
}

#endif
