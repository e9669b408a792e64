/* SPDX-License-Identifier: Apache-2.0
 * runtime/snapshot.c - the parts of a cut, in the order in which operators put
 * them: a store that applies them in this order has the state of the cut.
 */
#include <stdlib.h>

#include "base/check.h"
#include "runtime/pipeline.h"
#include "runtime/snapshot.h"

struct snapshot *
snapshot_create(uint64_t epoch, int64_t taken_at_us)
{
	struct snapshot *s = mem_zalloc(sizeof(*s));

	s->epoch = epoch;
	s->taken_at_us = taken_at_us;
	s->tail = &s->parts;
	s->errors_tail = &s->errors;
	arena_init(&s->arena);
	return s;
}

void
snapshot_destroy(struct snapshot *s)
{
	if (!s)
		return;
	for (struct snapshot_part *part = s->parts; part; part = part->next)
		batch_unref(part->rows);
	arena_release(&s->arena);
	free(s);
}

static const struct state_table *
table_of(struct op *op, unsigned number)
{
	const struct state_table *tables;
	unsigned n = pipeline_tables(op->p, &tables);

	for (unsigned i = 0; i < n; i++) {
		if (tables[i].op == op && tables[i].number == number)
			return &tables[i];
	}
	return NULL;
}

/* The names are copied: a snapshot may outlive the pipeline that made it. */
static struct snapshot_part *
snapshot_add(struct snapshot *s, struct op *op, unsigned table,
	     enum snapshot_what what)
{
	const struct state_table *t = table_of(op, table);
	struct snapshot_part *part = arena_new(&s->arena, struct snapshot_part);

	CHECK(t != NULL);
	part->what = what;
	part->def = t->def;
	part->state_name = arena_strdup(&s->arena,
					t->def->kind == TABLE_SHARED ?
					op_source(op) : op->state_name);
	*s->tail = part;
	s->tail = &part->next;
	return part;
}

/* Batches of a snapshot change threads: no pool, nothing shared. */
static void
snapshot_take(struct snapshot *s, struct snapshot_part *part,
	      struct batch *rows)
{
	CHECK(rows->pool == NULL);
	CHECK(rows->base == NULL);
	CHECK(rows->refs == 1);
	CHECK(rows->sel == NULL);
	part->rows = rows;
	s->rows += rows->rows;
}

int
snapshot_put(struct snapshot *s, struct op *op, unsigned table,
	     struct batch *rows_take)
{
	struct snapshot_part *part = snapshot_add(s, op, table, SNAPSHOT_PUT);

	CHECK(rows_take->schema->ncols == part->def->schema->ncols);
	snapshot_take(s, part, rows_take);
	return 0;
}

int
snapshot_drop(struct snapshot *s, struct op *op, unsigned table,
	      struct batch *keys_take)
{
	struct snapshot_part *part = snapshot_add(s, op, table, SNAPSHOT_DROP);

	CHECK(keys_take->schema->ncols >= part->def->nkeys);
	snapshot_take(s, part, keys_take);
	return 0;
}

int
snapshot_drop_below(struct snapshot *s, struct op *op, unsigned table,
		    int64_t bound)
{
	struct snapshot_part *part = snapshot_add(s, op, table,
						  SNAPSHOT_DROP_BELOW);

	CHECK(part->def->first_is_pane);
	part->bound = bound;
	return 0;
}

int
snapshot_clear(struct snapshot *s, struct op *op, unsigned table)
{
	snapshot_add(s, op, table, SNAPSHOT_CLEAR);
	return 0;
}
