/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_group_window.c - the older windows, which stand in GROUP BY:
 * TUMBLE(ts, size), HOP(ts, slide, size), SESSION(ts, gap). They are the table
 * functions of the same names over what WHERE leaves; TUMBLE_START(ts, size) and
 * its like in the select list are their window columns.
 */
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/binder.h"

static const struct group_window {
	const char *name;
	enum ast_window_kind kind;
	unsigned nargs;
	const char *form;
} group_windows[] = {
	{ "TUMBLE", AST_TUMBLE, 2, "TUMBLE(time_column, size)" },
	{ "HOP", AST_HOP, 3, "HOP(time_column, slide, size)" },
	{ "SESSION", AST_SESSION, 2, "SESSION(time_column, gap)" },
};

static const struct {
	const char *suffix;
	enum window_role role;
} auxiliary[] = {
	{ "_START", ROLE_START }, { "_END", ROLE_END },
	{ "_ROWTIME", ROLE_TIME }, { "_PROCTIME", ROLE_TIME },
};

/* Of TUMBLE: ROLE_NONE, of TUMBLE_END: ROLE_END. NULL: it is neither. */
static const struct group_window *
group_window_find(const char *name, enum window_role *ret_role)
{
	for (size_t i = 0; i < ARRAY_LEN(group_windows); i++) {
		const struct group_window *w = &group_windows[i];
		size_t n = strlen(w->name);

		if (strncasecmp(name, w->name, n) != 0)
			continue;
		*ret_role = ROLE_NONE;
		if (!name[n])
			return w;
		for (size_t k = 0; k < ARRAY_LEN(auxiliary); k++) {
			*ret_role = auxiliary[k].role;
			if (strcasecmp(name + n, auxiliary[k].suffix) == 0)
				return w;
		}
	}
	return NULL;
}

static bool
is_group_window(const struct ast_expr *e)
{
	enum window_role role;

	return e->kind == AST_CALL && group_window_find(e->function, &role) &&
	       role == ROLE_NONE;
}

/* ---- the arguments ---- */

/* TUMBLE(PROCTIME(), size): a column of this name, which no query can write. */
#define PROCTIME_COLUMN "PROCTIME()"

static bool
is_proctime(const struct ast_expr *e)
{
	return e->kind == AST_CALL && e->nargs == 0 && e->function &&
	       strcasecmp(e->function, "PROCTIME") == 0;
}

static struct ast_name
time_column(const struct ast_expr *e)
{
	if (e->kind == AST_COLUMN)
		return e->name;
	return (struct ast_name){ .at = e->at, .nparts = 1,
				  .part = { PROCTIME_COLUMN },
				  .part_at = { e->at } };
}

static struct expr *
proctime(struct bind *b, struct span at)
{
	struct type type = type_timestamp_ltz(3);

	type.nullable = false;
	return expr_call(FN_PROCTIME, type, at, 0, NULL, b->a);
}

/* The relation with that column behind the others. */
static void
add_proctime(struct bind *b, struct rel *rel, struct span at)
{
	const struct schema *s = &rel->node->schema;
	struct expr **exprs = arena_array(b->a, s->ncols + 1u, struct expr *);
	const char **names = arena_array(b->a, s->ncols + 1u, const char *);
	struct rel_column *cols = arena_array(b->a, rel->ncols + 1,
					      struct rel_column);

	for (uint16_t i = 0; i < s->ncols; i++) {
		exprs[i] = expr_column(i, s->cols[i].type, at, b->a);
		names[i] = s->cols[i].name;
	}
	exprs[s->ncols] = proctime(b, at);
	names[s->ncols] = PROCTIME_COLUMN;
	for (unsigned i = 0; i < rel->ncols; i++)
		cols[i] = rel->cols[i];
	cols[rel->ncols] = (struct rel_column){
		.name = PROCTIME_COLUMN, .type = exprs[s->ncols]->type,
		.column = s->ncols, .at = at,
	};
	rel->node = plan_project(b->a, rel->node, s->ncols + 1u, exprs, names);
	rel->cols = cols;
	rel->ncols++;
}

static int
check_arguments(struct bind *b, const struct group_window *form,
		const struct ast_expr *call)
{
	if (call->distinct || call->filter)
		return bind_error(b, call->op_at, ERR_ARGUMENTS,
				  "%s takes neither DISTINCT nor FILTER",
				  call->function);
	if (call->nargs == form->nargs + 1) {
		bind_error(b, call->args[form->nargs]->at, ERR_UNSUPPORTED,
			   "a window in GROUP BY cannot be moved by an offset");
		error_note(b->err, "the table function can: FROM TABLE(%s("
			   "TABLE t, DESCRIPTOR(ts), ..., offset))",
			   form->name);
		return -1;
	}
	if (call->nargs != form->nargs ||
	    (call->args[0]->kind != AST_COLUMN &&
	     !is_proctime(call->args[0]))) {
		bind_error(b, call->at, ERR_ARGUMENTS, "%s in GROUP BY needs a "
			   "time column and %s", form->name,
			   form->nargs == 3 ? "two intervals" : "an interval");
		error_note(b->err, "%s", form->form);
		return -1;
	}
	return 0;
}

static int
bind_arguments(struct bind *b, const struct rel *rel,
	       const struct group_window *form, const struct ast_expr *call,
	       struct plan_window *ret)
{
	struct ast_from from = {
		.kind = AST_FROM_WINDOW, .window = form->kind, .at = call->at,
		.grouped = true,
	};

	if (check_arguments(b, form, call) < 0)
		return -1;
	from.time_column = time_column(call->args[0]);
	from.size = call->args[form->nargs - 1];
	if (form->nargs == 3)
		from.slide = call->args[1];
	return bind_window_arguments(b, &from, rel, ret);
}

static bool
same_window(const struct plan_window *a, const struct plan_window *b)
{
	return a->kind == b->kind && a->time_col == b->time_col &&
	       a->size_us == b->size_us && a->slide_us == b->slide_us;
}

/* ---- GROUP BY ---- */

static const struct ast_expr *
find_call(const struct ast_group_item *list)
{
	for (; list; list = list->next) {
		const struct ast_expr *e = find_call(list->items);

		if (e)
			return e;
		for (e = list->keys; e; e = e->next)
			if (is_group_window(e))
				return e;
	}
	return NULL;
}

int
bind_group_window(struct bind *b, const struct ast_query *q, struct rel *rel)
{
	const struct ast_expr *call = find_call(q->group_by);
	struct rel_column *cols;
	enum window_role role;

	if (!call)
		return 0;
	if (rel->state == WINDOW_PENDING)
		bind_assign(b, rel);
	rel->window = (struct plan_window){ 0 };
	if (call->nargs > 0 && is_proctime(call->args[0]))
		add_proctime(b, rel, call->args[0]->at);
	if (bind_arguments(b, rel, group_window_find(call->function, &role),
			   call, &rel->window) < 0)
		return -1;
	cols = arena_array(b->a, rel->ncols, struct rel_column);
	for (unsigned i = 0; i < rel->ncols; i++) {
		cols[i] = rel->cols[i];
		cols[i].role = ROLE_NONE; /* of an inner window, if any */
	}
	rel->cols = cols;
	rel->state = WINDOW_PENDING;
	rel->window_at = call->at;
	rel->group_window = true;
	return 0;
}

static struct expr *
window_column(struct bind *b, const struct rel *rel, enum window_role role,
	      struct span at)
{
	struct type type = type_timestamp(3);

	if (role == ROLE_TIME && rel->window.is_ltz)
		type = type_timestamp_ltz(3);
	type.nullable = false;
	return expr_column(VIRTUAL_COLUMN(role), type, at, b->a);
}

int
bind_window_key(struct bind *b, const struct rel *rel,
		const struct ast_expr *ast, struct expr **ret_start,
		struct expr **ret_end)
{
	const struct group_window *form;
	struct plan_window w = { .kind = WINDOW_TUMBLE };
	enum window_role role;

	if (!rel->group_window || !is_group_window(ast))
		return 0;
	form = group_window_find(ast->function, &role);
	if (bind_arguments(b, rel, form, ast, &w) < 0)
		return -1;
	if (!same_window(&w, &rel->window))
		return bind_error(b, ast->at, ERR_INVALID_WINDOW,
				  "GROUP BY takes one window, this is another");
	*ret_start = window_column(b, rel, ROLE_START, ast->at);
	*ret_end = window_column(b, rel, ROLE_END, ast->at);
	return 1;
}

/* ---- the select list ---- */

int
bind_window_call(struct bind *b, const struct scope *s,
		 const struct ast_expr *ast, struct expr **ret)
{
	struct plan_window w = { .kind = WINDOW_TUMBLE };
	enum window_role role;
	const struct group_window *form = group_window_find(ast->function,
							    &role);
	const char *suffix;

	if (!form)
		return 0;
	if (role == ROLE_NONE) {
		bind_error(b, ast->op_at, ERR_INVALID_WINDOW,
			   "%s stands in FROM, or by itself in GROUP BY",
			   form->name);
		error_note(b->err, "%s_START, %s_END and %s_ROWTIME with the "
			   "same arguments are the window's columns",
			   form->name, form->name, form->name);
		return -1;
	}
	if (s->rel->group_window &&
	    bind_arguments(b, s->rel, form, ast, &w) < 0)
		return -1;
	if (!s->rel->group_window || !same_window(&w, &s->rel->window)) {
		bind_error(b, ast->at, ERR_INVALID_WINDOW,
			   "%s needs %s with the same arguments in GROUP BY",
			   ast->function, form->name);
		if (!s->grouped)
			error_note(b->err, "it stands in SELECT and HAVING");
		return -1;
	}
	suffix = ast->function + strlen(form->name);
	if (w.is_proctime && strcasecmp(suffix, "_ROWTIME") == 0) {
		bind_error(b, ast->op_at, ERR_INVALID_WINDOW, "%s is of windows "
			   "over event time, this one goes by the clock",
			   ast->function);
		error_hint(b->err, "%s_PROCTIME is its time", form->name);
		return -1;
	}
	if (!w.is_proctime && strcasecmp(suffix, "_PROCTIME") == 0) {
		*ret = proctime(b, ast->at);
		return 1;
	}
	*ret = window_column(b, s->rel, role, ast->at);
	return 1;
}
