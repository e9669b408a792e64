/* SPDX-License-Identifier: Apache-2.0
 * parser/ast.c - ast_dump(): the tree as text, a line for each clause, with
 * expressions in prefix form, so that a test can say what was understood.
 */
#include "parser/ast.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/time.h"
#include "parser/parse.h"

static const char *const op_text[] = {
	[AST_OP_NONE] = "?", [AST_NEG] = "-", [AST_PLUS] = "+",
	[AST_NOT] = "NOT", [AST_ADD] = "+", [AST_SUB] = "-", [AST_MUL] = "*",
	[AST_DIV] = "/", [AST_MOD] = "%", [AST_CONCAT] = "||", [AST_EQ] = "=",
	[AST_NE] = "<>", [AST_LT] = "<", [AST_LE] = "<=", [AST_GT] = ">",
	[AST_GE] = ">=", [AST_AND] = "AND", [AST_OR] = "OR",
};

static const char *const is_text[] = {
	[AST_IS_NULL] = "NULL", [AST_IS_TRUE] = "TRUE",
	[AST_IS_FALSE] = "FALSE", [AST_IS_UNKNOWN] = "UNKNOWN",
	[AST_IS_DISTINCT_FROM] = "DISTINCT FROM",
	[AST_IS_JSON_VALUE] = "JSON", [AST_IS_JSON_SCALAR] = "JSON SCALAR",
	[AST_IS_JSON_ARRAY] = "JSON ARRAY",
	[AST_IS_JSON_OBJECT] = "JSON OBJECT",
};

static const char *const unit_text[] = {
	[AST_YEAR] = "YEAR", [AST_QUARTER] = "QUARTER", [AST_MONTH] = "MONTH",
	[AST_WEEK] = "WEEK", [AST_DAY] = "DAY", [AST_HOUR] = "HOUR",
	[AST_MINUTE] = "MINUTE", [AST_SECOND] = "SECOND",
	[AST_MILLISECOND] = "MILLISECOND",
};

static void dump_expr(struct buf *out, const struct ast_expr *e);
static void dump_query(struct buf *out, const struct ast_query *q, int depth);

/* ---- expressions ---- */

static void
dump_name(struct buf *out, const struct ast_name *name)
{
	for (unsigned i = 0; i < name->nparts; i++)
		buf_printf(out, "%s%s", i ? "." : "", name->part[i]);
}

static void
dump_text(struct buf *out, const char *text, size_t n)
{
	buf_putc(out, '\'');
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\'')
			buf_putc(out, '\'');
		buf_putc(out, text[i]);
	}
	buf_putc(out, '\'');
}

static void
dump_type(struct buf *out, struct type t)
{
	type_print(out, t);
}

static void
dump_number(struct buf *out, const struct ast_expr *e)
{
	char text[DECIMAL_TEXT_MAX];
	i128 v = phys_of(e->type) == PHYS_I128 ? e->value.i128 : e->value.i64;
	struct type t = e->type;

	buf_append(out, text, decimal_format(v, e->type.scale, text));
	if (t.kind == TYPE_INT)
		return;
	t.nullable = true;
	buf_putc(out, ':');
	dump_type(out, t);
}

static void
dump_instant(struct buf *out, const struct ast_expr *e)
{
	char text[TIME_TEXT_MAX];
	size_t n;

	if (e->type.kind == TYPE_DATE) {
		buf_puts(out, "DATE ");
		n = date_format(e->value.i64, text);
	} else if (e->type.kind == TYPE_TIME) {
		buf_puts(out, "TIME ");
		n = time_format(e->value.i64, e->type.precision, text);
	} else {
		buf_puts(out, "TIMESTAMP ");
		n = us_format(e->value.i64, e->type.precision, ' ', text);
	}
	dump_text(out, text, n);
}

static void
dump_literal(struct buf *out, const struct ast_expr *e)
{
	if (e->value.is_null) {
		buf_puts(out, e->type.kind == TYPE_NULL ? "NULL" : "UNKNOWN");
		return;
	}
	switch ((enum type_kind)e->type.kind) {
	case TYPE_BOOLEAN:
		buf_puts(out, e->value.u8 ? "TRUE" : "FALSE");
		break;
	case TYPE_DOUBLE:
		buf_f64(out, e->value.f64);
		break;
	case TYPE_CHAR:
		dump_text(out, str_data(&e->value.str), e->value.str.len);
		break;
	case TYPE_BINARY:
		buf_puts(out, "X'");
		for (uint32_t i = 0; i < e->value.str.len; i++)
			buf_printf(out, "%02X", (unsigned char)
				   str_data(&e->value.str)[i]);
		buf_putc(out, '\'');
		break;
	case TYPE_DATE:
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
		dump_instant(out, e);
		break;
	case TYPE_INTERVAL_MONTH:
		buf_printf(out, "%lldmonths", (long long)e->value.i64);
		break;
	case TYPE_INTERVAL_MS:
		buf_printf(out, "%lldms", (long long)e->value.i64);
		break;
	default:
		dump_number(out, e);
	}
}

/* " a b" */
static void
dump_args(struct buf *out, const struct ast_expr *e)
{
	for (unsigned i = 0; i < e->nargs; i++) {
		buf_putc(out, ' ');
		dump_expr(out, e->args[i]);
	}
}

/* "(+ (+ a b) c)": down the left operands, and back up. */
static void
dump_chain(struct buf *out, const struct ast_expr *e)
{
	const struct ast_expr **chain, *last = e;
	unsigned n = 0;

	for (; last->kind == AST_BINARY; last = last->args[0])
		n++;
	chain = mem_alloc(n * sizeof(*chain));
	for (unsigned i = 0; i < n; i++, e = e->args[0]) {
		buf_printf(out, "(%s ", op_text[e->op]);
		chain[i] = e;
	}
	dump_expr(out, last);
	while (n-- > 0) {
		buf_putc(out, ' ');
		dump_expr(out, chain[n]->args[1]);
		buf_putc(out, ')');
	}
	free(chain);
}

static void
dump_json(struct buf *out, const struct ast_expr *e)
{
	static const char *const on[] = {
		[JSON_ON_NULL] = "NULL", [JSON_ON_ERROR] = "ERROR",
		[JSON_ON_DEFAULT] = "DEFAULT", [JSON_ON_TRUE] = "TRUE",
		[JSON_ON_FALSE] = "FALSE", [JSON_ON_UNKNOWN] = "UNKNOWN",
		[JSON_ON_EMPTY_ARRAY] = "EMPTY ARRAY",
		[JSON_ON_EMPTY_OBJECT] = "EMPTY OBJECT",
	};
	static const char *const wrapper[] = {
		[JSON_WRAPPER_CONDITIONAL] = "CONDITIONAL",
		[JSON_WRAPPER_ALWAYS] = "UNCONDITIONAL",
	};

	if (e->returning) {
		buf_puts(out, " RETURNING ");
		dump_type(out, e->cast_type.type);
	}
	if (e->json.wrapper != JSON_WRAPPER_NONE)
		buf_printf(out, " WITH %s WRAPPER", wrapper[e->json.wrapper]);
	if (e->json.on_empty != JSON_ON_NULL)
		buf_printf(out, " %s ON EMPTY", on[e->json.on_empty]);
	if (e->json.on_error != JSON_ON_NULL)
		buf_printf(out, " %s ON ERROR", on[e->json.on_error]);
	if (e->json.absent)
		buf_puts(out, " ABSENT ON NULL");
}

static void
dump_call(struct buf *out, const struct ast_expr *e)
{
	buf_printf(out, "(%s", e->function);
	if (!e->braces)
		buf_puts(out, " bare");
	if (e->distinct)
		buf_puts(out, " DISTINCT");
	dump_args(out, e);
	dump_json(out, e);
	if (e->filter) {
		buf_puts(out, " FILTER ");
		dump_expr(out, e->filter);
	}
	buf_putc(out, ')');
}

/* "(BETWEEN", up to where the operands begin. */
static void
dump_head(struct buf *out, const struct ast_expr *e)
{
	static const char *const words[] = {
		[AST_IS] = "IS", [AST_BETWEEN] = "BETWEEN", [AST_IN] = "IN",
		[AST_LIKE] = "LIKE", [AST_SIMILAR] = "SIMILAR TO",
		[AST_CASE] = "CASE", [AST_CAST] = "CAST",
		[AST_ARRAY] = "ARRAY", [AST_MAP] = "MAP", [AST_ROW] = "ROW",
		[AST_ITEM] = "ITEM", [AST_FIELD] = "FIELD",
		[AST_INTERVAL] = "INTERVAL",
	};
	const char *not = e->negated ? "NOT " : "";

	if (e->kind == AST_UNARY) {
		buf_printf(out, "(%s", op_text[e->op]);
		return;
	}
	CHECK(e->kind < ARRAY_LEN(words) && words[e->kind]);
	if (e->kind == AST_IS)
		buf_printf(out, "(IS %s%s", not, is_text[e->is]);
	else
		buf_printf(out, "(%s%s%s%s", not, e->is_try ? "TRY_" : "",
			   words[e->kind], e->symmetric ? " SYMMETRIC" : "");
}

/* What stands behind the operands of some. */
static void
dump_tail(struct buf *out, const struct ast_expr *e)
{
	switch (e->kind) {
	case AST_CAST:
		buf_puts(out, " AS ");
		dump_type(out, e->cast_type.type);
		break;
	case AST_FIELD:
		buf_printf(out, " %s", e->name.part[0]);
		break;
	case AST_INTERVAL:
		buf_printf(out, " %s", unit_text[e->unit]);
		break;
	default:
		break;
	}
}

static void
dump_expr(struct buf *out, const struct ast_expr *e)
{
	if (!e) {
		buf_putc(out, '-');
		return;
	}
	switch (e->kind) {
	case AST_COLUMN:
		dump_name(out, &e->name);
		break;
	case AST_STAR:
		dump_name(out, &e->name);
		buf_puts(out, e->name.nparts ? ".*" : "*");
		break;
	case AST_LITERAL:
		dump_literal(out, e);
		break;
	case AST_CALL:
		dump_call(out, e);
		break;
	case AST_BINARY:
		dump_chain(out, e);
		break;
	case AST_QUERY:
		buf_puts(out, "(query\n");
		dump_query(out, e->query, 3);
		buf_putc(out, ')');
		break;
	default:
		dump_head(out, e);
		dump_args(out, e);
		dump_tail(out, e);
		buf_putc(out, ')');
	}
}

/* ---- clauses ---- */

static void
indent(struct buf *out, int depth)
{
	buf_printf(out, "%*s", depth * 2, "");
}

/* "  head expr expr ...\n"; nothing for an empty list. */
static void
dump_exprs(struct buf *out, int depth, const char *head,
	   const struct ast_expr *list)
{
	if (!list)
		return;
	indent(out, depth);
	buf_puts(out, head);
	for (; list; list = list->next) {
		buf_putc(out, ' ');
		dump_expr(out, list);
	}
	buf_putc(out, '\n');
}

static void
dump_options(struct buf *out, int depth, const char *head,
	     const struct ast_option *o)
{
	for (; o; o = o->next) {
		indent(out, depth);
		buf_printf(out, "%s '%s' = '%s'\n", head, o->key, o->value);
	}
}

static void
dump_comment(struct buf *out, int depth, const char *comment)
{
	if (!comment)
		return;
	indent(out, depth);
	buf_printf(out, "comment '%s'\n", comment);
}

static const char *
window_text(enum ast_window_kind kind)
{
	static const char *const text[] = {
		[AST_TUMBLE] = "tumble", [AST_HOP] = "hop",
		[AST_CUMULATE] = "cumulate", [AST_SESSION] = "session",
	};

	return text[kind];
}

static void
dump_from(struct buf *out, const struct ast_from *f, int depth)
{
	indent(out, depth);
	buf_puts(out, "from ");
	if (f->kind == AST_FROM_TABLE)
		dump_name(out, &f->name);
	else if (f->kind == AST_FROM_QUERY)
		buf_puts(out, "query");
	else
		buf_printf(out, "%s by ", window_text(f->window));
	if (f->kind == AST_FROM_WINDOW)
		dump_name(out, &f->time_column);
	if (f->alias)
		buf_printf(out, " as %s", f->alias);
	buf_putc(out, '\n');
	dump_exprs(out, depth + 1, "columns", f->columns);
	dump_options(out, depth + 1, "hint", f->hints);
	if (f->query)
		dump_query(out, f->query, depth + 1);
	if (f->table)
		dump_from(out, f->table, depth + 1);
	dump_exprs(out, depth + 1, "partition", f->partition);
	dump_exprs(out, depth + 1, "slide", f->slide);
	dump_exprs(out, depth + 1, "size", f->size);
	dump_exprs(out, depth + 1, "offset", f->offset);
}

static void
dump_group_items(struct buf *out, const struct ast_group_item *list)
{
	static const char *const names[] = {
		[AST_GROUP_SETS] = "grouping sets",
		[AST_GROUP_ROLLUP] = "rollup", [AST_GROUP_CUBE] = "cube",
	};

	for (; list; list = list->next) {
		bool one = list->keys && !list->keys->next;

		buf_putc(out, ' ');
		if (list->kind != AST_GROUP_SET) {
			buf_printf(out, "%s(", names[list->kind]);
			dump_group_items(out, list->items);
			buf_puts(out, " )");
			continue;
		}
		buf_puts(out, one ? "" : "(");
		for (const struct ast_expr *e = list->keys; e; e = e->next) {
			dump_expr(out, e);
			buf_puts(out, e->next ? " " : "");
		}
		buf_puts(out, one ? "" : ")");
	}
}

static void
dump_group_by(struct buf *out, const struct ast_query *q, int depth)
{
	if (!q->has_group_by)
		return;
	indent(out, depth);
	buf_printf(out, "group by%s", q->group_distinct ? " distinct" : "");
	dump_group_items(out, q->group_by);
	buf_putc(out, '\n');
}

static void
dump_select(struct buf *out, const struct ast_query *q, int depth)
{
	indent(out, depth);
	buf_printf(out, "select%s\n", q->distinct ? " distinct" : "");
	dump_options(out, depth + 1, "state ttl", q->state_ttl);
	for (const struct ast_select_item *i = q->items; i; i = i->next) {
		indent(out, depth + 1);
		dump_expr(out, i->expr);
		if (i->alias)
			buf_printf(out, " as %s", i->alias);
		buf_putc(out, '\n');
	}
	if (q->from)
		dump_from(out, q->from, depth + 1);
	dump_exprs(out, depth + 1, "where", q->where);
	dump_group_by(out, q, depth + 1);
	dump_exprs(out, depth + 1, "having", q->having);
}

static void
dump_with(struct buf *out, const struct ast_with *w, int depth)
{
	for (; w; w = w->next) {
		indent(out, depth);
		buf_printf(out, "with %s\n", w->name);
		dump_exprs(out, depth + 1, "columns", w->columns);
		dump_query(out, w->query, depth + 1);
	}
}

static const char *
set_text(enum ast_query_kind kind)
{
	return kind == AST_UNION ? "union"
	       : kind == AST_INTERSECT ? "intersect" : "except";
}

static void
dump_query(struct buf *out, const struct ast_query *q, int depth)
{
	dump_with(out, q->with, depth);
	if (q->kind == AST_SELECT) {
		dump_select(out, q, depth);
	} else if (q->kind != AST_VALUES_QUERY) {
		indent(out, depth);
		buf_printf(out, "%s%s\n", set_text(q->kind),
			   q->all ? " all" : "");
		for (const struct ast_query *b = q->branches; b; b = b->next)
			dump_query(out, b, depth + 1);
	} else {
		dump_exprs(out, depth, "values", q->rows);
	}
	for (const struct ast_expr *e = q->order_by; e; e = e->next) {
		indent(out, depth + 1);
		buf_printf(out, "order by%s%s ", e->negated ? " desc" : "",
			   e->nulls == AST_NULLS_FIRST ? " nulls first" :
			   e->nulls == AST_NULLS_LAST ? " nulls last" : "");
		dump_expr(out, e);
		buf_putc(out, '\n');
	}
	dump_exprs(out, depth + 1, "limit", q->limit);
	dump_exprs(out, depth + 1, "offset", q->offset);
}

/* ---- statements ---- */

static void
dump_column(struct buf *out, const struct ast_column *c)
{
	buf_printf(out, "  %s ", c->name);
	if (c->kind == AST_COMPUTED) {
		buf_puts(out, "as ");
		dump_expr(out, c->expr);
	} else {
		dump_type(out, c->type.type);
	}
	if (c->kind == AST_METADATA)
		buf_puts(out, " metadata");
	if (c->metadata_key)
		buf_printf(out, " from '%s'", c->metadata_key);
	if (c->is_virtual)
		buf_puts(out, " virtual");
	if (c->primary_key)
		buf_puts(out, " primary key");
	buf_putc(out, '\n');
	dump_comment(out, 2, c->comment);
}

static void
dump_create_table(struct buf *out, const struct ast_create_table *t)
{
	buf_printf(out, "create%s table%s ", t->temporary ? " temporary" : "",
		   t->if_not_exists ? " if not exists" : "");
	dump_name(out, &t->name);
	buf_putc(out, '\n');
	for (const struct ast_column *c = t->columns; c; c = c->next)
		dump_column(out, c);
	if (t->watermark_column.nparts > 0) {
		buf_puts(out, "  watermark ");
		dump_name(out, &t->watermark_column);
		buf_puts(out, " as ");
		dump_expr(out, t->watermark);
		buf_putc(out, '\n');
	}
	dump_exprs(out, 1, t->key_enforced ? "enforced key" : "key", t->key);
	dump_exprs(out, 1, "partitioned by", t->partitioned_by);
	dump_comment(out, 1, t->comment);
	dump_options(out, 1, "with", t->options);
}

static void
dump_create_view(struct buf *out, const struct ast_create_view *v)
{
	buf_printf(out, "create%s view%s ", v->temporary ? " temporary" : "",
		   v->if_not_exists ? " if not exists" : "");
	dump_name(out, &v->name);
	buf_putc(out, '\n');
	dump_exprs(out, 1, "columns", v->columns);
	dump_comment(out, 1, v->comment);
	dump_query(out, v->query, 1);
}

static void
dump_inserts(struct buf *out, const struct ast_insert *i, int depth)
{
	for (; i; i = i->next) {
		indent(out, depth);
		buf_puts(out, "insert into ");
		dump_name(out, &i->table);
		buf_putc(out, '\n');
		dump_options(out, depth + 1, "hint", i->hints);
		dump_exprs(out, depth + 1, "columns", i->columns);
		dump_query(out, i->query, depth + 1);
		if (i->conflict.length) {
			indent(out, depth + 1);
			buf_puts(out, "on conflict do deduplicate\n");
		}
	}
}

/* Statements of one line. */
static const char *const statement_words[] = {
	[AST_STMT_DROP_TABLE] = "drop table",
	[AST_STMT_DROP_VIEW] = "drop view",
	[AST_STMT_SHOW_TABLES] = "show tables",
	[AST_STMT_SHOW_VIEWS] = "show views",
	[AST_STMT_SHOW_CONNECTIONS] = "show connections",
	[AST_STMT_SHOW_JOBS] = "show jobs",
	[AST_STMT_DESCRIBE_JOB] = "describe job",
	[AST_STMT_EXPLAIN_STALL] = "explain stall",
	[AST_STMT_EXPLAIN_ANALYZE] = "explain analyze",
	[AST_STMT_TAP] = "tap",
	[AST_STMT_SHOW_WATERMARKS] = "show watermarks",
	[AST_STMT_SHOW_ERRORS] = "show errors",
	[AST_STMT_REPLAY_ERRORS] = "replay errors",
	[AST_STMT_DELETE_ERRORS] = "delete errors",
	[AST_STMT_SHOW_STATE] = "show state",
	[AST_STMT_CREATE_SAVEPOINT] = "create savepoint",
	[AST_STMT_SHOW_FUNCTIONS] = "show functions",
	[AST_STMT_SHOW_USER_FUNCTIONS] = "show user functions",
	[AST_STMT_CREATE_FUNCTION] = "create function",
	[AST_STMT_DROP_FUNCTION] = "drop function",
	[AST_STMT_SHOW_COLUMNS] = "show columns",
	[AST_STMT_SHOW_CATALOGS] = "show catalogs",
	[AST_STMT_SHOW_DATABASES] = "show databases",
	[AST_STMT_SHOW_CURRENT_CATALOG] = "show current catalog",
	[AST_STMT_SHOW_CURRENT_DATABASE] = "show current database",
	[AST_STMT_SHOW_CREATE_TABLE] = "show create table",
	[AST_STMT_SHOW_CREATE_VIEW] = "show create view",
	[AST_STMT_DESCRIBE] = "describe",
	[AST_STMT_DESCRIBE_SAMPLE] = "describe sample of",
	[AST_STMT_DESCRIBE_FUNCTION] = "describe function",
	[AST_STMT_USE] = "use",
	[AST_STMT_USE_CATALOG] = "use catalog",
	[AST_STMT_NOTHING] = "nothing",
	[AST_STMT_SET] = "set",
	[AST_STMT_RESET] = "reset",
	[AST_STMT_PAUSE_JOB] = "pause job",
	[AST_STMT_RESUME_JOB] = "resume job",
	[AST_STMT_STOP_JOB] = "stop job",
	[AST_STMT_DROP_JOB] = "drop job",
	[AST_STMT_RESET_OFFSETS] = "reset offsets",
};

static void
dump_line(struct buf *out, const struct ast_statement *s)
{
	static const char *const positions[] = {
		[AST_AT_EARLIEST] = "earliest",
		[AST_AT_LATEST] = "latest",
		[AST_AT_TIMESTAMP] = "timestamp",
		[AST_AT_SAVEPOINT] = "savepoint",
		[AST_AT_OFFSETS] = "offsets",
	};

	CHECK(s->kind < ARRAY_LEN(statement_words) && statement_words[s->kind]);
	buf_printf(out, "%s%s%s", statement_words[s->kind],
		   s->temporary ? " temporary" : "",
		   s->if_exists ? " if exists" : "");
	if (s->name.nparts > 0)
		buf_putc(out, ' ');
	dump_name(out, &s->name);
	if (s->job)
		buf_printf(out, " '%s'", s->job);
	if (s->kind == AST_STMT_RESET_OFFSETS)
		buf_printf(out, " to %s", positions[s->position]);
	if (s->key)
		buf_printf(out, " '%s'", s->key);
	if (s->value)
		buf_printf(out, " = '%s'", s->value);
	if (s->like)
		buf_printf(out, "%s like '%s'", s->not_like ? " not" : "",
			   s->like);
	if (s->where) {
		buf_puts(out, " where ");
		dump_expr(out, s->where);
	}
	if (s->limit) {
		buf_puts(out, " limit ");
		dump_expr(out, s->limit);
	}
	buf_printf(out, "%s%s%s\n", s->savepoint ? " with savepoint" : "",
		   s->drain ? " with drain" : "",
		   s->keep_state ? " keep state" : "");
}

void
ast_dump(const struct ast_statement *s, struct buf *out)
{
	int depth = 0;

	switch (s->kind) {
	case AST_STMT_CREATE_TABLE:
		dump_create_table(out, s->create_table);
		return;
	case AST_STMT_CREATE_VIEW:
		dump_create_view(out, s->create_view);
		return;
	case AST_STMT_SET_OF:
		buf_puts(out, "statement set\n");
		depth = 1;
		break;
	case AST_STMT_EXPLAIN:
		buf_puts(out, "explain\n");
		depth = 1;
		break;
	case AST_STMT_INSERT:
	case AST_STMT_SELECT:
		break;
	default:
		dump_line(out, s);
		return;
	}
	dump_inserts(out, s->inserts, depth);
	if (s->query)
		dump_query(out, s->query, depth);
}
