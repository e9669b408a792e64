/* SPDX-License-Identifier: Apache-2.0
 * parser/signature.c - the words of signatures: which arguments one takes and
 * what they become.
 */
#include "parser/signature.h"

#include <string.h>

#include "base/check.h"
#include "parser/expr.h"
#include "parser/types_infer.h"

/* ---- the words of a signature ---- */

enum word {
	W_NONE, W_ARITH, W_EXACT, W_INTEGER, W_TEXT, W_BOOLEAN, W_INSTANT,
	W_DATE, W_TIME, W_INTERVAL, W_INTERVAL_MS, W_INTERVAL_MONTH, W_ANY,
	W_ORDERED, W_COMPARABLE, W_SORTABLE, W_T, W_SPECIAL, W_DOUBLE, W_BYTES,
	W_ARRAY, W_ARRAY_T, W_TEXTS, W_SORTS, W_SORT_T, W_MAP, W_MAPS, W_COLLECTION,
};

/* What a bare NULL becomes where a collection stands. */
static const struct type_field null_fields[] = {
	{ NULL, { .kind = TYPE_INT, .nullable = true } },
	{ NULL, { .kind = TYPE_INT, .nullable = true } },
};

static const struct {
	const char *word;
	enum word id;
	const char *human; /* in messages */
	struct type null_type; /* what a bare NULL becomes there */
} words[] = {
	{ "arith", W_ARITH, "number", { .kind = TYPE_INT } },
	{ "double", W_DOUBLE, "number", { .kind = TYPE_DOUBLE } },
	{ "exact", W_EXACT, "integer or DECIMAL", { .kind = TYPE_INT } },
	{ "integer", W_INTEGER, "integer", { .kind = TYPE_INT } },
	{ "text", W_TEXT, "text",
	  { .kind = TYPE_VARCHAR, .length = TYPE_LENGTH_MAX } },
	{ "bytes", W_BYTES, "bytes",
	  { .kind = TYPE_VARBINARY, .length = TYPE_LENGTH_MAX } },
	{ "boolean", W_BOOLEAN, "boolean", { .kind = TYPE_BOOLEAN } },
	{ "instant", W_INSTANT, "timestamp",
	  { .kind = TYPE_TIMESTAMP, .precision = 3 } },
	{ "date", W_DATE, "date", { .kind = TYPE_DATE } },
	{ "time", W_TIME, "time", { .kind = TYPE_TIME } },
	{ "interval", W_INTERVAL, "interval", { .kind = TYPE_INTERVAL_MS } },
	{ "interval_ms", W_INTERVAL_MS, "interval of days to seconds",
	  { .kind = TYPE_INTERVAL_MS } },
	{ "interval_month", W_INTERVAL_MONTH, "interval of years and months",
	  { .kind = TYPE_INTERVAL_MONTH } },
	{ "any", W_ANY, "value", { .kind = TYPE_INT } },
	{ "ordered", W_ORDERED, "value", { .kind = TYPE_INT } },
	{ "comparable", W_COMPARABLE, "value", { .kind = TYPE_INT } },
	{ "sortable", W_SORTABLE, "value", { .kind = TYPE_INT } },
	{ "T", W_T, "value", { .kind = TYPE_INT } },
	{ "array", W_ARRAY, "array",
	  { .kind = TYPE_ARRAY, .fields = null_fields } },
	{ "arrayT", W_ARRAY_T, "array",
	  { .kind = TYPE_ARRAY, .fields = null_fields } },
	{ "sorts", W_SORTS, "array of single values",
	  { .kind = TYPE_ARRAY, .fields = null_fields } },
	{ "sortT", W_SORT_T, "value", { .kind = TYPE_INT } },
	{ "texts", W_TEXTS, "array of texts",
	  { .kind = TYPE_ARRAY, .fields = null_fields } },
	{ "maps", W_MAPS, "map", { .kind = TYPE_MAP, .fields = null_fields } },
	{ "map", W_MAP, "map", { .kind = TYPE_MAP, .fields = null_fields } },
	{ "collection", W_COLLECTION, "array or map",
	  { .kind = TYPE_ARRAY, .fields = null_fields } },
	{ "special", W_SPECIAL, "", { .kind = TYPE_NULL } },
};

static unsigned
word_index(const char *text, size_t n)
{
	for (unsigned i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, text, n) == 0)
			return i;
	CHECK(!"a word in functions.def that signature.c does not know");
	return 0;
}

bool
signature_next(const char **pos, struct form *ret)
{
	const char *p = *pos;

	memset(ret, 0, sizeof(*ret));
	p += strspn(p, " ");
	if (*p == '\0')
		return false;
	while (*p && *p != ';' && strncmp(p, "->", 2) != 0) {
		size_t n = strcspn(p, " ;");
		size_t dots = n > 3 && !memcmp(p + n - 3, "...", 3) ? 3 : 0;

		CHECK(ret->nargs < FORM_ARGS_MAX);
		ret->word[ret->nargs++] = word_index(p, n - dots);
		ret->repeats = dots != 0;
		p += n;
		p += strspn(p, " ");
	}
	if (*p == '-') {
		size_t n;

		p += 2;
		p += strspn(p, " ");
		n = strcspn(p, " ;");
		CHECK(n < sizeof(ret->result));
		memcpy(ret->result, p, n);
		p += n;
	}
	p += strspn(p, " ");
	*pos = *p == ';' ? p + 1 : p;
	return true;
}

static unsigned
form_word(const struct form *f, unsigned arg)
{
	return f->word[arg < f->nargs ? arg : f->nargs - 1];
}

static bool
word_accepts(enum word w, struct type t)
{
	if (t.kind == TYPE_NULL)
		return true;
	switch (w) {
	case W_ARITH:
	case W_DOUBLE:
		return type_is_numeric(t);
	case W_EXACT:
		return type_is_exact(t);
	case W_INTEGER:
		return type_is_integer(t);
	case W_TEXT:
		return type_is_text(t);
	case W_BYTES:
		return type_is_binary(t);
	case W_BOOLEAN:
		return t.kind == TYPE_BOOLEAN;
	case W_INSTANT:
		return type_is_instant(t);
	case W_DATE:
		return t.kind == TYPE_DATE;
	case W_TIME:
		return t.kind == TYPE_TIME;
	case W_INTERVAL:
		return type_is_interval(t);
	case W_INTERVAL_MS:
		return t.kind == TYPE_INTERVAL_MS;
	case W_INTERVAL_MONTH:
		return t.kind == TYPE_INTERVAL_MONTH;
	case W_ANY:
	case W_COMPARABLE:
	case W_T:
		return true;
	case W_ORDERED:
	case W_SORTABLE:
		return !type_is_nested(t);
	case W_ARRAY:
	case W_ARRAY_T:
		return t.kind == TYPE_ARRAY;
	case W_SORT_T:
		return !type_is_nested(t);
	case W_SORTS:
		return t.kind == TYPE_ARRAY &&
		       !type_is_nested(type_element(t));
	case W_TEXTS:
		return t.kind == TYPE_ARRAY &&
		       type_is_text(type_element(t));
	case W_MAP:
	case W_MAPS:
		return t.kind == TYPE_MAP;
	case W_COLLECTION:
		return type_is_nested(t) && t.kind != TYPE_ROW;
	case W_NONE:
	case W_SPECIAL:
		break;
	}
	return false;
}

/* ---- what the arguments become ---- */

static bool
form_has(const struct form *f, enum word w)
{
	for (unsigned i = 0; i < f->nargs; i++)
		if (words[f->word[i]].id == w)
			return true;
	return false;
}

/* Arguments at the word become what they share, rather than being left as they
 * can be compared. */
static bool
takes_shared(enum word w)
{
	return w == W_T || w == W_SORT_T || w == W_MAPS;
}

/* Argument i as it takes part in the type that all at `w` share: of an array
 * its element. False: it takes no part. */
static bool
sharing_type(const struct form *f, enum word w, unsigned i,
	     const struct type *args, struct type *ret)
{
	enum word own = words[form_word(f, i)].id;

	*ret = args[i];
	if (w == W_T && own == W_ARRAY_T && args[i].kind == TYPE_ARRAY) {
		*ret = type_element(args[i]);
		return true;
	}
	return own == w;
}

/* The type that all arguments at `w` share; among those that are compared a
 * time beside texts decides. False: there is none. */
static bool
shared_type(const struct form *f, enum word w, unsigned n,
	    const struct type *args, struct arena *a, struct type *ret)
{
	struct type t = TYPE_OF(TYPE_NULL), arg, other;
	bool nullable = false;

	for (unsigned i = 0; i < n; i++) {
		if (!sharing_type(f, w, i, args, &arg))
			continue;
		nullable |= arg.nullable;
		if (type_common(t, arg, a, &t))
			continue;
		if (takes_shared(w) ||
		    !type_comparable(t, arg, a, &other, &t))
			return false;
		if (!type_is_text(arg))
			t = arg;
	}
	if (t.kind == TYPE_NULL)
		t.kind = TYPE_INT;
	t.nullable = nullable;
	*ret = t;
	return true;
}

static bool
convert_shared(const struct form *f, enum word w, unsigned n,
	       struct type *args, struct arena *a, struct type *ret_shared)
{
	struct type other;

	if (!shared_type(f, w, n, args, a, ret_shared))
		return false;
	for (unsigned i = 0; i < n; i++) {
		enum word own = words[form_word(f, i)].id;
		bool nullable = args[i].nullable;

		if (w == W_T && own == W_ARRAY_T)
			args[i] = type_array(a, *ret_shared);
		else if (own != w)
			continue;
		else if (takes_shared(w))
			args[i] = *ret_shared;
		else if (!type_comparable(args[i], *ret_shared, a, &args[i],
					  &other))
			return false;
		args[i].nullable = nullable;
	}
	return true;
}

static void
convert_doubles(const struct form *f, unsigned n, struct type *args)
{
	for (unsigned i = 0; i < n; i++)
		if (words[form_word(f, i)].id == W_DOUBLE)
			args[i] = (struct type){
				.kind = TYPE_DOUBLE,
				.nullable = args[i].nullable,
			};
}

static void
convert_nulls(const struct form *f, unsigned n, struct type *args)
{
	for (unsigned i = 0; i < n; i++) {
		if (args[i].kind != TYPE_NULL)
			continue;
		args[i] = words[form_word(f, i)].null_type;
		args[i].nullable = true;
	}
}

void
signature_settle(const struct form *form, unsigned n, struct type *args)
{
	convert_nulls(form, n, args);
	convert_doubles(form, n, args);
}

const char *
signature_word(const struct form *form, unsigned arg)
{
	return words[form->word[arg]].human;
}

/* ---- which arguments fit ---- */

bool
signature_accepts(const struct form *form, unsigned n,
		  struct expr *const *exprs, struct arena *a,
		  struct type *ret_args, struct type *ret_shared)
{
	static const enum word shared[] = { W_COMPARABLE, W_SORTABLE,
					      W_SORT_T, W_MAPS };

	if (form->repeats ? n < form->nargs : n != form->nargs)
		return false;
	for (unsigned i = 0; i < n; i++) {
		ret_args[i] = exprs[i]->type;
		if (!word_accepts(words[form_word(form, i)].id, ret_args[i]))
			return false;
	}
	*ret_shared = TYPE_OF(TYPE_NULL);
	if ((form_has(form, W_T) || form_has(form, W_ARRAY_T)) &&
	    !convert_shared(form, W_T, n, ret_args, a, ret_shared))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(shared); i++)
		if (form_has(form, shared[i]) &&
		    !convert_shared(form, shared[i], n, ret_args, a,
				    ret_shared))
			return false;
	return true;
}
