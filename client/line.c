/* SPDX-License-Identifier: Apache-2.0
 * client/line.c - libedit, kept at arm's length: one editor a process.
 */
#include "client/line.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "client/run.h"

#define HISTORY_MAX 1000
#define WORDS_MAX 2000

struct line_words {
	const char *start; /* what they begin with */
	size_t n;
	char *word[WORDS_MAX];
	unsigned nwords;
};

struct line {
	EditLine *el;
	History *history;
	char *file;
	line_complete_fn *complete;
	void *arg;
	const char *prompt, *before;
	struct buf text;
};

static char *
prompt_of(EditLine *el)
{
	struct line *l;

	el_get(el, EL_CLIENTDATA, &l);
	return (char *)l->prompt;
}

/* ---- completion ---- */

void
line_words_add(struct line_words *w, const char *word)
{
	if (w->nwords == WORDS_MAX || strncasecmp(word, w->start, w->n) != 0)
		return;
	for (unsigned i = 0; i < w->nwords; i++)
		if (strcmp(w->word[i], word) == 0)
			return;
	w->word[w->nwords++] = mem_strdup(word);
}

static int
by_text(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* How far all words go together. */
static size_t
common_length(const struct line_words *w)
{
	size_t n = strlen(w->word[0]);

	for (unsigned i = 1; i < w->nwords; i++) {
		size_t same = 0;

		while (same < n && w->word[0][same] == w->word[i][same])
			same++;
		n = same;
	}
	return n;
}

static void
list_words(const struct line_words *w)
{
	unsigned shown = w->nwords < 100 ? w->nwords : 100;

	putchar('\n');
	for (unsigned i = 0; i < shown; i++)
		printf("%s%s", w->word[i], i % 5 == 4 ? "\n" : "  ");
	if (shown < w->nwords)
		printf("and %u more", w->nwords - shown);
	if (shown % 5 != 0 || shown < w->nwords)
		putchar('\n');
}

static unsigned char
insert(EditLine *el, struct line_words *w)
{
	size_t n = common_length(w);
	char text[256];

	if (w->nwords > 1 && n <= w->n) {
		list_words(w);
		return CC_REDISPLAY;
	}
	if (n >= sizeof(text) - 2)
		return CC_ERROR;
	/* What was typed may be of another case. */
	el_deletestr(el, (int)w->n);
	snprintf(text, sizeof(text), "%.*s%s", (int)n, w->word[0],
		 w->nwords == 1 ? " " : "");
	return el_insertstr(el, text) < 0 ? CC_ERROR : CC_REFRESH;
}

static bool
in_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' ||
	       c == '\\' || (unsigned char)c >= 0x80;
}

static unsigned char
on_tab(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);
	struct line_words words = { .n = 0 };
	unsigned char rc = CC_ERROR;
	const char *from = info->cursor;
	struct buf text;
	struct line *l;

	(void)key;
	el_get(el, EL_CLIENTDATA, &l);
	while (from > info->buffer && in_word(from[-1]))
		from--;
	buf_init(&text);
	buf_puts(&text, l->before);
	buf_append(&text, info->buffer, (size_t)(info->cursor - info->buffer));
	words.n = (size_t)(info->cursor - from);
	words.start = buf_cstr(&text) + text.len - words.n;
	l->complete(l->arg, buf_cstr(&text), words.start, &words);
	if (words.nwords > 0) {
		qsort(words.word, words.nwords, sizeof(*words.word), by_text);
		rc = insert(el, &words);
	}
	for (unsigned i = 0; i < words.nwords; i++)
		free(words.word[i]);
	buf_release(&text);
	return rc;
}

/* ---- the editor ---- */

struct line *
line_create(const char *file, line_complete_fn *complete, void *arg)
{
	struct line *l = mem_zalloc(sizeof(*l));
	HistEvent ev;

	l->complete = complete;
	l->arg = arg;
	l->before = l->prompt = "";
	buf_init(&l->text);
	l->history = history_init();
	l->el = el_init("sluice", stdin, stdout, stderr);
	CHECK(l->history && l->el);
	history(l->history, &ev, H_SETSIZE, HISTORY_MAX);
	history(l->history, &ev, H_SETUNIQUE, 1);
	if (file) {
		l->file = mem_strdup(file);
		history(l->history, &ev, H_LOAD, file);
	}
	el_set(l->el, EL_CLIENTDATA, l);
	el_set(l->el, EL_PROMPT, prompt_of);
	el_set(l->el, EL_EDITOR, "emacs");
	el_set(l->el, EL_HIST, history, l->history);
	el_set(l->el, EL_ADDFN, "sluice-complete", "completes the word",
	       on_tab);
	el_set(l->el, EL_BIND, "^I", "sluice-complete", NULL);
	el_set(l->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
	el_source(l->el, NULL);
	return l;
}

void
line_destroy(struct line *l)
{
	HistEvent ev;

	if (l->file)
		history(l->history, &ev, H_SAVE, l->file);
	el_end(l->el);
	history_end(l->history);
	buf_release(&l->text);
	free(l->file);
	free(l);
}

enum line_rc
line_read(struct line *l, const char *prompt, const char *before,
	  const char **ret)
{
	const char *text;
	int n = 0;

	l->prompt = prompt;
	l->before = before;
	/* Before the prompt is shown: a Ctrl-D typed in between is lost. */
	el_set(l->el, EL_PREP_TERM, 1);
	text = el_gets(l->el, &n);
	if (run_interrupted) {
		el_reset(l->el);
		putchar('\n');
		return LINE_INTERRUPTED;
	}
	if (!text || n <= 0)
		return LINE_END;
	buf_clear(&l->text);
	buf_append(&l->text, text, (size_t)n - (text[n - 1] == '\n'));
	*ret = buf_cstr(&l->text);
	return LINE_TEXT;
}

void
line_remember(struct line *l, const char *text)
{
	HistEvent ev;

	if (*text)
		history(l->history, &ev, H_ENTER, text);
}
