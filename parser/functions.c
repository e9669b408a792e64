/* SPDX-License-Identifier: Apache-2.0
 * parser/functions.c - the table of functions: finding the form of a signature
 * that fits (parser/signature.h) and what type comes out.
 */
#include "parser/functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "base/error.h"
#include "parser/expr.h"
#include "parser/signature.h"
#include "parser/types_infer.h"

static const struct function functions[] = {
#define FUNCTION(id, name, signatures, nulls, flags, help, example, result) \
	{ FN_##id, name, signatures, nulls, flags, help, example, result },
#include "parser/functions.def"
#undef FUNCTION
};

static const struct {
	const char *name;
	enum function_id id;
} aliases[] = {
	{ "CEILING", FN_CEIL },
	{ "CHARACTER_LENGTH", FN_CHAR_LENGTH },
	{ "IFNULL", FN_COALESCE },
	{ "SUBSTR", FN_SUBSTRING },
	{ "VARIANCE", FN_VAR_SAMP },
};

/* What Flink has and sluice has not yet: refused by name rather than called
 * unknown. */
static const char *const planned[] = {
	"APPROX_COUNT_DISTINCT",
	"CUME_DIST",
	"DENSE_RANK",
	"EXISTS",
	"LAG",
	"LEAD",
	"NTILE",
	"PARSE_JSON",
	"PERCENT_RANK",
	"RANK",
	"ROW_NUMBER",
	"TRY_PARSE_JSON",
};

const struct function *
function_get(enum function_id id)
{
	CHECK(id > FN_NONE);
	CHECK(id < FN_COUNT_OF);
	return &functions[id - 1];
}

const struct function *
function_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (!(functions[i].flags & FN_OPERATOR) &&
		    strcasecmp(functions[i].name, name) == 0)
			return &functions[i];
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (strcasecmp(aliases[i].name, name) == 0)
			return function_get(aliases[i].id);
	return NULL;
}

const char *const *
function_names(size_t *ret_n)
{
	/* filled alike by whoever comes first: no harm in doing it twice */
	static const char *names[ARRAY_LEN(functions) + ARRAY_LEN(aliases)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(functions); i++)
		if (!(functions[i].flags & FN_OPERATOR))
			names[n++] = functions[i].name;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		names[n++] = aliases[i].name;
	*ret_n = n;
	return names;
}

bool
function_is_planned(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(planned); i++)
		if (strcasecmp(planned[i], name) == 0)
			return true;
	return false;
}

int
function_unknown(const char *name, struct error *err)
{
	const char *const *names, *near;
	size_t n;

	if (strcasecmp(name, "SOURCE_WATERMARK") == 0) {
		error_set(err, ERR_UNSUPPORTED, "SOURCE_WATERMARK() stands for "
			  "the watermarks of a connector that makes its own, "
			  "and none does");
		error_note(err, "write WATERMARK FOR ts AS ts - INTERVAL '5' "
			   "SECOND");
		return -1;
	}
	if (function_is_planned(name)) {
		error_set(err, ERR_UNSUPPORTED,
			  "the function %s is not supported yet", name);
		error_note(err, "%s",
			   strcasecmp(name, "APPROX_COUNT_DISTINCT")
				   ? "docs/manual/functions.md lists what "
				     "there is today"
				   : "Flink has it in batch mode only; "
				     "APPROX_DISTINCT(x) estimates in a stream");
		return -1;
	}
	names = function_names(&n);
	near = error_nearest(name, names, n);
	error_set(err, ERR_UNKNOWN_FUNCTION, "there is no function %s", name);
	if (function_of_others(name))
		error_hint(err, "write %s", function_of_others(name));
	else if (near)
		error_hint(err, "did you mean %s?", near);
	return -1;
}

/* ---- what comes out ---- */

static bool
named_type(const char *word, struct type *ret)
{
	static const struct {
		const char *word;
		struct type type;
	} types[] = {
		{ "boolean", { .kind = TYPE_BOOLEAN } },
		{ "int", { .kind = TYPE_INT } },
		{ "bigint", { .kind = TYPE_BIGINT } },
		{ "double", { .kind = TYPE_DOUBLE } },
		{ "string",
		  { .kind = TYPE_VARCHAR, .length = TYPE_LENGTH_MAX } },
		{ "bytes",
		  { .kind = TYPE_VARBINARY, .length = TYPE_LENGTH_MAX } },
		{ "date", { .kind = TYPE_DATE } },
		{ "time0", { .kind = TYPE_TIME } },
		{ "timestamp3", { .kind = TYPE_TIMESTAMP, .precision = 3 } },
		{ "timestamp_ltz3",
		  { .kind = TYPE_TIMESTAMP_LTZ, .precision = 3 } },
		{ "timestamp_ltz",
		  { .kind = TYPE_TIMESTAMP_LTZ, .precision = 3 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strcmp(types[i].word, word) == 0) {
			*ret = types[i].type;
			return true;
		}
	}
	return false;
}

/* "char32": CHAR(32); "varchar128". */
static bool
sized_type(const char *word, struct type *ret)
{
	size_t n = strcspn(word, "0123456789");

	if (word[n] == '\0')
		return false;
	ret->length = (uint32_t)atoi(word + n);
	if (n == strlen("char") && memcmp(word, "char", n) == 0)
		ret->kind = TYPE_CHAR;
	else if (n == strlen("varchar") && memcmp(word, "varchar", n) == 0)
		ret->kind = TYPE_VARCHAR;
	else
		return false;
	return true;
}

static struct type
not_null(struct type t)
{
	t.nullable = false;
	return t;
}

/* What collections give: "array1" an ARRAY of argument 1's type, "element" what
 * is in it, and so on. False: another word. */
static bool
nested_result(const char *word, const struct type *args, struct type shared,
	      struct arena *a, struct type *ret)
{
	struct type_field entry[2] = { { "key", { 0 } }, { "value", { 0 } } };
	struct type count = TYPE_OF(TYPE_BIGINT);

	count.nullable = false;
	if (strcmp(word, "array1") == 0) {
		*ret = type_array(a, args[0]);
	} else if (strcmp(word, "multiset1") == 0) {
		*ret = type_multiset(a, args[0]);
	} else if (strcmp(word, "arrayT") == 0) {
		*ret = type_array(a, shared);
	} else if (strcmp(word, "element") == 0) {
		*ret = type_element(args[0]);
	} else if (strcmp(word, "keys") == 0) {
		*ret = type_array(a, type_key(args[0]));
	} else if (strcmp(word, "values") == 0) {
		*ret = type_array(a, type_value(args[0]));
	} else if (strcmp(word, "entries") == 0) {
		entry[0].type = type_key(args[0]);
		entry[1].type = type_value(args[0]);
		*ret = type_row(a, 2, entry);
		*ret = type_array(a, *ret);
	} else if (strcmp(word, "map12") == 0) {
		*ret = type_map(a, type_element(args[0]),
				type_element(args[1]));
	} else if (strcmp(word, "counts1") == 0) {
		*ret = type_map(a, not_null(args[0]), count);
	} else if (strcmp(word, "top1") == 0) {
		entry[0] = (struct type_field){
			"item", not_null(args[0])
		};
		entry[1] = (struct type_field){ "n", count };
		*ret = type_row(a, 2, entry);
		ret->nullable = false;
		*ret = type_array(a, *ret);
	} else if (strcmp(word, "array_double") == 0) {
		*ret = type_array(a, TYPE_OF(TYPE_DOUBLE));
	} else if (strcmp(word, "array_string") == 0) {
		*ret = type_array(a, TYPE_STRING_OF);
	} else if (strcmp(word, "map_string") == 0) {
		*ret = type_map(a, TYPE_STRING_OF, TYPE_STRING_OF);
	} else {
		return false;
	}
	return true;
}

/* Is it a word of arithmetic? Then *ret is set. */
static bool
arithmetic_result(const char *word, unsigned n, struct type *args,
		  struct type *ret)
{
	static const char *const ops[] = { "add", "mul", "div", "mod" };

	for (unsigned i = 0; i < ARRAY_LEN(ops); i++) {
		if (strcmp(ops[i], word) != 0)
			continue;
		CHECK(n == 2);
		if (args[0].kind == TYPE_NULL && args[1].kind == TYPE_NULL)
			args[0] = TYPE_OF(TYPE_INT);
		*ret = type_arithmetic((enum arithmetic)i, args[0], args[1],
				       &args[0], &args[1]);
		return true;
	}
	return false;
}

/* A number without its fraction: CEIL, FLOOR. */
static struct type
whole_type(struct type t)
{
	if (t.kind == TYPE_DECIMAL)
		t.scale = 0;
	return t;
}

/* A number rounded to so many digits (NULL: none) behind the point: a DECIMAL
 * keeps only these, when they are known, and may grow by one before it. */
static struct type
round_type(struct type t, const struct expr *digits)
{
	int64_t n = 0;
	unsigned whole = 1u + t.precision - t.scale;

	if (t.kind != TYPE_DECIMAL)
		return t;
	if (digits) {
		if (digits->kind != EXPR_LITERAL || digits->value.is_null)
			return t;
		n = digits->value.i64;
	}
	if (n >= t.scale)
		return t;
	t.scale = n < 0 ? 0 : (uint8_t)n;
	whole += t.scale;
	t.precision = whole > DECIMAL_MAX ? DECIMAL_MAX : (uint8_t)whole;
	return t;
}

/* TO_TIMESTAMP_LTZ(n, 6) keeps its microseconds; watermarks are
 * milliseconds. */
static void
refine_result(const struct function *f, unsigned n, struct expr *const *exprs,
	      struct type *ret)
{
	if (f->id == FN_TO_TIMESTAMP_LTZ && n == 2 &&
	    type_is_integer(exprs[1]->type) && exprs[1]->kind == EXPR_LITERAL && !exprs[1]->value.is_null &&
	    exprs[1]->value.i64 > 3 && exprs[1]->value.i64 <= 6)
		ret->precision = (uint8_t)exprs[1]->value.i64;
	if (f->id == FN_CURRENT_WATERMARK)
		ret->precision = 3;
}

static bool
result_nullable(const struct function *f, char mark, unsigned n,
		const struct type *args)
{
	bool any = false, all = n > 0;

	for (unsigned i = 0; i < n; i++) {
		if (f->id == FN_IF && i == 0)
			continue; /* a NULL condition takes the else value */
		any |= args[i].nullable;
		all &= args[i].nullable;
	}
	if (mark == '!' || mark == '?')
		return mark == '?';
	return f->id == FN_COALESCE ? all : any;
}

static void
form_result(const struct function *f, const struct form *form, unsigned n,
	    struct expr *const *exprs, struct type *args, struct type shared,
	    struct arena *a, struct type *ret)
{
	char word[sizeof(form->result)], mark;
	size_t len = strlen(form->result);
	bool nullable;

	memcpy(word, form->result, sizeof(word));
	mark = len && strchr("!?", word[len - 1]) ? word[len - 1] : 0;
	if (mark)
		word[len - 1] = '\0';
	nullable = result_nullable(f, mark, n, args);
	if (arithmetic_result(word, n, args, ret))
		return;
	signature_settle(form, n, args);
	if (word[0] == '$')
		*ret = args[word[1] - '1'];
	else if (strcmp(word, "T") == 0)
		*ret = shared;
	else if (strcmp(word, "whole") == 0)
		*ret = whole_type(args[0]);
	else if (strcmp(word, "round") == 0)
		*ret = round_type(args[0], n > 1 ? exprs[1] : NULL);
	else if (strcmp(word, "sum") == 0)
		*ret = type_sum(args[0]);
	else if (strcmp(word, "avg") == 0)
		*ret = type_avg(args[0]);
	else
		CHECK(nested_result(word, args, shared, a, ret) ||
		      named_type(word, ret) || sized_type(word, ret));
	ret->nullable = nullable || (f->flags & FN_AGGREGATE && mark != '!');
	refine_result(f, n, exprs, ret);
}

/* ---- in messages ---- */

static size_t
append(char *out, size_t size, size_t at, const char *text)
{
	int n = at < size ? snprintf(out + at, size - at, "%s", text) : 0;

	return at + (size_t)n;
}

static size_t
append_form(const struct function *f, const struct form *form, char *out,
	    size_t size, size_t at)
{
	bool infix = f->flags & FN_OPERATOR && form->nargs == 2;

	if (!infix) {
		at = append(out, size, at, f->name);
		at = append(out, size, at, "(");
	}
	for (unsigned i = 0; i < form->nargs; i++) {
		if (i > 0) {
			at = append(out, size, at, infix ? " " : ", ");
			at = append(out, size, at, infix ? f->name : "");
			at = append(out, size, at, infix ? " " : "");
		}
		at = append(out, size, at, signature_word(form, i));
	}
	if (form->repeats)
		at = append(out, size, at, ", ...");
	return infix ? at : append(out, size, at, ")");
}

void
function_forms(const struct function *f, char *out, size_t size)
{
	const char *p = f->signatures;
	struct form form;
	size_t at = 0;

	CHECK(size > 0);
	out[0] = '\0';
	while (signature_next(&p, &form)) {
		at = append(out, size, at, at ? "; " : "");
		at = append_form(f, &form, out, size, at);
	}
}

static int
no_form_fits(const struct function *f, unsigned n, struct expr *const *exprs,
	     struct error *err)
{
	char types[256] = "", forms[512], name[TYPE_NAME_MAX];
	size_t at = 0;

	for (unsigned i = 0; i < n; i++) {
		struct type t = exprs[i]->type;

		t.nullable = true;
		at = append(types, sizeof(types), at, i ? ", " : "");
		at = append(types, sizeof(types), at, type_name(t, name));
	}
	if (n == 0)
		error_set(err, ERR_ARGUMENTS, "%s needs arguments", f->name);
	else
		error_set(err, ERR_ARGUMENTS, "%s does not take (%s)", f->name,
			  types);
	function_forms(f, forms, sizeof(forms));
	error_note(err, "forms: %s", forms);
	return -1;
}

/* A pair for which people look for the reason. */
static void
hint_conversion(const struct function *f, unsigned n,
		struct expr *const *exprs, struct error *err)
{
	bool number = false, text = false, local = false, zoned = false;

	if (f->flags & FN_AGGREGATE)
		return;
	for (unsigned i = 0; i < n; i++) {
		number |= type_is_numeric(exprs[i]->type);
		text |= type_is_text(exprs[i]->type);
		local |= exprs[i]->type.kind == TYPE_TIMESTAMP;
		zoned |= exprs[i]->type.kind == TYPE_TIMESTAMP_LTZ;
	}
	if (f->id == FN_SUB && (local || zoned) && !number && !text)
		error_hint(err, "TIMESTAMPDIFF(SECOND, a, b) counts the units "
			   "from one time to another");
	else if (number && text)
		error_hint(err, "numbers and texts are not converted by "
			   "themselves: CAST one of them");
	else if (local && zoned)
		error_hint(err, "CAST one of them to the other's type");
}

int
function_resolve(const struct function *f, unsigned n,
		 struct expr *const *args, struct arena *a,
		 struct type *ret_args, struct type *ret, struct error *err)
{
	const char *p = f->signatures;
	struct type shared;
	struct form form;

	while (signature_next(&p, &form)) {
		if (!signature_accepts(&form, n, args, a, ret_args, &shared))
			continue;
		form_result(f, &form, n, args, ret_args, shared, a, ret);
		return 0;
	}
	no_form_fits(f, n, args, err);
	hint_conversion(f, n, args, err);
	return -1;
}
