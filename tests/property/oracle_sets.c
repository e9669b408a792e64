/* SPDX-License-Identifier: Apache-2.0
 * tests/property/oracle_sets.c - the keys of a level in SELECT and GROUP BY, with
 * its windows, and GROUPING SETS, ROLLUP and CUBE over them. SQLite has none of them: its text holds marks where the keys
 * stand, and is repeated for each set with what the set makes of them.
 */
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "tests/property/oracle_maker.h"

#define wants(m, f, percent) oracle_wants((m)->c, &(m)->c->dice, f, percent)

/* Marks of one byte in SQLite's text; behind the first two stands the number
 * of the key, then its text up to MARK_END. */
#define MARK_SELECTED '\001'
#define MARK_GROUPED '\002'
#define MARK_END '\003'
#define MARK_LEVEL '\004' /* GROUPING() of all keys */

static unsigned
roll(struct maker *m, unsigned sides)
{
	return dice_roll(&m->c->dice, sides);
}

void
sets_choose(struct maker *m, struct level *level)
{
	unsigned all = (1u << level->ngroup_cols) - 1;

	level->nsets = 0;
	if (level->ngroup_cols == 0 || level->upsert || level->alike ||
	    level->sessions)
		return;
	if (wants(m, F_ROLLUP, 5)) {
		level->sets_word = "ROLLUP";
		for (unsigned n = level->ngroup_cols + 1; n-- > 0;)
			level->sets[level->nsets++] = (1u << n) - 1;
		maker_mark(m, F_ROLLUP);
	} else if (wants(m, F_CUBE, 5)) {
		level->sets_word = "CUBE";
		for (unsigned set = 0; set <= all; set++)
			level->sets[level->nsets++] = set;
		maker_mark(m, F_CUBE);
	} else if (wants(m, F_GROUPING_SETS, 5)) {
		level->sets_word = NULL;
		level->nsets = 2 + roll(m, 3);
		for (unsigned i = 0; i < level->nsets; i++)
			level->sets[i] = roll(m, all + 1);
		level->sets[0] = all; /* each key is in one */
		maker_mark(m, F_GROUPING_SETS);
	}
}

static void
put_marked(struct text *t, struct text *key, char mark, unsigned k)
{
	buf_append(&t->flink, key->flink.data, key->flink.len);
	buf_putc(&t->lite, mark);
	buf_putc(&t->lite, (char)('0' + k));
	buf_append(&t->lite, key->lite.data, key->lite.len);
	buf_putc(&t->lite, MARK_END);
}

static void
sets_put_key(struct level *level, unsigned k, struct text *ret)
{
	put_marked(ret, &level->key_text[k], MARK_SELECTED, k);
}

static void
sets_put_level(struct level *level, struct text *ret)
{
	buf_puts(&ret->flink, "GROUPING(");
	for (unsigned k = 0; k < level->ngroup_cols; k++) {
		buf_puts(&ret->flink, k ? ", " : "");
		buf_append(&ret->flink, level->key_text[k].flink.data,
			   level->key_text[k].flink.len);
	}
	buf_putc(&ret->flink, ')');
	buf_putc(&ret->lite, MARK_LEVEL);
}

static void
put_set(struct level *level, struct buf *out, unsigned set)
{
	unsigned n = 0;

	buf_putc(out, '(');
	for (unsigned k = 0; k < level->ngroup_cols; k++) {
		if (!(set >> k & 1))
			continue;
		buf_puts(out, n++ ? ", " : "");
		buf_append(out, level->key_text[k].flink.data,
			   level->key_text[k].flink.len);
	}
	buf_putc(out, ')');
}

static void
sets_put_group_by(struct level *level)
{
	struct text *t = &level->select, unused;

	buf_puts(&t->flink, level->sets_word ? level->sets_word
					     : "GROUPING SETS (");
	if (level->sets_word)
		put_set(level, &t->flink, (1u << level->ngroup_cols) - 1);
	for (unsigned i = 0; !level->sets_word && i < level->nsets; i++) {
		buf_puts(&t->flink, i ? ", " : "");
		put_set(level, &t->flink, level->sets[i]);
	}
	buf_puts(&t->flink, level->sets_word ? "" : ")");
	text_init(&unused);
	for (unsigned k = 0; k < level->ngroup_cols; k++) {
		buf_puts(&t->lite, k ? ", " : "");
		put_marked(&unused, &level->key_text[k], MARK_GROUPED, k);
		buf_append(&t->lite, unused.lite.data, unused.lite.len);
		text_clear(&unused);
	}
	text_release(&unused);
}

static unsigned
level_of(const struct level *level, unsigned set)
{
	unsigned v = 0;

	for (unsigned k = 0; k < level->ngroup_cols; k++)
		v = v << 1 | !(set >> k & 1);
	return v;
}

/* A constant text is a key that all rows share; a number would be the place of
 * a column. */
static void
put_for_set(const struct level *level, unsigned set, const char *text,
	    size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *end;

		if (text[i] == MARK_LEVEL) {
			buf_printf(out, "%u", level_of(level, set));
		} else if (text[i] == MARK_SELECTED ||
			   text[i] == MARK_GROUPED) {
			end = memchr(text + i, MARK_END, n - i);
			CHECK(end);
			if (set >> (text[i + 1] - '0') & 1)
				buf_append(out, text + i + 2,
					   (size_t)(end - text) - i - 2);
			else
				buf_puts(out, text[i] == MARK_SELECTED
						      ? "NULL" : "'all'");
			i = (size_t)(end - text);
		} else {
			buf_putc(out, text[i]);
		}
	}
}

void
sets_expand(struct level *level)
{
	struct buf *lite = &level->select.lite, all;

	if (level->nsets == 0)
		return;
	buf_init(&all);
	for (unsigned i = 0; i < level->nsets; i++) {
		buf_puts(&all, i ? " UNION ALL " : "");
		put_for_set(level, level->sets[i], lite->data, lite->len,
			    &all);
	}
	buf_clear(lite);
	buf_append(lite, all.data, all.len);
	buf_release(&all);
}

/* ---- keys and windows ---- */

/* A column of the windows: of those in GROUP BY by its function. */
static void
put_bound(struct maker *m, const struct from *f, struct level *level,
	  const char *name, const char *suffix, const char *prefix,
	  struct type t)
{
	struct col col = { .type = t, .orders = true };
	size_t n = strcspn(f->old, "(");
	struct text expr;

	text_init(&expr);
	if (*f->old)
		buf_printf(&expr.flink, "%.*s_%s%s", (int)n, f->old, suffix,
			   f->old + n);
	else
		buf_puts(&expr.flink, name);
	buf_puts(&expr.lite, name);
	put_item(m, level, &expr, prefix, &col);
	text_release(&expr);
}

static void
put_key(struct maker *m, const struct from *f, struct level *level, unsigned k)
{
	struct text key;

	text_init(&key);
	if (level->nsets > 0)
		sets_put_key(level, k, &key);
	else
		both_text(&key, &level->key_text[k]);
	put_item(m, level, &key, "k", &f->cols[level->group_cols[k]]);
	text_release(&key);
}

void
put_keys(struct maker *m, const struct from *f, struct level *level)
{
	for (unsigned i = 0; i < level->ngroup_cols; i++)
		put_key(m, f, level, i);
	level->window_col = 0;
	level->time_col = 0;
	if (f->window >= 0) {
		level->window_col = level->ncols + 1;
		put_bound(m, f, level, f->cols[f->window_col].name, "START",
			  "ws", type_timestamp(3));
		put_bound(m, f, level, f->cols[f->window_col + 1].name, "END",
			  "we", type_timestamp(3));
	}
	level->nkeys = level->nsets ? 0 : level->ncols;
	if (f->window >= 0 && level->give_time) {
		level->time_col = level->ncols + 1;
		put_bound(m, f, level, "window_time", "ROWTIME", "wt",
			  f->time_type);
		snprintf(level->time_name, sizeof(level->time_name), "%s",
			 level->cols[level->ncols - 1].name);
	}
	if (level->nsets > 0) {
		struct col col = { .type = TYPE_OF(TYPE_BIGINT),
				   .sums = true, .orders = true };
		struct text t;

		text_init(&t);
		sets_put_level(level, &t);
		put_item(m, level, &t, "g", &col);
		text_release(&t);
	}
}

void
put_group_by(const struct from *f, struct level *level)
{
	struct text *t = &level->select;
	const char *sep = " GROUP BY ";

	for (unsigned i = 0; level->nsets == 0 && i < level->ngroup_cols;
	     i++, sep = ", ") {
		both(t, "%s", sep);
		both_text(t, &level->key_text[i]);
	}
	if (f->window >= 0) {
		const char *start = f->cols[f->window_col].name;
		const char *end = f->cols[f->window_col + 1].name;

		both(t, "%s", sep);
		sep = ", ";
		buf_printf(&t->lite, "%s, %s", start, end);
		buf_puts(&t->lite, level->give_time ? ", window_time" : "");
		if (*f->old)
			buf_puts(&t->flink, f->old);
		else
			buf_printf(&t->flink, "%s, %s%s", start, end,
				   level->give_time ? ", window_time" : "");
	}
	if (level->nsets > 0) {
		both(t, "%s", sep);
		sets_put_group_by(level);
	}
}
