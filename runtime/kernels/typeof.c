/* SPDX-License-Identifier: Apache-2.0
 * runtime/kernels/typeof.c - what is known of a call before it has rows: the
 * type of an argument, the database.
 */
#include "base/buf.h"
#include "parser/catalog.h"
#include "runtime/kernels/loops.h"

static struct str
text_of(const char *text, struct arena *a)
{
	return str_from(a, text, strlen(text));
}

/* ---- TYPEOF ---- */

struct type_texts {
	struct str brief, full;
};

/* A word that is short for others in CREATE TABLE; what stands in its
 * parentheses stays between them. */
static const struct {
	const char *word, *full, *behind;
} words[] = {
	{ "STRING", "VARCHAR(2147483647)", "" },
	{ "BYTES", "VARBINARY(2147483647)", "" },
	{ "TIMESTAMP_LTZ", "TIMESTAMP", " WITH LOCAL TIME ZONE" },
};

/* Takes one such word, or one character; a name in back-ticks is no word. */
static const char *
put_full(struct buf *out, const char *p)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = strlen(words[i].word), args;

		if (strncmp(p, words[i].word, n) != 0)
			continue;
		args = p[n] == '(' ? strcspn(p + n, ")") + 1 : 0;
		buf_puts(out, words[i].full);
		buf_append(out, p + n, args);
		buf_puts(out, words[i].behind);
		return p + n + args;
	}
	if (*p == '`') {
		size_t n = strcspn(p + 1, "`") + 2;

		buf_append(out, p, n);
		return p + n;
	}
	buf_putc(out, *p);
	return p + 1;
}

static struct str
full_text(const char *brief, struct arena *a)
{
	struct buf out;
	struct str s;

	buf_init(&out);
	while (*brief)
		brief = put_full(&out, brief);
	s = str_from(a, out.data, out.len);
	buf_release(&out);
	return s;
}

static void
type_texts(struct frame *f)
{
	const struct type_texts *texts = f->call->prepared;
	const struct vec *full = f->call->nargs == 2 ? &f->arg[1] : NULL;

	frame_each(f, row)
		f->out->str[row] = full && full->u8[row & full->mask]
					   ? texts->full
					   : texts->brief;
}

static bool
pick_typeof(struct kernel_call *k)
{
	struct type_texts *texts = arena_new(k->arena, struct type_texts);
	const char *brief = type_string(k->arg_type[0], k->arena);

	texts->brief = text_of(brief, k->arena);
	texts->full = full_text(brief, k->arena);
	k->prepared = texts;
	return pick_sparse(k, type_texts);
}

/* ---- CURRENT_DATABASE ---- */

static void
database(struct frame *f)
{
	frame_each(f, row)
		f->out->str[row] = text_of(DATABASE_NAME, f->arena);
}

static bool
pick_database(struct kernel_call *k)
{
	return pick_sparse(k, database);
}

const struct kernel typeof_kernels[] = {
	{ FN_TYPEOF, pick_typeof },
	{ FN_CURRENT_DATABASE, pick_database },
	{ FN_NONE, NULL },
};
