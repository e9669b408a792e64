/* SPDX-License-Identifier: Apache-2.0
 * daemon/state.c - `sluiced state check|show|export FILE.db`: what a job's
 * file or the catalog holds, without a daemon or beside one: read-only, as of
 * the last checkpoint.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/str.h"
#include "daemon/daemon.h"
#include "daemon/ndjson.h"
#include "runtime/store_look.h"

static int
told(const struct error *err)
{
	char text[4096];

	error_print(err, text, sizeof(text));
	fputs(text, stderr);
	return error_exit_status(err->code);
}

/* ---- show ---- */

/* Rows that wait until it is known how wide their columns are. */
struct listing {
	unsigned ncols, nrows;
	char **cell; /* ncols of the header, then of each row */
	size_t n, cap;
};

static void
listing_add(struct listing *l, const char *text, size_t n)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->cell = mem_realloc(l->cell, l->cap * sizeof(*l->cell));
	}
	l->cell[l->n] = mem_alloc(n + 1);
	memcpy(l->cell[l->n], text, n);
	l->cell[l->n++][n] = '\0';
}

/* Names and texts in a file may come from anywhere: a terminal shall not obey
 * them. C1 controls are C2 80 to C2 9F in UTF-8. */
static void
put_shown(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		bool c1 = c == 0xc2 && i + 1 < n &&
			  (unsigned char)text[i + 1] < 0xa0;

		if (c1)
			c = (unsigned char)text[++i];
		if (c < ' ' || c == 0x7f || c1)
			buf_printf(out, "\\x%02X", c);
		else
			buf_putc(out, (char)c);
	}
}

static void
cell_text(const struct store_cell *c, struct buf *out)
{
	switch (c->kind) {
	case CELL_INTEGER:
		buf_printf(out, "%" PRId64, c->i64);
		break;
	case CELL_REAL:
		buf_printf(out, "%.17g", c->f64);
		break;
	case CELL_TEXT:
		put_shown(out, c->text, c->n);
		break;
	case CELL_BLOB:
		buf_printf(out, "(%zu bytes)", c->n);
		break;
	case CELL_NULL:
		break;
	}
}

static void
listing_row(void *arg, unsigned n, const struct store_cell *cells)
{
	struct listing *l = arg;
	struct buf text;

	if (l->nrows++ == 0) {
		l->ncols = n;
		for (unsigned i = 0; i < n; i++)
			listing_add(l, cells[i].name, strlen(cells[i].name));
	}
	buf_init(&text);
	for (unsigned i = 0; i < n; i++) {
		text.len = 0;
		cell_text(&cells[i], &text);
		listing_add(l, buf_cstr(&text), text.len);
	}
	buf_release(&text);
}

static size_t
listing_width(const struct listing *l, unsigned col)
{
	size_t most = 0;

	for (size_t i = col; i < l->n; i += l->ncols) {
		size_t w = utf8_length(l->cell[i], strlen(l->cell[i]));

		most = w > most ? w : most;
	}
	return most;
}

static void
listing_print(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		unsigned col = (unsigned)(i % l->ncols);
		size_t have = utf8_length(l->cell[i], strlen(l->cell[i]));
		size_t pad = listing_width(l, col) - have;
		bool last = col + 1 == l->ncols;

		printf("  %s", l->cell[i]);
		if (last)
			putchar('\n');
		else
			printf("%*s", (int)pad, "");
	}
}

static int
show_part(struct store_look *look, const char *title, const char *sql,
	  struct error *err)
{
	struct listing l = { 0 };
	int rc = store_look(look, sql, listing_row, &l, err);

	if (rc == 0 && l.nrows > 0) {
		printf("%s\n", title);
		listing_print(&l);
	}
	for (size_t i = 0; i < l.n; i++)
		free(l.cell[i]);
	free(l.cell);
	return rc;
}

static int
state_show(struct store_look *look, struct error *err)
{
	static const struct {
		const char *title, *sql;
	} parts[] = {
		{ "job", "SELECT name, state, uuid, created_at, sluice_version,"
		  " error FROM job" },
		{ "last checkpoint", "SELECT id, taken_at, stop_ms, "
		  "duration_ms, rows_in, rows_out, rows_late, state_rows FROM "
		  "checkpoints ORDER BY id DESC LIMIT 1" },
		{ "partitions", "SELECT source, topic, \"partition\", "
		  "next_offset, end_offset, lag, record_time FROM v_lag" },
		{ "watermarks", "SELECT source, topic, \"partition\", "
		  "watermark, idle_since, holds FROM v_watermarks" },
		{ "operators", "SELECT name, kind, keys, \"window\", "
		  "state_rows AS rows, state_bytes AS bytes FROM operators "
		  "WHERE columns IS NOT NULL ORDER BY name" },
		{ "rows that could not be used", "SELECT code, source, "
		  "operator, count(*) AS rows, max(at) AS last_at FROM errors "
		  "GROUP BY 1, 2, 3" },
	};

	if (store_look_is_catalog(look))
		return show_part(look, "the catalog of sluice",
				 "SELECT kind, name, state, created_at, error"
				 " FROM objects ORDER BY id", err);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (show_part(look, parts[i].title, parts[i].sql, err) < 0)
			return -1;
	return 0;
}

/* ---- export ---- */

struct export {
	const char *table;
	bool failed; /* standard output takes no more */
};

static void
export_cell(const struct store_cell *c, struct buf *line)
{
	static const char hex[] = "0123456789ABCDEF";

	json_key(line, c->name);
	switch (c->kind) {
	case CELL_INTEGER:
		buf_printf(line, "%" PRId64, c->i64);
		break;
	case CELL_REAL:
		buf_f64(line, c->f64);
		break;
	case CELL_TEXT:
		buf_json_string(line, c->text, c->n);
		break;
	case CELL_BLOB:
		buf_putc(line, '"');
		for (size_t i = 0; i < c->n; i++) {
			unsigned char b = (unsigned char)c->text[i];

			buf_putc(line, hex[b >> 4]);
			buf_putc(line, hex[b & 15]);
		}
		buf_putc(line, '"');
		break;
	case CELL_NULL:
		buf_puts(line, "null");
	}
}

static void
export_row(void *arg, unsigned n, const struct store_cell *cells)
{
	struct export *e = arg;
	struct buf line;

	buf_init(&line);
	buf_puts(&line, "{\"table\":");
	buf_json_string(&line, e->table, strlen(e->table));
	for (unsigned i = 0; i < n; i++)
		export_cell(&cells[i], &line);
	buf_puts(&line, "}\n");
	e->failed |= fwrite(line.data, 1, line.len, stdout) != line.len;
	buf_release(&line);
}

/* Names of what is exported, first all in one list: a look reads one thing at
 * a time. */
static void
take_name(void *arg, unsigned n, const struct store_cell *cells)
{
	struct listing *names = arg;

	if (n == 1 && cells[0].kind == CELL_TEXT)
		listing_add(names, cells[0].text, cells[0].n);
}

static int
export_table(struct store_look *look, const char *name, struct error *err)
{
	struct export e = { .table = name };
	struct buf sql;
	int rc;

	buf_init(&sql);
	buf_puts(&sql, "SELECT * FROM \"");
	for (const char *p = name; *p; p++) {
		if (*p == '"')
			buf_putc(&sql, '"');
		buf_putc(&sql, *p);
	}
	buf_putc(&sql, '"');
	rc = store_look(look, buf_cstr(&sql), export_row, &e, err);
	buf_release(&sql);
	if (rc == 0 && e.failed)
		rc = error_set(err, ERR_FILE, "cannot write the export");
	return rc;
}

/* All tables, but an operator that has a view as this shows it: the tables
 * beneath are for a job that goes on. */
static int
state_export(struct store_look *look, struct error *err)
{
	static const char tables[] =
		"SELECT name FROM sqlite_schema s WHERE type = 'table' AND"
		" name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND NOT EXISTS("
		"  SELECT 1 FROM operators o, json_each(o.columns) t,"
		"  sqlite_schema v WHERE v.type = 'view' AND v.name = o.name"
		"  AND json_extract(t.value, '$.table') = s.name)"
		" UNION ALL SELECT name FROM sqlite_schema"
		" WHERE type = 'view' AND name IN (SELECT name FROM operators)";
	static const char objects[] = "SELECT 'objects'";
	struct listing names = { 0 };
	int rc = store_look(look,
			    store_look_is_catalog(look) ? objects : tables,
			    take_name, &names, err);

	for (size_t i = 0; i < names.n && rc == 0; i++)
		rc = export_table(look, names.cell[i], err);
	for (size_t i = 0; i < names.n; i++)
		free(names.cell[i]);
	free(names.cell);
	if (rc == 0 && fflush(stdout) != 0)
		rc = error_set(err, ERR_FILE, "cannot write the export");
	return rc;
}

/* ---- check ---- */

static int
state_check(struct store_look *look, const char *path, struct error *err)
{
	bool catalog = store_look_is_catalog(look);
	const char *who = catalog ? "sluiced" : "its job";
	struct store_scan scan;

	if (store_look_check(look, &scan, err) < 0)
		return -1;
	printf("%s: whole%s", path, catalog ? ", the catalog of sluice" : "");
	if (!scan.summed)
		printf(", but its pages have no checksums: they get them when"
		       " %s starts", who);
	else if (scan.unsummed > 0)
		printf(", but %" PRIu64 " of %" PRIu64 " pages have no"
		       " checksum, since another program wrote them: they get"
		       " it when %s starts",
		       scan.unsummed, scan.pages, who);
	printf("\n");
	return 0;
}

/* ---- the command ---- */

static int
state_of(const char *verb, const char *path)
{
	struct error err = ERROR_INIT;
	struct store_look *look;
	int rc;

	if (store_look_open_any(path, &look, &err) < 0)
		return told(&err);
	if (strcmp(verb, "check") == 0)
		rc = state_check(look, path, &err);
	else if (strcmp(verb, "show") == 0)
		rc = state_show(look, &err);
	else
		rc = state_export(look, &err);
	store_look_close(look);
	return rc < 0 ? told(&err) : 0;
}

/* Damage is the worst that a file can have. */
static int
worse(int a, int b)
{
	int damaged = error_exit_status(ERR_STORE_DAMAGED);

	return a == damaged || b == 0 ? a : b;
}

int
state_command(int argc, char *const *argv)
{
	const char *verb = argv[0];
	bool check = strcmp(verb, "check") == 0;
	struct error err = ERROR_INIT;
	int status = 0;

	if (!check && strcmp(verb, "show") != 0 && strcmp(verb, "export") != 0)
		error_set(&err, ERR_USAGE, "state %s: only check, show and "
			  "export are known", verb);
	else if (!check && argc > 2)
		error_set(&err, ERR_USAGE, "state %s takes one file; check "
			  "takes several", verb);
	if (err.code != ERR_NONE)
		return told(&err);
	for (int i = 1; i < argc; i++)
		status = worse(status, state_of(verb, argv[i]));
	return status;
}
