/* SPDX-License-Identifier: Apache-2.0
 * parser/plan_meaning.c - what each operator means, in texts that know neither
 * aliases nor positions nor the other queries of a script: by these an operator
 * finds its state again (runtime.md section 8).
 */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "base/time.h"
#include "parser/rewrite.h"

/* Of what a node puts out. */
struct meaning {
	const char *rows;  /* where they come from: "words" */
	const char **cols; /* each column over the tables' own */
	unsigned nconds;   /* conjuncts that hold, sorted */
	const char **conds;
};

#define TEXT_MAX 1024

struct writer {
	struct arena *a;
	struct plan *p;
	struct meaning *m; /* per node */
};

/* Sub-queries may double a text at each level: a long one is told by its
 * beginning and its hash. */
static const char *
bounded(struct arena *a, const char *text)
{
	size_t n = strlen(text);

	if (n <= TEXT_MAX)
		return text;
	return arena_printf(a, "%.*s... #%016llx", (int)(TEXT_MAX / 2), text,
			    (unsigned long long)hash_stable(text, n));
}

static const char *
join(struct arena *a, unsigned n, const char *const *texts, const char *sep)
{
	const char *list = "";

	for (unsigned i = 0; i < n; i++)
		list = arena_printf(a, "%s%s%s", list, i ? sep : "", texts[i]);
	return list;
}

const char *
plan_window_text(const struct plan_window *w, const char *column,
		 struct arena *a)
{
	static const char *const names[] = {
		[WINDOW_TUMBLE] = "tumble", [WINDOW_HOP] = "hop",
		[WINDOW_CUMULATE] = "cumulate", [WINDOW_SESSION] = "session",
	};
	struct buf b;
	const char *text;

	buf_init(&b);
	buf_printf(&b, "%s(%s, ", names[w->kind],
		   w->is_proctime ? "processing time" : column);
	if (w->kind == WINDOW_HOP || w->kind == WINDOW_CUMULATE) {
		buf_puts(&b, w->kind == WINDOW_HOP ? "slide " : "step ");
		duration_text(&b, w->slide_us / US_PER_MS);
		buf_puts(&b, ", ");
	}
	buf_puts(&b, w->kind == WINDOW_SESSION ? "gap " : "size ");
	duration_text(&b, w->size_us / US_PER_MS);
	if (w->offset_us) {
		buf_puts(&b, ", offset ");
		duration_text(&b, w->offset_us / US_PER_MS);
	}
	buf_putc(&b, ')');
	text = arena_strndup(a, b.data, b.len);
	buf_release(&b);
	return text;
}

const char *
plan_top_text(const struct plan_top *top, const char *const *columns,
	      struct arena *a)
{
	struct buf b;
	const char *text;

	buf_init(&b);
	for (unsigned k = 0; k < top->nkeys; k++) {
		const struct plan_sort *key = &top->keys[k];

		buf_printf(&b, "%s%s%s%s", k ? ", " : "by ",
			   columns[key->column], key->desc ? " desc" : "",
			   key->nulls_last == key->desc ? ""
			   : key->desc ? " nulls first" : " nulls last");
	}
	if (top->limit >= 0)
		buf_printf(&b, "%slimit %lld", b.len ? " " : "",
			   (long long)top->limit);
	if (top->offset > 0)
		buf_printf(&b, "%soffset %lld", b.len ? " " : "",
			   (long long)top->offset);
	text = arena_strndup(a, b.data ? b.data : "", b.len);
	buf_release(&b);
	return text;
}

const char *
plan_node_label(const struct plan_node *n, struct arena *a)
{
	const char *list = "";

	if (n->scan)
		return arena_printf(a, "scan %s", n->scan->table);
	if (!n->group)
		return n->name;
	for (unsigned i = 0; i < n->group->nkeys; i++)
		list = arena_printf(a, "%s%s%s", list, i ? ", " : "",
				    n->schema.cols[i].name);
	return arena_printf(a, "%s(keys=[%s])", n->name, list);
}

/* ---- conditions ---- */

static void
add_condition(struct writer *w, struct meaning *m, const struct expr *e,
	      const char *const *cols)
{
	const char *text, **more;
	unsigned i;

	if (e->kind == EXPR_CALL && e->function == FN_AND) {
		add_condition(w, m, e->args[0], cols);
		add_condition(w, m, e->args[1], cols);
		return;
	}
	text = bounded(w->a, expr_text_named(e, cols, w->a));
	more = arena_array(w->a, m->nconds + 1, const char *);
	for (i = 0; i < m->nconds && strcmp(m->conds[i], text) < 0; i++)
		more[i] = m->conds[i];
	more[i] = text;
	for (; i < m->nconds; i++)
		more[i + 1] = m->conds[i];
	m->conds = more;
	m->nconds++;
}

/* ---- nodes ---- */

static const char *
rows_of_table(struct writer *w, const char *table,
	      const struct plan_node *scan)
{
	if (!*scan->scan->hints)
		return table;
	return arena_printf(w->a, "%s(%s)", table, scan->scan->hints);
}

static void
mean_scan(struct writer *w, const struct plan_node *n, struct meaning *m)
{
	m->rows = rows_of_table(w, n->scan->table, n);
	m->cols = arena_array(w->a, n->schema.ncols, const char *);
	for (unsigned i = 0; i < n->schema.ncols; i++)
		m->cols[i] = n->schema.cols[i].name;
	if (n->scan->filter)
		add_condition(w, m, n->scan->filter, m->cols);
}

static void
mean_values(struct writer *w, const struct plan_node *n, struct meaning *m)
{
	unsigned ncols = n->schema.ncols;
	struct buf out;

	buf_init(&out);
	buf_puts(&out, "values(");
	for (unsigned i = 0; i < n->values->nrows * ncols; i++)
		buf_printf(&out, "%s%s", i == 0 ? "" : i % ncols ? ", " : "; ",
			   expr_text_named(n->values->cells[i], NULL, w->a));
	buf_putc(&out, ')');
	m->rows = bounded(w->a, arena_strndup(w->a, out.data, out.len));
	m->cols = arena_array(w->a, ncols, const char *);
	for (unsigned i = 0; i < ncols; i++)
		m->cols[i] = n->schema.cols[i].name;
	buf_release(&out);
}

static void
mean_project(struct writer *w, const struct plan_node *n, struct meaning *m)
{
	const struct meaning *in = &w->m[n->inputs[0]->number];

	*m = *in;
	m->cols = arena_array(w->a, n->schema.ncols, const char *);
	for (unsigned i = 0; i < n->schema.ncols; i++)
		m->cols[i] = bounded(w->a, expr_text_named(n->exprs[i],
							   in->cols, w->a));
}

/* The rows of a node with what was asked of them. */
static const char *
rows_where(struct writer *w, const struct meaning *m)
{
	if (m->nconds == 0)
		return m->rows;
	return bounded(w->a, arena_printf(w->a, "%s where %s", m->rows,
					  join(w->a, m->nconds, m->conds,
					       " and ")));
}

static void
mean_union(struct writer *w, const struct plan_node *n, struct meaning *m)
{
	const char *list = "";

	for (unsigned i = 0; i < n->ninputs; i++) {
		const struct meaning *in = &w->m[n->inputs[i]->number];

		list = arena_printf(w->a, "%s%s%s(%s)", list,
				    i ? " union " : "", rows_where(w, in),
				    join(w->a, n->schema.ncols, in->cols,
					 ", "));
	}
	m->rows = bounded(w->a, arena_printf(w->a, "(%s)", list));
	m->cols = w->m[n->inputs[0]->number].cols;
}

static const char *
argument_text(struct writer *w, const struct plan_argument *arg,
	      const struct meaning *in)
{
	return arg->column >= 0 ? in->cols[arg->column]
				: expr_text_named(arg->literal, in->cols, w->a);
}

const char *
plan_sets_text(const struct plan_sets *s, const char *const *cols,
	       struct arena *a)
{
	const char *text;
	struct buf b;

	buf_init(&b);
	for (unsigned i = 0; i < s->nsets; i++) {
		unsigned n = 0;

		buf_puts(&b, i ? ", (" : "(");
		for (unsigned k = 0; k < s->nkeys; k++)
			if (s->sets[i] >> k & 1)
				buf_printf(&b, "%s%s", n++ ? ", " : "",
					   cols[s->keys[k]]);
		buf_putc(&b, ')');
	}
	text = arena_strndup(a, b.data, b.len);
	buf_release(&b);
	return text;
}

static void
mean_sets(struct writer *w, const struct plan_node *n, struct meaning *m)
{
	const struct meaning *in = &w->m[n->inputs[0]->number];
	unsigned out = n->inputs[0]->schema.ncols;

	*m = *in;
	m->cols = arena_array(w->a, n->schema.ncols, const char *);
	memcpy(m->cols, in->cols, out * sizeof(*m->cols));
	for (unsigned k = 0; k < n->sets->nkeys; k++)
		m->cols[out++] = arena_printf(w->a, "or_null(%s)",
					      in->cols[n->sets->keys[k]]);
	m->cols[out] = bounded(w->a, arena_printf(
		w->a, "grouping_sets(%s)",
		plan_sets_text(n->sets, in->cols, w->a)));
}

static void
mean_scalar(struct writer *w, struct plan_node *n, struct meaning *m)
{
	const struct meaning *in = &w->m[n->inputs[0]->number];
	const struct meaning *value = &w->m[n->inputs[1]->number];
	unsigned last = n->schema.ncols - 1u;

	*m = *in;
	m->cols = arena_array(w->a, n->schema.ncols, const char *);
	memcpy(m->cols, in->cols, last * sizeof(*m->cols));
	m->cols[last] = bounded(w->a, arena_printf(w->a, "(%s of %s)",
						   value->cols[0],
						   rows_where(w, value)));
	n->meaning_inputs = m->rows;
	n->meaning_keys = m->cols[last];
	n->meaning_window = "";
	n->meaning_predicate = join(w->a, m->nconds, m->conds, " and ");
}

static void
mean_top(struct writer *w, struct plan_node *n, struct meaning *m)
{
	const struct meaning *in = &w->m[n->inputs[0]->number];

	n->meaning_inputs = rows_where(w, in);
	n->meaning_keys = plan_top_text(n->top, in->cols, w->a);
	n->meaning_window = n->meaning_predicate = "";
	*m = (struct meaning){ .cols = in->cols };
	m->rows = bounded(w->a, arena_printf(w->a, "(%s %s)",
					     n->meaning_inputs,
					     n->meaning_keys));
}

static const char *
aggregate_text(struct writer *w, const struct plan_aggregate *agg,
	       const struct meaning *in)
{
	const char *name = function_get(agg->function)->name, *text;
	char lower[32];
	size_t n;

	for (n = 0; name[n] && n < sizeof(lower) - 1; n++)
		lower[n] = (char)tolower((unsigned char)name[n]);
	lower[n] = '\0';
	text = arena_printf(w->a, "%s(%s%s", lower,
			    agg->distinct ? "distinct " : "",
			    agg->arg < 0 ? "*" : in->cols[agg->arg]);
	for (unsigned i = 0; i < agg->nmore; i++)
		text = arena_printf(w->a, "%s, %s", text,
				    argument_text(w, &agg->more[i], in));
	text = arena_printf(w->a, "%s)", text);
	if (agg->filter < 0)
		return text;
	return arena_printf(w->a, "%s filter(%s)", text,
			    in->cols[agg->filter]);
}

static void
mean_group(struct writer *w, struct plan_node *n, struct meaning *m)
{
	const struct meaning *in = &w->m[n->inputs[0]->number];
	struct plan_group *g = n->group;
	bool window = plan_has_windows(n);
	unsigned out = 0;

	m->cols = arena_array(w->a, n->schema.ncols, const char *);
	for (unsigned i = 0; i < g->nkeys; i++)
		m->cols[out++] = in->cols[g->keys[i]];
	g->key_texts = m->cols;
	n->meaning_keys = join(w->a, g->nkeys, m->cols, ", ");
	n->meaning_window = "";
	if (window) {
		n->meaning_window = plan_window_text(
			&g->window, in->cols[g->window.time_col], w->a);
		m->cols[out++] = "window_start";
		m->cols[out++] = "window_end";
		m->cols[out++] = "window_time";
	}
	for (unsigned i = 0; i < g->naggs; i++) {
		struct plan_aggregate *agg = &g->aggs[i];
		const char *text = aggregate_text(w, agg, in);

		if (agg->state_name == agg->text)
			agg->state_name = text;
		agg->text = text;
		m->cols[out++] = text;
	}
	n->meaning_inputs = in->rows;
	n->meaning_predicate = join(w->a, in->nconds, in->conds, " and ");
	m->rows = bounded(w->a, arena_printf(w->a, "%s(%s by %s%s%s)", n->name,
					     rows_where(w, in),
					     n->meaning_keys,
					     window ? " in " : "",
					     n->meaning_window));
}

static const char *
normalize_keys(struct writer *w, const struct plan_node *n,
	       const struct meaning *in)
{
	const struct plan_normalize *norm = n->normalize;
	const char **keys = arena_array(w->a, norm->nkeys, const char *);

	for (unsigned i = 0; i < norm->nkeys; i++)
		keys[i] = in->cols[norm->keys[i]];
	return join(w->a, norm->nkeys, keys, ", ");
}

static void
mean_assign(struct writer *w, struct plan_node *n, struct meaning *m)
{
	const struct meaning *in = &w->m[n->inputs[0]->number];
	const struct plan_window *win = n->window;
	const char **keys = arena_array(w->a, win->npartition, const char *);
	unsigned carried = n->schema.ncols - 3u;

	m->cols = arena_array(w->a, n->schema.ncols, const char *);
	memcpy(m->cols, in->cols, carried * sizeof(*m->cols));
	m->cols[carried] = "window_start";
	m->cols[carried + 1] = "window_end";
	m->cols[carried + 2] = "window_time";
	for (unsigned i = 0; i < win->npartition; i++)
		keys[i] = in->cols[win->partition[i]];
	n->meaning_keys = join(w->a, win->npartition, keys, ", ");
	n->meaning_window = plan_window_text(win, in->cols[win->time_col],
					     w->a);
	n->meaning_inputs = in->rows;
	n->meaning_predicate = join(w->a, in->nconds, in->conds, " and ");
	m->rows = bounded(w->a, arena_printf(w->a, "%s(%s by %s in %s)",
					     n->name, rows_where(w, in),
					     n->meaning_keys,
					     n->meaning_window));
}

static void
mean(struct writer *w, struct plan_node *n)
{
	struct meaning *m = &w->m[n->number];
	const struct meaning *in = n->ninputs ? &w->m[n->inputs[0]->number]
					      : NULL;

	switch (n->kind) {
	case PLAN_SCAN:
		mean_scan(w, n, m);
		break;
	case PLAN_VALUES:
		mean_values(w, n, m);
		break;
	case PLAN_WATERMARK:
		*m = *in;
		m->rows = rows_of_table(w, n->watermark->table, n->inputs[0]);
		break;
	case PLAN_NORMALIZE:
	case PLAN_MATERIALIZE:
	case PLAN_SINK:
		*m = *in;
		break;
	case PLAN_FILTER:
		*m = *in;
		add_condition(w, m, n->predicate, in->cols);
		break;
	case PLAN_PROJECT:
		mean_project(w, n, m);
		break;
	case PLAN_UNION:
		mean_union(w, n, m);
		break;
	case PLAN_TOP:
	case PLAN_LIMIT:
		mean_top(w, n, m);
		return;
	case PLAN_SCALAR:
		mean_scalar(w, n, m);
		return;
	case PLAN_GROUPING_SETS:
		mean_sets(w, n, m);
		break;
	case PLAN_WINDOW_ASSIGN:
	case PLAN_SESSION_ASSIGN:
		mean_assign(w, n, m);
		break;
	case PLAN_WINDOW_AGGREGATE:
	case PLAN_SESSION_AGGREGATE:
	case PLAN_GROUP_AGGREGATE:
		mean_group(w, n, m);
		break;
	}
	if (n->group || n->window)
		return;
	n->meaning_inputs = m->rows;
	n->meaning_keys = n->normalize ? normalize_keys(w, n, in) : "";
	n->meaning_window = n->kind == PLAN_WATERMARK
		? expr_text_named(n->watermark->watermark, in->cols, w->a) : "";
	n->meaning_predicate = join(w->a, m->nconds, m->conds, " and ");
}

/* ---- which sinks read it ---- */

static const char *
sink_name(const struct plan_node *n)
{
	return n->sink->table ? n->sink->table : "client";
}

/* In the order of their names, not of the script. */
static struct plan_node **
sorted_sinks(struct writer *w)
{
	struct plan *p = w->p;
	struct plan_node **sinks = arena_array(w->a, p->nsinks,
					       struct plan_node *);

	for (unsigned s = 0; s < p->nsinks; s++) {
		unsigned i = s;

		for (; i > 0 && strcmp(sink_name(sinks[i - 1]),
				       sink_name(p->sinks[s])) > 0; i--)
			sinks[i] = sinks[i - 1];
		sinks[i] = p->sinks[s];
	}
	return sinks;
}

static void
set_sinks(struct writer *w)
{
	struct plan *p = w->p;
	struct plan_node **sinks = sorted_sinks(w);

	for (unsigned i = 0; i < p->n; i++)
		p->nodes[i]->meaning_sink = "";
	for (unsigned s = 0; s < p->nsinks; s++) {
		bool *reached = arena_array(w->a, p->n, bool);

		reached[sinks[s]->number] = true;
		for (unsigned i = p->n; i-- > 0;) {
			struct plan_node *n = p->nodes[i];

			if (!reached[i])
				continue;
			for (unsigned k = 0; k < n->ninputs; k++)
				reached[n->inputs[k]->number] = true;
			n->meaning_sink = arena_printf(
				w->a, "%s%s%s", n->meaning_sink,
				*n->meaning_sink ? ", " : "",
				sink_name(sinks[s]));
		}
	}
}

/* ---- ids ---- */

/* Sorted: in which order queries of a script ask for them plays no part. */
static void
put_aggregates(struct writer *w, const struct plan_group *g, struct buf *out)
{
	const char **texts = arena_array(w->a, g->naggs, const char *);

	for (unsigned n = 0; n < g->naggs; n++) {
		unsigned i = n;

		for (; i > 0 && strcmp(texts[i - 1], g->aggs[n].text) > 0; i--)
			texts[i] = texts[i - 1];
		texts[i] = g->aggs[n].text;
	}
	for (unsigned i = 0; i < g->naggs; i++)
		buf_printf(out, "%s\n", texts[i]);
}

/* Everything below an operator is in its texts, so that its id does not change
 * with how the plan gets its rows: pushed filters, shared projections. */
static void
set_id(struct writer *w, struct plan_node *n)
{
	const struct meaning *m = &w->m[n->number];
	struct buf out;

	buf_init(&out);
	buf_printf(&out, "%s\n%s\n%s\n%s\n", n->name, n->meaning_inputs,
		   n->meaning_keys, n->meaning_window);
	if (n->kind != PLAN_SCAN && n->kind != PLAN_WATERMARK)
		buf_printf(&out, "%s\n", n->meaning_predicate);
	if (n->kind == PLAN_SINK)
		buf_printf(&out, "%s\n", n->meaning_sink);
	if (n->kind == PLAN_SINK || n->kind == PLAN_PROJECT)
		buf_puts(&out, join(w->a, n->schema.ncols, m->cols, ", "));
	if (n->group)
		put_aggregates(w, n->group, &out);
	n->id = hash_stable(out.data, out.len);
	buf_release(&out);
}

void
plan_meaning(struct plan *p)
{
	struct writer w = { .a = p->arena, .p = p };

	w.m = arena_array(p->arena, p->n, struct meaning);
	for (unsigned i = 0; i < p->n; i++)
		mean(&w, p->nodes[i]);
	set_sinks(&w);
	for (unsigned i = 0; i < p->n; i++)
		set_id(&w, p->nodes[i]);
}
