/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/test_aggregate_tables.c - what each aggregate answers, by the
 * tables agg_*.txt in tests/functions: over the rows as they come, over panes
 * of a sliding window, and both over a table that takes other rows back; each
 * with a crash in the middle.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "runtime/driver.h"
#include "tests/unit/rig.h"
#include "tests/unit/tables.h"
#include "tests/unit/test.h"

#define ROWS_MAX 60  /* one second each, in a window of a minute */
#define CASES_MAX 40 /* in one SELECT: a job costs more than what it computes */

struct line {
	unsigned number;
	struct sql_case c;
};

/* Rows and what is asked of them. */
struct part {
	struct arena arena;
	const char *path;
	const char *columns;
	bool unique; /* no copies of the rows come first */
	const char *row[ROWS_MAX];
	unsigned nrows;
	struct line line[CASES_MAX];
	unsigned n;
};

enum way { WAY_PLAIN, WAY_PANES, WAY_BACK, WAY_BACK_PANES, WAYS };
static const char *const way_names[] = {
	"as rows come", "over panes", "with rows taken back",
	"over panes with rows taken back",
};

static bool
takes_back(enum way way)
{
	return way == WAY_BACK || way == WAY_BACK_PANES;
}

static bool
has_panes(enum way way)
{
	return way == WAY_PANES || way == WAY_BACK_PANES;
}

/* ---- a job ---- */

static void
put_statements(const struct part *p, const struct line *line, unsigned n,
	       enum way way, struct buf *sql)
{
	if (takes_back(way))
		buf_printf(sql, "CREATE TABLE c (id INT, %s, ts TIMESTAMP(3), "
				"WATERMARK FOR ts AS ts, PRIMARY KEY (id) NOT "
				"ENFORCED) WITH ('connector' = 'upsert-kafka', "
				"'topic' = 'c', 'properties.bootstrap.servers' "
				"= 'none:1', 'key.format' = 'csv', "
				"'value.format' = 'csv', "
				"'value.csv.null-literal' = 'NULL');\n",
			   p->columns);
	else
		buf_printf(sql, "CREATE TABLE c (%s, ts TIMESTAMP(3), "
				"WATERMARK FOR ts AS ts) WITH ('connector' = "
				"'kafka', 'topic' = 'c', "
				"'properties.bootstrap.servers' = 'none:1', "
				"'format' = 'csv', 'csv.null-literal' = "
				"'NULL');\n", p->columns);
	buf_puts(sql, "SELECT ");
	for (unsigned i = 0; i < n; i++)
		buf_printf(sql, "%s%s", i ? ",\n" : "", line[i].c.sql);
	buf_puts(sql, "\nFROM ");
	if (has_panes(way))
		buf_puts(sql, "TABLE(HOP(TABLE c, DESCRIPTOR(ts), INTERVAL '1' "
			      "SECOND, INTERVAL '60' SECOND)) GROUP BY "
			      "window_start, window_end HAVING window_end = "
			      "TIMESTAMP '2026-01-01 00:01:00';");
	else
		buf_puts(sql, "c;");
}

static void
push(struct rig *r, const struct part *p, enum way way, unsigned id,
     unsigned row)
{
	char value[512], key[16];

	if (takes_back(way)) {
		snprintf(key, sizeof(key), "%u", id);
		snprintf(value, sizeof(value), "%u,%s,@00:%02u", id,
			 p->row[row], row);
		rig_push_record(r, "c", 0, key, value);
	} else {
		snprintf(value, sizeof(value), "%s,@00:%02u", p->row[row],
			 row);
		rig_push(r, "c", 0, value);
	}
}

/* A row of NULLs, one for each column. */
static const char *
nulls_of(struct part *p)
{
	const char *row = "NULL";
	int depth = 0;

	for (const char *c = p->columns; *c; c++) {
		depth += (*c == '(' || *c == '<') - (*c == ')' || *c == '>');
		if (*c == ',' && depth == 0)
			row = arena_printf(&p->arena, "%s,NULL", row);
	}
	return row;
}

/* Rows that do not stay come first: they are copies of those that do, and one
 * of each two becomes another before it goes. */
static void
push_others(struct rig *r, struct part *p)
{
	for (unsigned i = 0; i < p->nrows; i++) {
		push(r, p, WAY_BACK, 1000 + i, (i * 7 + 3) % p->nrows);
		if (i % 2)
			push(r, p, WAY_BACK, 1000 + i, i);
	}
	if (p->nrows == 0) {
		p->row[0] = nulls_of(p);
		push(r, p, WAY_BACK, 1000, 0);
	}
	rig_run(r);
}

static void
drop_others(struct rig *r, const struct part *p)
{
	char key[16];

	for (unsigned i = 0; i < p->nrows || i == 0; i++) {
		snprintf(key, sizeof(key), "%u", 1000 + i);
		rig_push_record(r, "c", 0, key, NULL);
	}
}

static void
restart(struct rig *r)
{
	rig_run(r);
	rig_checkpoint(r);
	rig_crash(r);
}

static void
feed(struct rig *r, struct part *p, enum way way)
{
	if (takes_back(way))
		push_others(r, p);
	for (unsigned i = 0; i < p->nrows; i++) {
		push(r, p, way, i, i);
		if (i == p->nrows / 2)
			restart(r);
	}
	if (takes_back(way)) {
		restart(r);
		drop_others(r, p);
	}
	rig_end(r, "c");
	rig_run(r);
}

static void
check_types(struct rig *r, const struct part *p, const struct line *line,
	    unsigned n)
{
	const struct schema *s = &rig_pipeline(r)->plan->sinks[0]->schema;

	EXPECT_EQ(s->ncols, n);
	for (unsigned i = 0; i < n; i++) {
		struct type type = s->cols[i].type;
		char name[TYPE_NAME_MAX];

		type.nullable = true;
		if (strcmp(type_name(type, name), line[i].c.type) != 0)
			FAIL("%s:%u: %s is of type %s, not %s", p->path,
			     line[i].number, line[i].c.sql, name,
			     line[i].c.type);
	}
}

/* What the job says in the end, with its errors; in the part's arena. */
static const char *
answer_of(struct part *p, const struct line *line, unsigned n, enum way way)
{
	struct error err = ERROR_INIT;
	const char *got;
	struct buf sql;
	struct rig *r;

	buf_init(&sql);
	put_statements(p, line, n, way, &sql);
	r = rig_try(buf_cstr(&sql), &err);
	buf_release(&sql);
	if (!r)
		return arena_printf(&p->arena, "%s: %s", error_name(err.code),
				    err.message);
	if (!tables_is_error(&line[0].c))
		check_types(r, p, line, n);
	feed(r, p, way);
	got = arena_printf(&p->arena, "%s", rig_errors(r));
	got = arena_printf(&p->arena, "%s%s", got, rig_net(r, ""));
	rig_close(r);
	return got;
}

/* ---- expectations ---- */

static bool
answers(struct part *p, const struct line *line, unsigned n, enum way way,
	const char **ret_got)
{
	const char *want = "";

	for (unsigned i = 0; i < n; i++)
		want = arena_printf(&p->arena, "%s%s%s", want, i ? " " : "",
				    line[i].c.want);
	*ret_got = answer_of(p, line, n, way);
	return strcmp(*ret_got, arena_printf(&p->arena, "%s\n", want)) == 0;
}

/* Together, and when they answer otherwise one by one, to say which. */
static void
check_lines(struct part *p, const struct line *line, unsigned n, enum way way)
{
	const char *got;

	if (n == 0 || (p->nrows == 0 && way != WAY_BACK) ||
	    answers(p, line, n, way, &got))
		return;
	for (unsigned i = 0; i < n; i++)
		if (!answers(p, &line[i], 1, way, &got))
			FAIL("%s:%u: %s\n  %s: %s  expected: %s", p->path,
			     line[i].number, line[i].c.sql, way_names[way],
			     got, line[i].c.want);
	FAIL("%s:%u: together they answer otherwise than alone, %s", p->path,
	     line[0].number, way_names[way]);
}

static void
check_error(struct part *p, const struct line *line)
{
	const char *want = line->c.want + 1;
	const char *got = answer_of(p, line, 1, WAY_PLAIN);

	if (strncmp(got, want, strlen(want)) != 0)
		FAIL("%s:%u: %s\n  said: %s\n  expected: %s", p->path,
		     line->number, line->c.sql, got, want);
}

static void
check_part(struct part *p)
{
	struct line good[CASES_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		if (tables_is_error(&p->line[i].c))
			check_error(p, &p->line[i]);
		else
			good[n++] = p->line[i];
	}
	for (enum way way = WAY_PLAIN; way < WAYS; way++)
		if (!p->unique || !takes_back(way))
			check_lines(p, good, n, way);
	p->n = 0;
}

/* ---- reading ---- */

static void
read_rows(struct part *p, char *text)
{
	char *one;

	p->nrows = 0;
	while ((one = strsep(&text, "|")) != NULL) {
		one = tables_trim(one);
		if (*one == '\0')
			continue;
		EXPECT(p->nrows < ROWS_MAX);
		p->row[p->nrows++] = one;
	}
}

static void
read_line(struct part *p, unsigned number, char *text)
{
	text = tables_trim(text);
	if (text[0] == '\0' || text[0] == '#')
		return;
	if (strncmp(text, "columns ", 8) == 0) {
		check_part(p);
		p->columns = text + 8;
	} else if (strcmp(text, "unique") == 0) {
		p->unique = true;
	} else if (strncmp(text, "rows", 4) == 0) {
		check_part(p);
		read_rows(p, text + 4);
	} else {
		EXPECT(p->n < CASES_MAX);
		p->line[p->n].number = number;
		if (!tables_parse(text, &p->line[p->n++].c))
			FAIL("%s:%u: not of the form x => answer : TYPE",
			     p->path, number);
	}
}

static void
run_table(void)
{
	static struct part p; /* of the test before, when that has failed */
	char line[8192];
	FILE *f;

	arena_release(&p.arena);
	p = (struct part){ .path = tables_path(), .columns = "x BIGINT" };
	arena_init(&p.arena);
	f = fopen(p.path, "r");
	if (!f)
		FAIL("%s cannot be read", p.path);
	for (unsigned n = 1; fgets(line, sizeof(line), f); n++)
		read_line(&p, n, arena_printf(&p.arena, "%s", line));
	fclose(f);
	check_part(&p);
	arena_release(&p.arena);
	arena_init(&p.arena);
}

__attribute__((constructor)) static void
register_tables(void)
{
	tables_register("agg_", true, run_table);
}
