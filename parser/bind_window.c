/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_window.c - TUMBLE, HOP, CUMULATE and SESSION in FROM. The window
 * columns stay promises until a GROUP BY turns them into a window aggregate, or
 * something else wants the rows themselves (bind_assign.c).
 */
#include <string.h>

#include "base/check.h"
#include "base/time.h"
#include "parser/binder.h"

static const char *const window_names[] = {
	[AST_TUMBLE] = "TUMBLE", [AST_HOP] = "HOP",
	[AST_CUMULATE] = "CUMULATE", [AST_SESSION] = "SESSION",
};

bool
window_equal(const struct plan_window *a, const struct plan_window *b)
{
	return a->kind == b->kind && a->kind != WINDOW_SESSION &&
	       a->is_ltz == b->is_ltz && a->is_proctime == b->is_proctime &&
	       a->size_us == b->size_us && a->slide_us == b->slide_us &&
	       a->offset_us == b->offset_us;
}

/* ---- sizes ---- */

static int
bind_length(struct bind *b, const struct ast_expr *ast, const char *what,
	    int64_t *ret_us)
{
	struct rel none = { .ncols = 0 };
	struct scope scope = { .rel = &none, .clause = "a window's size" };
	struct expr *e;

	if (bind_expr(b, &scope, ast, &e) < 0)
		return -1;
	if (e->type.kind == TYPE_INTERVAL_MONTH)
		return bind_error(b, ast->at, ERR_INVALID_WINDOW,
				  "the %s of a window has days, hours, minutes "
				  "or seconds: months differ in length", what);
	if (e->kind != EXPR_LITERAL || e->type.kind != TYPE_INTERVAL_MS ||
	    e->value.is_null) {
		bind_error(b, ast->at, ERR_INVALID_WINDOW,
			   "the %s of a window is an interval written out",
			   what);
		error_hint(b->err, "such as INTERVAL '10' SECOND");
		return -1;
	}
	if (__builtin_mul_overflow(e->value.i64, US_PER_MS, ret_us))
		return bind_error(b, ast->at, ERR_INVALID_WINDOW,
				  "the %s is too large", what);
	return 0;
}

static int
bind_positive(struct bind *b, const struct ast_expr *ast, const char *what,
	      int64_t *ret_us)
{
	if (bind_length(b, ast, what, ret_us) < 0)
		return -1;
	if (*ret_us > 0)
		return 0;
	return bind_error(b, ast->at, ERR_INVALID_WINDOW,
			  "the %s of a window is more than 0", what);
}

/* Of HOP in GROUP BY: rows are kept in slices that divide size and slide. */
#define SLICES_MAX 10000

static int
check_slices(struct bind *b, const struct ast_from *from,
	     const struct plan_window *w)
{
	int64_t slice = common_divisor(w->size_us, w->slide_us);

	if (slice == w->slide_us || (w->size_us / slice <= SLICES_MAX &&
				     w->slide_us / slice <= SLICES_MAX))
		return 0;
	bind_error(b, from->size->at, ERR_LIMIT, "size and slide have %lld ms "
		   "in common only: a window would be of more than %d slices",
		   (long long)(slice / US_PER_MS), SLICES_MAX);
	error_hint(b->err, "take a size that is a multiple of the slide");
	return -1;
}

static int
check_multiple(struct bind *b, const struct ast_from *from,
	       const struct plan_window *w)
{
	const char *part = w->kind == WINDOW_HOP ? "slide" : "step";

	if (from->grouped)
		return check_slices(b, from, w);
	if (w->size_us % w->slide_us == 0)
		return 0;
	bind_error(b, from->size->at, ERR_INVALID_WINDOW,
		   "%s needs a size that is a multiple of its %s: %lld ms is "
		   "no multiple of %lld ms", window_names[from->window], part,
		   (long long)(w->size_us / US_PER_MS),
		   (long long)(w->slide_us / US_PER_MS));
	error_hint(b->err, "first the %s, then the size", part);
	return -1;
}

static int
bind_offset(struct bind *b, const struct ast_from *from, struct plan_window *w)
{
	int64_t us, period = w->kind == WINDOW_HOP ? w->slide_us : w->size_us;

	if (!from->offset)
		return 0;
	if (bind_length(b, from->offset, "offset", &us) < 0)
		return -1;
	if (us >= w->size_us || us <= -w->size_us)
		return bind_error(b, from->offset->at, ERR_INVALID_WINDOW,
				  "a window's offset is smaller than its size");
	w->offset_us = floor_mod(us, period);
	return 0;
}

static int
bind_sizes(struct bind *b, const struct ast_from *from, struct plan_window *w)
{
	static const enum window_kind kinds[] = {
		[AST_TUMBLE] = WINDOW_TUMBLE, [AST_HOP] = WINDOW_HOP,
		[AST_CUMULATE] = WINDOW_CUMULATE,
		[AST_SESSION] = WINDOW_SESSION,
	};

	w->kind = kinds[from->window];
	if (bind_positive(b, from->size,
			  w->kind == WINDOW_SESSION ? "gap" : "size",
			  &w->size_us) < 0)
		return -1;
	w->slide_us = w->size_us;
	if (from->slide) {
		if (bind_positive(b, from->slide,
				  w->kind == WINDOW_HOP ? "slide" : "step",
				  &w->slide_us) < 0 ||
		    check_multiple(b, from, w) < 0)
			return -1;
	}
	return bind_offset(b, from, w);
}

/* ---- the time column ---- */

static int
no_time_attribute(struct bind *b, const struct ast_from *from,
		  const struct rel *rel, const char *name)
{
	const char *table = rel->name ? rel->name : "the input";

	bind_error(b, from->time_column.at, ERR_NO_TIME_ATTRIBUTE,
		   "\"%s\" is no time attribute: a window needs a column for "
		   "which the table declares WATERMARK", name);
	for (unsigned i = 0; i < rel->ncols; i++) {
		const struct rel_column *c = &rel->cols[i];

		if (!IS_VIRTUAL(c->column) &&
		    rel->node->schema.cols[c->column].time) {
			error_hint(b->err, "\"%s\" of %s is one", c->name,
				   table);
			return -1;
		}
	}
	error_note(b->err, "in CREATE TABLE: WATERMARK FOR %s AS %s - INTERVAL "
		   "'5' SECOND; or, for windows by the clock, a column AS "
		   "PROCTIME()", name, name);
	return -1;
}

static int
bind_time_column(struct bind *b, const struct ast_from *from,
		 const struct rel *rel, struct plan_window *w)
{
	struct scope scope = { .rel = rel, .clause = "a window" };
	struct ast_expr ast = { .kind = AST_COLUMN,
				.at = from->time_column.at,
				.name = from->time_column };
	const struct schema_column *col;
	struct expr *e;

	if (bind_expr(b, &scope, &ast, &e) < 0)
		return -1;
	if (IS_VIRTUAL(e->column))
		return no_time_attribute(b, from, rel, ast.name.part[0]);
	col = &rel->node->schema.cols[e->column];
	if (col->time == TIME_ATTR_NONE)
		return no_time_attribute(b, from, rel, ast.name.part[
					 ast.name.nparts - 1]);
	w->time_col = e->column;
	w->is_proctime = col->time == TIME_ATTR_PROCTIME;
	w->is_ltz = col->type.kind == TYPE_TIMESTAMP_LTZ;
	return 0;
}

/* ---- the relation ---- */

static const char *
fresh_name(struct bind *b, const struct rel *rel, const char *name)
{
	for (unsigned i = 0; i < rel->ncols; i++)
		if (strcmp(rel->cols[i].name, name) == 0)
			return fresh_name(b, rel, arena_printf(b->a, "%s0",
							       name));
	return name;
}

static void
add_window_columns(struct bind *b, const struct rel *in, struct rel *ret)
{
	static const char *const names[] = {
		[ROLE_START] = "window_start", [ROLE_END] = "window_end",
		[ROLE_TIME] = "window_time",
	};
	struct rel_column *cols = arena_array(b->a, in->ncols + 3,
					      struct rel_column);

	*ret = *in;
	ret->cols = cols;
	for (unsigned i = 0; i < in->ncols; i++) {
		cols[i] = in->cols[i];
		cols[i].role = ROLE_NONE; /* of an inner window, if any */
	}
	for (enum window_role r = ROLE_START; r <= ROLE_TIME; r++) {
		struct rel_column *c = &cols[ret->ncols];

		c->name = fresh_name(b, in, names[r]);
		c->qualifier = in->ncols ? in->cols[0].qualifier : NULL;
		c->type = type_timestamp(3);
		if (r == ROLE_TIME && ret->window.is_ltz)
			c->type = type_timestamp_ltz(3);
		c->type.nullable = false;
		c->role = r;
		c->column = VIRTUAL_COLUMN(r);
		ret->ncols++;
	}
}

static int
bind_partition(struct bind *b, const struct ast_from *from,
	       const struct rel *rel, struct plan_window *w)
{
	struct scope scope = { .rel = rel, .clause = "PARTITION BY" };
	unsigned n = 0;

	for (const struct ast_expr *k = from->partition; k; k = k->next)
		n++;
	w->partition = arena_array(b->a, n, uint16_t);
	for (const struct ast_expr *k = from->partition; k; k = k->next) {
		struct expr *e;

		if (bind_expr(b, &scope, k, &e) < 0)
			return -1;
		w->partition[w->npartition++] = e->column;
	}
	return 0;
}

int
bind_window_arguments(struct bind *b, const struct ast_from *from,
		      const struct rel *in, struct plan_window *ret)
{
	if (bind_time_column(b, from, in, ret) < 0)
		return -1;
	return bind_sizes(b, from, ret);
}

int
bind_window(struct bind *b, const struct ast_from *from, struct rel *ret)
{
	struct plan_window w = { .kind = WINDOW_TUMBLE };
	struct rel in;

	CHECK(from->table);
	if (bind_from(b, from->table, &in) < 0)
		return -1;
	if (in.state == WINDOW_PENDING)
		bind_assign(b, &in);
	if (bind_window_arguments(b, from, &in, &w) < 0 ||
	    bind_partition(b, from, &in, &w) < 0)
		return -1;
	in.state = WINDOW_PENDING;
	in.window = w;
	in.window_at = from->at;
	add_window_columns(b, &in, ret);
	return 0;
}
