/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/store_rig.h - a store in a directory of its own, operators with
 * hand-made state tables, snapshots out of text, and a second connection that
 * looks at the file as a user's sqlite3 would.
 */
#ifndef TESTS_UNIT_STORE_RIG_H
#define TESTS_UNIT_STORE_RIG_H

#include "runtime/operator.h"
#include "runtime/store.h"
#include "runtime/store_impl.h"

#define RIG_OPS 8
#define RIG_TABLES 16

struct rig_op {
	struct op op; /* first */
	struct plan_node node;
	const char *source;
	const struct view_def *view;
	struct buf restored; /* "table: a|b\n" for each row sent back */
	unsigned complete;   /* tables told to be complete */
};

struct rig {
	char dir[64];
	char path[96];
	struct store *s;
	struct rig_op ops[RIG_OPS];
	unsigned nops;
	struct state_table tables[RIG_TABLES];
	unsigned ntables;
	struct snapshot snap;
	struct arena arena;
	uint64_t epoch;
	struct buf text;
};

void rig_init(struct rig *r);
void rig_release(struct rig *r); /* closes, deletes the directory */
void rig_open(struct rig *r);
void rig_close(struct rig *r);   /* store and operators, not the file */

/* An operator whose meanings are kind, inputs, keys, window, predicate, sink,
 * in this order, separated by `;`. */
struct rig_op *rig_op(struct rig *r, const char *meaning);
unsigned rig_table(struct rig *r, struct rig_op *op,
		   const struct table_def *def);
/* store_attach() of these operators. */
int rig_attach(struct rig *r, struct error *err);

/* "BIGINT _id, STRING word" as a schema in the rig's arena. */
const struct schema *rig_schema(struct rig *r, const char *columns);
/* Rows as "1|word|NULL". */
struct batch *rig_rows(const struct schema *s, const char *const *rows);
#define ROWS(...) ((const char *const[]){ __VA_ARGS__, NULL })
void rig_part(struct rig *r, enum snapshot_what what, struct rig_op *op,
	      unsigned table, const char *const *rows, int64_t bound);
#define rig_put(r, op, table, ...) \
	rig_part(r, SNAPSHOT_PUT, op, table, ROWS(__VA_ARGS__), 0)
/* Commits the parts so far as the next epoch; they stay for another try
 * unless it went well. */
int rig_commit(struct rig *r, struct error *err);

/* What a second, read-only connection sees: rows with `|` and `\n`; or the
 * error's text. Lives until the next call. */
const char *rig_sql(struct rig *r, const char *sql);

#endif
