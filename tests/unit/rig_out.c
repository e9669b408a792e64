/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/rig_out.c - what came out of a rig's job, and what its state file
 * says.
 */
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/check.h"
#include "tests/unit/rig_impl.h"
#include "tests/unit/test.h"

/* ---- output ---- */

const char *
rig_out(struct rig *r, const char *topic)
{
	struct rig_topic *t = rig_topic(topic);

	buf_clear(&r->text);
	if (t->seen < t->log.len)
		buf_append(&r->text, t->log.data + t->seen,
			   t->log.len - t->seen);
	t->seen = t->log.len;
	return buf_cstr(&r->text);
}

struct counted {
	const char *row;
	size_t len;
	int n;
};

static int
counted_cmp(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int cmp = memcmp(x->row, y->row, len);

	return cmp ? cmp : (x->len > y->len) - (x->len < y->len);
}

/* Lines without their kinds, counted up and down, sorted. */
static size_t
count_lines(const struct buf *log, struct counted **ret)
{
	const char *at = log->data, *end = at + log->len;
	struct counted *rows = NULL;
	size_t n = 0;

	while (at < end) {
		const char *nl = memchr(at, '\n', end - at);

		rows = mem_realloc(rows, (n + 1) * sizeof(*rows));
		rows[n++] = (struct counted){
			at + 3, nl - at - 3, at[0] == '+' ? 1 : -1,
		};
		at = nl + 1;
	}
	if (n > 0)
		qsort(rows, n, sizeof(*rows), counted_cmp);
	*ret = rows;
	return n;
}

/* Into r->text. */
static void
net_of_lines(struct rig *r, const struct buf *lines)
{
	struct counted *rows;
	size_t n = count_lines(lines, &rows);

	buf_clear(&r->text);
	for (size_t i = 0, j; i < n; i = j) {
		int sum = 0;

		for (j = i; j < n && counted_cmp(&rows[i], &rows[j]) == 0; j++)
			sum += rows[j].n;
		if (sum < 0)
			FAIL("a row was taken back that is not there: %.*s",
			     (int)rows[i].len, rows[i].row);
		for (; sum > 0; sum--)
			buf_printf(&r->text, "%.*s\n", (int)rows[i].len,
				   rows[i].row);
	}
	free(rows);
}

const char *
rig_net(struct rig *r, const char *topic)
{
	net_of_lines(r, &rig_topic(topic)->log);
	return buf_cstr(&r->text);
}

const char *
rig_net_of(struct rig *r, const char *lines)
{
	struct buf copy;

	buf_init(&copy);
	buf_puts(&copy, lines);
	net_of_lines(r, &copy);
	buf_release(&copy);
	return buf_cstr(&r->text);
}

const char *
rig_errors(struct rig *r)
{
	if (!pipeline_at_rest(r->p))
		FAIL("errors leave with a checkpoint, at rest");
	rig_checkpoint(r);
	buf_clear(&r->text);
	buf_append(&r->text, r->errors.data, r->errors.len);
	buf_clear(&r->errors);
	return buf_cstr(&r->text);
}

static int
add_row(void *arg, int n, char **values, char **names)
{
	struct rig *r = arg;

	(void)names;
	for (int i = 0; i < n; i++) {
		const char *value = values[i] ? values[i] : "NULL";

		if (i > 0)
			buf_putc(&r->text, ' ');
		rig_shorten(&r->text, value, strlen(value));
	}
	buf_putc(&r->text, '\n');
	return 0;
}

const char *
rig_look(struct rig *r, const char *sql)
{
	char *message = NULL;
	sqlite3 *db;

	buf_clear(&r->text);
	CHECK(sqlite3_open_v2(r->path, &db, SQLITE_OPEN_READONLY, NULL) ==
	      SQLITE_OK);
	if (sqlite3_exec(db, sql, add_row, r, &message) != SQLITE_OK)
		buf_printf(&r->text, "error: %s\n", message);
	sqlite3_free(message);
	sqlite3_close(db);
	return buf_cstr(&r->text);
}

const char *
rig_state(struct rig *r, const char *sql)
{
	rig_checkpoint(r);
	return rig_look(r, sql);
}

void
rig_expect(struct rig *r, const char *file, int line, ...)
{
	struct rig_topic *only = r->topics;
	struct buf want;
	const char *row;
	va_list args;

	for (struct rig_topic *t = r->topics; t; t = t->next) {
		if (t->log.len > 0 || t->name[0] == '\0')
			only = t;
	}
	buf_init(&want);
	va_start(args, line);
	while ((row = va_arg(args, const char *))) {
		buf_puts(&want, row);
		buf_putc(&want, '\n');
	}
	va_end(args);
	test_expect_str(file, line, "output", rig_out(r, only->name),
			buf_cstr(&want));
	buf_release(&want);
}
