/* SPDX-License-Identifier: Apache-2.0
 * runtime/store_table.c - one op_table() in the file: its names, its DDL, the
 * four statements that change it, and the way back through restore(). Rows
 * are sorted by key before they are written: neighbours share pages.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "runtime/operator.h"
#include "runtime/store_impl.h"

/* ---- names ---- */

static bool
column_is_users(const struct table_def *def, unsigned i)
{
	return def->column_meanings && def->column_meanings[i];
}

const char *
store_column_meaning(const struct table_def *def, unsigned i)
{
	return column_is_users(def, i) ? def->column_meanings[i]
				       : def->schema->cols[i].name;
}

const char *
store_table_meaning(const struct table_def *def)
{
	return def->meaning ? def->meaning : def->suffix;
}

const char *
store_type_text(struct type t, struct arena *a)
{
	t.nullable = true; /* no part of how it is stored */
	return type_string(t, a);
}

static bool
column_name_taken(const struct store_table *t, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcasecmp(t->cols[i].name, name) == 0)
			return true;
	return false;
}

/* SQLite tells names apart without regard to case, and names with a leading
 * underscore are ours. */
static const char *
column_new_name(const struct store_table *t, unsigned i, struct arena *a)
{
	const char *name = arena_strdup(a, t->schema->cols[i].name);
	const char *base;

	if (column_is_users(t->def, i) && name[0] == '_')
		name = arena_printf(a, "_%s", name);
	base = name;
	for (unsigned n = 2; column_name_taken(t, i, name); n++)
		name = arena_printf(a, "%s_%u", base, n);
	return name;
}

static bool
table_name_taken(const struct store *s, const char *name)
{
	for (unsigned i = 0; i < s->ntables; i++)
		if (s->tables[i].name &&
		    strcasecmp(s->tables[i].name, name) == 0)
			return true;
	return false;
}

static const char *
table_new_name(struct store *s, const char *owner, const char *suffix)
{
	const char *base = arena_printf(&s->arena, "%s%s", owner, suffix);
	const char *name = base;

	for (unsigned n = 2; table_name_taken(s, name); n++)
		name = arena_printf(&s->arena, "%s_%u", base, n);
	return name;
}

/* Where the column of this meaning lies; each entry is given once. */
static struct stored_column *
stored_find(struct stored_op *o, const char *table, const char *meaning)
{
	for (struct stored_column *c = o->cols; c; c = c->next) {
		if (c->taken || strcmp(c->table_meaning, table) != 0 ||
		    strcmp(c->meaning, meaning) != 0)
			continue;
		c->taken = true;
		return c;
	}
	return NULL;
}

static int
table_init_column(struct store *s, struct store_table *t, unsigned i,
		  struct stored_op *stored, struct error *err)
{
	struct store_column *c = &t->cols[i];
	struct stored_column *at;

	c->type = t->schema->cols[i].type;
	c->meaning = store_column_meaning(t->def, i);
	if (t->shared) {
		c->name = arena_strdup(&s->arena, t->schema->cols[i].name);
		c->iso = type_is_instant(c->type);
		return 0;
	}
	if (!stored->cols) {
		c->name = column_new_name(t, i, &s->arena);
		return 0;
	}
	at = stored_find(stored, t->meaning, c->meaning);
	if (!at)
		return error_set(err, ERR_PLAN_CHANGED,
				 "the stored state of %s has no column \"%s\"",
				 stored->name, c->meaning);
	c->name = at->name;
	t->name = at->table;
	return 0;
}

int
store_table_init(struct store *s, struct store_table *t,
		 const struct state_table *from, struct stored_op *stored,
		 const char *source, struct error *err)
{
	const struct table_def *def = from->def;
	unsigned n = def->schema->ncols;
	bool shared = def->kind == TABLE_SHARED;

	CHECK(def->nkeys > 0);
	CHECK(def->nkeys <= n);
	*t = (struct store_table){
		.op = from->op,
		.def = def,
		.number = from->number,
		.shared = shared,
		.first_is_pane = def->first_is_pane,
		.nkeys = def->nkeys,
		.ncols = def->schema->ncols,
		.owner = shared ? source : stored->name,
		.meaning = store_table_meaning(def),
		.schema = def->schema,
		.cols = arena_array(&s->arena, n, struct store_column),
		.id_col = -1,
		.next_id = 1,
	};
	for (unsigned i = 0; i < n; i++) {
		if (table_init_column(s, t, i, stored, err) < 0)
			return -1;
		if (!shared && !column_is_users(def, i) &&
		    strcmp(t->schema->cols[i].name, "_id") == 0)
			t->id_col = (int)i;
	}
	if (shared)
		t->name = arena_strdup(&s->arena, def->suffix);
	else if (!t->name)
		t->name = table_new_name(s, t->owner, def->suffix);
	return 0;
}

void
store_table_release(struct store_table *t)
{
	sqlite3_finalize(t->put);
	sqlite3_finalize(t->drop);
	sqlite3_finalize(t->drop_below);
	sqlite3_finalize(t->clear);
}

struct store_table *
store_table_of(struct store *s, const struct op *op, unsigned number)
{
	for (unsigned i = 0; i < s->ntables; i++)
		if (s->tables[i].op == op && s->tables[i].number == number)
			return &s->tables[i];
	return NULL;
}

void
store_columns_json(const struct store *s, const struct op *op,
		   struct buf *out)
{
	const char *sep = "[";

	for (unsigned i = 0; i < s->ntables; i++) {
		const struct store_table *t = &s->tables[i];

		if (t->op != op || t->shared)
			continue;
		buf_printf(out, "%s{\"table\":", sep);
		buf_json_string(out, t->name, strlen(t->name));
		buf_puts(out, ",\"means\":");
		buf_json_string(out, t->meaning, strlen(t->meaning));
		buf_puts(out, ",\"columns\":[");
		for (unsigned c = 0; c < t->ncols; c++) {
			const struct store_column *col = &t->cols[c];
			struct type plain = col->type;
			struct buf type;

			buf_puts(out, c ? ",{\"stored\":" : "{\"stored\":");
			buf_json_string(out, col->name, strlen(col->name));
			buf_puts(out, ",\"means\":");
			buf_json_string(out, col->meaning,
					strlen(col->meaning));
			buf_puts(out, ",\"type\":");
			plain.nullable = true;
			buf_init(&type);
			type_print(&type, plain);
			buf_json_string(out, type.data, type.len);
			buf_release(&type);
			buf_putc(out, '}');
		}
		buf_puts(out, "]}");
		sep = ",";
	}
	buf_puts(out, "]");
}

/* ---- SQL ---- */

/* "a", "b", ... of columns [from, to), each followed by `after`. */
static void
sql_columns(struct buf *b, const struct store_table *t, unsigned from,
	    unsigned to, const char *after, const char *sep)
{
	for (unsigned i = from; i < to; i++) {
		if (i > from)
			buf_puts(b, sep);
		sql_name(b, t->cols[i].name);
		buf_puts(b, after);
	}
}

int
store_table_create(struct store *s, const struct store_table *t,
		   struct error *err)
{
	unsigned nkeys = t->nkeys;
	bool rowid = nkeys == 1 && phys_of(t->cols[0].type) == PHYS_I64 &&
		     t->cols[0].type.kind != TYPE_DECIMAL;
	struct buf b;
	int rc;

	buf_init(&b);
	buf_puts(&b, "CREATE TABLE ");
	sql_name(&b, t->name);
	for (unsigned i = 0; i < t->ncols; i++) {
		buf_puts(&b, i ? ", " : "(");
		sql_name(&b, t->cols[i].name);
		buf_printf(&b, " %s", store_column_decl(&t->cols[i]));
		if (i < nkeys)
			buf_puts(&b, rowid ? " PRIMARY KEY" : " NOT NULL");
	}
	if (!rowid) {
		buf_puts(&b, ", PRIMARY KEY(");
		sql_columns(&b, t, 0, nkeys, "", ", ");
		buf_puts(&b, ")) WITHOUT ROWID");
	} else {
		buf_puts(&b, ")");
	}
	rc = store_exec(&s->file, buf_cstr(&b), err);
	buf_release(&b);
	return rc;
}

static int
prepare_buf(struct store *s, struct buf *b, sqlite3_stmt **ret,
	    struct error *err)
{
	int rc = store_prepare(&s->file, buf_cstr(b), ret, err);

	buf_release(b);
	return rc;
}

static int
prepare_put(struct store *s, struct store_table *t, struct error *err)
{
	bool shared = t->shared;
	unsigned n = t->ncols, nkeys = t->nkeys;
	struct buf b;

	if (t->put)
		return 0;
	buf_init(&b);
	/* A shared table may have columns that others fill. */
	buf_puts(&b, shared ? "INSERT INTO " : "REPLACE INTO ");
	sql_name(&b, t->name);
	buf_putc(&b, '(');
	sql_columns(&b, t, 0, n, "", ", ");
	buf_puts(&b, ") VALUES(");
	for (unsigned i = 0; i < n; i++)
		buf_puts(&b, i ? ",?" : "?");
	buf_putc(&b, ')');
	if (shared) {
		buf_puts(&b, " ON CONFLICT(");
		sql_columns(&b, t, 0, nkeys, "", ", ");
		buf_puts(&b, n > nkeys ? ") DO UPDATE SET " : ") DO NOTHING");
		for (unsigned i = nkeys; i < n; i++) {
			buf_puts(&b, i > nkeys ? ", " : "");
			sql_name(&b, t->cols[i].name);
			buf_puts(&b, " = excluded.");
			sql_name(&b, t->cols[i].name);
		}
	}
	return prepare_buf(s, &b, &t->put, err);
}

static int
prepare_delete(struct store *s, struct store_table *t, unsigned nkeys,
	       const char *compare, sqlite3_stmt **ret, struct error *err)
{
	struct buf b;

	if (*ret)
		return 0;
	buf_init(&b);
	buf_puts(&b, "DELETE FROM ");
	sql_name(&b, t->name);
	if (nkeys > 0) {
		buf_puts(&b, " WHERE ");
		sql_columns(&b, t, 0, nkeys, compare, " AND ");
	}
	return prepare_buf(s, &b, ret, err);
}

/* ---- changes ---- */

/* A row's place in the order of the primary key, as far as its leading
 * columns are integers. */
struct row_key {
	int64_t first, second;
	uint32_t row;
};

static int
row_key_compare(const void *pa, const void *pb)
{
	const struct row_key *a = pa, *b = pb;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	/* The later row of one key must win. */
	return a->row < b->row ? -1 : a->row > b->row;
}

/* The live rows of b in the order in which they are written. */
static struct row_key *
rows_sorted(const struct store_table *t, const struct batch *b)
{
	struct row_key *keys = mem_alloc(sizeof(*keys) * (b->nsel + 1));
	bool first = b->col[0].phys == PHYS_I64;
	bool second = first && t->nkeys > 1 &&
		      b->col[1].phys == PHYS_I64;
	bool sorted = true;
	uint32_t n = 0;

	batch_each(b, row) {
		keys[n] = (struct row_key){
			.first = first ? b->col[0].i64[row] : 0,
			.second = second ? b->col[1].i64[row] : 0,
			.row = row,
		};
		if (n > 0 && row_key_compare(&keys[n - 1], &keys[n]) > 0)
			sorted = false;
		n++;
	}
	if (!sorted)
		qsort(keys, n, sizeof(*keys), row_key_compare);
	return keys;
}

/* Runs st once for each live row, with its first n columns. */
static int
run_rows(struct store *s, struct store_table *t, sqlite3_stmt *st,
	 const struct batch *b, unsigned n, struct error *err)
{
	struct row_key *keys = rows_sorted(t, b);
	int rc = 0;

	for (uint32_t i = 0; i < b->nsel && rc == 0; i++) {
		for (unsigned c = 0; c < n; c++)
			store_value_bind(st, (int)c + 1, &t->cols[c],
					 &b->col[c], keys[i].row);
		rc = store_step(&s->file, st, err);
	}
	sqlite3_clear_bindings(st);
	free(keys);
	return rc;
}

static void
table_see_ids(struct store_table *t, const struct batch *b)
{
	if (t->id_col < 0)
		return;
	batch_each(b, row) {
		int64_t id = b->col[t->id_col].i64[row];

		if (id >= t->next_id)
			t->next_id = id + 1;
	}
}

int
store_table_put(struct store *s, struct store_table *t,
		const struct batch *rows, struct error *err)
{
	if (prepare_put(s, t, err) < 0 ||
	    run_rows(s, t, t->put, rows, t->ncols, err) < 0)
		return -1;
	table_see_ids(t, rows);
	return 0;
}

int
store_table_drop(struct store *s, struct store_table *t,
		 const struct batch *keys, struct error *err)
{
	if (prepare_delete(s, t, t->nkeys, " = ?", &t->drop, err) < 0)
		return -1;
	return run_rows(s, t, t->drop, keys, t->nkeys, err);
}

int
store_table_drop_below(struct store *s, struct store_table *t, int64_t bound,
		       struct error *err)
{
	CHECK(t->first_is_pane);
	if (prepare_delete(s, t, 1, " < ?", &t->drop_below, err) < 0)
		return -1;
	sqlite3_bind_int64(t->drop_below, 1, bound);
	return store_run(&s->file, t->drop_below, err);
}

int
store_table_clear(struct store *s, struct store_table *t, struct error *err)
{
	if (prepare_delete(s, t, t->shared ? 1 : 0, " = ?", &t->clear, err) < 0)
		return -1;
	if (t->shared)
		store_bind_text(t->clear, 1, t->owner);
	return store_run(&s->file, t->clear, err);
}

/* ---- the way back ---- */

static int
prepare_restore(struct store *s, struct store_table *t, sqlite3_stmt **ret,
		struct error *err)
{
	struct buf b;

	buf_init(&b);
	buf_puts(&b, "SELECT ");
	sql_columns(&b, t, 0, t->ncols, "", ", ");
	buf_puts(&b, " FROM ");
	sql_name(&b, t->name);
	if (t->shared)
		buf_puts(&b, " WHERE source = ?1");
	buf_puts(&b, " ORDER BY ");
	sql_columns(&b, t, 0, t->nkeys, "", ", ");
	if (prepare_buf(s, &b, ret, err) < 0)
		return -1;
	if (t->shared)
		store_bind_text(*ret, 1, t->owner);
	return 0;
}

/* The statement's row as row `row` of b. */
static int
read_row(struct store *s, const struct store_table *t, sqlite3_stmt *st,
	 struct batch *b, uint32_t row, struct error *err)
{
	for (unsigned c = 0; c < t->ncols; c++) {
		if (store_value_read(st, (int)c, &t->cols[c], &b->col[c], row,
				     BATCH_ROWS, &b->arena))
			continue;
		error_set(err, ERR_STORE_DAMAGED,
			  "%s: table %s, column %s holds a value that sluice"
			  " did not write",
			  s->file.path, t->name, t->cols[c].name);
		error_note(err, "nothing was changed; put a savepoint in the"
				" file's place, or rebuild the state from the"
				" topics");
		return -1;
	}
	return 0;
}

/* Numbers of rows come from a counter that is in the file, too: an operator
 * makes room for all up to the highest, so one beyond it is not believed. */
static bool
ids_were_given(const struct store_table *t, const struct batch *b)
{
	if (t->shared || t->id_col != 0)
		return true;
	batch_each(b, row) {
		int64_t id = b->col[0].i64[row];

		if (id < 0 || id >= t->next_id)
			return false;
	}
	return true;
}

static int
send_rows(struct store_table *t, struct batch *b, uint32_t rows,
	  struct error *err)
{
	int rc = 0;

	if (rows > 0) {
		batch_seal(b, rows);
		rc = ids_were_given(t, b)
			     ? t->op->type->restore(t->op, t->number, b, err)
			     : op_state_damaged(t->op, err);
	}
	batch_unref(b);
	return rc;
}

int
store_table_restore(struct store *s, struct store_table *t, struct error *err)
{
	sqlite3_stmt *st = NULL;
	struct batch *b = NULL;
	uint32_t rows = 0;
	int rc;

	CHECK(t->op->type->restore);
	if (prepare_restore(s, t, &st, err) < 0)
		return -1;
	while ((rc = store_step(&s->file, st, err)) == 1) {
		if (!b)
			b = batch_create(NULL, t->schema, BATCH_ROWS);
		if (read_row(s, t, st, b, rows, err) < 0) {
			rc = -1;
			break;
		}
		if (++rows < BATCH_ROWS)
			continue;
		rc = send_rows(t, b, rows, err);
		b = NULL;
		rows = 0;
		if (rc < 0)
			break;
	}
	sqlite3_finalize(st);
	if (rc < 0) {
		batch_unref(b);
		return -1;
	}
	if (b && send_rows(t, b, rows, err) < 0)
		return -1;
	return t->op->type->restore(t->op, t->number, NULL, err);
}
