/* SPDX-License-Identifier: Apache-2.0
 * daemon/errors.c - WHERE of these statements is a few comparisons of columns
 * with literals, for SQLite to evaluate: nothing in it can mean one thing in
 * Flink's SQL and another in SQLite's.
 */
#include "daemon/errors.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "daemon/ndjson.h"

/* ---- WHERE ---- */

static int
refuse(struct script *s, struct span at, const char *what)
{
	error_set(&s->err, ERR_ERRORS_WHERE, "%s", what);
	error_note(&s->err, "WHERE id = 5, code = 'invalid_json', source, "
		   "topic, operator; with <> < <= > >= too, joined by AND");
	parse_error_at(&s->parse, at, &s->err);
	return -1;
}

static int
find_column(struct script *s, const struct ast_expr *e,
	    enum errors_column *ret)
{
	const char *name = e->name.part[e->name.nparts - 1], *near;

	for (unsigned i = 0; i < ERRORS_COLUMNS && e->name.nparts == 1; i++)
		if (strcasecmp(errors_column_names[i], name) == 0) {
			*ret = i;
			return 0;
		}
	refuse(s, e->at, "errors are chosen by id, code, source, topic and "
	       "operator");
	near = error_nearest(name, errors_column_names, ERRORS_COLUMNS);
	if (near)
		error_hint(&s->err, "did you mean \"%s\"?", near);
	return -1;
}

static bool
is_text(const struct ast_expr *e)
{
	return e->kind == AST_LITERAL && e->type.kind == TYPE_CHAR;
}

static bool
is_number(const struct ast_expr *e)
{
	return e->kind == AST_LITERAL &&
	       (e->type.kind == TYPE_INT || e->type.kind == TYPE_BIGINT);
}

static int
add_term(struct script *s, const struct ast_expr *e, struct errors_where *w)
{
	struct errors_term *t = &w->term[w->n];
	const struct ast_expr *value;

	if (w->n == ERRORS_TERMS_MAX)
		return refuse(s, e->at, "there are more than 8 comparisons");
	if (e->kind != AST_BINARY || e->op < AST_EQ || e->op > AST_GE ||
	    e->args[0]->kind != AST_COLUMN)
		return refuse(s, e->at, "this is no comparison of a column "
			      "with a literal");
	if (find_column(s, e->args[0], &t->column) < 0)
		return -1;
	value = e->args[1];
	if (t->column == ERRORS_ID ? !is_number(value) : !is_text(value))
		return refuse(s, value->at, t->column == ERRORS_ID
			      ? "an id is a number" : "this has to be a text");
	t->compare = ERRORS_EQ + (e->op - AST_EQ);
	if (t->column == ERRORS_ID)
		t->id = value->value.i64;
	else
		t->text = arena_strndup(&s->arena, str_data(&value->value.str),
					value->value.str.len);
	w->n++;
	return 0;
}

int
errors_where_of(struct script *s, struct errors_where *ret)
{
	const struct ast_expr *e = s->stmt->where;

	*ret = (struct errors_where){ .n = 0 };
	for (; e && e->kind == AST_BINARY && e->op == AST_AND; e = e->args[0])
		if (add_term(s, e->args[1], ret) < 0)
			return -1;
	return e ? add_term(s, e, ret) : 0;
}

/* ---- answers ---- */

static void
answer_deleted(struct script *s, const struct errors_answer *a)
{
	static const char *const columns[] = { "#deleted", "#left" };

	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	ndjson_row_begin(&s->out);
	ndjson_cell_i64(&s->out, (int64_t)a->deleted);
	ndjson_cell_i64(&s->out, (int64_t)a->kept);
	ndjson_row_end(&s->out);
}

static uint64_t
tell_refused(struct script *s, const struct replay_counts *c)
{
	uint64_t sum = 0;

	for (int i = REPLAY_TAKEN + 1; i < REPLAY_REFUSALS; i++) {
		sum += c->refused[i];
		if (c->refused[i])
			ndjson_notice(&s->out, s->number,
				      arena_printf(&s->arena, "%" PRIu64
						   " cannot be replayed: %s",
						   c->refused[i],
						   replay_refusal_text[i]));
	}
	return sum;
}

static void
answer_replayed(struct script *s, const struct errors_answer *a)
{
	static const char *const columns[] = {
		"#replayed", "#succeeded", "#failed", "#late", "#refused",
	};
	const struct replay_counts *c = &a->replayed;
	uint64_t refused = tell_refused(s, c);

	ndjson_header_of(&s->out, s->number, ARRAY_LEN(columns), columns);
	ndjson_row_begin(&s->out);
	ndjson_cell_i64(&s->out, (int64_t)c->taken);
	ndjson_cell_i64(&s->out, (int64_t)(c->taken - c->failed));
	ndjson_cell_i64(&s->out, (int64_t)c->failed);
	ndjson_cell_i64(&s->out, (int64_t)c->late);
	ndjson_cell_i64(&s->out, (int64_t)refused);
	ndjson_row_end(&s->out);
}

static void
on_answer(void *arg, const struct errors_answer *a, const struct error *err)
{
	struct script *s = arg;

	if (err) {
		script_go_on(s, err);
		return;
	}
	if (s->stmt->kind == AST_STMT_DELETE_ERRORS)
		answer_deleted(s, a);
	else
		answer_replayed(s, a);
	s->rows = 1;
	script_go_on(s, NULL);
}

enum statement_rc
errors_run(struct script *s)
{
	enum errors_what what = s->stmt->kind == AST_STMT_DELETE_ERRORS
					? ERRORS_DELETE : ERRORS_REPLAY;
	struct job *j = jobs_find(s->d->jobs, s->stmt->job, &s->err);
	struct errors_where where;

	if (!j) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	if (errors_where_of(s, &where) < 0)
		return STATEMENT_FAILED;
	if (job_errors(j, what, &where, on_answer, s, &s->err) < 0) {
		parse_error_at(&s->parse, s->stmt->job_at, &s->err);
		return STATEMENT_FAILED;
	}
	s->job = arena_strdup(&s->arena, job_text_of(j).name);
	return STATEMENT_WAITS;
}
