/* SPDX-License-Identifier: Apache-2.0
 * parser/explain.c - the plan as a tree for people: a line per node, from the
 * sinks down to the scans. A node that several read is shown once, with a
 * number, and referred to afterwards.
 */
#include <string.h>

#include "base/buf.h"
#include "base/time.h"
#include "parser/rewrite.h"

#define SETS_SHOWN 16

struct explain {
	struct buf *out;
	struct arena a;
	unsigned *mark; /* per node: number given, 0: none yet */
	unsigned nmarks;
	plan_line_fn *fn; /* who takes each line out of `out`, or NULL */
	void *arg;
};

/* n: whose line it is, or NULL. */
static void
end_line(struct explain *x, const struct plan_node *n)
{
	if (!x->fn) {
		buf_putc(x->out, '\n');
		return;
	}
	x->fn(x->arg, n, buf_cstr(x->out));
	buf_clear(x->out);
}

static void
put_names(struct buf *out, const struct schema *s, unsigned n,
	  const uint16_t *cols)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? ", " : "", s->cols[cols[i]].name);
}

/* What is only ever added needs no word. */
static void
put_mode(struct explain *x, const struct plan_node *n)
{
	if (n->mode == CHANGE_APPEND)
		return;
	buf_printf(x->out, " [%s",
		   n->mode == CHANGE_UPSERT ? "upsert" : "retract");
	if (n->nkey) {
		buf_puts(x->out, ", key ");
		put_names(x->out, &n->schema, n->nkey, n->key);
	}
	buf_putc(x->out, ']');
}

/* ---- a line for each kind ---- */

static void
put_scan_columns(struct explain *x, const struct plan_node *n)
{
	const struct plan_scan *s = n->scan;
	unsigned shown = 0, left = 0;

	for (unsigned i = 0; i < s->ncols; i++) {
		const struct scan_column *c = &s->cols[i];

		left += !c->wanted;
		if (!c->wanted)
			continue;
		buf_printf(x->out, "%s%s", shown++ ? ", " : ": ", c->name);
		if (c->metadata_key)
			buf_printf(x->out, " (metadata %s)", c->metadata_key);
	}
	if (shown == 0)
		buf_puts(x->out, ": no columns");
	if (left)
		buf_printf(x->out, "; %u column%s not read", left,
			   left == 1 ? "" : "s");
}

static void
put_rows(struct explain *x, uint32_t rows)
{
	if (rows == 1)
		buf_puts(x->out, "one row");
	else
		buf_printf(x->out, "%u rows", rows);
}

static void
put_values(struct explain *x, const struct plan_node *n)
{
	buf_puts(x->out, "values, ");
	put_rows(x, n->values->nrows);
	for (unsigned i = 0; i < n->schema.ncols; i++)
		buf_printf(x->out, "%s%s", i ? ", " : ": ",
			   n->schema.cols[i].name);
}

static void
put_scan(struct explain *x, const struct plan_node *n)
{
	const struct options *o = n->scan->options;
	const char *topic = options_get(o, "topic");
	const char *path = options_get(o, "path");
	const char *from = options_get(o, "scan.startup.mode");
	const char *to = options_get(o, "scan.bounded.mode");
	const struct options *format = options_of_format(o, "value", &x->a);

	buf_printf(x->out, "scan %s (%s", n->scan->table, o->connector);
	if (topic || path)
		buf_printf(x->out, " %s", topic ? topic : path);
	if (format)
		buf_printf(x->out, ", %s", format->connector);
	if (from)
		buf_printf(x->out, ", from %s", from);
	if (to && strcmp(to, "unbounded") != 0)
		buf_printf(x->out, ", to %s", to);
	buf_putc(x->out, ')');
	put_scan_columns(x, n);
	if (n->scan->filter)
		buf_printf(x->out, "; where %s",
			   expr_text(n->scan->filter, &n->schema, &x->a));
}

static void
put_watermark(struct explain *x, const struct plan_node *n)
{
	const struct plan_watermark *w = n->watermark;

	buf_printf(x->out, "watermark %s: %s", w->table,
		   expr_text(w->watermark, &n->inputs[0]->schema, &x->a));
	if (w->idle_timeout_us) {
		buf_puts(x->out, "; idle after ");
		duration_text(x->out, w->idle_timeout_us / US_PER_MS);
	}
	if (w->on_event)
		buf_puts(x->out, "; on every event");
}

static void
put_project(struct explain *x, const struct plan_node *n)
{
	buf_puts(x->out, "project ");
	for (unsigned i = 0; i < n->schema.ncols; i++) {
		const char *text = expr_text(n->exprs[i],
					     &n->inputs[0]->schema, &x->a);

		buf_puts(x->out, i ? ", " : "");
		if (strcmp(text, n->schema.cols[i].name) != 0)
			buf_printf(x->out, "%s = ", n->schema.cols[i].name);
		buf_puts(x->out, text);
	}
}

static void
put_sets(struct explain *x, const struct plan_node *n)
{
	const struct schema *in = &n->inputs[0]->schema;
	const char **names = arena_array(&x->a, in->ncols, const char *);
	struct plan_sets shown = *n->sets;

	for (unsigned i = 0; i < in->ncols; i++)
		names[i] = in->cols[i].name;
	if (shown.nsets > SETS_SHOWN)
		shown.nsets = SETS_SHOWN;
	buf_printf(x->out, "%s %s", n->name,
		   plan_sets_text(&shown, names, &x->a));
	if (shown.nsets < n->sets->nsets)
		buf_printf(x->out, " and %u more",
			   n->sets->nsets - shown.nsets);
}

static void
put_group(struct explain *x, const struct plan_node *n)
{
	const struct plan_group *g = n->group;
	const struct schema *in = &n->inputs[0]->schema;

	buf_puts(x->out, n->name);
	if (plan_has_windows(n))
		buf_printf(x->out, " %s",
			   plan_window_text(&g->window,
					    in->cols[g->window.time_col].name,
					    &x->a));
	if (g->nkeys) {
		buf_puts(x->out, " by ");
		put_names(x->out, in, g->nkeys, g->keys);
	}
	for (unsigned i = 0; i < g->naggs; i++)
		buf_printf(x->out, "%s%s", i ? ", " : ": ", g->aggs[i].text);
}

static void
put_assign(struct explain *x, const struct plan_node *n)
{
	const struct plan_window *w = n->window;
	const struct schema *in = &n->inputs[0]->schema;

	buf_printf(x->out, "%s %s", n->name,
		   plan_window_text(w, in->cols[w->time_col].name, &x->a));
	if (w->npartition) {
		buf_puts(x->out, " by ");
		put_names(x->out, in, w->npartition, w->partition);
	}
}

static void
put_top(struct explain *x, const struct plan_node *n)
{
	static const char *const when[] = {
		[TOP_LIVE] = "; kept up to date",
		[TOP_END] = "; when the input has ended",
		[TOP_TIME] = "; as the watermark passes",
	};
	const struct schema *in = &n->inputs[0]->schema;
	const char **names = arena_array(&x->a, in->ncols, const char *);

	for (unsigned i = 0; i < in->ncols; i++)
		names[i] = in->cols[i].name;
	if (n->kind == PLAN_TOP)
		buf_printf(x->out, "%s ", n->name);
	buf_puts(x->out, plan_top_text(n->top, names, &x->a));
	if (n->kind == PLAN_TOP)
		buf_puts(x->out, when[n->top->how]);
}

/* How rows reach the sink, and how often. */
static void
put_delivery(struct explain *x, const struct plan_node *n)
{
	const struct plan_sink *s = n->sink;
	const struct connector_def *c =
		connector_def_find(s->options->connector);
	const char *delivery = options_get(s->options,
					   "sink.delivery-guarantee");

	if (c->upserts && s->nkeys > 0) {
		buf_puts(x->out, ": upserts by ");
		put_names(x->out, &n->schema, s->nkeys, s->keys);
	} else {
		buf_puts(x->out, n->mode == CHANGE_APPEND
				 ? ": appends" : ": changes (+I -U +U -D)");
	}
	if (delivery)
		buf_printf(x->out, ", delivery %s", delivery);
	if (s->at_checkpoint)
		buf_puts(x->out, ", emitted at checkpoints");
}

static void
put_sink(struct explain *x, const struct plan_node *n)
{
	const struct plan_sink *s = n->sink;
	const char *where;

	if (!s->table) {
		buf_puts(x->out, "select");
		if (s->limit >= 0)
			buf_printf(x->out, " limit %lld", (long long)s->limit);
		return;
	}
	where = options_get(s->options, "topic");
	if (!where)
		where = options_get(s->options, "path");
	buf_printf(x->out, "sink %s (%s%s%s)", s->table, s->options->connector,
		   where ? " " : "", where ? where : "");
	put_delivery(x, n);
}

static void
put_what(struct explain *x, const struct plan_node *n)
{
	switch (n->kind) {
	case PLAN_SCAN:
		if (n->scan->rows)
			put_rows(x, n->scan->rows);
		else
			put_scan(x, n);
		break;
	case PLAN_VALUES:
		put_values(x, n);
		break;
	case PLAN_WATERMARK:
		put_watermark(x, n);
		break;
	case PLAN_NORMALIZE:
	case PLAN_MATERIALIZE:
		buf_printf(x->out, "%s by ", n->name);
		put_names(x->out, &n->schema, n->normalize->nkeys,
			  n->normalize->keys);
		break;
	case PLAN_FILTER:
		buf_printf(x->out, "filter %s",
			   expr_text(n->predicate, &n->inputs[0]->schema,
				     &x->a));
		break;
	case PLAN_PROJECT:
		put_project(x, n);
		break;
	case PLAN_UNION:
		buf_puts(x->out, "union all");
		break;
	case PLAN_GROUPING_SETS:
		put_sets(x, n);
		break;
	case PLAN_WINDOW_ASSIGN:
	case PLAN_SESSION_ASSIGN:
		put_assign(x, n);
		break;
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
	case PLAN_GROUP_AGGREGATE:
		put_group(x, n);
		break;
	case PLAN_TOP:
	case PLAN_LIMIT:
		put_top(x, n);
		break;
	case PLAN_SCALAR:
		buf_printf(x->out, "scalar %s: what the second input ends with",
			   n->schema.cols[n->schema.ncols - 1].name);
		break;
	case PLAN_SINK:
		put_sink(x, n);
		break;
	}
}

static void
put_line(struct explain *x, const struct plan_node *n)
{
	put_what(x, n);
	if (n->kind != PLAN_SINK || !n->sink->table)
		put_mode(x, n);
}

/* What the state grows with, and what bounds it. */
static void
put_state(struct explain *x, const struct plan_node *n, unsigned depth)
{
	if (!n->unbounded)
		return;
	buf_printf(x->out, "%*sstate %s", (int)(2 * depth + 2), "",
		   n->unbounded);
	if (n->state_ttl_us) {
		buf_puts(x->out, ", each forgotten ");
		duration_text(x->out, n->state_ttl_us / US_PER_MS);
		buf_puts(x->out, " after its last change");
	} else {
		buf_printf(x->out, ", without bound while %s is 0",
			   n->group && n->group->has_ttl
				   ? "STATE_TTL" : "table.exec.state.ttl");
	}
	end_line(x, NULL);
}

static void
put_tree(struct explain *x, const struct plan_node *n, unsigned depth)
{
	buf_printf(x->out, "%*s", (int)(2 * depth), "");
	if (x->mark[n->number]) {
		buf_printf(x->out, "-> #%u", x->mark[n->number]);
		end_line(x, NULL);
		return;
	}
	if (n->nreaders > 1) {
		x->mark[n->number] = ++x->nmarks;
		buf_printf(x->out, "#%u ", x->nmarks);
	}
	put_line(x, n);
	end_line(x, n);
	put_state(x, n, depth);
	if (n->kind == PLAN_VALUES)
		return; /* the rows that it counts are its own */
	for (unsigned i = 0; i < n->ninputs; i++)
		put_tree(x, n->inputs[i], depth + 1);
}

void
plan_explain_node(const struct plan_node *n, struct buf *out)
{
	struct explain x = { .out = out };

	arena_init(&x.a);
	put_what(&x, n);
	arena_release(&x.a);
}

static void
put_plan(struct explain *x, const struct plan *p)
{
	arena_init(&x->a);
	x->mark = arena_array(&x->a, p->n, unsigned);
	for (unsigned i = 0; i < p->nsinks; i++)
		put_tree(x, p->sinks[i], 0);
	arena_release(&x->a);
}

void
plan_explain(const struct plan *p, struct buf *out)
{
	struct explain x = { .out = out };

	put_plan(&x, p);
	for (unsigned i = 0; i < p->nnotices; i++)
		buf_printf(out, "notice: %s\n", p->notices[i]);
}

void
plan_explain_lines(const struct plan *p, plan_line_fn *fn, void *arg)
{
	struct buf line;
	struct explain x = { .out = &line, .fn = fn, .arg = arg };

	buf_init(&line);
	put_plan(&x, p);
	buf_release(&line);
}
