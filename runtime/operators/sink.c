/* SPDX-License-Identifier: Apache-2.0
 * runtime/operators/sink.c - the last operator of a query: checks what the
 * table demands and hands rows to the connector. Rows that are only added go
 * at once, and so do the answers of a GROUP BY; other changes wait for settle(),
 * so that readers never see an answer from the middle of a step; or all of them
 * for the checkpoint (held_changes.h).
 */
#include "base/check.h"
#include "base/time.h"
#include "runtime/driver.h"
#include "runtime/operators/held_changes.h"
#include "runtime/operators/net.h"
#include "runtime/operators/registry.h"
#include "runtime/operators/sink.h"

/* Of changes that wait for a checkpoint: then no source is asked. */
#define HELD_BYTES_MAX (INT64_C(64) << 20)

struct op_sink {
	struct op op; /* first: see op_cast() */
	const struct plan_sink *plan;
	const struct sink_type *type;
	struct sink *sink;
	bool collects;   /* its input retracts or upserts */
	bool upsert_in;  /* a retraction has only the key's columns */
	bool once;       /* at most one change per key and step comes in */
	bool holds;      /* writes what is in a committed checkpoint only */
	struct held_changes held;
	struct net net;
	bool writing;    /* net_settle() is done, changes from `next` on wait */
	uint32_t next;
	unsigned nnot_null;
	uint16_t *not_null; /* columns; those of the key first */
	int64_t left;    /* rows until LIMIT; -1: no limit */
};

static const struct op_sink *
sink_const(const struct op *op)
{
	return op_cast((struct op *)op, &op_sink_type);
}

/* ---- opening and closing ---- */

static bool
is_key(const struct plan_sink *plan, unsigned c)
{
	for (unsigned i = 0; i < plan->nkeys; i++) {
		if (plan->keys[i] == c)
			return true;
	}
	return false;
}

static void
not_null_columns(struct op_sink *s, const struct schema *schema)
{
	s->not_null = arena_array(s->op.arena, schema->ncols, uint16_t);
	for (unsigned i = 0; i < s->plan->nkeys; i++)
		s->not_null[s->nnot_null++] = s->plan->keys[i];
	for (unsigned c = 0; c < schema->ncols; c++) {
		if (!schema->cols[c].type.nullable && !is_key(s->plan, c))
			s->not_null[s->nnot_null++] = c;
	}
}

/* Rows that come and go as others push them: none replaces another. */
static bool
comes_and_goes(const struct plan_node *in)
{
	while (in->kind == PLAN_FILTER || in->kind == PLAN_PROJECT)
		in = in->inputs[0];
	return in->kind == PLAN_TOP && in->nkey == 0;
}

static const uint16_t *
all_columns(struct op_sink *s, unsigned n)
{
	uint16_t *cols = arena_array(s->op.arena, n, uint16_t);

	for (unsigned i = 0; i < n; i++)
		cols[i] = (uint16_t)i;
	return cols;
}

/* An upsert connector has the table's key, a changelog that of the rows. */
static void
net_open(struct op_sink *s, const struct plan_node *node)
{
	const struct plan_node *in = node->inputs[0];
	const struct connector_def *def = NULL;
	bool upserts;

	if (s->plan->options)
		def = connector_def_find(s->plan->options->connector);
	upserts = def && def->upserts && s->plan->nkeys > 0;
	if (s->upsert_in)
		net_init(&s->net, NET_LAST, &node->schema,
			 upserts ? s->plan->nkeys : in->nkey,
			 upserts ? s->plan->keys : in->key, op_seed(&s->op));
	else if (upserts)
		net_init(&s->net, NET_UPSERT, &node->schema, s->plan->nkeys,
			 s->plan->keys, op_seed(&s->op));
	else if (comes_and_goes(in))
		net_init(&s->net, NET_CHANGELOG, &node->schema,
			 node->schema.ncols,
			 all_columns(s, node->schema.ncols), op_seed(&s->op));
	else
		net_init(&s->net, NET_CHANGELOG, &node->schema, in->nkey,
			 in->key, op_seed(&s->op));
}

/* An upsert connector has the key of its table, and may have another one. */
static bool
is_key_of(const struct plan_sink *plan, const struct plan_node *in)
{
	for (unsigned i = 0; i < in->nkey; i++) {
		if (!is_key(plan, in->key[i]))
			return false;
	}
	return in->nkey == plan->nkeys;
}

/* GROUP BY answers once per step, -old directly before +new, and nothing
 * between it and here makes more of it. */
static bool
comes_once(const struct op_sink *s, const struct plan_node *in)
{
	bool by_key = in->nkey > 0 && (s->net.how == NET_CHANGELOG ||
				       is_key_of(s->plan, in));

	while (in->kind == PLAN_PROJECT || in->kind == PLAN_FILTER)
		in = in->inputs[0];
	return in->kind == PLAN_GROUP_AGGREGATE &&
	       (by_key || (in->group->nkeys == 0 &&
			   s->net.how == NET_CHANGELOG));
}

static int
sink_open(struct op *op, const struct plan_node *node, struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);
	const struct pipeline_env *env = &op->p->env;

	s->plan = node->sink;
	s->left = node->sink->limit;
	s->holds = node->sink->at_checkpoint;
	s->upsert_in = node->inputs[0]->mode == CHANGE_UPSERT;
	not_null_columns(s, &node->schema);
	if (s->holds || node->inputs[0]->mode != CHANGE_APPEND) {
		net_open(s, node);
		s->once = !s->holds && comes_once(s, node->inputs[0]);
		s->collects = !s->once;
	}
	if (!node->sink->options)
		s->type = env->client_sink;
	else if (env->find_sink)
		s->type = env->find_sink(node->sink->options->connector);
	else
		s->type = sink_type_find(node->sink->options->connector);
	if (!s->type)
		return error_set(err, ERR_NOT_A_SINK, "%s cannot be written to",
				 node->sink->table ? node->sink->table
						   : "the client");
	return s->holds ? held_open(&s->held, op, err) : 0;
}

static int write_held(struct op_sink *s, struct error *err);

int
sink_start(struct op *op, const struct connector_env *env, void *client,
	   struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);
	struct sink_spec spec = {
		.options = s->plan->options,
		.sink = s->plan,
		.schema = &op->node->schema,
		.env = env,
		.client = client,
	};

	if (s->type->open(&s->sink, &spec, err) < 0)
		return -1;
	if (s->left == 0)
		op_done(op);
	return s->holds ? write_held(s, err) : 0;
}

static void
sink_close(struct op *op)
{
	struct op_sink *s = op_cast(op, &op_sink_type);

	net_release(&s->net);
	if (s->holds)
		held_close(&s->held);
	if (s->sink && s->type->close)
		s->type->close(s->sink);
}

/* ---- what the table demands ---- */

/* The first column of the row that must not be NULL but is; -1: none. */
static int
null_column(const struct op_sink *s, const struct batch *b, uint32_t row)
{
	bool key_only = s->upsert_in && batch_weight(b, row) < 0;
	unsigned n = key_only ? s->plan->nkeys : s->nnot_null;

	for (unsigned i = 0; i < n; i++) {
		if (column_is_null(&b->col[s->not_null[i]], row))
			return s->not_null[i];
	}
	return -1;
}

static bool
may_have_nulls(const struct op_sink *s, const struct batch *b)
{
	for (unsigned i = 0; i < s->nnot_null; i++) {
		if (b->col[s->not_null[i]].nulls)
			return true;
	}
	return false;
}

static void
refuse_row(struct op_sink *s, const struct batch *b, uint32_t row, int column)
{
	if (s->plan->not_null_drop && !is_key(s->plan, column))
		stat_add(s->op.stats.skipped, 1);
	else
		op_quarantine(&s->op, b, row, ERR_NULL_VALUE, NULL,
			      s->op.node->schema.cols[column].name, NULL);
}

/* Rows of b that the table takes, under the table's schema. */
static struct batch *
accept_rows(struct op_sink *s, struct batch *in)
{
	struct batch *b = batch_derive(in);
	uint16_t *sel;
	uint32_t n = 0;

	b->schema = &s->op.node->schema;
	if (!may_have_nulls(s, b))
		return b;
	sel = arena_alloc(&b->arena, b->nsel * sizeof(*sel));
	batch_each(b, row) {
		int column = null_column(s, b, row);

		if (column < 0)
			sel[n++] = row;
		else
			refuse_row(s, b, row, column);
	}
	b->sel = sel;
	b->nsel = n;
	return b;
}

/* ---- rows ---- */

/* The first rows up to the LIMIT; then nothing more is wanted. */
static void
cut_at_limit(struct op_sink *s, struct batch *b)
{
	if (s->left < 0)
		return;
	if (b->nsel >= s->left) {
		if (!b->sel)
			b->rows = s->left;
		b->nsel = s->left;
		op_done(&s->op);
	}
	s->left -= b->nsel;
}

static int
write_rows(struct op_sink *s, struct batch *b, const uint8_t *kinds,
	   struct error *err)
{
	cut_at_limit(s, b);
	if (b->nsel == 0)
		return 0;
	stat_add(s->op.stats.rows_out, b->nsel);
	stat_add(s->op.stats.batches, 1);
	if (s->op.tap)
		op_show(&s->op, b, kinds);
	return s->type->write(s->sink, b, kinds, err);
}

/* What waits for the end of the step, and for its checkpoint. */
static void
count_bytes(struct op_sink *s)
{
	stat_set(s->op.stats.state_bytes, s->net.bytes + s->held.bytes);
}

static int
sink_push(struct op *op, unsigned port, struct batch *in, struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);
	struct batch *b;
	int rc = 0;

	(void)port;
	if (s->left == 0)
		return OP_OK;
	b = accept_rows(s, in);
	if (s->collects) {
		net_add(&s->net, b);
		count_bytes(s);
	} else {
		rc = write_rows(s, b, s->once ? net_pairs(&s->net, b) : NULL,
				err);
	}
	batch_unref(b);
	return rc < 0 ? OP_FAIL : OP_OK;
}

/* A batch of changes at a time while the connector has room. */
static int
write_changes(struct op_sink *s, struct error *err)
{
	while (s->next < s->net.nchanges && s->left != 0) {
		const uint8_t *kinds;
		uint32_t to = s->net.nchanges;
		struct batch *b;
		int rc;

		if (!sink_room(&s->op))
			return OP_MORE;
		if (to - s->next > BATCH_ROWS)
			to = s->next + BATCH_ROWS;
		b = net_batch(&s->net, op_pool(&s->op), s->next, to, &kinds);
		s->next = to;
		rc = write_rows(s, b, kinds, err);
		batch_unref(b);
		if (rc < 0)
			return OP_FAIL;
	}
	net_clear(&s->net);
	s->next = 0;
	count_bytes(s);
	return OP_OK;
}

static int
sink_settle(struct op *op, struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);

	if (!s->collects || s->holds || s->net.nrows == 0)
		return OP_OK;
	net_settle(&s->net);
	return write_changes(s, err);
}

static int
sink_resume(struct op *op, struct error *err)
{
	return write_changes(op_cast(op, &op_sink_type), err);
}

/* ---- with the checkpoint ---- */

static int
write_batch(void *arg, struct batch *b, const uint8_t *kinds,
	    struct error *err)
{
	return write_rows(arg, b, kinds, err);
}

static int
write_held(struct op_sink *s, struct error *err)
{
	int rc = held_write(&s->held, write_batch, s, err);

	count_bytes(s);
	return rc;
}

static int
sink_checkpoint(struct op *op, struct snapshot *snap, struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);
	int rc;

	(void)err;
	if (!s->holds)
		return OP_OK;
	net_settle(&s->net);
	rc = held_put(&s->held, snap, &s->net);
	net_clear(&s->net);
	stat_set(op->stats.state_rows, s->held.nrows);
	count_bytes(s);
	return rc < 0 ? OP_FAIL : OP_OK;
}

static int
sink_restore(struct op *op, unsigned table, const struct batch *rows,
	     struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);

	CHECK(s->holds && table == s->held.table);
	return rows ? held_restore(&s->held, rows, err) : 0;
}

bool
sink_owes(const struct op *op)
{
	const struct op_sink *s = sink_const(op);

	return s->holds && s->held.owes;
}

/* ---- the connector behind it ---- */

/* A full net waits for the checkpoint, which can only come between steps. */
static bool
is_holding_too_much(const struct op_sink *s)
{
	return s->holds && s->net.bytes > HELD_BYTES_MAX &&
	       pipeline_at_rest(s->op.p);
}

int
sink_check(const struct op *op, struct error *err)
{
	const struct op_sink *s = sink_const(op);

	return s->sink && s->type->check ? s->type->check(s->sink, err) : 0;
}

bool
sink_room(const struct op *op)
{
	const struct op_sink *s = sink_const(op);

	if (s->left == 0 || !s->sink)
		return true;
	if (is_holding_too_much(s))
		return false;
	return !s->type->room || s->type->room(s->sink);
}

bool
sink_is_done(const struct op *op)
{
	return sink_const(op)->left == 0;
}

const char *
sink_reason(const struct op *op)
{
	const struct op_sink *s = sink_const(op);

	if (is_holding_too_much(s))
		return "the changes of this epoch wait for its checkpoint";
	return s->type->reason ? s->type->reason(s->sink) : NULL;
}

int
sink_cut(struct op *op, uint64_t epoch, struct error *err)
{
	const struct op_sink *s = sink_const(op);

	return s->type->cut ? s->type->cut(s->sink, epoch, err) : 0;
}

int
sink_acked(struct op *op, uint64_t *ret_epoch, struct error *err)
{
	const struct op_sink *s = sink_const(op);

	*ret_epoch = UINT64_MAX;
	return s->type->acked ? s->type->acked(s->sink, ret_epoch, err) : 0;
}

int
sink_committed(struct op *op, uint64_t epoch, struct error *err)
{
	struct op_sink *s = op_cast(op, &op_sink_type);

	if (s->type->committed &&
	    s->type->committed(s->sink, epoch, err) < 0)
		return -1;
	return s->holds ? write_held(s, err) : 0;
}

void
sink_abandon(const struct op *op)
{
	const struct op_sink *s = sink_const(op);

	if (s->sink && s->type->abandon)
		s->type->abandon(s->sink);
}

int
sink_wake_fd(const struct op *op)
{
	const struct op_sink *s = sink_const(op);

	return s->sink && s->type->wake_fd ? s->type->wake_fd(s->sink) : -1;
}

void
sink_woken(struct op *op)
{
	const struct op_sink *s = sink_const(op);

	if (s->sink && s->type->woken)
		s->type->woken(s->sink);
}

bool
sink_work(const struct op *op, struct blocking_work *ret)
{
	const struct op_sink *s = sink_const(op);

	if (!s->sink || !s->type->work)
		return false;
	*ret = s->type->work(s->sink);
	return ret->run != NULL;
}

const struct op_type op_sink_type = {
	.name = "sink",
	.bytes = sizeof(struct op_sink),
	.state_version = 1,
	.open = sink_open,
	.restore = sink_restore,
	.push = sink_push,
	.settle = sink_settle,
	.resume = sink_resume,
	.checkpoint = sink_checkpoint,
	.close = sink_close,
};
