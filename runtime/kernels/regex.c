/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/regex.c - regular expressions through PCRE2, which has its
 * home here. A match that takes too many steps is an error of its row, so that
 * no pattern can hold a job up. Everything lives in arenas; for that reason,
 * and for systemd's MemoryDenyWriteExecute, nothing is compiled to machine
 * code.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/buf.h"
#include "runtime/kernels/regex.h"
#include "runtime/kernels/regex_pattern.h"

#define STEPS_MAX 1000000
#define HEAP_KIB_MAX 4096

struct regex {
	pcre2_code *code; /* NULL: the pattern cannot be used */
	bool unsupported; /* ... though it is one of Java's */
	pcre2_match_data *found;
	pcre2_match_context *limits;
};

/* ---- patterns ---- */

static void *
arena_give(size_t bytes, void *arena)
{
	return arena_alloc(arena, bytes);
}

static void
arena_keep(void *memory, void *arena)
{
	(void)memory, (void)arena;
}

/* Takes a pattern of PCRE2; `whole`: it must match the text in full. */
static void
regex_compile(struct regex *re, const struct str *pattern, bool whole,
	      struct arena *a)
{
	pcre2_general_context *memory =
		pcre2_general_context_create(arena_give, arena_keep, a);
	pcre2_compile_context *how = pcre2_compile_context_create(memory);
	uint32_t flags = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
	PCRE2_SIZE place;
	int error;

	if (whole)
		flags |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	pcre2_set_newline(how, PCRE2_NEWLINE_ANY);
	re->code = pcre2_compile((PCRE2_SPTR)str_data(pattern), pattern->len,
				 flags, &error, &place, how);
	if (!re->code)
		return;
	re->found = pcre2_match_data_create_from_pattern(re->code, memory);
	re->limits = pcre2_match_context_create(memory);
	pcre2_set_match_limit(re->limits, STEPS_MAX);
	pcre2_set_heap_limit(re->limits, HEAP_KIB_MAX);
}

static struct regex *
regex_create(enum function_id function, struct str pattern,
	     const struct str *escape, struct arena *a)
{
	struct regex *re = arena_new(a, struct regex);
	bool similar = function == FN_SIMILAR;
	enum pattern_rc rc = similar ? pattern_from_similar(pattern, escape, a,
							    &pattern)
				     : pattern_from_java(pattern, a, &pattern);

	re->unsupported = rc == PATTERN_UNSUPPORTED;
	if (rc == PATTERN_OK)
		regex_compile(re, &pattern, similar, a);
	return re;
}

const struct regex *
regex_of_java(struct str pattern, struct arena *a)
{
	return regex_create(FN_REGEXP, pattern, NULL, a);
}

bool
regex_is_usable(const struct regex *re)
{
	return re->code != NULL;
}

unsigned
regex_groups(const struct regex *re)
{
	return pcre2_get_ovector_count(re->found) - 1;
}

/* ---- matching ---- */

/* Looks for a match at or behind offset `from`, where valid text begins.
 * 1: found, 0: none, -1: the row has failed. */
static int
regex_find(struct frame *f, uint32_t row, const struct regex *re,
	   const struct str *s, size_t from)
{
	uint32_t flags = from > 0 ? PCRE2_NO_UTF_CHECK : 0;
	int rc = pcre2_match(re->code, (PCRE2_SPTR)str_data(s), s->len, from,
			     flags, re->found, re->limits);

	if (rc >= 0)
		return 1;
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	frame_fail(f, row, ERR_INVALID_ARGUMENT,
		   "the regular expression takes too many steps");
	return -1;
}

bool
regex_group(const struct regex *re, int64_t group, size_t *ret_start,
	    size_t *ret_end)
{
	const PCRE2_SIZE *places = pcre2_get_ovector_pointer(re->found);

	if (group < 0 || group >= pcre2_get_ovector_count(re->found) ||
	    places[2 * group] == PCRE2_UNSET)
		return false;
	*ret_start = places[2 * group];
	*ret_end = places[2 * group + 1];
	return true;
}

int
regex_walk_next(struct frame *f, uint32_t row, const struct regex *re,
		const struct str *s, struct regex_walk *w)
{
	int rc;

	if (w->next > s->len)
		return 0;
	rc = regex_find(f, row, re, s, w->next);
	if (rc <= 0)
		return rc;
	regex_group(re, 0, &w->start, &w->end);
	w->next = w->end;
	if (w->start == w->end) {
		if (w->end == s->len)
			w->next++;
		else
			utf8_next(str_data(s), s->len, &w->next);
	}
	return 1;
}

/* ---- functions: each gets a pattern that can be used ---- */

static void
do_regexp(struct frame *f, uint32_t row, const struct regex *re,
	  const struct str *s)
{
	int rc = regex_find(f, row, re, s, 0);

	if (rc >= 0)
		f->out->u8[row] = rc > 0;
}

static void
do_extract(struct frame *f, uint32_t row, const struct regex *re,
	   const struct str *s)
{
	int64_t group = f->call->nargs == 3 ? arg_i64(f, 2, row) : 0;
	int rc = regex_find(f, row, re, s, 0);
	size_t start, end;

	if (rc < 0)
		return;
	if (rc > 0 && regex_group(re, group, &start, &end))
		f->out->str[row] = str_part(s, start, end);
	else
		frame_null(f, row);
}

static void
do_instr(struct frame *f, uint32_t row, const struct regex *re,
	 const struct str *s)
{
	struct regex_walk w = { .next = 0 };
	int rc = regex_walk_next(f, row, re, s, &w);

	if (rc == 0)
		f->out->i64[row] = 0;
	else if (rc > 0)
		f->out->i64[row] =
			(int64_t)utf8_length(str_data(s), w.start) + 1;
}

static void
do_count(struct frame *f, uint32_t row, const struct regex *re,
	 const struct str *s)
{
	struct regex_walk w = { .next = 0 };
	int64_t n = 0;
	int rc;

	while ((rc = regex_walk_next(f, row, re, s, &w)) > 0)
		n++;
	if (rc == 0)
		f->out->i64[row] = n;
}

/* The text with all matches replaced; false: the row has failed. */
static bool
replaced(struct frame *f, uint32_t row, const struct regex *re,
	 const struct str *s, const struct str *by, struct buf *out)
{
	struct regex_walk w = { .next = 0 };
	size_t kept = 0;
	int rc;

	while ((rc = regex_walk_next(f, row, re, s, &w)) > 0 &&
	       out->len <= TEXT_MADE_MAX) {
		buf_append(out, str_data(s) + kept, w.start - kept);
		buf_append(out, str_data(by), by->len);
		kept = w.end;
	}
	buf_append(out, str_data(s) + kept, s->len - kept);
	return rc >= 0;
}

static void
do_replace(struct frame *f, uint32_t row, const struct regex *re,
	   const struct str *s)
{
	struct str by = arg_str(f, 2, row);
	struct buf out;
	char *text;

	buf_init(&out);
	if (replaced(f, row, re, s, &by, &out)) {
		text = text_room(f, row, out.len);
		if (text && out.len > 0)
			memcpy(text, out.data, out.len);
		if (text)
			text_put(f, row, text, out.len);
	}
	buf_release(&out);
}

/* ---- runs ---- */

/* What Flink answers to a pattern that is none. */
static void
put_no_pattern(struct frame *f, uint32_t row, const struct regex *re)
{
	if (re->unsupported)
		frame_fail(f, row, ERR_INVALID_ARGUMENT,
			   "this form of Java's regular expressions is not "
			   "supported");
	else if (f->call->function == FN_SIMILAR)
		frame_fail(f, row, ERR_INVALID_ARGUMENT,
			   "invalid pattern of SIMILAR TO");
	else if (f->call->function == FN_REGEXP)
		f->out->u8[row] = false;
	else
		frame_null(f, row);
}

static void
row_put(struct frame *f, uint32_t row, const struct regex *re,
	const struct str *s)
{
	if (!re->code) {
		put_no_pattern(f, row, re);
		return;
	}
	switch (f->call->function) {
	case FN_REGEXP_EXTRACT:
	case FN_REGEXP_SUBSTR:
		do_extract(f, row, re, s);
		break;
	case FN_REGEXP_INSTR:
		do_instr(f, row, re, s);
		break;
	case FN_REGEXP_COUNT:
		do_count(f, row, re, s);
		break;
	case FN_REGEXP_REPLACE:
		do_replace(f, row, re, s);
		break;
	default:
		do_regexp(f, row, re, s);
	}
}

static void
run_constant(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		row_put(f, row, f->call->prepared, &s);
	}
}

/* Patterns of columns: compiled anew where one differs from the last. */
static void
run_any(struct frame *f)
{
	bool has_escape = f->call->function == FN_SIMILAR &&
			  f->call->nargs == 3;
	struct str last = { .len = 0 }, last_escape = last;
	const struct regex *re = NULL;

	frame_each(f, row) {
		struct str s = arg_str(f, 0, row), p = arg_str(f, 1, row);
		struct str escape = has_escape ? arg_str(f, 2, row)
					       : last_escape;

		if (!re || !str_eq(&p, &last) ||
		    !str_eq(&escape, &last_escape))
			re = regex_create(f->call->function, p,
					  has_escape ? &escape : NULL,
					  f->arena);
		last = p;
		last_escape = escape;
		row_put(f, row, re, &s);
	}
}

/* An empty pattern is found nowhere by REGEXP (Flink). */
static void
run_regexp(struct frame *f)
{
	f->call->inner(f);
	frame_each(f, row) {
		if (arg_str(f, 1, row).len == 0)
			f->out->u8[row] = false;
	}
}

/* IS_ALPHA, IS_DIGIT: FALSE for NULL and for the empty text. */
static void
run_letters(struct frame *f)
{
	frame_each(f, row) {
		struct str s = arg_str(f, 0, row);

		f->out->u8[row] = false;
		if (!arg_is_null(f, 0, row))
			do_regexp(f, row, f->call->prepared, &s);
	}
}

/* Of numbers: whole ones are of digits. */
static void
run_letters_of_number(struct frame *f)
{
	bool digits = f->call->function == FN_IS_DIGIT &&
		      type_is_integer(f->call->arg_type[0]);

	frame_each(f, row)
		f->out->u8[row] = digits && !arg_is_null(f, 0, row);
}

/* ---- picks ---- */

static bool
pick_regex(struct kernel_call *k)
{
	const struct value *pattern = k->constant[1], *escape = NULL;
	bool has_escape = k->function == FN_SIMILAR && k->nargs == 3;

	if (has_escape)
		escape = k->constant[2];
	k->inner = run_any;
	if (pattern && !pattern->is_null &&
	    (!has_escape || (escape && !escape->is_null))) {
		k->prepared = regex_create(k->function, pattern->str,
					   escape ? &escape->str : NULL,
					   k->arena);
		k->inner = run_constant;
	}
	return pick_sparse(k, k->function == FN_REGEXP ? run_regexp
						       : k->inner);
}

static bool
pick_letters(struct kernel_call *k)
{
	struct regex *re;
	struct str letters = str_ref("\\p{L}+", 6);
	struct str digits = str_ref("\\p{Nd}+", 7);

	if (!type_is_text(k->arg_type[0]))
		return pick_sparse(k, run_letters_of_number);
	re = arena_new(k->arena, struct regex);
	regex_compile(re, k->function == FN_IS_ALPHA ? &letters : &digits, true,
		      k->arena);
	k->prepared = re;
	return pick_sparse(k, run_letters);
}

const struct kernel regex_kernels[] = {
	{ FN_REGEXP, pick_regex },	   { FN_REGEXP_EXTRACT, pick_regex },
	{ FN_REGEXP_REPLACE, pick_regex }, { FN_REGEXP_COUNT, pick_regex },
	{ FN_REGEXP_INSTR, pick_regex },   { FN_REGEXP_SUBSTR, pick_regex },
	{ FN_SIMILAR, pick_regex },	   { FN_IS_ALPHA, pick_letters },
	{ FN_IS_DIGIT, pick_letters },	   { FN_NONE, NULL },
};
