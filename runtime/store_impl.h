/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_impl.h - what the files of the store share: the open store,
 * its attached operators and their tables. Nobody else includes this.
 */
#ifndef RUNTIME_STORE_IMPL_H
#define RUNTIME_STORE_IMPL_H

#include "base/arena.h"
#include "runtime/store.h"
#include "runtime/store_errors.h"
#include "runtime/store_file.h"
#include "runtime/store_value.h"

#define STORE_WAL_PAGES 1024 /* 16 MiB: then it is folded into the file */

extern const struct store_kind store_job_kind; /* store_schema.c */
extern const struct store_kind store_catalog_kind;

/* One op_table() of an operator, with the names that it has in the file. A
 * snapshot may outlive its pipeline: commits look at nothing behind op, def
 * and schema, only restore() does. */
struct store_table {
	struct op *op;
	const struct table_def *def;
	unsigned number;     /* within the operator */
	bool shared;
	bool first_is_pane;
	uint16_t nkeys, ncols;
	const char *owner;   /* state name, or the source of a shared table */
	const char *name;    /* in the file */
	const char *meaning;
	const struct schema *schema; /* of def */
	struct store_column *cols;   /* as schema */
	int id_col;          /* column _id, or -1 */
	int64_t next_id;     /* beyond every _id ever put */
	sqlite3_stmt *put, *drop, *drop_below, *clear;
};

/* A row of `operators`, and the operator that it belongs to. */
struct stored_op {
	struct stored_op *next;
	const char *name, *kind;
	unsigned number;
	const char *inputs, *keys, *window, *predicate, *sink;
	unsigned state_version;
	bool gone;      /* only its number is kept */
	const char *shape; /* tables, columns and types by meaning, sorted */
	struct stored_column *cols;
	struct op *op;  /* of this plan; NULL: none */
};

/* One entry of operators.columns: where a column of that meaning lies. */
struct stored_column {
	struct stored_column *next;
	const char *table_meaning, *table;
	const char *meaning, *name, *type;
	bool taken;
};

struct store {
	struct store_file file;
	struct arena arena; /* names and texts, as long as the store */
	uint64_t epoch;     /* last committed; 0: none */
	struct pipeline_totals totals;

	struct stored_op *ops, **ops_tail;
	struct store_table *tables;
	unsigned ntables;
	bool drop_gone; /* operators without a place in the plan go with the
			 * next commit */

	/* What the table errors holds, and may hold. */
	struct store_errors errors;
	uint64_t errors_rows_max, errors_bytes_max;
	uint64_t late_rows_max;

	int wal_pages; /* as of the last commit */
	uint64_t last_epoch; /* whose row gets its figures corrected */
	int64_t last_duration_ns;
	uint64_t last_bytes;

	/* kept statements */
	sqlite3_stmt *put_checkpoint, *end_checkpoint, *trim_checkpoints;
	sqlite3_stmt *put_error, *again_error, *gone_error;
	sqlite3_stmt *put_late, *trim_late;
	sqlite3_stmt *put_summary, *put_tables;
};

/* The part of a pipeline that the store needs, as a seam for tests. */
struct store_client {
	const struct state_table *tables;
	unsigned ntables;
	const struct view_def *(*view)(void *arg, const struct op *op);
	const char *(*source)(void *arg, const struct op *op);
	void (*name)(void *arg, struct op *op, const char *state_name);
	const struct zone *zone; /* table.local-time-zone; NULL: UTC */
	void *arg;
};
int store_attach_client(struct store *s, const struct store_client *client,
			struct error *err);
/* Its first half, within a transaction: everything but the way back of rows. */
int store_attach_find(struct store *s, const struct store_client *client,
		      struct error *err);
/* ---- store_pipeline.c ---- */
/* Of a real pipeline. */
struct store_client store_client_of(struct pipeline *p);
/* ---- store_commit.c ---- */
/* Drops view and tables of a stored operator. */
int store_drop_tables(struct store *s, const struct stored_op *o,
		      struct error *err);
/* And what it was; its row stays for its number. */
int store_forget_op(struct store *s, const struct stored_op *o,
		    struct error *err);

/* ---- store_match.c: which stored operator is which ---- */
int store_load_ops(struct store *s, struct error *err);
/* Gives each operator with state tables its stored_op, new ones included
 * (appended to s->ops with a name of their own). */
int store_match_ops(struct store *s, const struct store_client *client,
		    struct error *err);
struct stored_op *store_op_of(struct store *s, const struct op *op);

/* ---- store_table.c: tables and their statements ---- */
/* Names and columns of the client's table t: as stored, or new ones. */
int store_table_init(struct store *s, struct store_table *t,
		     const struct state_table *from, struct stored_op *stored,
		     const char *source, struct error *err);
void store_table_release(struct store_table *t);
int store_table_create(struct store *s, const struct store_table *t,
		       struct error *err);
/* The rows in batches through restore(), then NULL. */
int store_table_restore(struct store *s, struct store_table *t,
			struct error *err);
struct store_table *store_table_of(struct store *s, const struct op *op,
				   unsigned number);
int store_table_put(struct store *s, struct store_table *t,
		    const struct batch *rows, struct error *err);
int store_table_drop(struct store *s, struct store_table *t,
		     const struct batch *keys, struct error *err);
int store_table_drop_below(struct store *s, struct store_table *t,
			   int64_t bound, struct error *err);
int store_table_clear(struct store *s, struct store_table *t,
		      struct error *err);
/* Texts by which tables and columns are told apart. */
const char *store_table_meaning(const struct table_def *def);
const char *store_column_meaning(const struct table_def *def, unsigned i);
const char *store_type_text(struct type t, struct arena *a);
/* operators.columns of one operator. */
void store_columns_json(const struct store *s, const struct op *op,
			struct buf *out);

/* ---- store_errors.c ---- */
/* rows and bytes; ret->lost is left alone. */
int store_count_errors(struct store *s, struct store_errors *ret,
		       struct error *err);
/* In the transaction of a commit: what *ret says holds once that is done. */
int store_commit_errors(struct store *s, const struct snapshot *snap,
			struct store_errors *ret, struct error *err);

int store_commit_late(struct store *s, const struct snapshot *snap,
		      struct error *err);

/* ---- store_view.c ---- */
/* Makes or remakes the view under the operator's name. */
int store_view_create(struct store *s, const struct stored_op *o,
		      const struct view_def *view, const struct zone *zone,
		      struct error *err);

#endif
