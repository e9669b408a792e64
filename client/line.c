/* SPDX-License-Identifier: Apache-2.0
 * client/line.c - libedit, kept at arm's length: one editor a process.
 */
#include "client/line.h"

#include <fcntl.h>
#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "client/session.h"
#include "client/shown.h"
#include "client/term.h"

#define HISTORY_MAX 1000
#define WORDS_MAX 2000
#define LIST_MAX 200

struct line_words {
	const char *start; /* what they begin with */
	size_t n;
	const char *behind;
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
line_words_begin(struct line_words *w, const char *start, size_t n,
		 const char *behind)
{
	w->start = start;
	w->n = n;
	w->behind = behind;
}

void
line_words_add(struct line_words *w, const char *word)
{
	if (!word || w->nwords == WORDS_MAX || strncasecmp(word, w->start, w->n) != 0)
		return;
	for (unsigned i = 0; i < w->nwords; i++)
		if (strcmp(w->word[i], word) == 0)
			return;
	w->word[w->nwords++] = mem_strdup(word);
}

unsigned
line_words_count(const struct line_words *w)
{
	return w->nwords;
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

/* In columns of one width, as many as the terminal has room for. */
static void
list_words(const struct line_words *w)
{
	unsigned shown = w->nwords < LIST_MAX ? w->nwords : LIST_MAX;
	size_t widest = 1, across;

	for (unsigned i = 0; i < shown; i++) {
		size_t width = shown_width(w->word[i], strlen(w->word[i]));

		widest = width > widest ? width : widest;
	}
	across = term_size().columns / (widest + 2);
	across += across == 0;
	putchar('\n');
	for (unsigned i = 0; i < shown; i++) {
		size_t width = shown_width(w->word[i], strlen(w->word[i]));

		printf("%s%*s", w->word[i], (int)(widest + 2 - width), "");
		if ((i + 1) % across == 0 || i + 1 == shown)
			putchar('\n');
	}
	if (shown < w->nwords)
		printf("and %u more\n", w->nwords - shown);
}

static unsigned char
insert(EditLine *el, struct line_words *w)
{
	size_t n = common_length(w);
	char text[4096];

	if (w->nwords > 1 && n <= w->n) {
		list_words(w);
		return CC_REDISPLAY;
	}
	if (n >= sizeof(text) - 8)
		return CC_ERROR;
	/* What was typed may be of another case. */
	el_deletestr(el, (int)(utf8_valid(w->start, w->n)
				       ? utf8_length(w->start, w->n) : w->n));
	snprintf(text, sizeof(text), "%.*s%s", (int)n, w->word[0],
		 w->nwords == 1 ? w->behind : "");
	return el_insertstr(el, text) < 0 ? CC_ERROR : CC_REFRESH;
}

static unsigned char
on_tab(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);
	struct line_words words = { .n = 0, .behind = "" };
	unsigned char rc = CC_ERROR;
	struct buf text;
	struct line *l;

	(void)key;
	el_get(el, EL_CLIENTDATA, &l);
	buf_init(&text);
	buf_puts(&text, l->before);
	buf_append(&text, info->buffer, (size_t)(info->cursor - info->buffer));
	buf_cstr(&text);
	words.start = text.data + text.len;
	l->complete(l->arg, text.data, text.len, &words);
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
		/* Written again: without what is too old to be kept. */
		if (history(l->history, &ev, H_LOAD, file) >= 0)
			history(l->history, &ev, H_SAVE, file);
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
	/* Between lines, too: a Ctrl-D typed while a query runs would else be
	 * the end of a file that nobody reads, and lost. */
	el_set(l->el, EL_SETTY, "-x", "-icanon", "-echo", NULL);
	return l;
}

void
line_destroy(struct line *l)
{
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
	struct buf ahead;
	const char *text;
	int n = 0;

	l->prompt = prompt;
	l->before = before;
	el_resize(l->el);
	buf_init(&ahead);
	term_take_typed(&ahead);
	if (ahead.len)
		el_push(l->el, buf_cstr(&ahead));
	buf_release(&ahead);
	el_set(l->el, EL_PREP_TERM, 1);
	text = el_gets(l->el, &n);
	if (session_interrupted) {
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

/* Added to the file at once: other shells add theirs, and a terminal that is
 * closed ends us without asking. */
static void
append_last(struct line *l)
{
	int fd = open(l->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		      0600);
	HistEvent ev;
	FILE *f;

	if (fd < 0)
		return;
	f = fdopen(fd, "a");
	CHECK(f);
	fseek(f, 0, SEEK_END); /* an empty file gets its first line */
	history(l->history, &ev, H_NSAVE_FP, (size_t)1, f);
	fclose(f);
}

void
line_remember(struct line *l, const char *text)
{
	HistEvent ev;

	if (!*text)
		return;
	history(l->history, &ev, H_ENTER, text);
	if (l->file)
		append_last(l);
}
