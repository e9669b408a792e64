/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/scalar.c - a query as a value: once the second input has
 * ended with one row, or none, its value is a column of all rows of the first.
 * The driver reads nothing for the first input before that (scalar_waits()).
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/keys.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/scalar.h"
#include "runtime/table_writer.h"

struct op_scalar {
	struct op op; /* first */
	struct keys values; /* of the second input, by value */
	int64_t *n;         /* how often each is there; by gid */
	uint32_t n_cap;
	int64_t total;
	bool opened, resolved;
	struct column value; /* one row */
	unsigned table;
	struct schema state, state_key;
};

enum { VALUE_ID, VALUE_N, VALUE_VALUE, VALUE_COLS };

/* ---- state ---- */

static int
scalar_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_scalar *s = op_cast(op, &op_scalar_type);
	const struct schema_column *value = &node->inputs[1]->schema.cols[0];
	struct table_def *def = arena_zalloc(op->arena, sizeof(*def));
	struct type own = TYPE_OF(TYPE_BIGINT);
	enum phys phys = phys_of(value->type);

	keys_init(&s->values, 1, &phys, op_seed(op));
	s->opened = true;
	own.nullable = false;
	s->state.ncols = VALUE_COLS;
	s->state.cols = arena_array(op->arena, VALUE_COLS,
				    struct schema_column);
	s->state.cols[VALUE_ID] = (struct schema_column){ .name = "_id",
							  .type = own };
	s->state.cols[VALUE_N] = (struct schema_column){ .name = "_n",
							 .type = own };
	s->state.cols[VALUE_VALUE] = *value;
	s->state.cols[VALUE_VALUE].type.nullable = true;
	s->state_key = s->state;
	s->state_key.ncols = 1;
	*def = (struct table_def){
		.kind = TABLE_STATE, .suffix = "_values", .schema = &s->state,
		.nkeys = 1,
	};
	return op_table(op, def, &s->table, err);
}

static void
reserve(struct op_scalar *s)
{
	if (s->n_cap >= s->values.cap)
		return;
	s->n = mem_realloc(s->n, s->values.cap * sizeof(*s->n));
	memset(s->n + s->n_cap, 0,
	       (s->values.cap - s->n_cap) * sizeof(*s->n));
	s->n_cap = s->values.cap;
}

static void
scalar_count_state(struct op_scalar *s)
{
	stat_set(s->op.stats.state_rows, s->values.live);
	stat_set(s->op.stats.state_bytes,
		 keys_bytes(&s->values) + s->n_cap * sizeof(*s->n));
}

/* ---- the value ---- */

static void
add_value(struct op_scalar *s, uint32_t gid, int64_t w)
{
	if (s->n[gid] == 0)
		keys_ref(&s->values, gid);
	s->n[gid] += w;
	s->total += w;
	keys_touch(&s->values, gid);
	if (s->n[gid] == 0)
		keys_unref(&s->values, gid);
}

static int
too_many(const struct op_scalar *s, struct error *err)
{
	return error_set(err, ERR_SEVERAL_ROWS, "a sub-query as a value gave "
			 "%lld rows: it may give one at most",
			 (long long)s->total);
}

/* Where nothing is taken back the second row is one too many for good: the
 * values of an input without end are not kept to find that out. */
static int
push_values(struct op_scalar *s, const struct batch *in, struct error *err)
{
	batch_each(in, row) {
		uint32_t gid;

		keys_lookup(&s->values, in->col, &row, 1, &gid);
		reserve(s);
		add_value(s, gid, batch_weight(in, row));
	}
	scalar_count_state(s);
	return s->op.node->inputs[1]->mode == CHANGE_APPEND && s->total > 1
		       ? too_many(s, err) : OP_OK;
}

static bool
second_has_ended(const struct op *op)
{
	return op->in[1]->status == EDGE_ENDED && op->in[1]->wm_us == TIME_END;
}

static int
resolve(struct op_scalar *s, struct error *err)
{
	const struct schema *schema = &s->op.node->schema;
	struct type type = schema->cols[schema->ncols - 1].type;

	if (s->total > 1)
		return too_many(s, err);
	column_alloc(&s->value, phys_of(type), 1, s->op.arena);
	column_set_null(&s->value, 0, 1, s->op.arena);
	for (uint32_t gid = 0; gid < s->values.n; gid++) {
		if (!keys_is_live(&s->values, gid) || s->n[gid] <= 0)
			continue;
		s->value.nulls = NULL;
		keys_gather(&s->values, 0, &gid, 1, &s->value, 0, 1,
			    s->op.arena);
	}
	s->resolved = true;
	return 0;
}

bool
scalar_waits(const struct op *op)
{
	const struct op_scalar *s = op_cast((struct op *)op, &op_scalar_type);

	return !s->resolved;
}

/* ---- rows ---- */

static void
put_value(const struct op_scalar *s, struct batch *out)
{
	struct column *c = &out->col[out->schema->ncols - 1];
	size_t bytes = phys_bytes(s->value.phys);

	column_alloc(c, s->value.phys, out->rows, &out->arena);
	for (uint32_t row = 0; row < out->rows; row++)
		memcpy((char *)c->data + row * bytes, s->value.data, bytes);
	if (column_is_null(&s->value, 0))
		memset(column_nulls(c, out->rows, &out->arena), 1, out->rows);
}

static int
scalar_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_scalar *s = op_cast(op, &op_scalar_type);
	const struct schema *schema = &op->node->schema;
	struct batch *out;

	if (port == 1)
		return push_values(s, in, err);
	CHECK(s->resolved || second_has_ended(op));
	if (!s->resolved && resolve(s, err) < 0)
		return OP_FAIL;
	out = batch_derive(in);
	batch_own_columns(out, schema);
	memcpy(out->col, in->col, (schema->ncols - 1u) * sizeof(*out->col));
	put_value(s, out);
	op_emit(op, out);
	return OP_OK;
}

static int
scalar_end(struct op *op, unsigned port, struct error *err)
{
	struct op_scalar *s = op_cast(op, &op_scalar_type);

	if (port == 0 || s->resolved)
		return OP_OK;
	CHECK(second_has_ended(op));
	if (resolve(s, err) < 0)
		return OP_FAIL;
	op_value_known(op);
	return OP_OK;
}

/* ---- checkpoints ---- */

static void
put_value_row(struct op_scalar *s, struct batch *b, uint32_t at, uint32_t gid)
{
	b->col[VALUE_ID].i64[at] = gid;
	b->col[VALUE_N].i64[at] = s->n[gid];
	keys_gather(&s->values, 0, &gid, 1, &b->col[VALUE_VALUE], at,
		    BATCH_ROWS, &b->arena);
}

static int
scalar_checkpoint(struct op *op, struct snapshot *snap, struct error *err)
{
	struct op_scalar *s = op_cast(op, &op_scalar_type);
	struct table_writer drop = { .s = snap, .op = op, .table = s->table,
				     .schema = &s->state_key, .drop = true };
	struct table_writer put = { .s = snap, .op = op, .table = s->table,
				    .schema = &s->state };
	const uint32_t *gid;
	uint32_t n = keys_changed(&s->values, &gid);

	(void)err;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t flags = s->values.flags[gid[i]];
		uint32_t at;

		if (flags & KEY_LIVE) {
			at = table_writer_row(&put);
			put_value_row(s, put.b, at, gid[i]);
		} else if (flags & KEY_STORED) {
			at = table_writer_row(&drop);
			drop.b->col[VALUE_ID].i64[at] = gid[i];
		}
	}
	keys_saved(&s->values);
	return table_writer_end(&drop) < 0 || table_writer_end(&put) < 0
		       ? OP_FAIL : OP_OK;
}

static int
scalar_restore(struct op *op, unsigned table, const struct batch *rows,
	       struct error *err)
{
	struct op_scalar *s = op_cast(op, &op_scalar_type);

	CHECK(table == s->table);
	if (!rows) {
		keys_restored(&s->values);
		scalar_count_state(s);
		return 0;
	}
	batch_each(rows, row) {
		int64_t id = rows->col[VALUE_ID].i64[row];
		int64_t n = rows->col[VALUE_N].i64[row];

		if (!keys_may_be_gid(id) || n == 0 ||
		    !state_may_be_count(n < 0 ? -(n + 1) : n) ||
		    keys_is_live(&s->values, (uint32_t)id))
			return op_state_damaged(op, err);
		keys_restore(&s->values, (uint32_t)id,
			     &rows->col[VALUE_VALUE], row);
		reserve(s);
		keys_ref(&s->values, (uint32_t)id);
		s->n[id] = n;
		s->total += n;
	}
	return 0;
}

static void
scalar_close(struct op *op)
{
	struct op_scalar *s = op_cast(op, &op_scalar_type);

	if (!s->opened)
		return;
	keys_release(&s->values);
	free(s->n);
	s->opened = false;
}

const struct op_type op_scalar_type = {
	.name = "scalar",
	.bytes = sizeof(struct op_scalar),
	.state_version = 1,
	.open = scalar_open,
	.restore = scalar_restore,
	.push = scalar_push,
	.end = scalar_end,
	.checkpoint = scalar_checkpoint,
	.close = scalar_close,
};
