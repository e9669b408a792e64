/* SPDX-License-Identifier: Apache-2.0
 * parser/rewrite_share.c - equal nodes become one: each node's text, with the
 * numbers of its inputs in it, is looked up among those before. So the sinks of
 * a statement set share scans, watermarks and common prefixes.
 */
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "parser/rewrite.h"

/* ---- numbering ---- */

static void
count_nodes(struct plan_node *n, unsigned *count)
{
	if (n->nreaders++ > 0)
		return;
	(*count)++;
	for (unsigned i = 0; i < n->ninputs; i++)
		count_nodes(n->inputs[i], count);
}

static void
place(struct plan *p, struct plan_node *n)
{
	if (n->nreaders == 0)
		return; /* has its number */
	n->nreaders = 0;
	for (unsigned i = 0; i < n->ninputs; i++)
		place(p, n->inputs[i]);
	n->number = p->n;
	p->nodes[p->n++] = n;
}

void
plan_number(struct plan *p)
{
	unsigned count = 0;

	for (unsigned i = 0; i < p->n; i++)
		p->nodes[i]->nreaders = 0;
	for (unsigned i = 0; i < p->nsinks; i++)
		count_nodes(p->sinks[i], &count);
	p->nodes = arena_array(p->arena, count, struct plan_node *);
	p->n = 0;
	for (unsigned i = 0; i < p->nsinks; i++)
		place(p, p->sinks[i]);
	CHECK(p->n == count);
	for (unsigned i = 0; i < p->n; i++)
		for (unsigned k = 0; k < p->nodes[i]->ninputs; k++)
			p->nodes[i]->inputs[k]->nreaders++;
}

/* ---- a node as text ---- */

struct share {
	struct plan *p;
	bool early;
	const char **positions; /* "$0", "$1", ... */
	unsigned npositions;
	bool *watermarked;      /* per node: a watermark reads it */
	unsigned *value_depth;  /* per node: queries as values around it */
	struct buf out;
};

static const char *const *
positions(struct share *s, unsigned n)
{
	const char **more;

	if (n <= s->npositions)
		return s->positions;
	more = arena_array(s->p->arena, n, const char *);
	for (unsigned i = 0; i < n; i++)
		more[i] = arena_printf(s->p->arena, "$%u", i);
	s->positions = more;
	s->npositions = n;
	return more;
}

static void
put_expr(struct share *s, const struct plan_node *n, const struct expr *e)
{
	const char *const *names = positions(s, n->inputs[0]->schema.ncols);

	buf_puts(&s->out, expr_text_named(e, names, s->p->arena));
	buf_putc(&s->out, ';');
}

static void
put_schema(struct buf *out, const struct schema *s)
{
	for (unsigned i = 0; i < s->ncols; i++) {
		buf_printf(out, "%s ", s->cols[i].name);
		type_print(out, s->cols[i].type);
		buf_printf(out, " %d,", s->cols[i].time);
	}
}

static void
sort_by_key(const struct options *o, unsigned *order)
{
	for (unsigned i = 0; i < o->ngiven; i++) {
		unsigned k = i;

		for (; k > 0 && strcmp(o->keys[order[k - 1]], o->keys[i]) > 0;
		     k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
}

/* Equal for two tables over the same records. */
static void
put_scan(struct share *s, const struct plan_node *n)
{
	const struct plan_scan *scan = n->scan;
	const struct options *o = scan->options;
	unsigned *order = arena_array(s->p->arena, o->ngiven, unsigned);

	/* Above a watermark rows go by its table's name, else by the scan's. */
	buf_printf(&s->out, "%u ", s->value_depth[n->number]);
	if (!s->watermarked[n->number])
		buf_puts(&s->out, scan->table);
	sort_by_key(o, order);
	buf_puts(&s->out, o->connector);
	for (unsigned i = 0; i < o->ngiven; i++) {
		const char *key = o->keys[order[i]];

		if (strncmp(key, "scan.watermark.", 15) != 0 &&
		    strncmp(key, "sink.", 5) != 0)
			buf_printf(&s->out, "\n%s=%s", key,
				   o->values[order[i]]);
	}
	for (unsigned i = 0; i < scan->ncols; i++) {
		const struct scan_column *c = &scan->cols[i];

		buf_printf(&s->out, "\n%s %s %d %u", c->name,
			   c->metadata_key ? c->metadata_key : "", c->in_key,
			   c->position);
	}
	buf_printf(&s->out, "\n%d", scan->changes);
	for (unsigned i = 0; i < scan->nkeys; i++)
		buf_printf(&s->out, " %u", scan->keys[i]);
}

static void
put_more(struct share *s, const struct plan_node *n,
	 const struct plan_aggregate *agg)
{
	for (unsigned i = 0; i < agg->nmore; i++) {
		if (agg->more[i].column >= 0)
			buf_printf(&s->out, "%d,", agg->more[i].column);
		else
			put_expr(s, n, agg->more[i].literal);
	}
	buf_putc(&s->out, ';');
}

static void
put_window(struct share *s, const struct plan_window *w)
{
	buf_printf(&s->out, "%d %u %d %d %lld %lld %lld|", w->kind,
		   w->time_col, w->is_ltz, w->is_proctime,
		   (long long)w->size_us, (long long)w->slide_us,
		   (long long)w->offset_us);
	for (unsigned i = 0; i < w->npartition; i++)
		buf_printf(&s->out, "%u,", w->partition[i]);
}

static void
put_group(struct share *s, const struct plan_node *n)
{
	const struct plan_group *g = n->group;

	put_window(s, &g->window);
	for (unsigned i = 0; i < g->nkeys; i++)
		buf_printf(&s->out, "%u,", g->keys[i]);
	for (unsigned i = 0; i < g->naggs; i++)
		buf_printf(&s->out, "%d %d %d %d;", g->aggs[i].function,
			   g->aggs[i].distinct, g->aggs[i].arg,
			   g->aggs[i].filter);
	for (unsigned i = 0; i < g->naggs; i++)
		put_more(s, n, &g->aggs[i]);
	if (g->has_ttl)
		buf_printf(&s->out, "ttl %lld", (long long)g->ttl_us);
}

static void
put_sets(struct share *s, const struct plan_sets *sets)
{
	for (unsigned i = 0; i < sets->nkeys; i++)
		buf_printf(&s->out, "%u,", sets->keys[i]);
	for (unsigned i = 0; i < sets->nsets; i++)
		buf_printf(&s->out, "%llx;", (unsigned long long)sets->sets[i]);
}

static void
put_top(struct share *s, const struct plan_top *top)
{
	buf_printf(&s->out, "%lld %lld", (long long)top->offset,
		   (long long)top->limit);
	for (unsigned k = 0; k < top->nkeys; k++)
		buf_printf(&s->out, ", %u %d %d", top->keys[k].column,
			   top->keys[k].desc, top->keys[k].nulls_last);
}

static void
put_watermark(struct share *s, const struct plan_node *n)
{
	const struct plan_watermark *w = n->watermark;

	buf_printf(&s->out, "%s %u %lld %lld %d ", w->table, w->time_col,
		   (long long)w->idle_timeout_us, (long long)w->max_future_us,
		   w->on_event);
	put_expr(s, n, w->watermark);
}

static void
put_node(struct share *s, const struct plan_node *n)
{
	buf_printf(&s->out, "%d", n->kind);
	for (unsigned i = 0; i < n->ninputs; i++)
		buf_printf(&s->out, " #%u", n->inputs[i]->number);
	buf_putc(&s->out, '|');
	put_schema(&s->out, &n->schema);
	switch (n->kind) {
	case PLAN_SCAN:
		put_scan(s, n);
		break;
	case PLAN_VALUES:
		for (unsigned i = 0; i < n->values->nrows * n->schema.ncols;
		     i++)
			put_expr(s, n, n->values->cells[i]);
		break;
	case PLAN_WATERMARK:
		put_watermark(s, n);
		break;
	case PLAN_NORMALIZE:
	case PLAN_MATERIALIZE:
		for (unsigned i = 0; i < n->normalize->nkeys; i++)
			buf_printf(&s->out, "%u,", n->normalize->keys[i]);
		break;
	case PLAN_FILTER:
		put_expr(s, n, n->predicate);
		break;
	case PLAN_PROJECT:
		for (unsigned i = 0; i < n->schema.ncols; i++)
			put_expr(s, n, n->exprs[i]);
		break;
	case PLAN_GROUPING_SETS:
		put_sets(s, n->sets);
		break;
	case PLAN_WINDOW_ASSIGN:
	case PLAN_SESSION_ASSIGN:
		put_window(s, n->window);
		break;
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
	case PLAN_GROUP_AGGREGATE:
		put_group(s, n);
		break;
	case PLAN_TOP:
	case PLAN_LIMIT:
		put_top(s, n->top);
		break;
	case PLAN_UNION:
	case PLAN_SCALAR:
	case PLAN_SINK:
		break;
	}
}

/* ---- finding equals ---- */

static bool
may_share(const struct share *s, const struct plan_node *n)
{
	if (n->kind == PLAN_SINK)
		return false;
	if (n->predicate && expr_is_random(n->predicate))
		return false;
	for (unsigned i = 0; n->kind == PLAN_PROJECT && i < n->schema.ncols;
	     i++)
		if (expr_is_random(n->exprs[i]))
			return false;
	if (n->kind != PLAN_PROJECT || !s->early)
		return true;
	for (unsigned i = 0; i < n->schema.ncols; i++)
		if (expr_can_fail(n->exprs[i]))
			return false;
	return true;
}

/* One scan for several tables has the name that comes first, so that the order
 * of statements plays no part. */
static void
unite_scans(struct plan_node *kept, const struct plan_node *gone)
{
	if (kept->kind == PLAN_SCAN &&
	    strcmp(gone->scan->table, kept->scan->table) < 0)
		kept->scan->table = gone->scan->table;
}

/* Sources of a value are read to their ends before those of the rows that it
 * goes to: they have scans of their own. */
static void
measure_values(struct share *s)
{
	const struct plan *p = s->p;

	s->value_depth = arena_array(p->arena, p->n, unsigned);
	for (unsigned i = p->n; i-- > 0;) {
		const struct plan_node *n = p->nodes[i];

		for (unsigned k = 0; k < n->ninputs; k++) {
			bool value = n->kind == PLAN_SCALAR && k == 1;
			unsigned *depth =
				&s->value_depth[n->inputs[k]->number];

			if (s->value_depth[i] + value > *depth)
				*depth = s->value_depth[i] + value;
		}
	}
}

void
rewrite_share(struct plan *p, bool early)
{
	struct share s = { .p = p, .early = early };
	const char **texts = arena_array(p->arena, p->n, const char *);
	struct plan_node **same = arena_array(p->arena, p->n,
					      struct plan_node *);

	s.watermarked = arena_array(p->arena, p->n, bool);
	for (unsigned i = 0; i < p->n; i++)
		if (p->nodes[i]->kind == PLAN_WATERMARK)
			s.watermarked[p->nodes[i]->inputs[0]->number] = true;
	measure_values(&s);
	buf_init(&s.out);
	for (unsigned i = 0; i < p->n; i++) {
		struct plan_node *n = p->nodes[i];

		for (unsigned k = 0; k < n->ninputs; k++)
			n->inputs[k] = same[n->inputs[k]->number];
		same[i] = n;
		if (!early && n->kind == PLAN_PROJECT &&
		    rewrite_is_identity(n)) {
			same[i] = n->inputs[0];
			continue;
		}
		if (!may_share(&s, n))
			continue;
		buf_clear(&s.out);
		put_node(&s, n);
		texts[i] = arena_strndup(p->arena, s.out.data, s.out.len);
		for (unsigned k = 0; k < i; k++) {
			if (!texts[k] || same[k] != p->nodes[k] ||
			    strcmp(texts[k], texts[i]) != 0)
				continue;
			unite_scans(p->nodes[k], n);
			same[i] = p->nodes[k];
			break;
		}
	}
	buf_release(&s.out);
	plan_number(p);
}
