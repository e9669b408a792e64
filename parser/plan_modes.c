/* SPDX-License-Identifier: Apache-2.0
 * parser/plan_modes.c - what kind of changes each edge carries, by which key,
 * and whether the sinks can take them: the last thing that can be a user's
 * error (runtime.md section 5).
 */
#include <string.h>

#include "base/check.h"
#include "parser/rewrite.h"

static void
set_key(struct plan_node *n, unsigned nkey, struct arena *a)
{
	n->key = arena_array(a, nkey, uint16_t);
	n->nkey = (uint16_t)nkey;
}

static void
key_first_columns(struct plan_node *n, unsigned nkey, struct arena *a)
{
	set_key(n, nkey, a);
	for (unsigned i = 0; i < nkey; i++)
		n->key[i] = (uint16_t)i;
}

/* The input's key, where all its columns come through unchanged. */
static void
key_through_project(struct plan_node *n, struct arena *a)
{
	const struct plan_node *in = n->inputs[0];

	set_key(n, in->nkey, a);
	for (unsigned k = 0; k < in->nkey; k++) {
		unsigned i;

		for (i = 0; i < n->schema.ncols; i++)
			if (expr_is_column(n->exprs[i]) &&
			    n->exprs[i]->column == in->key[k])
				break;
		if (i == n->schema.ncols) {
			n->nkey = 0;
			return;
		}
		n->key[k] = (uint16_t)i;
	}
}

/* Known only while all its columns are read. */
static void
key_of_scan(struct plan_node *n, struct arena *a)
{
	const struct plan_scan *scan = n->scan;

	set_key(n, scan->nkeys, a);
	for (unsigned k = 0; k < scan->nkeys; k++) {
		const struct scan_column *c = &scan->cols[scan->keys[k]];

		n->key[k] = c->out;
		if (!c->wanted)
			n->nkey = 0;
	}
}

/* One row of the input may be in several windows. */
static void
key_with_window(struct plan_node *n, struct arena *a)
{
	const struct plan_node *in = n->inputs[0];
	uint16_t first = in->schema.ncols;

	if (in->nkey == 0)
		return;
	set_key(n, in->nkey + 2u, a);
	memcpy(n->key, in->key, in->nkey * sizeof(*n->key));
	n->key[in->nkey] = first;
	n->key[in->nkey + 1] = (uint16_t)(first + 1);
}

static bool
keeps_values(const struct plan_node *n, const struct plan_aggregate *agg)
{
	const unsigned flags = function_get(agg->function)->flags;

	return agg->distinct || (flags & FN_COLLECTS) ||
	       ((flags & FN_KEEPS_BACK) &&
		n->inputs[0]->mode != CHANGE_APPEND);
}

/* What has no end is ordered as far as that goes; check_order() finds what
 * cannot be. */
static void
set_top_mode(struct plan_node *n, const struct plan_node *in, struct arena *a)
{
	struct plan_top *top = n->top;

	n->mode = CHANGE_APPEND;
	set_key(n, in->nkey, a);
	if (in->nkey)
		memcpy(n->key, in->key, in->nkey * sizeof(*n->key));
	if (top->nkeys == 0 && in->mode == CHANGE_APPEND) {
		n->kind = PLAN_LIMIT;
		n->name = "limit";
	} else if (n->bounded) {
		top->how = TOP_END;
		n->name = "sort";
	} else if (top->limit >= 0) {
		top->how = TOP_LIVE;
		n->mode = CHANGE_RETRACT;
		if (in->mode != CHANGE_APPEND)
			n->unbounded = "keeps all rows of its input, since "
				       "those before may go";
	} else {
		top->how = TOP_TIME;
		n->name = "sort";
	}
}

/* The changes of the input, under the key that they have. */
static void
set_mode_of_input(struct plan_node *n, const struct plan_node *in,
		  struct arena *a)
{
	n->mode = in->mode;
	n->unit = in->unit;
	set_key(n, in->nkey, a);
	if (in->nkey)
		memcpy(n->key, in->key, in->nkey * sizeof(*n->key));
}

/* A last row for each key of a table. */
static void
set_kept_mode(struct plan_node *n, struct arena *a)
{
	bool is_sink = n->kind == PLAN_MATERIALIZE;

	n->mode = is_sink ? CHANGE_UPSERT : CHANGE_RETRACT;
	set_key(n, n->normalize->nkeys, a);
	memcpy(n->key, n->normalize->keys, n->nkey * sizeof(*n->key));
	n->unbounded = is_sink
		? "grows with the number of rows of the result"
		: "grows with the number of keys in the table";
}

static void
set_union_mode(struct plan_node *n)
{
	n->mode = CHANGE_APPEND;
	for (unsigned i = 0; i < n->ninputs; i++) {
		if (n->inputs[i]->mode != CHANGE_APPEND)
			n->mode = CHANGE_RETRACT;
		n->unit &= n->inputs[i]->unit;
	}
}

static void
set_group_mode(struct plan_node *n, struct arena *a)
{
	n->mode = CHANGE_RETRACT;
	n->need_old = true;
	key_first_columns(n, n->group->nkeys, a);
	if (n->group->nkeys)
		n->unbounded = "grows with the number of distinct keys";
	for (unsigned i = 0; i < n->group->naggs; i++)
		if (keeps_values(n, &n->group->aggs[i]))
			n->unbounded = "grows with the number of distinct "
				       "keys and values";
}

static void
set_mode(struct plan_node *n, struct arena *a)
{
	const struct plan_node *in = n->ninputs ? n->inputs[0] : NULL;

	n->unit = true;
	n->bounded = n->kind == PLAN_SCAN ? options_bounded(n->scan->options)
					  : true;
	for (unsigned i = 0; i < n->ninputs; i++)
		n->bounded &= n->inputs[i]->bounded;
	switch (n->kind) {
	case PLAN_SCAN:
		n->mode = n->scan->changes;
		key_of_scan(n, a);
		break;
	case PLAN_MATERIALIZE:
	case PLAN_NORMALIZE:
		set_kept_mode(n, a);
		break;
	case PLAN_VALUES:
		n->mode = CHANGE_APPEND;
		break;
	case PLAN_WATERMARK:
	case PLAN_FILTER:
	case PLAN_SINK:
	case PLAN_SCALAR:
		set_mode_of_input(n, in, a);
		break;
	case PLAN_PROJECT:
		n->mode = in->mode;
		n->unit = in->unit;
		key_through_project(n, a);
		break;
	case PLAN_UNION:
		set_union_mode(n);
		break;
	case PLAN_GROUPING_SETS:
		n->mode = in->mode;
		n->unit = in->unit;
		break;
	case PLAN_WINDOW_ASSIGN:
	case PLAN_SESSION_ASSIGN:
		n->mode = in->mode;
		n->unit = in->unit;
		key_with_window(n, a);
		break;
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
		n->mode = CHANGE_APPEND;
		key_first_columns(n, n->group->nkeys + 2u, a);
		break;
	case PLAN_GROUP_AGGREGATE:
		set_group_mode(n, a);
		break;
	case PLAN_TOP:
	case PLAN_LIMIT:
		set_top_mode(n, in, a);
		break;
	}
}

static const struct plan_node *
first_updating(const struct plan_node *n)
{
	if (n->kind == PLAN_GROUP_AGGREGATE || n->kind == PLAN_NORMALIZE ||
	    n->kind == PLAN_SCAN || n->kind == PLAN_TOP)
		return n;
	for (unsigned i = 0; i < n->ninputs; i++)
		if (n->inputs[i]->mode != CHANGE_APPEND)
			return first_updating(n->inputs[i]);
	return n;
}

/* ---- orders that a stream cannot have ---- */

static int
refuse_order(struct bind *b, const struct plan_node *n, struct span at)
{
	const struct plan_node *in = n->inputs[0];

	if (n->top->nkeys == 0)
		bind_error(b, at, ERR_UNBOUNDED_ORDER, "OFFSET without LIMIT "
			   "over rows that %s updates has no end",
			   plan_node_label(first_updating(in), b->a));
	else if (in->mode != CHANGE_APPEND)
		bind_error(b, at, ERR_UNBOUNDED_ORDER, "ORDER BY without LIMIT "
			   "cannot follow the rows that %s updates",
			   plan_node_label(first_updating(in), b->a));
	else
		bind_error(b, at, ERR_UNBOUNDED_ORDER, "ORDER BY without LIMIT "
			   "needs input that ends, or an order by time");
	error_hint(b->err, "add LIMIT n: the first n rows are kept up to date");
	error_note(b->err, "without an end only the time attribute of a "
		   "watermark, in ascending order, can come first in ORDER BY");
	return -1;
}

static bool
can_be_ordered(const struct plan_node *n)
{
	const struct plan_node *in = n->inputs[0];
	const struct plan_top *top = n->top;

	if (n->kind == PLAN_LIMIT || top->how != TOP_TIME)
		return true;
	return top->nkeys > 0 && top->offset == 0 && !top->keys[0].desc &&
	       in->mode == CHANGE_APPEND &&
	       in->schema.cols[top->keys[0].column].time == TIME_ATTR_ROWTIME;
}

static int
check_orders(struct bind *b, const struct plan_node *n, struct span at)
{
	if (n->top && !can_be_ordered(n))
		return refuse_order(b, n, n->top->at.length ? n->top->at : at);
	for (unsigned i = 0; i < n->ninputs; i++)
		if (check_orders(b, n->inputs[i], at) < 0)
			return -1;
	return 0;
}

/* A SELECT ends by itself when it has given the rows of its LIMIT. */
static void
limits_into_selects(struct plan *p)
{
	for (unsigned i = 0; i < p->nsinks; i++) {
		struct plan_node *sink = p->sinks[i], *n = sink->inputs[0];

		if (sink->sink->table || n->kind != PLAN_LIMIT ||
		    n->top->offset > 0)
			continue;
		sink->sink->limit = n->top->limit;
		sink->inputs[0] = n->inputs[0];
	}
}

/* ---- sinks ---- */

static bool
same_columns(unsigned n, const uint16_t *a, unsigned m, const uint16_t *b)
{
	if (n != m)
		return false;
	for (unsigned i = 0; i < n; i++) {
		unsigned k;

		for (k = 0; k < m && b[k] != a[i]; k++)
			;
		if (k == m)
			return false;
	}
	return true;
}

static bool
sink_upserts_by_key(const struct plan_node *n)
{
	const struct connector_def *c;

	if (!n->sink->table)
		return false;
	c = connector_def_find(n->sink->options->connector);
	return c->upserts && n->nkey > 0 &&
	       same_columns(n->nkey, n->key, n->sink->nkeys, n->sink->keys);
}

static const char *
key_names(const struct plan_node *n, unsigned nkeys, const uint16_t *keys,
	  struct arena *a)
{
	const char *list = "";

	for (unsigned i = 0; i < nkeys; i++)
		list = arena_printf(a, "%s%s%s", list, i ? ", " : "",
				    n->schema.cols[keys[i]].name);
	return list;
}

static int
refuse_updates(struct bind *b, const struct plan_node *n, struct span at)
{
	const struct plan_node *by = first_updating(n->inputs[0]);
	const char *keys = key_names(n, n->nkey, n->key, b->a);
	const char *connector = n->sink->options->connector;

	bind_error(b, at, ERR_CHANGE_MODE, "\"%s\" (%s) can only append rows, "
		   "and %s updates rows that it has given before",
		   n->sink->table, connector, plan_node_label(by, b->a));
	error_note(b->err, "write to a table with 'connector' = 'upsert-kafka' "
		   "and PRIMARY KEY (%s) NOT ENFORCED, with 'format' = "
		   "'debezium-json', or 'print'; or group by "
		   "window_start, window_end of a window, which gives each "
		   "result once", *keys ? keys : "...");
	return -1;
}

/* Rows of several of the query's keys may stand at one of the table's. */
static void
materialize(struct bind *b, struct plan_node *n)
{
	struct plan_node *in = n->inputs[0], *m;

	m = plan_node_create(b->a, PLAN_MATERIALIZE, 1, &in);
	m->schema = n->schema;
	m->normalize = arena_new(b->a, struct plan_normalize);
	m->normalize->nkeys = n->sink->nkeys;
	m->normalize->keys = n->sink->keys;
	n->inputs[0] = m;
	bind_notice(b, arena_printf(
		b->a, "the query updates rows by (%s), \"%s\" is written by "
		"PRIMARY KEY (%s): all rows are kept, and the one that came "
		"last to a key is written",
		n->nkey ? key_names(n, n->nkey, n->key, b->a) : "all columns",
		n->sink->table,
		key_names(n, n->sink->nkeys, n->sink->keys, b->a)));
}

static int
refuse_key(struct bind *b, const struct plan_node *n, struct span at)
{
	static const char setting[] = "table.exec.sink.upsert-materialize";
	const char *have = key_names(n, n->nkey, n->key, b->a);
	const char *want = key_names(n, n->sink->nkeys, n->sink->keys, b->a);

	if (n->nkey == 0) {
		bind_error(b, at, ERR_KEY_MISMATCH,
			   "the query updates rows and has no key that all its "
			   "columns keep, \"%s\" is written by PRIMARY KEY (%s)",
			   n->sink->table, want);
		error_note(b->err, "select the columns of GROUP BY unchanged, "
			   "without UNION ALL above them; or SET '%s' = "
			   "'AUTO', which keeps the rows of each key", setting);
		return -1;
	}
	bind_error(b, at, ERR_KEY_MISMATCH,
		   "the query updates rows by (%s), \"%s\" is written by "
		   "PRIMARY KEY (%s)", have, n->sink->table, want);
	error_note(b->err, "declare PRIMARY KEY (%s) NOT ENFORCED in \"%s\", or "
		   "group the query by (%s); or SET '%s' = 'AUTO', which keeps "
		   "the rows of each key", have, n->sink->table, want,
		   setting);
	return -1;
}

static int
check_sink(struct bind *b, struct plan_node *n, struct span at)
{
	const struct connector_def *c;
	const char *how;

	if (!n->sink->table || n->mode == CHANGE_APPEND)
		return 0;
	c = connector_def_find(n->sink->options->connector);
	if (c->changes || options_have_changes(n->sink->options))
		return 0;
	if (!c->upserts)
		return refuse_updates(b, n, at);
	if (sink_upserts_by_key(n))
		return 0;
	how = settings_get(b->settings, "table.exec.sink.upsert-materialize");
	if (strcmp(how, "NONE") == 0)
		return refuse_key(b, n, at);
	materialize(b, n);
	return 0;
}

/* A reader of changes that it was told to take back twice, or otherwise after
 * a crash, would never have the right rows again. Files are safe: what is of
 * no checkpoint is never seen. */
static void
set_emit(struct bind *b, struct plan_node *n)
{
	const struct options *o = n->sink->options;
	const char *emit;

	if (!n->sink->table)
		return;
	emit = options_get(o, "sink.emit");
	if (emit) {
		n->sink->at_checkpoint = strcmp(emit, "checkpoint") == 0;
		return;
	}
	n->sink->at_checkpoint = n->mode != CHANGE_APPEND &&
				 options_have_changes(o) &&
				 strcmp(o->connector, "kafka") == 0;
	if (n->sink->at_checkpoint)
		bind_notice(b, arena_printf(
			b->a, "\"%s\" is written at checkpoints "
			"(execution.checkpointing.interval), so that a restart "
			"sends no changes out of order; 'sink.emit' = "
			"'immediate' would send them at once", n->sink->table));
}

/* ---- aggregates that only upsert sinks read need no old rows ---- */

static bool
project_can_fail(const struct plan_node *n)
{
	for (unsigned i = 0; i < n->schema.ncols; i++)
		if (expr_can_fail(n->exprs[i]))
			return true;
	return false;
}

bool
plan_sink_upserts(const struct plan_node *sink)
{
	return sink_upserts_by_key(sink);
}

/* By the key that n has. A row that says only that its key is gone has NULL
 * in all other columns: what could fail over these would lose it. */
static bool
only_upserts_read(const struct plan *p, const struct plan_node *n)
{
	for (unsigned i = n->number + 1; i < p->n; i++) {
		const struct plan_node *r = p->nodes[i];
		bool reads = false;

		for (unsigned k = 0; k < r->ninputs; k++)
			reads |= r->inputs[k] == n;
		if (!reads)
			continue;
		if (r->kind == PLAN_SINK && sink_upserts_by_key(r))
			continue;
		if (r->kind != PLAN_PROJECT || r->nkey == 0 ||
		    project_can_fail(r) || !only_upserts_read(p, r))
			return false;
	}
	return true;
}

/* Readers that take the rows of n as they come to it read its input. */
static void
leave_out(struct plan *p, const struct plan_node *n)
{
	for (unsigned i = n->number + 1; i < p->n; i++)
		for (unsigned k = 0; k < p->nodes[i]->ninputs; k++)
			if (p->nodes[i]->inputs[k] == n)
				p->nodes[i]->inputs[k] = n->inputs[0];
}

static void
make_upserts(struct plan *p)
{
	for (unsigned i = 0; i < p->n; i++) {
		struct plan_node *n = p->nodes[i];

		if (n->kind == PLAN_NORMALIZE &&
		    n->inputs[0]->mode == CHANGE_UPSERT &&
		    only_upserts_read(p, n)) {
			leave_out(p, n);
		} else if (n->kind == PLAN_GROUP_AGGREGATE && n->nkey > 0 &&
			   only_upserts_read(p, n)) {
			n->mode = CHANGE_UPSERT;
			n->need_old = false;
		} else if ((n->kind == PLAN_PROJECT || n->kind == PLAN_SINK) &&
			   n->inputs[0]->mode == CHANGE_UPSERT) {
			n->mode = CHANGE_UPSERT;
		}
	}
	plan_number(p);
}

static void
notice_unbounded(struct bind *b, const struct plan *p)
{
	const char *list = "";

	if (p->bounded) /* it ends before that matters */
		return;
	for (unsigned i = 0; i < p->n; i++)
		if (p->nodes[i]->unbounded && !p->nodes[i]->state_ttl_us)
			list = arena_printf(b->a, "%s%s%s", list,
					    *list ? ", " : "",
					    plan_node_label(p->nodes[i], b->a));
	if (*list)
		bind_notice(b, arena_printf(
			b->a, "the state of %s is never freed: a job over "
			"limits.state-bytes is BLOCKED; SET "
			"'table.exec.state.ttl' bounds it, and so does "
			"grouping by window_start, window_end of a window",
			list));
}

static int64_t
state_ttl_us(const struct bind *b, const struct plan_node *n)
{
	if (n->group && n->group->has_ttl)
		return n->group->ttl_us;
	return settings_duration_us(b->settings, "table.exec.state.ttl");
}

static void
set_modes(struct bind *b, struct plan *p)
{
	p->bounded = true;
	for (unsigned i = 0; i < p->n; i++) {
		struct plan_node *n = p->nodes[i];

		set_mode(n, b->a);
		if (n->unbounded)
			n->state_ttl_us = state_ttl_us(b, n);
		if (n->kind == PLAN_SCAN)
			p->bounded &= n->bounded;
	}
}

/* Who feeds operators that forget says once a tick what is there still. */
static void
set_tells_life(struct plan *p)
{
	for (unsigned i = p->n; i-- > 0;) {
		const struct plan_node *n = p->nodes[i];

		for (unsigned k = 0; k < n->ninputs; k++)
			n->inputs[k]->tells_life |= n->tells_life ||
						    n->state_ttl_us > 0;
	}
}

int
plan_modes(struct bind *b, struct plan *p)
{
	set_modes(b, p);
	for (unsigned i = 0; i < p->nsinks; i++)
		if (check_orders(b, p->sinks[i], b->sink_at[i]) < 0 ||
		    check_sink(b, p->sinks[i], b->sink_at[i]) < 0)
			return -1;
	plan_number(p);
	set_modes(b, p); /* with the nodes that sinks have got */
	for (unsigned i = 0; i < p->nsinks; i++)
		set_emit(b, p->sinks[i]);
	limits_into_selects(p);
	make_upserts(p);
	set_tells_life(p);
	notice_unbounded(b, p);
	return 0;
}
