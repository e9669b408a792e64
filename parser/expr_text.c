/* SPDX-License-Identifier: Apache-2.0
 * parser/expr_text.c - the canonical text of a bound expression: functions in
 * lower case, columns by name, no aliases. Two expressions of one input mean
 * the same iff their texts are equal; EXPLAIN and state tables show it.
 */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/decimal.h"
#include "base/nested.h"
#include "base/time.h"
#include "parser/expr.h"
#include "parser/schema.h"

struct writer {
	struct buf out;
	const char *const *names; /* of the input's columns */
};

static void
put_string(struct buf *out, const char *text, size_t n)
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
put_instant(struct buf *out, struct type t, int64_t us)
{
	char text[TIME_TEXT_MAX];
	size_t n = us_format(us, t.precision, ' ', text);

	buf_printf(out, "%s '%.*s'",
		   t.kind == TYPE_TIMESTAMP ? "timestamp" : "timestamp_ltz",
		   (int)n, text);
}

void
duration_text(struct buf *out, int64_t ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "min", 60000 },
		      { "s", 1000 }, { "ms", 1 } };
	const char *sep = "";

	if (ms == 0)
		buf_puts(out, "0 s");
	if (ms < 0)
		buf_putc(out, '-');
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		int64_t n = ms / units[i].ms;

		if (n == 0)
			continue;
		buf_printf(out, "%s%lld %s", sep,
			   (long long)(n < 0 ? -n : n), units[i].name);
		ms -= n * units[i].ms;
		sep = " ";
	}
}

static void
put_decimal(struct buf *out, const struct expr *e)
{
	char text[DECIMAL_TEXT_MAX];
	i128 v = phys_of(e->type) == PHYS_I128 ? e->value.i128 : e->value.i64;

	buf_append(out, text, decimal_format(v, e->type.scale, text));
}

static void
put_temporal(struct buf *out, const struct expr *e)
{
	char text[TIME_TEXT_MAX];
	size_t n;

	switch (e->type.kind) {
	case TYPE_DATE:
		n = date_format(e->value.i64, text);
		buf_printf(out, "date '%.*s'", (int)n, text);
		break;
	case TYPE_TIME:
		n = time_format(e->value.i64, e->type.precision, text);
		buf_printf(out, "time '%.*s'", (int)n, text);
		break;
	case TYPE_INTERVAL_MS:
		buf_puts(out, "interval '");
		duration_text(out, e->value.i64);
		buf_putc(out, '\'');
		break;
	case TYPE_INTERVAL_MONTH:
		buf_printf(out, "interval '%lld month'",
			   (long long)e->value.i64);
		break;
	default:
		put_instant(out, e->type, e->value.i64);
	}
}

static void
put_literal(struct buf *out, const struct expr *e)
{
	struct nested v;

	if (e->value.is_null) {
		buf_puts(out, "null");
	} else if (e->type.kind == TYPE_BOOLEAN) {
		buf_puts(out, e->value.u8 ? "true" : "false");
	} else if (type_is_integer(e->type)) {
		buf_i64(out, e->value.i64);
	} else if (e->type.kind == TYPE_DECIMAL) {
		put_decimal(out, e);
	} else if (phys_of(e->type) == PHYS_F64) {
		buf_f64(out, e->value.f64);
	} else if (e->type.kind == TYPE_ARRAY) {
		buf_puts(out, "array[");
		nested_open(&e->value.str, &v);
		for (uint32_t i = 0; i < v.n; i++) {
			const struct type t = type_element(e->type);
			const struct expr item = {
				.kind = EXPR_LITERAL, .type = t,
				.value = nested_get(&v, i, t),
			};

			buf_puts(out, i ? ", " : "");
			put_literal(out, &item);
		}
		buf_putc(out, ']');
	} else if (phys_of(e->type) == PHYS_STR) {
		put_string(out, str_data(&e->value.str), e->value.str.len);
	} else {
		put_temporal(out, e);
	}
}

static void put(struct writer *w, const struct expr *e, bool nested);

static void
put_lower(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_putc(out, *name >= 'A' && *name <= 'Z' ? *name + 32
							   : *name);
}

static void
put_list(struct writer *w, const struct expr *e, unsigned from)
{
	for (unsigned i = from; i < e->nargs; i++) {
		if (i > from)
			buf_puts(&w->out, ", ");
		put(w, e->args[i], false);
	}
}

static void
put_case(struct writer *w, const struct expr *e)
{
	unsigned i;

	buf_puts(&w->out, "case");
	for (i = 0; i + 1 < e->nargs; i += 2) {
		buf_puts(&w->out, " when ");
		put(w, e->args[i], false);
		buf_puts(&w->out, " then ");
		put(w, e->args[i + 1], false);
	}
	buf_puts(&w->out, " else ");
	put(w, e->args[i], false);
	buf_puts(&w->out, " end");
}

/* a + b, a is null, not a, -a, a in (...), a like b escape c */
static void
put_operator(struct writer *w, const struct expr *e)
{
	const char *name = function_get(e->function)->name;

	if (e->function == FN_NOT || e->function == FN_NEG) {
		buf_puts(&w->out, e->function == FN_NOT ? "not " : "-");
		put(w, e->args[0], true);
		return;
	}
	put(w, e->args[0], true);
	buf_putc(&w->out, ' ');
	put_lower(&w->out, name);
	if (e->function == FN_IN) {
		buf_puts(&w->out, " (");
		put_list(w, e, 1);
		buf_putc(&w->out, ')');
		return;
	}
	if (e->nargs > 1) {
		buf_putc(&w->out, ' ');
		put(w, e->args[1], true);
	}
	if (e->nargs > 2) {
		buf_puts(&w->out, " escape ");
		put(w, e->args[2], true);
	}
}

/* array[a, b], row(a, b), a[1], r.f; false: another function. */
static bool
put_nested(struct writer *w, const struct expr *e)
{
	bool row = e->function == FN_ROW;

	switch (e->function) {
	case FN_ARRAY:
	case FN_MAP:
	case FN_ROW:
		put_lower(&w->out, function_get(e->function)->name);
		buf_putc(&w->out, row ? '(' : '[');
		put_list(w, e, 0);
		buf_putc(&w->out, row ? ')' : ']');
		return true;
	case FN_ITEM:
		put(w, e->args[0], true);
		buf_putc(&w->out, '[');
		put(w, e->args[1], false);
		buf_putc(&w->out, ']');
		return true;
	case FN_FIELD:
		put(w, e->args[0], true);
		buf_putc(&w->out, '.');
		buf_puts(&w->out, e->args[0]->type.fields
					  [e->args[1]->value.i64].name);
		return true;
	default:
		return false;
	}
}

/* What stands behind the arguments of a JSON function: its type, where it is
 * not the usual one, and its clauses. */
static void
put_json(struct writer *w, const struct expr *e)
{
	static const char *const on[] = {
		[JSON_ON_NULL] = "null", [JSON_ON_ERROR] = "error",
		[JSON_ON_DEFAULT] = "default", [JSON_ON_TRUE] = "true",
		[JSON_ON_FALSE] = "false", [JSON_ON_UNKNOWN] = "unknown",
		[JSON_ON_EMPTY_ARRAY] = "empty array",
		[JSON_ON_EMPTY_OBJECT] = "empty object",
	};
	static const char *const wrapper[] = {
		[JSON_WRAPPER_CONDITIONAL] = "conditional",
		[JSON_WRAPPER_ALWAYS] = "unconditional",
	};
	char type[TYPE_NAME_MAX];
	struct type t = e->type;

	t.nullable = true;
	if ((e->function == FN_JSON_VALUE || e->function == FN_JSON_QUERY) &&
	    !type_is_text(t))
		buf_printf(&w->out, " returning %s", type_name(t, type));
	if (e->json.wrapper != JSON_WRAPPER_NONE)
		buf_printf(&w->out, " with %s wrapper",
			   wrapper[e->json.wrapper]);
	if (e->json.on_empty != JSON_ON_NULL)
		buf_printf(&w->out, " %s on empty", on[e->json.on_empty]);
	if (e->json.on_error != (e->function == FN_JSON_EXISTS
					 ? JSON_ON_FALSE : JSON_ON_NULL))
		buf_printf(&w->out, " %s on error", on[e->json.on_error]);
	if (e->json.absent)
		buf_puts(&w->out, " absent on null");
}

static void
put_call(struct writer *w, const struct expr *e, bool nested)
{
	const struct function *f = function_get(e->function);

	if (e->function == FN_CASE) {
		put_case(w, e);
	} else if (put_nested(w, e)) {
		return;
	} else if (f->flags & FN_OPERATOR) {
		if (nested)
			buf_putc(&w->out, '(');
		put_operator(w, e);
		if (nested)
			buf_putc(&w->out, ')');
	} else {
		put_lower(&w->out, f->name);
		buf_putc(&w->out, '(');
		put_list(w, e, 0);
		put_json(w, e);
		buf_putc(&w->out, ')');
	}
}

static void
put(struct writer *w, const struct expr *e, bool nested)
{
	struct type t = e->type;

	switch (e->kind) {
	case EXPR_COLUMN:
		buf_puts(&w->out, w->names[e->column]);
		break;
	case EXPR_LITERAL:
		put_literal(&w->out, e);
		break;
	case EXPR_CALL:
		put_call(w, e, nested);
		break;
	case EXPR_CAST:
		t.nullable = true;
		buf_puts(&w->out, e->is_try ? "try_cast(" : "cast(");
		put(w, e->args[0], false);
		buf_puts(&w->out, " as ");
		type_print(&w->out, t);
		buf_putc(&w->out, ')');
		break;
	}
}

const char *
expr_text_named(const struct expr *e, const char *const *names,
		struct arena *a)
{
	struct writer w = { .names = names };
	const char *text;

	buf_init(&w.out);
	put(&w, e, false);
	text = arena_strndup(a, w.out.data, w.out.len);
	buf_release(&w.out);
	return text;
}

const char *
expr_text(const struct expr *e, const struct schema *input, struct arena *a)
{
	const char **names = arena_array(a, input->ncols, const char *);

	for (unsigned i = 0; i < input->ncols; i++)
		names[i] = input->cols[i].name;
	return expr_text_named(e, names, a);
}
