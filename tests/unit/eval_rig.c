/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/eval_rig.c - reads the texts of eval_rig.h and runs them.
 */
#include "tests/unit/eval_rig.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/time.h"
#include "runtime/eval.h"
#include "tests/unit/test.h"

/* ---- reading ---- */

static const struct {
	const char *name;
	enum function_id id;
} function_ids[] = {
#define FUNCTION(id, name, signatures, nulls, flags, help, example, result) \
	{ #id, FN_##id },
#include "parser/functions.def"
#undef FUNCTION
};

static const struct {
	const char *name;
	enum type_kind kind;
} kinds[] = {
	{ "BOOLEAN", TYPE_BOOLEAN }, { "TINYINT", TYPE_TINYINT },
	{ "SMALLINT", TYPE_SMALLINT }, { "INT", TYPE_INT },
	{ "BIGINT", TYPE_BIGINT }, { "FLOAT", TYPE_FLOAT },
	{ "DOUBLE", TYPE_DOUBLE }, { "DECIMAL", TYPE_DECIMAL },
	{ "CHAR", TYPE_CHAR }, { "VARCHAR", TYPE_VARCHAR },
	{ "STRING", TYPE_VARCHAR }, { "BINARY", TYPE_BINARY },
	{ "BYTES", TYPE_VARBINARY }, { "VARBINARY", TYPE_VARBINARY },
	{ "DATE", TYPE_DATE }, { "TIME", TYPE_TIME },
	{ "TIMESTAMP", TYPE_TIMESTAMP }, { "LTZ", TYPE_TIMESTAMP_LTZ },
	{ "INTERVAL_MONTH", TYPE_INTERVAL_MONTH },
	{ "INTERVAL_MS", TYPE_INTERVAL_MS }, { "NULLTYPE", TYPE_NULL },
};

struct reader {
	const char *p;
	struct arena *a;
	const struct schema *schema;
};

static void
skip_blanks(struct reader *r)
{
	while (isspace((unsigned char)*r->p))
		r->p++;
}

static const char *
read_word(struct reader *r)
{
	const char *start = r->p;

	while (isalnum((unsigned char)*r->p) || *r->p == '_')
		r->p++;
	return arena_strndup(r->a, start, (size_t)(r->p - start));
}

static void
expect(struct reader *r, char c)
{
	skip_blanks(r);
	if (*r->p != c)
		FAIL("expected '%c' at: %s", c, r->p);
	r->p++;
}

static unsigned
read_unsigned(struct reader *r)
{
	char *end;
	unsigned v = (unsigned)strtoul(r->p, &end, 10);

	r->p = end;
	return v;
}

static struct type
make_type(enum type_kind kind, unsigned n, unsigned first, unsigned second)
{
	struct type t = TYPE_OF(kind);

	switch (kind) {
	case TYPE_DECIMAL:
		return type_decimal(n > 0 ? first : 10, second);
	case TYPE_CHAR:
	case TYPE_VARCHAR:
	case TYPE_BINARY:
	case TYPE_VARBINARY:
		t.length = n > 0 ? first : TYPE_LENGTH_MAX;
		return t;
	case TYPE_TIME:
		t.precision = (uint8_t)first;
		return t;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		t.precision = (uint8_t)(n > 0 ? first : 3);
		return t;
	default:
		return t;
	}
}

static struct type
type_by_name(struct reader *r, const char *name)
{
	unsigned n = 0, v[2] = { 0, 0 };
	const char *open = r->p;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		/* DECIMAL(4,2) but not the arguments of a call */
		if (*r->p == '(' && isdigit((unsigned char)r->p[1])) {
			do {
				r->p++;
				v[n++ & 1] = read_unsigned(r);
			} while (*r->p == ',' && n < 2);
			expect(r, ')');
		}
		return make_type(kinds[i].kind, n, v[0], v[1]);
	}
	FAIL("no type: %s%s", name, open);
}

static struct type
read_type(struct reader *r)
{
	return type_by_name(r, read_word(r));
}

struct type
erig_type(const char *name)
{
	struct arena a;
	struct reader r = { .p = name, .a = &a };
	struct type t;

	arena_init(&a);
	t = read_type(&r);
	arena_release(&a);
	return t;
}

struct value
erig_value(struct type t, const char *text)
{
	struct value v = { .is_null = false };
	size_t n = strlen(text);
	i128 digits = 0;
	bool good = true;

	switch (t.kind) {
	case TYPE_BOOLEAN:
		v.u8 = text[0] == 't' || text[0] == 'T';
		break;
	case TYPE_DECIMAL:
		good = decimal_parse(text, n, t.precision, t.scale, &digits) ==
		       DECIMAL_OK;
		if (phys_of(t) == PHYS_I64)
			v.i64 = (int64_t)digits;
		else
			v.i128 = digits;
		break;
	case TYPE_FLOAT:
		v.f64 = strtof(text, NULL);
		break;
	case TYPE_DOUBLE:
		v.f64 = strtod(text, NULL);
		break;
	case TYPE_DATE:
		good = date_parse_lenient(text, n, &v.i64);
		break;
	case TYPE_TIME:
		good = time_parse(text, n, &v.i64);
		break;
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		good = us_parse_lenient(text, n, &v.i64);
		break;
	default:
		if (phys_of(t) == PHYS_STR)
			v.str = str_ref(text, (uint32_t)n);
		else
			v.i64 = strtoll(text, NULL, 10);
	}
	if (!good)
		FAIL("no value: %s", text);
	return v;
}

static struct expr *read_expr(struct reader *r);

static struct expr *
read_literal(struct reader *r, const char *word)
{
	struct expr *e = arena_new(r->a, struct expr);
	const char *start;

	e->kind = EXPR_LITERAL;
	e->type = type_by_name(r, word);
	if (*r->p == '~') {
		r->p++;
		e->value.is_null = true;
		return e;
	}
	expect(r, '\'');
	start = r->p;
	while (*r->p && *r->p != '\'')
		r->p++;
	e->value = erig_value(e->type, arena_strndup(r->a, start,
						    (size_t)(r->p - start)));
	expect(r, '\'');
	return e;
}

static void
read_args(struct reader *r, struct expr *e)
{
	e->args = arena_array(r->a, 256, struct expr *);
	expect(r, '(');
	skip_blanks(r);
	if (*r->p == ')') {
		r->p++;
		return;
	}
	for (;;) {
		e->args[e->nargs++] = read_expr(r);
		skip_blanks(r);
		if (*r->p != ',')
			break;
		r->p++;
	}
	expect(r, ')');
}

static struct expr *
read_call(struct reader *r, const char *word)
{
	struct expr *e = arena_new(r->a, struct expr);

	expect(r, ':');
	e->type = read_type(r);
	e->at.offset = (uint32_t)strlen(word);
	e->kind = EXPR_CALL;
	if (strcmp(word, "CAST") == 0 || strcmp(word, "TRY") == 0) {
		e->kind = EXPR_CAST;
		e->is_try = word[0] == 'T';
	}
	for (size_t i = 0; i < ARRAY_LEN(function_ids); i++) {
		if (strcmp(function_ids[i].name, word) == 0)
			e->function = function_ids[i].id;
	}
	if (e->kind == EXPR_CALL && e->function == FN_NONE)
		FAIL("no function: %s", word);
	read_args(r, e);
	return e;
}

static struct expr *
read_expr(struct reader *r)
{
	struct expr *e;
	const char *word;

	skip_blanks(r);
	if (*r->p == '#') {
		r->p++;
		e = arena_new(r->a, struct expr);
		e->kind = EXPR_COLUMN;
		e->column = (uint16_t)read_unsigned(r);
		EXPECT(r->schema && e->column < r->schema->ncols);
		e->type = r->schema->cols[e->column].type;
		return e;
	}
	word = read_word(r);
	return *r->p == ':' ? read_call(r, word) : read_literal(r, word);
}

struct expr *
erig_expr(struct arena *a, const char *text, const struct schema *s)
{
	struct reader r = { .p = text, .a = a, .schema = s };
	struct expr *e = read_expr(&r);

	skip_blanks(&r);
	if (*r.p)
		FAIL("more than an expression: %s", r.p);
	return e;
}

/* ---- cases ---- */

static const char *
show_error(struct arena *a, unsigned code)
{
	return arena_printf(a, "!%s", error_name(code));
}

static const char *
show_value(struct arena *a, struct value v, struct type t,
	   const struct zone *zone)
{
	struct str s = value_text(v, t, zone, a);

	return arena_strndup(a, str_data(&s), s.len);
}

static void
differ(const struct eval_case *c, const char *how, const char *got)
{
	if (strcmp(got, c->want) != 0)
		FAIL("%s\n  as %s: %s\n  expected: %s", c->expr, how, got,
		     c->want);
}

static void
as_constants(struct arena *a, const struct eval_case *c,
	     const struct zone *zone)
{
	struct expr *e = erig_expr(a, c->expr, NULL);
	struct error err = ERROR_INIT;
	struct value v;

	if (eval_constant(e, zone, a, &v, &err) < 0)
		differ(c, "constants", show_error(a, err.code));
	else
		differ(c, "constants", show_value(a, v, e->type, zone));
}

/* Turns literal number `only` (or all: -1) below e into columns of s. */
static void
literals_to_columns(struct expr *e, int only, int *seen, struct schema *s,
		    struct value *values, size_t size)
{
	if (e->kind == EXPR_LITERAL) {
		if (only >= 0 && (*seen)++ != only)
			return;
		EXPECT(s->ncols < size);
		e->kind = EXPR_COLUMN;
		e->column = s->ncols;
		values[s->ncols] = e->value;
		s->cols[s->ncols++] = (struct schema_column){ .name = "c",
							      .type = e->type };
		return;
	}
	for (unsigned i = 0; i < e->nargs; i++) {
		if (i == 1 && e->kind == EXPR_CALL && e->function == FN_FIELD)
			continue; /* it is part of the function */
		literals_to_columns(e->args[i], only, seen, s, values, size);
	}
}

void
erig_put(struct column *c, uint32_t row, uint32_t cap, struct value v,
	  struct arena *a)
{
	if (v.is_null) {
		column_set_null(c, row, cap, a);
		return;
	}
	switch (c->phys) {
	case PHYS_U8:
		c->u8[row] = v.u8;
		break;
	case PHYS_I64:
		c->i64[row] = v.i64;
		break;
	case PHYS_I128:
		c->i128[row] = v.i128;
		break;
	case PHYS_F64:
		c->f64[row] = v.f64;
		break;
	case PHYS_STR:
		c->str[row] = str_dup(a, v.str);
		break;
	}
}

/* Bytes that no kernel may look at: a dead row of garbage. */
static void
put_garbage(struct column *c, uint32_t row)
{
	size_t bytes = phys_bytes(c->phys);

	memset((char *)c->data + row * bytes, 0xa5, bytes);
}

/* Three live rows of the value between dead ones. */
static struct batch *
repeat(const struct schema *s, const struct value *values)
{
	static const uint16_t sel[] = { 1, 2, 4 };
	struct batch *b = batch_create(NULL, s, 6);

	for (unsigned c = 0; c < s->ncols; c++) {
		for (uint32_t row = 0; row < 6; row++) {
			if (row == 1 || row == 2 || row == 4)
				erig_put(&b->col[c], row, 6, values[c],
					  &b->arena);
			else
				put_garbage(&b->col[c], row);
		}
	}
	batch_seal(b, 6);
	b->sel = sel;
	b->nsel = 3;
	return b;
}

void
erig_literals_to_columns(struct expr *e, struct schema *s,
			 struct value *values, size_t size)
{
	int seen = 0;

	literals_to_columns(e, -1, &seen, s, values, size);
}

static bool
as_columns(struct arena *a, const struct eval_case *c, int only,
	   const struct zone *zone)
{
	struct schema s = { .cols = arena_array(a, 64, struct schema_column) };
	struct value values[64];
	const struct expr *root;
	struct expr *e = erig_expr(a, c->expr, NULL);
	struct error err = ERROR_INIT;
	struct eval_result res;
	struct program *p;
	struct batch *b;
	int seen = 0;

	literals_to_columns(e, only, &seen, &s, values, ARRAY_LEN(values));
	if (only >= seen && only >= 0)
		return false;
	root = e;
	if (program_compile(&root, 1, &s, zone, a, &p, &err) < 0)
		FAIL("%s: %s", c->expr, err.message);
	b = repeat(&s, values);
	program_run(p, b, TIME_NONE, a, &res);
	if (res.nerrors != 0 && res.nerrors != 3)
		FAIL("%s: %u errors in 3 rows", c->expr, res.nerrors);
	batch_each(b, row) {
		const char *how = only < 0 ? "columns" : "one column";

		if (res.nerrors > 0)
			differ(c, how, show_error(a, res.errors[0].code));
		else
			differ(c, how,
			       show_value(a, column_value(&res.col[0], row),
					  e->type, zone));
	}
	batch_unref(b);
	return true;
}

void
eval_cases(const struct eval_case *cases, size_t n, const struct zone *zone)
{
	struct arena a;

	for (size_t i = 0; i < n; i++) {
		arena_init(&a);
		as_constants(&a, &cases[i], zone);
		as_columns(&a, &cases[i], -1, zone);
		for (int only = 0; as_columns(&a, &cases[i], only, zone); only++)
			;
		arena_release(&a);
	}
}

/* ---- batches ---- */

struct schema *
erig_schema(struct arena *a, const char *types)
{
	struct schema *s = arena_new(a, struct schema);
	struct reader r = { .p = types, .a = a };

	s->cols = arena_array(a, 16, struct schema_column);
	for (; *types; r.p++) {
		s->cols[s->ncols++] = (struct schema_column){
			.name = "c", .type = read_type(&r)
		};
		if (*r.p != '|')
			break;
	}
	return s;
}

static void
put_row(struct batch *b, uint32_t row, uint32_t cap, const char *text)
{
	char field[256];

	for (unsigned c = 0; c < b->schema->ncols; c++) {
		size_t n = strcspn(text, "|");
		struct value v = { .is_null = true };

		snprintf(field, sizeof(field), "%.*s", (int)n, text);
		if (strcmp(field, "~") != 0)
			v = erig_value(b->schema->cols[c].type, field);
		erig_put(&b->col[c], row, cap, v, &b->arena);
		text += n + (text[n] == '|');
	}
}

struct batch *
erig_batch(const struct schema *s, const char *const *rows)
{
	struct batch *b;
	uint32_t n = 0, live = 0;
	uint16_t *sel;

	while (rows[n])
		n++;
	b = batch_create(NULL, s, n);
	sel = arena_array(&b->arena, n, uint16_t);
	for (uint32_t i = 0; i < n; i++) {
		put_row(b, i, n, rows[i] + (rows[i][0] == '.'));
		if (rows[i][0] != '.')
			sel[live++] = (uint16_t)i;
	}
	batch_seal(b, n);
	if (live < n) {
		b->sel = sel;
		b->nsel = live;
	}
	return b;
}

static void
show_row(struct buf *out, const struct batch *b, uint32_t row,
	 const struct eval_result *res, struct expr *const *exprs, unsigned n,
	 struct arena *a)
{
	if (row > 0)
		buf_putc(out, ' ');
	for (unsigned e = 0; e < res->nerrors; e++) {
		if (res->errors[e].row != row)
			continue;
		buf_printf(out, "!%s@%u", error_name(res->errors[e].code),
			   res->errors[e].root);
		return;
	}
	batch_each(b, live) {
		if (live != row)
			continue;
		for (unsigned i = 0; i < n; i++)
			buf_printf(out, "%s%s", i ? "|" : "",
				   show_value(a,
					      column_value(&res->col[i], row),
					      exprs[i]->type, NULL));
		return;
	}
	buf_putc(out, '.');
}

/* What a caller may rely on: the rules of columns, and 0 in dead rows. */
static void
check_result(const struct batch *b, const struct eval_result *res,
	     struct expr *const *exprs, unsigned n)
{
	struct schema s = { .cols = NULL };
	struct batch out = *b;

	s.ncols = (uint16_t)n;
	s.cols = mem_zalloc(n * sizeof(*s.cols));
	for (unsigned i = 0; i < n; i++)
		s.cols[i].type = exprs[i]->type;
	out.schema = &s;
	out.col = res->col;
	batch_check(&out);
	free(s.cols);
}

const char *
erig_run(struct arena *a, const char *types, const char *texts,
	const char *const *rows)
{
	struct schema *s = erig_schema(a, types);
	struct batch *b = erig_batch(s, rows);
	struct error err = ERROR_INIT;
	struct expr *exprs[16];
	struct eval_result res;
	struct program *p;
	struct buf out;
	unsigned n = 0;
	const char *text;

	while (*texts) {
		size_t len = strcspn(texts, ";");

		exprs[n++] = erig_expr(a, arena_strndup(a, texts, len), s);
		texts += len + (texts[len] == ';');
	}
	if (program_compile((const struct expr *const *)exprs, n, s, NULL, a,
			    &p, &err) < 0)
		FAIL("%s", err.message);
	program_run(p, b, TIME_NONE, a, &res);
	check_result(b, &res, exprs, n);
	buf_init(&out);
	for (uint32_t row = 0; row < b->rows; row++)
		show_row(&out, b, row, &res, exprs, n, a);
	batch_unref(b);
	text = arena_strdup(a, buf_cstr(&out));
	buf_release(&out);
	return text;
}

const char *
erig_filter(struct arena *a, const char *types, const char *text,
	   const char *const *rows)
{
	struct schema *s = erig_schema(a, types);
	struct batch *b = erig_batch(s, rows);
	const struct expr *e = erig_expr(a, text, s);
	struct error err = ERROR_INIT;
	struct eval_result res;
	const uint16_t *sel;
	struct program *p;
	struct buf out;
	uint32_t n;

	if (program_compile(&e, 1, s, NULL, a, &p, &err) < 0)
		FAIL("%s", err.message);
	program_filter(p, b, TIME_NONE, a, &sel, &n, &res);
	buf_init(&out);
	for (uint32_t i = 0; i < n; i++)
		buf_printf(&out, "%s%u", i ? " " : "", sel ? sel[i] : i);
	for (unsigned i = 0; i < res.nerrors; i++)
		buf_printf(&out, " !%u", res.errors[i].row);
	if (!sel)
		buf_puts(&out, " all");
	batch_unref(b);
	text = arena_strdup(a, buf_cstr(&out));
	buf_release(&out);
	return text;
}
