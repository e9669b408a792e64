/* SPDX-License-Identifier: Apache-2.0
 * parser/bind_time.c - functions of time that the signatures of functions.def
 * do not tell: units that fit no type, sums and periods made of simpler calls,
 * and the ones that need a time attribute.
 */
#include <string.h>

#include "base/check.h"
#include "base/time_unit.h"
#include "parser/binder.h"

static const char *
type_of(const struct expr *e, char out[TYPE_NAME_MAX])
{
	struct type t = e->type;

	t.nullable = true;
	return type_name(t, out);
}

/* The unit that argument `arg` names; false: it is no literal. */
static bool
unit_of(const struct expr *call, unsigned arg, enum time_unit *ret)
{
	const struct expr *e = call->args[arg];

	if (e->kind != EXPR_LITERAL || e->value.is_null ||
	    phys_of(e->type) != PHYS_STR)
		return false;
	return time_unit_find(str_data(&e->value.str), e->value.str.len, ret);
}

/* ---- which unit fits ---- */

static bool
extracts(enum time_unit unit, struct type t)
{
	bool of_day = unit >= UNIT_HOUR && unit <= UNIT_MILLISECOND;

	switch (t.kind) {
	case TYPE_DATE: /* has no time of day */
		return unit <= UNIT_DAY || unit == UNIT_EPOCH;
	case TYPE_TIME:
		return of_day;
	case TYPE_INTERVAL_MONTH:
		return unit == UNIT_YEAR || unit == UNIT_QUARTER ||
		       unit == UNIT_MONTH;
	case TYPE_INTERVAL_MS:
		return unit == UNIT_DAY || of_day;
	default:
		return true;
	}
}

static bool
rounds(enum time_unit unit, struct type t)
{
	if (!time_unit_rounds(unit))
		return false;
	if (t.kind == TYPE_DATE)
		return unit <= UNIT_DAY;
	return t.kind != TYPE_TIME || unit > UNIT_DAY;
}

/* Clocks of different zones are not counted apart. */
static int
check_same_clock(struct bind *b, const struct expr *call)
{
	bool from = call->args[1]->type.kind == TYPE_TIMESTAMP_LTZ;
	bool to = call->args[2]->type.kind == TYPE_TIMESTAMP_LTZ;
	char na[TYPE_NAME_MAX], nb[TYPE_NAME_MAX];

	if (from == to)
		return 0;
	bind_error(b, call->at, ERR_ARGUMENTS,
		   "TIMESTAMPDIFF does not take (%s, %s)",
		   type_of(call->args[1], na), type_of(call->args[2], nb));
	error_hint(b->err, "CAST one of them to the other's type");
	return -1;
}

int
bind_check_unit(struct bind *b, const struct expr *call)
{
	unsigned arg = call->function == FN_FLOOR || call->function == FN_CEIL;
	char type[TYPE_NAME_MAX];
	enum time_unit unit;
	bool fits;

	if (call->nargs < 2 || !unit_of(call, arg, &unit))
		return 0;
	if (call->nargs == 3 && check_same_clock(b, call) < 0)
		return -1;
	if (arg == 1)
		fits = rounds(unit, call->args[0]->type);
	else if (call->function == FN_EXTRACT)
		fits = extracts(unit, call->args[1]->type);
	else
		fits = time_unit_counts(unit);
	if (fits)
		return 0;
	return bind_error(b, call->args[arg]->at, ERR_ARGUMENTS,
			  "%s of %s knows no unit %s",
			  function_get(call->function)->name,
			  type_of(call->args[1 - arg], type),
			  time_unit_name(unit));
}

/* ---- TIMESTAMPADD ---- */

static bool
interval_unit(enum time_unit unit, enum ast_unit *ret)
{
	switch (unit) {
	case UNIT_YEAR:
		*ret = AST_YEAR;
		return true;
	case UNIT_QUARTER:
		*ret = AST_QUARTER;
		return true;
	case UNIT_MONTH:
		*ret = AST_MONTH;
		return true;
	case UNIT_WEEK:
		*ret = AST_WEEK;
		return true;
	case UNIT_DAY:
		*ret = AST_DAY;
		return true;
	case UNIT_HOUR:
		*ret = AST_HOUR;
		return true;
	case UNIT_MINUTE:
		*ret = AST_MINUTE;
		return true;
	case UNIT_SECOND:
		*ret = AST_SECOND;
		return true;
	default:
		return false;
	}
}

/* TIMESTAMPADD(unit, n, t): t + INTERVAL n unit. */
static int
bind_timestampadd(struct bind *b, const struct ast_expr *ast,
		  struct expr **args, struct expr **ret)
{
	struct expr *sum[2] = { args[2], NULL }, wanted = { .nargs = 3 };
	struct type t = args[2]->type;
	char type[TYPE_NAME_MAX];
	enum ast_unit unit = AST_DAY;
	enum time_unit named;

	wanted.args = args;
	if (!unit_of(&wanted, 0, &named) || !interval_unit(named, &unit) ||
	    (t.kind == TYPE_TIME && unit < AST_HOUR))
		return bind_error(b, args[0]->at, ERR_ARGUMENTS,
				  "TIMESTAMPADD of %s knows no such unit",
				  type_of(args[2], type));
	if (t.kind == TYPE_DATE && unit >= AST_HOUR)
		t = type_timestamp(6);
	if (t.kind == TYPE_NULL)
		t = type_timestamp(3);
	if (bind_convert(b, args[2], t, &sum[0]) < 0 ||
	    bind_interval_of(b, ast->at, unit, args[1], &sum[1]) < 0)
		return -1;
	return bind_make_call(b, FN_ADD, ast->at, ast->op_at, 2, sum, ret);
}

/* ---- OVERLAPS ---- */

static int
call_of(struct bind *b, enum function_id id, struct span at, struct expr *x,
	struct expr *y, struct expr *z, struct expr **ret)
{
	struct expr *args[3] = { x, y, z };

	return bind_make_call(b, id, at, at, z ? 3 : 2, args, ret);
}

/* The ends of a period in order; a duration is made an end first. */
static int
bind_period(struct bind *b, struct span at, struct expr **args,
	    struct expr **ret_first, struct expr **ret_last)
{
	struct expr *begin = args[0], *end = args[1], *forward;

	if (type_is_interval(end->type) &&
	    call_of(b, FN_ADD, at, begin, end, NULL, &end) < 0)
		return -1;
	if (call_of(b, FN_LE, at, begin, end, NULL, &forward) < 0 ||
	    call_of(b, FN_IF, at, forward, begin, end, ret_first) < 0)
		return -1;
	return call_of(b, FN_IF, at, forward, end, begin, ret_last);
}

/* Four times of one type; the second of a pair may be a duration. */
static int
check_periods(struct bind *b, struct expr **args)
{
	char type[TYPE_NAME_MAX], other[TYPE_NAME_MAX];

	for (unsigned i = 0; i < 4; i++) {
		struct type t = args[i]->type;

		if (t.kind == TYPE_NULL ||
		    (i % 2 == 1 && type_is_interval(t)))
			continue;
		if (!type_is_instant(t) && t.kind != TYPE_DATE &&
		    t.kind != TYPE_TIME)
			return bind_error(b, args[i]->at, ERR_ARGUMENTS,
					  "OVERLAPS compares times, this is "
					  "%s", type_of(args[i], type));
		if (t.kind == args[0]->type.kind ||
		    args[0]->type.kind == TYPE_NULL)
			continue;
		bind_error(b, args[i]->at, ERR_ARGUMENTS, "OVERLAPS compares "
			   "times of one type, these are %s and %s",
			   type_of(args[0], other), type_of(args[i], type));
		error_hint(b->err, "CAST one of them to the other's type");
		return -1;
	}
	return 0;
}

/* Neither ends before the other begins. */
static int
bind_overlaps(struct bind *b, const struct ast_expr *ast, struct expr **args,
	      struct expr **ret)
{
	struct expr *first[2], *last[2], *left, *right;

	if (check_periods(b, args) < 0)
		return -1;
	for (unsigned i = 0; i < 2; i++)
		if (bind_period(b, ast->at, args + 2 * i, &first[i],
				&last[i]) < 0)
			return -1;
	if (call_of(b, FN_GE, ast->at, last[0], first[1], NULL, &left) < 0 ||
	    call_of(b, FN_GE, ast->at, last[1], first[0], NULL, &right) < 0)
		return -1;
	return call_of(b, FN_AND, ast->at, left, right, NULL, ret);
}

/* ---- the clock and the watermark ---- */

/* The SQL standard's words for the clock have no parentheses. */
int
bind_check_braces(struct bind *b, const struct ast_expr *ast,
		  const struct function *f)
{
	bool bare = f->id == FN_CURRENT_TIMESTAMP ||
		    f->id == FN_CURRENT_DATE || f->id == FN_CURRENT_TIME ||
		    f->id == FN_LOCALTIME || f->id == FN_LOCALTIMESTAMP;

	if (!bare || !ast->braces)
		return 0;
	return bind_error(b, ast->at, ERR_ARGUMENTS,
			  "%s is written without parentheses", f->name);
}

int
bind_check_rowtime(struct bind *b, const struct scope *s,
		   const struct expr *arg)
{
	const struct plan_node *n = s->rel->node;

	if (n && arg->kind == EXPR_COLUMN && !IS_VIRTUAL(arg->column) &&
	    n->schema.cols[arg->column].time == TIME_ATTR_ROWTIME)
		return 0;
	bind_error(b, arg->at, ERR_NO_TIME_ATTRIBUTE,
		   "CURRENT_WATERMARK needs a column that has a watermark");
	error_note(b->err, "declare WATERMARK FOR ts AS ts - INTERVAL '5' "
		   "SECOND in the table, and give the column ts itself");
	return -1;
}

int
bind_rewritten(struct bind *b, const struct ast_expr *ast,
	       const struct function *f, struct expr **args, struct expr **ret)
{
	CHECK(ast->nargs == (f->id == FN_OVERLAPS ? 4 : 3)); /* the grammar */
	if (f->id == FN_OVERLAPS)
		return bind_overlaps(b, ast, args, ret);
	CHECK(f->id == FN_TIMESTAMPADD);
	return bind_timestampadd(b, ast, args, ret);
}
