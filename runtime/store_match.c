/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_match.c - which stored operator is which of the plan's: by
 * what they mean (inputs, keys, window, then predicate, then sink), never by
 * position or alias. In doubt the job stops and asks; it never guesses.
 */
#include <stdlib.h>

#include "base/check.h"
#include "runtime/operator.h"
#include "runtime/store_impl.h"

/* An operator of the plan that wants its state. */
struct want {
	struct op *op;
	const char *kind, *inputs, *keys, *window, *predicate, *sink;
	const char *shape;
	struct stored_op *found;
};

struct matching {
	struct store *s;
	const struct store_client *client;
	struct want *wants;
	unsigned n;
};

static bool
same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

/* ---- shapes: tables, columns and types by meaning ---- */

static int
line_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *
shape_join(struct arena *a, const char **lines, unsigned n)
{
	struct buf b;
	const char *shape;

	qsort(lines, n, sizeof(*lines), line_compare);
	buf_init(&b);
	for (unsigned i = 0; i < n; i++) {
		buf_puts(&b, lines[i]);
		buf_putc(&b, '\n');
	}
	shape = arena_strdup(a, buf_cstr(&b));
	buf_release(&b);
	return shape;
}

static const char *
shape_line(struct arena *a, const char *table, const char *meaning,
	   const char *type)
{
	return arena_printf(a, "%s: %s %s", table, meaning, type);
}

static const char *
shape_of_op(struct matching *m, const struct op *op)
{
	struct arena *a = &m->s->arena;
	const char **lines;
	unsigned n = 0, at = 0;

	for (unsigned i = 0; i < m->client->ntables; i++)
		n += m->client->tables[i].def->schema->ncols;
	lines = arena_array(a, n, const char *);
	for (unsigned i = 0; i < m->client->ntables; i++) {
		const struct table_def *def = m->client->tables[i].def;

		if (m->client->tables[i].op != op || def->kind != TABLE_STATE)
			continue;
		for (unsigned c = 0; c < def->schema->ncols; c++)
			lines[at++] = shape_line(
				a, store_table_meaning(def),
				store_column_meaning(def, c),
				store_type_text(def->schema->cols[c].type, a));
	}
	return shape_join(a, lines, at);
}

static const char *
shape_of_stored(struct arena *a, const struct stored_op *o)
{
	const char **lines;
	unsigned n = 0, at = 0;

	for (const struct stored_column *c = o->cols; c; c = c->next)
		n++;
	lines = arena_array(a, n, const char *);
	for (const struct stored_column *c = o->cols; c; c = c->next)
		lines[at++] = shape_line(a, c->table_meaning, c->meaning,
					 c->type);
	return shape_join(a, lines, at);
}

/* The first line of `a` that `b` lacks, without its end, or NULL. */
static const char *
shape_missing(const char *a, const char *b, struct arena *arena)
{
	while (*a) {
		size_t n = (size_t)(strchr(a, '\n') - a);
		const char *at = b;

		while (*at && (strncmp(at, a, n + 1) != 0))
			at = strchr(at, '\n') + 1;
		if (!*at)
			return arena_strndup(arena, a, n);
		a += n + 1;
	}
	return NULL;
}

/* ---- what is stored ---- */

static int
load_columns(struct store *s, struct stored_op *o, struct error *err)
{
	struct stored_column **tail = &o->cols;
	sqlite3_stmt *st = NULL;
	int rc = store_prepare(
		&s->file,
		"SELECT json_extract(t.value, '$.means'),"
		" json_extract(t.value, '$.table'),"
		" json_extract(c.value, '$.means'),"
		" json_extract(c.value, '$.stored'),"
		" json_extract(c.value, '$.type')"
		" FROM operators o, json_each(o.columns) t,"
		" json_each(t.value, '$.columns') c"
		" WHERE o.name = ? ORDER BY t.key, c.key",
		&st, err);

	if (rc == 0)
		store_bind_text(st, 1, o->name);
	while (rc == 0 && (rc = store_step(&s->file, st, err)) == 1) {
		struct stored_column *c =
			arena_new(&s->arena, struct stored_column);
		const char **texts[] = { &c->table_meaning, &c->table,
					 &c->meaning, &c->name, &c->type };

		for (int i = 0; i < (int)ARRAY_LEN(texts); i++)
			*texts[i] = or_empty(
				store_column_text(st, i, &s->arena));
		*tail = c;
		tail = &c->next;
		rc = 0;
	}
	sqlite3_finalize(st);
	o->shape = shape_of_stored(&s->arena, o);
	return rc;
}

static struct stored_op *
read_op(struct store *s, sqlite3_stmt *st)
{
	struct stored_op *o = arena_new(&s->arena, struct stored_op);
	const char **texts[] = { &o->name, &o->kind,	  &o->inputs, &o->keys,
				 &o->window, &o->predicate, &o->sink };
	size_t n;

	for (int i = 0; i < (int)ARRAY_LEN(texts); i++)
		*texts[i] = or_empty(store_column_text(st, i, &s->arena));
	o->state_version = (unsigned)sqlite3_column_int64(st, 7);
	o->gone = sqlite3_column_int64(st, 8);
	n = strlen(o->kind);
	if (strncmp(o->name, o->kind, n) == 0 && o->name[n] == '_')
		o->number = (unsigned)strtoul(o->name + n + 1, NULL, 10);
	return o;
}

int
store_load_ops(struct store *s, struct error *err)
{
	sqlite3_stmt *st = NULL;
	int rc;

	s->ops = NULL;
	s->ops_tail = &s->ops;
	rc = store_prepare(&s->file,
			   "SELECT name, kind, inputs, keys, \"window\","
			   " predicate, sink, state_version, columns IS NULL"
			   " FROM operators ORDER BY rowid",
			   &st, err);
	while (rc == 0 && (rc = store_step(&s->file, st, err)) == 1) {
		*s->ops_tail = read_op(s, st);
		s->ops_tail = &(*s->ops_tail)->next;
		rc = 0;
	}
	sqlite3_finalize(st);
	for (struct stored_op *o = s->ops; o && rc == 0; o = o->next)
		rc = load_columns(s, o, err);
	return rc;
}

/* ---- matching ---- */

/* Of the same keys and windows over the same input. */
static bool
is_related(const struct want *w, const struct stored_op *o)
{
	return !o->gone && !o->op && same(w->kind, o->kind) &&
	       same(w->inputs, o->inputs) && same(w->keys, o->keys) &&
	       same(w->window, o->window);
}

static bool
is_candidate(const struct want *w, const struct stored_op *o)
{
	return is_related(w, o) && same(w->predicate, o->predicate) &&
	       same(w->shape, o->shape);
}

static void
match(struct want *w, struct stored_op *o)
{
	w->found = o;
	o->op = w->op;
}

/* The same in every respect. Where several are, they have the same state, and
 * any order is right. */
static void
match_exact(struct matching *m)
{
	for (unsigned i = 0; i < m->n; i++)
		for (struct stored_op *o = m->s->ops; o; o = o->next)
			if (is_candidate(&m->wants[i], o) &&
			    same(m->wants[i].sink, o->sink)) {
				match(&m->wants[i], o);
				break;
			}
}

static int
ambiguous(const struct want *w, const struct stored_op *a,
	  const struct stored_op *b, struct error *err)
{
	error_set(err, ERR_PLAN_CHANGED,
		  "%s over %s (keys %s, window %s) fits the stored state of"
		  " %s and of %s",
		  w->kind, w->inputs, w->keys, w->window, a->name, b->name);
	error_note(err, "submit the statements with their old sinks, or clear"
			" the state: ALTER JOB ... RESET OFFSETS");
	return -1;
}

/* With another sink: only where nothing else could be meant. */
static int
match_other_sink(struct matching *m, struct error *err)
{
	for (unsigned i = 0; i < m->n; i++) {
		struct want *w = &m->wants[i];
		struct stored_op *found = NULL;

		if (w->found)
			continue;
		for (struct stored_op *o = m->s->ops; o; o = o->next) {
			if (!is_candidate(w, o))
				continue;
			if (found)
				return ambiguous(w, found, o, err);
			found = o;
		}
		if (!found)
			continue;
		for (unsigned j = i + 1; j < m->n; j++)
			if (!m->wants[j].found &&
			    is_candidate(&m->wants[j], found))
				return error_set(
					err, ERR_PLAN_CHANGED,
					"two operators of the plan (%s over"
					" %s) fit the stored state of %s",
					w->kind, w->inputs, found->name);
		match(w, found);
	}
	return 0;
}

/* " (keys k, window w)", without what there is not. */
static const char *
place(const char *keys, const char *window, struct arena *a)
{
	if (!*keys && !*window)
		return "";
	return arena_printf(a, " (%s%s%s%s%s)", *keys ? "keys " : "", keys,
			    *keys && *window ? ", " : "",
			    *window ? "window " : "", window);
}

/* Says in what way stored state has no place in the plan any more. */
static int
plan_changed(struct matching *m, const struct want *w,
	     const struct stored_op *o, struct error *err)
{
	const char *was = shape_missing(o->shape, w->shape, &m->s->arena);
	const char *is = shape_missing(w->shape, o->shape, &m->s->arena);

	if (!is_related(w, o))
		error_set(err, ERR_PLAN_CHANGED,
			  "the stored state of %s%s has no place in this plan,"
			  " and %s%s has no state",
			  o->name, place(o->keys, o->window, &m->s->arena),
			  w->kind, place(w->keys, w->window, &m->s->arena));
	else if (!same(w->predicate, o->predicate))
		error_set(err, ERR_PLAN_CHANGED,
			  "the stored rows of %s were filtered otherwise: by"
			  " \"%s\", now by \"%s\"",
			  o->name, o->predicate, w->predicate);
	else
		error_set(err, ERR_PLAN_CHANGED,
			  "the stored state of %s has other columns: %s%s%s%s",
			  o->name, was ? "it has " : "", was ? was : "",
			  is ? (was ? ", the plan wants " : "the plan wants ")
			     : "",
			  is ? is : "");
	error_note(err, "start the job with its old statements; or clear its"
			" state: ALTER JOB ... RESET OFFSETS; or DROP JOB and"
			" submit it again");
	return -1;
}

/* State without an operator beside an operator without state is a changed
 * query: going on would lose its rows without a word. */
static int
refuse_change(struct matching *m, const struct want *w, struct error *err)
{
	const struct stored_op *lost = NULL;

	if (m->s->epoch == 0)
		return 0; /* nothing was ever in it */
	for (const struct stored_op *o = m->s->ops; o; o = o->next)
		if (!o->gone && !o->op && (!lost || is_related(w, o)))
			lost = o;
	return lost ? plan_changed(m, w, lost, err) : 0;
}

static void
add_new(struct matching *m, struct want *w)
{
	struct store *s = m->s;
	struct stored_op *n = arena_new(&s->arena, struct stored_op);

	for (const struct stored_op *o = s->ops; o; o = o->next)
		if (same(o->kind, w->kind) && o->number > n->number)
			n->number = o->number;
	n->number++;
	n->kind = w->kind;
	n->name = arena_printf(&s->arena, "%s_%u", w->kind, n->number);
	n->inputs = w->inputs;
	n->keys = w->keys;
	n->window = w->window;
	n->predicate = w->predicate;
	n->sink = w->sink;
	n->shape = w->shape;
	n->state_version = w->op->type->state_version;
	*s->ops_tail = n;
	s->ops_tail = &n->next;
	match(w, n);
}

static int
check_version(const struct want *w, struct error *err)
{
	unsigned ours = w->op->type->state_version;
	unsigned theirs = w->found->state_version;

	if (theirs == ours)
		return 0;
	return error_set(err, theirs > ours ? ERR_STORE_VERSION
					    : ERR_PLAN_CHANGED,
			 "the stored state of %s has version %u, this sluice"
			 " knows version %u",
			 w->found->name, theirs, ours);
}

static void
add_want(struct matching *m, struct op *op)
{
	const struct plan_node *node = op->node;
	struct want *w;

	for (unsigned i = 0; i < m->n; i++)
		if (m->wants[i].op == op)
			return;
	w = &m->wants[m->n++];
	*w = (struct want){
		.op = op,
		.kind = arena_strdup(&m->s->arena, node->name),
		.inputs = arena_strdup(&m->s->arena,
				       or_empty(node->meaning_inputs)),
		.keys = arena_strdup(&m->s->arena,
				     or_empty(node->meaning_keys)),
		.window = arena_strdup(&m->s->arena,
				       or_empty(node->meaning_window)),
		.predicate = arena_strdup(&m->s->arena,
					  or_empty(node->meaning_predicate)),
		.sink = arena_strdup(&m->s->arena,
				     or_empty(node->meaning_sink)),
		.shape = shape_of_op(m, op),
	};
}

int
store_match_ops(struct store *s, const struct store_client *client,
		struct error *err)
{
	struct matching m = { .s = s, .client = client };

	m.wants = arena_array(&s->arena, client->ntables, struct want);
	for (unsigned i = 0; i < client->ntables; i++)
		if (client->tables[i].def->kind == TABLE_STATE)
			add_want(&m, client->tables[i].op);
	match_exact(&m);
	if (match_other_sink(&m, err) < 0)
		return -1;
	for (unsigned i = 0; i < m.n; i++)
		if (!m.wants[i].found &&
		    refuse_change(&m, &m.wants[i], err) < 0)
			return -1;
	for (unsigned i = 0; i < m.n; i++) {
		if (!m.wants[i].found)
			add_new(&m, &m.wants[i]);
		else if (check_version(&m.wants[i], err) < 0)
			return -1;
	}
	return 0;
}

struct stored_op *
store_op_of(struct store *s, const struct op *op)
{
	for (struct stored_op *o = s->ops; o; o = o->next)
		if (o->op == op)
			return o;
	return NULL;
}
