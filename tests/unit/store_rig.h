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

struct store_rig_op {
	struct op op; /* first */
	struct plan_node node;
	const char *source;
	const struct view_def *view;
	struct buf restored; /* "table: a|b\n" for each row sent back */
	unsigned complete;   /* tables told to be complete */
};

struct store_rig {
	char dir[64];
	char path[96];
	struct store *s;
	struct store_rig_op ops[RIG_OPS];
	unsigned nops;
	struct state_table tables[RIG_TABLES];
	unsigned ntables;
	struct snapshot snap;
	const struct zone *zone; /* of the session */
	struct arena arena;
	uint64_t epoch;
	struct buf text;
};

void store_rig_init(struct store_rig *r);
void store_rig_release(struct store_rig *r); /* closes, deletes the directory */
void store_rig_open(struct store_rig *r);
void store_rig_close(struct store_rig *r);   /* store and operators, not the file */

/* An operator whose meanings are kind, inputs, keys, window, predicate, sink,
 * in this order, separated by `;`. */
struct store_rig_op *store_rig_op(struct store_rig *r, const char *meaning);
unsigned store_rig_table(struct store_rig *r, struct store_rig_op *op,
		   const struct table_def *def);
/* store_attach() of these operators. */
int store_rig_attach(struct store_rig *r, struct error *err);

/* "BIGINT _id, STRING word" as a schema in the rig's arena. */
const struct schema *store_rig_schema(struct store_rig *r, const char *columns);
/* Rows as "1|word|NULL". */
struct batch *store_rig_rows(const struct schema *s, const char *const *rows);
#define ROWS(...) ((const char *const[]){ __VA_ARGS__, NULL })
void store_rig_part(struct store_rig *r, enum snapshot_what what, struct store_rig_op *op,
	      unsigned table, const char *const *rows, int64_t bound);
#define store_rig_put(r, op, table, ...) \
	store_rig_part(r, SNAPSHOT_PUT, op, table, ROWS(__VA_ARGS__), 0)
/* Commits the parts so far as the next epoch; they stay for another try
 * unless it went well. */
int store_rig_commit(struct store_rig *r, struct error *err);

/* What a second, read-only connection sees: rows with `|` and `\n`; or the
 * error's text. Lives until the next call. */
const char *store_rig_sql(struct store_rig *r, const char *sql);

#endif
