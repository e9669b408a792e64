/* SPDX-License-Identifier: Apache-2.0
 * runtime/agg.h - what an aggregate function is to the runtime. A function is
 * one file in runtime/aggs/ and a row in the table of agg.c.
 *
 * An entry holds everything of one group: the number of its rows, then one
 * accumulator per aggregate. An accumulator is zero bytes when nothing has
 * been added. Hooks work on many entries at a time; they see only rows that
 * count (FILTER is TRUE, the first argument is not NULL unless it takes NULLs,
 * a DISTINCT value is new).
 */
#ifndef RUNTIME_AGG_H
#define RUNTIME_AGG_H

#include "base/error.h"
#include "parser/plan.h"
#include "runtime/batch.h"
#include "runtime/multiset.h"
#include "runtime/operator.h"
#include "runtime/strheap.h"

struct agg;
struct distinct;

/* Rows on their way into entries; arrays run parallel. */
struct agg_rows {
	uint32_t n;       /* at most BATCH_ROWS */
	uint32_t *row;    /* position in the argument's column */
	uint32_t *gid;
	char **entry;
	int64_t *w;       /* NULL: all +1 */
	int64_t pane_us;  /* that the entries belong to; 0 without panes */
	bool transient;   /* the entries are a running window's */
	/* The arguments behind the first, by the same positions; a literal one
	 * is NULL here and stands in plan->more. */
	const struct column *more[PLAN_MORE_MAX];
};

/* A row of a multiset's table. */
struct agg_saved {
	struct multiset_place place;
	uint64_t seq;
	const struct column *value, *beside; /* at `row` */
	uint32_t row;
	int64_t n;
};

/* Room for one selection of rows. */
struct agg_scratch {
	uint32_t row[BATCH_ROWS];
	uint32_t gid[BATCH_ROWS];
	char *entry[BATCH_ROWS];
	int64_t w[BATCH_ROWS];
};

struct agg_type {
	enum function_id function;
	/* By arg_type, retract and distinct sets what is not set yet: bytes,
	 * columns, invertible ... */
	void (*init)(struct agg *a);
	/* Adds arg[row[i]] w[i] times; takes it away where w[i] < 0. */
	void (*add)(const struct agg *a, const struct agg_rows *r,
		    const struct column *arg);
	/* Why a row cannot be added to the entry (NULL: there is none yet), or
	 * NULL. Asked before a row with w > 0 is applied to any accumulator;
	 * such rows come one at a time. */
	const char *(*refuses)(const struct agg *a, const char *entry,
			       const struct batch *b, uint32_t row, int64_t w,
			       enum error_code *ret_code);
	/* False: the value cannot have been added -w times. Asked before a
	 * row with w < 0 is applied to any accumulator. */
	bool (*holds)(const struct agg *a, const char *entry,
		      const struct batch *b, uint32_t row, int64_t w);
	/* dst += src, at these offsets in n pairs of entries. Where the order
	 * matters (sums of DOUBLE) src is the newer one. */
	void (*merge)(const struct agg *a, char *const *dst, uint32_t dst_off,
		      char *const *src, uint32_t src_off, uint32_t n);
	/* Instead of merge(), where it collects and whole entries become one:
	 * all that src has goes over to dst, the entry of that group, with the
	 * rows of state that stand under a group's number. */
	void (*absorb)(const struct agg *a, char *dst, uint32_t gid,
		       char *src);
	/* dst -= src; invertible ones only. */
	void (*sub)(const struct agg *a, char *const *dst, char *const *src,
		    uint32_t n);
	/* The results into rows [at, at + n) of out, which has `cap` rows. */
	void (*value)(const struct agg *a, char *const *entry, uint32_t off,
		      uint32_t n, struct column *out, uint32_t at,
		      uint32_t cap, struct arena *arena);
	/* Instead, where by_set is true: the result depends on the values. */
	void (*set_value)(const struct agg *a, const struct distinct *set,
			  char *const *entry, uint32_t n, struct column *out,
			  uint32_t at, uint32_t cap, struct arena *arena);
	/* Gives back what the accumulator owns. stored: state rows of it must
	 * be deleted one by one at the next checkpoint. NULL: owns nothing. */
	void (*release)(const struct agg *a, char *entry, uint32_t off,
			bool stored);
	/* A value of the multiset as it was saved. */
	void (*restore)(const struct agg *a, char *entry,
			const struct agg_saved *saved);
	/* False: what was loaded cannot have been saved. May be NULL. */
	bool (*check)(const struct agg *a, const char *entry);
	/* Brings columns up to date that only readers of the state need. */
	void (*before_save)(const struct agg *a, char *const *entry,
			    uint32_t n);
	enum view_how view; /* of its first column */
	unsigned view_n;    /* its second column for the view: counts values */
	enum view_how view_distinct; /* of the set's values */
	enum view_how view_values;   /* of the multiset; VIEW_KEY: as `view` */
};

/* Of the values of one group that an aggregate gives all together; more of
 * them are refused. A window's slices may have more together: value() then
 * says so in *too_large, and the job fails. */
#define AGG_WEIGHT_MAX (32 << 20)

/* A part of the accumulator that is kept in state tables. */
struct agg_column {
	const char *suffix; /* behind the aggregate's state_name: "", "_n" */
	struct type type;
	uint32_t at;        /* in the accumulator */
	int null_at;        /* it is NULL where the int64 there is 0; -1 */
};
#define AGG_COLUMNS_MAX 6

struct agg {
	const struct agg_type *type;
	const struct plan_aggregate *plan;
	struct type arg_type;
	struct type more_type[PLAN_MORE_MAX]; /* of plan->more */
	bool takes_all;   /* its type refuses rows, but never one of these */
	bool distinct;    /* false where it makes no difference: FN_ONCE */
	bool retract;     /* rows with w < 0 may come */
	bool invertible;  /* has sub() */
	bool collects;    /* wants a multiset, of this kind */
	struct multiset_kind kind;
	struct type value_type, beside_type; /* of its table's columns */
	const char *value_name; /* NULL: "value" */
	const char *beside_name;
	bool by_set;      /* has set_value() instead of an accumulator */
	bool by_rows;     /* COUNT(*): the entry's rows are the value */
	bool nulls;       /* rows count whose first argument is NULL */
	bool owns;        /* has something to release */
	bool makes_bytes; /* merge() needs the heap, even for a moment's use */
	uint32_t off;     /* of the accumulator in an entry */
	uint32_t bytes;   /* a multiple of `align` */
	uint32_t align;   /* 8, or 16 where it holds an i128 */
	uint32_t body;    /* in the accumulator, behind the list of values */
	uint32_t stack_off; /* of its suffix (panes.c), 0: none */
	unsigned set;     /* number among the DISTINCT ones */
	uint16_t ncolumns;
	struct agg_column column[AGG_COLUMNS_MAX];
	struct strheap *heap;      /* long strings of MIN, MAX; NULL: borrow */
	struct multiset *multiset; /* where it collects */
	const char **too_large;    /* aggs.too_large */
};

/* The head of an entry. */
struct entry {
	int64_t rows;
};
static inline int64_t
entry_rows(const char *entry)
{
	return ((const struct entry *)entry)->rows;
}
/* Where a DISTINCT aggregate's accumulator begins: with the list of the
 * group's values in its set. 0: none, else the id + 1. */
struct agg_values {
	uint64_t first;
};

static inline void *
agg_at(char *entry, uint32_t off)
{
	return entry + off;
}

/* ---- the aggregates of an operator ---- */

struct aggs {
	uint16_t n;
	struct agg *agg;
	unsigned nsets;   /* DISTINCT ones */
	bool stack;       /* some are not invertible */
	bool owns;        /* some have something to release */
	bool choosy;      /* some may refuse rows */
	const char *too_large; /* text of the one whose result was, or NULL */
	uint32_t bytes;   /* of an entry: head and accumulators */
	struct strheap heap;
};

enum aggs_flags { AGGS_RETRACT = 1 /* rows may be taken away */ };

/* The plan's group must outlive it; memory comes from the arena. */
void aggs_init(struct aggs *s, const struct plan_group *g,
	       const struct schema *in, unsigned flags, uint64_t seed,
	       struct arena *arena);
void aggs_release(struct aggs *s);

/* Those of r that aggregate a takes from the batch: FILTER and NULLs. The
 * result may share r's arrays unless `own`. */
void agg_pick(const struct agg *a, const struct batch *b,
	      const struct agg_rows *r, struct agg_scratch *scratch, bool own,
	      struct agg_rows *ret);
/* The same for one row. */
bool agg_takes(const struct agg *a, const struct batch *b, uint32_t row);
static inline const struct column *
agg_arg(const struct agg *a, const struct batch *b)
{
	return a->plan->arg < 0 ? NULL : &b->col[a->plan->arg];
}
/* Argument 2 is more 0; NULL where it is a literal. */
static inline const struct column *
agg_more(const struct agg *a, const struct batch *b, unsigned more)
{
	const struct plan_argument *arg = &a->plan->more[more];

	return more >= a->plan->nmore || arg->column < 0
		       ? NULL : &b->col[arg->column];
}

/* The next rows of r from `at` on that can be applied at once: all those with
 * w > 0, or one with w < 0; where rows may be refused, one. They keep r's room
 * for entries. */
struct agg_rows agg_rows_part(const struct aggs *s, const struct agg_rows *r,
			      uint32_t at);
/* Whether the row cannot be added w times to the entry (NULL: a new one). */
struct agg_refusal {
	enum error_code code;
	const char *expression, *detail;
};
bool aggs_refuse_row(const struct aggs *s, const char *entry,
		     const struct batch *b, uint32_t row, int64_t w,
		     struct agg_refusal *ret);
/* -1: a result could not be given since the last time. */
int aggs_check_results(struct aggs *s, struct error *err);
/* Whether a row that is to be taken away (w < 0) can have been added to the
 * entry (NULL: there is none): nothing in it may fall below nothing. */
bool aggs_hold_row(const struct aggs *s, const struct distinct *sets,
		   const char *entry, const struct batch *b, uint32_t row,
		   uint32_t gid, int64_t w);
/* Adds the weights to the entries' numbers of rows. */
void entries_count(const struct agg_rows *r, char *const *entry);

/* Frees what the accumulators own and makes them zero; sets of values and
 * what follows the accumulators are the caller's. */
void aggs_clear_entry(const struct aggs *s, char *entry, bool stored);

/* ---- agg_entry.c: entries with their sets, one per DISTINCT aggregate ---- */

/* Adds rows to their entries, which are there already (r->entry); row_gid has
 * room for BATCH_ROWS. */
void aggs_add(const struct aggs *s, struct distinct *sets,
	      const struct batch *b, struct agg_rows *r,
	      struct agg_scratch *scratch, int64_t *row_gid);
/* All but the number of rows. */
void aggs_clear(const struct aggs *s, struct distinct *sets, char *entry,
		bool stored);
/* All of src becomes part of dst, the entry of group `gid`; src is empty then.
 * Where the order matters src is the newer one. */
void aggs_absorb(const struct aggs *s, struct distinct *sets, char *dst,
		 uint32_t gid, char *src);

/* ---- accumulators as columns of state tables ---- */
unsigned aggs_ncolumns(const struct aggs *s);
/* All columns of n entries, from column `first` of b on, at row `at`. */
void aggs_save(const struct aggs *s, char *const *entry, uint32_t n,
	       struct batch *b, unsigned first, uint32_t at, uint32_t cap);
/* False: it cannot have been saved. */
bool aggs_load(const struct aggs *s, char *entry, const struct batch *b,
	       unsigned first, uint32_t row);

extern const struct agg_type agg_count_type, agg_sum_type, agg_avg_type,
	agg_min_type, agg_max_type, agg_any_value_type, agg_bool_and_type,
	agg_bool_or_type, agg_count_if_type, agg_var_pop_type,
	agg_var_samp_type, agg_stddev_pop_type, agg_stddev_samp_type,
	agg_first_value_type, agg_last_value_type, agg_median_type,
	agg_percentile_type, agg_mode_type, agg_arg_min_type, agg_arg_max_type,
	agg_bit_and_type, agg_bit_or_type, agg_bit_xor_type,
	agg_approx_distinct_type, agg_approx_percentile_type,
	agg_array_agg_type, agg_collect_type, agg_histogram_type,
	agg_top_k_type, agg_listagg_type, agg_json_arrayagg_type,
	agg_json_objectagg_type;
const struct agg_type *agg_type_of(enum function_id function);

#endif
