/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_function_tables.c - what each function answers, by the
 * tables in tests/functions: one test per file, each row folded, evaluated
 * from columns, and selected by a job.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "tests/unit/rig.h"
#include "tests/unit/tables.h"
#include "tests/unit/test.h"

/* Expressions of one SELECT: a job costs more than what it computes. */
#define SELECT_ROWS 40

struct table_row {
	unsigned line;
	struct sql_case c;
};

/* Rows behind the same `zone` line. */
struct table {
	const char *path;
	struct arena arena;
	const char *zone;
	struct table_row *row;
	size_t n, cap;
};

/* ---- as constants, and as columns ---- */

static void
evaluate(const struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		sql_cases(&t->row[i].c, 1, t->zone);
}

/* ---- as a job ---- */

/* A job that selects the expressions, fed with its only row. NULL: the
 * statement is wrong. */
static struct rig *
job_of(const struct table *t, const struct table_row *row, size_t n,
       struct error *err)
{
	struct buf sql, record;
	struct rig *r;

	buf_init(&sql);
	buf_init(&record);
	if (t->zone)
		buf_printf(&sql, "SET 'table.local-time-zone' = '%s';\n",
			   t->zone);
	buf_printf(&sql, "CREATE TABLE c (");
	sql_case_columns(&sql);
	buf_printf(&sql, ") WITH ('connector' = 'kafka', 'topic' = 'c', "
			 "'properties.bootstrap.servers' = 'none:1', "
			 "'format' = 'csv', 'csv.null-literal' = '');\n"
			 "SELECT ");
	for (size_t i = 0; i < n; i++)
		buf_printf(&sql, "%s%s", i ? ",\n" : "", row[i].c.sql);
	buf_printf(&sql, "\nFROM c;");
	r = rig_try(buf_cstr(&sql), err);
	if (r) {
		sql_case_row(&record);
		rig_push(r, "c", 0, buf_cstr(&record));
		rig_run(r);
	}
	buf_release(&sql);
	buf_release(&record);
	return r;
}

static void
select_error(const struct table *t, const struct table_row *row)
{
	struct error err = ERROR_INIT;
	struct rig *r = job_of(t, row, 1, &err);
	const char *want = row->c.want + 1;
	const char *got = r ? rig_errors(r) : error_name(err.code);

	if (strncmp(got, want, strcspn(want, ":")) != 0)
		FAIL("%s:%u: %s\n  selected: %s\n  expected: %s", t->path,
		     row->line, row->c.sql, got, want);
	if (r)
		rig_close(r);
}

/* Whether a job answers so; *ret_got lives as long as the table. */
static bool
select_answers(struct table *t, const struct table_row *row, size_t n,
	       const char **ret_got)
{
	struct error err = ERROR_INIT;
	char text[1024];
	struct buf want;
	struct rig *r = job_of(t, row, n, &err);
	bool same;

	buf_init(&want);
	buf_printf(&want, "+I");
	for (size_t i = 0; i < n; i++)
		buf_printf(&want, " %s", row[i].c.want);
	buf_printf(&want, "\n");
	if (r) {
		*ret_got = arena_printf(&t->arena, "%s", rig_out(r, ""));
		*ret_got = arena_printf(&t->arena, "%s%s", *ret_got,
					rig_errors(r));
		rig_close(r);
	} else {
		error_print(&err, text, sizeof(text));
		*ret_got = arena_printf(&t->arena, "%s", text);
	}
	same = strcmp(*ret_got, buf_cstr(&want)) == 0;
	buf_release(&want);
	return same;
}

/* One job for all of them; when it answers otherwise, one for each, to say
 * which. */
static void
select_rows(struct table *t, const struct table_row *row, size_t n)
{
	const char *got;

	if (n == 0 || select_answers(t, row, n, &got))
		return;
	for (size_t i = 0; i < n; i++)
		if (!select_answers(t, &row[i], 1, &got))
			FAIL("%s:%u: %s\n  selected: %s  expected: +I %s",
			     t->path, row[i].line, row[i].c.sql, got,
			     row[i].c.want);
	FAIL("%s: together they answer otherwise than alone", t->path);
}

static void
select_all(struct table *t)
{
	struct table_row part[SELECT_ROWS];
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		if (tables_is_error(&t->row[i].c)) {
			select_error(t, &t->row[i]);
			continue;
		}
		part[n++] = t->row[i];
		if (n == SELECT_ROWS) {
			select_rows(t, part, n);
			n = 0;
		}
	}
	select_rows(t, part, n);
}

/* ---- reading a table ---- */

static void
run_part(struct table *t)
{
	evaluate(t);
	select_all(t);
	t->n = 0;
}

static void
add_row(struct table *t, unsigned line, char *text)
{
	struct table_row row = { .line = line };

	if (!tables_parse(text, &row.c))
		FAIL("%s:%u: not of the form x => answer : TYPE", t->path,
		     line);
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 64;
		struct table_row *more =
			arena_array(&t->arena, cap, struct table_row);

		if (t->n > 0)
			memcpy(more, t->row, t->n * sizeof(row));
		t->row = more;
		t->cap = cap;
	}
	t->row[t->n++] = row;
}

static void
read_line(struct table *t, unsigned line, char *text)
{
	text = tables_trim(text);
	if (text[0] == '\0' || text[0] == '#')
		return;
	if (strncmp(text, "zone ", 5) == 0) {
		run_part(t);
		t->zone = tables_trim(text + 5);
		return;
	}
	add_row(t, line, text);
}

static void
run_table(void)
{
	static struct table t; /* of the test before, when that has failed */
	char line[8192];
	FILE *f;

	arena_release(&t.arena);
	t = (struct table){ 0 };
	arena_init(&t.arena);
	t.path = tables_path();
	f = fopen(t.path, "r");
	if (!f)
		FAIL("%s cannot be read", t.path);
	for (unsigned n = 1; fgets(line, sizeof(line), f); n++)
		read_line(&t, n, arena_printf(&t.arena, "%s", line));
	fclose(f);
	run_part(&t);
	arena_release(&t.arena);
	arena_init(&t.arena);
}

__attribute__((constructor)) static void
register_tables(void)
{
	tables_register("agg_", false, run_table);
}
