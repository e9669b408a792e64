/* SPDX-License-Identifier: Apache-2.0
 * parser/refuse.c - "not supported yet", by the name of the thing: finds what
 * stands at a refused token in parser/refuse.def, and knows the functions,
 * types and hints that would read well but mean nothing here yet.
 */
#include <string.h>
#include <strings.h>

#include "base/check.h"
#include "parser/grammar.h"
#include "parser/reader.h"

enum place { START, TABLE, JOINED, QUERY, QUERIED, CREATED, COLUMN, TYPE,
	     TYPED, VALUE, BEHIND, IS, ANY };

static const struct refused {
	enum place place;
	const char *words;
	const char *name;
	const char *note;
} refused[] = {
#define REFUSED(place, words, name, note) { place, words, name, note },
#define OTHERWISE(words, ours)
#include "parser/refuse.def"
#undef REFUSED
#undef OTHERWISE
};

static const struct otherwise {
	const char *words;
	const char *ours;
} otherwise[] = {
#define REFUSED(place, words, name, note)
#define OTHERWISE(words, ours) { words, ours },
#include "parser/refuse.def"
#undef REFUSED
#undef OTHERWISE
};

static void
refuse(struct reader *r, struct span at, const char *name, const char *note)
{
	if (reader_fail(r, ERR_UNSUPPORTED, at, "%s: not supported yet", name))
		error_note(r->err, "%s", note);
}

static bool
accepts(const struct reader *r, int token)
{
	return grammar_accepts(r->grammar, token, true);
}

static bool
is_place(const struct reader *r, enum place place)
{
	bool value = accepts(r, TK_INTEGER) && accepts(r, TK_CASE);

	switch (place) {
	case START:
		return r->entry == TK_ENTRY_STATEMENT;
	case TABLE:
		return accepts(r, TK_ID) && accepts(r, TK_TABLE) && !value;
	case JOINED:
		return accepts(r, TK_WHERE);
	case QUERY:
		return accepts(r, TK_SELECT);
	case QUERIED:
		return accepts(r, TK_UNION);
	case CREATED:
		/* The columns may be missing: CREATE TABLE t LIKE u. */
		return (r->table && r->nesting == 0) ||
		       (accepts(r, TK_WITH) && accepts(r, TK_COMMENT));
	case COLUMN:
		return r->table && accepts(r, TK_COMMENT);
	case TYPE:
		return accepts(r, TK_TYPE);
	case TYPED:
		return accepts(r, TK_RP) && accepts(r, TK_LP) &&
		       !accepts(r, TK_COMMA) && !value;
	case VALUE:
		return value;
	case BEHIND:
		return accepts(r, TK_EQ) && accepts(r, TK_AND);
	case IS:
		return accepts(r, TK_UNKNOWN) && accepts(r, TK_DISTINCT);
	case ANY:
		return true;
	}
	return false;
}

/* Do these words stand at `first`? The last of them is *ret_last. A number
 * stands for the word #. */
static bool
match(const struct reader *r, struct token first, const char *words,
      struct token *ret_last)
{
	struct token t = first;

	for (;;) {
		size_t n = strcspn(words, " ");
		bool same = t.at.length == n &&
			strncasecmp(reader_text(r, t.at), words, n) == 0;

		if (!same && !(*words == '#' && t.kind == TK_INTEGER))
			return false;
		*ret_last = t;
		if (!words[n])
			return true;
		words += n + 1;
		t = reader_peek(r, t);
	}
}

/* Does row f speak of the statement's beginning, and is t part of it or right
 * behind it? */
static bool
match_start(const struct reader *r, const struct refused *f, struct token t,
	    struct token *ret_last)
{
	struct token first = r->prev.kind ? r->first : t;

	return match(r, first, f->words, ret_last) &&
	       (t.at.offset <= ret_last->at.offset ||
		t.at.offset == reader_peek(r, *ret_last).at.offset);
}

static bool
refuse_subquery(struct reader *r, struct token t)
{
	if (t.kind != TK_SELECT || r->prev.kind != TK_LP ||
	    !is_place(r, VALUE))
		return false;
	refuse(r, t.at, r->before.kind == TK_IN ? "IN (SELECT ...)" :
	       "a sub-query as an argument",
	       "a sub-query of one value stands in parentheses of its own; "
	       "joins and IN (SELECT ...) come with a later release");
	return true;
}

/* A statement of ours by the words of another system. */
static bool
refuse_foreign_words(struct reader *r, struct token t)
{
	struct token last;

	if (r->prev.kind || !is_place(r, START))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(otherwise); i++) {
		const struct otherwise *o = &otherwise[i];

		if (!match(r, t, o->words, &last))
			continue;
		if (reader_fail(r, ERR_SYNTAX, span_join(t.at, last.at),
				"there is no %s", o->words))
			error_hint(r->err, "write %s", o->ours);
		return true;
	}
	return false;
}

bool
refuse_here(struct reader *r, struct token t)
{
	struct token last;

	if (refuse_subquery(r, t) || refuse_foreign_words(r, t))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const struct refused *f = &refused[i];
		struct token first = t;

		if (f->place == START) {
			if (!match_start(r, f, t, &last))
				continue;
			first = r->prev.kind ? r->first : t;
		} else if (!match(r, t, f->words, &last)) {
			continue;
		}
		if (!is_place(r, f->place))
			continue;
		refuse(r, span_join(first.at, last.at), f->name, f->note);
		return true;
	}
	return false;
}

/* ---- things that read like what we have ---- */

static const struct refused_word {
	const char *word;
	const char *note;
} refused_functions[] = {
	{ "CUMULATE", "it stands in FROM: FROM TABLE(CUMULATE(TABLE t, "
	  "DESCRIPTOR(ts), step, size)) GROUP BY window_start, window_end" },
	{ "ROW_NUMBER", "Top-N comes with a later release: MAX or MIN with "
	  "GROUP BY gives the first" },
};

#define AS_TEXT \
	"declare the column as STRING: the json format then gives the JSON text"

static const struct refused_word refused_types[] = {
	{ "RAW", AS_TEXT },
	{ "VARIANT", AS_TEXT }, { "BITMAP", AS_TEXT },
};

static const struct refused_word refused_hints[] = {
	{ "STATE_TTL", "STATE_TTL(...) stands behind SELECT" },
	{ "LOOKUP", "joins come with a later release" },
	{ "MULTI_JOIN", "joins come with a later release" },
	{ "BROADCAST", "leave it out: it is for batch joins" },
	{ "SHUFFLE_HASH", "leave it out: it is for batch joins" },
	{ "SHUFFLE_MERGE", "leave it out: it is for batch joins" },
	{ "NEST_LOOP", "leave it out: it is for batch joins" },
};

static const struct refused_word *
find_word(const struct reader *r, struct token t,
	  const struct refused_word *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (reader_is(r, t, words[i].word))
			return &words[i];
	return NULL;
}

void
refuse_function(struct reader *r, struct token name)
{
	const struct refused_word *w = find_word(r, name, refused_functions,
						 ARRAY_LEN(refused_functions));

	if (w)
		refuse(r, name.at, arena_printf(reader_arena(r), "%s(...)",
						w->word), w->note);
}

void
refuse_type(struct reader *r, struct token name)
{
	const struct refused_word *w = find_word(r, name, refused_types,
						 ARRAY_LEN(refused_types));

	if (w)
		refuse(r, name.at, w->word, w->note);
}

void
refuse_conflict(struct reader *r, struct token word, struct span at)
{
	static const char *const known[] = { "DEDUPLICATE" };

	if (reader_is(r, word, "NOTHING") || reader_is(r, word, "ERROR"))
		refuse(r, at, reader_is(r, word, "ERROR")
		       ? "ON CONFLICT DO ERROR" : "ON CONFLICT DO NOTHING",
		       "the newest row of each key stays: write ON CONFLICT DO "
		       "DEDUPLICATE, or leave it out");
	else if (reader_fail(r, ERR_SYNTAX, word.at, "behind ON CONFLICT DO "
			     "stands DEDUPLICATE, not \"%s\"",
			     reader_name(r, word)) &&
		 error_nearest(reader_name(r, word), known, 1))
		error_hint(r->err, "did you mean DEDUPLICATE?");
}

void
refuse_hint(struct reader *r, struct token name)
{
	static const char *const known[] = { "OPTIONS" };
	const struct refused_word *w = find_word(r, name, refused_hints,
						 ARRAY_LEN(refused_hints));

	if (reader_is(r, name, "OPTIONS"))
		return;
	if (w) {
		refuse(r, name.at, w->word, w->note);
		return;
	}
	if (reader_fail(r, ERR_UNKNOWN_HINT, name.at, "there is no hint \"%s\"",
			reader_name(r, name)) &&
	    error_nearest(reader_name(r, name), known, 1))
		error_hint(r->err, "did you mean OPTIONS?");
}

void
refuse_select_hint(struct reader *r, struct token name)
{
	if (reader_is(r, name, "STATE_TTL"))
		return;
	if (reader_is(r, name, "OPTIONS"))
		refuse(r, name.at, "OPTIONS behind SELECT",
		       "OPTIONS(...) stands behind a table's name");
	else
		refuse_hint(r, name);
}
