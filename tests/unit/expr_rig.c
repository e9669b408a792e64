/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/expr_rig.c - statement and answer, through parser, binder and
 * program.
 */
#include "tests/unit/expr_rig.h"

#include "base/error.h"
#include "base/time.h"
#include "parser/bind.h"
#include "parser/settings.h"
#include "runtime/eval.h"
#include "tests/unit/eval_rig.h"
#include "tests/unit/test.h"

/* The one row that columns are read from. */
static const char types[] =
	"INT|INT|BIGINT|TINYINT|SMALLINT|DOUBLE|FLOAT|DECIMAL(4,2)|"
	"DECIMAL(38,0)|STRING|INT|TIMESTAMP(3)|DATE|TIME(0)|BOOLEAN|STRING";
static const char *const names[] = {
	"ten", "imax", "bmax", "tmax", "smax", "nan", "f", "d42",
	"big", "s", "nul", "ts", "dt", "tm", "yes", "snul",
};
static const char *const row[] = {
	"10|2147483647|9223372036854775807|127|32767|NaN|9.99|12.50|"
	"99999999999999999999999999999999999999|abcdef|~|"
	"2026-01-31 03:04:05.678|2026-01-31|23:00:00|true|~",
	NULL,
};

/* The input: the row above, and behind it the literals that became columns. */
struct input {
	struct settings settings;
	const struct zone *zone;
	struct schema schema;
	struct value value[128];
};

static void
input_zone(struct input *in, const char *zone)
{
	struct error err = ERROR_INIT;
	const char *notice;

	in->settings = SETTINGS_INIT;
	in->zone = zone ? zone_get(zone) : NULL;
	if (zone && (!in->zone ||
		     settings_set(&in->settings, "table.local-time-zone", zone,
				  &notice, &err) < 0))
		FAIL("no zone of the name %s", zone);
}

static void
input_init(struct input *in, const char *zone, struct arena *a)
{
	struct schema *base = erig_schema(a, types);
	struct batch *b = erig_batch(base, row);

	input_zone(in, zone);
	in->schema.cols = arena_array(a, ARRAY_LEN(in->value),
				      struct schema_column);
	for (unsigned i = 0; i < base->ncols; i++) {
		struct schema_column *c = &in->schema.cols[i];

		*c = base->cols[i];
		c->name = names[i];
		in->value[i] = column_value(&b->col[i], 0);
		if (phys_of(c->type) == PHYS_STR && !in->value[i].is_null)
			in->value[i].str = str_dup(a, in->value[i].str);
	}
	in->schema.ncols = base->ncols;
	batch_unref(b);
}

/* The text of the value, or what went wrong as "!name: message". */
static const char *
run(struct input *in, const struct expr *e, struct arena *a)
{
	struct error err = ERROR_INIT;
	struct eval_result res;
	struct program *p;
	struct batch *b;
	struct str s;

	if (program_compile(&e, 1, &in->schema, in->zone, a, &p, &err) < 0)
		return arena_printf(a, "!%s: %s", error_name(err.code),
				    err.message);
	b = batch_create(NULL, &in->schema, 1);
	for (unsigned i = 0; i < in->schema.ncols; i++)
		erig_put(&b->col[i], 0, 1, in->value[i], &b->arena);
	batch_seal(b, 1);
	program_run(p, b, TIME_NONE, a, &res);
	if (res.nerrors == 0)
		s = value_text(column_value(&res.col[0], 0), e->type, in->zone,
			       a);
	batch_unref(b);
	if (res.nerrors > 0)
		return arena_printf(a, "!%s", error_name(res.errors[0].code));
	return arena_strndup(a, str_data(&s), s.len);
}

static struct expr *
bind(const struct input *in, const char *text, struct arena *a,
     struct error *err)
{
	struct ast_expr *ast;
	struct parse parse;
	struct expr *e;

	if (parse_begin(&parse, text, strlen(text), NULL, a,
			&parse_limits_default, err) < 0 ||
	    parse_expression(text, strlen(text), a, &ast, err) < 0 ||
	    bind_expression(a, &parse, ast, &in->schema, &in->settings, &e,
			    err) < 0)
		return NULL;
	return e;
}

/* Runs the statement; *ret_expr is NULL, and the answer what is wrong, if it
 * means nothing. */
static const char *
answer(const char *sql, const char *zone, struct arena *a, struct input *in,
       struct expr **ret_expr)
{
	struct error err = ERROR_INIT;

	input_init(in, zone, a);
	*ret_expr = bind(in, sql, a, &err);
	settings_release(&in->settings);
	if (!*ret_expr)
		return arena_printf(a, "!%s: %s", error_name(err.code),
				    err.message);
	return run(in, *ret_expr, a);
}

static const char *
type_text(const struct expr *e, struct arena *a)
{
	struct type t = e->type;

	t.nullable = true;
	return type_string(t, a);
}

const char *
sql_answer(const char *sql, struct arena *a, const char **ret_type)
{
	struct input in;
	struct expr *e;
	const char *got = answer(sql, NULL, a, &in, &e);

	*ret_type = e ? type_text(e, a) : "";
	return got;
}

static void
differ(const struct sql_case *c, const char *how, const char *got)
{
	bool is_error = got[0] == '!';

	if (strncmp(got, c->want, strlen(c->want)) != 0 ||
	    (!is_error && strlen(got) != strlen(c->want)))
		FAIL("%s\n  as %s: %s\n  expected: %s", c->sql, how, got,
		     c->want);
}

static void
check_case(const struct sql_case *c, const char *zone, struct arena *a)
{
	struct input in;
	struct expr *e;
	const char *got = answer(c->sql, zone, a, &in, &e);

	differ(c, "constants", got);
	if (!e)
		return;
	if (c->type && strcmp(type_text(e, a), c->type) != 0)
		FAIL("%s\n  is of type %s\n  expected: %s", c->sql,
		     type_text(e, a), c->type);
	erig_literals_to_columns(e, &in.schema, in.value, ARRAY_LEN(in.value));
	differ(c, "columns", run(&in, e, a));
}

void
sql_cases(const struct sql_case *cases, size_t n, const char *zone)
{
	struct arena a;

	for (size_t i = 0; i < n; i++) {
		arena_init(&a);
		check_case(&cases[i], zone, &a);
		arena_release(&a);
	}
}

void
sql_case_columns(struct buf *ret)
{
	const char *type = types;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = strcspn(type, "|");

		buf_printf(ret, "%s%s %.*s", i ? ", " : "", names[i], (int)n,
			   type);
		type += n + (type[n] == '|');
	}
}

void
sql_case_row(struct buf *ret)
{
	const char *value = row[0];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t n = strcspn(value, "|");
		const char *text = value[0] == '~' ? "" : value;

		buf_printf(ret, "%s%.*s", i ? "," : "",
			   value[0] == '~' ? 0 : (int)n, text);
		value += n + (value[n] == '|');
	}
}
